// The store: what others have published, looked for and taken into one's own workspace.

import { textOf } from "./answer.ts";
import { segment } from "./gateway.ts";
import type { PageOptions } from "./history.ts";
import type { CallOptions, ChangeOptions, Http } from "./http.ts";
import { route } from "./publish.ts";
import type { Time } from "./types.ts";
import type {
  AppList,
  AppRowUpdates,
  DesktopList,
  DetailsOf,
  Forked,
  Installed,
  Installs,
  Kind,
  ManifestOf,
  Profile,
  PublishedVersions,
  Star,
  Uninstalled,
  Updated,
} from "./types-published.ts";

export interface SearchOptions extends CallOptions {
  /** Words to look for. */
  search?: string;
  tag?: string;
  /** The handle of whoever has published it. */
  owner?: string;
  sort?: "new" | "updated" | "popular" | "name";
  limit?: number;
  cursor?: string;
}

export interface VersionOptions extends CallOptions {
  /** Another one than is offered. */
  version?: string;
}

export class Store {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  apps({ signal, ...params }: SearchOptions = {}): Promise<AppList> {
    return this.#http.json("GET", "/api/apps", { params, ...(signal && { signal }) });
  }

  desktops({ signal, ...params }: SearchOptions = {}): Promise<DesktopList> {
    return this.#http.json("GET", "/api/desktops", { params, ...(signal && { signal }) });
  }

  get<K extends Kind>(kind: K, id: string, { signal, version }: VersionOptions = {}) {
    const request = { params: { version }, ...(signal && { signal }) };
    return this.#http.json<DetailsOf<K>>("GET", route(kind, id), request);
  }

  versions(kind: Kind, id: string, { signal, ...params }: PageOptions = {}): Promise<PublishedVersions> {
    return this.#http.json("GET", `${route(kind, id)}/versions`, { params, ...(signal && { signal }) });
  }

  /** What an app says of itself, with the packages that it needs; what is in a desktop, and what runs there. */
  manifest<K extends Kind>(kind: K, id: string, { signal, version }: VersionOptions = {}): Promise<ManifestOf<K>> {
    return this.#http.json("GET", `${route(kind, id)}/manifest`, { params: { version }, ...(signal && { signal }) });
  }

  /** The bytes of an app's bundle or a desktop's snapshot. */
  bundle(kind: Kind, id: string, { signal, version }: VersionOptions = {}): Promise<Response> {
    const path = `${route(kind, id)}/${kind === "apps" ? "bundle" : "snapshot"}`;
    return this.#http.send("GET", path, { params: { version }, ...(signal && { signal }) });
  }

  /** The `package.json` or the `pnpm-lock.yaml` that a version was published with, as text. */
  artifact(
    kind: Kind,
    id: string,
    name: "package.json" | "pnpm-lock.yaml",
    { signal, version }: VersionOptions = {},
  ): Promise<string> {
    const path = `${route(kind, id)}/${name}`;
    return this.#http.read("GET", path, { params: { version }, ...(signal && { signal }) }, textOf);
  }

  /** An address of the bytes of one's own that works for whoever has it, for ten minutes or as long as is asked for. */
  signBundle(
    kind: Kind,
    id: string,
    { version, expiresInSeconds, ...options }: CallOptions & { version?: string; expiresInSeconds?: number } = {},
  ): Promise<{ url: string; version: string; expiresAt: Time }> {
    const path = `${route(kind, id)}/${kind === "apps" ? "bundle" : "snapshot"}/sign`;
    return this.#http.json("POST", path, { ...options, json: { version, expiresInSeconds } });
  }

  /** The snapshot that every desktop starts from. */
  baseline(options: CallOptions = {}): Promise<Response> {
    return this.#http.send("GET", "/api/webcontainer-snapshot", options);
  }

  /** Where a desktop is looked at and run, by anyone who may see it. */
  visitUrl(id: string): string {
    return `${this.#http.gateway.origin}/d/${segment(id)}`;
  }

  /** Takes an app into the workspace. One that is there is left alone, and told. */
  install(id: string, { version, ...options }: ChangeOptions & { version?: string } = {}): Promise<Installed> {
    return this.#http.json("POST", `${route("apps", id)}/install`, { ...options, json: { version } });
  }

  /** Replaces an installed app by the version that is offered; what somebody has changed of it stays. */
  update(id: string, { version, ...options }: ChangeOptions & { version?: string } = {}): Promise<Updated> {
    return this.#http.json("POST", `${route("apps", id)}/install`, { ...options, json: { version, update: true } });
  }

  uninstall(id: string, options: ChangeOptions = {}): Promise<Uninstalled> {
    return this.#http.json("DELETE", `${route("apps", id)}/install`, options);
  }

  /** What the caller has installed, the latest first. */
  installs({ signal, ...params }: PageOptions = {}): Promise<Installs> {
    return this.#http.json("GET", "/api/installs", { params, ...(signal && { signal }) });
  }

  /** Of what the caller has installed, or of up to 100 named as `id@version`, that of which another version is offered by now. */
  updates({ signal, installed }: CallOptions & { installed?: readonly string[] } = {}): Promise<AppRowUpdates> {
    const params = { installed: installed?.join(",") };
    return this.#http.json("GET", "/api/apps/updates", { params, ...(signal && { signal }) });
  }

  /** Copies a desktop's files into a folder that is not there yet. */
  fork(id: string, into: string, { version, ...options }: ChangeOptions & { version?: string } = {}): Promise<Forked> {
    return this.#http.json("POST", `${route("desktops", id)}/fork`, { ...options, json: { into, version } });
  }

  star(kind: Kind, id: string, isStarred: boolean, options: CallOptions = {}): Promise<Star> {
    return this.#http.json(isStarred ? "PUT" : "DELETE", `${route(kind, id)}/star`, options);
  }

  profile(options: CallOptions = {}): Promise<Profile> {
    return this.#http.json("GET", "/api/profile", options);
  }

  setProfile(profile: Partial<Profile>, options: CallOptions = {}): Promise<Profile> {
    return this.#http.json("PUT", "/api/profile", { ...options, json: profile });
  }
}
