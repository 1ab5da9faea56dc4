// How large a file may be: exactly so large by every way in, and not one byte more; and nothing is left of what was refused.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { ROOT } from "./client.mjs";
import { names, ok, refused } from "./expect.mjs";
import { FORM, file, form, path, pieces, upload } from "./form.mjs";
import { serve, start } from "./harness.mjs";
import { accounted, nothingPending, onlyLive } from "./ledger.mjs";

const MIB = 2 ** 20;
const FILE = `${ROOT}/file.bin`;
const server = serve();

/** @typedef {import("./client.mjs").Client} Client */
/** @typedef {(client: Client, bytes: Buffer) => Promise<import("./client.mjs").Answer>} Way */

/** Every way in that takes raw bytes. @type {Record<string, Way>} */
const WAYS = {
  "a PUT with its length": (client, bytes) => client.put(FILE, bytes),
  "a chunked PUT": (client, bytes) => client.put(FILE, pieces(bytes, 300_000)),
  "a form": (client, bytes) => upload(client, FILE, bytes),
  "a chunked form": (client, bytes) =>
    client.request("POST", "/upload", { headers: FORM, body: pieces(form([file(bytes), path(FILE)]), 300_000) }),
  "a form with the path first": (client, bytes) =>
    client.request("POST", "/upload", { headers: FORM, body: form([path(FILE), file(bytes)]) }),
};

for (const limit of [100_000, 3_000_000]) {
  /** @type {import("./harness.mjs").Server} */
  let small;
  before(async () => {
    small = await start({ MAX_FILE_BYTES: String(limit), MAX_JSON_FILE_BYTES: String(limit) });
  });
  after(() => small.stop());

  for (const [way, send] of Object.entries(WAYS)) {
    test(`${way} takes ${limit} bytes where that is the limit, and refuses one more without a trace`, async () => {
      const userId = small.user();
      const client = small.client(userId);
      const bytes = randomBytes(limit + 1);
      assert.equal(ok(await send(client, bytes.subarray(0, limit))).size, limit);
      const said = refused(await send(client, bytes), 413, "File too large");
      assert.equal(said.maxSize, limit);
      assert.ok(said.size > limit && said.size <= limit + 1, String(said.size));
      await nothingPending(small, userId);
      assert.deepEqual((await client.content(FILE)).bytes, bytes.subarray(0, limit));
      assert.equal((await onlyLive(small, userId)).length, limit > MIB ? 1 : 0);
    });
  }

  test(`far more than ${limit} bytes without a length are refused while they come, and the old file stays`, async () => {
    const userId = small.user();
    const client = small.client(userId);
    ok(await client.put(FILE, "old"));
    for (const [way, send] of Object.entries(WAYS)) {
      const said = refused(await send(client, Buffer.alloc(3 * limit)), 413, "File too large");
      assert.ok(said.size > limit && said.size <= 3 * limit, `${way}: ${said.size}`);
      assert.equal(ok(await client.read(FILE)).content, "old", way);
    }
    await nothingPending(small, userId);
    assert.deepEqual(await onlyLive(small, userId), []);
  });

  test(`a write of JSON takes ${limit} decoded bytes where that is the limit, and refuses one more`, async () => {
    const userId = small.user();
    const client = small.client(userId);
    const bytes = randomBytes(limit + 1);
    const base64 = (/** @type {Buffer} */ part) => client.write(FILE, part.toString("base64"), { encoding: "base64" });
    assert.equal(ok(await base64(bytes.subarray(0, limit))).size, limit);
    const said = refused(await base64(bytes), 413, "Content too large");
    assert.deepEqual([said.size, said.maxSize], [limit + 1, limit]);
    // Two bytes a character, and six of JSON a byte: what counts is neither characters nor the body.
    assert.equal(ok(await client.write(FILE, "é".repeat(limit / 2))).size, limit);
    assert.equal(ok(await client.write(FILE, "\u0001".repeat(limit))).size, limit);
    assert.deepEqual(refused(await client.write(FILE, `${"é".repeat(limit / 2)}!`), 413, "Content too large"), said);
    assert.equal(ok(await client.read(FILE)).content, "\u0001".repeat(limit));
    await nothingPending(small, userId);
  });
}

test("a file too large for JSON is not read but told how to be had, and one of the limit is read", async () => {
  const other = await start({ MAX_JSON_FILE_BYTES: "2000000" });
  try {
    const client = other.client();
    for (const size of [2_000_000, 2_000_001]) {
      const text = "x".repeat(size);
      ok(await client.put(FILE, text));
      for (const encoding of ["utf-8", "base64"]) {
        const answer = await client.read(FILE, encoding);
        if (size === 2_000_000) {
          assert.equal(Buffer.from(ok(answer).content, encoding === "base64" ? "base64" : "utf8").toString(), text);
          continue;
        }
        const said = refused(answer, 413, "File too large");
        assert.deepEqual([said.size, said.maxSize], [size, 2_000_000]);
        assert.match(said.hint, /download/i);
      }
      assert.equal((await client.content(FILE)).bytes.length, size);
    }
  } finally {
    await other.stop();
  }
});

test("by default a file has up to 50 MiB, by PUT, chunked and by form, and is read back whole", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const bytes = randomBytes(50 * MIB + 1);
  const whole = bytes.subarray(0, 50 * MIB);
  for (const way of ["a PUT with its length", "a chunked PUT", "a form"]) {
    const send = /** @type {Way} */ (WAYS[way]);
    assert.equal(ok(await send(client, whole)).size, whole.length, way);
    const said = refused(await send(client, bytes), 413, "File too large");
    assert.equal(said.maxSize, 50 * MIB, way);
    await nothingPending(server, userId);
    const got = await client.content(FILE);
    assert.equal(got.headers["content-length"], String(whole.length), way);
    assert.ok(got.bytes.equals(whole), way);
    ok(await client.remove(FILE, { permanent: true }));
  }
  assert.deepEqual(await onlyLive(server, userId), []);
});

test("by default a file has up to 10 MiB as JSON, either way", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const bytes = randomBytes(10 * MIB + 1);
  const whole = bytes.subarray(0, 10 * MIB);
  assert.equal(ok(await client.write(FILE, whole.toString("base64"), { encoding: "base64" })).size, 10 * MIB);
  assert.equal(ok(await client.read(FILE, "base64")).content, whole.toString("base64"));
  const said = refused(
    await client.write(FILE, bytes.toString("base64"), { encoding: "base64" }),
    413,
    "Content too large",
  );
  assert.deepEqual([said.size, said.maxSize], [10 * MIB + 1, 10 * MIB]);
  const text = "é".repeat(5 * MIB);
  assert.equal(ok(await client.write(FILE, text)).size, 10 * MIB);
  assert.equal(ok(await client.read(FILE)).content, text);
  refused(await client.write(FILE, `${text}!`), 413, "Content too large");
  ok(await client.put(FILE, bytes));
  const { size, maxSize, hint } = refused(await client.read(FILE, "base64"), 413, "File too large");
  assert.deepEqual([size, maxSize], [10 * MIB + 1, 10 * MIB]);
  assert.match(hint, /download/i);
  await accounted(server, userId);
});

test("a length over the limit is refused before any of the body is sent", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const headers = { "content-length": String(60 * MIB) };
  const put = await client.request("PUT", "/content", { params: { path: FILE }, headers, unsent: true });
  const said = refused(put, 413, "File too large");
  assert.deepEqual([said.size, said.maxSize], [60 * MIB, 50 * MIB]);
  assert.deepEqual(names(ok(await client.list())), []);
  await nothingPending(server, userId);
});

test("a JSON body beyond 32 MiB is refused by its length, before any of it is sent", async () => {
  const headers = { "content-type": "application/json", "content-length": String(33 * MIB) };
  const said = refused(await server.client().request("POST", "/write", { headers, unsent: true }), 413);
  assert.equal(said.size, 33 * MIB);
  assert.equal(said.maxSize, 32 * MIB);
});
