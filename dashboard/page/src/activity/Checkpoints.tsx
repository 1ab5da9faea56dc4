import { type FormEvent, useState } from "react";
import { count, exactly, when } from "../state/format.ts";
import { say, sayError } from "../state/toasts.ts";
import { useAnswer } from "../state/useAnswer.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Confirm } from "../ui/Dialog.tsx";
import { Icon, IconButton } from "../ui/Icon.tsx";

/** The whole tree under a name, to come back to. */
export function Checkpoints() {
  const workspace = useWorkspace();
  const { history } = workspace.client;
  const { value, again } = useAnswer("checkpoints", (signal) => history.checkpoints({ signal }));
  const [label, setLabel] = useState("");
  const [dropping, setDropping] = useState<number | null>(null);
  // Pressed twice, a button is meant once.
  const [isBusy, setBusy] = useState(false);
  const attempt = async (doing: string, work: () => Promise<unknown>) => {
    setBusy(true);
    try {
      await work();
      again();
    } catch (cause) {
      sayError(doing, cause);
    } finally {
      setBusy(false);
    }
  };
  const take = (event: FormEvent) => {
    event.preventDefault();
    void attempt("Taking a checkpoint", async () => {
      await history.takeCheckpoint(label.trim() || undefined);
      setLabel("");
      say("Everything is kept as it is now");
    });
  };
  const restore = (id: number) =>
    attempt("Restoring", async () => {
      const { restored, trashed, turn } = await history.restoreCheckpoint(id);
      const text = `Restored ${count(restored, "entry", "entries")}; ${count(trashed, "newer one")} went to the trash`;
      say(text, { action: { label: "Undo", run: () => void workspace.actions.undo(turn) } });
      await workspace.listings.reload();
    });
  return (
    <section aria-label="Checkpoints">
      <h2 className="section-title">Checkpoints</h2>
      <p className="quiet lead">A checkpoint keeps all files as they are now, so that you can come back to them.</p>
      <form className="inline-form" onSubmit={take}>
        <input
          className="input"
          aria-label="Name of the checkpoint"
          placeholder="Before the clean-up"
          maxLength={200}
          value={label}
          onChange={(event) => setLabel(event.target.value)}
        />
        <button type="submit" className="button" disabled={isBusy}>
          <Icon name="plus" />
          Keep all as it is
        </button>
      </form>
      <ul className="entries">
        {value?.checkpoints.map(({ id, label: name, createdAt }) => (
          <li key={id} className="entry">
            <Icon name="clock" />
            <div className="entry-text">
              <span className="name">{name ?? "Without a name"}</span>
              <span className="quiet" title={exactly(createdAt)}>
                {when(createdAt)}
              </span>
            </div>
            <button type="button" className="button" disabled={isBusy} onClick={() => void restore(id)}>
              Restore
            </button>
            <IconButton icon="close" label={`Delete checkpoint ${name ?? id}`} onClick={() => setDropping(id)} />
          </li>
        ))}
      </ul>
      {dropping !== null && (
        <Confirm
          title="Delete this checkpoint?"
          text="What only it holds is gone then, and cannot be brought back."
          verb="Delete"
          onClose={() => setDropping(null)}
          onConfirm={() => void attempt("Deleting the checkpoint", () => history.deleteCheckpoint(dropping))}
        />
      )}
    </section>
  );
}
