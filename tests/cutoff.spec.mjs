// A client that goes away in the middle: the old file stays whole, and what had been sent is gone within seconds. And a
// reader who is in the middle when the file changes.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import http from "node:http";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ORIGIN, ROOT } from "./client.mjs";
import { eventually, names, ok } from "./expect.mjs";
import { FORM, file, form, path } from "./form.mjs";
import { serve } from "./harness.mjs";
import { accounted, nothingPending, onlyLive } from "./ledger.mjs";

const server = serve({ VERSIONS_DAYS: "0" });
const FILE = `${ROOT}/file.bin`;
const MIB = 2 ** 20;
const SIZE = 12 * MIB;

/** After how many bytes the client goes: round the inline limit, round a part, at the very end. */
const PLACES = [0, 1, MIB - 1, MIB + 1, 3 * MIB, 8 * MIB, 8 * MIB + 1, 11 * MIB, SIZE - 1, SIZE];

/** How a body is sent, and the body. @type {Record<string, (bytes: Buffer) => { method: string, endpoint: string, headers: Record<string, string>, body: Buffer }>} */
const WAYS = {
  "with its length": (body) => ({
    method: "PUT",
    endpoint: "/content",
    // One more is promised than is ever sent, so that no place is the end.
    headers: { "content-length": String(body.length + 1) },
    body,
  }),
  chunked: (body) => ({ method: "PUT", endpoint: "/content", headers: {}, body }),
  "by form": (bytes) => ({
    method: "POST",
    endpoint: "/upload",
    headers: FORM,
    body: form([path(FILE), file(bytes)]),
  }),
  "by form with its length": (bytes) => {
    const body = form([file(bytes), path(FILE)]);
    return {
      method: "POST",
      endpoint: "/upload",
      headers: { ...FORM, "content-length": String(body.length + 1) },
      body,
    };
  },
};

/** Sends so much of a request's body, and goes away. @param {URL} url @param {ReturnType<WAYS[string]>} how */
async function hangUp(url, { method, headers, body }, /** @type {number} */ sent) {
  const request = http.request(url, { method, headers: { origin: ORIGIN, ...headers }, agent: false });
  request.on("error", () => {}); // what this is about
  request.on("response", (response) => response.resume());
  request.flushHeaders();
  if (sent > 0) await new Promise((resolve) => request.write(body.subarray(0, sent), resolve));
  await sleep(sent % 3 === 0 ? 0 : 50); // at once, or when all of it has been taken in
  request.destroy();
}

for (const [way, describe] of Object.entries(WAYS)) {
  test(`a client that hangs up at ten places of a file sent ${way} leaves the old file and nothing else`, async () => {
    const userId = server.user();
    const client = server.client(userId);
    const old = randomBytes(1_500_000);
    ok(await client.put(FILE, old));
    const how = describe(randomBytes(SIZE));
    for (const place of PLACES) {
      await hangUp(client.url(how.endpoint, { path: FILE }), how, Math.min(place, how.body.length - 1));
      await nothingPending(server, userId);
      assert.ok((await client.content(FILE)).bytes.equals(old), `after ${place} bytes`);
      // What it had sent may arrive only now.
      await eventually(
        () => server.objects("DATA", `users/${userId}/blobs/`),
        ({ size }) => size === 1,
      );
    }
    assert.deepEqual(names(ok(await client.list())), ["file.bin"]);
    assert.equal((await onlyLive(server, userId)).length, 1);
  });
}

test("ten clients that hang up at once leave the old file and nothing else", async () => {
  const userId = server.user();
  const client = server.client(userId);
  ok(await client.put(FILE, "old"));
  const ways = Object.values(WAYS).map((describe) => describe(randomBytes(SIZE)));
  await Promise.all(
    PLACES.map((place, n) => {
      const how = /** @type {ReturnType<WAYS[string]>} */ (ways[n % ways.length]);
      return hangUp(client.url(how.endpoint, { path: FILE }), how, place);
    }),
  );
  await nothingPending(server, userId);
  assert.equal(ok(await client.read(FILE)).content, "old");
  assert.deepEqual(await onlyLive(server, userId), []);
});

test("a JSON write that is cut off changes nothing", async () => {
  const userId = server.user();
  const client = server.client(userId);
  ok(await client.put(FILE, "old"));
  const body = Buffer.from(JSON.stringify({ path: FILE, content: "x".repeat(3 * MIB) }));
  const headers = { "content-type": "application/json", "content-length": String(body.length + 1) };
  for (const sent of [0, 1, 100_001, body.length])
    await hangUp(client.url("/write"), { method: "POST", endpoint: "/write", headers, body }, sent);
  await nothingPending(server, userId);
  assert.equal(ok(await client.read(FILE)).content, "old");
});

/** Starts to read a file and stops after the first bytes; `rest` goes on. @param {URL} url */
async function startReading(url) {
  const response = await new Promise((resolve, reject) => {
    http.get(url, { agent: false, headers: { origin: ORIGIN } }, resolve).on("error", reject);
  });
  assert.equal(response.statusCode, 200);
  const first = await new Promise((resolve) => {
    response.once("data", (/** @type {Buffer} */ chunk) => {
      // Before another one comes, which nobody would take.
      response.pause();
      resolve(chunk);
    });
  });
  return async () => {
    const chunks = [first];
    for await (const chunk of response) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
}

for (const size of [1_000_000, 20_000_000]) {
  test(`who is reading ${size} bytes when they are replaced, deleted and swept gets all of them`, async () => {
    const userId = server.user();
    const client = server.client(userId);
    const old = randomBytes(size);
    ok(await client.put(FILE, old));
    const readers = [];
    for (let n = 0; n < 3; n += 1) readers.push(await startReading(client.url("/content", { path: FILE })));
    ok(await client.put(FILE, randomBytes(size)));
    ok(await client.remove(FILE, { permanent: true }));
    // Everything that is due is done; the grace of those who read is not over.
    const blobs = () => server.sql(userId, "SELECT state FROM blob WHERE place = 1 OR bytes IS NOT NULL");
    await eventually(
      async () => {
        await server.sql(userId, "UPDATE timer SET due_ms = 1");
        ok(await client.mkdir(`${ROOT}/wake-${process.hrtime.bigint()}`));
        return blobs();
      },
      (rows) => rows.every(({ state }) => state === 1) && rows.length === (size > MIB ? 2 : 0),
    );
    await accounted(server, userId);
    for (const rest of readers) assert.ok((await rest()).equals(old));
    assert.deepEqual(await onlyLive(server, userId), []);
  });
}

test("a reader who goes away in the middle harms nobody", async () => {
  const client = server.client();
  const bytes = randomBytes(20_000_000);
  ok(await client.put(FILE, bytes));
  for (let n = 0; n < 5; n += 1) {
    const request = http.get(client.url("/content", { path: FILE }), { agent: false });
    request.on("error", () => {});
    await new Promise((resolve) => request.on("response", (response) => response.once("data", resolve)));
    request.destroy();
  }
  assert.ok((await client.content(FILE)).bytes.equals(bytes));
});
