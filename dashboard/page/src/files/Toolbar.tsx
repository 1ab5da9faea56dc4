import { useState } from "react";
import { download } from "../state/download.ts";
import { useStore } from "../state/store.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Icon, IconButton } from "../ui/Icon.tsx";
import { Menu, type MenuItem } from "../ui/Menu.tsx";
import { usePress } from "../ui/usePress.ts";
import { undoLastOfOthers } from "./lastTurn.ts";
import { paste } from "./menuItems.ts";
import type { Pickers } from "./usePickers.tsx";

interface ToolbarProps {
  directory: string;
  /** Nothing is put into it, or it would be there again: what took it away can be undone. */
  isGone: boolean;
  filter: string;
  onFilter: (text: string) => void;
  onNew: (kind: "file" | "directory") => void;
  pickers: Pickers;
}

export function Toolbar({ directory, isGone, filter, onFilter, onNew, pickers }: ToolbarProps) {
  const workspace = useWorkspace();
  const [menu, setMenu] = useState<{ x: number; y: number } | null>(null);
  const done = useStore(workspace.actions.done);
  const held = useStore(workspace.clipboard);
  const items: MenuItem[] = [
    { label: "New file", icon: "file", run: () => onNew("file") },
    { label: "New folder", icon: "folder", run: () => onNew("directory") },
    { label: "Upload files", icon: "upload", isApart: true, run: pickers.pickFiles },
    { label: "Upload a folder", icon: "upload", run: pickers.pickFolder },
  ];
  if (held)
    items.push({ label: "Paste", icon: "paste", isApart: true, run: () => void paste({ workspace, directory }) });
  const last = done.at(-1);
  const { isBusy, press } = usePress();
  return (
    <div className="toolbar">
      {!isGone && (
        <label className="filter">
          <Icon name="search" />
          <input
            type="search"
            aria-label="Filter this folder"
            placeholder="Filter"
            value={filter}
            data-filter
            onChange={(event) => onFilter(event.target.value)}
            onKeyDown={(event) => event.key === "Escape" && onFilter("")}
          />
        </label>
      )}
      <IconButton
        icon="undo"
        label={last ? `Undo: ${last.what}` : "Undo the agent's last turn"}
        aria-disabled={isBusy}
        onClick={(event) =>
          void press(event, () => (last ? workspace.actions.undoLast() : undoLastOfOthers(workspace)))
        }
      />
      {!isGone && (
        <>
          <IconButton
            icon="download"
            label="Download this folder"
            onClick={() => void download(workspace, [{ path: directory, size: 0, type: "directory" }])}
          />
          <button type="button" className="button roomy-only" onClick={pickers.pickFiles}>
            <Icon name="upload" />
            Upload
          </button>
          <button
            type="button"
            className="button primary"
            aria-haspopup="menu"
            aria-expanded={menu !== null}
            onClick={(event) => {
              const { left, bottom } = event.currentTarget.getBoundingClientRect();
              setMenu({ x: left, y: bottom + 4 });
            }}
          >
            <Icon name="plus" />
            <span className="wide-only">New</span>
          </button>
        </>
      )}
      {menu && <Menu items={items} label="New" x={menu.x} y={menu.y} onClose={() => setMenu(null)} />}
    </div>
  );
}
