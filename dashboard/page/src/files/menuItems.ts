// What can be done with the chosen entries; with the directory where none are.

import type { FileItem } from "../../../client/index.ts";
import { say } from "../state/toasts.ts";
import type { Workspace } from "../state/workspace.ts";
import type { MenuItem } from "../ui/Menu.tsx";

export interface Deeds {
  workspace: Workspace;
  directory: string;
  onOpen: (item: FileItem) => void;
  rename: (item: FileItem) => void;
  focusList: () => void;
}

const isMac = /mac|iphone|ipad/i.test(navigator.platform);
export const command = (key: string) => (isMac ? `⌘${key}` : `Ctrl+${key}`);

/** Has the browser save files, one after the other. */
export function download(workspace: Workspace, items: readonly FileItem[]): void {
  for (const [index, item] of items.entries()) {
    setTimeout(() => {
      const link = document.createElement("a");
      link.href = workspace.client.files.downloadUrl(item.path);
      link.download = item.name;
      link.click();
    }, index * 300);
  }
}

export async function paste({ workspace, directory }: Pick<Deeds, "workspace" | "directory">): Promise<void> {
  const { clipboard, actions } = workspace;
  const held = clipboard.get();
  if (held === null) return;
  if (held.mode === "copy") await actions.copy(held.items, directory);
  else {
    clipboard.set(null);
    await actions.move(
      held.items.map(({ path }) => path),
      directory,
    );
  }
}

/** Puts paths where other programs find them too. */
async function copyPaths(items: readonly FileItem[]): Promise<void> {
  await navigator.clipboard.writeText(items.map(({ path }) => path).join("\n"));
  say(items.length === 1 ? "Copied the path" : "Copied the paths");
}

export function menuItems(chosen: readonly FileItem[], deeds: Deeds): MenuItem[] {
  const { workspace, onOpen, rename } = deeds;
  const { clipboard, actions } = workspace;
  const held = clipboard.get();
  const pasting: MenuItem = {
    label: "Paste",
    icon: "paste",
    shortcut: command("V"),
    isDisabled: held === null,
    run: () => void paste(deeds),
  };
  const [first] = chosen;
  if (first === undefined) return [pasting];
  const files = chosen.filter(({ type }) => type === "file");
  const isOne = chosen.length === 1;
  const items: MenuItem[] = [];
  if (isOne) items.push({ label: "Open", icon: "file", shortcut: "Enter", run: () => onOpen(first) });
  if (isOne) items.push({ label: "Rename", icon: "edit", shortcut: "F2", run: () => rename(first) });
  if (files.length > 0) items.push({ label: "Download", icon: "download", run: () => download(workspace, files) });
  items.push(
    {
      label: "Cut",
      icon: "cut",
      shortcut: command("X"),
      isApart: true,
      run: () => clipboard.set({ mode: "cut", items: chosen }),
    },
    { label: "Copy", icon: "copy", shortcut: command("C"), run: () => clipboard.set({ mode: "copy", items: chosen }) },
    pasting,
    { label: isOne ? "Copy path" : "Copy paths", icon: "link", run: () => void copyPaths(chosen) },
    {
      label: "Move to trash",
      icon: "trash",
      shortcut: isMac ? "⌫" : "Delete",
      isDanger: true,
      isApart: true,
      run: () => void actions.remove(chosen.map(({ path }) => path)),
    },
  );
  return items;
}
