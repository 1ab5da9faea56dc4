import { useState } from "react";
import { count, size } from "../state/format.ts";
import { nameOf } from "../state/paths.ts";
import { useStore } from "../state/store.ts";
import type { Upload } from "../state/uploads.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Icon, IconButton } from "../ui/Icon.tsx";

/** Rows shown at once: a folder of thousands is summed up, not listed. */
const SHOWN = 50;

/** What is on its way up, at the corner of the page, wherever somebody is. */
export function UploadPanel() {
  const { uploads } = useWorkspace();
  const list = useStore(uploads.list);
  const [isFolded, setFolded] = useState(false);
  if (list.length === 0) return null;
  const under = list.filter(({ state }) => state === "waiting" || state === "sending");
  const failed = list.filter(({ state }) => state === "failed");
  const total = list.reduce((sum, upload) => sum + upload.size, 0);
  const sent = list.reduce((sum, upload) => sum + (upload.state === "done" ? upload.size : upload.sent), 0);
  const title =
    under.length > 0
      ? `Uploading ${count(under.length, "file")}`
      : failed.length > 0
        ? `${count(failed.length, "file")} could not be uploaded`
        : `Uploaded ${count(list.filter(({ state }) => state === "done").length, "file")}`;
  // What wants attention comes first, then what moves.
  const order = { failed: 0, sending: 1, waiting: 2, cancelled: 3, done: 4 };
  const shown = list.toSorted((a, b) => order[a.state] - order[b.state]).slice(0, SHOWN);
  return (
    <section className="uploads" aria-label="Uploads">
      <header>
        <span role="status">{title}</span>
        {under.length > 1 && (
          <button type="button" className="link" onClick={() => uploads.cancelAll()}>
            Cancel all
          </button>
        )}
        <IconButton
          icon="chevron"
          label={isFolded ? "Show uploads" : "Hide uploads"}
          aria-expanded={!isFolded}
          className={isFolded ? "" : "turned"}
          onClick={() => setFolded(!isFolded)}
        />
        {under.length === 0 && <IconButton icon="close" label="Close uploads" onClick={() => uploads.clear()} />}
      </header>
      {under.length > 0 && <progress value={sent} max={Math.max(total, 1)} aria-label="All uploads" />}
      {!isFolded && (
        <ul>
          {shown.map((upload) => (
            <Row key={upload.id} upload={upload} />
          ))}
          {list.length > SHOWN && <li className="quiet">and {count(list.length - SHOWN, "more", "more")}</li>}
        </ul>
      )}
    </section>
  );
}

function Row({ upload }: { upload: Upload }) {
  const { uploads } = useWorkspace();
  const { id, path, state, sent, error } = upload;
  const name = nameOf(path);
  const said = {
    waiting: "Waiting",
    sending: `${size(sent)} of ${size(upload.size)}`,
    done: size(upload.size),
    failed: error ?? "It could not be uploaded",
    cancelled: "Cancelled",
  }[state];
  return (
    <li className={`upload ${state}`}>
      <div className="upload-line">
        {state === "done" && <Icon name="check" />}
        {state === "failed" && <Icon name="warning" />}
        <span className="name" title={path} dir="auto">
          {name}
        </span>
        <span className="upload-said">{said}</span>
        {(state === "waiting" || state === "sending") && (
          <IconButton icon="close" label={`Cancel ${name}`} onClick={() => uploads.cancel(id)} />
        )}
        {(state === "failed" || state === "cancelled") && (
          <IconButton icon="undo" label={`Try ${name} again`} onClick={() => uploads.retry(id)} />
        )}
      </div>
      {state === "sending" && <progress value={sent} max={Math.max(upload.size, 1)} aria-label={name} />}
    </li>
  );
}
