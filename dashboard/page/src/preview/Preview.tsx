import { lazy, Suspense, useEffect, useState } from "react";
import { iconOf, kindOf } from "../files/kinds.ts";
import { download } from "../files/menuItems.ts";
import { exactly, size } from "../state/format.ts";
import { nameOf } from "../state/paths.ts";
import { visitDirectory } from "../state/route.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Icon, IconButton } from "../ui/Icon.tsx";
import { Failed, Loading } from "../ui/States.tsx";
import { useStat } from "./useStat.ts";
import { View } from "./View.tsx";

const Versions = lazy(() => import("./Versions.tsx"));

/** A file: shown as what it is, or its versions. */
export function Preview({ path, onClose }: { path: string; onClose: () => void }) {
  const workspace = useWorkspace();
  const { stat, error } = useStat(path);
  const [isHistory, setHistory] = useState(false);
  const name = nameOf(path);

  useEffect(() => {
    // A link to a directory that lacks its slash.
    if (stat?.type === "directory") visitDirectory(workspace.root, path);
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
    <section className="preview" aria-label={`Preview of ${name}`}>
      <header className="preview-head">
        <IconButton icon="chevron" label="Back to the list" className="back-button" onClick={onClose} />
        <Icon name={iconOf({ name, type: "file" })} className="file-icon" />
        <div className="preview-title">
          <h2 title={path} dir="auto">
            {name}
          </h2>
          <p className="quiet">{stat?.type === "file" ? `${size(stat.size)} · ${exactly(stat.modified)}` : "\u00a0"}</p>
        </div>
        {stat?.type === "file" && (
          <>
            <IconButton icon="clock" label="Versions" aria-pressed={isHistory} onClick={() => setHistory(!isHistory)} />
            <IconButton icon="download" label="Download" onClick={() => download(workspace, [stat])} />
          </>
        )}
        <IconButton icon="close" label="Close preview" onClick={onClose} />
      </header>
      {error && !stat ? (
        <Failed error={error} />
      ) : stat?.type !== "file" ? (
        <Loading rows={6} />
      ) : (
        <Suspense fallback={<Loading rows={6} />}>
          {isHistory && <Versions path={path} etag={stat.etag} />}
          {/* What is being edited stays as it is meanwhile. */}
          <div className="preview-body" hidden={isHistory}>
            <View stat={stat} kind={kindOf(name)} isGone={error?.status === 404} />
          </div>
        </Suspense>
      )}
    </section>
  );
}
