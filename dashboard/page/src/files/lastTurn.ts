// The last turn, taken back from wherever somebody is: the agent's, or whoever's.

import type { Turn } from "../../../client/index.ts";
import { say, sayError } from "../state/toasts.ts";
import { isReverting, latestOf, nameOfTurn, turnNames, undoneTurns } from "../state/turns.ts";
import type { Workspace } from "../state/workspace.ts";

/** The turns that can be "the last", newest first: none that took something back, or has been taken back. */
export function undoable(turns: readonly Turn[], userId: string): Turn[] {
  const undone = undoneTurns(userId);
  return turns.filter(({ turn }) => !isReverting(turn) && !undone.has(turn));
}

/** Takes back the newest of these turns and no other, also where nothing is left of it. What it did can be put back. */
export async function undoNewest({ actions, client }: Workspace, turns: readonly Turn[]): Promise<void> {
  const [last] = turns;
  if (!last) return;
  const names = turnNames(client.gateway.userId);
  await actions.undo(latestOf(last.turn, names.of), nameOfTurn(last.turn, turns, names));
}

/** Finds the newest turn that was not made in this page, and undoes it. */
export async function lastTurnOfOthers(workspace: Workspace): Promise<void> {
  const { client } = workspace;
  try {
    const { turns } = await client.history.turns({ limit: 50 });
    const others = undoable(turns, client.gateway.userId).filter(({ actor }) => actor !== "dashboard");
    if (others.length === 0) say("No turn of an agent is left to undo");
    await undoNewest(workspace, others);
  } catch (cause) {
    sayError("Undoing", cause);
  }
}
