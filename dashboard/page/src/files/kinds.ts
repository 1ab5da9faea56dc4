// What a file is, by its name: which icon it has, and how it is shown.

import type { FileItem } from "../../../client/index.ts";
import type { IconName } from "../ui/Icon.tsx";

export type Kind = "markdown" | "json" | "csv" | "text" | "image" | "audio" | "video" | "pdf" | "unknown";

const KINDS: Record<string, readonly string[]> = {
  markdown: ["md", "markdown", "mdx"],
  json: ["json", "webmanifest", "ipynb", "geojson"],
  csv: ["csv", "tsv"],
  image: ["png", "jpg", "jpeg", "gif", "webp", "avif", "svg", "bmp", "ico"],
  audio: ["mp3", "wav", "m4a", "aac", "ogg", "oga", "flac", "opus"],
  video: ["mp4", "webm", "mov", "m4v", "ogv"],
  pdf: ["pdf"],
  text: (
    "txt text log js mjs cjs jsx ts mts cts tsx css scss less html htm xml yml yaml toml ini cfg conf env sh bash zsh fish ps1 " +
    "py rb rs go java kt kts swift c h cc cpp hpp cs php pl lua r sql graphql proto lock gitignore dockerfile makefile " +
    "jsonl ndjson json5 jsonc diff patch tex rst adoc vue svelte astro svg"
  ).split(" "),
};

const BY_EXTENSION = new Map<string, Kind>();
for (const [kind, extensions] of Object.entries(KINDS)) {
  for (const extension of extensions) if (!BY_EXTENSION.has(extension)) BY_EXTENSION.set(extension, kind as Kind);
}

const ARCHIVES = ["zip", "tar", "gz", "tgz", "bz2", "xz", "7z", "rar", "zst"];
const WITHOUT_EXTENSION = ["dockerfile", "makefile", "license", "readme", "gemfile", "procfile"];

export function kindOf(name: string): Kind {
  const lower = name.toLowerCase();
  const extension = lower.slice(lower.lastIndexOf(".") + 1);
  if (lower.includes(".")) return BY_EXTENSION.get(extension) ?? "unknown";
  return WITHOUT_EXTENSION.includes(lower) ? "text" : "unknown";
}

export function iconOf({ name, type }: Pick<FileItem, "name" | "type">): IconName {
  if (type === "directory") return "folder";
  const kind = kindOf(name);
  const extension = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  if (kind === "image" || kind === "audio" || kind === "video") return kind;
  if (kind === "csv") return "table";
  if (kind === "markdown" || kind === "pdf" || ["txt", "log", "text"].includes(extension)) return "text";
  if (kind === "json" || kind === "text") return "code";
  return ARCHIVES.includes(extension) ? "archive" : "file";
}
