import { type FormEvent, useState } from "react";
import type { PublishedPatch, Visibility } from "../../../client/index.ts";
import { go, hrefOf } from "../state/route.ts";
import { say, sayError, whyOf } from "../state/toasts.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Choice } from "../ui/Choice.tsx";
import { Confirm, FormDialog } from "../ui/Dialog.tsx";
import { Icon } from "../ui/Icon.tsx";
import { AboutFields } from "./AboutFields.tsx";
import { type About, aboutOf } from "./about.ts";
import { Section } from "./Section.tsx";
import { kindOf, localIdOf, type Publishing, type Thing, tagsOf, titleOf, VISIBILITIES } from "./things.ts";

/** What an owner may do with what is published. */
export function useOwnThing(thing: Thing) {
  const { client, shop } = useWorkspace();
  const [kind, title] = [kindOf(thing), titleOf(thing)];
  const link =
    kind === "desktops"
      ? client.store.visitUrl(thing.id)
      : `${location.origin}/${hrefOf({ screen: "store", path: `apps/${thing.id}` })}`;
  return {
    copyLink: () =>
      navigator.clipboard.writeText(link).then(
        () => say(thing.visibility === "private" ? "Copied a link that opens for you alone" : "Copied the link"),
        (cause: unknown) => sayError("Copying the link", cause),
      ),
    update: async (patch: PublishedPatch, did: string) => {
      await client.publish.update(kind, thing.id, patch);
      say(did);
      shop.changed();
    },
    unpublish: async () => {
      try {
        await client.publish.remove(kind, thing.id);
        say(`Unpublished ${title}`);
        go({ screen: "store", path: "mine" });
        shop.changed();
      } catch (cause) {
        sayError(`Unpublishing ${title}`, cause);
      }
    },
  };
}

export function VisibilityChoice({ thing }: { thing: Thing }) {
  const { update } = useOwnThing(thing);
  const change = (visibility: Visibility) =>
    update({ visibility }, `${titleOf(thing)} is seen by: ${wordsOf(visibility)}`).catch((cause: unknown) =>
      sayError("Changing who sees it", cause),
    );
  return (
    <Choice
      label={`Who sees ${titleOf(thing)}`}
      options={VISIBILITIES}
      value={thing.visibility}
      onChange={(visibility) => void change(visibility as Visibility)}
    />
  );
}

function wordsOf(visibility: Visibility): string {
  return (VISIBILITIES.find(([key]) => key === visibility)?.[1] ?? visibility).toLowerCase();
}

export function ConfirmUnpublish({ thing, onClose }: { thing: Thing; onClose: () => void }) {
  const { unpublish } = useOwnThing(thing);
  return (
    <Confirm
      title={`Unpublish ${titleOf(thing)}?`}
      text="Nobody finds or gets it any more, its bytes are deleted, and its link stops working for good. What others have installed stays theirs; your files stay as they are."
      verb="Unpublish"
      onClose={onClose}
      onConfirm={() => void unpublish()}
    />
  );
}

/** The part of a page that only the owner sees. */
export function OwnPart({ thing, onPublish }: { thing: Thing; onPublish: (publishing: Publishing) => void }) {
  const { copyLink } = useOwnThing(thing);
  const [asking, setAsking] = useState<"edit" | "unpublish" | null>(null);
  return (
    <Section title="Yours">
      <div className="thing-actions">
        <VisibilityChoice thing={thing} />
        <button type="button" className="button" onClick={() => void copyLink()}>
          <Icon name="link" />
          Copy link
        </button>
        <button type="button" className="button" onClick={() => setAsking("edit")}>
          <Icon name="edit" />
          Edit
        </button>
        <button
          type="button"
          className="button"
          onClick={() => onPublish({ kind: kindOf(thing), localId: localIdOf(thing) })}
        >
          <Icon name="upload" />
          Publish a new version
        </button>
        <button type="button" className="button danger" onClick={() => setAsking("unpublish")}>
          Unpublish
        </button>
      </div>
      {asking === "edit" && <Edit thing={thing} onClose={() => setAsking(null)} />}
      {asking === "unpublish" && <ConfirmUnpublish thing={thing} onClose={() => setAsking(null)} />}
    </Section>
  );
}

/** What is said of a thing: from now on, for all its versions. */
function Edit({ thing, onClose }: { thing: Thing; onClose: () => void }) {
  const { update } = useOwnThing(thing);
  const [about, setAbout] = useState<About>(aboutOf(thing));
  const [problem, setProblem] = useState<string | null>(null);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    try {
      await update({ ...about, tags: tagsOf(about.tags) }, "Saved");
      onClose();
    } catch (cause) {
      setProblem(whyOf(cause));
    }
  };
  return (
    <FormDialog
      title={`Edit ${titleOf(thing)}`}
      verb="Save"
      problem={problem}
      onSubmit={(event) => void save(event)}
      onClose={onClose}
    >
      <AboutFields about={about} onChange={setAbout} />
    </FormDialog>
  );
}
