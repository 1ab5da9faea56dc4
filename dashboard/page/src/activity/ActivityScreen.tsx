import { useState } from "react";
import type { Turn, TurnChange } from "../../../client/index.ts";
import { count, exactly, when } from "../state/format.ts";
import { useAnswer } from "../state/useAnswer.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Icon } from "../ui/Icon.tsx";
import { ScreenHead } from "../ui/ScreenHead.tsx";
import { Empty, Failed, Loading } from "../ui/States.tsx";
import { Checkpoints } from "./Checkpoints.tsx";

const TURNS = 100;
const CHANGES = 200;

/** What was done here, in turns: by the agent, by apps, by you; each of them can be taken back. */
export default function ActivityScreen({ onMenu }: { onMenu: () => void }) {
  const { client, actions } = useWorkspace();
  const { value, error, again } = useAnswer("turns", (signal) => client.history.turns({ signal, limit: TURNS }));
  const [open, setOpen] = useState<string | null>(null);
  const turns = value?.turns ?? [];
  const last = turns.find(({ turn }) => !/^(undo|restore)-/.test(turn));
  const undo = (turn: string) => void actions.undo(turn).then(again);
  return (
    <div className="page-frame">
      <ScreenHead title="Activity" onMenu={onMenu}>
        <button type="button" className="button" disabled={!last} onClick={() => last && undo(last.turn)}>
          <Icon name="undo" />
          Undo the last turn
        </button>
      </ScreenHead>
      <div className="page-scroll">
        <Checkpoints />
        <h2 className="section-title">Turns</h2>
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
                      <span className="name">{titleOf(turn)}</span>
                      <span className="quiet" title={exactly(turn.lastAt)}>
                        {when(turn.lastAt)} · {count(turn.changes, "change")}
                      </span>
                    </span>
                  </button>
                  <button type="button" className="button" onClick={() => undo(turn.turn)}>
                    Undo
                  </button>
                </div>
                {open === turn.turn && <Changes turn={turn.turn} />}
              </li>
            ))}
          </ol>
        )}
      </div>
    </div>
  );
}

function titleOf({ actor, turn }: Turn): string {
  if (/^(undo|restore)-/.test(turn)) return "Something was undone or restored";
  if (actor === "dashboard") return "You, in this page";
  return actor ? `${actor} · ${turn}` : turn;
}

const VERBS: Record<string, string> = {
  create: "made",
  write: "wrote",
  mkdir: "made",
  move: "moved",
  copy: "copied",
  trash: "deleted",
  restore: "restored",
  delete: "deleted for good",
  empty: "emptied the trash",
  revert: "took back",
};

function Changes({ turn }: { turn: string }) {
  const { client, root } = useWorkspace();
  const { value, error } = useAnswer(turn, (signal) => client.history.turn(turn, { signal, limit: CHANGES }));
  if (error) return <p className="quiet turn-more">{error.message}</p>;
  if (value === null) return <Loading rows={2} />;
  const short = (path: string) => (path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path);
  const said = ({ change, path, from }: TurnChange) =>
    `${VERBS[change] ?? change} ${short(path)}${from ? ` from ${short(from)}` : ""}`;
  return (
    <ul className="turn-more">
      {value.changes.map((change) => (
        <li key={change.rev} dir="auto">
          {said(change)}
        </li>
      ))}
      {value.cursor !== undefined && <li className="quiet">and more</li>}
    </ul>
  );
}
