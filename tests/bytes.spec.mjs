// Files of every size, by every way in and every way out; and after each flow, the books of the bucket.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { eventually, ok, refused } from "./expect.mjs";
import { FORM, file, form, path, pieces, upload } from "./form.mjs";
import { serve } from "./harness.mjs";
import { accounted, nothingPending, onlyLive } from "./ledger.mjs";

// No version outlives a sweep here: what is dropped must give its space back at once.
const server = serve({ VERSIONS_DAYS: "0" });

const MIB = 2 ** 20;
/** Not inline, and no larger than it has to be: the local bucket is slow to read what came in parts. */
const LARGE = 1_200_000;
const FILE = `${ROOT}/file.bin`;

/** @typedef {import("./client.mjs").Client} Client */
/** @typedef {(client: Client, to: string, bytes: Buffer) => Promise<import("./client.mjs").Answer>} Way */

const hash = (/** @type {Buffer} */ bytes, /** @type {"hex" | "base64"} */ encoding = "hex") =>
  createHash("sha256").update(bytes).digest(encoding);

/** Every way in. @type {Record<string, Way>} */
const WAYS = {
  "a PUT with its length": (client, to, bytes) => client.put(to, bytes),
  "a chunked PUT": (client, to, bytes) => client.put(to, pieces(bytes, 77_777)),
  "a form": (client, to, bytes) => upload(client, to, bytes),
  "a chunked form with the path first": (client, to, bytes) =>
    client.request("POST", "/upload", { headers: FORM, body: pieces(form([path(to), file(bytes)]), 77_777) }),
  "a JSON write": (client, to, bytes) => client.write(to, bytes.toString("base64"), { encoding: "base64" }),
};

let turn = 0;

/** Reads a file by every way out, and compares; a large one by one way and the next time by another. @param {Client} client @param {string} at @param {Buffer} bytes */
async function readsBack(client, at, bytes) {
  const tag = `"${hash(bytes)}"`;
  turn += 1;
  const isLarge = bytes.length > MIB + 1;
  const ways = [() => client.content(at), () => client.download(at)];
  for (const get of isLarge ? [ways[turn % 2]] : ways) {
    const answer = await /** @type {() => ReturnType<Client["content"]>} */ (get)();
    assert.equal(answer.status, 200);
    assert.ok(answer.bytes.equals(bytes), "the bytes");
    assert.equal(answer.headers["content-length"], String(bytes.length));
    assert.equal(answer.headers.etag, tag);
  }
  for (const head of [await client.content(at, "HEAD"), await client.download(at, "HEAD")]) {
    assert.deepEqual([head.status, head.bytes.length], [200, 0]);
    assert.equal(head.headers["content-length"], String(bytes.length));
    assert.equal(head.headers.etag, tag);
  }
  assert.equal(ok(await client.stat(at)).size, bytes.length);
  if (bytes.length > 10 * MIB || (isLarge && turn % 3 > 0)) return;
  const read = ok(await client.read(at, "base64"));
  assert.ok(Buffer.from(read.content, "base64").equals(bytes), "the content");
  assert.equal(read.size, bytes.length);
}

/** The largest are not sent in every way. @type {Record<number, string[]>} */
const SOME_WAYS = {
  [8 * MIB]: ["a PUT with its length", "a chunked PUT", "a JSON write"],
  20000000: ["a PUT with its length", "a chunked form with the path first"],
};

for (const size of [0, 1, MIB - 1, MIB, MIB + 1, 8 * MIB, 8 * MIB + 1, 20_000_000]) {
  test(`${size} bytes are what they were, whichever way in and out`, async () => {
    const userId = server.user();
    const client = server.client(userId);
    for (const [way, send] of Object.entries(WAYS)) {
      if (!(SOME_WAYS[size]?.includes(way) ?? true)) continue;
      const bytes = randomBytes(size);
      const answer = await send(client, FILE, bytes);
      const { success, path, size: said } = ok(answer);
      assert.deepEqual([success, path, said], [true, FILE, size], way);
      assert.equal(answer.headers.etag, `"${hash(bytes)}"`, way);
      await readsBack(client, FILE, bytes);
      await nothingPending(server, userId);
    }
    assert.equal((await onlyLive(server, userId)).length, size > MIB ? 1 : 0);
  });
}

test("large text is read as text, and large bytes that are no text are not", async () => {
  const client = server.client();
  const text = "zwölf Boxkämpfer 🥊\r\n".repeat(100_000);
  ok(await client.put(FILE, text));
  assert.equal(ok(await client.read(FILE)).content, text);
  ok(await client.put(FILE, Buffer.alloc(2 * MIB, 0xff)));
  refused(await client.read(FILE), 415);
});

test("a file that grows and shrinks and grows leaves only what is there now", async () => {
  const userId = server.user();
  const client = server.client(userId);
  for (const size of [10, LARGE, 20, LARGE, LARGE, 0, LARGE]) {
    const bytes = randomBytes(size);
    ok(await client.put(FILE, bytes));
    await accounted(server, userId);
    await readsBack(client, FILE, bytes);
  }
  assert.equal((await onlyLive(server, userId)).length, 1);
  const last = (await client.content(FILE)).bytes;
  ok(await client.put(FILE, "small"));
  assert.deepEqual(await onlyLive(server, userId), []);
  ok(await client.put(FILE, last));
  await readsBack(client, FILE, last);
  ok(await client.remove(FILE, { permanent: true }));
  assert.deepEqual(await onlyLive(server, userId), []);
});

test("bytes that come again while they are still there are kept once", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const bytes = randomBytes(LARGE);
  for (const [n, send] of Object.values(WAYS).entries()) ok(await send(client, `${ROOT}/file${n}`, bytes));
  await accounted(server, userId);
  assert.equal((await onlyLive(server, userId)).length, 1);
  for (const n of Object.keys(WAYS).keys()) await readsBack(client, `${ROOT}/file${n}`, bytes);
});

test("equal bytes in parallel are kept once, and twenty files have them", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const bytes = randomBytes(LARGE);
  const paths = Array.from({ length: 20 }, (_, n) => `${ROOT}/file${n}`);
  for (const answer of await Promise.all(paths.map((to) => client.put(to, bytes)))) ok(answer);
  assert.equal((await onlyLive(server, userId)).length, 1);
  for (const to of paths) assert.ok((await client.content(to)).bytes.equals(bytes), to);
});

test("bytes that come again after they were let go are kept anew, and outlive the old object", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const bytes = randomBytes(LARGE);
  ok(await client.put(FILE, bytes));
  ok(await client.remove(FILE, { permanent: true }));
  const doomed = () => server.sql(userId, "SELECT key FROM blob WHERE state = 1");
  // The sweep dooms; the grace is not over.
  await server.sql(userId, "UPDATE timer SET due_ms = 1");
  ok(await client.mkdir(`${ROOT}/wake`));
  const [old] = await eventually(doomed, ({ length }) => length > 0);
  ok(await client.put(FILE, bytes));
  await accounted(server, userId);
  const [key, ...others] = await onlyLive(server, userId);
  assert.deepEqual(others, []);
  assert.ok(old);
  assert.notEqual(key, old.key);
  await readsBack(client, FILE, bytes);
});

test("a copy, a move, a trashed and a restored file have the same object", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const bytes = randomBytes(LARGE);
  ok(await client.put(`${ROOT}/dir/file.bin`, bytes));
  const [key] = await onlyLive(server, userId);
  ok(await client.copy(`${ROOT}/dir`, `${ROOT}/copy`));
  ok(await client.copy(`${ROOT}/dir/file.bin`, `${ROOT}/copy/second.bin`));
  ok(await client.move(`${ROOT}/dir/file.bin`, `${ROOT}/moved.bin`));
  const { trashPath } = ok(await client.remove(`${ROOT}/moved.bin`));
  assert.deepEqual(await onlyLive(server, userId), [key]);
  await readsBack(client, trashPath, bytes);
  ok(await client.restore(trashPath, `${ROOT}/back.bin`));
  for (const at of ["copy/file.bin", "copy/second.bin", "back.bin"]) await readsBack(client, `${ROOT}/${at}`, bytes);
  for (const gone of ["copy", "dir"]) ok(await client.remove(`${ROOT}/${gone}`, { permanent: true }));
  assert.deepEqual(await onlyLive(server, userId), [key]);
  await readsBack(client, `${ROOT}/back.bin`, bytes);
  ok(await client.remove(`${ROOT}/back.bin`));
  assert.deepEqual(await onlyLive(server, userId), [key]);
  ok(await client.emptyTrash());
  assert.deepEqual(await onlyLive(server, userId), []);
});

test("one user's objects are named by nobody else's rows, though their bytes are equal", async () => {
  const bytes = randomBytes(LARGE);
  const users = [server.user(), server.user()];
  for (const userId of users) ok(await server.client(userId).put(FILE, bytes));
  const [one, two] = users;
  ok(await server.client(one).remove(FILE, { permanent: true }));
  assert.deepEqual(await onlyLive(server, String(one)), []);
  assert.equal((await onlyLive(server, String(two))).length, 1);
  await readsBack(server.client(two), FILE, bytes);
});

/** @type {Record<string, Way>} */
const DIGESTED = Object.fromEntries(Object.entries(WAYS).filter(([way]) => way !== "a JSON write"));

for (const size of [1000, LARGE]) {
  for (const way of Object.keys(DIGESTED)) {
    test(`${way} of ${size} bytes is held to the digest that it states`, async () => {
      const userId = server.user();
      const client = server.client(userId);
      const bytes = randomBytes(size);
      const send = (/** @type {string} */ to, /** @type {Record<string, string>} */ headers) => {
        if (way === "a PUT with its length") return client.put(to, bytes, headers);
        if (way === "a chunked PUT") return client.put(to, pieces(bytes, 77_777), headers);
        if (way === "a form") return upload(client, to, bytes, headers);
        const body = pieces(form([path(to), file(bytes)]), 77_777);
        return client.request("POST", "/upload", { headers: { ...FORM, ...headers }, body });
      };
      ok(await client.put(FILE, "old"));
      const right = `sha-256=:${hash(bytes, "base64")}:`;
      const wrong = `sha-256=:${hash(Buffer.from("else"), "base64")}:`;
      for (const name of ["content-digest", "repr-digest"]) {
        for (const value of [wrong, "sha-256=:AAAA:", "sha-256=nonsense", `sha-512=:AAAA:, ${wrong}`])
          refused(await send(FILE, { [name]: value }), 400);
        assert.equal(ok(await client.read(FILE)).content, "old", name);
        await nothingPending(server, userId);
        for (const value of [right, `sha-512=:AAAA:, ${right}`, "sha-512=:AAAA:", "unixsum=30637"])
          ok(await send(`${ROOT}/${name}`, { [name]: value }));
        await readsBack(client, `${ROOT}/${name}`, bytes);
      }
      refused(await send(FILE, { "content-digest": right, "repr-digest": wrong }), 400);
      refused(await send(FILE, { "content-digest": wrong, "repr-digest": right }), 400);
      assert.equal(ok(await client.read(FILE)).content, "old");
      assert.equal((await onlyLive(server, userId)).length, size > MIB ? 1 : 0);
    });
  }
}
