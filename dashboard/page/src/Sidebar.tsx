import { useEffect } from "react";
import { Tree } from "./files/Tree.tsx";
import { size } from "./state/format.ts";
import { hrefOf, type Screen, useRoute } from "./state/route.ts";
import { useStore } from "./state/store.ts";
import { isDark, toggleTheme } from "./state/theme.ts";
import { useWorkspace } from "./state/workspace.ts";
import { Icon, IconButton, type IconName } from "./ui/Icon.tsx";

const PLACES: readonly { screen: Screen; label: string; icon: IconName }[] = [
  { screen: "files", label: "Files", icon: "folder" },
  { screen: "chat", label: "Chat", icon: "chat" },
  { screen: "memory", label: "Memory", icon: "memory" },
  { screen: "media", label: "Media", icon: "image" },
  { screen: "store", label: "Store", icon: "store" },
  { screen: "activity", label: "Activity", icon: "activity" },
  { screen: "trash", label: "Trash", icon: "trash" },
];

export function Sidebar({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { screen } = useRoute();
  useEffect(() => {
    if (!isOpen) return;
    const leave = (event: KeyboardEvent) => event.key === "Escape" && onClose();
    addEventListener("keydown", leave);
    return () => removeEventListener("keydown", leave);
  }, [isOpen, onClose]);
  return (
    <aside className="sidebar" aria-label="Workspace">
      <div className="brand">
        <img src="/icon.svg" alt="" width={22} height={22} />
        <span>Holdfast</span>
        <Connection />
      </div>
      <nav className="places" aria-label="Places">
        {PLACES.map(({ screen: place, label, icon }) => (
          <a
            key={place}
            href={hrefOf({ screen: place, path: "" })}
            className="place"
            aria-current={place === screen ? "page" : undefined}
          >
            <Icon name={icon} />
            {label}
          </a>
        ))}
      </nav>
      <Tree />
      <div className="sidebar-foot">
        <UsageBar />
        <Theme />
      </div>
    </aside>
  );
}

function Theme() {
  const dark = useStore(isDark);
  const label = dark ? "Light colors" : "Dark colors";
  return <IconButton icon={dark ? "sun" : "moon"} label={label} onClick={toggleTheme} />;
}

/** Whether what is shown is of now. */
function Connection() {
  const { live, listings } = useWorkspace();
  const state = useStore(live);
  const isOffline = useStore(listings.isOffline);
  const text = isOffline || state === "offline" ? "Offline" : state === "live" ? "Live" : "Checking";
  const title = {
    Offline: "The server cannot be reached; what you see may be old",
    Live: "Changes appear as they happen",
    Checking: "Changes appear within five seconds",
  }[text];
  return (
    <span className={`connection ${text.toLowerCase()}`} title={title} role="status">
      {isOffline && <Icon name="offline" size={12} />}
      {text}
    </span>
  );
}

function UsageBar() {
  const usage = useStore(useWorkspace().usage);
  const used = usage ? usage.quota.bytes - usage.quota.left : 0;
  const share = usage ? Math.min(1, used / usage.quota.bytes) : 0;
  const label = usage ? `${size(used)} of ${size(usage.quota.bytes)} used` : "";
  const title =
    usage &&
    `Files ${size(usage.live.bytes)} · Trash ${size(usage.trash.bytes)} · Older versions ${size(usage.versions.bytes)} · Media ${size(usage.media.bytes)}`;
  return (
    <div className="usage" title={title ?? ""}>
      <progress
        className={share > 0.9 ? "usage-bar full" : "usage-bar"}
        value={share}
        max={1}
        aria-label={label || "Usage"}
      />
      <span className="usage-text">{label || "\u00a0"}</span>
    </div>
  );
}
