// The store: what others have published, looked for and taken into one's own workspace.

import type { CallOptions, ChangeOptions, Http } from "./http.ts";
import { route } from "./publish.ts";
import type {
  AppManifest,
  AppRow,
  DesktopRow,
  DetailsOf,
  Forked,
  Install,
  Installed,
  Kind,
  Profile,
  PublishedVersion,
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

/** What is asked for of a list: where the page before ended, and how much. */
interface PageOptions extends CallOptions {
  limit?: number;
  cursor?: string;
}

export class Store {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  apps({ signal, ...params }: SearchOptions = {}): Promise<{ apps: AppRow[]; cursor?: string }> {
    return this.#http.json("GET", "/api/apps", { params, ...(signal && { signal }) });
  }

  desktops({ signal, ...params }: SearchOptions = {}): Promise<{ desktops: DesktopRow[]; cursor?: string }> {
    return this.#http.json("GET", "/api/desktops", { params, ...(signal && { signal }) });
  }

  get<K extends Kind>(kind: K, id: string, { signal, version }: CallOptions & { version?: string } = {}) {
    const request = { params: { version }, ...(signal && { signal }) };
    return this.#http.json<DetailsOf<K>>("GET", route(kind, id), request);
  }

  versions(
    kind: Kind,
    id: string,
    { signal, ...params }: PageOptions = {},
  ): Promise<{ versions: PublishedVersion[]; cursor?: string }> {
    return this.#http.json("GET", `${route(kind, id)}/versions`, { params, ...(signal && { signal }) });
  }

  /** What an app says of itself, with the packages that it needs. */
  manifest(id: string, { signal, version }: CallOptions & { version?: string } = {}): Promise<AppManifest> {
    return this.#http.json("GET", `${route("apps", id)}/manifest`, { params: { version }, ...(signal && { signal }) });
  }

  /** The bytes of an app's bundle or a desktop's snapshot. */
  bundle(kind: Kind, id: string, { signal, version }: CallOptions & { version?: string } = {}): Promise<Response> {
    const path = `${route(kind, id)}/${kind === "apps" ? "bundle" : "snapshot"}`;
    return this.#http.send("GET", path, { params: { version }, ...(signal && { signal }) });
  }

  /** Where a desktop is looked at and run, by anyone who may see it. */
  visitUrl(id: string): string {
    return `${this.#http.gateway.origin}/d/${encodeURIComponent(id)}`;
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
  installs({ signal, ...params }: PageOptions = {}): Promise<{ installs: Install[]; cursor?: string }> {
    return this.#http.json("GET", "/api/installs", { params, ...(signal && { signal }) });
  }

  /** Of what the caller has installed, that of which another version is offered by now. */
  updates(options: CallOptions = {}): Promise<{ updates: (AppRow & { installed: string })[] }> {
    return this.#http.json("GET", "/api/apps/updates", options);
  }

  /** Copies a desktop's files into a folder that is not there yet. */
  fork(id: string, into: string, { version, ...options }: ChangeOptions & { version?: string } = {}): Promise<Forked> {
    return this.#http.json("POST", `${route("desktops", id)}/fork`, { ...options, json: { into, version } });
  }

  star(kind: Kind, id: string, isStarred: boolean, options: ChangeOptions = {}): Promise<{ stars: number }> {
    return this.#http.json(isStarred ? "PUT" : "DELETE", `${route(kind, id)}/star`, options);
  }

  profile(options: CallOptions = {}): Promise<Profile> {
    return this.#http.json("GET", "/api/profile", options);
  }

  setProfile(profile: Partial<Profile>, options: ChangeOptions = {}): Promise<Profile> {
    return this.#http.json("PUT", "/api/profile", { ...options, json: profile });
  }
}
