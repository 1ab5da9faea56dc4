import { type ReactNode, Suspense, useEffect, useState } from "react";
import type { Stat } from "../../../client/index.ts";
import { drafts } from "../edit/drafts.ts";
import type { Kind } from "../files/kinds.ts";
import { size } from "../state/format.ts";
import { placeOf } from "../state/paths.ts";
import { hrefOf } from "../state/route.ts";
import { useStore } from "../state/store.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Boundary } from "../ui/Boundary.tsx";
import { Icon } from "../ui/Icon.tsx";
import { later } from "../ui/later.tsx";
import { Failed, Loading } from "../ui/States.tsx";
import { Hex } from "./Hex.tsx";
import { ImageView } from "./ImageView.tsx";
import { PdfView } from "./PdfView.tsx";
import { Player } from "./Player.tsx";
import { TEXT_MAX_BYTES, type TextFile, useText } from "./useText.ts";

const Code = later(() => import("../edit/Code.tsx"));
const EditorPane = later(() => import("../edit/EditorPane.tsx"));
const Markdown = later(() => import("./Markdown.tsx"));
const CsvTable = later(() => import("./CsvTable.tsx"));
const JsonTree = later(() => import("./JsonTree.tsx"));

interface ViewProps {
  stat: Stat;
  kind: Kind;
  /** It has been deleted since. */
  isGone: boolean;
  /** What takes the place of a text that is gone, unless somebody is editing it. */
  instead?: ReactNode;
}

/** A file as what its name says it is; as text if its bytes are text; as bytes otherwise. What cannot be drawn spoils nothing else. */
export function View(props: ViewProps) {
  return (
    <Boundary of={`${props.stat.path} ${props.stat.etag}`}>
      <Suspense fallback={<Loading rows={6} />}>
        <AsItIs {...props} />
      </Suspense>
    </Boundary>
  );
}

function AsItIs({ stat, kind, isGone, instead }: ViewProps) {
  switch (kind) {
    case "image":
      return stat.extension?.toLowerCase() === "svg" ? (
        <SvgView stat={stat} isGone={isGone} />
      ) : (
        <ImageView stat={stat} />
      );
    case "audio":
    case "video":
      return <Player stat={stat} kind={kind} />;
    case "pdf":
      return <PdfView stat={stat} />;
    default:
      return <TextView stat={stat} kind={kind} isGone={isGone} instead={instead} />;
  }
}

/** A picture that is a text as well. */
function SvgView({ stat, isGone }: { stat: Stat; isGone: boolean }) {
  const [isSource, setSource] = useState(false);
  return (
    <>
      <div className="view-bar">
        <Tabs labels={["Picture", "Source"]} at={isSource ? 1 : 0} onTab={(tab) => setSource(tab === 1)} />
      </div>
      {isSource ? <TextView stat={stat} kind="text" isGone={isGone} /> : <ImageView stat={stat} />}
    </>
  );
}

const RENDERED = { markdown: "Read", csv: "Table", json: "Tree" } as const;

function TextView({ stat, kind, isGone, instead }: ViewProps) {
  const { client, moves } = useWorkspace();
  const movedTo = isGone ? moves.of(stat.path) : null;
  const loaded = useText(stat.path, stat.etag, stat.size);
  const [isSource, setSource] = useState(false);
  const [saved, setSaved] = useState<{ file: TextFile; old: string } | null>(null);
  const [isEditing, setEditing] = useState(() => drafts.has(client.gateway.userId, stat.path));
  const [since] = useState(() => moves.count.get());
  const count = useStore(moves.count);
  // A draft comes with its file, and maybe later than that.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it can only have come with a move
  useEffect(() => {
    if (moves.isNew(stat.path, since) && drafts.has(client.gateway.userId, stat.path)) setEditing(true);
  }, [count]);
  if (loaded.state === "loading") return <Loading rows={6} />;
  if (loaded.state === "failed") return <Failed error={loaded.error} />;
  if (loaded.state === "binary") return <Hex stat={stat} />;
  // What was saved here is shown at once, however late it is looked at anew.
  const file = loaded.file.etag === saved?.old ? saved.file : loaded.file;
  if (isEditing)
    return (
      <EditorPane
        stat={stat}
        file={file}
        isGone={isGone}
        onDone={(done) => {
          setSaved(done);
          setEditing(false);
        }}
      />
    );
  if (isGone && instead !== undefined) return instead;
  const rendered = kind === "markdown" || kind === "csv" || kind === "json" ? RENDERED[kind] : null;
  const isRendered = rendered !== null && !isSource;
  return (
    <>
      <div className="view-bar">
        {rendered && <Tabs labels={[rendered, "Source"]} at={isSource ? 1 : 0} onTab={(tab) => setSource(tab === 1)} />}
        <span className="view-note">
          {file.isCut && `The first ${size(TEXT_MAX_BYTES)} of ${size(stat.size)}`}
          {isGone && (movedTo ? <MovedTo path={movedTo} /> : "Deleted")}
        </span>
        {!file.isCut && (
          <button type="button" className="button" onClick={() => setEditing(true)}>
            <Icon name="edit" />
            Edit
          </button>
        )}
      </div>
      <div className="view-body">
        <Boundary of={`${stat.etag} ${isSource}`}>
          <Suspense fallback={<Loading rows={6} />}>
            {!isRendered && <Code text={file.text} name={stat.name} />}
            {isRendered && kind === "markdown" && <Markdown text={file.text} path={stat.path} />}
            {isRendered && kind === "csv" && <CsvTable text={file.text} />}
            {isRendered && kind === "json" && <JsonTree text={file.text} />}
          </Suspense>
        </Boundary>
      </div>
    </>
  );
}

function MovedTo({ path }: { path: string }) {
  const { root } = useWorkspace();
  return (
    <>
      Moved to <a href={hrefOf({ screen: "files", path: path.slice(root.length + 1) })}>{placeOf(path, root)}</a>
    </>
  );
}

/** A choice of few, all of them seen. */
export function Tabs({ labels, at, onTab }: { labels: readonly string[]; at: number; onTab: (tab: number) => void }) {
  return (
    <fieldset className="tabs">
      <legend className="unseen">Show as</legend>
      {labels.map((label, index) => (
        <button key={label} type="button" className="tab" aria-pressed={index === at} onClick={() => onTab(index)}>
          {label}
        </button>
      ))}
    </fieldset>
  );
}
