// A user who was here before: their bucket holds `users/{userId}/workspace/…`, and their first request finds all of it.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ROOT } from "./client.mjs";
import { eventually, inParallel, names, ok, pages, refused } from "./expect.mjs";
import { daring, failed, failing, serveFaulty } from "./failing.mjs";
import { fsck } from "./fsck.mjs";
import { onlyLive } from "./ledger.mjs";
import { caughtUp, copied } from "./mirror.mjs";

const MIB = 2 ** 20;
const server = serveFaulty({});

/** @typedef {import("./client.mjs").Client} Client */

const tag = (/** @type {Buffer} */ bytes) => `"${createHash("sha256").update(bytes).digest("hex")}"`;
const shelf = (/** @type {string} */ userId) => `users/${userId}/workspace/`;

/** Every key that a sandbox has put into the bucket. @type {Set<string>} */
const planted = new Set();

/** What a sandbox had put into the bucket, by name. @param {string} userId @param {Record<string, Buffer>} files */
async function plant(userId, files) {
  const bucket = await server.r2();
  await inParallel(Object.entries(files), ([name, bytes]) => bucket.put(shelf(userId) + name, bytes));
  for (const name of Object.keys(files)) planted.add(shelf(userId) + name);
}

/** So many small files, in directories. */
const many = (/** @type {number} */ count) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, n) => [`dir-${n % 7}/sub/file-${n}.txt`, Buffer.from(`content of ${n}`)]),
  );

/** The names of all files, below the root. */
async function files(/** @type {Client} */ client) {
  const listed = ok(await client.list(ROOT, { recursive: true })).files;
  return listed
    .filter((/** @type {any} */ { type }) => type === "file")
    .map((/** @type {any} */ { path }) => path.slice(ROOT.length + 1))
    .sort();
}

/** Waits until the bytes of all files but `left` are the workspace's own. */
const adopted = (/** @type {string} */ userId, left = 0) =>
  server.swept(
    userId,
    async () => (await server.sql(userId, "SELECT count(*) AS count FROM blob WHERE hash IS NULL"))[0].count,
    (count) => count === left,
  );

/** Fails every operation of the alarm's that takes bytes over, so that a test can look at what is before. */
const untaken = (/** @type {string} */ userId, /** @type {() => Promise<void>} */ work) =>
  failing(server, userId, [{ operation: "put", kind: "error" }], work);

const NAMES = [
  "with space + plus&amp;.txt",
  "Grüße/zwölf.txt",
  "e\u0301 and \u00e9/e\u0301.txt",
  "e\u0301 and \u00e9/\u00e9.txt",
  "日本語/ファイル.txt",
  "עברית/قائمة.txt",
  "🥊/👩‍👩‍👧.txt",
  "'; DROP TABLE node; --.txt",
  "100%/50%25.txt",
  ".hidden",
  "...",
  "Case.txt",
  "case.txt",
  `${"n".repeat(255)}`,
  `${"ä".repeat(127)}/${"ö".repeat(127)}/${"ü".repeat(127)}/end.txt`,
];

test("names in any script, and as long as a key can be, come back exactly", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const there = Object.fromEntries(NAMES.map((name) => [name, Buffer.from(name)]));
  await plant(userId, there);
  for (const round of ["where it lies", "taken over"]) {
    assert.deepEqual(await files(client), [...NAMES].sort(), round);
    for (const name of NAMES) assert.equal(ok(await client.read(`${ROOT}/${name}`)).content, name, round);
    await adopted(userId);
  }
  await onlyLive(server, userId, planted);
});

test("what is no path, or in the way of another, is passed over and stays in the bucket", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const none = ["a//b", "../up", "x/../y", "./dot", "tab\there", "nul\0", `${"n".repeat(256)}`, "%2e%2e/z", "/top"];
  const inTheWay = ["file/below.txt", "file/", ".trash/old.txt.1"];
  const deep = `${Array.from({ length: 65 }, () => "d").join("/")}`;
  const taken = { file: "a file", "dir/": "", "dir/inner.txt": "inner", "empty/": "", "z.txt": "the last one" };
  const all = [...none, ...inTheWay, deep].map((name) => [name, "passed over"]).concat(Object.entries(taken));
  await plant(userId, Object.fromEntries(all.map(([name, text]) => [name, Buffer.from(String(text))])));
  const listed = ok(await client.list(ROOT, { recursive: true })).files;
  assert.deepEqual(
    listed.map((/** @type {any} */ { path, type }) => [path.slice(ROOT.length + 1), type]),
    [
      ["dir", "directory"],
      ["dir/inner.txt", "file"],
      ["empty", "directory"],
      ["file", "file"],
      ["z.txt", "file"],
    ],
  );
  assert.deepEqual(ok(await client.trash()).files, []);
  await adopted(userId);
  await onlyLive(server, userId, planted);
  const left = [...(await server.objects("DATA", shelf(userId))).keys()];
  assert.deepEqual(left.sort(), [...planted].filter((key) => key.startsWith(shelf(userId))).sort(), "all of them stay");
});

test("files around the size of a row are read where they lie, and then from where they belong", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const sizes = [0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB];
  const there = Object.fromEntries(sizes.map((size) => [`size-${size}`, randomBytes(size)]));
  // The same bytes twice are kept once.
  there["size-again"] = /** @type {Buffer} */ (there[`size-${3 * MIB}`]);
  await plant(userId, there);
  for (const isAdopted of [false, true]) {
    for (const [name, bytes] of Object.entries(there)) {
      const { status, headers, bytes: found } = await client.content(`${ROOT}/${name}`);
      assert.deepEqual([status, found.equals(bytes)], [200, true], name);
      if (isAdopted) assert.equal(headers.etag, tag(bytes), name);
      assert.equal(ok(await client.stat(`${ROOT}/${name}`)).size, bytes.length);
    }
    await adopted(userId);
  }
  assert.equal((await onlyLive(server, userId, planted)).length, 2, "MIB + 1, and 3 MIB once");
  // Nothing is needed of the sandbox's objects any more.
  await (await server.r2()).delete(Object.keys(there).map((name) => shelf(userId) + name));
  for (const [name, bytes] of Object.entries(there))
    assert.ok((await client.content(`${ROOT}/${name}`)).bytes.equals(bytes), name);
});

test("an object that vanishes, fails or changes before it is taken over holds up no other", async () => {
  const userId = server.user();
  const client = daring(server, userId);
  const [changed, large] = [Buffer.from("changed, and longer"), randomBytes(2 * MIB)];
  await plant(userId, {
    "a-gone.txt": Buffer.from("gone"),
    "b-changed.txt": Buffer.from("before"),
    "c-large.bin": large,
    "d-deleted.txt": Buffer.from("deleted"),
    "e.txt": Buffer.from("e"),
  });
  const bucket = await server.r2();
  await failing(server, userId, [{ operation: "get", kind: "error" }], async () => {
    assert.equal(ok(await client.list()).files.length, 5);
    failed(await client.content(`${ROOT}/e.txt`));
    await bucket.delete(`${shelf(userId)}a-gone.txt`);
    await bucket.put(`${shelf(userId)}b-changed.txt`, changed);
    ok(await client.remove(`${ROOT}/d-deleted.txt`, { permanent: true }));
  });
  const removed = "The bytes of this file were removed from the bucket";
  refused(await client.content(`${ROOT}/a-gone.txt`), 404, removed);
  await untaken(userId, () => adopted(userId, 2)); // the gone, and the large one, whose copy fails
  assert.ok((await client.content(`${ROOT}/c-large.bin`)).bytes.equals(large), "still where it lies");
  await adopted(userId, 1);
  const answer = await client.content(`${ROOT}/b-changed.txt`);
  assert.deepEqual([answer.bytes, answer.headers.etag], [changed, tag(changed)]);
  assert.equal(ok(await client.stat(`${ROOT}/b-changed.txt`)).size, changed.length);
  assert.equal((await client.content(`${ROOT}/c-large.bin`)).headers.etag, tag(large));
  refused(await client.content(`${ROOT}/a-gone.txt`), 404, removed);
  refused(await client.read(`${ROOT}/a-gone.txt`), 404, removed);
  const looked = await fsck(server, userId);
  assert.deepEqual(looked.problems, [`The object ${shelf(userId)}a-gone.txt is missing, and was not taken over yet`]);
  assert.equal(ok(await client.stat(`${ROOT}/a-gone.txt`)).size, 4, "it is not taken for empty");

  // What was deleted is not brought back, and goes from the copy too; what is gone can be written anew.
  ok(await client.put(`${ROOT}/a-gone.txt`, "anew"));
  assert.equal(ok(await client.read(`${ROOT}/a-gone.txt`)).content, "anew");
  ok(await client.remove(`${ROOT}/a-gone.txt`, { permanent: true }));
  await server.evict(userId);
  refused(await client.stat(`${ROOT}/d-deleted.txt`), 404);
  assert.equal((await onlyLive(server, userId, planted)).length, 1);
  await caughtUp(server, userId);
  assert.deepEqual([...(await copied(server, userId)).keys()], ["b-changed.txt", "c-large.bin", "e.txt"]);
});

test("a first request of any kind finds the files that were there", async () => {
  /** @type {Record<string, (client: Client) => Promise<any>>} */
  const requests = {
    "a listing": (client) => client.list(),
    "a write": (client) => client.write(`${ROOT}/a.txt`, "new"),
    "a large write": (client) => client.put(`${ROOT}/a.txt`, randomBytes(2 * MIB)),
    "a move": (client) => client.move(`${ROOT}/a.txt`, `${ROOT}/moved.txt`),
    "a deletion": (client) => client.remove(`${ROOT}/a.txt`),
    "a read": (client) => client.content(`${ROOT}/a.txt`),
  };
  for (const [what, request] of Object.entries(requests)) {
    const userId = server.user();
    const client = server.client(userId);
    await plant(userId, { "a.txt": Buffer.from("a"), "b/c.txt": Buffer.from("c") });
    const { status } = await request(client);
    assert.equal(status, 200, what);
    assert.equal(ok(await client.read(`${ROOT}/b/c.txt`)).content, "c", what);
    await adopted(userId);
    const found = names(ok(await client.list())).filter((name) => name !== ".rounds");
    const expected = { "a move": ["b", "moved.txt"], "a deletion": ["b"] }[what] ?? ["b", "a.txt"];
    assert.deepEqual(found, expected, what);
  }
});

test("a workspace whose first request resets it begins empty, and stays so", async () => {
  const userId = server.user();
  const client = server.client(userId);
  await plant(userId, { "a.txt": Buffer.from("a") });
  ok(await client.raw({ method: "POST", target: `/api/reset-workspace${client.url("").search}`, body: "{}" }));
  await server.evict(userId);
  assert.deepEqual(names(ok(await client.list())), []);
  await eventually(
    async () => [...(await server.objects("DATA", `users/${userId}/`)).keys()],
    ({ length }) => length === 0,
  );
});

test("a process killed while it opens a workspace, or takes bytes over, loses nothing of it", async () => {
  const userId = server.user();
  const there = { ...many(200), "large.bin": randomBytes(2 * MIB) };
  await plant(userId, there);
  for (const waitMs of [20, 40, 80, 160, 320]) {
    const opening = daring(server, userId)
      .list()
      .catch(() => undefined);
    await sleep(waitMs);
    const [runtime] = server.runtimes();
    process.kill(Number(runtime), "SIGKILL");
    await opening;
    await server.restart();
  }
  const client = server.client(userId);
  assert.deepEqual(await files(client), Object.keys(there).sort());
  await adopted(userId);
  const { bytes } = await client.content(`${ROOT}/large.bin`);
  assert.ok(bytes.equals(there["large.bin"]));
  assert.equal(ok(await client.read(`${ROOT}/dir-2/sub/file-198.txt`)).content, "content of 198");
  assert.equal((await onlyLive(server, userId, planted)).length, 1);
});

test("1,100 files are a tree before the first listing is answered, though it was cut off at every page", async () => {
  const userId = server.user();
  const client = daring(server, userId);
  const there = many(1100);
  await plant(userId, there);
  const changes = () => server.sql(userId, "SELECT kind, actor, count(*) AS count FROM change GROUP BY kind, actor");
  // The first page fails, then in turn what follows it; of the last one only the answer that there are no more.
  for (const [n, count] of [0, 500, 1000, 1100].entries()) {
    /** @type {import("./faulty.mjs").Fault[]} */
    const faults = [{ operation: "list", kind: n % 2 ? "lost" : "error", skip: n && 1 }];
    failed(await failing(server, userId, faults, () => client.list()));
    assert.equal((await changes())[0]?.count ?? 0, count, "as far as it came");
    await server.evict(userId);
  }
  // Five at once: nobody sees half a tree.
  const trees = await Promise.all(Array.from({ length: 5 }, () => files(client)));
  for (const tree of trees) assert.deepEqual(tree, Object.keys(there).sort());
  assert.deepEqual(await changes(), [
    { kind: "import", actor: "sandbox", count: 1100 }, // each of them once
    { kind: "mkdir", actor: "sandbox", count: 7 * 2 },
  ]);
  const paged = await pages(client, ROOT, { recursive: true, limit: 500 });
  assert.equal(paged.flatMap(({ files }) => files).length, 1100 + 7 * 2);
  assert.equal(ok(await client.read(`${ROOT}/dir-1/sub/file-701.txt`)).content, "content of 701");

  await adopted(userId);
  for (const n of [0, 49, 50, 51, 499, 500, 1000, 1099]) {
    const bytes = Buffer.from(`content of ${n}`);
    const { status, headers, bytes: found } = await client.content(`${ROOT}/dir-${n % 7}/sub/file-${n}.txt`);
    assert.deepEqual([status, headers.etag, found], [200, tag(bytes), bytes]);
  }
  assert.deepEqual(await onlyLive(server, userId, planted), []);
});
