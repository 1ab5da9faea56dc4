// What the catalogue says of a desktop, and what its manifest does. Both are read as foreign: a member that is not what it
// should be is not there.

export interface Desktop {
  readonly id: string;
  readonly title: string;
  readonly owner: string;
  readonly icon: string | undefined;
  readonly description: string | undefined;
  readonly tags: readonly string[];
  readonly version: string;
  readonly sizeBytes: number;
  readonly files: number;
  readonly hash: string;
  readonly visibility: string;
  readonly visits: number;
  readonly forks: number;
  readonly updatedAt: string;
  /** What it was made from, if that can still be looked at. */
  readonly forkedFrom: { readonly id: string; readonly title: string; readonly owner: string } | undefined;
}

export interface App {
  readonly name: string;
  readonly icon: string | undefined;
  readonly entry: string;
}

export interface Manifest {
  readonly apps: readonly App[];
  readonly files: readonly { readonly path: string; readonly sizeBytes: number }[];
}

const ID = /^[0-9a-f]{32}$/;

export function readDesktop(json: unknown): Desktop {
  const row = members(json);
  const from = members(row.forkedFrom);
  const fromId = text(from.id);
  return {
    id: text(row.id) ?? "",
    title: text(row.title) ?? "Untitled",
    owner: text(row.owner) ?? "somebody",
    icon: text(row.icon),
    description: text(row.description),
    tags: list(row.tags).flatMap((tag) => text(tag) ?? []),
    version: text(row.version) ?? "",
    sizeBytes: number(row.size),
    files: number(row.files),
    hash: text(row.hash) ?? "",
    visibility: text(row.visibility) ?? "public",
    visits: number(row.visits),
    forks: number(row.forks),
    updatedAt: text(row.updatedAt) ?? "",
    forkedFrom:
      fromId !== undefined && ID.test(fromId)
        ? { id: fromId, title: text(from.title) ?? "another desktop", owner: text(from.owner) ?? "somebody" }
        : undefined,
  };
}

export function readManifest(json: unknown): Manifest {
  const manifest = members(json);
  return {
    apps: list(manifest.apps).flatMap((json) => {
      const app = members(json);
      const name = text(app.name) ?? text(app.id);
      return name === undefined ? [] : [{ name, icon: text(app.icon), entry: text(app.entry) ?? "" }];
    }),
    files: list(manifest.files).flatMap((json) => {
      const file = members(json);
      const path = text(file.path);
      return path === undefined ? [] : [{ path, sizeBytes: number(file.size) }];
    }),
  };
}

function members(json: unknown): Record<string, unknown> {
  return typeof json === "object" && json !== null && !Array.isArray(json) ? (json as Record<string, unknown>) : {};
}

function list(json: unknown): readonly unknown[] {
  return Array.isArray(json) ? json : [];
}

function text(json: unknown): string | undefined {
  return typeof json === "string" && json !== "" ? json : undefined;
}

function number(json: unknown): number {
  return typeof json === "number" && Number.isFinite(json) && json >= 0 ? json : 0;
}
