// Dragging: entries within the page, files from outside.

import { type DragEvent, useRef, useState } from "react";
import { dropped } from "../state/incoming.ts";
import { isWithin } from "../state/paths.ts";
import { sayError } from "../state/toasts.ts";
import type { Workspace } from "../state/workspace.ts";

/** Whoever drags something and stays on a link this long wants to go there. */
const STAYS_MS = 500;

const TYPE = "application/x-holdfast-paths";

/** What is dragged out of a list. It may be dropped in another window of this page, which may be open for somebody else. */
interface Dragged {
  userId: string;
  paths: string[];
}

export function startDrag({ client }: Workspace, event: DragEvent, paths: readonly string[]): void {
  const dragged: Dragged = { userId: client.gateway.userId, paths: [...paths] };
  event.dataTransfer.setData(TYPE, JSON.stringify(dragged));
  event.dataTransfer.effectAllowed = "copyMove";
}

export const isOurs = (event: DragEvent) => event.dataTransfer.types.includes(TYPE);
export const isFromOutside = (event: DragEvent) => event.dataTransfer.types.includes("Files");

/** What makes an element a place to drop on: its directory, and what shows that it would take it. */
export function dropTarget(workspace: Workspace, directory: string, className = "drop-here") {
  const mark = (event: DragEvent, isOver: boolean) => event.currentTarget.classList.toggle(className, isOver);
  return {
    onDragOver: (event: DragEvent) => {
      if (!isOurs(event) && !isFromOutside(event)) return;
      event.preventDefault();
      event.stopPropagation();
      event.dataTransfer.dropEffect = isFromOutside(event) || event.altKey ? "copy" : "move";
      mark(event, true);
    },
    onDragLeave: (event: DragEvent) => mark(event, false),
    onDrop: (event: DragEvent) => {
      mark(event, false);
      if (!isOurs(event) && !isFromOutside(event)) return;
      event.preventDefault();
      event.stopPropagation();
      void drop(workspace, event, directory);
    },
  };
}

/** The same, and whether files from outside are over it: not over something in it that takes them itself. */
export function useDropOver(target: ReturnType<typeof dropTarget>) {
  const [isOver, setOver] = useState(false);
  const zone = {
    onDragOver: (event: DragEvent) => {
      target.onDragOver(event);
      setOver(isFromOutside(event));
    },
    onDragLeave: (event: DragEvent) => {
      target.onDragLeave(event);
      setOver(false);
    },
    onDrop: (event: DragEvent) => {
      target.onDrop(event);
      setOver(false);
    },
  };
  return [isOver, zone] as const;
}

async function drop(workspace: Workspace, event: DragEvent, directory: string): Promise<void> {
  if (isFromOutside(event)) {
    await receive(workspace, event.dataTransfer, directory);
    return;
  }
  const movable = draggedPaths(workspace, event.dataTransfer).filter((path) => !isWithin(directory, path));
  await workspace.actions.move(movable, directory);
}

/** The entries of this workspace that are dropped. */
export function draggedPaths({ client }: Workspace, data: DataTransfer): string[] {
  const { userId, paths } = JSON.parse(data.getData(TYPE)) as Dragged;
  if (userId === client.gateway.userId) return paths;
  sayError("Dropping them here", new Error("those entries are of another workspace"));
  return [];
}

/** Uploads all that a drop or a paste holds. */
export async function receive(workspace: Workspace, data: DataTransfer, directory: string): Promise<void> {
  try {
    await workspace.uploads.add(await dropped(data, directory));
  } catch (cause) {
    sayError("Reading what was dropped", cause);
  }
}

/** What makes a link to the chat a way there for what is dragged: whoever stays on it is taken along, and entries may be dropped on it. */
export function useWayForDrags(workspace: Workspace) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const leave = ({ currentTarget }: DragEvent) => {
    clearTimeout(timer.current);
    timer.current = undefined;
    currentTarget.classList.remove("drop-here");
  };
  return {
    onDragOver: (event: DragEvent) => {
      if (!isOurs(event) && !isFromOutside(event)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = isOurs(event) ? "copy" : "none";
      event.currentTarget.classList.add("drop-here");
      timer.current ??= setTimeout(() => workspace.attach([]), STAYS_MS);
    },
    onDragLeave: leave,
    onDrop: (event: DragEvent) => {
      leave(event);
      if (!isOurs(event)) return;
      event.preventDefault();
      workspace.attach(draggedPaths(workspace, event.dataTransfer));
    },
  };
}

/** What nothing here takes is refused: else the browser would open a file that is dropped beside its place, instead of this page. */
export function refuseStrayDrops(): void {
  const refuse = (event: globalThis.DragEvent) => {
    if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "none";
  };
  addEventListener("dragover", refuse);
  addEventListener("drop", refuse);
}
