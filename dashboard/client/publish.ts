// Publishing apps and desktops, and the store in which others find them.

import type { CallOptions, ChangeOptions, Http } from "./http.ts";
import type { Profile, PublishApp, PublishDesktop, Published, PublishedRow, Visibility } from "./types.ts";

export interface SearchOptions extends CallOptions {
  /** Words to look for. */
  q?: string;
  tag?: string;
  sort?: string;
  limit?: number;
  cursor?: string;
}

type Kind = "apps" | "desktops";

/** What one's own publications may change without a new version. */
export interface PublishedPatch {
  title?: string;
  name?: string;
  description?: string;
  icon?: string;
  tags?: string[];
  visibility?: Visibility;
}

export class Publish {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  app(app: PublishApp, options: ChangeOptions = {}): Promise<Published> {
    return this.#http.json("POST", "/api/publish/app", { ...options, json: app });
  }

  desktop(desktop: PublishDesktop, options: ChangeOptions = {}): Promise<Published> {
    return this.#http.json("POST", "/api/publish/desktop", { ...options, json: desktop });
  }

  /** What would be published of an app, and what would be left out. */
  preview(appId: string, options: CallOptions & { path?: string } = {}): Promise<Record<string, unknown>> {
    const { path, signal } = options;
    return this.#http.json("GET", "/api/publish/app/preview", { params: { appId, path }, ...(signal && { signal }) });
  }

  update(kind: Kind, id: string, patch: PublishedPatch, options: ChangeOptions = {}): Promise<PublishedRow> {
    return this.#http.json("PATCH", route(kind, id), { ...options, json: patch });
  }

  remove(kind: Kind, id: string, options: ChangeOptions = {}): Promise<unknown> {
    return this.#http.json("DELETE", route(kind, id), options);
  }

  /** Takes one version back. */
  yank(kind: Kind, id: string, version: string, options: ChangeOptions = {}): Promise<unknown> {
    return this.#http.json("DELETE", `${route(kind, id)}/versions/${encodeURIComponent(version)}`, options);
  }
}

export class Store {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  apps({ signal, ...params }: SearchOptions = {}): Promise<{ apps: PublishedRow[]; cursor?: string }> {
    return this.#http.json("GET", "/api/apps", { params, ...(signal && { signal }) });
  }

  desktops({ signal, ...params }: SearchOptions = {}): Promise<{ desktops: PublishedRow[]; cursor?: string }> {
    return this.#http.json("GET", "/api/desktops", { params, ...(signal && { signal }) });
  }

  get(kind: Kind, id: string, options: CallOptions = {}): Promise<PublishedRow> {
    return this.#http.json("GET", route(kind, id), options);
  }

  versions(kind: Kind, id: string, options: CallOptions = {}): Promise<{ versions: Record<string, unknown>[] }> {
    return this.#http.json("GET", `${route(kind, id)}/versions`, options);
  }

  /** The bytes of an app's bundle or a desktop's snapshot. */
  bundle(kind: Kind, id: string, { signal, version }: CallOptions & { version?: string } = {}): Promise<Response> {
    const path = `${route(kind, id)}/${kind === "apps" ? "bundle" : "snapshot"}`;
    return this.#http.send("GET", path, { params: { version }, ...(signal && { signal }) });
  }

  installs(options: CallOptions = {}): Promise<{ installs: Record<string, unknown>[] }> {
    return this.#http.json("GET", "/api/installs", options);
  }

  profile(options: CallOptions = {}): Promise<Profile> {
    return this.#http.json("GET", "/api/profile", options);
  }

  setProfile(profile: Profile, options: ChangeOptions = {}): Promise<Profile> {
    return this.#http.json("PUT", "/api/profile", { ...options, json: profile });
  }
}

function route(kind: Kind, id: string): string {
  return `/api/${kind}/${encodeURIComponent(id)}`;
}
