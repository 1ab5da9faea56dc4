// Dragging: entries within the page, files from outside.

import type { DragEvent } from "react";
import { dropped } from "../state/incoming.ts";
import { isWithin } from "../state/paths.ts";
import { sayError } from "../state/toasts.ts";
import type { Workspace } from "../state/workspace.ts";

const TYPE = "application/x-holdfast-paths";

export function startDrag(event: DragEvent, paths: readonly string[]): void {
  event.dataTransfer.setData(TYPE, JSON.stringify(paths));
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

async function drop(workspace: Workspace, event: DragEvent, directory: string): Promise<void> {
  if (isFromOutside(event)) {
    await receive(workspace, event.dataTransfer, directory);
    return;
  }
  const paths = JSON.parse(event.dataTransfer.getData(TYPE)) as string[];
  const movable = paths.filter((path) => !isWithin(directory, path));
  await workspace.actions.move(movable, directory);
}

/** Uploads all that a drop or a paste holds. */
export async function receive(workspace: Workspace, data: DataTransfer, directory: string): Promise<void> {
  try {
    const { files, emptyDirectories } = await dropped(data, directory);
    await workspace.uploads.add(files, emptyDirectories);
  } catch (cause) {
    sayError("Reading what was dropped", cause);
  }
}
