// The shapes of publishing, of the store, and of what comes from it into a workspace, as the Worker describes them (openapi.json).

import type {
  AppManifest,
  AppRow,
  AppRowDetails,
  DesktopManifest,
  DesktopRow,
  DesktopRowDetails,
  PublishDesktop,
} from "./api.ts";

export type {
  AppList,
  AppManifest,
  AppPreview,
  AppRow,
  AppRowDetails,
  AppRowUpdate,
  AppRowUpdates,
  Dependencies,
  DependencyConflict,
  DesktopApp,
  DesktopList,
  DesktopManifest,
  DesktopPreview,
  DesktopRow,
  DesktopRowDetails,
  Excluded,
  Finding,
  FindingRule,
  Forked,
  ForkedFrom,
  Install,
  Installed,
  Installs,
  Needed,
  Profile,
  PublishApp,
  PublishDesktop,
  Published,
  PublishedPatch,
  PublishedVersion,
  PublishedVersions,
  PublishStep,
  PublishUpload,
  Star,
  Uninstalled,
  Unpublished,
  Updated,
  VersionYanked,
  Visibility,
} from "./api.ts";

/** What of a workspace a desktop consists of. */
export type DesktopContents = Pick<PublishDesktop, "path" | "desktopId" | "exclude" | "include">;

export type Kind = "apps" | "desktops";

/** What is public of an app or a desktop. */
export type PublishedRow = AppRow | DesktopRow;

export type RowOf<K extends Kind> = K extends "apps" ? AppRow : DesktopRow;

/** With what its own page says. */
export type DetailsOf<K extends Kind> = K extends "apps" ? AppRowDetails : DesktopRowDetails;

/** What a version says of itself. */
export type ManifestOf<K extends Kind> = K extends "apps" ? AppManifest : DesktopManifest;
