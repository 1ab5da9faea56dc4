// The shapes that the Worker answers with, but for what is published (`types-published.ts`). Written by hand from its JSON for now;
// they are in these two files alone so that a generated description of the API can take their place without another noticing.

/** A time as the Worker tells it: ISO-8601, UTC, milliseconds. */
export type Time = string;

export interface FileItem {
  name: string;
  path: string;
  type: "file" | "directory";
  size: number;
  modified: Time;
  /** The text after the last dot of the name; absent for directories and for names without one. */
  extension?: string;
}

export interface Listing {
  path: string;
  parent: string | null;
  files: FileItem[];
  /** There is more: ask again with it. */
  cursor?: string;
}

export interface Stat extends FileItem {
  etag: string;
  mimeType?: string;
  rev: number;
}

export interface Read {
  path: string;
  content: string;
  size: number;
  modified: Time;
  encoding: "utf-8" | "base64";
}

export interface Written {
  success: true;
  path: string;
  size: number;
  modified: Time;
  mimeType?: string;
}

export interface Moved {
  success: true;
  from: string;
  to: string;
}

export interface Removed {
  success: true;
  path: string;
  /** Absent when it was removed for good, as are the times. */
  trashPath?: string;
  trashedAt?: Time;
  expiresAt?: Time;
  permanent?: true;
}

export interface TrashItem {
  originalPath: string;
  trashPath: string;
  trashedAt: Time;
  expiresAt: Time;
  size: number;
  type: "file" | "directory";
}

export interface Version {
  version: number;
  size: number;
  hash: string | null;
  modified: Time;
  actor: string | null;
  turn: string | null;
  /** Whether its content is still kept. */
  available: boolean;
  current: boolean;
}

export interface Diff {
  path: string;
  from: number | null;
  to: number | null;
  identical: boolean;
  binary: boolean;
  /** A unified diff; absent for bytes that are no text. */
  diff?: string;
}

export interface Checkpoint {
  id: number;
  label: string | null;
  createdAt: Time;
}

export interface Difference {
  change: "created" | "deleted" | "moved" | "written";
  path: string;
  was?: string;
  type: "file" | "directory";
  rewritten: boolean;
}

export interface Turn {
  turn: string;
  actor: string | null;
  changes: number;
  firstAt: Time;
  lastAt: Time;
}

/** A row of the feed, as a turn lists it. */
export interface TurnChange {
  rev: number;
  change: string;
  path: string;
  from?: string;
  actor: string | null;
  at: Time;
}

/** A change as those who follow it are told. */
export interface Change {
  rev: number;
  /** `create`, `write`, `mkdir`, `move`, `copy`, `trash`, `restore`, `delete`, `empty`, `reset`, … */
  kind: string;
  path: string;
  from?: string;
  actor: string | null;
  turn: string | null;
  at: Time;
  /** What the entry was from then on; absent if it is gone. */
  type?: "file" | "directory";
  size?: number;
  modified?: Time;
}

export interface Changes {
  changes: Change[];
  /** Everything up to here has been told. */
  rev: number;
  /** There is more: ask again since `rev`. */
  more: boolean;
}

export interface Reverted {
  success: true;
  restored: number;
  trashed: number;
  conflicts: { path: string; reason: string; details: string }[];
  conflictsTotal: number;
  /** The turn in which this was done: undoing that one puts all of it back. */
  turn: string;
}

export interface Amount {
  bytes: number;
  files: number;
}

export interface Usage {
  live: Amount;
  trash: Amount;
  versions: Amount;
  media: Amount;
  published: Amount;
  quota: { bytes: number; left: number; reserved: number; leaving: number };
}

/** What a medium was made for. */
export interface Scope {
  desktopId?: string;
  appId?: string;
  appName?: string;
  threadId?: string;
  requestId?: string;
}

export interface Ingest {
  /** Exactly one of the two; a `data:` address counts as base64. */
  sourceUrl?: string;
  base64?: string;
  contentType?: string;
  filenameHint?: string;
  sha256?: string;
  scope?: Scope;
  metadata?: Record<string, string>;
}

export interface Ingested {
  ok: true;
  id: string;
  contentType: string;
  size: number;
  r2Key: string;
  publicUrl: string;
  sha256: string;
  deduped?: true;
}

export interface MediaItem {
  id: string;
  contentType: string;
  size: number;
  r2Key: string | null;
  publicUrl: string | null;
  sha256: string;
  width?: number;
  height?: number;
  /** What it was made for. */
  scope?: Scope;
  /** Where else the same bytes came up. */
  otherScopes?: Scope[];
  metadata?: Record<string, string> | null;
  filename?: string | null;
  createdAt: Time | number;
}

export interface SignedUpload {
  url?: string;
  r2Key: string | null;
  publicUrl?: string;
  expiresAt: Time | number;
  partSize?: number;
  parts?: string[];
  completeUrl?: string;
  abortUrl?: string;
}

export interface PersistedAsset {
  kind: string;
  source: string;
  original?: string;
  publicUrl?: string;
  sha256?: string;
  r2Key?: string;
  contentType?: string;
  size?: number;
  path: string;
  error?: string;
}
