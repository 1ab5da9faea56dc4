// Paths, as the Worker has them: absolute, with `/` between names that may hold anything else.

import type { FileItem } from "../../../client/index.ts";

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/**
 * A name as it is shown. Characters that turn the order of those after them would have `\u202Egpj.exe` look like `exe.jpg`: they are
 * written out.
 */
export function visible(name: string): string {
  return name.replace(
    /\p{Bidi_Control}/gu,
    (sign) => `[U+${sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}]`,
  );
}

/** A directory as people know it: from the root, which is home. */
export function placeOf(directory: string, root: string): string {
  return directory === root ? "Home" : visible(directory.slice(root.length + 1));
}

/** Whether a path is at or below another. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

/** `report` and `.tar`-less extension: `report.final.pdf` is `report.final` and `.pdf`; `.env` has none. */
export function splitName(name: string): [stem: string, extension: string] {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
}

/** A name that nobody has: `notes.md`, `notes copy.md`, `notes copy 2.md`. */
export function freeName(name: string, taken: ReadonlySet<string>, word = "copy"): string {
  if (!taken.has(name)) return name;
  const [stem, extension] = splitName(name);
  for (let round = 1; ; round += 1) {
    const next = `${stem} ${word}${round === 1 ? "" : ` ${round}`}${extension}`;
    if (!taken.has(next)) return next;
  }
}

/** Why a name cannot be one, as a sentence; null if it can. The Worker's own rules, told earlier. */
export function nameProblem(name: string): string | null {
  if (name === "" || name === "." || name === "..") return "A name is needed";
  if (name.includes("/")) return "A name has no / in it";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(name)) return "A name has no control characters in it";
  if (new TextEncoder().encode(name).length > 255) return "A name has up to 255 bytes";
  return null;
}

/** What a list is sorted by. Directories always come first. */
export type SortKey = "name" | "size" | "modified";
export interface Sort {
  key: SortKey;
  isDescending: boolean;
}

const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

export function sorted(files: readonly FileItem[], { key, isDescending }: Sort): FileItem[] {
  const sign = isDescending ? -1 : 1;
  return files.toSorted((a, b) => {
    if (a.type !== b.type) return a.type === "directory" ? -1 : 1;
    const order =
      key === "size"
        ? a.size - b.size
        : key === "modified"
          ? a.modified < b.modified
            ? -1
            : a.modified > b.modified
              ? 1
              : 0
          : 0;
    return sign * (order || byName.compare(a.name, b.name)) || (a.name < b.name ? -1 : 1);
  });
}
