// The last turn, taken back from wherever somebody is: the agent's, or whoever's.

import type { Turn } from "../../../client/index.ts";
import { say, sayError } from "../state/toasts.ts";
import { isReverting, latestOf, undoings, undoneTurns } from "../state/turns.ts";
import type { Workspace } from "../state/workspace.ts";

/** Turns undone elsewhere have nothing left to undo: so many of them are gone past. */
const PASSED = 20;

/** The turns that can be "the last", newest first: none that took something back, or has been taken back. */
export function undoable(turns: readonly Turn[], userId: string): Turn[] {
  const undone = undoneTurns(userId);
  return turns.filter(({ turn }) => !isReverting(turn) && !undone.has(turn));
}

/** Takes back the newest of these turns of which something is left. What it did can be put back. */
export async function undoNewest({ actions, client }: Workspace, turns: readonly Turn[]): Promise<void> {
  const of = undoings(client.gateway.userId);
  for (const { turn } of turns.slice(0, PASSED)) {
    const undone = await actions.undo(latestOf(turn, of));
    if (undone === null || undone.restored + undone.trashed + undone.conflicts.length > 0) return;
  }
}

/** Finds the newest turn that was not made in this page, and undoes it. */
export async function lastTurnOfOthers(workspace: Workspace): Promise<void> {
  const { client } = workspace;
  try {
    const { turns } = await client.history.turns({ limit: 50 });
    const others = undoable(turns, client.gateway.userId).filter(({ actor }) => actor !== "dashboard");
    const [last] = others;
    if (!last) {
      say("No turn of an agent is left to undo");
      return;
    }
    await undoNewest(workspace, others);
  } catch (cause) {
    sayError("Undoing", cause);
  }
}
