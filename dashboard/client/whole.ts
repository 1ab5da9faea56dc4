// What is asked of a workspace as a whole: whether it runs, whether everything in it is right, what a sandbox has written beside it,
// and to begin anew.

import type { Alive, Checked, Imported, Inspection, Status, WorkspaceReset } from "./api.ts";
import type { CallOptions, ChangeOptions, Http } from "./http.ts";

/** What all pages of a look have found. */
export type Verified = Omit<Inspection, "cursor">;

export interface VerifyOptions extends CallOptions {
  /** Reads every file's bytes, and not a part of them that is another one each day. */
  all?: boolean;
  /** Puts right what is certain. */
  repair?: boolean;
  /** Is told after each page what all of them have found so far. */
  onPage?: (soFar: Verified) => void;
}

export class Whole {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** Whether the service runs, and this workspace in it. */
  status(options: CallOptions = {}): Promise<Status> {
    return this.#http.json("GET", "/api/status", options);
  }

  /** Says that somebody is there, and has the copy brought up to date. Every four minutes is enough. */
  keepalive(options: CallOptions = {}): Promise<Alive> {
    return this.#http.json("GET", "/api/keepalive", options);
  }

  /** Looks through the workspace, its objects and its bytes, page by page to the end. */
  async verify({ all, repair, onPage, signal }: VerifyOptions = {}): Promise<Verified> {
    const found: Verified = { problems: [], repaired: [], checked: { rules: 0, objects: 0, copies: 0, contents: 0 } };
    let cursor: string | undefined;
    do {
      const request = { params: { all, cursor }, ...(signal && { signal }) };
      const method = repair ? "POST" : "GET";
      const page = await this.#http.json<Inspection>(method, "/api/fsck", request);
      found.problems.push(...page.problems);
      found.repaired.push(...page.repaired);
      for (const name of Object.keys(found.checked) as (keyof Checked)[]) found.checked[name] += page.checked[name];
      onPage?.(found);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return found;
  }

  /**
   * Takes over what a sandbox has written into the copy, at or below `prefix` if it is given; with `delete`, also what it has
   * removed there. Goes on until all of it has been looked through.
   */
  async import({
    prefix,
    delete: takesAway,
    ...options
  }: ChangeOptions & { prefix?: string; delete?: boolean } = {}): Promise<Imported> {
    let all: Imported | undefined;
    let cursor: string | undefined;
    do {
      const json = { prefix, delete: takesAway, cursor };
      const request = { ...options, json };
      const page: Imported = await this.#http.json("POST", "/api/files/import", request);
      cursor = page.cursor;
      all = all ? sum(all, page) : page;
    } while (cursor !== undefined);
    return all;
  }

  /** Removes everything of the workspace for good, and its chats too unless it is told otherwise. */
  reset({ clearSessions, ...options }: ChangeOptions & { clearSessions?: boolean } = {}): Promise<WorkspaceReset> {
    return this.#http.json("POST", "/api/reset-workspace", { ...options, json: { clearSessions } });
  }
}

function sum(one: Imported, two: Imported): Imported {
  return {
    success: true,
    imported: one.imported + two.imported,
    updated: one.updated + two.updated,
    deleted: one.deleted + two.deleted,
    missing: one.missing + two.missing,
    leftOut: one.leftOut + two.leftOut,
    conflicts: [...one.conflicts, ...two.conflicts],
    skipped: [...one.skipped, ...two.skipped],
    skippedTotal: one.skippedTotal + two.skippedTotal,
  };
}
