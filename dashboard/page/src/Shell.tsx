import { type ReactNode, Suspense, useEffect, useState } from "react";
import { FilesScreen } from "./files/FilesScreen.tsx";
import { UploadPanel } from "./files/UploadPanel.tsx";
import { ZipPanel } from "./files/ZipPanel.tsx";
import { Sidebar, titleOf } from "./Sidebar.tsx";
import { useAskBeforeLeaving } from "./state/leaving.ts";
import { useOverlay } from "./state/overlays.ts";
import { useRoute } from "./state/route.ts";
import { useWorkspace } from "./state/workspace.ts";
import { Boundary } from "./ui/Boundary.tsx";
import { later } from "./ui/later.tsx";
import { ScreenHead } from "./ui/ScreenHead.tsx";
import { Loading } from "./ui/States.tsx";

const ActivityScreen = later(() => import("./activity/ActivityScreen.tsx"));
const TrashScreen = later(() => import("./trash/TrashScreen.tsx"));
const MemoryScreen = later(() => import("./memory/MemoryScreen.tsx"));
const ChatScreen = later(() => import("./chat/ChatScreen.tsx"));
const StoreScreen = later(() => import("./store/StoreScreen.tsx"));
const MediaScreen = later(() => import("./media/MediaScreen.tsx"));

/** The page with a workspace: the places at the left, the one that is open beside them. */
export function Shell() {
  const { screen, path } = useRoute();
  useAskBeforeLeaving(useWorkspace());
  const [isMenuOpen, setMenuOpen] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whoever goes somewhere has seen the menu
  useEffect(() => setMenuOpen(false), [screen, path]);
  useOverlay(isMenuOpen, () => setMenuOpen(false));
  const openMenu = () => setMenuOpen(true);
  // A screen that is not there yet, or cannot be, has its head all the same: from it one gets elsewhere.
  const inFrame = (part: ReactNode) => (
    <div className="page-frame">
      <ScreenHead title={titleOf(screen)} onMenu={openMenu} />
      {part}
    </div>
  );
  return (
    <div className={`shell ${isMenuOpen ? "menu-open" : ""}`}>
      <Sidebar onClose={() => setMenuOpen(false)} isOpen={isMenuOpen} />
      {isMenuOpen && <div className="veil" onPointerDown={() => setMenuOpen(false)} />}
      <main className="screen">
        <Boundary of={`${screen}/${path}`} frame={inFrame}>
          <Suspense fallback={inFrame(<Loading />)}>
            {screen === "files" && <FilesScreen path={path} onMenu={openMenu} />}
            {screen === "chat" && <ChatScreen path={path} onMenu={openMenu} />}
            {screen === "memory" && <MemoryScreen path={path} onMenu={openMenu} />}
            {screen === "media" && <MediaScreen onMenu={openMenu} />}
            {screen === "store" && <StoreScreen path={path} onMenu={openMenu} />}
            {screen === "activity" && <ActivityScreen onMenu={openMenu} />}
            {screen === "trash" && <TrashScreen onMenu={openMenu} />}
          </Suspense>
        </Boundary>
      </main>
      <div className="corner">
        <ZipPanel />
        <UploadPanel key={screen === "files" ? "here" : "elsewhere"} isElsewhere={screen !== "files"} />
      </div>
    </div>
  );
}
