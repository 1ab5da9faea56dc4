// What was changed, in words.

import type { Turn, TurnChange } from "../../../client/index.ts";
import { count } from "../state/format.ts";
import { placeOf } from "../state/paths.ts";

const VERBS: Record<string, string> = {
  create: "made",
  write: "wrote",
  mkdir: "made",
  move: "moved",
  copy: "copied",
  trash: "deleted",
  restore: "restored",
  delete: "deleted for good",
  revert: "took back",
  import: "found",
};

/** What is said of the whole workspace. */
const OF_ALL: Record<string, string> = {
  empty: "emptied the trash",
  reset: "began anew",
  checkpoint: "kept everything as it was",
  "drop-checkpoint": "gave a checkpoint up",
};

/** `moved notes/a.txt from a.txt` */
export function changeSaid({ change, path, from }: TurnChange, root: string): string {
  const ofAll = OF_ALL[change];
  if (ofAll !== undefined) return ofAll;
  const short = (path: string) => placeOf(path, root);
  return `${VERBS[change] ?? change} ${short(path)}${from ? ` from ${short(from)}` : ""}`;
}

/** What a turn began with, and how much followed. */
export function changesSaid({ first, changes }: Turn, root: string): string {
  if (first === undefined) return count(changes, "change");
  return changeSaid(first, root) + (changes > 1 ? ` and ${count(changes - 1, "more change")}` : "");
}
