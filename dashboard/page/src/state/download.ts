// Files on their way down. They are fetched and then saved: a link to the Worker would put its signature into the browser's list of
// downloads. One file is at most 50 MiB, so there is room for it; a zip may be of any size, so it goes to the disk as it comes where
// the browser can do that, and is shown while it comes.

import { HoldfastError } from "../../../client/index.ts";
import { nameOf, parentOf } from "./paths.ts";
import { Store } from "./store.ts";
import { say, sayError, whyOf } from "./toasts.ts";
import type { Workspace } from "./workspace.ts";

/** From this size on it takes long enough to be said. */
const SAID_FROM_BYTES = 5_000_000;
/** When the browser has surely begun to save. */
const KEPT_MS = 60_000;
/** Progress is drawn this often, whatever arrives. */
const DRAW_MS = 100;

export interface Wanted {
  path: string;
  size: number;
  type?: "file" | "directory";
  version?: number;
}

/** A zip on its way down. */
export interface Zip {
  id: number;
  name: string;
  got: number;
  /** Null until it is known. */
  size: number | null;
  state: "coming" | "done" | "failed" | "cancelled";
  /** Why it failed. */
  error?: string;
}

/** Newest first. */
export const zips = new Store<readonly Zip[]>([]);
const stops = new Map<number, AbortController>();
let made = 0;

/** Saves one file as it is; several, and folders, as one zip. */
export async function download(workspace: Workspace, wanted: readonly Wanted[]): Promise<void> {
  const [only] = wanted;
  if (only === undefined) return;
  if (wanted.length > 1 || only.type === "directory") await zip(workspace, wanted);
  else await fetchOne(workspace, only);
}

async function fetchOne({ client }: Workspace, { path, size, version }: Wanted): Promise<void> {
  try {
    if (size >= SAID_FROM_BYTES) say(`Fetching ${nameOf(path)}`);
    const response = await client.files.content(path, version === undefined ? {} : { version });
    save(await response.blob(), nameOf(path));
  } catch (cause) {
    sayError(`Downloading ${nameOf(path)}`, cause);
  }
}

function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}

/** What browsers that write to the disk have. */
type Picker = (options: { suggestedName: string }) => Promise<FileSystemFileHandle>;
const picker = () => (globalThis as { showSaveFilePicker?: Picker }).showSaveFilePicker;

async function zip(workspace: Workspace, wanted: readonly Wanted[]): Promise<void> {
  const name = `${nameFor(wanted)}.zip`;
  let file: FileSystemFileHandle | undefined;
  try {
    // Asked for first: a browser opens no dialog that comes long after a click.
    file = await picker()?.({ suggestedName: name });
  } catch (cause) {
    // Nobody chose a place.
    return sayError(`Downloading ${name}`, cause);
  }
  made += 1;
  const id = made;
  const stop = new AbortController();
  stops.set(id, stop);
  zips.set((all) => [{ id, name: file?.name ?? name, got: 0, size: null, state: "coming" }, ...all]);
  try {
    await receive(workspace, wanted, id, name, file, stop.signal);
    set(id, { state: "done" });
  } catch (cause) {
    if (stop.signal.aborted) set(id, { state: "cancelled" });
    else set(id, { state: "failed", error: whyFailed(cause) });
  }
  stops.delete(id);
}

/** As the Worker calls it: the one folder, or the one that all of it is in. */
function nameFor(wanted: readonly Wanted[]): string {
  const [first = ""] = wanted.map(({ path }) => path);
  return nameOf(wanted.length === 1 ? first : parentOf(first)) || "files";
}

async function receive(
  { client }: Workspace,
  wanted: readonly Wanted[],
  id: number,
  name: string,
  file: FileSystemFileHandle | undefined,
  signal: AbortSignal,
): Promise<void> {
  const response = await client.files.zip(
    wanted.map(({ path }) => path),
    { signal },
  );
  const size = Number(response.headers.get("Content-Length"));
  set(id, { size });
  let got = 0;
  let drawn = 0;
  const counted = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, out) {
      got += chunk.length;
      const now = performance.now();
      if (now - drawn > DRAW_MS || got === size) set(id, { got });
      drawn = now - drawn > DRAW_MS ? now : drawn;
      out.enqueue(chunk);
    },
  });
  const body = response.body?.pipeThrough(counted, { signal });
  if (body === undefined) throw new HoldfastError(0, "The server sent nothing");
  // What is written becomes the file when it is closed, and is thrown away when that does not happen.
  if (file) await body.pipeTo(await file.createWritable(), { signal });
  else save(await new Response(body, { headers: { "Content-Type": "application/zip" } }).blob(), name);
}

/** A body that breaks off is said as such: browsers have words of their own for it. */
function whyFailed(cause: unknown): string {
  if (cause instanceof HoldfastError) return whyOf(cause);
  if (cause instanceof DOMException) return `It could not be saved: ${cause.message}`;
  return "The connection broke before all of it was there; nothing was saved";
}

function set(id: number, change: Partial<Zip>): void {
  zips.set((all) => all.map((one) => (one.id === id ? { ...one, ...change } : one)));
}

export function cancelZip(id: number): void {
  stops.get(id)?.abort();
}

/** Takes what is over from the list. */
export function clearZips(): void {
  zips.set((all) => all.filter(({ state }) => state === "coming"));
}
