import { type FormEvent, useRef, useState } from "react";
import type { DesktopRow } from "../../../client/index.ts";
import { count } from "../state/format.ts";
import { nameProblem, visible } from "../state/paths.ts";
import { visitDirectory } from "../state/route.ts";
import { say, sayError, whyOf } from "../state/toasts.ts";
import { newTurn } from "../state/turns.ts";
import { useWorkspace } from "../state/workspace.ts";
import { FormDialog } from "../ui/Dialog.tsx";
import { Icon } from "../ui/Icon.tsx";
import { titleOf } from "./things.ts";

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
  const title = titleOf(desktop);
  const [name, setName] = useState(desktop.title.replaceAll("/", " ").trim() || "desktop");
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isOpen = useRef(true);
  const close = () => {
    isOpen.current = false;
    onClose();
  };
  const fork = async (event: FormEvent) => {
    event.preventDefault();
    const wrong = nameProblem(name);
    setProblem(wrong);
    if (wrong) return;
    setBusy(true);
    try {
      const turn = newTurn(`Copied ${title}`);
      const { path, files } = await client.store.fork(desktop.id, `${root}/${name}`, { turn });
      say(`Copied ${count(files, "file")} into ${visible(name)}`, {
        action: { label: "Undo", run: () => void actions.undo(turn) },
      });
      shop.changed();
      void listings.reload();
      // Whoever has left the dialog meanwhile stays where they are.
      if (!isOpen.current) return;
      onClose();
      visitDirectory(root, path);
    } catch (cause) {
      if (!isOpen.current) return sayError(`Copying ${title}`, cause);
      setProblem(whyOf(cause));
      setBusy(false);
    }
  };
  return (
    <FormDialog
      title={`Copy ${title}`}
      verb={isBusy ? "Copying…" : "Copy"}
      isBusy={isBusy}
      problem={problem}
      onSubmit={(event) => void fork(event)}
      onClose={close}
    >
      <label>
        New folder
        <input className="input" value={name} onChange={({ target }) => setName(target.value)} />
      </label>
      <p className="quiet">All its files, as they were published. Nothing of yours changes.</p>
    </FormDialog>
  );
}
