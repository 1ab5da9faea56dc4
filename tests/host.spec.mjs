// What a host asks of the service: is it there, begin anew, forget this user, and what was said in the chats.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { ROOT, send } from "./client.mjs";
import { eventually, keys, names, ok, refused, TIME } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { accounted, onlyLive } from "./ledger.mjs";

const HOST_SECRET = "host-secret-of-the-test";
const server = serve({ HOST_SECRET, VERSIONS_DAYS: "0" });
const FILE = `${ROOT}/file.bin`;
const LARGE = 2 * 2 ** 20;

/** @typedef {import("./client.mjs").Client} Client */

/** A signed request to a route outside of `/api/files`. @param {Client} client @param {string} method @param {string} path @param {unknown} [value] */
const call = (client, method, path, value, more = "") =>
  client.raw({
    method,
    target: `${path}${client.url("").search}${more}`,
    body: value === undefined ? undefined : JSON.stringify(value),
    headers: value === undefined ? {} : { "content-type": "application/json" },
  });

test("keepalive says whose URL it is and when, and nothing without a signature", async () => {
  const userId = server.user();
  const said = ok(await call(server.client(userId), "GET", "/api/keepalive"));
  assert.deepEqual(keys(said), ["copy", "status", "syncing", "timestamp", "userId"]);
  assert.deepEqual([said.status, said.userId, said.syncing], ["alive", userId, false]);
  assert.match(said.timestamp, TIME);
  assert.equal(refused(await send(server.url, { method: "GET", target: "/api/keepalive" }), 401).error, "Unauthorized");
  assert.equal((await call(server.client(userId), "POST", "/api/keepalive", {})).status, 405);
});

test("status is public, looks at one user when signed, and takes no bad signature", async () => {
  const running = { ok: true, status: "running" };
  assert.deepEqual(ok(await send(server.url, { method: "GET", target: "/api/status" })), running);
  const client = server.client();
  // A loaded machine may take longer to open a workspace than it waits for it.
  const said = await eventually(
    async () => ok(await call(client, "GET", "/api/status")),
    ({ ok }) => ok,
  );
  assert.deepEqual(said, running);
  const { search } = client.url("");
  for (const query of [search.replace(/.$/, "_"), search.replace("userId=user_", "userId=user_x"), "?userId=user_a"])
    refused(await send(server.url, { method: "GET", target: `/api/status${query}` }), 401, "Unauthorized");
});

/** A workspace with something of everything. @param {string} userId */
async function furnished(userId) {
  const client = server.client(userId);
  ok(await client.write(`${ROOT}/dir/small.txt`, "small"));
  ok(await client.put(`${ROOT}/dir/large.bin`, randomBytes(LARGE)));
  ok(await client.put(`${ROOT}/old.bin`, randomBytes(LARGE)));
  ok(await client.put(`${ROOT}/old.bin`, randomBytes(LARGE)));
  ok(await client.put(`${ROOT}/trashed.bin`, randomBytes(LARGE)));
  ok(await client.remove(`${ROOT}/trashed.bin`));
  return client;
}

/** Objects that others have put beside the blobs. @param {string} userId */
async function foreign(userId) {
  const bucket = await server.r2();
  const found = ["workspace/a.txt", "workspace/b/c.txt", "clawdbot/agents/x.jsonl", "history/main.json"];
  const planted = found.map((name) => `users/${userId}/${name}`);
  for (const key of planted) await bucket.put(key, "{}");
  return planted;
}

const meta = async (/** @type {string} */ userId) =>
  Object.fromEntries((await server.sql(userId, "SELECT k, v FROM meta")).map(({ k, v }) => [k, v]));

test("a reset empties one workspace, trash and history too, and nobody else's", async () => {
  const [userId, otherId] = [server.user(), server.user()];
  const [client, other] = [await furnished(userId), await furnished(otherId)];
  const planted = [...(await foreign(userId)), ...(await foreign(otherId))];
  const bucket = await server.r2();
  const elsewhere = [`media/${userId}/x`, `users/${userId}x/blobs/x`, `users/${userId}`, `user/${userId}/x`];
  for (const key of elsewhere) await bucket.put(key, "x");
  const beforeOther = ok(await other.list(ROOT, { recursive: true }));
  const before = await meta(userId);
  const { rev } = ok(await client.stat(`${ROOT}/dir/large.bin`));

  const said = ok(await call(client, "POST", "/api/reset-workspace", {}));
  assert.equal(typeof said.message, "string");
  assert.deepEqual(said, {
    success: true,
    message: said.message,
    userId,
    cleared: { workspace: true, clawdbot: true },
  });
  assert.deepEqual(ok(await client.list(ROOT, { recursive: true })).files, []);
  assert.deepEqual(ok(await client.trash()).files, []);
  refused(await client.read(`${ROOT}/dir/small.txt`), 404);
  const after = await meta(userId);
  assert.ok(after.rev > before.rev, "rev keeps counting");
  assert.ok(after.epoch > before.epoch, "another epoch");
  for (const table of ["past", "checkpoint", "trash"])
    assert.deepEqual(await server.sql(userId, `SELECT * FROM ${table}`), [], table);
  assert.equal((await server.sql(userId, "SELECT * FROM change")).length, 1, "the feed begins with the reset");

  // The planted objects of this user are gone; those that only look like theirs are not.
  const left = [...(await server.objects()).keys()];
  assert.deepEqual(
    planted.filter((key) => left.includes(key)),
    planted.filter((key) => key.startsWith(`users/${otherId}/`)),
  );
  for (const key of elsewhere) assert.ok(left.includes(key), key);
  for (const key of elsewhere) await bucket.delete(key);
  for (const key of planted) await bucket.delete(key);

  // The bytes stay for their readers, and then go.
  await accounted(server, userId);
  assert.deepEqual(await onlyLive(server, userId), []);
  assert.deepEqual(ok(await other.list(ROOT, { recursive: true })), beforeOther);
  assert.equal((await other.content(`${ROOT}/dir/large.bin`)).bytes.length, LARGE);

  ok(await client.write(FILE, "anew"));
  assert.ok(ok(await client.stat(FILE)).rev > rev);
  assert.equal(ok(await client.read(FILE)).content, "anew");
});

test("a reset can be repeated, and the workspace serves as ever after each", async () => {
  const userId = server.user();
  const client = await furnished(userId);
  let { rev, epoch } = await meta(userId);
  for (let round = 0; round < 3; round += 1) {
    for (const body of [undefined, {}]) ok(await call(client, "POST", "/api/reset-workspace", body));
    const now = await meta(userId);
    assert.ok(now.rev > rev && now.epoch > epoch);
    ({ rev, epoch } = now);
    assert.deepEqual(names(ok(await client.list())), []);
    ok(await client.put(FILE, randomBytes(LARGE)));
  }
  await accounted(server, userId);
  assert.equal((await onlyLive(server, userId)).length, 1);
});

test("a reset keeps the sessions when told to, and takes nothing but true and false for an answer", async () => {
  const userId = server.user();
  const client = await furnished(userId);
  const planted = await foreign(userId);
  refused(await call(client, "POST", "/api/reset-workspace", { clearSessions: "no" }), 400);
  refused(await call(client, "POST", "/api/reset-workspace", "nonsense"), 400);
  assert.notDeepEqual(names(ok(await client.list())), []);
  const { cleared } = ok(await call(client, "POST", "/api/reset-workspace", { clearSessions: false }));
  assert.deepEqual(cleared, { workspace: true, clawdbot: false });
  const sessions = planted.filter((key) => !key.includes("/workspace/"));
  const there = await server.objects("DATA", `users/${userId}/`);
  assert.deepEqual(planted.filter((key) => there.has(key)).sort(), sessions.toSorted());
  // What the bucket copy had on its way goes once it has arrived.
  await eventually(
    async () =>
      [...(await server.objects("DATA", `users/${userId}/`)).keys()].filter((key) => !key.includes("/blobs/")),
    (left) => left.sort().join() === sessions.sort().join(),
  );
  for (const key of planted) await (await server.r2()).delete(key);
});

test("an upload that was under way at a reset does not come back, and leaves nothing", async () => {
  const userId = server.user();
  const client = await furnished(userId);
  const bytes = randomBytes(LARGE);
  await Promise.all([
    ...Array.from({ length: 5 }, (_, n) =>
      client.put(`${ROOT}/under-way-${n}`, [bytes.subarray(0, 9), bytes.subarray(9)]),
    ),
    call(client, "POST", "/api/reset-workspace", {}),
  ]);
  await accounted(server, userId);
  for (const { path } of ok(await client.list()).files)
    if (path.includes("under-way")) assert.ok((await client.content(path)).bytes.equals(bytes), path);
  await onlyLive(server, userId);
});

const closing = (/** @type {string} */ userId, authorization = `Bearer ${HOST_SECRET}`) =>
  send(server.url, {
    method: "DELETE",
    target: `/api/account?userId=${encodeURIComponent(userId)}`,
    headers: authorization === "" ? {} : { authorization },
  });

test("only the host deletes an account: by its secret, not by a user's URL", async () => {
  const userId = server.user();
  const client = await furnished(userId);
  for (const wrong of ["", "Bearer ", "Bearer wrong", HOST_SECRET, `Basic ${HOST_SECRET}`, `Bearer ${HOST_SECRET}x`])
    refused(await closing(userId, wrong), 401);
  refused(await call(client, "DELETE", "/api/account"), 401);
  for (const bad of ["", "nobody", "user_", "user_a/b", "user_é"]) refused(await closing(bad), 400);
  assert.equal(names(ok(await client.list())).length, 2);
});

test("a deleted account is gone everywhere, for good, and nobody else's is", async () => {
  const [userId, otherId] = [server.user(), server.user()];
  const [client, other] = [await furnished(userId), await furnished(otherId)];
  await foreign(userId);
  const kept = await foreign(otherId);
  const beforeOther = ok(await other.list(ROOT, { recursive: true }));
  const { trashPath } = ok(await client.trash()).files[0];
  const gone = async () => {
    const left = async () => [...(await server.objects("DATA", `users/${userId}/`)).keys()];
    assert.deepEqual(
      (await left()).filter((key) => !key.includes("/workspace/")),
      [],
    );
    // What the bucket copy had on its way goes once it has arrived.
    await eventually(left, ({ length }) => length === 0);
  };
  ok(await closing(userId));
  await gone();
  const everything = async () => [
    await client.list(),
    await client.read(FILE),
    await client.stat(ROOT),
    await client.content(FILE),
    await client.download(FILE),
    await client.trash(),
    await client.write(FILE, "back"),
    await client.put(FILE, "back"),
    await client.put(FILE, randomBytes(LARGE)),
    await client.put(FILE, [randomBytes(LARGE)]),
    await client.mkdir(`${ROOT}/back`),
    await client.move(FILE, `${ROOT}/back`),
    await client.copy(FILE, `${ROOT}/back`),
    await client.remove(FILE),
    await client.restore(trashPath),
    await client.emptyTrash(),
    await call(client, "POST", "/api/reset-workspace", {}),
  ];
  for (const answer of await everything()) refused(answer, 410, "This account was deleted");
  assert.deepEqual(ok(await call(client, "GET", "/api/status")), { ok: false, status: "not_running" });
  for (let round = 0; round < 2; round += 1) ok(await closing(userId));
  await server.evict(userId);
  for (const answer of await everything()) refused(answer, 410);
  await gone();
  assert.deepEqual(ok(await other.list(ROOT, { recursive: true })), beforeOther);
  const left = await server.objects("DATA", `users/${otherId}/`);
  for (const key of kept) assert.ok(left.has(key), key);
  for (const key of kept) await (await server.r2()).delete(key);
});

test("an account that has never had anything can be deleted, and stays so", async () => {
  const userId = server.user();
  ok(await closing(userId));
  refused(await server.client(userId).list(), 410);
});
