// Files on their way down. They are fetched and then saved: a link to the Worker would put its signature into the browser's list of
// downloads. The largest file is 50 MiB, so there is room for it.

import { nameOf } from "./paths.ts";
import { say, sayError } from "./toasts.ts";
import type { Workspace } from "./workspace.ts";

/** From this size on it takes long enough to be said. */
const SAID_FROM_BYTES = 5_000_000;
/** When the browser has surely begun to save. */
const KEPT_MS = 60_000;

export interface Wanted {
  path: string;
  size: number;
  version?: number;
}

/** Saves files, one after the other. */
export async function download({ client }: Workspace, files: readonly Wanted[]): Promise<void> {
  for (const { path, size, version } of files) {
    try {
      if (size >= SAID_FROM_BYTES) say(`Fetching ${nameOf(path)}`);
      const response = await client.files.content(path, version === undefined ? {} : { version });
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await response.blob());
      link.download = nameOf(path);
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
    } catch (cause) {
      sayError(`Downloading ${nameOf(path)}`, cause);
    }
  }
}
