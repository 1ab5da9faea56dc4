// The bucket copy as tests see it: what lies there, how far it is, and what an import takes.

import { eventually, ok } from "./expect.mjs";

/** @typedef {import("./harness.mjs").Server} Server */

const HOUR_MS = 3_600_000;

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

/**
 * Has a file written of which the copy would hear in an hour by itself: time is written, not waited for. Where the copy has been
 * faster than that, what was written goes again, and it is begun anew.
 * @param {Server} server @param {string} userId @param {string} path @param {string} content
 */
export async function writeUnheard(server, userId, path, content) {
  const client = server.client(userId);
  const later = Date.now() + HOUR_MS;
  const isUnheard = async () => {
    ok(await client.write(path, content));
    await server.sql(
      userId,
      "UPDATE change SET at_ms = ? WHERE rev > (SELECT v FROM meta WHERE k = 'mirror_planned')",
      later,
    );
    await server.sql(userId, "UPDATE timer SET due_ms = ? WHERE what = 'mirror'", later);
    const [{ unheard }] = await server.sql(
      userId,
      `SELECT NOT EXISTS (SELECT 1 FROM mirror_plan) AND EXISTS (SELECT 1 FROM timer WHERE what = 'mirror' AND due_ms = ?)
         AND EXISTS (SELECT 1 FROM change WHERE rev > (SELECT v FROM meta WHERE k = 'mirror_planned')) AS unheard`,
      later,
    );
    if (unheard) return true;
    ok(await client.remove(path, { permanent: true }));
    await caughtUp(server, userId);
    return false;
  };
  await eventually(isUnheard, Boolean);
  return later;
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
