// The tree: look, read, write, move, and the trash.

import { taggedOf } from "./answer.ts";
import type { CallOptions, ChangeOptions, ConditionalOptions, Http } from "./http.ts";
import type {
  Changes,
  Emptied,
  FileItem,
  Listing,
  Moved,
  Placed,
  Read,
  Removed,
  Stat,
  Trash,
  Written,
} from "./types.ts";
import { type Uploaded, type UploadOptions, upload } from "./upload.ts";

const BASE = "/api/files";

/** The longest address that every server on the way takes. */
const ADDRESS_MAX = 8000;

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

export interface ChangesOptions extends CallOptions {
  /** Only what is about this entry: it, what lies in it, or what it lies in. */
  path?: string;
  /** The rev up to which everything is known. */
  since?: number;
  limit?: number;
  /** How many seconds the answer may wait until something happens; at most 30. */
  wait?: number;
}

export interface WriteOptions extends ConditionalOptions {
  createDirs?: boolean;
  encoding?: "utf-8" | "base64";
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
    return this.#http.read("GET", `${BASE}/list`, sending, async (response) =>
      response.status === 304 ? null : taggedOf<Listing>(response),
    );
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

  /** What has changed since a rev, in whole transactions; without one, the rev to begin at. A 410 with a `rev` says where to go on. */
  changes({ signal, ...params }: ChangesOptions = {}): Promise<Changes> {
    return this.#http.json("GET", `${BASE}/changes`, { params, ...(signal && { signal }) });
  }

  /** The address of a file's bytes, for an `<img>` or `<video>`. It is a credential, and ends with the signature. */
  contentUrl(path: string, params: { version?: number; at?: number } = {}): string {
    return this.#http.url(`${BASE}/content`, { path, ...params });
  }

  /** The same as an attachment with the file's name. */
  downloadUrl(path: string, params: { version?: number; at?: number } = {}): string {
    return this.#http.url(`${BASE}/download`, { path, ...params });
  }

  /**
   * Files and folders as one zip, as they are at this moment: a response with its `Content-Length`, to be streamed. A body that breaks
   * off is no zip.
   */
  zip(paths: readonly string[], { signal }: CallOptions = {}): Promise<Response> {
    const sending = signal ? { signal } : {};
    const params = { path: paths };
    const isShort = this.#http.url(`${BASE}/zip`, params).length <= ADDRESS_MAX;
    if (isShort) return this.#http.send("GET", `${BASE}/zip`, { ...sending, params });
    return this.#http.send("POST", `${BASE}/zip`, { ...sending, json: { paths } });
  }

  /** Writes a text, up to 10 MiB, or what base64 stands for. Makes the directories above it unless told not to. */
  write(path: string, content: string, options: WriteOptions = {}): Promise<Written> {
    const { createDirs, encoding, ...rest } = options;
    return this.#http.json("POST", `${BASE}/write`, { ...rest, json: { path, content, createDirs, encoding } });
  }

  /**
   * Writes bytes, up to 50 MiB; tells how far it is. They are read as they are sent: of a file on a disk, `fs.openAsBlob(…)` in Node
   * is such a blob.
   */
  upload(path: string, body: Blob, options: UploadOptions = {}): Promise<Uploaded> {
    return upload(this.#http, path, body, options);
  }

  mkdir(path: string, options: ChangeOptions = {}): Promise<Placed> {
    return this.#http.json("POST", `${BASE}/mkdir`, { ...options, json: { path } });
  }

  move(from: string, to: string, options: ConditionalOptions & { overwrite?: boolean } = {}): Promise<Moved> {
    const { overwrite, ...rest } = options;
    return this.#http.json("POST", `${BASE}/move`, { ...rest, json: { from, to, overwrite } });
  }

  copy(from: string, to: string, options: ConditionalOptions & { overwrite?: boolean } = {}): Promise<Moved> {
    const { overwrite, ...rest } = options;
    return this.#http.json("POST", `${BASE}/copy`, { ...rest, json: { from, to, overwrite } });
  }

  /** Moves something into the trash, where it stays for 7 days; or removes it for good. */
  remove(path: string, { permanent, ...options }: ConditionalOptions & { permanent?: boolean } = {}): Promise<Removed> {
    return this.#http.json("DELETE", BASE, { ...options, params: { path, permanent } });
  }

  /** What can be restored, newest first. */
  trash({ signal, ...params }: CallOptions & { limit?: number; cursor?: string } = {}): Promise<Trash> {
    return this.#http.json("GET", `${BASE}/trash`, { params, ...(signal && { signal }) });
  }

  /** Puts something back to where it was, or elsewhere. */
  restore(trashPath: string, options: ChangeOptions & { to?: string } = {}): Promise<Placed> {
    const { to, ...rest } = options;
    return this.#http.json("POST", `${BASE}/restore`, { ...rest, json: { trashPath, to } });
  }

  emptyTrash(options: ChangeOptions = {}): Promise<Emptied> {
    return this.#http.json("POST", `${BASE}/trash/empty`, { ...options, json: {} });
  }
}
