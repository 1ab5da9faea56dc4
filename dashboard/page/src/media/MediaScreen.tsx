import { useState } from "react";
import type { MediaItem } from "../../../client/index.ts";
import { size, when } from "../state/format.ts";
import { visible } from "../state/paths.ts";
import { useStore } from "../state/store.ts";
import { usePages } from "../state/usePages.ts";
import { type MediaFilter, useWorkspace } from "../state/workspace.ts";
import { Choice } from "../ui/Choice.tsx";
import { Icon } from "../ui/Icon.tsx";
import { ScreenHead } from "../ui/ScreenHead.tsx";
import { Empty, Failed, Loading, ShowMore } from "../ui/States.tsx";
import { MediaDialog } from "./MediaDialog.tsx";
import { iconOfType, titleOf } from "./titles.ts";

const PAGE = 60;
const KINDS = [
  ["", "Everything"],
  ["image", "Pictures"],
  ["video", "Films"],
  ["audio", "Sound"],
  ["model", "3D models"],
] as const;
const DAYS = [
  ["", "Any time"],
  ["1", "Today"],
  ["7", "This week"],
  ["30", "This month"],
] as const;

/** What was generated and shared, newest first. */
export default function MediaScreen({ onMenu }: { onMenu: () => void }) {
  const { client, mediaFilter } = useWorkspace();
  // Whoever follows an item to its file finds, back here, what they were looking through.
  const { kind, days, app } = useStore(mediaFilter);
  const choose = (change: Partial<MediaFilter>) => mediaFilter.set((now) => ({ ...now, ...change }));
  const [open, setOpen] = useState<MediaItem | null>(null);
  const query = {
    limit: PAGE,
    ...(kind && { type: kind }),
    ...(app && { appId: app }),
    ...(days && { from: startOf(Number(days)) }),
  };
  const { value, error, again, next, isAsking } = usePages(JSON.stringify(query), (more) =>
    client.media.list({ ...query, ...more }),
  );
  const items = value ?? [];
  // As it is by now.
  const opened = open && (items.find(({ id }) => id === open.id) ?? open);
  const apps = [...new Map(items.flatMap(appsOf)).entries()];
  return (
    <div className="page-frame">
      <ScreenHead title="Media" onMenu={onMenu}>
        <Choice label="Kind" options={KINDS} value={kind} onChange={(chosen) => choose({ kind: chosen })} />
        <Choice label="When" options={DAYS} value={days} onChange={(chosen) => choose({ days: chosen })} />
        {(apps.length > 0 || app) && (
          <Choice
            label="App"
            options={[
              ["", "Every app"],
              ...(app && !apps.some(([id]) => id === app) ? [[app, visible(app)] as const] : []),
              ...apps,
            ]}
            value={app}
            onChange={(chosen) => choose({ app: chosen })}
          />
        )}
      </ScreenHead>
      <div className="page-scroll">
        {error && !value ? (
          <Failed error={error} onRetry={again} />
        ) : value === null ? (
          <Loading />
        ) : items.length === 0 ? (
          <Empty icon="image" title={kind || days || app ? "Nothing is like that" : "No media yet"}>
            Pictures, films and sound that your apps generate, and those among your files, appear here.
          </Empty>
        ) : (
          <ul className="tiles" aria-label="Media">
            {items.map((item) => (
              <li key={item.id}>
                <button type="button" className="tile" onClick={() => setOpen(item)}>
                  <Thumbnail item={item} />
                  <span className="tile-name" dir="auto">
                    {visible(titleOf(item))}
                  </span>
                  <span className="quiet">
                    {when(item.createdAt)} · {size(item.size)}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        )}
        {next && <ShowMore next={next} isAsking={isAsking} />}
      </div>
      {opened && <MediaDialog key={opened.id} item={opened} onClose={() => setOpen(null)} onChanged={again} />}
    </div>
  );
}

function startOf(days: number): number {
  const start = new Date();
  start.setHours(0, 0, 0, 0);
  return start.getTime() - (days - 1) * 86_400_000;
}

function appsOf({ scope }: MediaItem): (readonly [string, string])[] {
  return scope?.appId ? [[scope.appId, visible(scope.appName ?? scope.appId)]] : [];
}

/** What is seen of an item in the grid; the browser makes it small, and loads it when it comes into view. */
function Thumbnail({ item }: { item: MediaItem }) {
  const { client } = useWorkspace();
  const [isBroken, setBroken] = useState(false);
  const source = client.media.contentUrl(item.id);
  const icon = iconOfType(item.contentType);
  return (
    <span className="thumbnail">
      {icon === "image" && !isBroken ? (
        <img src={source} alt="" loading="lazy" decoding="async" onError={() => setBroken(true)} />
      ) : icon === "video" && !isBroken ? (
        <video src={`${source}#t=0.1`} preload="metadata" muted playsInline onError={() => setBroken(true)} />
      ) : (
        <Icon name={icon} size={32} />
      )}
      {icon === "video" && (
        <span className="thumbnail-mark">
          <Icon name="play" />
        </span>
      )}
    </span>
  );
}
