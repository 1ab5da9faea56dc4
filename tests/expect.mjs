// What an answer must be, said once.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

/** @typedef {import("./client.mjs").Answer} Answer */

/** ISO-8601, UTC, milliseconds. */
export const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

export const COST = /^rows-read;desc="(\d+)", rows-written;desc="(\d+)", bucket-ops;desc="(\d+)"$/;

/** The body of an answer that went well. */
export function ok(/** @type {Answer} */ answer) {
  assert.equal(answer.status, 200, answer.bytes.toString("utf8", 0, 300));
  return answer.body;
}

/** The body of a refusal with this status and, where the contract fixes it, this text. */
export function refused(
  /** @type {Answer} */ answer,
  /** @type {number} */ status,
  /** @type {string | RegExp} */ text = /./,
) {
  const said = answer.bytes.toString("utf8", 0, 300);
  assert.equal(answer.status, status, said);
  assert.match(answer.headers["content-type"] ?? "", /^application\/json\b/, said);
  assert.equal(typeof answer.body?.error, "string", said);
  if (typeof text === "string") assert.equal(answer.body.error, text);
  else assert.match(answer.body.error, text);
  return answer.body;
}

/** What a request cost, as its `Server-Timing` says. */
export function cost(/** @type {Answer} */ answer) {
  const header = String(answer.headers["server-timing"]);
  const parts = COST.exec(header);
  assert.ok(parts, `Server-Timing: ${header}`);
  const [read = 0, written = 0, bucket = 0] = parts.slice(1).map(Number);
  return { read, written, bucket };
}

/** The keys of an object, in order of the alphabet: shapes are exact. */
export function keys(/** @type {object} */ value) {
  return Object.keys(value).sort();
}

/** The names of a listing, in its order. */
export function names(/** @type {{ files: { name: string }[] }} */ listing) {
  return listing.files.map((file) => file.name);
}

/**
 * Every entry of a listing, page by page, each page but the last with a cursor.
 * @param {import("./client.mjs").Client} client @param {string} path @param {Record<string, any>} params
 */
export async function pages(client, path, params) {
  const all = [];
  let cursor;
  do {
    const answer = await client.list(path, cursor === undefined ? params : { ...params, cursor });
    const page = ok(answer);
    all.push({ ...page, cost: cost(answer) });
    assert.ok(all.length < 1000, "a cursor that never ends");
    cursor = page.cursor;
  } while (cursor !== undefined);
  return all;
}

/** How long a loaded machine may take for what is a moment on an idle one. */
const GENEROUS_MS = 120_000;

/**
 * Asks until the answer is true; fails with the last one after a generous while.
 * @template T @param {() => Promise<T>} ask @param {(answer: T) => boolean} done
 */
export async function eventually(ask, done, deadlineMs = GENEROUS_MS) {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (done(answer)) return answer;
    assert.ok(Date.now() < end, `still ${JSON.stringify(answer)}`);
    await sleep(50);
  }
}

/**
 * Runs `work` on every item, a bounded number at a time.
 * @template T, R @param {Iterable<T>} items @param {(item: T) => Promise<R>} work @returns {Promise<R[]>}
 */
export async function inParallel(items, work, width = 16) {
  const queue = [...items].entries();
  /** @type {R[]} */
  const results = [];
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}
