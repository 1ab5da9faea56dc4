// References to files in what is said: `[Attached: /path]`, `[[file:/path]]`, `[[image:/path]]`, and a line `MEDIA:/path`. In code they
// are code, and what is no path of the workspace stays text.

import { resolve } from "../preview/links.ts";

export type Segment = { kind: "text"; text: string } | { kind: "file"; path: string } | { kind: "image"; path: string };

const PICTURE = /\.(png|jpe?g|gif|webp|avif|bmp|svg)$/i;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;
/** At one place of a text. No name has a bracket in it: one that closes would end it, and each that opens would begin it anew. */
const BRACKETS = /\[Attached: ([^[\]\n]+)\]|\[\[(file|image):([^[\]\n]+)\]\]/y;
const MEDIA = /MEDIA:([^\n]+)/y;

/** What a message consists of, in its order. One walk over it, however hostile it is. */
export function segmentsOf(text: string, root: string): Segment[] {
  const segments: Segment[] = [];
  let told = 0;
  const tell = (until: number) => {
    const part = text.slice(told, until);
    if (part.trim() !== "") segments.push({ kind: "text", text: part });
  };
  for (const [start, end] of proseOf(text)) {
    for (const { at, length, reference, isPicture } of referencesIn(text, start, end)) {
      const path = resolvePath(reference, root);
      if (path === null) continue;
      tell(at);
      told = at + length;
      segments.push({ kind: isPicture || PICTURE.test(path) ? "image" : "file", path });
    }
  }
  tell(text.length);
  return segments;
}

/** The parts of a text that are no block of code: neither between fences nor indented after an empty line. */
function* proseOf(text: string): Generator<[start: number, end: number]> {
  let [at, start] = [0, 0];
  let fence: string | undefined;
  let [isAfterEmpty, isIndented] = [true, false];
  for (const line of text.split("\n")) {
    const mark = FENCE.exec(line)?.[1];
    const wasCode = fence !== undefined || isIndented;
    if (fence !== undefined) {
      const isEnd = mark?.startsWith(fence) && line.trim() === mark;
      if (isEnd) [fence, start] = [undefined, at + line.length + 1];
    } else {
      isIndented = /^( {4}|\t)/.test(line) && (isAfterEmpty || isIndented);
      if (!isIndented && mark !== undefined) fence = mark;
      const isCode = isIndented || fence !== undefined;
      if (isCode && !wasCode && start < at) yield [start, at];
      if (!isCode && wasCode) start = at;
    }
    isAfterEmpty = line.trim() === "";
    at += line.length + 1;
  }
  if (fence === undefined && !isIndented && start < text.length) yield [start, text.length];
}

interface Reference {
  at: number;
  length: number;
  reference: string;
  isPicture: boolean;
}

/** The references in a part of a text, but for those between backticks. */
function* referencesIn(text: string, start: number, end: number): Generator<Reference> {
  const ends = ticksOf(text.slice(start, end), start);
  for (let at = start; at < end; at += 1) {
    const sign = text[at];
    if (sign === "`") {
      const after = ends.get(at);
      // A run that nothing closes is text, all of it.
      at = (after ?? endOfRun(text, at)) - 1;
    } else if (sign === "[") {
      BRACKETS.lastIndex = at;
      const match = BRACKETS.exec(text);
      if (match === null) continue;
      const [{ length }, attached, kind, named] = match;
      yield { at, length, reference: attached ?? named ?? "", isPicture: kind === "image" };
      at += length - 1;
    } else if (sign === "M" && (at === 0 || text[at - 1] === "\n")) {
      MEDIA.lastIndex = at;
      const match = MEDIA.exec(text);
      if (match === null) continue;
      yield { at, length: match[0].length, reference: match[1] ?? "", isPicture: false };
      at += match[0].length - 1;
    }
  }
}

function endOfRun(text: string, at: number): number {
  let end = at;
  while (text[end] === "`") end += 1;
  return end;
}

/** Where the code ends that a run of backticks opens: at the next run that is as long. */
function ticksOf(part: string, start: number): Map<number, number> {
  const ends = new Map<number, number>();
  const next = new Map<number, number>();
  for (const { index, 0: run } of [...part.matchAll(/`+/g)].reverse()) {
    const closing = next.get(run.length);
    if (closing !== undefined) ends.set(start + index, start + closing + run.length);
    next.set(run.length, index);
  }
  return ends;
}

/** The path that a reference names; null for what is code, an address, or outside of the workspace. */
function resolvePath(reference: string | undefined, root: string): string | null {
  if (reference === undefined) return null;
  if (reference.trim().startsWith("/") && !reference.trim().startsWith(`${root}/`)) return null;
  // A name may hold what would end a path in an address.
  const literal = reference.trim().replace(/[%?#]/g, encodeURIComponent);
  const path = resolve(literal, `${root}/chat`, root);
  return path === root ? null : path;
}
