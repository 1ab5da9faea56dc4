// Media with lasting addresses, and the providers that make them.

import { segment } from "./gateway.ts";
import type { PageOptions } from "./history.ts";
import type { CallOptions, Http } from "./http.ts";
import { typeOfName } from "./media-types.ts";
import { uploadMedia } from "./media-upload.ts";
import type { TransferOptions } from "./transfer.ts";
import type {
  Ingest,
  Ingested,
  MediaDeleted,
  MediaItem,
  MediaList,
  MediaUses,
  PersistedAsset,
  Scope,
  SignedUpload,
  UploadSignRequest,
} from "./types.ts";

export interface MediaQuery extends CallOptions {
  /** The caller's own id: anybody else's is refused. */
  ownerId?: string;
  desktopId?: string;
  appId?: string;
  threadId?: string;
  /** `image`, `audio`, `video`, `model`. */
  type?: string;
  /** From and to when, in milliseconds since 1970 or as ISO dates. */
  from?: string | number;
  to?: string | number;
  limit?: number;
  cursor?: string;
}

export interface MediaUploadOptions extends TransferOptions {
  /** What it is called: says what it is where the blob has no type. The name of a `File`, if it is left out. */
  name?: string | undefined;
  scope?: Scope;
  metadata?: Record<string, string>;
  /** What the bytes must be. */
  sha256?: string;
}

export interface KeepOptions extends CallOptions {
  /** What is kept with each of its media. */
  metadata?: Record<string, string> | undefined;
}

/** A provider's result, in its own shape, with what became of each asset in it. */
export type Result = Record<string, unknown> & { persistedAssets?: PersistedAsset[] };

export class Media {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** Keeps what is at an address, or base64. Equal bytes are kept once. */
  ingest(media: Ingest, options: CallOptions = {}): Promise<Ingested> {
    return this.#http.json("POST", "/api/media/ingest", { ...options, json: media });
  }

  /** An address to upload to, for somebody who has no signed query. */
  sign(media: UploadSignRequest, options: CallOptions = {}): Promise<SignedUpload> {
    return this.#http.json("POST", "/api/media/sign", { ...options, json: media });
  }

  /** Uploads bytes by addresses signed for them, in parts if they are many; tells how far it is. */
  async upload(media: Blob, options: MediaUploadOptions = {}): Promise<Ingested> {
    const { signal, onProgress, name = (media as Partial<File>).name ?? "", ...facts } = options;
    // Browsers know no type of many: of 3D models, say.
    const contentType = media.type || (typeOfName(name) ?? "");
    const signed = await this.sign({ contentType, size: media.size, ...facts }, { signal });
    return uploadMedia(this.#http, media, signed, options);
  }

  /** What there is, newest first. */
  list({ signal, ...params }: MediaQuery = {}): Promise<MediaList> {
    return this.#http.json("GET", "/api/media/list", { params, ...(signal && { signal }) });
  }

  item(id: string, options: CallOptions = {}): Promise<MediaItem> {
    const headers = { Accept: "application/json" };
    return this.#http.json("GET", `/api/media/${segment(id)}`, { ...options, headers });
  }

  /** An item's bytes, as a response: stream it, or take its `blob()`. */
  content(id: string, options: CallOptions = {}): Promise<Response> {
    return this.#http.send("GET", `/api/media/${segment(id)}`, options);
  }

  /** The signed address of an item's bytes, for an `<img>` or `<video>`. It is a credential, and ends with the signature. */
  contentUrl(id: string): string {
    return this.#http.url(`/api/media/${segment(id)}`);
  }

  remove(id: string, options: CallOptions = {}): Promise<MediaDeleted> {
    return this.#http.json("DELETE", `/api/media/${segment(id)}`, options);
  }

  /** Gives an item a lasting address that anybody can open. */
  share(id: string, options: CallOptions = {}): Promise<MediaItem> {
    return this.#http.json("POST", `/api/media/${segment(id)}/share`, { ...options, json: {} });
  }

  /** The files that have its bytes. */
  uses(id: string, { signal, ...params }: PageOptions = {}): Promise<MediaUses> {
    return this.#http.json("GET", `/api/media/${segment(id)}/uses`, { params, ...(signal && { signal }) });
  }

  /** Keeps the media of a provider's result, which a host has called itself. */
  persist(provider: string, result: unknown, scope?: Scope, options: KeepOptions = {}): Promise<Result> {
    const { metadata, ...rest } = options;
    return this.#http.json("POST", "/api/media/persist", { ...rest, json: { provider, result, scope, metadata } });
  }

  /** Calls a provider through the Worker; its result comes back with its media kept. */
  generate(
    provider: "fal" | "eleven",
    model: string | undefined,
    input: unknown,
    scope?: Scope,
    { metadata, ...options }: KeepOptions = {},
  ): Promise<Result> {
    const kept = { scope, ...(metadata && { metadata }) };
    const eleven = { ...(input as object), ...(model ? { model } : {}), ...kept };
    const json = provider === "fal" ? { model, input, ...kept } : eleven;
    return this.#http.json("POST", `/api/ai/${provider}`, { ...options, json });
  }
}
