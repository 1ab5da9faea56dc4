// The shapes of publishing, of the store, and of what comes from it into a workspace.

import type { Time } from "./types.ts";

/** Found by everyone; by those who know its id; by its owner. */
export type Visibility = "public" | "unlisted" | "private";

export type Kind = "apps" | "desktops";

/** What is said of either when it is published. What is left out stays as it was, or is found out. */
interface Publishing {
  /** The desktop's root; the workspace's if it is left out. */
  path?: string;
  icon?: string;
  description?: string;
  tags?: string[];
  /** Three numbers; the next patch if it is left out. */
  version?: string;
  visibility?: Visibility;
  /** Published from an upload instead of the workspace. */
  upload?: string;
  /** Files that are published although they hold what looks like a credential. */
  allow?: string[];
}

export interface PublishApp extends Publishing {
  /** The name of its folder below `src/apps`. */
  appId: string;
  name?: string;
  /** Fields of the manifest; they win over what is found. */
  manifest?: Partial<AppManifest>;
}

export interface PublishDesktop extends Publishing {
  /** The owner's own name for it: publishing under one that is there makes a new version. */
  desktopId?: string;
  title: string;
  /** Paths, names or patterns. */
  exclude?: string[];
  include?: string[];
}

export interface Excluded {
  path: string;
  reason: string;
}

/** Where something looks like a credential. What it is is never told. */
export interface Finding {
  path: string;
  line: number;
  rule: string;
}

export interface Published {
  ok: true;
  id: string;
  version: string;
  /** Of a desktop: the page that shows it. */
  visitUrl?: string;
  /** Where the bytes are. */
  url: string;
  manifestHash: string;
  depsHash?: string;
  lockfileHash?: string | null;
  size: number;
  files: number;
  /** The first 1,000 of what stays out. */
  excluded: Excluded[];
  /** How much stays out, where that is more. */
  excludedTotal?: number;
  /** Sources whose imports could not be looked for. */
  unscanned?: string[];
}

/** A step of a publish: `listing`, `scanning`, `packing`, `sending`, `publishing`. */
export interface PublishStep {
  step: string;
  files?: number;
  of?: number;
}

/** `app.manifest.json` */
export interface AppManifest {
  schemaVersion: 1;
  id: string;
  name: string;
  icon?: string;
  entry: string;
  /** Names of packages with their versions or ranges. */
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  tags?: string[];
  description?: string;
}

export interface AppPreview {
  ok: true;
  manifest: AppManifest;
  manifestHash: string;
  depsHash: string;
  files: string[];
  /** Of the files, unpacked. */
  size: number;
  /** The first 1,000 of what stays out. */
  excluded: Excluded[];
  /** How much stays out, where that is more. */
  excludedTotal?: number;
  findings: Finding[];
  unscanned: string[];
}

export interface PublishUpload {
  ok: true;
  upload: string;
  size: number;
  files: number;
  expiresAt: Time;
}

interface Row {
  id: string;
  /** The handle of whoever has published it. */
  owner: string;
  /** Told to the owner alone. */
  ownerId?: string;
  icon: string | null;
  description: string | null;
  tags: string[];
  /** The one that is offered; null if each is yanked. */
  version: string | null;
  size: number | null;
  visibility: Visibility;
  manifestHash: string | null;
  stars: number;
  forks: number;
  createdAt: Time;
  updatedAt: Time;
}

export interface AppRow extends Row {
  appId: string;
  name: string;
  depsHash: string | null;
  installs: number;
}

export interface DesktopRow extends Row {
  desktopId: string;
  title: string;
  lockfileHash: string | null;
  visits: number;
}

/** What is public of an app or a desktop. */
export type PublishedRow = AppRow | DesktopRow;

export type RowOf<K extends Kind> = K extends "apps" ? AppRow : DesktopRow;

/** With what its own page says. */
export type DetailsOf<K extends Kind> = RowOf<K> & {
  files?: number;
  hash?: string;
  url?: string;
  /** Whether it has the caller's star. */
  starred?: boolean;
  forkedFrom?: { id: string; title: string; owner: string };
};

export interface PublishedVersion {
  version: string;
  size: number;
  files: number;
  hash: string;
  manifestHash: string;
  createdAt: Time;
  /** Withdrawn: those who name it still get it. */
  yanked: boolean;
}

/** What one's own publications may change without a new version. */
export interface PublishedPatch {
  title?: string;
  description?: string;
  icon?: string;
  tags?: string[];
  visibility?: Visibility;
}

/** A package, and the version of it. */
export interface Needed {
  name: string;
  version: string;
}

/** Which packages an app needs, and what was done about them. */
export interface Dependencies {
  /** Added to `package.json`. */
  missing: Needed[];
  present: Needed[];
  /** There in a version that does not fit; the app's went in beside it, as `alias`. */
  conflicts: { name: string; wanted: string; present: string; alias: string; version: string }[];
}

export interface Installed {
  ok: true;
  /** The name of its folder: the app's own, or one with a number where that was taken. */
  id: string;
  name: string;
  entry: string;
  version: string;
  files: number;
  dependencies: Dependencies;
  /** The arguments of `pnpm` that are left to be run; none if everything is there. */
  pnpm: string[];
  /** Undoing it takes the install back. */
  turn?: string;
  /** It was there before, and nothing was changed; `update` is what is offered by now. */
  installed?: true;
  update?: { version: string } | null;
}

export interface Updated extends Installed {
  from: string;
  written: number;
  removed: number;
  /** What somebody has changed or deleted; it was left so. */
  kept: string[];
}

export interface Uninstalled {
  ok: true;
  id: string;
  version: string;
  /** None if somebody had deleted the folder already. */
  trashPath: string | null;
  /** `restored` is what there was before in another version. */
  dependencies: { removed: string[]; restored: { name: string; version: string }[] };
  pnpm: string[];
  turn: string;
}

export interface Forked {
  ok: true;
  id: string;
  title: string;
  version: string;
  path: string;
  files: number;
  turn: string;
}

/** Something that the caller has installed. */
export interface Install {
  targetType: string;
  targetId: string;
  /** Empty if its publisher has made it private. */
  name: string;
  localId: string;
  version: string;
  currentVersion: string | null;
  installedAt: Time;
}

export interface Profile {
  /** Unique: 3 to 32 of `[a-z0-9-]`. */
  handle: string;
  name?: string;
  avatarUrl?: string;
}
