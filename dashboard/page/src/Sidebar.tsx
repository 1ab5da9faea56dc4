import { useEffect } from "react";
import { useWayForDrags } from "./files/drag.ts";
import { Tree } from "./files/Tree.tsx";
import { hrefOf, type Screen, useRoute } from "./state/route.ts";
import { useStore } from "./state/store.ts";
import { isDark, toggleTheme } from "./state/theme.ts";
import { useWorkspace } from "./state/workspace.ts";
import { Icon, IconButton, type IconName } from "./ui/Icon.tsx";
import { UsageBar } from "./usage/UsageBar.tsx";

const PLACES: readonly { screen: Screen; label: string; icon: IconName }[] = [
  { screen: "files", label: "Files", icon: "folder" },
  { screen: "chat", label: "Chat", icon: "chat" },
  { screen: "memory", label: "Memory", icon: "memory" },
  { screen: "media", label: "Media", icon: "image" },
  { screen: "store", label: "Store", icon: "store" },
  { screen: "activity", label: "Activity", icon: "activity" },
  { screen: "trash", label: "Trash", icon: "trash" },
];

export const titleOf = (screen: Screen): string => PLACES.find((place) => place.screen === screen)?.label ?? "";

export function Sidebar({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { screen } = useRoute();
  const toChat = useWayForDrags(useWorkspace());
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
            {...(place === "chat" && toChat)}
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
  const reached = state === "gone" ? "Deleted" : state === "live" ? "Live" : "Checking";
  const text = isOffline || state === "offline" ? "Offline" : reached;
  const title = {
    Offline: "The server cannot be reached; what you see may be old",
    Live: "Changes appear as they happen",
    Checking: "Changes appear within five seconds",
    Deleted: "The account was deleted",
  }[text];
  return (
    <span className={`connection ${text.toLowerCase()}`} title={title} role="status">
      {isOffline && <Icon name="offline" size={12} />}
      {text}
    </span>
  );
}
