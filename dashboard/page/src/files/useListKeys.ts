import { type KeyboardEvent, useRef } from "react";
import type { FileItem } from "../../../client/index.ts";
import { download } from "../state/download.ts";
import { type Deeds, take } from "./menuItems.ts";
import { all, NOTHING, only, ranged, type Selection, toggled } from "./selection.ts";

/** Letters typed within this time are one word. */
const WORD_MS = 800;

interface Keys extends Deeds {
  files: readonly FileItem[];
  paths: readonly string[];
  chosen: readonly FileItem[];
  selection: Selection;
  setSelection: (selection: Selection) => void;
  onUp: () => void;
  /** How many rows are in view. */
  page: number;
  setMenu: (at: { x: number; y: number }) => void;
}

/** The keys of the list: as file managers have them. */
export function useListKeys(keys: Keys): (event: KeyboardEvent) => void {
  const typed = useRef({ text: "", at: 0 });
  return (event) => {
    if (event.target !== event.currentTarget) return;
    const isHandled = event.metaKey || event.ctrlKey ? onCommand(event, keys) : onKey(event, keys, typed.current);
    if (!isHandled) return;
    event.preventDefault();
    event.stopPropagation();
  };
}

/** With the command key. Pasting is the browser's to tell of: it may hold files from outside. */
function onCommand({ key, shiftKey }: KeyboardEvent, keys: Keys): boolean {
  const { workspace, chosen, paths, setSelection } = keys;
  const { actions } = workspace;
  switch (key.toLowerCase()) {
    case "a":
      setSelection(all(paths));
      return true;
    case "c":
    case "x":
      if (chosen.length > 0) take(keys.workspace, key.toLowerCase() === "x" ? "cut" : "copy", chosen);
      return true;
    case "s":
      void download(workspace, chosen);
      return chosen.length > 0;
    case "z":
      void (shiftKey ? actions.redoLast() : actions.undoLast());
      return true;
    case "y":
      void actions.redoLast();
      return true;
    case "backspace":
      remove(keys);
      return true;
    default:
      return false;
  }
}

function remove({ workspace, chosen }: Keys): void {
  if (chosen.length > 0) void workspace.actions.remove(chosen.map(({ path }) => path));
}

function onKey(event: KeyboardEvent, keys: Keys, typed: { text: string; at: number }): boolean {
  const { files, paths, chosen, selection, setSelection, onOpen, onUp, rename, page, setMenu } = keys;
  if (event.key.length !== 1) typed.text = "";
  const at = selection.focus === null ? -1 : paths.indexOf(selection.focus);
  const focused = files[at];
  const last = paths.length - 1;
  const moves: Record<string, number> = {
    ArrowDown: at + 1,
    ArrowUp: at < 0 ? last : at - 1,
    Home: 0,
    End: last,
    PageDown: at + page,
    PageUp: at - page,
  };
  const to = moves[event.key];
  if (to !== undefined && !event.altKey) {
    const path = paths[Math.min(Math.max(to, 0), last)];
    if (path !== undefined) setSelection(event.shiftKey ? ranged(selection, path, paths) : only(path));
    return true;
  }
  switch (event.key) {
    case "Enter":
    case "ArrowRight":
      if (focused && (event.key === "Enter" || focused.type === "directory")) onOpen(focused);
      return true;
    case "ArrowLeft":
    case "ArrowUp":
    case "Backspace":
      onUp();
      return true;
    case "F2":
      if (focused) rename(focused);
      return true;
    case "Delete":
      remove(keys);
      return true;
    case "Escape":
      // With nothing to let go of, it is the preview's.
      if (selection.chosen.size <= 1) return false;
      setSelection({ ...NOTHING, focus: selection.focus });
      return true;
    case "ContextMenu":
    case "F10":
      if (event.key === "F10" && !event.shiftKey) return false;
      setMenu(placeOf(at));
      return true;
    case "/":
      document.querySelector<HTMLElement>("[data-filter]")?.focus();
      return true;
    case " ":
      if (focused && (typed.text === "" || Date.now() - typed.at > WORD_MS)) {
        setSelection(toggled(selection, focused.path));
        return true;
      }
      break;
    default:
      if (event.key.length !== 1 || chosen === undefined) return false;
  }
  typed.text = Date.now() - typed.at > WORD_MS ? event.key : typed.text + event.key;
  typed.at = Date.now();
  const found = search(files, typed.text.toLowerCase(), at);
  if (found) setSelection(only(found.path));
  return true;
}

/** The next entry that begins like this, from where the keyboard is; one letter again and again goes through all of them. */
function search(files: readonly FileItem[], text: string, at: number): FileItem | undefined {
  const isRepeated = [...text].every((letter) => letter === text[0]);
  const wanted = isRepeated ? (text[0] ?? "") : text;
  const from = isRepeated ? at + 1 : Math.max(at, 0);
  const around = [...files.slice(from), ...files.slice(0, from)];
  return around.find(({ name }) => name.toLowerCase().startsWith(wanted));
}

/** Where a menu for a row opens that the keyboard has asked for. */
function placeOf(index: number): { x: number; y: number } {
  const row = document.getElementById(`row-${index}`)?.getBoundingClientRect();
  return row ? { x: row.left + 32, y: row.bottom } : { x: 240, y: 160 };
}
