import { type FormEvent, useState } from "react";
import type { Profile } from "../../../client/index.ts";
import { when } from "../state/format.ts";
import { hrefOf } from "../state/route.ts";
import { say, sayError } from "../state/toasts.ts";
import { useWorkspace } from "../state/workspace.ts";
import { IconButton } from "../ui/Icon.tsx";
import { Empty, Failed, Loading } from "../ui/States.tsx";
import { ConfirmUnpublish, useOwnThing, VisibilityChoice } from "./OwnPart.tsx";
import { ThingIcon } from "./ThingIcon.tsx";
import { kindOf, localIdOf, type Publishing, type Thing, takersOf, titleOf } from "./things.ts";
import { useOwn } from "./useOwn.ts";

/** What this user has published, and as whom. */
export function Mine({ onPublish }: { onPublish: (publishing: Publishing) => void }) {
  const { value, error, again } = useOwn();
  if (error && !value) return <Failed error={error} onRetry={again} />;
  if (value === null) return <Loading />;
  const things: Thing[] = [...value.apps, ...value.desktops];
  return (
    <>
      <Handle key={value.profile.handle} profile={value.profile} />
      {things.length === 0 ? (
        <Empty icon="upload" title="You have published nothing yet">
          <p>An app can be installed by others; a desktop can be looked at, run and copied.</p>
          <div className="thing-actions">
            <button type="button" className="button primary" onClick={() => onPublish({ kind: "apps" })}>
              Publish an app
            </button>
            <button type="button" className="button" onClick={() => onPublish({ kind: "desktops" })}>
              Publish this desktop
            </button>
          </div>
        </Empty>
      ) : (
        <ul className="entries" aria-label="Published by you">
          {things.map((thing) => (
            <li key={thing.id} className="entry own-entry">
              <Row thing={thing} onPublish={onPublish} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Row({ thing, onPublish }: { thing: Thing; onPublish: (publishing: Publishing) => void }) {
  const { copyLink } = useOwnThing(thing);
  const [isAsking, setAsking] = useState(false);
  const [kind, title] = [kindOf(thing), titleOf(thing)];
  return (
    <>
      <ThingIcon icon={thing.icon} kind={kind} />
      <div className="entry-text">
        <a className="name" dir="auto" href={hrefOf({ screen: "store", path: `${kind}/${thing.id}` })}>
          {title}
        </a>
        <span className="quiet">
          {kind === "apps" ? "App" : "Desktop"} {thing.version} · {takersOf(thing)} · changed {when(thing.updatedAt)}
        </span>
      </div>
      <VisibilityChoice thing={thing} />
      <IconButton icon="link" label={`Copy the link of ${title}`} onClick={() => void copyLink()} />
      <IconButton
        icon="upload"
        label={`Publish a new version of ${title}`}
        onClick={() => onPublish({ kind, localId: localIdOf(thing) })}
      />
      <IconButton icon="trash" label={`Unpublish ${title}`} onClick={() => setAsking(true)} />
      {isAsking && <ConfirmUnpublish thing={thing} onClose={() => setAsking(false)} />}
    </>
  );
}

/** The name under which others know the publisher. */
function Handle({ profile }: { profile: Profile }) {
  const { client, shop } = useWorkspace();
  const [handle, setHandle] = useState<string | null>(null);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    try {
      const saved = await client.store.setProfile({ handle: handle ?? profile.handle });
      setHandle(null);
      say(`Others know you as ${saved.handle} now`);
      shop.changed();
    } catch (cause) {
      sayError("Changing your handle", cause);
    }
  };
  if (handle === null)
    return (
      <p className="handle">
        Others know you as <strong>{profile.handle}</strong>
        <IconButton icon="edit" label="Change your handle" onClick={() => setHandle(profile.handle)} />
      </p>
    );
  return (
    <form className="inline-form" onSubmit={(event) => void save(event)}>
      <input
        className="input"
        aria-label="Handle"
        title="3 to 32 small letters, digits and hyphens"
        pattern="[a-z0-9]([a-z0-9\-]*[a-z0-9])?"
        minLength={3}
        maxLength={32}
        required
        // biome-ignore lint/a11y/noAutofocus: it takes the place of the button that was pressed
        autoFocus
        value={handle}
        onChange={({ target }) => setHandle(target.value)}
      />
      <button type="submit" className="button primary">
        Save
      </button>
      <button type="button" className="button" onClick={() => setHandle(null)}>
        Cancel
      </button>
    </form>
  );
}
