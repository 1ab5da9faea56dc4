// What the verifier says of one workspace: every spec may ask it.

import { ok } from "./expect.mjs";

/** @typedef {{ problems: string[], repaired: string[], checked: Record<string, number> }} Found */

/** A whole look at one user's workspace, page by page. @param {import("./harness.mjs").Server} server @param {string} userId @param {{ all?: boolean, repair?: boolean }} [how] @returns {Promise<Found>} */
export async function fsck(server, userId, { all = true, repair = false } = {}) {
  const { search } = server.client(userId).url("");
  /** @type {Found} */
  const found = { problems: [], repaired: [], checked: { rules: 0, objects: 0, copies: 0, contents: 0 } };
  let cursor = "";
  do {
    const target = `/api/fsck${search}${all ? "&all=true" : ""}${cursor && `&cursor=${cursor}`}`;
    const page = ok(await server.client(userId).raw({ method: repair ? "POST" : "GET", target }));
    found.problems.push(...page.problems);
    found.repaired.push(...page.repaired);
    for (const [name, count] of Object.entries(page.checked))
      found.checked[name] = (found.checked[name] ?? 0) + Number(count);
    cursor = page.cursor ?? "";
  } while (cursor);
  return found;
}
