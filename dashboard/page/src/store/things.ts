// What apps and desktops of the store have in common, for showing them.

import type { AppRow, DesktopRow, DetailsOf, Kind, Visibility } from "../../../client/index.ts";
import { count } from "../state/format.ts";
import { visible } from "../state/paths.ts";

/** An app or a desktop of the store. */
export type Thing = AppRow | DesktopRow;

/** One of them, with what its own page says. */
export type Details = DetailsOf<Kind>;

/** What is being published: an app or a desktop, by its owner's own name for it if it is known already. */
export interface Publishing {
  kind: Kind;
  localId?: string;
}

export function isApp(thing: Thing): thing is AppRow {
  return "appId" in thing;
}

export function kindOf(thing: Thing): Kind {
  return isApp(thing) ? "apps" : "desktops";
}

/** Its title, as it is shown: a stranger has written it. */
export function titleOf(thing: Thing): string {
  return visible(isApp(thing) ? thing.name : thing.title);
}

/** The owner's own name for it. */
export function localIdOf(thing: Thing): string {
  return isApp(thing) ? thing.appId : thing.desktopId;
}

/** What people have made of it, in words. */
export function takersOf(thing: Thing): string {
  return isApp(thing) ? count(thing.installs, "install") : count(thing.visits, "visit");
}

export const VISIBILITIES = [
  ["public", "Everyone"],
  ["unlisted", "Whoever has the link"],
  ["private", "Only you"],
] as const satisfies readonly (readonly [Visibility, string])[];

/** Whether a version is higher than another. */
export function isNewer(version: string, than: string): boolean {
  const [one, other] = [version.split(".").map(Number), than.split(".").map(Number)];
  const at = one.findIndex((part, index) => part !== other[index]);
  return at >= 0 && (one[at] ?? 0) > (other[at] ?? 0);
}

/** Tags as people type them. */
export function tagsOf(text: string): string[] {
  return text
    .split(",")
    .map((tag) => tag.trim())
    .filter((tag) => tag !== "");
}

/** Lines as people type them. */
export function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** Arguments as a shell takes them. */
export function commandOf(args: readonly string[]): string {
  const quoted = args.map((arg) => (/^[\w@./:^~=+-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`));
  return ["pnpm", ...quoted].join(" ");
}
