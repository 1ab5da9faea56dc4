// Versions, differences and looking at the past, over HTTP: what a client sees of a file's history.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { cost, keys, names, ok, pages, refused, TIME } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve({ VERSIONS_PER_FILE: "3" });
const FILE = `${ROOT}/notes/file.md`;

/** @typedef {import("./client.mjs").Client} Client */

/** @param {Client} client @param {string} path @param {Record<string, any>} [more] */
const versions = (client, path, more = {}) => client.request("GET", "/versions", { params: { path, ...more } });

test("versions are listed newest first, with who wrote them, and follow their file", async () => {
  const client = server.client();
  ok(await client.write(FILE, "one", {}, { "x-actor": "agent", "x-turn": "turn-1" }));
  ok(await client.write(FILE, "two!"));
  ok(await client.move(FILE, `${ROOT}/moved.md`));
  const body = ok(await versions(client, `${ROOT}/moved.md`));
  assert.deepEqual(keys(body), ["path", "versions"]);
  const [two, one] = body.versions;
  assert.deepEqual(keys(two), ["actor", "available", "current", "hash", "modified", "size", "turn", "version"]);
  assert.match(one.modified, TIME);
  assert.deepEqual([two.size, two.current, two.available, two.actor, two.turn], [4, true, true, null, null]);
  assert.deepEqual([one.size, one.current, one.available, one.actor, one.turn], [3, false, true, "agent", "turn-1"]);
  assert.equal(`"${two.hash}"`, ok(await client.stat(`${ROOT}/moved.md`)).etag);
  refused(await versions(client, FILE), 404, "File not found");
  refused(await versions(client, `${ROOT}/notes`), 404, "File not found");
});

test("a version reads as raw bytes, in part and as JSON, with its own tag", async () => {
  const client = server.client();
  const large = randomBytes(1_500_000);
  ok(await client.put(FILE, large));
  ok(await client.write(FILE, "small now"));
  const [now, then] = ok(await versions(client, FILE)).versions;
  const params = { path: FILE, version: then.version };
  const raw = await client.request("GET", "/content", { params });
  assert.deepEqual([raw.status, raw.bytes.equals(large), raw.headers.etag], [200, true, `"${then.hash}"`]);
  const part = await client.request("GET", "/content", { params, headers: { range: "bytes=10-19" } });
  assert.deepEqual([part.status, part.bytes], [206, large.subarray(10, 20)]);
  const head = await client.request("HEAD", "/content", { params });
  assert.deepEqual([head.status, head.headers["content-length"]], [200, "1500000"]);
  const same = await client.request("GET", "/content", { params, headers: { "if-none-match": `"${then.hash}"` } });
  assert.equal(same.status, 304);
  const read = ok(await client.request("GET", "/read", { params: { path: FILE, version: now.version } }));
  assert.equal(read.content, "small now");
  assert.equal(ok(await client.request("GET", "/stat", { params })).size, 1_500_000);
});

test("restoring a version is a write: conditional, a version itself, and told to the feed", async () => {
  const userId = server.user();
  const client = server.client(userId);
  ok(await client.write(FILE, "one"));
  ok(await client.write(FILE, "two"));
  const [two, one] = ok(await versions(client, FILE)).versions;
  const restore = (/** @type {any} */ body, headers = {}) => client.post("/versions/restore", body, headers);
  const stale = { "if-match": `"${one.hash}"` };
  refused(await restore({ path: FILE, version: one.version }, stale), 412);
  const answer = ok(
    await restore({ path: FILE, version: one.version }, { "if-match": `"${two.hash}"`, "x-turn": "t" }),
  );
  assert.deepEqual(keys(answer), ["modified", "path", "size", "success", "version"]);
  assert.equal(ok(await client.read(FILE)).content, "one");
  const after = ok(await versions(client, FILE)).versions;
  assert.deepEqual([after[0].version, after[0].hash, after[0].turn], [answer.version, one.hash, "t"]);
  assert.deepEqual([after.length, after[1].version], [3, two.version]);
  refused(await restore({ path: FILE }), 400, "Path and version required");
  refused(await restore({ path: FILE, version: "1" }), 400);
  refused(await restore({ path: FILE, version: 1 }), 404, /no such version/);
});

test("of old versions the content goes and the entry stays, and says so", async () => {
  const client = server.client();
  for (let n = 0; n < 6; n += 1) ok(await client.write(FILE, `content ${n}`));
  const all = ok(await versions(client, FILE)).versions;
  assert.deepEqual(
    all.map((/** @type {any} */ version) => version.available),
    [true, true, true, true, false, false],
  );
  const gone = all[5];
  assert.equal(gone.hash, null);
  refused(await client.request("GET", "/content", { params: { path: FILE, version: gone.version } }), 404);
  refused(await client.post("/versions/restore", { path: FILE, version: gone.version }), 404);
  // The tree of that moment still lists the file.
  const listed = ok(await client.list(`${ROOT}/notes`, { at: gone.version }));
  assert.deepEqual(names(listed), ["file.md"]);
  const seen = [];
  for (let cursor; ; ) {
    const page = ok(await versions(client, FILE, cursor ? { limit: 4, cursor } : { limit: 4 }));
    seen.push(...page.versions);
    cursor = page.cursor;
    if (cursor === undefined) break;
  }
  assert.deepEqual(seen, all);
});

test("the past is listed and read as it was, at any rev", async () => {
  const client = server.client();
  ok(await client.write(`${ROOT}/a/b/file`, "one"));
  const { rev } = ok(await client.stat(`${ROOT}/a/b/file`));
  const before = ok(await client.list(ROOT, { recursive: true }));
  ok(await client.write(`${ROOT}/a/b/file`, "two"));
  ok(await client.move(`${ROOT}/a`, `${ROOT}/x/y`));
  ok(await client.write(`${ROOT}/a`, "a file now"));
  ok(await client.remove(`${ROOT}/x`));
  const then = ok(await client.list(ROOT, { recursive: true, at: rev }));
  assert.deepEqual(
    then.files.map((/** @type {any} */ file) => [file.path, file.type, file.size]),
    before.files.map((/** @type {any} */ file) => [file.path, file.type, file.size]),
  );
  const paged = await pages(client, ROOT, { recursive: true, at: rev, limit: 1 });
  assert.deepEqual(paged.flatMap(names), names(then));
  const at = { at: rev, path: `${ROOT}/a/b/file` };
  assert.equal(ok(await client.request("GET", "/read", { params: at })).content, "one");
  assert.equal((await client.request("GET", "/content", { params: at })).bytes.toString(), "one");
  assert.equal(ok(await client.request("GET", "/stat", { params: { ...at, path: `${ROOT}/a` } })).type, "directory");
  refused(await client.request("GET", "/read", { params: { ...at, at: rev + 100 } }), 404, /no such revision/);
  refused(await client.list(ROOT, { version: rev }), 400, /of a file/);
  for (const bad of ["0", "x", "-1", "1.5"])
    refused(await client.request("GET", "/read", { params: { ...at, at: bad } }), 400, /at must be/);
  refused(await client.request("GET", "/read", { params: { ...at, version: rev } }), 400, /not both/);
});

test("a look at the past costs by the depth of the path, not by what has happened since", async () => {
  const client = server.client();
  ok(await client.write(`${ROOT}/d/e/file`, "0"));
  const { rev } = ok(await client.stat(`${ROOT}/d/e/file`));
  const rows = async () =>
    cost(await client.request("GET", "/stat", { params: { path: `${ROOT}/d/e/file`, at: rev } })).read;
  ok(await client.write(`${ROOT}/d/e/file`, "1"));
  const few = await rows();
  for (let n = 0; n < 40; n += 1) ok(await client.write(`${ROOT}/d/e/file`, `${n % 7}`));
  const many = await rows();
  assert.ok(many <= few + 8 && many < 40, `${few} rows after one write, ${many} after forty`);
});

/** @param {Client} client @param {Record<string, any>} [more] */
const diff = (client, more = {}) => client.request("GET", "/diff", { params: { path: FILE, ...more } });

test("a difference between two versions is a unified diff, of bytes a plain statement", async () => {
  const client = server.client();
  ok(await client.write(FILE, "a\nb\nc\n"));
  assert.deepEqual(ok(await diff(client)).diff, "", "of one version, nothing differs");
  ok(await client.write(FILE, "a\nB\nc\n"));
  const body = ok(await diff(client));
  assert.deepEqual(keys(body), ["binary", "diff", "from", "identical", "path", "to"]);
  assert.deepEqual([body.binary, body.identical], [false, false]);
  assert.match(body.diff, /^--- .*\n\+\+\+ .*\n@@ -1,3 \+1,3 @@\n a\n-b\n\+B\n c\n$/);
  const back = ok(await diff(client, { from: body.to.version, to: body.from.version }));
  assert.match(back.diff, /-B\n\+b\n/);
  ok(await client.put(FILE, Buffer.from([0, 255, 1])));
  const bytes = ok(await diff(client));
  assert.deepEqual([bytes.binary, bytes.identical], [true, false]);
  assert.match(bytes.diff, /^Binary files .* differ\n$/);
  const older = ok(await diff(client, { to: body.to.version }));
  assert.equal(older.diff, body.diff);
});

test("what is too large to compare is refused with the limit", async () => {
  const client = server.client();
  ok(await client.put(FILE, "x".repeat(600_000)));
  ok(await client.write(FILE, "small"));
  assert.equal(refused(await diff(client), 413).maxSize, 512 * 1024);
  ok(await client.put(FILE, "\n".repeat(10_001)));
  refused(await diff(client), 413, /10000 lines/);
});

test("two texts that share no line are compared within a second or so", async () => {
  const client = server.client();
  const text = (/** @type {string} */ word) => Array.from({ length: 9_999 }, (_, n) => `${word} ${n}\n`).join("");
  ok(await client.put(FILE, text("one")));
  ok(await client.put(FILE, text("two")));
  const start = Date.now();
  const body = ok(await diff(client));
  assert.equal(body.diff.split("\n").length, 2 * 9_999 + 4);
  assert.ok(Date.now() - start < 10_000, `${Date.now() - start} ms`);
});
