// The bucket copy: `users/{userId}/workspace/…` follows the tree, and what a sandbox writes there comes back by an import.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { cost, eventually, keys, ok, refused } from "./expect.mjs";
import { fsck } from "./fsck.mjs";
import { serve } from "./harness.mjs";
import { caughtUp, copied, copyState, importAll, writeUnheard } from "./mirror.mjs";

const MIB = 2 ** 20;
const FILE_MAX = 4 * MIB;
const server = serve({ MAX_FILE_BYTES: String(FILE_MAX) });
const shelf = (/** @type {string} */ userId) => `users/${userId}/workspace/`;

/** The files of the tree with their bytes. @param {import("./client.mjs").Client} client */
async function tree(client) {
  const { files } = ok(await client.list(ROOT, { recursive: true }));
  /** @type {Map<string, Buffer>} */
  const found = new Map();
  for (const { path, type } of files)
    if (type === "file") found.set(path.slice(ROOT.length + 1), (await client.content(path)).bytes);
  return found;
}

/** Both sides are the same, to the byte. */
async function agree(/** @type {string} */ userId, /** @type {import("./client.mjs").Client} */ client) {
  const [there, here] = [await copied(server, userId), await tree(client)];
  assert.deepEqual([...there.keys()].sort(), [...here.keys()].sort());
  for (const [name, bytes] of here) assert.ok(there.get(name)?.equals(bytes), name);
}

test("every kind of change is in the copy within seconds, by itself", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const large = randomBytes(3 * MIB);
  ok(await client.write(`${ROOT}/a.txt`, "a"));
  ok(await client.put(`${ROOT}/dir/large.bin`, large));
  ok(await client.put(`${ROOT}/dir/full.bin`, randomBytes(MIB)));
  ok(await client.write(`${ROOT}/dir/deep/er/ünï.txt`, ""));
  // Where it has not begun yet, it is about to: how long a machine then takes for it is its own affair.
  const [{ waits }] = await server.sql(
    userId,
    "SELECT (SELECT due_ms FROM timer WHERE what = 'mirror') - (SELECT max(at_ms) FROM change) AS waits",
  );
  assert.ok(waits <= 2000, `it waits for ${waits} ms`);
  await eventually(
    () => copied(server, userId),
    (found) => found.size === 4,
  );
  await agree(userId, client);
  ok(await client.move(`${ROOT}/dir`, `${ROOT}/moved`));
  ok(await client.copy(`${ROOT}/moved/deep`, `${ROOT}/copied`));
  ok(await client.remove(`${ROOT}/a.txt`));
  ok(await client.write(`${ROOT}/moved/full.bin`, "short"));
  await caughtUp(server, userId);
  await agree(userId, client);
  ok(await client.remove(`${ROOT}/moved`, { permanent: true }));
  await caughtUp(server, userId);
  await agree(userId, client);
  assert.deepEqual((await fsck(server, userId)).problems, []);
});

test("keepalive and usage say how far the copy is, and a keepalive brings it there", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const before = await copyState(server, userId);
  assert.deepEqual(keys(before), ["changedThere", "mirroredRev", "pending", "rev", "tooLong"]);
  assert.deepEqual([before.pending, before.mirroredRev === before.rev], [0, true]);
  // It does not wait until it is quiet: that would be in an hour.
  await writeUnheard(server, userId, `${ROOT}/a.txt`, "a");
  const { rev } = ok(await client.stat(`${ROOT}/a.txt`));
  const { search } = client.url("");
  const said = ok(await client.raw({ method: "GET", target: `/api/keepalive${search}` }));
  assert.deepEqual([said.syncing, said.copy.pending > 0, said.copy.rev], [true, true, rev]);
  await eventually(
    () => copied(server, userId),
    (found) => found.size === 1,
  );
  const after = await caughtUp(server, userId);
  assert.deepEqual([after.mirroredRev, after.pending], [after.rev, 0]);
  assert.deepEqual(ok(await client.raw({ method: "GET", target: `/api/usage${search}` })).copy, after);
});

test("the trash, node_modules and .git are left out", async () => {
  const userId = server.user();
  const client = server.client(userId);
  for (const name of ["node_modules/a/index.js", "app/node_modules/b.js", ".git/HEAD", "app/x.js", "gone.txt"])
    ok(await client.write(`${ROOT}/${name}`, name));
  ok(await client.remove(`${ROOT}/gone.txt`));
  await caughtUp(server, userId);
  assert.deepEqual([...(await copied(server, userId)).keys()], ["app/x.js"]);
});

test("an idle workspace has no alarm, and a chat that is loaded brings the copy up to date", async () => {
  const userId = server.user();
  const client = server.client(userId);
  ok(await client.write(`${ROOT}/a.txt`, "a"));
  await caughtUp(server, userId);
  await eventually(
    () => server.sql(userId, "SELECT due_ms FROM timer WHERE what = 'mirror'"),
    ({ length }) => length === 0,
  );
  await writeUnheard(server, userId, `${ROOT}/b.txt`, "b");
  ok(await client.raw({ method: "GET", target: `/ws/api/history${client.url("").search}` }));
  await eventually(
    () => copied(server, userId),
    (found) => found.size === 2,
  );
});

test("a path of 1,024 bytes as a key is in the copy, and a longer one is counted", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const long = Array.from({ length: 4 }, (_, n) => String(n).repeat(200)).join("/");
  const room = 1024 - shelf(userId).length - long.length - 1;
  ok(await client.write(`${ROOT}/${long}/${"x".repeat(room)}`, "fits"));
  ok(await client.write(`${ROOT}/${long}/${"y".repeat(room + 1)}`, "does not"));
  const state = await caughtUp(server, userId);
  assert.deepEqual([state.tooLong, state.pending, (await copied(server, userId)).size], [1, 0, 1]);
});

test("what a sandbox writes is not overwritten, and is imported with both sides kept", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const bucket = await server.r2();
  const at = (/** @type {string} */ name) => shelf(userId) + name;
  for (const name of ["same.txt", "theirs.txt", "both.txt", "gone.txt", "kept.txt"])
    ok(await client.write(`${ROOT}/${name}`, name));
  await caughtUp(server, userId);
  const large = randomBytes(2 * MIB);
  await bucket.put(at("theirs.txt"), "changed there");
  await bucket.put(at("both.txt"), "changed there too");
  await bucket.put(at("new/large.bin"), large);
  await bucket.put(at("new/empty.txt"), "");
  await bucket.put(at("bad//name"), "x");
  await bucket.put(at("node_modules/x.js"), "x");
  await bucket.delete([at("gone.txt"), at("kept.txt")]);
  ok(await client.write(`${ROOT}/both.txt`, "changed here"));
  ok(await client.write(`${ROOT}/kept.txt`, "changed here"));
  assert.equal((await caughtUp(server, userId)).changedThere, 1);
  assert.equal(String((await copied(server, userId)).get("both.txt")), "changed there too");

  const said = await importAll(server, userId);
  assert.deepEqual(said, {
    imported: 2,
    updated: 1,
    deleted: 0,
    missing: 1,
    leftOut: 1,
    // The copy noticed before this change: theirs is the older one.
    conflicts: [{ path: `${ROOT}/both.txt`, current: "workspace", why: "changed-here" }],
    skipped: [{ path: `${ROOT}/bad//name`, reason: "invalid-path" }],
  });
  const read = async (/** @type {string} */ name) => (await client.content(`${ROOT}/${name}`)).bytes.toString();
  assert.deepEqual(
    [await read("theirs.txt"), await read("both.txt"), await read("new/empty.txt"), await read("gone.txt")],
    ["changed there", "changed here", "", "gone.txt"],
  );
  assert.ok((await client.content(`${ROOT}/new/large.bin`)).bytes.equals(large));
  const target = `/api/files/versions${client.url("").search}&path=${ROOT}/both.txt`;
  const { versions } = ok(await client.raw({ method: "GET", target }));
  assert.ok(versions.some((/** @type {any} */ { size, actor }) => size === 17 && actor === "sandbox"));

  assert.equal((await caughtUp(server, userId)).changedThere, 0);
  assert.deepEqual((await importAll(server, userId, { delete: true })).deleted, 1);
  refused(await client.stat(`${ROOT}/gone.txt`), 404);
  await bucket.delete([at("bad//name"), at("node_modules/x.js")]);
  await caughtUp(server, userId);
  await agree(userId, client);
  // The newer one is the file's own.
  await bucket.put(at("both.txt"), "newest, from there");
  ok(await client.write(`${ROOT}/both.txt`, "older, from here"));
  await bucket.put(at("both.txt"), "newest, from there");
  const { conflicts } = await importAll(server, userId, { prefix: `${ROOT}/both.txt` });
  assert.deepEqual(conflicts, [{ path: `${ROOT}/both.txt`, current: "sandbox", why: "changed-here" }]);
  assert.equal(await read("both.txt"), "newest, from there");
  assert.deepEqual((await fsck(server, userId)).problems, []);
});

test("an import of many goes on with a cursor, and costs what has changed", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const bucket = await server.r2();
  ok(await client.write(`${ROOT}/outside.txt`, "x"));
  await caughtUp(server, userId);
  for (let n = 0; n < 250; n += 1) await bucket.put(`${shelf(userId)}dir/${n}.txt`, `content of ${n}`);
  const { search } = client.url("");
  const call = (/** @type {any} */ body) =>
    client.raw({ method: "POST", target: `/api/files/import${search}`, body: JSON.stringify(body) });
  const first = ok(await call({ prefix: `${ROOT}/dir` }));
  assert.deepEqual([first.imported, typeof first.cursor], [100, "string"]);
  const rest = await importAll(server, userId, { prefix: `${ROOT}/dir`, cursor: first.cursor });
  assert.equal(rest.imported, 150);
  const again = await call({});
  assert.deepEqual([ok(again).imported, ok(again).updated], [0, 0]);
  assert.ok(cost(again).bucket <= 2 && cost(again).written === 0, JSON.stringify(cost(again)));
  refused(await call({ prefix: "/etc" }), 400);
  refused(await call({ delete: "yes" }), 400);
  refused(await call({ cursor: "?" }), 400);
  await caughtUp(server, userId);
  await agree(userId, client);
});

test("a reset empties the copy, and what comes after it is copied", async () => {
  const userId = server.user();
  const client = server.client(userId);
  for (let n = 0; n < 30; n += 1) ok(await client.write(`${ROOT}/d/${n}.txt`, `${n}`));
  const { search } = client.url("");
  ok(await client.raw({ method: "GET", target: `/api/keepalive${search}` }));
  ok(await client.raw({ method: "POST", target: `/api/reset-workspace${search}`, body: "{}" }));
  ok(await client.write(`${ROOT}/d/0.txt`, "after"));
  await caughtUp(server, userId);
  await agree(userId, client);
});

test("fsck names where the copy is not what the tree is, and repairs it", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const bucket = await server.r2();
  for (const name of ["a.txt", "d/b.txt", "c.txt", "e.txt"]) ok(await client.write(`${ROOT}/${name}`, name));
  await caughtUp(server, userId);
  const healthy = await fsck(server, userId);
  assert.deepEqual([healthy.problems, healthy.checked.copies], [[], 8]);
  await bucket.delete(`${shelf(userId)}a.txt`);
  await server.sql(userId, "UPDATE mirror SET hash = zeroblob(32) WHERE path = 'd/b.txt'");
  await server.sql(userId, "DELETE FROM mirror WHERE path = 'c.txt'");
  await server.sql(userId, "UPDATE mirror SET path = 'never.txt' WHERE path = 'e.txt'");
  const wrong = [
    /^The object users\/\w+\/workspace\/a.txt of the bucket copy was removed by others/,
    /^The object users\/\w+\/workspace\/never.txt of the bucket copy was removed/,
    /^"d\/b.txt" has another content in the bucket copy than in the tree$/,
    /^"never.txt" is in the bucket copy, and in the tree there is no such file$/,
    /^"c.txt" is not in the bucket copy$/,
    /^"e.txt" is not in the bucket copy$/,
  ];
  const { problems } = await fsck(server, userId);
  assert.equal(problems.length, wrong.length, problems.join("\n"));
  for (const [n, problem] of problems.entries()) assert.match(problem, wrong[n] ?? /never/);
  // What the look at the bucket has put right is on its way: the rest is looked at the next time.
  for (let round = 0; round < 3; round += 1) {
    await fsck(server, userId, { repair: true });
    await caughtUp(server, userId);
  }
  assert.deepEqual((await fsck(server, userId)).problems, []);
  await agree(userId, client);
});

test("a file that is larger than a file may be stays there, and is said to", async () => {
  const userId = server.user();
  const bucket = await server.r2();
  ok(await server.client(userId).write(`${ROOT}/a`, "a"));
  await caughtUp(server, userId);
  await bucket.put(`${shelf(userId)}fits`, Buffer.alloc(FILE_MAX));
  await bucket.put(`${shelf(userId)}large`, Buffer.alloc(FILE_MAX + 1));
  const { imported, skipped } = await importAll(server, userId);
  assert.deepEqual([imported, skipped], [1, [{ path: `${ROOT}/large`, reason: "too-large" }]]);
  assert.deepEqual([...(await tree(server.client(userId))).keys()].sort(), ["a", "fits"]);
});

test("an import that is asked for by something else than an object is refused", async () => {
  const client = server.client();
  for (const body of ["[]", '["prefix"]', "5", '"text"']) {
    const target = `/api/files/import${client.url("").search}`;
    refused(await client.raw({ method: "POST", target, body }), 400, "Invalid JSON body");
  }
});
