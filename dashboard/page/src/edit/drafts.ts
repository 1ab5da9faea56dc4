// What has been typed and not saved. It survives a reload, and a browser that is closed. Each tab has its own: what one of them saves
// or gives up is none of another's.

import { isWithin } from "../state/paths.ts";

const PREFIX = "holdfast:draft:";
const TAB = "holdfast:tab";

export interface Draft {
  text: string;
  /** What was edited. */
  etag: string;
  atMs: number;
}

/** This tab, as long as it is there; a reload leaves it the same. */
let tab: string = sessionStorage.getItem(TAB) ?? crypto.randomUUID();
sessionStorage.setItem(TAB, tab);

/** Has this tab's name for as long as it is there. One that another has opened begins with a copy of that one's: it takes a new one. */
function claim(): Promise<void> {
  return new Promise((resolve) => {
    const take = (lock: Lock | null) => {
      if (lock) {
        resolve();
        return new Promise(() => undefined);
      }
      tab = crypto.randomUUID();
      sessionStorage.setItem(TAB, tab);
      return claim().then(resolve);
    };
    // A browser may have no locks, or refuse them.
    if (navigator.locks) navigator.locks.request(`${TAB}:${tab}`, { ifAvailable: true }, take).catch(() => resolve());
    else resolve();
  });
}

const endOf = (userId: string, path: string) => `:${userId}:${path}`;
const keyOf = (userId: string, path: string) => `${PREFIX}${tab}${endOf(userId, path)}`;

function read(key: string): Draft | null {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(key) ?? "null");
    const isDraft = typeof found === "object" && found !== null && "text" in found && "etag" in found;
    return isDraft ? (found as Draft) : null;
  } catch {
    return null;
  }
}

/** This tab's draft of a file; else the newest that another one has left. */
function find(userId: string, path: string): { key: string; draft: Draft } | null {
  const own = keyOf(userId, path);
  const end = endOf(userId, path);
  const found = Object.keys(localStorage)
    .filter((key) => key.startsWith(PREFIX) && key.slice(PREFIX.length + tab.length) === end)
    .flatMap((key) => {
      const draft = read(key);
      return draft ? [{ key, draft }] : [];
    })
    .sort((a, b) => Number(b.key === own) - Number(a.key === own) || b.draft.atMs - a.draft.atMs);
  return found[0] ?? null;
}

export const drafts = {
  /** Until then nobody knows whose they are. */
  ready: claim(),
  has(userId: string, path: string): boolean {
    return find(userId, path) !== null;
  },
  /** The draft of a file, which is this tab's from now on. A tab that is still typing puts its own again. */
  take(userId: string, path: string): Draft | null {
    const found = find(userId, path);
    if (found === null) return null;
    if (found.key !== keyOf(userId, path) && drafts.put(userId, path, found.draft)) localStorage.removeItem(found.key);
    return found.draft;
  },
  /** Answers whether there was room for it. */
  put(userId: string, path: string, draft: Draft): boolean {
    try {
      localStorage.setItem(keyOf(userId, path), JSON.stringify(draft));
      return true;
    } catch {
      return false;
    }
  },
  drop(userId: string, path: string): void {
    localStorage.removeItem(keyOf(userId, path));
  },
  /** Whether this tab itself has one. */
  isOwn(userId: string, path: string): boolean {
    return localStorage.getItem(keyOf(userId, path)) !== null;
  },
  /** Has the drafts of an entry, and of all below it, go where it has gone. One whose place is taken stays. */
  move(userId: string, from: string, to: string): void {
    for (const key of Object.keys(localStorage)) {
      const end = key.startsWith(PREFIX) ? key.slice(PREFIX.length + tab.length) : "";
      const path = end.slice(`:${userId}:`.length);
      if (end !== endOf(userId, path) || !isWithin(path, from)) continue;
      const next = key.slice(0, PREFIX.length + tab.length) + endOf(userId, `${to}${path.slice(from.length)}`);
      const draft = localStorage.getItem(key);
      if (draft === null || localStorage.getItem(next) !== null) continue;
      // There may be room for one of them only.
      localStorage.removeItem(key);
      try {
        localStorage.setItem(next, draft);
      } catch {
        localStorage.setItem(key, draft);
      }
    }
  },
};
