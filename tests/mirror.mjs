// The bucket copy as tests see it: what lies there, how far it is, and what an import takes.

import { eventually, ok } from "./expect.mjs";

/** @typedef {import("./harness.mjs").Server} Server */

/** What lies in the copy. @returns {Promise<Map<string, Buffer>>} */
export async function copied(/** @type {Server} */ server, /** @type {string} */ userId) {
  const bucket = await server.r2();
  const home = `users/${userId}/workspace/`;
  const found = new Map();
  for (const key of (await server.objects("DATA", home)).keys()) {
    const object = await bucket.get(key);
    // It may have gone since it was listed.
    if (object) found.set(key.slice(home.length), Buffer.from(await object.arrayBuffer()));
  }
  return found;
}

/** How far it is, as a keepalive says, which also has it go on at once. */
export async function copyState(/** @type {Server} */ server, /** @type {string} */ userId) {
  const client = server.client(userId);
  return ok(await client.raw({ method: "GET", target: `/api/keepalive${client.url("").search}` })).copy;
}

/** Waits until it has caught up. */
export const caughtUp = (/** @type {Server} */ server, /** @type {string} */ userId) =>
  eventually(
    () => copyState(server, userId),
    ({ pending }) => pending === 0,
  );

/**
 * Imports all that there is, call by call, and adds up what was said.
 * @param {Server} server @param {string} userId @param {Record<string, any>} [how]
 */
export async function importAll(server, userId, how = {}) {
  const client = server.client(userId);
  const target = `/api/files/import${client.url("").search}`;
  /** @type {any} */
  const sum = { imported: 0, updated: 0, deleted: 0, missing: 0, leftOut: 0, conflicts: [], skipped: [] };
  let { cursor } = how;
  do {
    const said = ok(await client.raw({ method: "POST", target, body: JSON.stringify({ ...how, cursor }) }));
    for (const name of Object.keys(sum))
      sum[name] = Array.isArray(sum[name]) ? [...sum[name], ...said[name]] : sum[name] + said[name];
    cursor = said.cursor;
  } while (cursor);
  return sum;
}
