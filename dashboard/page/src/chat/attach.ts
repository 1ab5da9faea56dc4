// Files that go with a message: they are put into `uploads/` first, under names that are free and that a reference can hold.

import { type Holdfast, HoldfastError, type Progress } from "../../../client/index.ts";
import { splitName } from "../state/paths.ts";

const NAMES_TRIED = 100;
/** What is kept of a name, so that it fits with a number and its extension. */
const STEM_MAX = 80;

/** A name without anything that means something in a reference, a shell or an address. */
export function safeName(name: string): string {
  const [stem, extension] = splitName(name.normalize("NFC").replace(/[^\p{L}\p{N}._-]+/gu, "-"));
  const short = [...stem]
    .slice(0, STEM_MAX)
    .join("")
    .replace(/^[.-]+/, "");
  return `${short || "file"}${[...extension].slice(0, 20).join("")}`;
}

/** Uploads a file and answers its path. Nothing that is there is ever replaced. */
export async function attach(
  client: Holdfast,
  root: string,
  file: File,
  options: { turn: string; signal: AbortSignal; onProgress: (progress: Progress) => void },
): Promise<string> {
  const [stem, extension] = splitName(safeName(file.name));
  for (let number = 1; ; number += 1) {
    const path = `${root}/uploads/${stem}${number === 1 ? "" : `-${number}`}${extension}`;
    try {
      await client.files.upload(path, file, { ...options, ifNoneMatch: "*" });
      return path;
    } catch (cause) {
      const isTaken = cause instanceof HoldfastError && (cause.status === 412 || cause.status === 409);
      if (!isTaken || number === NAMES_TRIED) throw cause;
    }
  }
}

/** Whether a reference can hold a path: a bracket would end it. */
export function canBeNamed(path: string): boolean {
  return !/[[\]\n]/.test(path);
}

/** A message as the agent gets it: a line for each file, an empty one, and the text. */
export function messageOf(text: string, paths: readonly string[]): string {
  const lines = paths.map((path) => `[Attached: ${path}]`);
  return [lines.join("\n"), text].filter((part) => part !== "").join("\n\n");
}
