// The media routes as a host calls them, and the books of their bucket.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { send } from "./client.mjs";
import { eventually, ok } from "./expect.mjs";
import { fsck } from "./fsck.mjs";
import { start } from "./harness.mjs";
import { Provider } from "./provider.mjs";

/** @typedef {import("./client.mjs").Client} Client */

/**
 * A Worker that may fetch from a provider on this machine, and that provider.
 * @param {(origin: string) => import("./harness.mjs").Overrides} [overrides]
 */
export function withProvider(overrides = () => ({})) {
  const provider = new Provider();
  const world = {
    provider,
    server: /** @type {import("./harness.mjs").Server} */ (/** @type {unknown} */ (undefined)),
  };
  before(async () => {
    await provider.start();
    world.server = await start({ MEDIA_EXTRA_ORIGINS: provider.origin, ...overrides(provider.origin) });
  });
  after(async () => {
    provider.stop();
    await world.server.stop();
  });
  return world;
}

/**
 * A signed request to any route.
 * @param {Client} client @param {string} method @param {string} path @param {{ params?: Record<string, any>, headers?: Record<string, string>, json?: unknown, body?: any }} [more]
 */
export function call(client, method, path, { params = {}, headers = {}, json, body } = {}) {
  const { search } = client.url("");
  const query = new URLSearchParams(search);
  for (const [name, value] of Object.entries(params)) query.set(name, String(value));
  const type = json === undefined ? {} : { "content-type": "application/json" };
  const text = json === undefined ? body : JSON.stringify(json);
  return client.raw({ method, target: `${path}?${query}`, headers: { ...type, ...headers }, body: text });
}

/** @param {Client} client @param {Record<string, any>} json */
export const ingest = (client, json) => call(client, "POST", "/api/media/ingest", { json });

/** @param {Client} client @param {Buffer} bytes @param {Record<string, any>} [more] */
export const ingestBytes = (client, bytes, more = {}) => ingest(client, { base64: bytes.toString("base64"), ...more });

/** Asks for an address as anybody would. @param {string} url @param {Record<string, string>} [headers] */
export function fetchPublic(url, headers = {}, method = "GET") {
  const { origin, pathname, search } = new URL(url);
  return send(origin, { method, target: `${pathname}${search}`, headers });
}

/** What does not add up between a user's rows and the bucket of media. @returns {Promise<string[]>} */
async function discrepancies(/** @type {import("./harness.mjs").Server} */ server, /** @type {string} */ userId) {
  const objects = new Map([
    ...(await server.objects("MEDIA", `media/${userId}/`)),
    ...(await server.objects("MEDIA", `staging/${userId}/`)),
  ]);
  const blobs = await server.sql(userId, "SELECT key, size, state FROM blob WHERE place = 2");
  const uploads = await server.sql(userId, "SELECT key FROM upload WHERE place = 2");
  const owners = new Set([...blobs, ...uploads].map(({ key }) => key));
  const wrong = [...objects.keys()].filter((key) => !owners.has(key)).map((key) => `nobody knows the object ${key}`);
  for (const { key, size, state } of blobs)
    if (state === 0 && objects.get(key) !== size)
      wrong.push(`the row of ${key} says ${size}, the bucket ${objects.get(key)}`);
  const unbacked =
    "SELECT id FROM media WHERE NOT EXISTS (SELECT 1 FROM blob WHERE blob.id = media.blob AND state = 0)";
  for (const { id } of await server.sql(userId, unbacked)) wrong.push(`the item ${id} has no bytes`);
  return wrong;
}

/** Holds the bucket of media to its books. @param {import("./harness.mjs").Server} server @param {string} userId */
export async function mediaAccounted(server, userId) {
  await eventually(
    () => discrepancies(server, userId),
    (wrong) => wrong.length === 0,
  );
  // The alarm may be between the bucket and the row; what is wrong stays wrong.
  await eventually(
    () => fsck(server, userId),
    ({ problems }) => problems.length === 0,
  );
}

/**
 * Lets time pass until nothing is on its way, and answers what is left in the bucket of media.
 * @param {import("./harness.mjs").Server} server @param {string} userId @returns {Promise<string[]>}
 */
export async function mediaLeft(server, userId) {
  const left = async () => ({
    keys: [
      ...(await server.objects("MEDIA", `media/${userId}/`)).keys(),
      ...(await server.objects("MEDIA", `staging/${userId}/`)).keys(),
    ].sort(),
    needed: (await server.sql(userId, "SELECT key FROM blob WHERE place = 2 AND state = 0 ORDER BY key")).map(
      ({ key }) => key,
    ),
    waiting: (await server.sql(userId, "SELECT key FROM upload")).length,
  });
  // A refusal may have come before the object was ever asked.
  ok(await server.client(userId).list());
  const { keys } = await server.swept(
    userId,
    left,
    ({ keys, needed, waiting }) => waiting === 0 && JSON.stringify(keys) === JSON.stringify(needed),
  );
  await mediaAccounted(server, userId);
  return keys;
}

/** The shape of what an ingest answers. @param {any} said @param {Buffer} bytes @param {string} contentType @param {string} userId */
export function assertKept(said, bytes, contentType, userId, sha256 = "") {
  assert.deepEqual(
    Object.keys(said)
      .filter((name) => name !== "deduped")
      .sort(),
    ["contentType", "id", "ok", "publicUrl", "r2Key", "sha256", "size"],
  );
  assert.deepEqual([said.ok, said.contentType, said.size, said.sha256], [true, contentType, bytes.length, sha256]);
  assert.match(said.id, /^[0-9a-f]{32}$/);
  assert.ok(said.r2Key.startsWith(`media/${userId}/`), said.r2Key);
}
