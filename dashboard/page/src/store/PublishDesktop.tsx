import { type FormEvent, useState } from "react";
import type { DesktopRow } from "../../../client/index.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Dialog } from "../ui/Dialog.tsx";
import { Failed, Loading } from "../ui/States.tsx";
import { AboutFields } from "./AboutFields.tsx";
import { type About, aboutOf, saidOf } from "./about.ts";
import { DesktopContents, type Patterns, useDesktopPreview } from "./DesktopContents.tsx";
import { Findings } from "./Findings.tsx";
import { PublishDone, PublishFoot } from "./PublishFoot.tsx";
import { linesOf } from "./things.ts";
import { useBegun } from "./useBegun.ts";
import { useOwn } from "./useOwn.ts";
import { usePublish } from "./usePublish.ts";
import { VersionField } from "./VersionField.tsx";

/** What stands for a desktop that is not published yet. */
const NEW = "";

/** A desktop is all that somebody has: who publishes one for the first time shows it to whom they send the link. */
const NOTHING_SAID: About = { title: "", icon: "", description: "", tags: "", visibility: "unlisted" };

/** Publishing this desktop: as a new thing, or as a new version of one. */
export function PublishDesktop({ localId, onClose }: { localId: string | undefined; onClose: () => void }) {
  const { value, error, again } = useOwn();
  return (
    <Dialog title="Publish this desktop" onClose={onClose} className="publish-dialog">
      {error && !value ? (
        <Failed error={error} onRetry={again} />
      ) : value === null ? (
        <Loading rows={5} />
      ) : (
        <Choose desktops={value.desktops} localId={localId} onClose={onClose} />
      )}
    </Dialog>
  );
}

interface ChooseProps {
  desktops: readonly DesktopRow[];
  localId: string | undefined;
  onClose: () => void;
}

function Choose({ desktops, localId, onClose }: ChooseProps) {
  // Chosen once: what is published here adds to the list, and the form stays.
  const [chosen, setChosen] = useState(localId ?? desktops[0]?.desktopId ?? NEW);
  return (
    <div className="form">
      {desktops.length > 0 && (
        <label>
          Publish as
          <select className="input" value={chosen} onChange={({ target }) => setChosen(target.value)}>
            {desktops.map(({ desktopId, title }) => (
              <option key={desktopId} value={desktopId}>
                A new version of {title}
              </option>
            ))}
            <option value={NEW}>A new desktop</option>
          </select>
        </label>
      )}
      <Form key={chosen} row={desktops.find(({ desktopId }) => desktopId === chosen)} onClose={onClose} />
    </div>
  );
}

interface Filled {
  about: About;
  version: string;
  patterns: Patterns;
  desktopId: string;
}

function Form({ row, onClose }: { row: DesktopRow | undefined; onClose: () => void }) {
  const { client } = useWorkspace();
  const { filled, fill, sent } = useBegun<Filled>(`desktops/${row?.desktopId ?? NEW}`, () => ({
    about: row ? aboutOf(row) : NOTHING_SAID,
    version: "",
    patterns: { exclude: "", include: "" },
    // Made once, so that a second attempt is not a second desktop.
    desktopId: row?.desktopId ?? `desktop-${crypto.randomUUID().slice(0, 8)}`,
  }));
  const { about, version, patterns, desktopId } = filled;
  const setVersion = (next: string) => fill({ version: next });
  const [allowed, setAllowed] = useState<ReadonlySet<string>>(new Set());
  const preview = useDesktopPreview(desktopId, patterns);
  const { state, publish, forget } = usePublish(sent);
  if (state.at === "done") return <PublishDone published={state.published} onClose={onClose} />;
  // Publishing looks through all of it, a preview through most.
  const findings =
    state.at === "failed" && state.findings.length > 0 ? state.findings : (preview.value?.findings ?? []);
  const isAllowed = findings.every(({ path }) => allowed.has(path));
  const send = (event: FormEvent) => {
    event.preventDefault();
    const desktop = {
      ...saidOf(about, row),
      desktopId,
      exclude: linesOf(patterns.exclude),
      include: linesOf(patterns.include),
      ...(version.trim() && { version: version.trim() }),
      ...(allowed.size > 0 && { allow: [...allowed] }),
    };
    void publish(about.title, (onProgress) => client.publish.desktop(desktop, { onProgress }));
  };
  return (
    <form className="form" onSubmit={send}>
      <AboutFields about={about} onChange={(next) => fill({ about: next })} />
      <VersionField version={version} onChange={setVersion} before={row?.version ?? null} />
      <DesktopContents
        preview={preview}
        patterns={patterns}
        onPatterns={(next) => {
          fill({ patterns: next });
          // What stopped it before may not go along any more.
          if (state.at === "failed") forget();
        }}
      />
      {findings.length > 0 && <Findings findings={findings} allowed={allowed} onAllow={setAllowed} />}
      <PublishFoot state={state} isReady={isAllowed} onClose={onClose} onNext={setVersion} />
    </form>
  );
}
