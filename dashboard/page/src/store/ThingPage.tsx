import { useState } from "react";
import type { Kind } from "../../../client/index.ts";
import { exactly, size } from "../state/format.ts";
import { visible } from "../state/paths.ts";
import { go, hrefOf } from "../state/route.ts";
import { useAnswer } from "../state/useAnswer.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Icon } from "../ui/Icon.tsx";
import { Failed, Loading } from "../ui/States.tsx";
import { AppPart } from "./AppPart.tsx";
import { DesktopPart } from "./DesktopPart.tsx";
import { OwnPart } from "./OwnPart.tsx";
import { Section } from "./Section.tsx";
import { ThingIcon } from "./ThingIcon.tsx";
import { type Details, isApp, kindOf, type Publishing, takersOf, titleOf } from "./things.ts";
import { Versions } from "./Versions.tsx";

interface ThingPageProps {
  kind: Kind;
  id: string;
  onTag: (tag: string) => void;
  onPublish: (publishing: Publishing) => void;
}

/** One app or desktop: what it is, what can be done with it, and its versions. */
export function ThingPage({ kind, id, onTag, onPublish }: ThingPageProps) {
  const { client } = useWorkspace();
  const ask = (signal: AbortSignal): Promise<Details> => client.store.get(kind, id, { signal });
  const { value: thing, error, again } = useAnswer(`${kind}/${id}`, ask, "store");
  if (error && !thing) return <Failed error={error} onRetry={again} />;
  if (!thing) return <Loading />;
  const isOwn = thing.ownerId !== undefined;
  return (
    <article className="thing-page">
      <header className="thing-head">
        <ThingIcon icon={thing.icon} kind={kind} isLarge />
        <div className="thing-head-text">
          <h2 dir="auto">{titleOf(thing)}</h2>
          <p className="quiet">
            by {thing.owner}
            {thing.version && ` · ${thing.version}`}
            {thing.size !== null && ` · ${size(thing.size)}`} · {takersOf(thing)}
            {thing.visibility !== "public" && <span className="badge">{thing.visibility}</span>}
          </p>
        </div>
        <Star thing={thing} kind={kind} />
      </header>
      {thing.version === null && (
        <p className="note">All its versions are withdrawn: nobody but you sees it. Publish it again to offer it.</p>
      )}
      {thing.version !== null && isApp(thing) ? (
        <AppPart app={thing}>
          <Said thing={thing} onTag={onTag} />
        </AppPart>
      ) : (
        <>
          {thing.version !== null && !isApp(thing) && <DesktopPart desktop={thing} />}
          <Said thing={thing} onTag={onTag} />
        </>
      )}
      {isOwn && <OwnPart thing={thing} onPublish={onPublish} />}
      <Section title="About">
        <dl className="facts">
          {thing.files !== undefined && (
            <>
              <dt>Files</dt>
              <dd>{thing.files.toLocaleString()}</dd>
            </>
          )}
          <dt>Published</dt>
          <dd>{exactly(thing.createdAt)}</dd>
          <dt>Changed</dt>
          <dd>{exactly(thing.updatedAt)}</dd>
          {thing.forkedFrom && (
            <>
              <dt>Made from</dt>
              <dd>
                <a href={hrefOf({ screen: "store", path: `${kind}/${thing.forkedFrom.id}` })}>
                  {visible(thing.forkedFrom.title)}
                </a>{" "}
                by {thing.forkedFrom.owner}
              </dd>
            </>
          )}
        </dl>
      </Section>
      <Versions thing={thing} isOwn={isOwn} />
    </article>
  );
}

/** What its publisher says of it. */
function Said({ thing, onTag }: { thing: Details; onTag: (tag: string) => void }) {
  return (
    <>
      {thing.description && (
        <p className="thing-description" dir="auto">
          {thing.description}
        </p>
      )}
      {thing.tags.length > 0 && (
        <ul className="tags" aria-label="Tags">
          {thing.tags.map((tag) => (
            <li key={tag}>
              <button
                type="button"
                className="tag"
                onClick={() => {
                  onTag(tag);
                  go({ screen: "store", path: kindOf(thing) });
                }}
              >
                {tag}
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Star({ thing, kind }: { thing: Details; kind: Kind }) {
  const { shop } = useWorkspace();
  const [isBusy, setBusy] = useState(false);
  const isStarred = thing.starred === true;
  return (
    <button
      type="button"
      className={isStarred ? "button starred" : "button"}
      aria-pressed={isStarred}
      aria-label={`Star, ${thing.stars}`}
      disabled={isBusy}
      onClick={() => {
        setBusy(true);
        void shop.star(kind, thing.id, !isStarred).finally(() => setBusy(false));
      }}
    >
      <Icon name="star" />
      {thing.stars}
    </button>
  );
}
