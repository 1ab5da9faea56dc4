import { lazy, Suspense, useEffect, useState } from "react";
import { FilesScreen } from "./files/FilesScreen.tsx";
import { UploadPanel } from "./files/UploadPanel.tsx";
import { Sidebar } from "./Sidebar.tsx";
import { useRoute } from "./state/route.ts";
import { Loading } from "./ui/States.tsx";

const ActivityScreen = lazy(() => import("./activity/ActivityScreen.tsx"));
const TrashScreen = lazy(() => import("./trash/TrashScreen.tsx"));
const MemoryScreen = lazy(() => import("./memory/MemoryScreen.tsx"));
const ChatScreen = lazy(() => import("./chat/ChatScreen.tsx"));
const StoreScreen = lazy(() => import("./store/StoreScreen.tsx"));
const MediaScreen = lazy(() => import("./media/MediaScreen.tsx"));

/** The page with a workspace: the places at the left, the one that is open beside them. */
export function Shell() {
  const { screen, path } = useRoute();
  const [isMenuOpen, setMenuOpen] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whoever goes somewhere has seen the menu
  useEffect(() => setMenuOpen(false), [screen, path]);
  const openMenu = () => setMenuOpen(true);
  return (
    <div className={`shell ${isMenuOpen ? "menu-open" : ""}`}>
      <Sidebar onClose={() => setMenuOpen(false)} isOpen={isMenuOpen} />
      {isMenuOpen && <div className="veil" onPointerDown={() => setMenuOpen(false)} />}
      <main className="screen">
        <Suspense fallback={<Loading />}>
          {screen === "files" && <FilesScreen path={path} onMenu={openMenu} />}
          {screen === "chat" && <ChatScreen path={path} onMenu={openMenu} />}
          {screen === "memory" && <MemoryScreen onMenu={openMenu} />}
          {screen === "media" && <MediaScreen onMenu={openMenu} />}
          {screen === "store" && <StoreScreen path={path} onMenu={openMenu} />}
          {screen === "activity" && <ActivityScreen onMenu={openMenu} />}
          {screen === "trash" && <TrashScreen onMenu={openMenu} />}
        </Suspense>
      </main>
      <UploadPanel />
    </div>
  );
}
