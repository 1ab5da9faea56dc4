import { useEffect, useState } from "react";
import { count, size } from "../state/format.ts";
import { nameOf, visible } from "../state/paths.ts";
import { useStore } from "../state/store.ts";
import type { Upload } from "../state/uploads.ts";
import { useWorkspace } from "../state/workspace.ts";
import { IconButton } from "../ui/Icon.tsx";
import { usePress } from "../ui/usePress.ts";
import { TransferRow } from "./TransferRow.tsx";

/** Rows shown at once: a folder of thousands is summed up, not listed. */
const SHOWN = 50;
/** What went well is not in the way for longer. */
const GONE_AFTER_MS = 8000;

/** What is on its way up, below the screen, wherever somebody is; elsewhere than among the files it begins folded. */
export function UploadPanel({ isElsewhere }: { isElsewhere: boolean }) {
  const { uploads, actions } = useWorkspace();
  const list = useStore(uploads.list);
  const { isBusy, press } = usePress();
  const [isFolded, setFolded] = useState(isElsewhere);
  const isWell = list.length > 0 && list.every(({ state }) => state === "done");
  useEffect(() => {
    if (!isWell) return;
    const timer = setTimeout(() => uploads.clear(), GONE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [isWell, uploads]);
  if (list.length === 0) return null;
  const inState = (...states: Upload["state"][]) => list.filter(({ state }) => states.includes(state));
  const under = inState("waiting", "sending");
  const taken = inState("taken");
  const failed = inState("failed");
  const done = inState("done");
  // The newest first: what is taken back leaves the list, and the one before it is next.
  const undoable = under.length === 0 ? done.at(-1)?.turn : undefined;
  const total = list.reduce((sum, upload) => sum + upload.size, 0);
  const sent = list.reduce((sum, upload) => sum + (upload.state === "done" ? upload.size : upload.sent), 0);
  // What wants attention comes first, then what moves.
  const order = { taken: 0, failed: 1, refused: 1, sending: 2, waiting: 3, cancelled: 4, done: 5 };
  const shown = list.toSorted((a, b) => order[a.state] - order[b.state]).slice(0, SHOWN);
  return (
    <section className="uploads" aria-label="Uploads">
      <header>
        <span role="status">{titleOf(list)}</span>
        {failed.length > 1 && (
          <button type="button" className="link" onClick={() => uploads.retryAll()}>
            Retry all
          </button>
        )}
        {undoable !== undefined && (
          <button
            type="button"
            className="link"
            aria-disabled={isBusy}
            onClick={(event) =>
              void press(event, () => actions.undo(undoable).then((undone) => undone && uploads.clear(undoable)))
            }
          >
            Undo
          </button>
        )}
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
      {taken.length > 1 && (
        <div className="upload-answers">
          <button type="button" className="link" onClick={() => uploads.answer("replace")}>
            Replace all
          </button>
          <button type="button" className="link" onClick={() => uploads.answer("keep both")}>
            Keep both of all
          </button>
          <button type="button" className="link" onClick={() => uploads.answer("skip")}>
            Skip all
          </button>
        </div>
      )}
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

/** What is told of all of them: what goes on, or else what wants an answer, or else how it went. */
function titleOf(list: readonly Upload[]): string {
  const many = (...states: Upload["state"][]) => list.filter(({ state }) => states.includes(state)).length;
  const under = many("waiting", "sending");
  const failed = many("failed", "refused");
  const done = many("done");
  if (under > 0) return `Uploading ${count(under, "file")}${failed > 0 ? `; ${failed.toLocaleString()} failed` : ""}`;
  if (many("taken") > 0) return `${count(many("taken"), "file")}: the name is taken`;
  if (failed > 0 && done > 0)
    return `Uploaded ${count(done, "file")}; ${failed.toLocaleString()} could not be uploaded`;
  if (failed > 0) return `${count(failed, "file")} could not be uploaded`;
  return done > 0 ? `Uploaded ${count(done, "file")}` : "Nothing was uploaded";
}

function Row({ upload }: { upload: Upload }) {
  const { uploads } = useWorkspace();
  const { id, path, state, sent, error } = upload;
  const name = visible(nameOf(path));
  const said = {
    waiting: "Waiting",
    sending: `${size(sent)} of ${size(upload.size)}`,
    done: size(upload.size),
    taken: "Something of that name is there",
    failed: error ?? "It could not be uploaded",
    refused: error ?? "It cannot be here",
    cancelled: "Cancelled",
  }[state];
  return (
    <TransferRow
      state={state}
      name={nameOf(path)}
      title={path}
      isBad={["taken", "failed", "refused"].includes(state)}
      said={said}
      progress={state === "sending" ? { value: sent, max: upload.size } : null}
      buttons={
        <>
          {(state === "waiting" || state === "sending") && (
            <IconButton icon="close" label={`Cancel ${name}`} onClick={() => uploads.cancel(id)} />
          )}
          {(state === "failed" || state === "cancelled") && (
            <IconButton icon="undo" label={`Try ${name} again`} onClick={() => uploads.retry(id)} />
          )}
        </>
      }
    >
      {state === "taken" && (
        <div className="upload-answers">
          <button type="button" className="link" onClick={() => uploads.answer("replace", id)}>
            Replace
          </button>
          <button type="button" className="link" onClick={() => uploads.answer("keep both", id)}>
            Keep both
          </button>
          <button type="button" className="link" onClick={() => uploads.answer("skip", id)}>
            Skip
          </button>
        </div>
      )}
    </TransferRow>
  );
}
