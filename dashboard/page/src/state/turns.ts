// Names for turns: what is done here at once is one turn, and one undo takes all of it back. What it was is remembered in this
// browser, since the Worker knows a turn by its name alone.

import type { Turn } from "../../../client/index.ts";
import { remember, remembered } from "./remembered.ts";

const KEY = "holdfast:turns";

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

/** What is known of turns. */
export interface TurnNames {
  /** What was done here, by turn. */
  done: ReadonlyMap<string, string>;
  /** What each undo was of, oldest first. */
  of: ReadonlyMap<string, string>;
}

/** @param turns newest first, as the Worker lists them */
export function turnNames(turns: readonly Turn[]): TurnNames {
  const of = turns.flatMap(({ turn, undoes }) => (undoes === undefined ? [] : [[turn, undoes] as const]));
  return { done: new Map(remembered(KEY)), of: new Map(of.reverse()) };
}

/**
 * The turn to take back so that this one changes sides: its undo if it is undone, itself if it is not, or the last that has done it
 * again.
 * @param turns newest first: what has gone on since its undo stands before that
 */
export function latestOf(turn: Turn, turns: readonly Turn[]): Turn {
  const newer = turns.slice(0, turns.indexOf(turn));
  const undoing = newer.find((one) => one.undoes === turn.turn && isReverting(one.turn));
  return undoing && (turn.undone || undoing.undone) ? latestOf(undoing, turns) : turn;
}

/** Whether to take this turn back is to do something again. */
export const isUndo = (turn: string, of: ReadonlyMap<string, string>) =>
  turn.startsWith("undo-") && !firstOf(turn, of).isRedo;

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
