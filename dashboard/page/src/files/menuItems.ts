// What can be done with the chosen entries; with the directory where none are.

import type { FileItem } from "../../../client/index.ts";
import { download } from "../state/download.ts";
import { say } from "../state/toasts.ts";
import type { Workspace } from "../state/workspace.ts";
import type { MenuItem } from "../ui/Menu.tsx";

export interface Deeds {
  workspace: Workspace;
  directory: string;
  onOpen: (item: FileItem) => void;
  rename: (item: FileItem) => void;
  /** From here on, a tap chooses instead of opening. */
  choose: () => void;
}

const isMac = /mac|iphone|ipad/i.test(navigator.platform);
const isTouch = () => matchMedia("(pointer: coarse)").matches;
export const command = (key: string) => (isMac ? `⌘${key}` : `Ctrl+${key}`);

/**
 * Holds entries to be pasted. Their paths are what other programs are given, so files that were copied outside before are not
 * what is pasted next.
 */
export function take({ clipboard }: Workspace, mode: "cut" | "copy", items: readonly FileItem[]): void {
  clipboard.set({ mode, items });
  // Without leave to, or out of focus, they are pasted here alone.
  void navigator.clipboard?.writeText(items.map(({ path }) => path).join("\n")).catch(() => undefined);
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
  const isOne = chosen.length === 1;
  const items: MenuItem[] = [];
  if (isOne) items.push({ label: "Open", icon: "file", shortcut: "Enter", run: () => onOpen(first) });
  if (isOne) items.push({ label: "Rename", icon: "edit", shortcut: "F2", run: () => rename(first) });
  if (isTouch()) items.push({ label: "Choose more", icon: "check", run: deeds.choose });
  items.push(
    { label: "Download", icon: "download", shortcut: command("S"), run: () => void download(workspace, chosen) },
    {
      label: "Cut",
      icon: "cut",
      shortcut: command("X"),
      isApart: true,
      run: () => take(workspace, "cut", chosen),
    },
    { label: "Copy", icon: "copy", shortcut: command("C"), run: () => take(workspace, "copy", chosen) },
    pasting,
    { label: "Attach in chat", icon: "chat", run: () => workspace.attach(chosen.map(({ path }) => path)) },
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
