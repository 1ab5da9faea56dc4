// What has been done here and can be taken back, and what has been taken back and can be done again.

import { type Holdfast, HoldfastError, type Reverted } from "../../../client/index.ts";
import { count } from "./format.ts";
import type { Listings } from "./listings.ts";
import { nameOf } from "./paths.ts";
import { Store } from "./store.ts";
import { say, sayError } from "./toasts.ts";
import { nameOfTurn, turnNames } from "./turns.ts";

/** How many things done here can be undone one after the other. */
const REMEMBERED = 50;

export interface Done {
  turn: string;
  /** As its own sentence: `Moved a.txt to notes`. */
  what: string;
  /** Those that look different without it. */
  directories: readonly string[];
}

/** How a turn is taken back. */
export interface Undoing {
  /** What it is called. */
  name?: string;
  /** Whether it was an undo itself, so that this does something again. */
  isRedo?: boolean;
  /** Also what others have changed since. */
  force?: boolean;
}

export class Past {
  protected readonly client: Holdfast;
  protected readonly listings: Listings;
  protected readonly changed: (directories: Iterable<string>) => void;
  /** What can be taken back, newest last. */
  readonly done = new Store<readonly Done[]>([]);
  /** What was taken back by undo, newest last: each with the turn whose undo does it again. */
  readonly undone = new Store<readonly Done[]>([]);
  /** One at a time: who presses twice takes back two things, and never one of them twice. */
  #turning: Promise<unknown> = Promise.resolve();

  constructor(client: Holdfast, listings: Listings, changed: (directories: Iterable<string>) => void) {
    this.client = client;
    this.listings = listings;
    this.changed = changed;
  }

  /** Something was done as this turn: it is the next to be undone. What had been undone before it is not done again after it. */
  note(done: Done): void {
    this.done.set((all) => [...all.filter(({ turn }) => turn !== done.turn), done].slice(-REMEMBERED));
    this.undone.set([]);
  }

  /** Takes back the newest thing done here. */
  undoLast(): Promise<void> {
    return this.#next(async () => {
      const last = this.done.get().at(-1);
      if (last) await this.#undo(last.turn);
      else say("There is nothing to undo here");
    });
  }

  /** Does again what was undone last. */
  redoLast(): Promise<void> {
    return this.#next(async () => {
      const last = this.undone.get().at(-1);
      if (last) await this.#undo(last.turn);
      else say("There is nothing to redo here");
    });
  }

  /** Takes a turn back, by what it is called; what it could not take back is said. Null where nothing came of it. */
  undo(turn: string, how?: Undoing): Promise<Reverted | null> {
    return this.#next(() => this.#undo(turn, how));
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const turned = this.#turning.then(work);
    this.#turning = turned.catch(() => undefined);
    return turned;
  }

  /** What is undone leaves the list once it is: a failure changes nothing of what comes next. */
  async #undo(turn: string, how: Undoing = {}): Promise<Reverted | null> {
    const done = this.done.get().find((one) => one.turn === turn);
    const again = this.undone.get().find((one) => one.turn === turn);
    const known = done ?? again;
    const what = known?.what ?? how.name ?? nameOfTurn(turn, [], turnNames([]));
    const isRedo = known ? again !== undefined : how.isRedo === true;
    try {
      const reverted = await this.client.history.undo(turn, { force: how.force === true });
      this.#forget(turn);
      const many = reverted.restored + reverted.trashed;
      const isEmpty = many === 0 && reverted.conflicts.length === 0;
      if (isEmpty) {
        say(`Nothing was left to ${isRedo ? "redo" : "undo"}: ${what}`);
      } else {
        if (many > 0) {
          const list = isRedo ? this.done : this.undone;
          if (known) list.set((all) => [...all, { ...known, turn: reverted.turn }].slice(-REMEMBERED));
        }
        this.#told(turn, what, reverted, isRedo);
      }
      this.changed(known?.directories ?? []);
      if (!known) await this.listings.reload();
      return reverted;
    } catch (cause) {
      if (cause instanceof HoldfastError && cause.status === 404) {
        this.#forget(turn);
        say("There is nothing to undo");
      } else sayError(`Not ${isRedo ? "redone" : "undone"}: ${what}`, cause);
      return null;
    }
  }

  #forget(turn: string): void {
    for (const list of [this.done, this.undone]) list.set((all) => all.filter((one) => one.turn !== turn));
  }

  #told(
    turn: string,
    what: string,
    { conflicts, conflictsTotal, restored, trashed, turn: undoing }: Reverted,
    isRedo: boolean,
  ): void {
    const word = isRedo ? "Redone" : "Undone";
    const [conflict] = conflicts;
    if (!conflict) {
      const run = () => void this.undo(undoing, { name: what, isRedo: !isRedo });
      say(`${word}: ${what}`, { action: { label: isRedo ? "Undo" : "Redo", run } });
      return;
    }
    const rest = conflictsTotal > 1 ? `, and ${count(conflictsTotal - 1, "more", "more")}` : "";
    const but = restored + trashed > 0 ? `${word}: ${what}, but for` : `Not ${word.toLowerCase()}: ${what}:`;
    const text = `${but} ${nameOf(conflict.path)}${rest}: ${conflict.details}`;
    const label = isRedo ? "Redo those too" : "Undo those too";
    const run = () => void this.undo(turn, { name: what, isRedo, force: true });
    say(text, { kind: "error", action: { label, run } });
  }
}
