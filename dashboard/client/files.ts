// The tree: look, read, write, move, and the trash.

import type { CallOptions, ChangeOptions, Http } from "./http.ts";
import type { FileItem, Listing, Moved, Read, Removed, Stat, TrashItem, Written } from "./types.ts";
import { type Uploaded, type UploadOptions, upload } from "./upload.ts";

const BASE = "/api/files";

export interface LookOptions extends CallOptions {
  /** The tree as it was: a rev, or the id of a checkpoint. */
  at?: number;
}

export interface ContentOptions extends LookOptions {
  version?: number;
  /** The first and the last byte, both of them included. */
  range?: [first: number, last: number];
}

export interface ListOptions extends LookOptions {
  recursive?: boolean;
  depth?: number;
  limit?: number;
  cursor?: string;
  /** Answer null if the listing still has this tag. */
  unless?: string;
}

export type TaggedListing = Listing & { etag: string | null };

export class Files {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** One page of a directory, with its tag. Without a limit up to 10,000 entries. */
  async list(path?: string, options?: Omit<ListOptions, "unless">): Promise<TaggedListing>;
  async list(path: string | undefined, options: ListOptions): Promise<TaggedListing | null>;
  async list(path?: string, { unless, signal, ...params }: ListOptions = {}): Promise<TaggedListing | null> {
    const headers: Record<string, string> = unless === undefined ? {} : { "If-None-Match": unless };
    const sending = { params: { path, ...params }, headers, ...(signal && { signal }) };
    const response = await this.#http.send("GET", `${BASE}/list`, sending);
    if (response.status === 304) return null;
    return { ...((await response.json()) as Listing), etag: response.headers.get("ETag") };
  }

  /** Every entry of a directory, however many there are. */
  async listAll(path?: string, options: Omit<ListOptions, "unless" | "cursor"> = {}): Promise<FileItem[]> {
    const all: FileItem[] = [];
    for (let cursor: string | undefined; ; ) {
      const page: TaggedListing = await this.list(path, cursor === undefined ? options : { ...options, cursor });
      for (const item of page.files) all.push(item);
      if (page.cursor === undefined) return all;
      cursor = page.cursor;
    }
  }

  stat(path: string, { signal, ...params }: LookOptions & { version?: number } = {}): Promise<Stat> {
    return this.#http.json("GET", `${BASE}/stat`, { params: { path, ...params }, ...(signal && { signal }) });
  }

  /** A file as JSON, up to 10 MiB. Bytes that are not UTF-8 are refused (415) unless base64 is asked for. */
  read(path: string, options: LookOptions & { version?: number; encoding?: "utf-8" | "base64" } = {}): Promise<Read> {
    const { signal, ...params } = options;
    return this.#http.json("GET", `${BASE}/read`, { params: { path, ...params }, ...(signal && { signal }) });
  }

  /** The bytes of a file, as a response: stream it, or take its `blob()`. Its `ETag` is what a later change can be bound to. */
  content(path: string, { signal, range, ...params }: ContentOptions = {}): Promise<Response> {
    const headers: Record<string, string> = range ? { Range: `bytes=${range[0]}-${range[1]}` } : {};
    return this.#http.send("GET", `${BASE}/content`, {
      params: { path, ...params },
      headers,
      ...(signal && { signal }),
    });
  }

  /** The address of a file's bytes, for an `<img>` or `<video>`. It is a credential, and ends with the signature. */
  contentUrl(path: string, params: { version?: number; at?: number } = {}): string {
    return this.#http.url(`${BASE}/content`, { path, ...params });
  }

  /** The same as an attachment with the file's name. */
  downloadUrl(path: string, params: { version?: number; at?: number } = {}): string {
    return this.#http.url(`${BASE}/download`, { path, ...params });
  }

  /** Writes a text. Makes the directories above it unless told not to. */
  write(path: string, content: string, options: ChangeOptions & { createDirs?: boolean } = {}): Promise<Written> {
    const { createDirs, ...rest } = options;
    return this.#http.json("POST", `${BASE}/write`, { ...rest, json: { path, content, createDirs } });
  }

  /** Writes bytes, up to 50 MiB; tells how far it is. */
  upload(path: string, body: Blob, options: UploadOptions = {}): Promise<Uploaded> {
    return upload(this.#http, path, body, options);
  }

  mkdir(path: string, options: ChangeOptions = {}): Promise<{ success: true; path: string }> {
    return this.#http.json("POST", `${BASE}/mkdir`, { ...options, json: { path } });
  }

  move(from: string, to: string, options: ChangeOptions & { overwrite?: boolean } = {}): Promise<Moved> {
    const { overwrite, ...rest } = options;
    return this.#http.json("POST", `${BASE}/move`, { ...rest, json: { from, to, overwrite } });
  }

  copy(from: string, to: string, options: ChangeOptions & { overwrite?: boolean } = {}): Promise<Moved> {
    const { overwrite, ...rest } = options;
    return this.#http.json("POST", `${BASE}/copy`, { ...rest, json: { from, to, overwrite } });
  }

  /** Moves something into the trash, where it stays for 7 days; or removes it for good. */
  remove(path: string, { permanent, ...options }: ChangeOptions & { permanent?: boolean } = {}): Promise<Removed> {
    return this.#http.json("DELETE", BASE, { ...options, params: { path, permanent } });
  }

  /** What can be restored, newest first. */
  trash({
    signal,
    ...params
  }: CallOptions & { limit?: number; cursor?: string } = {}): Promise<{ files: TrashItem[]; cursor?: string }> {
    return this.#http.json("GET", `${BASE}/trash`, { params, ...(signal && { signal }) });
  }

  /** Puts something back to where it was, or elsewhere. */
  restore(trashPath: string, options: ChangeOptions & { to?: string } = {}): Promise<{ success: true; path: string }> {
    const { to, ...rest } = options;
    return this.#http.json("POST", `${BASE}/restore`, { ...rest, json: { trashPath, to } });
  }

  emptyTrash(options: ChangeOptions = {}): Promise<{ success: true; count: number; bytes: number }> {
    return this.#http.json("POST", `${BASE}/trash/empty`, { ...options, json: {} });
  }
}
