// A server whose bucket fails on demand, for one user at a time; and what its failures must look like.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before } from "node:test";
import { Client, gatewayUrl, send } from "./client.mjs";
import { eventually, ok } from "./expect.mjs";
import { Server } from "./harness.mjs";

/** @typedef {import("./client.mjs").Answer} Answer */
/** @typedef {import("./faulty.mjs").Fault} Fault */

/** As `serve`, around a bucket that can fail. */
export function serveFaulty(/** @type {import("./harness.mjs").Overrides} */ overrides) {
  const server = new Server(overrides, undefined, join(import.meta.dirname, "faulty.mjs"));
  before(() => server.start());
  after(() => server.stop());
  return server;
}

/** A client whose answers may be a 500. */
export const daring = (/** @type {Server} */ server, /** @type {string} */ userId) =>
  new Client(gatewayUrl(server.url, server.signed(userId)));

/** Says which operations on a user's keys fail from now on, and answers how often those said before did. */
async function tell(/** @type {Server} */ server, /** @type {string} */ userId, /** @type {Fault[]} */ faults) {
  const target = `/__faults?userId=${userId}`;
  return ok(await send(server.url, { method: "PUT", target, body: JSON.stringify(faults) }));
}

/** Waits until each of the operations that fail now has failed. @param {Server} server @param {string} userId */
export const hit = (server, userId) =>
  eventually(
    async () => ok(await send(server.url, { method: "GET", target: `/__faults?userId=${userId}` })),
    (faults) => faults.length > 0 && faults.every((/** @type {Fault} */ { hits }) => hits),
  );

/** Has operations on a user's keys fail while `work` runs, and fails itself if one of them was not called. @template T
 * @param {Server} server @param {string} userId @param {Fault[]} faults @param {() => Promise<T>} work */
export async function failing(server, userId, faults, work) {
  await tell(server, userId, faults);
  try {
    return await work();
  } finally {
    for (const { operation, kind, hits } of await tell(server, userId, []))
      assert.ok(hits, `${operation} ${kind} was not called`);
  }
}

/** A failure of ours: told in a sentence, which says nothing of the inside, and can be tried again if it is a 503. */
export function failed(/** @type {Answer} */ answer, status = 503) {
  const said = answer.bytes.toString("utf8", 0, 300);
  assert.equal(answer.status, status, said);
  assert.match(String(answer.headers["content-type"]), /^application\/json\b/);
  assert.match(answer.body.error, /\w+ \w+/);
  assert.doesNotMatch(said, /blobs\/|workspace\/|10001|connection lost/i);
  if (status === 503) assert.match(String(answer.headers["retry-after"]), /^\d+$/);
}

/** A read of an object that is not what its row says: 500, and the log has the key, once.
 * @param {Server} server @param {string} key @param {() => Promise<Answer>} get */
export async function missed(server, key, get) {
  const seen = server.logs.length;
  failed(await get(), 500);
  const lines = () => server.logs.slice(seen).filter((line) => line.includes(key));
  await eventually(
    async () => lines().length,
    (count) => count > 0,
  );
  assert.equal(lines().length, 1, lines().join("\n"));
}
