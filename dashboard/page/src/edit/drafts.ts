// What has been typed and not saved. It survives a reload, and a browser that is closed. Each tab has its own: what one of them saves
// or gives up is none of another's.

const PREFIX = "holdfast:draft:";
const TAB = "holdfast:tab";

export interface Draft {
  text: string;
  /** What was edited. */
  etag: string;
  atMs: number;
}

/** This tab, as long as it is there; a reload leaves it the same. */
const tab: string = sessionStorage.getItem(TAB) ?? crypto.randomUUID();
sessionStorage.setItem(TAB, tab);

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
};
