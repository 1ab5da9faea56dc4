// Media with lasting addresses, and the providers that make them.

import { errorOf } from "./error.ts";
import type { CallOptions, ChangeOptions, Http } from "./http.ts";
import type { Ingest, Ingested, MediaItem, PersistedAsset, Scope, SignedUpload } from "./types.ts";

export interface MediaQuery extends CallOptions {
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

/** A provider's result, in its own shape, with what became of each asset in it. */
export type Result = Record<string, unknown> & { persistedAssets?: PersistedAsset[] };

export class Media {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** Keeps what is at an address, or base64. Equal bytes are kept once. */
  ingest(media: Ingest, options: ChangeOptions = {}): Promise<Ingested> {
    return this.#http.json("POST", "/api/media/ingest", { ...options, json: media });
  }

  /** An address to upload to, for somebody who has no signed query. */
  sign(
    media: {
      contentType: string;
      size: number;
      ext?: string;
      sha256?: string;
      scope?: Scope;
      metadata?: Record<string, string>;
    },
    options: CallOptions = {},
  ): Promise<SignedUpload> {
    return this.#http.json("POST", "/api/media/sign", { ...options, json: media });
  }

  /** Uploads bytes by a signed address, in parts if they are many. */
  async upload(media: Blob, more: { scope?: Scope; metadata?: Record<string, string> } & CallOptions = {}) {
    const { signal, ...facts } = more;
    const told = { contentType: media.type, size: media.size, ...facts };
    const signed = await this.sign(told, signal && { signal });
    const sent = { method: "PUT", ...(signal && { signal }) };
    if (signed.url !== undefined) return ended(await fetch(signed.url, { ...sent, body: media }));
    const { parts = [], partSize = media.size, completeUrl = "" } = signed;
    const etags: unknown[] = [];
    for (const [index, url] of parts.entries()) {
      const part = media.slice(index * partSize, (index + 1) * partSize);
      const answer = await fetch(url, { ...sent, body: part });
      etags.push(await answer.json().catch(() => ({})));
      if (!answer.ok) return ended(answer);
    }
    return ended(await fetch(completeUrl, { ...sent, method: "POST", body: JSON.stringify({ parts: etags }) }));
  }

  /** What there is, newest first. */
  list({ signal, ...params }: MediaQuery = {}): Promise<{ items: MediaItem[]; cursor?: string }> {
    return this.#http.json("GET", "/api/media/list", { params, ...(signal && { signal }) });
  }

  item(id: string, options: CallOptions = {}): Promise<MediaItem> {
    const headers = { Accept: "application/json" };
    return this.#http.json("GET", `/api/media/${encodeURIComponent(id)}`, { ...options, headers });
  }

  /** The signed address of an item's bytes. */
  contentUrl(id: string): string {
    return this.#http.url(`/api/media/${encodeURIComponent(id)}`);
  }

  remove(id: string, options: ChangeOptions = {}): Promise<unknown> {
    return this.#http.json("DELETE", `/api/media/${encodeURIComponent(id)}`, options);
  }

  /** Gives an item a lasting address that anybody can open. */
  share(id: string, options: ChangeOptions = {}): Promise<MediaItem> {
    return this.#http.json("POST", `/api/media/${encodeURIComponent(id)}/share`, { ...options, json: {} });
  }

  /** The files that have its bytes. */
  uses(
    id: string,
    options: CallOptions = {},
  ): Promise<{ files: { path: string }[]; versions: number; cursor?: string }> {
    return this.#http.json("GET", `/api/media/${encodeURIComponent(id)}/uses`, options);
  }

  /** Keeps the media of a provider's result, which a host has called itself. */
  persist(provider: string, result: unknown, scope?: Scope, options: ChangeOptions = {}): Promise<Result> {
    return this.#http.json("POST", "/api/media/persist", { ...options, json: { provider, result, scope } });
  }

  /** Calls a provider through the Worker; its result comes back with its media kept. */
  generate(
    provider: "fal" | "eleven",
    model: string | undefined,
    input: unknown,
    scope?: Scope,
    options: ChangeOptions = {},
  ): Promise<Result> {
    const eleven = { ...(input as object), ...(model ? { model } : {}), scope };
    const json = provider === "fal" ? { model, input, scope } : eleven;
    return this.#http.json("POST", `/api/ai/${provider}`, { ...options, json });
  }
}

async function ended(response: Response): Promise<Ingested> {
  if (!response.ok) throw await errorOf(response);
  return (await response.json()) as Ingested;
}
