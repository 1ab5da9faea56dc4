// Files on their way up: a few at a time, each with its progress, each to be cancelled and tried again.

import { type Holdfast, HoldfastError } from "../../../client/index.ts";
import { newTurn } from "./actions.ts";
import { parentOf } from "./paths.ts";
import { Store } from "./store.ts";
import { sayError } from "./toasts.ts";

const AT_ONCE = 3;
/** Progress is drawn this often, whatever the browser says. */
const DRAW_MS = 100;

export interface Upload {
  id: number;
  path: string;
  size: number;
  sent: number;
  state: "waiting" | "sending" | "done" | "failed" | "cancelled";
  /** Why it failed. */
  error?: string;
}

/** A file from outside and where it goes. */
export interface Incoming {
  path: string;
  file: File;
}

interface Job {
  upload: Upload;
  file: File;
  turn: string;
  stop: AbortController;
}

export class Uploads {
  readonly list = new Store<readonly Upload[]>([]);
  readonly #client: Holdfast;
  readonly #changed: (directories: Iterable<string>) => void;
  readonly #jobs = new Map<number, Job>();
  readonly #touched = new Set<string>();
  #made = 0;
  #running = 0;
  #drawing: ReturnType<typeof setTimeout> | undefined;

  constructor(client: Holdfast, changed: (directories: Iterable<string>) => void) {
    this.#client = client;
    this.#changed = changed;
  }

  /** What is dropped at once is one turn: one undo takes all of it back. */
  async add(files: readonly Incoming[], emptyDirectories: readonly string[] = []): Promise<void> {
    const turn = newTurn();
    for (const { path, file } of files) {
      this.#made += 1;
      const upload: Upload = { id: this.#made, path, size: file.size, sent: 0, state: "waiting" };
      this.#jobs.set(upload.id, { upload, file, turn, stop: new AbortController() });
    }
    this.#draw(true);
    this.#pump();
    for (const directory of emptyDirectories) {
      await this.#client.files.mkdir(directory, { turn }).catch((cause) => sayError("Creating a directory", cause));
      this.#changed([parentOf(directory)]);
    }
  }

  cancel(id: number): void {
    const job = this.#jobs.get(id);
    if (!job) return;
    job.stop.abort();
    if (job.upload.state === "waiting") this.#set(job, { state: "cancelled" });
  }

  cancelAll(): void {
    for (const id of this.#jobs.keys()) this.cancel(id);
  }

  retry(id: number): void {
    const job = this.#jobs.get(id);
    if (!job) return;
    job.stop = new AbortController();
    this.#set(job, { state: "waiting", sent: 0 });
    this.#pump();
  }

  /** Takes what is over from the list. */
  clear(): void {
    for (const [id, { upload }] of this.#jobs)
      if (!["waiting", "sending"].includes(upload.state)) this.#jobs.delete(id);
    this.#draw(true);
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
    this.#running += 1;
    this.#set(job, { state: "sending" });
    const { path } = job.upload;
    try {
      await this.#client.files.upload(path, job.file, {
        turn: job.turn,
        signal: job.stop.signal,
        onProgress: ({ sent }) => this.#set(job, { sent }, false),
      });
      this.#set(job, { state: "done", sent: job.file.size });
      this.#touched.add(parentOf(path));
    } catch (cause) {
      const isCancelled = job.stop.signal.aborted;
      const error = cause instanceof HoldfastError ? cause.message : "The file could not be read";
      this.#set(job, isCancelled ? { state: "cancelled" } : { state: "failed", error });
    }
    this.#running -= 1;
    this.#pump();
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
