// The past: versions of a file, checkpoints of the tree, turns and taking them back, and what all of it takes up.

import { segment } from "./gateway.ts";
import type { CallOptions, ChangeOptions, ConditionalOptions, Http } from "./http.ts";
import type {
  Checkpoint,
  CheckpointDropped,
  Checkpoints,
  Diff,
  Differences,
  Reverted,
  TurnChanges,
  Turns,
  Usage,
  VersionRestored,
  Versions,
} from "./types.ts";

export interface PageOptions extends CallOptions {
  limit?: number;
  cursor?: string;
}

export class History {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  #get<T>(path: string, { signal, ...params }: CallOptions & Record<string, unknown>): Promise<T> {
    return this.#http.json("GET", path, { params: params as Record<string, string>, ...(signal && { signal }) });
  }

  /** What a file has been, newest first. */
  versions(path: string, options: PageOptions = {}): Promise<Versions> {
    return this.#get("/api/files/versions", { path, ...options });
  }

  /** Writes an old version anew. */
  restoreVersion(path: string, version: number, options: ConditionalOptions = {}): Promise<VersionRestored> {
    return this.#http.json("POST", "/api/files/versions/restore", { ...options, json: { path, version } });
  }

  /** What is different between two versions; between the newest and the one before if none are named. */
  diff(path: string, options: CallOptions & { from?: number; to?: number } = {}): Promise<Diff> {
    return this.#get("/api/files/diff", { path, ...options });
  }

  checkpoints(options: CallOptions = {}): Promise<Checkpoints> {
    return this.#get("/api/checkpoints", { ...options });
  }

  takeCheckpoint(label?: string, options: ChangeOptions = {}): Promise<Checkpoint> {
    return this.#http.json("POST", "/api/checkpoints", { ...options, json: { label } });
  }

  checkpointChanges(id: number, options: PageOptions = {}): Promise<Differences> {
    return this.#get(`/api/checkpoints/${id}/changes`, { ...options });
  }

  /** Brings everything, or one path, back to where it was; what has come since goes to the trash. */
  restoreCheckpoint(id: number, options: ChangeOptions & { path?: string } = {}): Promise<Reverted> {
    const { path, ...rest } = options;
    return this.#http.json("POST", `/api/checkpoints/${id}/restore`, { ...rest, json: { path } });
  }

  deleteCheckpoint(id: number, options: ChangeOptions = {}): Promise<CheckpointDropped> {
    return this.#http.json("DELETE", `/api/checkpoints/${id}`, options);
  }

  /** Who has worked here, newest first. */
  turns(options: PageOptions = {}): Promise<Turns> {
    return this.#get("/api/turns", { ...options });
  }

  turn(turn: string, options: PageOptions = {}): Promise<TurnChanges> {
    return this.#get(`/api/turns/${segment(turn)}`, { ...options });
  }

  /** Takes back all that a turn did; leaves what others have changed since, unless `force` is set, and says so. */
  undo(turn: string, options: ChangeOptions & { force?: boolean } = {}): Promise<Reverted> {
    const { force, ...rest } = options;
    return this.#http.json("POST", `/api/turns/${segment(turn)}/undo`, { ...rest, json: { force } });
  }

  usage(options: CallOptions = {}): Promise<Usage> {
    return this.#get("/api/usage", { ...options });
  }
}
