import { type FormEvent, useState } from "react";
import type { AppPreview, AppRow } from "../../../client/index.ts";
import { count, size } from "../state/format.ts";
import { useAnswer } from "../state/useAnswer.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Dialog } from "../ui/Dialog.tsx";
import { Failed, Loading } from "../ui/States.tsx";
import { AboutFields } from "./AboutFields.tsx";
import { type About, aboutOf, saidOf } from "./about.ts";
import { Excluded } from "./Excluded.tsx";
import { Findings } from "./Findings.tsx";
import { PackageLines } from "./PackageLines.tsx";
import { PublishDone, PublishFoot } from "./PublishFoot.tsx";
import { useAppsHere } from "./useAppsHere.ts";
import { useBegun } from "./useBegun.ts";
import { useOwn } from "./useOwn.ts";
import { usePublish } from "./usePublish.ts";
import { VersionField } from "./VersionField.tsx";

/** Publishing an app of this desktop: which one, what goes with it, and what is said of it. */
export function PublishApp({ localId, onClose }: { localId: string | undefined; onClose: () => void }) {
  const apps = useAppsHere();
  const names = apps.value ?? [];
  const [picked, setPicked] = useState(localId);
  const chosen = picked ?? names[0];
  return (
    <Dialog title="Publish an app" onClose={onClose} className="publish-dialog">
      {apps.error && !apps.value ? (
        <Failed error={apps.error} onRetry={apps.again} />
      ) : apps.value === null ? (
        <Loading rows={3} />
      ) : chosen === undefined ? (
        <>
          <p>There is no app here yet. An app is a folder in src/apps, with an index.tsx in it.</p>
          <div className="dialog-buttons">
            <button type="button" className="button primary" onClick={onClose}>
              Close
            </button>
          </div>
        </>
      ) : (
        <div className="form">
          <label>
            App
            <select className="input" value={chosen} onChange={({ target }) => setPicked(target.value)}>
              {!names.includes(chosen) && <option value={chosen}>{chosen}</option>}
              {names.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <Looked key={chosen} appId={chosen} onClose={onClose} />
        </div>
      )}
    </Dialog>
  );
}

/** Looks through an app before anything is asked about it. */
function Looked({ appId, onClose }: { appId: string; onClose: () => void }) {
  const { client } = useWorkspace();
  const preview = useAnswer(`preview ${appId}`, (signal) => client.publish.preview(appId, { signal }), "store");
  const own = useOwn();
  const error = preview.error ?? own.error;
  if (preview.value && own.value) {
    const row = own.value.apps.find((app) => app.appId === appId);
    return <Form preview={preview.value} row={row} onClose={onClose} />;
  }
  if (!error) return <Loading rows={5} label="Looking through the app" />;
  const again = () => {
    preview.again();
    own.again();
  };
  return <Failed error={error} onRetry={again} />;
}

interface Filled {
  about: About;
  version: string;
}

interface FormProps {
  preview: AppPreview;
  /** What is published of it already. */
  row: AppRow | undefined;
  onClose: () => void;
}

function Form({ preview, row, onClose }: FormProps) {
  const { client } = useWorkspace();
  const { manifest, findings } = preview;
  const { filled, fill, sent } = useBegun<Filled>(`apps/${manifest.id}`, () => ({
    version: "",
    about: row
      ? aboutOf(row)
      : {
          title: manifest.name,
          icon: manifest.icon ?? "",
          description: manifest.description ?? "",
          tags: manifest.tags?.join(", ") ?? "",
          visibility: "public",
        },
  }));
  const { about, version } = filled;
  const setVersion = (next: string) => fill({ version: next });
  const [allowed, setAllowed] = useState<ReadonlySet<string>>(new Set());
  const { state, publish } = usePublish(sent);
  if (state.at === "done") return <PublishDone published={state.published} onClose={onClose} />;
  const found = state.at === "failed" && state.findings.length > 0 ? state.findings : findings;
  const isAllowed = found.every(({ path }) => allowed.has(path));
  const send = (event: FormEvent) => {
    event.preventDefault();
    const { title, ...said } = saidOf(about, row);
    const app = {
      ...said,
      appId: manifest.id,
      name: title,
      ...(version.trim() && { version: version.trim() }),
      ...(allowed.size > 0 && { allow: [...allowed] }),
    };
    void publish(title, (onProgress) => client.publish.app(app, { onProgress }));
  };
  const needs = Object.entries(manifest.dependencies);
  return (
    <form className="form" onSubmit={send}>
      <AboutFields about={about} onChange={(next) => fill({ about: next })} />
      <VersionField version={version} onChange={setVersion} before={row?.version ?? null} />
      <details className="more-list" open={needs.length > 0 && needs.length <= 4}>
        <summary>{needs.length === 0 ? "It needs no packages" : `It needs ${count(needs.length, "package")}`}</summary>
        <ul>
          <PackageLines packages={manifest.dependencies} />
        </ul>
      </details>
      <details className="more-list">
        <summary>
          {count(preview.files.length, "file")}, {size(preview.size)} unpacked
        </summary>
        <ul>
          {preview.files.slice(0, 200).map((path) => (
            <li key={path}>
              <code>{path.slice(path.indexOf(`/src/apps/`) + 1)}</code>
            </li>
          ))}
        </ul>
      </details>
      <Excluded excluded={preview.excluded} total={preview.excludedTotal} />
      {preview.unscanned.length > 0 && (
        <p className="note">
          The imports of {count(preview.unscanned.length, "file")} cannot be read; packages that only they need will be
          missing.
        </p>
      )}
      {found.length > 0 && <Findings findings={found} allowed={allowed} onAllow={setAllowed} />}
      <PublishFoot state={state} isReady={isAllowed} onClose={onClose} onNext={setVersion} />
    </form>
  );
}
