import { Suspense, useEffect, useState } from "react";
import { HoldfastError, type Stat } from "../../../client/index.ts";
import { iconOf } from "../files/kinds.ts";
import { download } from "../state/download.ts";
import { useHeard, useSource } from "../state/heard.ts";
import { nameOf, visible } from "../state/paths.ts";
import { hrefOf } from "../state/route.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Icon, IconButton } from "../ui/Icon.tsx";
import { later } from "../ui/later.tsx";
import { segmentsOf } from "./references.ts";

const Markdown = later(() => import("../preview/Markdown.tsx"));

/** What was said, with the files that it names. The agent's words are Markdown; a person's are what they typed. */
export function MessageText({ text, isAgent }: { text: string; isAgent: boolean }) {
  const { root } = useWorkspace();
  return segmentsOf(text, root).map((segment, index) => {
    if (segment.kind === "image") return <Picture key={index} path={segment.path} />;
    if (segment.kind === "file") return <FileCard key={index} path={segment.path} />;
    if (!isAgent)
      return (
        <p key={index} className="said-plainly" dir="auto">
          {segment.text.trim()}
        </p>
      );
    return (
      <Suspense key={index} fallback={<p className="said-plainly">{segment.text}</p>}>
        <Markdown text={segment.text} path={`${root}/chat.md`} isPart />
      </Suspense>
    );
  });
}

/** A file that was named, or a folder. It is fetched and then saved: a link would have the signature in it. */
function FileCard({ path }: { path: string }) {
  const workspace = useWorkspace();
  const { found, isMissing } = useFound(path);
  const name = nameOf(path);
  const place = path.slice(workspace.root.length + 1);
  const isDirectory = found?.type === "directory";
  if (isMissing)
    return (
      <div className="file-card">
        <Icon name={iconOf({ name, type: "file" })} size={20} className="file-icon" />
        <span className="entry-text">
          <span className="name" dir="auto">
            {visible(name)}
          </span>
          <span className="quiet">Nothing is at {visible(place)}</span>
        </span>
      </div>
    );
  return (
    <div className="file-card">
      <Icon
        name={iconOf({ name, type: isDirectory ? "directory" : "file" })}
        size={20}
        className={isDirectory ? "folder-icon" : "file-icon"}
      />
      <span className="entry-text">
        <a className="name" dir="auto" href={hrefOf({ screen: "files", path: isDirectory ? `${place}/` : place })}>
          {visible(name)}
        </a>
        <span className="quiet">
          {visible(place)}
          {isDirectory && " · folder"}
        </span>
      </span>
      <IconButton
        icon="download"
        label={`Download ${visible(name)}${isDirectory ? " as a zip" : ""}`}
        onClick={() => void download(workspace, [found ?? { path, size: 0 }])}
      />
    </div>
  );
}

/** What is at a path. Nothing may be there yet: then it is looked for again when something was heard of it. */
function useFound(path: string): { found: Stat | null; isMissing: boolean } {
  const { client } = useWorkspace();
  const [found, setFound] = useState<Stat | null>(null);
  const [isMissing, setMissing] = useState(false);
  const heard = useHeard(path);
  const round = isMissing ? heard : 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is missing may be there by now
  useEffect(() => {
    const stop = new AbortController();
    client.files.stat(path, { signal: stop.signal }).then(
      (stat) => {
        setFound(stat);
        setMissing(false);
      },
      (cause) => cause instanceof HoldfastError && cause.status === 404 && setMissing(true),
    );
    return () => stop.abort();
  }, [client, path, round]);
  return { found, isMissing };
}

/** A picture of the workspace; a card where it cannot be shown. */
function Picture({ path }: { path: string }) {
  const { root } = useWorkspace();
  const { source, heard } = useSource(path);
  const [brokenAt, setBrokenAt] = useState(-1);
  if (brokenAt === heard) return <FileCard path={path} />;
  return (
    <a className="chat-picture" href={hrefOf({ screen: "files", path: path.slice(root.length + 1) })}>
      <img src={source} alt={nameOf(path)} loading="lazy" onError={() => setBrokenAt(heard)} />
    </a>
  );
}
