// Many things done one by one: a few at once, and on past those that cannot be done.

import { HoldfastError } from "../../../client/index.ts";
import { count } from "./format.ts";
import { nameOf } from "./paths.ts";
import { whyOf } from "./toasts.ts";

const AT_ONCE = 4;

export interface Refused<T> {
  item: T;
  cause: unknown;
}

/** What became of each. */
export interface Outcome<T> {
  did: T[];
  /** Nothing was there any more. */
  gone: T[];
  /** Something else has the place. */
  taken: Refused<T>[];
  failed: Refused<T>[];
  /** Not begun: it was cancelled, or nobody answers. */
  left: T[];
}

/** Does them all, as far as they can be done. `onDone` is told how many are over. */
export async function each<T>(
  items: readonly T[],
  work: (item: T) => Promise<unknown>,
  { signal, onDone }: { signal: AbortSignal; onDone: (many: number) => void },
): Promise<Outcome<T>> {
  const outcome: Outcome<T> = { did: [], gone: [], taken: [], failed: [], left: [] };
  const waiting = [...items].reverse();
  let isOffline = false;
  const worker = async () => {
    for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) {
      if (signal.aborted || isOffline) {
        outcome.left.push(item);
        continue;
      }
      try {
        await work(item);
        outcome.did.push(item);
      } catch (cause) {
        const status = cause instanceof HoldfastError ? cause.status : -1;
        if (status === 404) outcome.gone.push(item);
        else if (status === 409) outcome.taken.push({ item, cause });
        else outcome.failed.push({ item, cause });
        isOffline ||= status === 0;
      }
      onDone(items.length - waiting.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
  return outcome;
}

/** A few of them by name: `a.txt, b.txt and 3 more`. */
export function namesOf(paths: readonly string[], shown = 2): string {
  const names = paths.slice(0, shown).map(nameOf).join(", ");
  return paths.length > shown ? `${names} and ${count(paths.length - shown, "more", "more")}` : names;
}

/** What is to be said of those that were not done; empty if there are none. */
export function remarkOf<T>({ did, gone, failed, left }: Outcome<T>, pathOf: (item: T) => string): string {
  const remarks: string[] = [];
  const isAlone = did.length + gone.length + failed.length + left.length === 1;
  if (gone.length > 0)
    remarks.push(gone.length === 1 && isAlone ? "it was gone" : `${count(gone.length, "was", "were")} gone`);
  const [first] = failed;
  if (first !== undefined) {
    const paths = failed.map(({ item }) => pathOf(item));
    remarks.push(isAlone ? whyOf(first.cause) : `not ${namesOf(paths)} (${whyOf(first.cause)})`);
  }
  if (left.length > 0)
    remarks.push(`${count(left.length, "was", "were")} left as ${left.length === 1 ? "it is" : "they are"}`);
  return remarks.join(", ");
}
