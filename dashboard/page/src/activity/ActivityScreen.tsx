import { useState } from "react";
import type { Turn } from "../../../client/index.ts";
import { undoable, undoLastTurn, undoTurn } from "../files/lastTurn.ts";
import { exactly, when } from "../state/format.ts";
import { visible } from "../state/paths.ts";
import { firstOf, isReverting, isUndo, latestOf, nameOfTurn, type TurnNames, turnNames } from "../state/turns.ts";
import { usePages } from "../state/usePages.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Icon } from "../ui/Icon.tsx";
import { ScreenHead } from "../ui/ScreenHead.tsx";
import { Empty, Failed, Loading, ShowMore } from "../ui/States.tsx";
import { usePress } from "../ui/usePress.ts";
import { Checkpoints } from "./Checkpoints.tsx";
import { changeSaid, changesSaid } from "./changes.ts";

const TURNS = 100;
const CHANGES = 200;

/** What was done here, in turns: by the agent, by apps, by you; each of them can be taken back. */
export default function ActivityScreen({ onMenu }: { onMenu: () => void }) {
  const workspace = useWorkspace();
  const { client, root } = workspace;
  const { value, error, again, next, isAsking } = usePages("turns", async (more) => {
    const { turns, ...rest } = await client.history.turns({ ...more, limit: TURNS });
    return { ...rest, items: turns.map((turn) => ({ ...turn, id: turn.turn })) };
  });
  const [open, setOpen] = useState<string | null>(null);
  const turns = value ?? [];
  const { isBusy, press } = usePress();
  const names = turnNames(turns);
  const undo = (turn: Turn) => undoTurn(workspace, turn, turns).then(again);
  const undoLast = () => undoLastTurn(workspace, () => true, "No turn is left to undo").then(again);
  return (
    <div className="page-frame">
      <ScreenHead title="Activity" onMenu={onMenu}>
        <button
          type="button"
          className="button"
          disabled={undoable(turns).length === 0}
          aria-disabled={isBusy}
          onClick={(event) => void press(event, undoLast)}
        >
          <Icon name="undo" />
          Undo the last turn
        </button>
      </ScreenHead>
      <div className="page-scroll">
        <Checkpoints />
        <h2 className="section-title">What was done</h2>
        <p className="quiet lead">Newest first: by your agent, by apps, and by you. Each can be taken back.</p>
        {error && !value ? (
          <Failed error={error} onRetry={again} />
        ) : value === null ? (
          <Loading />
        ) : turns.length === 0 ? (
          <Empty icon="activity" title="Nothing has been done here yet">
            Each turn of your agent, and each thing that you do, appears here and can be undone.
          </Empty>
        ) : (
          <ol className="entries" aria-label="Turns">
            {turns.map((turn) => (
              <li key={turn.turn} className="turn">
                <div className="entry">
                  <button
                    type="button"
                    className="turn-head"
                    aria-expanded={open === turn.turn}
                    onClick={() => setOpen(open === turn.turn ? null : turn.turn)}
                  >
                    <span className={open === turn.turn ? "twist open" : "twist"}>
                      <Icon name="chevron" size={12} />
                    </span>
                    <span className="entry-text">
                      <span className="name">{visible(titleOf(turn, turns, names))}</span>
                      <span className="quiet" title={exactly(turn.lastAt)}>
                        {when(turn.lastAt)} · <bdi>{changesSaid(turn, root)}</bdi>
                        {turn.undone && " · undone"}
                      </span>
                    </span>
                  </button>
                  <button
                    type="button"
                    className="button"
                    aria-disabled={isBusy}
                    onClick={(event) => void press(event, () => undo(turn))}
                  >
                    {isUndo(latestOf(turn, turns).turn, names.of) ? "Redo" : "Undo"}
                  </button>
                </div>
                {open === turn.turn && <Changes turn={turn.turn} />}
              </li>
            ))}
          </ol>
        )}
        {next && <ShowMore next={next} isAsking={isAsking} />}
      </div>
    </div>
  );
}

function titleOf({ actor, turn }: Turn, turns: readonly Turn[], names: TurnNames): string {
  const name = nameOfTurn(turn, turns, names);
  if (names.of.has(turn)) return `${firstOf(turn, names.of).isRedo ? "Redid" : "Undid"}: ${name}`;
  if (names.done.has(turn)) return `You: ${name}`;
  return actor === "dashboard" && !isReverting(turn) ? "You, in a page" : name;
}

function Changes({ turn }: { turn: string }) {
  const { client, root } = useWorkspace();
  const { value, error, next, isAsking } = usePages(turn, async (more) => {
    const { changes, ...rest } = await client.history.turn(turn, { ...more, limit: CHANGES });
    return { ...rest, items: changes.map((change) => ({ ...change, id: String(change.rev) })) };
  });
  if (error) return <p className="quiet turn-more">{error.message}</p>;
  if (value === null) return <Loading rows={2} />;
  return (
    <>
      <ul className="turn-more">
        {value.map((change) => (
          <li key={change.id} dir="auto">
            {changeSaid(change, root)}
          </li>
        ))}
      </ul>
      {next && <ShowMore next={next} isAsking={isAsking} />}
    </>
  );
}
