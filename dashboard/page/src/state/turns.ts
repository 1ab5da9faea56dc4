// Names for turns: what is done here at once is one turn, and one undo takes all of it back. What it was, and of which turn an undo
// was, is remembered in this browser, since the Worker knows a turn by its name alone.

import type { Turn } from "../../../client/index.ts";
import { remember, remembered } from "./remembered.ts";

const KEY = "holdfast:turns";
const UNDONE_KEY = "holdfast:undone:";

/** A turn that puts something back by itself: it is taken back by name, and never as "the last". */
export const isReverting = (turn: string) => /^(undo|restore)-/.test(turn);

/** A name for a turn that nobody else has. */
export function newTurn(what: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(9));
  const turn = `page-${btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")}`;
  remember(KEY, turn, what);
  return turn;
}

/** What this browser knows of turns. */
export interface TurnNames {
  /** What was done, by turn. */
  done: ReadonlyMap<string, string>;
  /** What each undo was of. */
  of: ReadonlyMap<string, string>;
}

export function turnNames(userId: string): TurnNames {
  return { done: new Map(remembered(KEY)), of: new Map(remembered(UNDONE_KEY + userId)) };
}

/** A turn took another one back. Names of such turns are a workspace's own, so they are kept for each user. */
export function rememberUndo(userId: string, undoing: string, of: string): void {
  remember(UNDONE_KEY + userId, undoing, of);
}

/** The turns that have been taken back, and whose undo has not been taken back since. */
export function undoneTurns(userId: string): ReadonlySet<string> {
  const undone = new Set<string>();
  // An undo that is undone itself is known before what it was of.
  for (const [undoing, of] of remembered(UNDONE_KEY + userId).reverse()) if (!undone.has(undoing)) undone.add(of);
  return undone;
}

/** The turn to undo so that this one is undone: itself, or the last that has done it again. */
export function latestOf(turn: string, of: ReadonlyMap<string, string>): string {
  let latest = turn;
  for (const [undoing, undone] of of) if (undone === latest && isReverting(undoing)) latest = undoing;
  return latest;
}

/** What an undo goes back to: an undo of an undo has done again what the first one was of. */
export function firstOf(undoing: string, of: ReadonlyMap<string, string>): { first: string; isRedo: boolean } {
  let first = undoing;
  let steps = 0;
  for (let next = of.get(first); next !== undefined && steps < of.size; next = of.get(first)) {
    first = next;
    steps += 1;
  }
  return { first, isRedo: steps > 0 && steps % 2 === 0 };
}

/** What a turn is called where it is taken back or done again: what was done in it, or else who did it. */
export function nameOfTurn(turn: string, turns: readonly Turn[], { done, of }: TurnNames): string {
  const { first } = firstOf(turn, of);
  const what = done.get(first);
  if (what !== undefined) return what;
  if (isReverting(first)) return first.startsWith("restore-") ? "A checkpoint was restored" : "Something was undone";
  const actor = turns.find((one) => one.turn === first)?.actor;
  if (actor === "dashboard") return "What you did in a page";
  return actor ? `${actor} · ${first}` : first;
}
