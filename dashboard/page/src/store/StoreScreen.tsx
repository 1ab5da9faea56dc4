import { useState } from "react";
import type { Kind } from "../../../client/index.ts";
import { hrefOf } from "../state/route.ts";
import { Icon } from "../ui/Icon.tsx";
import { Menu } from "../ui/Menu.tsx";
import { ScreenHead } from "../ui/ScreenHead.tsx";
import { Browse, NO_QUERY, type Query } from "./Browse.tsx";
import { InstalledList } from "./InstalledList.tsx";
import { Mine } from "./Mine.tsx";
import { PublishApp } from "./PublishApp.tsx";
import { PublishDesktop } from "./PublishDesktop.tsx";
import { ThingPage } from "./ThingPage.tsx";
import type { Publishing } from "./things.ts";

const PARTS = [
  ["apps", "Apps"],
  ["desktops", "Desktops"],
  ["installed", "Installed"],
  ["mine", "Published by you"],
] as const;

/** What others have published, what is here of it, and what is published from here. */
export default function StoreScreen({ path, onMenu }: { path: string; onMenu: () => void }) {
  const [queries, setQueries] = useState<Record<Kind, Query>>({ apps: NO_QUERY, desktops: NO_QUERY });
  const [publishing, setPublishing] = useState<Publishing | null>(null);
  const [menuAt, setMenuAt] = useState<{ x: number; y: number } | null>(null);
  const [name = "", id] = path.split("/");
  const part = PARTS.find(([known]) => known === name)?.[0] ?? "apps";
  const close = () => setPublishing(null);
  return (
    <div className="page-frame">
      <ScreenHead title="Store" onMenu={onMenu}>
        <button
          type="button"
          className="button primary"
          aria-haspopup="menu"
          onClick={({ currentTarget }) => {
            const { right, bottom } = currentTarget.getBoundingClientRect();
            setMenuAt({ x: right - 200, y: bottom + 4 });
          }}
        >
          <Icon name="upload" />
          Publish
        </button>
      </ScreenHead>
      <nav className="memory-tabs" aria-label="Parts of the store">
        {PARTS.map(([key, label]) => (
          <a
            key={key}
            href={hrefOf({ screen: "store", path: key })}
            aria-current={key === part ? (id ? "true" : "page") : undefined}
          >
            {label}
          </a>
        ))}
      </nav>
      <div className="page-scroll" key={`${part}/${id ?? ""}`}>
        {part === "installed" && <InstalledList />}
        {part === "mine" && <Mine onPublish={setPublishing} />}
        {(part === "apps" || part === "desktops") &&
          (id ? (
            <ThingPage
              key={id}
              kind={part}
              id={id}
              onPublish={setPublishing}
              onTag={(tag) => setQueries({ ...queries, [part]: { ...NO_QUERY, tag } })}
            />
          ) : (
            <Browse kind={part} query={queries[part]} onQuery={(query) => setQueries({ ...queries, [part]: query })} />
          ))}
      </div>
      {menuAt && (
        <Menu
          {...menuAt}
          label="Publish"
          onClose={() => setMenuAt(null)}
          items={[
            { label: "An app…", icon: "store", run: () => setPublishing({ kind: "apps" }) },
            { label: "This desktop…", icon: "desktop", run: () => setPublishing({ kind: "desktops" }) },
          ]}
        />
      )}
      {publishing?.kind === "apps" && <PublishApp localId={publishing.localId} onClose={close} />}
      {publishing?.kind === "desktops" && <PublishDesktop localId={publishing.localId} onClose={close} />}
    </div>
  );
}
