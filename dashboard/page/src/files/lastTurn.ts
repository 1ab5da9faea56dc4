// The last turn, taken back from wherever somebody is: the agent's, or whoever's.

import type { Turn } from "../../../client/index.ts";
import { say, sayError } from "../state/toasts.ts";
import { isReverting, isUndo, latestOf, nameOfTurn, turnNames } from "../state/turns.ts";
import type { Workspace } from "../state/workspace.ts";

/** The turns that can be "the last", newest first: none that took something back, or has been taken back. */
export const undoable = (turns: readonly Turn[]): Turn[] =>
  turns.filter(({ turn, undone }) => !isReverting(turn) && !undone);

/** Takes this turn back, of those that are listed, or does it again if it is undone. What it did can be put back. */
export async function undoTurn({ actions }: Workspace, turn: Turn, turns: readonly Turn[]): Promise<void> {
  const names = turnNames(turns);
  const latest = latestOf(turn, turns).turn;
  await actions.undo(latest, { name: nameOfTurn(latest, turns, names), isRedo: isUndo(latest, names.of) });
}

/** Finds the last turn there is by now, if `isOne` says that it is one, and takes it back; else says that there is none. */
export async function undoLastTurn(workspace: Workspace, isOne: (turn: Turn) => boolean, none: string): Promise<void> {
  try {
    const { turns } = await workspace.client.history.turns({ limit: 50 });
    const last = undoable(turns).find(isOne);
    if (last) await undoTurn(workspace, last, turns);
    else say(none);
  } catch (cause) {
    sayError("Undoing", cause);
  }
}

/** The last turn that was not made in a page. */
export const undoLastOfOthers = (workspace: Workspace) =>
  undoLastTurn(workspace, ({ actor }) => actor !== "dashboard", "No turn of an agent is left to undo");
