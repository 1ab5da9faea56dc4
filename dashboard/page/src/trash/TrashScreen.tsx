import { useEffect, useState } from "react";
import type { TrashItem } from "../../../client/index.ts";
import { iconOf } from "../files/kinds.ts";
import { exactly, size, when } from "../state/format.ts";
import { nameOf, parentOf, placeOf, visible } from "../state/paths.ts";
import { usePages } from "../state/usePages.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Confirm } from "../ui/Dialog.tsx";
import { Icon, IconButton } from "../ui/Icon.tsx";
import { ScreenHead } from "../ui/ScreenHead.tsx";
import { Empty, Failed, Loading, ShowMore } from "../ui/States.tsx";

const PAGE = 200;

export default function TrashScreen({ onMenu }: { onMenu: () => void }) {
  const { client, actions, root } = useWorkspace();
  const { value, error, again, next, isAsking } = usePages("trash", async (more) => {
    const { files, ...rest } = await client.files.trash({ ...more, limit: PAGE });
    return { ...rest, items: files.map((item) => ({ ...item, id: item.trashPath })) };
  });
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [asking, setAsking] = useState<readonly TrashItem[] | "all" | null>(null);
  // What is on its way out of here, until it is seen to have gone: pressed twice, a button is meant once.
  const [leaving, setLeaving] = useState<ReadonlySet<string>>(new Set());
  const items = value ?? [];
  useEffect(() => {
    const here = new Set(value?.map(({ trashPath }) => trashPath));
    setLeaving((now) => new Set([...now].filter((path) => here.has(path))));
  }, [value]);
  const restore = async (going: readonly TrashItem[]) => {
    const paths = going.map(({ trashPath }) => trashPath);
    setLeaving((now) => new Set([...now, ...paths]));
    const isDone = await actions.restore(going);
    if (!isDone) setLeaving((now) => new Set([...now].filter((path) => !paths.includes(path))));
    again();
  };
  const isLeaving = ({ trashPath }: TrashItem) => leaving.has(trashPath);
  const picked = items.filter(({ trashPath }) => chosen.has(trashPath));
  const toggle = ({ trashPath }: TrashItem) => {
    const next = new Set(chosen);
    if (!next.delete(trashPath)) next.add(trashPath);
    setChosen(next);
  };
  return (
    <div className="page-frame">
      <ScreenHead title="Trash" onMenu={onMenu}>
        {picked.length > 0 && (
          <>
            <button
              type="button"
              className="button"
              disabled={picked.some(isLeaving)}
              onClick={() => void restore(picked)}
            >
              Restore {picked.length}
            </button>
            <button
              type="button"
              className="button danger"
              disabled={picked.some(isLeaving)}
              onClick={() => setAsking(picked)}
            >
              Delete for good
            </button>
          </>
        )}
        {items.length > 0 && picked.length === 0 && (
          <button type="button" className="button" onClick={() => setAsking("all")}>
            Empty the trash
          </button>
        )}
      </ScreenHead>
      {error && !value ? (
        <Failed error={error} onRetry={again} />
      ) : value === null ? (
        <Loading />
      ) : items.length === 0 ? (
        <Empty icon="trash" title="The trash is empty">
          What you delete stays here for a week, and can be put back.
        </Empty>
      ) : (
        <ul className="entries" aria-label="In the trash">
          <li className="quiet lead">What you delete stays here for a week.</li>
          {items.map((item) => (
            <li key={item.trashPath} className="entry">
              <input
                type="checkbox"
                aria-label={`Choose ${visible(nameOf(item.originalPath))}`}
                checked={chosen.has(item.trashPath)}
                onChange={() => toggle(item)}
              />
              <Icon
                name={iconOf({ name: nameOf(item.originalPath), type: item.type })}
                className={item.type === "directory" ? "folder-icon" : "file-icon"}
              />
              <div className="entry-text">
                <span className="name" dir="auto">
                  {visible(nameOf(item.originalPath))}
                </span>
                <span
                  className="quiet"
                  title={`Deleted ${exactly(item.trashedAt)}; goes for good ${exactly(item.expiresAt)}`}
                >
                  from {placeOf(parentOf(item.originalPath), root)} · {when(item.trashedAt)}
                  {item.type === "file" && ` · ${size(item.size)}`}
                </span>
              </div>
              <button type="button" className="button" disabled={isLeaving(item)} onClick={() => void restore([item])}>
                Restore
              </button>
              <IconButton
                icon="close"
                label={`Delete ${visible(nameOf(item.originalPath))} for good`}
                onClick={() => setAsking([item])}
              />
            </li>
          ))}
          {next && (
            <li>
              <ShowMore next={next} isAsking={isAsking} />
            </li>
          )}
        </ul>
      )}
      {asking && (
        <Confirm
          title={asking === "all" ? "Empty the trash?" : "Delete for good?"}
          text="This cannot be undone. Only what a checkpoint holds stays."
          verb={asking === "all" ? "Empty" : "Delete"}
          onClose={() => setAsking(null)}
          onConfirm={() => void (asking === "all" ? actions.emptyTrash() : actions.removeForever(asking)).then(again)}
        />
      )}
    </div>
  );
}
