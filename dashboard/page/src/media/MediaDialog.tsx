import { useState } from "react";
import type { MediaItem } from "../../../client/index.ts";
import { exactly, size } from "../state/format.ts";
import { visible } from "../state/paths.ts";
import { go } from "../state/route.ts";
import { say, sayError } from "../state/toasts.ts";
import { useAnswer } from "../state/useAnswer.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Confirm, Dialog } from "../ui/Dialog.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Empty } from "../ui/States.tsx";
import { iconOfType, titleOf } from "./titles.ts";

interface MediaDialogProps {
  item: MediaItem;
  onClose: () => void;
  onChanged: () => void;
}

/** One item: played, copied, traced to the files that have it, deleted. */
export function MediaDialog({ item: known, onClose, onChanged }: MediaDialogProps) {
  const { client, root } = useWorkspace();
  const [isAsking, setAsking] = useState(false);
  /** Made public here: nothing takes that back but to delete it. */
  const [shared, setShared] = useState<MediaItem | null>(null);
  const item = shared ?? known;
  const uses = useAnswer(`uses ${item.id}`, (signal) => client.media.uses(item.id, { signal }));
  const title = visible(titleOf(item));

  /** The lasting address; asked for once somebody wants it, since it makes the item public. */
  const copyLink = async () => {
    try {
      const open = item.publicUrl ? item : await client.media.share(item.id);
      if (!open.publicUrl) throw new Error("It has no public address");
      if (open !== item) {
        // It is public now, whether the link can be copied or not.
        setShared(open);
        onChanged();
      }
      await navigator.clipboard.writeText(open.publicUrl);
      say("Copied a link that anyone can open");
    } catch (cause) {
      sayError("Copying the link", cause);
    }
  };
  const remove = async () => {
    try {
      await client.media.remove(item.id);
      say(`Deleted ${title}`);
      onChanged();
      onClose();
    } catch (cause) {
      sayError(`Deleting ${title}`, cause);
    }
  };
  return (
    <Dialog title={title} onClose={onClose} className="media-dialog">
      <Stage item={item} title={title} />
      <dl className="facts">
        <dt>Kind</dt>
        <dd>
          {item.contentType}
          {item.width && item.height ? `, ${item.width} × ${item.height}` : ""}
        </dd>
        <dt>Size</dt>
        <dd>{size(item.size)}</dd>
        <dt>Made</dt>
        <dd>{exactly(item.createdAt)}</dd>
        {item.scope?.appId && (
          <>
            <dt>App</dt>
            <dd>{visible(item.scope.appName ?? item.scope.appId)}</dd>
          </>
        )}
        <dt>Used in</dt>
        <dd>
          {uses.value === null && "…"}
          {uses.value?.files.length === 0 && "no file"}
          {uses.value?.files.map(({ path }) => (
            <button
              key={path}
              type="button"
              className="link"
              onClick={() => {
                onClose();
                go({ screen: "files", path: path.slice(root.length + 1) });
              }}
            >
              {visible(path.slice(root.length + 1))}
            </button>
          ))}
        </dd>
        <dt>Public</dt>
        <dd>
          {item.publicUrl
            ? "yes: whoever has its link can open it, until it is deleted"
            : "no; once it is, it stays so until it is deleted"}
        </dd>
      </dl>
      <div className="dialog-buttons">
        <button type="button" className="button danger" onClick={() => setAsking(true)}>
          Delete
        </button>
        <button type="button" className="button" onClick={() => void copyLink()}>
          <Icon name="link" />
          {item.publicUrl ? "Copy link" : "Make public and copy link"}
        </button>
        <button type="button" className="button primary" onClick={onClose}>
          Close
        </button>
      </div>
      {isAsking && (
        <Confirm
          title={`Delete ${title}?`}
          text="Its links stop working everywhere, and this cannot be undone. Files that hold it keep it."
          verb="Delete"
          onClose={() => setAsking(false)}
          onConfirm={() => void remove()}
        />
      )}
    </Dialog>
  );
}

/** The item itself; what cannot be drawn or played says so. */
function Stage({ item, title }: { item: MediaItem; title: string }) {
  const { client } = useWorkspace();
  const [isBroken, setBroken] = useState(false);
  const common = { src: client.media.contentUrl(item.id), onError: () => setBroken(true) };
  const kind = iconOfType(item.contentType);
  const isSeen = kind === "image" || kind === "video" || kind === "audio";
  return (
    <div className="media-stage">
      {isSeen && isBroken ? (
        <Empty icon={kind} title={kind === "image" ? "This picture cannot be shown" : "This cannot be played"}>
          It may be damaged, or of a kind that this browser does not know.
        </Empty>
      ) : kind === "image" ? (
        <img {...common} alt={title} />
      ) : kind === "video" ? (
        <video {...common} controls playsInline aria-label={title} />
      ) : kind === "audio" ? (
        <audio {...common} controls aria-label={title} />
      ) : (
        <Icon name={kind} size={64} />
      )}
    </div>
  );
}
