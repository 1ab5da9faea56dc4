// What an item of media is called, and which icon it has.

import type { MediaItem } from "../../../client/index.ts";
import type { IconName } from "../ui/Icon.tsx";

export function titleOf({ filename, metadata, contentType }: MediaItem): string {
  return filename || metadata?.title || metadata?.prompt || contentType;
}

export function iconOfType(contentType: string): IconName {
  const [kind] = contentType.split("/");
  return kind === "image" || kind === "audio" || kind === "video" || kind === "model" ? kind : "file";
}
