// Files on their way up: a few at a time, each with its progress, each to be cancelled and tried again. What has a name that is
// taken is asked about: nothing that is there is replaced unless somebody says so.

import { type Holdfast, HoldfastError } from "../../../client/index.ts";
import { count } from "./format.ts";
import type { Dropped } from "./incoming.ts";
import type { Past } from "./past.ts";
import { freeName, nameOf, parentOf } from "./paths.ts";
import { Store } from "./store.ts";
import { sayError, whyOf } from "./toasts.ts";
import { newTurn } from "./turns.ts";

const AT_ONCE = 3;
/** Progress is drawn this often, whatever the browser says. */
const DRAW_MS = 100;
/** Free names that are tried: somebody may take one first. */
const NAMES_TRIED = 100;

export interface Upload {
  id: number;
  path: string;
  size: number;
  sent: number;
  /** `taken` waits for an answer: something of that name is there. */
  state: "waiting" | "sending" | "done" | "taken" | "failed" | "refused" | "cancelled";
  /** Why it failed, or cannot be here at all. */
  error?: string;
  /** What it is part of: what was dropped at once is taken back at once. */
  turn: string;
}

/** A file from outside and where it goes. */
export interface Incoming {
  path: string;
  file: File;
}

/** What cannot be uploaded, and the sentence why. */
export interface Refused {
  path: string;
  why: string;
}

type Way = "ask" | "replace" | "keep both";

interface Job {
  upload: Upload;
  /** None where it is refused. */
  file: File | null;
  way: Way;
  stop: AbortController;
}

const isUnder = ({ state }: Upload) => state === "waiting" || state === "sending";

export class Uploads {
  readonly list = new Store<readonly Upload[]>([]);
  readonly #client: Holdfast;
  readonly #past: Past;
  readonly #changed: (directories: Iterable<string>) => void;
  readonly #jobs = new Map<number, Job>();
  readonly #touched = new Set<string>();
  #made = 0;
  #running = 0;
  #drawing: ReturnType<typeof setTimeout> | undefined;

  constructor(client: Holdfast, past: Past, changed: (directories: Iterable<string>) => void) {
    this.#client = client;
    this.#past = past;
    this.#changed = changed;
  }

  /** What is dropped at once is one turn: one undo takes all of it back. */
  async add({ files, emptyDirectories, refused }: Dropped): Promise<void> {
    if (files.length + emptyDirectories.length + refused.length === 0) return;
    const turn = newTurn(
      files.length === 1 ? `Uploaded ${nameOf(files[0]?.path ?? "")}` : `Uploaded ${count(files.length, "file")}`,
    );
    for (const { path, why } of refused) this.#put(path, null, { turn, state: "refused", error: why });
    for (const { path, file } of files) this.#put(path, file, { turn, state: "waiting" });
    this.#draw(true);
    this.#pump();
    for (const directory of emptyDirectories) {
      try {
        await this.#client.files.mkdir(directory, { turn });
        if (files.length === 0)
          this.#past.note({ turn, what: "Uploaded a folder", directories: [parentOf(directory)] });
      } catch (cause) {
        sayError("Creating a directory", cause);
      }
      this.#changed([parentOf(directory)]);
    }
  }

  #put(path: string, file: File | null, more: Pick<Upload, "turn" | "state" | "error">): void {
    this.#made += 1;
    const upload: Upload = { id: this.#made, path, size: file?.size ?? 0, sent: 0, ...more };
    this.#jobs.set(upload.id, { upload, file, way: "ask", stop: new AbortController() });
  }

  cancel(id: number): void {
    const job = this.#jobs.get(id);
    if (!job) return;
    job.stop.abort();
    if (job.upload.state === "waiting" || job.upload.state === "taken") this.#set(job, { state: "cancelled" });
    this.#pump();
  }

  cancelAll(): void {
    for (const [id, { upload }] of this.#jobs) if (isUnder(upload)) this.cancel(id);
  }

  retry(id: number): void {
    const job = this.#jobs.get(id);
    if (job) this.#again(job, job.way);
  }

  retryAll(): void {
    for (const job of this.#jobs.values()) if (job.upload.state === "failed") this.#again(job, job.way);
  }

  /** What is to be done about one whose name is taken; about all of them without an id. */
  answer(way: "replace" | "keep both" | "skip", id?: number): void {
    for (const job of [...this.#jobs.values()]) {
      if (job.upload.state !== "taken" || (id !== undefined && job.upload.id !== id)) continue;
      if (way === "skip") this.cancel(job.upload.id);
      else this.#again(job, way);
    }
  }

  /** Takes what is over from the list; all of a turn, if one is named. */
  clear(turn?: string): void {
    for (const [id, { upload }] of this.#jobs)
      if (!isUnder(upload) && (turn === undefined || upload.turn === turn)) this.#jobs.delete(id);
    this.#draw(true);
  }

  #again(job: Job, way: Way): void {
    job.stop = new AbortController();
    job.way = way;
    this.#set(job, { state: "waiting", sent: 0 });
    this.#pump();
  }

  #pump(): void {
    for (const job of this.#jobs.values()) {
      if (this.#running >= AT_ONCE) return;
      if (job.upload.state === "waiting") void this.#send(job);
    }
    if (this.#running > 0) return;
    this.#changed(this.#touched);
    this.#touched.clear();
  }

  async #send(job: Job): Promise<void> {
    const { file } = job;
    if (!file) return;
    this.#running += 1;
    this.#set(job, { state: "sending" });
    try {
      const path = await this.#upload(job, file);
      this.#set(job, { state: "done", sent: file.size, path });
      this.#touched.add(parentOf(path));
    } catch (cause) {
      const isTaken = cause instanceof HoldfastError && cause.isConflict;
      const error = cause instanceof HoldfastError ? whyOf(cause) : "The file could not be read";
      if (job.stop.signal.aborted) this.#set(job, { state: "cancelled" });
      else this.#set(job, isTaken ? { state: "taken", sent: 0 } : { state: "failed", error });
    }
    this.#running -= 1;
    this.#noteEnd(job.upload.turn);
    this.#pump();
  }

  /** Sends a file and answers where it is: beside what is there if both are to be kept. */
  async #upload({ upload, way, stop }: Job, file: File): Promise<string> {
    const { turn } = upload;
    const onProgress = ({ sent }: { sent: number }) => {
      const job = this.#jobs.get(upload.id);
      if (job) this.#set(job, { sent }, false);
    };
    const options = { turn, signal: stop.signal, onProgress };
    const taken = new Set<string>();
    for (let path = upload.path; ; ) {
      try {
        await this.#client.files.upload(path, file, way === "replace" ? options : { ...options, ifNoneMatch: "*" });
        return path;
      } catch (cause) {
        const isTaken = cause instanceof HoldfastError && cause.isConflict;
        if (!isTaken || way !== "keep both" || taken.size === NAMES_TRIED) throw cause;
        taken.add(nameOf(path));
        path = `${parentOf(path)}/${freeName(nameOf(upload.path), taken)}`;
      }
    }
  }

  /** A turn of which nothing is under way any more can be taken back: what of it has come up. */
  #noteEnd(turn: string): void {
    const of = [...this.#jobs.values()].map(({ upload }) => upload).filter((upload) => upload.turn === turn);
    const done = of.filter(({ state }) => state === "done");
    const [first] = done;
    if (first === undefined || of.some(isUnder)) return;
    const what = done.length === 1 ? `Uploaded ${nameOf(first.path)}` : `Uploaded ${count(done.length, "file")}`;
    this.#past.note({ turn, what, directories: [...new Set(done.map(({ path }) => parentOf(path)))] });
  }

  #set(job: Job, change: Partial<Upload>, isUrgent = true): void {
    job.upload = { ...job.upload, ...change };
    this.#draw(isUrgent);
  }

  #draw(isUrgent: boolean): void {
    if (!isUrgent) {
      this.#drawing ??= setTimeout(() => this.#draw(true), DRAW_MS);
      return;
    }
    clearTimeout(this.#drawing);
    this.#drawing = undefined;
    this.list.set([...this.#jobs.values()].map(({ upload }) => upload));
  }
}
