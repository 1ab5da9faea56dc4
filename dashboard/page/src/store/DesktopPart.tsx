import { type FormEvent, useState } from "react";
import type { DesktopRow } from "../../../client/index.ts";
import { count } from "../state/format.ts";
import { nameProblem } from "../state/paths.ts";
import { visitDirectory } from "../state/route.ts";
import { say, whyOf } from "../state/toasts.ts";
import { newTurn } from "../state/turns.ts";
import { useWorkspace } from "../state/workspace.ts";
import { FormDialog } from "../ui/Dialog.tsx";
import { Icon } from "../ui/Icon.tsx";

/** Visiting a desktop, and taking a copy of it along. */
export function DesktopPart({ desktop }: { desktop: DesktopRow }) {
  const { client } = useWorkspace();
  const [isAsking, setAsking] = useState(false);
  return (
    <div className="thing-actions">
      <a className="button primary" href={client.store.visitUrl(desktop.id)} target="_blank" rel="noopener">
        <Icon name="play" />
        Visit
      </a>
      <button type="button" className="button" onClick={() => setAsking(true)}>
        <Icon name="copy" />
        Copy into my files
      </button>
      {isAsking && <Fork desktop={desktop} onClose={() => setAsking(false)} />}
    </div>
  );
}

function Fork({ desktop, onClose }: { desktop: DesktopRow; onClose: () => void }) {
  const { client, root, actions, shop, listings } = useWorkspace();
  const [name, setName] = useState(desktop.title.replaceAll("/", " ").trim() || "desktop");
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const fork = async (event: FormEvent) => {
    event.preventDefault();
    const wrong = nameProblem(name);
    setProblem(wrong);
    if (wrong) return;
    setBusy(true);
    try {
      const turn = newTurn(`Copied ${desktop.title}`);
      const { path, files } = await client.store.fork(desktop.id, `${root}/${name}`, { turn });
      say(`Copied ${count(files, "file")} into ${name}`, {
        action: { label: "Undo", run: () => void actions.undo(turn) },
      });
      shop.changed();
      void listings.reload();
      onClose();
      visitDirectory(root, path);
    } catch (cause) {
      setProblem(whyOf(cause));
      setBusy(false);
    }
  };
  return (
    <FormDialog
      title={`Copy ${desktop.title}`}
      verb={isBusy ? "Copying…" : "Copy"}
      isBusy={isBusy}
      problem={problem}
      onSubmit={(event) => void fork(event)}
      onClose={onClose}
    >
      <label>
        New folder
        <input className="input" value={name} onChange={({ target }) => setName(target.value)} />
      </label>
      <p className="quiet">All its files, as they were published. Nothing of yours changes.</p>
    </FormDialog>
  );
}
