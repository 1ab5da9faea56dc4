// Files and folders that are dropped, pasted or chosen, with where each of them goes.

import { nameProblem } from "./paths.ts";
import type { Incoming, Refused } from "./uploads.ts";

export interface Dropped {
  files: Incoming[];
  emptyDirectories: string[];
  /** What cannot be here, as it is named: with the sentence why. */
  refused: Refused[];
}

/** Everything in a drop or paste, folders with all that is in them. To be called at once: what it reads is gone after the event. */
export function dropped(data: DataTransfer, directory: string): Promise<Dropped> {
  const found: Dropped = { files: [], emptyDirectories: [], refused: [] };
  const entries = [...data.items].map((item) => (item.kind === "file" ? item.webkitGetAsEntry() : null));
  if (entries.every((entry) => entry === null)) return Promise.resolve(chosen(data.files, directory));
  const walk = entries.filter((entry) => entry !== null).map((entry) => collect(entry, directory, found));
  return Promise.all(walk).then(() => found);
}

/** What was chosen in a dialog: files, or the files of one folder. */
export function chosen(list: Iterable<File>, directory: string): Dropped {
  const found: Dropped = { files: [], emptyDirectories: [], refused: [] };
  for (const file of list) {
    const below = file.webkitRelativePath || file.name;
    const path = `${directory}/${below}`;
    const why = below
      .split("/")
      .map(nameProblem)
      .find((problem) => problem !== null);
    if (why) found.refused.push({ path, why });
    else found.files.push({ path, file });
  }
  return found;
}

async function collect(entry: FileSystemEntry, directory: string, found: Dropped): Promise<void> {
  const path = `${directory}/${entry.name}`;
  const why = nameProblem(entry.name);
  if (why !== null) {
    found.refused.push({ path, why });
    return;
  }
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    found.files.push({ path, file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  let isEmpty = true;
  for (;;) {
    // It answers a hundred at a time, and nothing at its end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break;
    isEmpty = false;
    for (const child of some) await collect(child, path, found);
  }
  if (isEmpty) found.emptyDirectories.push(path);
}
