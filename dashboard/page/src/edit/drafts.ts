// What has been typed and not saved. It survives a reload, and a browser that is closed.

const PREFIX = "holdfast:draft:";

export interface Draft {
  text: string;
  /** What was edited. */
  etag: string;
  atMs: number;
}

const keyOf = (userId: string, path: string) => `${PREFIX}${userId}:${path}`;

export const drafts = {
  get(userId: string, path: string): Draft | null {
    try {
      const found: unknown = JSON.parse(localStorage.getItem(keyOf(userId, path)) ?? "null");
      const isDraft = typeof found === "object" && found !== null && "text" in found && "etag" in found;
      return isDraft ? (found as Draft) : null;
    } catch {
      return null;
    }
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
