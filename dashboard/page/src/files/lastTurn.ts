// The agent's last turn, taken back from wherever somebody is.

import { count } from "../state/format.ts";
import { say, sayError } from "../state/toasts.ts";
import type { Workspace } from "../state/workspace.ts";

/** Finds the newest turn that was not made in this page, and undoes it. What it did can be put back. */
export async function lastTurnOfOthers({ client, actions }: Workspace): Promise<void> {
  try {
    const { turns } = await client.history.turns({ limit: 50 });
    const last = turns.find(({ turn, actor }) => actor !== "dashboard" && !/^(undo|restore)-/.test(turn));
    if (!last) {
      say("No turn of an agent is known here");
      return;
    }
    say(`Undoing ${last.actor ?? "the agent"}'s last turn: ${count(last.changes, "change")}`);
    await actions.undo(last.turn);
  } catch (cause) {
    sayError("Undoing", cause);
  }
}
