// Where entries have gone while somebody looked: who has one open can follow it, and what was typed goes along.

import type { Change } from "../../../client/index.ts";
import { isWithin } from "./paths.ts";
import { Store } from "./store.ts";

/** So many of the last moves are remembered. */
const KEPT = 1000;

interface Move {
  from: string;
  to: string;
  turn?: string | null | undefined;
}

export class Moves {
  /** In the order in which they happened. */
  #all: readonly (Move & { at: number })[] = [];
  readonly #onMove: (from: string, to: string) => void;
  /** How many there have been. */
  readonly count = new Store(0);

  constructor(onMove: (from: string, to: string) => void) {
    this.#onMove = onMove;
  }

  /** Moved here: known before anybody else tells of it. */
  did({ from, to, turn }: Move): void {
    const at = this.count.get() + 1;
    this.#all = [...this.#all, { from, to, turn, at }].slice(-KEPT);
    this.#onMove(from, to);
    this.count.set(at);
  }

  hear(changes: readonly Change[]): void {
    for (const { kind, from, path: to, turn } of changes) {
      // Undone, it is put back from where it was.
      const isMove = (kind === "move" || kind === "revert") && from !== undefined && from !== to;
      // What was done here is heard as well, and by then something else may be where it was.
      if (isMove && !this.#isKnown({ from, to, turn })) this.did({ from, to, turn });
    }
  }

  #isKnown({ from, to, turn }: Move): boolean {
    return !!turn && this.#all.some((move) => move.turn === turn && move.from === from && move.to === to);
  }

  /** Where what was at a path is now, or was at that count of moves; null if it was not moved since. */
  of(path: string, since = 0): string | null {
    let now = path;
    for (const { from, to, at } of this.#all)
      if (at > since && isWithin(now, from)) now = `${to}${now.slice(from.length)}`;
    return now === path ? null : now;
  }

  /** Whether something has come to a path since that count of moves. */
  isNew(path: string, since: number): boolean {
    return this.#all.some(({ to, at }) => at > since && isWithin(path, to));
  }
}
