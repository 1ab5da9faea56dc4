import { lazy, Suspense, useState } from "react";
import { iconOf } from "../files/kinds.ts";
import { nameOf } from "../state/paths.ts";
import { hrefOf } from "../state/route.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Icon } from "../ui/Icon.tsx";
import { segmentsOf } from "./references.ts";

const Markdown = lazy(() => import("../preview/Markdown.tsx"));

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
        <Markdown text={segment.text} path={`${root}/chat.md`} />
      </Suspense>
    );
  });
}

function FileCard({ path }: { path: string }) {
  const { client, root } = useWorkspace();
  const name = nameOf(path);
  const place = path.slice(root.length + 1);
  return (
    <div className="file-card">
      <Icon name={iconOf({ name, type: "file" })} size={20} className="file-icon" />
      <span className="entry-text">
        <a className="name" dir="auto" href={hrefOf({ screen: "files", path: place })}>
          {name}
        </a>
        <span className="quiet">{place}</span>
      </span>
      <a className="icon-button" href={client.files.downloadUrl(path)} download={name} aria-label={`Download ${name}`}>
        <Icon name="download" />
      </a>
    </div>
  );
}

/** A picture of the workspace; a card where it cannot be shown. */
function Picture({ path }: { path: string }) {
  const { client, root } = useWorkspace();
  const [isBroken, setBroken] = useState(false);
  if (isBroken) return <FileCard path={path} />;
  return (
    <a className="chat-picture" href={hrefOf({ screen: "files", path: path.slice(root.length + 1) })}>
      <img src={client.files.contentUrl(path)} alt={nameOf(path)} loading="lazy" onError={() => setBroken(true)} />
    </a>
  );
}
