// The books of the bucket: every object has a row that says why it is there, and every row has its object.

import assert from "node:assert/strict";
import { eventually } from "./expect.mjs";

/** @typedef {import("./harness.mjs").Server} Server */

const OWN = /^users\/[^/]+\/blobs\/[^/]+$/;
/** The files as a sandbox sees them. */
const COPY = /^users\/[^/]+\/workspace\//;

/** What does not add up in one user's books, in sentences. @returns {Promise<string[]>} */
async function discrepancies(
  /** @type {Server} */ server,
  /** @type {string} */ userId,
  /** @type {Set<string>} */ foreign,
) {
  const objects = await server.objects("DATA", `users/${userId}/blobs/`);
  const blobs = await server.sql(userId, "SELECT id, key, size, state FROM blob WHERE place = 1");
  const uploads = await server.sql(userId, "SELECT key FROM upload");
  const owners = [...blobs, ...uploads].map(({ key }) => key);
  const wrong = [...objects.keys()]
    .filter((key) => owners.filter((owner) => owner === key).length !== 1)
    .map((key) => `the object ${key} has ${owners.filter((owner) => owner === key).length} rows`);
  // Of a doomed one the object may be gone already: the row goes after it.
  for (const { key, size, state } of blobs)
    if (objects.get(key) !== size && (state === 0 || objects.has(key)))
      wrong.push(`the row of ${key} says ${size}, the bucket ${objects.get(key)}`);
  wrong.push(...(await strayCopies(server, userId, foreign)));
  for (const { id } of await server.sql(userId, UNBACKED)) wrong.push(`the entry ${id} has no live blob of its size`);
  for (const { name, said, counted } of await server.sql(userId, MISCOUNTED))
    wrong.push(`meta says ${name} = ${said}, the rows ${counted}`);
  return wrong;
}

/** What lies in the copy and is not known there, or is known and does not, but for what is on its way. */
async function strayCopies(
  /** @type {Server} */ server,
  /** @type {string} */ userId,
  /** @type {Set<string>} */ foreign,
) {
  const home = `users/${userId}/workspace/`;
  const rows = await server.sql(userId, "SELECT path, size FROM mirror WHERE state = 0 AND etag <> ''");
  const moving = new Set((await server.sql(userId, "SELECT path FROM mirror_plan")).map(({ path }) => home + path));
  const known = new Map(rows.map(({ path, size }) => [home + path, size]));
  const lying = await server.objects("DATA", home);
  return [...new Set([...known.keys(), ...lying.keys()])]
    .filter((key) => lying.get(key) !== known.get(key) && !moving.has(key) && !foreign.has(key))
    .map((key) => `the copy ${key} has ${lying.get(key)} bytes, its row says ${known.get(key)}`);
}

const UNBACKED = `
  SELECT node.id FROM node LEFT JOIN blob ON blob.id = node.blob AND blob.state = 0 AND blob.size = node.size
   WHERE node.kind = 1 AND (blob.id IS NULL OR (blob.place = 0) <> (blob.bytes IS NOT NULL)
     OR (blob.place = 0 AND length(blob.bytes) <> blob.size))
  UNION ALL
  SELECT past.node FROM past LEFT JOIN blob ON blob.id = past.blob AND blob.state = 0
   WHERE past.blob IS NOT NULL AND blob.id IS NULL`;

const MISCOUNTED = `
  SELECT k AS name, v AS said, counted FROM meta JOIN (
    SELECT 'stored_bytes' AS name, (SELECT coalesce(sum(size), 0) FROM blob) AS counted
    UNION ALL SELECT 'reserved_bytes', (SELECT coalesce(sum(reserved_bytes), 0) FROM upload)
    UNION ALL SELECT 'entries', (SELECT count(*) FROM node WHERE id > 2)) ON name = k
   WHERE v <> counted`;

/**
 * Holds the bucket to its books: every row and every object of this user; and no object is anybody's but a user's, or one
 * of those that the test has put there itself. @param {Server} server @param {string} userId @param {Set<string>} [foreign]
 */
export async function accounted(server, userId, foreign = new Set()) {
  const check = async () => {
    const keys = [...(await server.objects()).keys()];
    const unknown = keys.filter((key) => !OWN.test(key) && !COPY.test(key) && !foreign.has(key));
    const wrong = unknown.map((key) => `nobody knows the object ${key}`);
    return [...wrong, ...(await discrepancies(server, userId, foreign))];
  };
  // The alarm may be between the bucket and the row; what is wrong stays wrong.
  await eventually(check, (wrong) => wrong.length === 0);
}

/**
 * Lets all time pass, and holds what is left to what the tree and its history still need. Answers the keys in the bucket.
 * @param {Server} server @param {string} userId @param {Set<string>} [foreign] @returns {Promise<string[]>}
 */
export async function onlyLive(server, userId, foreign = new Set()) {
  const left = async () => ({
    keys: [...(await server.objects("DATA", `users/${userId}/blobs/`)).keys()].sort(),
    needed: (await server.sql(userId, NEEDED)).map(({ key }) => key),
    ...(await server.sql(userId, WAITING))[0],
  });
  const { keys } = await server.swept(
    userId,
    left,
    ({ keys, needed, waiting }) => waiting === 0 && JSON.stringify(keys) === JSON.stringify(needed),
  );
  await accounted(server, userId, foreign);
  return keys;
}

const USED = "id IN (SELECT blob FROM node UNION SELECT blob FROM past)";
const NEEDED = `SELECT key FROM blob WHERE place = 1 AND state = 0 AND ${USED} ORDER BY key`;
const WAITING = `SELECT (SELECT count(*) FROM upload) + (SELECT count(*) FROM blob WHERE NOT ${USED})
  + (SELECT count(*) FROM dropped) AS waiting`;

/** Nothing of an upload is left: no announcement, and no object that no row has; at once, without any time passing. */
export async function nothingPending(/** @type {Server} */ server, /** @type {string} */ userId) {
  const uploads = () => server.sql(userId, "SELECT key, multipart_id, reserved_bytes, expires_ms FROM upload");
  assert.deepEqual(await eventually(uploads, ({ length }) => length === 0), []);
  await accounted(server, userId);
}
