import { useRef, useState } from "react";
import { chosen } from "../state/incoming.ts";
import { useStore } from "../state/store.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Icon, IconButton } from "../ui/Icon.tsx";
import { Menu, type MenuItem } from "../ui/Menu.tsx";
import { lastTurnOfOthers } from "./lastTurn.ts";

interface ToolbarProps {
  directory: string;
  filter: string;
  onFilter: (text: string) => void;
  onNew: (kind: "file" | "directory") => void;
}

export function Toolbar({ directory, filter, onFilter, onNew }: ToolbarProps) {
  const workspace = useWorkspace();
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const [menu, setMenu] = useState<{ x: number; y: number } | null>(null);
  const done = useStore(workspace.actions.done);
  const upload = (list: FileList | null) => {
    if (list) void workspace.uploads.add(chosen([...list], directory).files);
  };
  const items: MenuItem[] = [
    { label: "New file", icon: "file", run: () => onNew("file") },
    { label: "New folder", icon: "folder", run: () => onNew("directory") },
    { label: "Upload files", icon: "upload", isApart: true, run: () => files.current?.click() },
    { label: "Upload a folder", icon: "upload", run: () => folder.current?.click() },
  ];
  const last = done.at(-1);
  return (
    <div className="toolbar">
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
      <IconButton
        icon="undo"
        label={last ? `Undo: ${last.what}` : "Undo the agent's last turn"}
        onClick={() => (last ? void workspace.actions.undoLast() : void lastTurnOfOthers(workspace))}
      />
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
      {menu && <Menu items={items} label="New" x={menu.x} y={menu.y} onClose={() => setMenu(null)} />}
      <input
        ref={files}
        type="file"
        multiple
        hidden
        aria-label="Files to upload"
        onChange={(event) => {
          upload(event.target.files);
          event.target.value = "";
        }}
      />
      <input
        ref={folder}
        type="file"
        hidden
        aria-label="Folder to upload"
        {...{ webkitdirectory: "" }}
        onChange={(event) => {
          upload(event.target.files);
          event.target.value = "";
        }}
      />
    </div>
  );
}
