// Publishing apps and desktops, and what their owner may do with them then.

import { segment } from "./gateway.ts";
import type { CallOptions, Http } from "./http.ts";
import { lastLine } from "./lines.ts";
import { tell } from "./tell.ts";
import { bring, type TransferOptions } from "./transfer.ts";
import type {
  AppPreview,
  DesktopContents,
  DesktopPreview,
  DetailsOf,
  Kind,
  PublishApp,
  PublishDesktop,
  Published,
  PublishedPatch,
  PublishStep,
  PublishUpload,
  Unpublished,
  VersionYanked,
} from "./types-published.ts";

export interface PublishOptions extends CallOptions {
  /** Told of each step while it goes on. */
  onProgress?: (step: PublishStep) => void;
}

export class Publish {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  app(app: PublishApp, options: PublishOptions = {}): Promise<Published> {
    return this.#publish("/api/publish/app", app, options);
  }

  desktop(desktop: PublishDesktop, options: PublishOptions = {}): Promise<Published> {
    return this.#publish("/api/publish/desktop", desktop, options);
  }

  async #publish(path: string, json: object, { onProgress, signal }: PublishOptions): Promise<Published> {
    const request = { json, headers: { Accept: "application/x-ndjson" }, ...(signal && { signal }) };
    const response = await this.#http.send("POST", path, request);
    return lastLine<PublishStep, Published>(response, (step) => tell(onProgress, step), signal);
  }

  /** What would be published of an app, and what would be left out. */
  preview(appId: string, { path, signal }: CallOptions & { path?: string } = {}): Promise<AppPreview> {
    return this.#http.json("GET", "/api/publish/app/preview", { params: { appId, path }, ...(signal && { signal }) });
  }

  /** What would be published of a desktop, and what would be left out: a path or pattern each, as for publishing it. */
  previewDesktop(desktop: DesktopContents = {}, { signal }: CallOptions = {}): Promise<DesktopPreview> {
    const params = { ...desktop };
    return this.#http.json("GET", "/api/publish/desktop/preview", { params, ...(signal && { signal }) });
  }

  /** Bytes to be published within the hour: a snapshot, or an archive of an app; tells how far it is. */
  async upload(body: Blob, options: TransferOptions = {}): Promise<PublishUpload> {
    const headers = this.#http.headers({});
    return (await bring<PublishUpload>(this.#http, "/api/publish/uploads", {}, headers, body, options)).answer;
  }

  update<K extends Kind>(kind: K, id: string, patch: PublishedPatch, options: CallOptions = {}): Promise<DetailsOf<K>> {
    return this.#http.json("PATCH", route(kind, id), { ...options, json: patch });
  }

  /** Unpublishes it, with all its versions and their bytes. */
  remove(kind: Kind, id: string, options: CallOptions = {}): Promise<Unpublished> {
    return this.#http.json("DELETE", route(kind, id), options);
  }

  /** Takes one version back: it is not offered any more. */
  yank(kind: Kind, id: string, version: string, options: CallOptions = {}): Promise<VersionYanked> {
    return this.#http.json("DELETE", `${route(kind, id)}/versions/${segment(version)}`, options);
  }
}

/** The address of a published thing. */
export function route(kind: Kind, id: string): string {
  return `/api/${kind}/${segment(id)}`;
}
