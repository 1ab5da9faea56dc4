// Where entries have gone while somebody looked: who has one open can follow it.

import type { Change } from "../../../client/index.ts";
import { isWithin } from "./paths.ts";

/** So many of the last moves are remembered. */
const KEPT = 1000;

export class Moves {
  /** In the order in which they happened. */
  #all: { from: string; to: string }[] = [];

  hear(changes: readonly Change[]): void {
    for (const { kind, from, path } of changes)
      if (kind === "move" && from !== undefined) this.#all.push({ from, to: path });
    this.#all = this.#all.slice(-KEPT);
  }

  /** Where what was at a path is now; null if it was not moved. */
  of(path: string): string | null {
    let now = path;
    for (const { from, to } of this.#all) if (isWithin(now, from)) now = `${to}${now.slice(from.length)}`;
    return now === path ? null : now;
  }
}
