import { Suspense, useEffect, useState } from "react";
import { Gone } from "../files/Gone.tsx";
import { iconOf, kindOf } from "../files/kinds.ts";
import { download } from "../state/download.ts";
import { exactly, size, when } from "../state/format.ts";
import { nameOf, visible } from "../state/paths.ts";
import { visitDirectory } from "../state/route.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Boundary } from "../ui/Boundary.tsx";
import { Icon, IconButton } from "../ui/Icon.tsx";
import { later } from "../ui/later.tsx";
import { Failed, Loading } from "../ui/States.tsx";
import { useStat } from "./useStat.ts";
import { View } from "./View.tsx";

const Versions = later(() => import("./Versions.tsx"));

/** A file: shown as what it is, or its versions. */
export function Preview({ path, onClose }: { path: string; onClose: () => void }) {
  const workspace = useWorkspace();
  const { stat, error } = useStat(path);
  const [isHistory, setHistory] = useState(false);
  const name = nameOf(path);

  useEffect(() => {
    // A link to a directory that lacks its slash. Whoever goes back does not come through it again.
    if (stat?.type === "directory") visitDirectory(workspace.root, path, { replace: true });
  }, [stat, workspace, path]);
  useEffect(() => {
    const leave = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof Element && event.target.closest("input, .code, [role=menu], dialog");
      if (event.key === "Escape" && !isTyping && !event.defaultPrevented) onClose();
    };
    addEventListener("keydown", leave);
    return () => removeEventListener("keydown", leave);
  }, [onClose]);

  return (
    <section className="preview" aria-label={`Preview of ${visible(name)}`}>
      <header className="preview-head">
        <IconButton icon="chevron" label="Back to the list" className="back-button" onClick={onClose} />
        <Icon name={iconOf({ name, type: "file" })} className="file-icon" />
        <div className="preview-title">
          <h2 title={visible(path)} dir="auto">
            {visible(name)}
          </h2>
          <p className="quiet" title={stat ? exactly(stat.modified) : undefined}>
            {stat?.type === "file" ? `${size(stat.size)} · ${when(stat.modified)}` : "\u00a0"}
          </p>
        </div>
        {stat?.type === "file" && (
          <>
            <IconButton icon="clock" label="Versions" aria-pressed={isHistory} onClick={() => setHistory(!isHistory)} />
            <IconButton icon="download" label="Download" onClick={() => void download(workspace, [stat])} />
          </>
        )}
        <IconButton icon="close" label="Close preview" className="close-button" onClick={onClose} />
      </header>
      {error?.status === 404 && !stat ? (
        <Gone path={path} type="file" />
      ) : error && !stat ? (
        <Failed error={error} />
      ) : stat?.type !== "file" ? (
        <Loading rows={6} />
      ) : (
        <>
          {isHistory && (
            <Boundary of={stat.etag}>
              <Suspense fallback={<Loading rows={6} />}>
                <Versions path={path} etag={stat.etag} />
              </Suspense>
            </Boundary>
          )}
          {/* What is being edited stays as it is meanwhile. */}
          <div className="preview-body" hidden={isHistory}>
            <View stat={stat} kind={kindOf(name)} isGone={error?.status === 404} />
          </div>
        </>
      )}
    </section>
  );
}
