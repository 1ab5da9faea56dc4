// A zip on its way: whatever happens to the tree, to its reader or to the bytes meanwhile, what looks whole is the tree of its moment.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT } from "./client.mjs";
import { cost, eventually, ok } from "./expect.mjs";
import { Server } from "./harness.mjs";
import { call, ingestBytes } from "./media.mjs";
import { fill } from "./publishing.mjs";
import { png } from "./samples.mjs";
import { allLogged, asked, asking, filesOf, released, slowly, target, unzipped, zip } from "./zips.mjs";

/** @typedef {import("./client.mjs").Client} Client */

// It says what a request asks of others.
const server = new Server({}, undefined, join(import.meta.dirname, "asking.mjs"));
before(() => server.start());
after(() => server.stop());

/** A folder whose bytes no socket takes at once: large files, and small ones before and behind. @param {Client} client */
async function bulky(client) {
  const large = randomBytes(50 * 2 ** 20);
  await fill(client, { "it/d/small": "before", "it/large-1": large, "it/zz": "behind" });
  for (const copy of [2, 3, 4]) ok(await client.copy(`${ROOT}/it/large-1`, `${ROOT}/it/large-${copy}`));
  return Object.fromEntries([
    ["it/d/small", Buffer.from("before")],
    ...[1, 2, 3, 4].map((copy) => [`it/large-${copy}`, large]),
    ["it/zz", Buffer.from("behind")],
  ]);
}

test("whatever is changed while somebody reads slowly, the zip is the tree of its moment", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const files = await bulky(client);
  const { response, rest } = await slowly(`${server.url}${target(client, ["it"])}`);
  assert.equal(response.statusCode, 200);
  for (const change of [
    () => client.put(`${ROOT}/it/zz`, "other"),
    () => client.put(`${ROOT}/it/new`, "new"),
    () => client.put(`${ROOT}/it/large-2`, "small now"),
    () => client.remove(`${ROOT}/it/large-3`, { permanent: true }),
    () => client.move(`${ROOT}/it`, `${ROOT}/moved`),
    () => client.remove(`${ROOT}/moved`, { permanent: true }),
  ])
    ok(await change());
  // All time passes, but for the hold's own.
  await server.sql(userId, "UPDATE checkpoint SET until_ms = 9e15");
  const rounds = { left: 3 };
  await server.swept(
    userId,
    async () => (rounds.left -= 1),
    (left) => left === 0,
  );
  const bytes = await rest();
  assert.equal(bytes.length, Number(response.headers["content-length"]));
  const got = filesOf(unzipped(bytes));
  assert.deepEqual(Object.keys(got), Object.keys(files));
  for (const [name, content] of Object.entries(files)) assert.ok(got[name]?.equals(content), name);
  await released(server, userId);
});

test("a reader who leaves ends it, and lets go of the tree", async () => {
  const userId = server.user();
  const client = server.client(userId);
  await bulky(client);
  const from = server.logs.length;
  const { response, leave } = await slowly(`${server.url}${target(client, ["it"])}`);
  assert.equal(response.statusCode, 200);
  await eventually(
    async () => asked(server.logs.slice(from))["DATA.get"],
    (gets) => gets === 1,
  );
  assert.equal((await server.sql(userId, "SELECT label FROM checkpoint")).length, 1, "it is held meanwhile");
  leave();
  await released(server, userId);
  await allLogged(server);
  assert.ok((asked(server.logs.slice(from))["DATA.get"] ?? 0) < 4, "what nobody reads is not fetched");
  assert.deepEqual(
    server.logs.slice(from).filter((line) => line.startsWith("error")),
    [],
  );
});

test("a zip of 200 MB takes hardly any memory", {
  skip: process.platform !== "linux" && "only Linux tells the memory of a process",
}, async (context) => {
  const userId = server.user();
  const client = server.client(userId);
  const files = await bulky(client);
  await zip(client, ["it"]).then(ok);
  await released(server, userId);
  const [pid] = server.runtimes();
  const kib = (/** @type {string} */ field) =>
    Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  const before = kib("VmRSS");
  const began = performance.now();
  const { result, asked } = await asking(server, userId, () => zip(client, ["it"]));
  const grown = (kib("VmHWM") - before) / 1024;
  context.diagnostic(`${Math.round(grown)} MiB more, ${Math.round(performance.now() - began)} ms`);
  assert.equal(asked["DATA.get"], 4);
  assert.ok(filesOf(unzipped(result.bytes))["it/large-4"]?.equals(files["it/large-4"] ?? Buffer.alloc(0)));
  assert.ok(grown < 60, `${grown} MiB`);
});

for (const [what, spoil] of /** @type {const} */ ([
  ["is missing", (/** @type {any} */ bucket, /** @type {string} */ key) => bucket.delete(key)],
  ["has another length", (/** @type {any} */ bucket, /** @type {string} */ key) => bucket.put(key, "short")],
]))
  test(`where an object ${what}, the answer breaks off, and never looks whole`, async () => {
    const userId = server.user();
    const client = server.client(userId);
    await fill(client, { "it/a": randomBytes(2 ** 20), "it/large": randomBytes(2 ** 21), "it/z": "z" });
    const [{ key }] = await server.sql(userId, "SELECT key FROM blob WHERE key IS NOT NULL");
    await spoil(await server.r2(), key);
    const from = server.logs.length;
    const { response, rest } = await slowly(`${server.url}${target(client, ["it"])}`);
    assert.equal(response.statusCode, 200);
    await assert.rejects(rest(), { code: "ECONNRESET" });
    assert.ok(!response.complete);
    await released(server, userId);
    // The runtime says besides that a body broke off. What is logged comes by a way of its own.
    const said = await eventually(
      async () => server.logs.slice(from).filter((line) => /^error: \d/.test(line)),
      (lines) => lines.length > 0,
    );
    assert.equal(said.length, 1, said.join("\n"));
    assert.match(said[0] ?? "", new RegExp(`^error: 500: the object ${key} `));
  });

test("what a sandbox put into the bucket is in it, also where it has been taken over and removed there meanwhile", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const bucket = await server.r2();
  const files = {
    "it/large-1": randomBytes(50 * 2 ** 20),
    "it/large-2": randomBytes(2 ** 21),
    "it/small": Buffer.from("small"),
    "it/zz": Buffer.from("last"),
  };
  for (const [name, bytes] of Object.entries(files)) await bucket.put(`users/${userId}/workspace/${name}`, bytes);
  const from = server.logs.length;
  // The first request of all: nothing is taken over yet. What they are has to be known before the first byte.
  const { response, rest } = await slowly(`${server.url}${target(client, ["it"])}`);
  assert.equal(cost(/** @type {any} */ (response)).bucket, 6, "two pages of what there is, and one read of each");
  await server.swept(
    userId,
    () => server.sql(userId, "SELECT id FROM blob WHERE hash IS NULL AND state = 0"),
    ({ length }) => length === 0,
  );
  await bucket.delete(["large-2", "small"].map((name) => `users/${userId}/workspace/it/${name}`));
  const bytes = await rest();
  assert.equal(bytes.length, Number(response.headers["content-length"]));
  await allLogged(server);
  assert.equal(asked(server.logs.slice(from))["WORKSPACE.perform ReadAt"], 2, "those that were removed are looked for");
  const got = filesOf(unzipped(bytes));
  assert.deepEqual(Object.keys(got), Object.keys(files));
  for (const [name, content] of Object.entries(files)) assert.ok(got[name]?.equals(content), name);
});

test("media that lie in their own bucket are in it, and those whose item is deleted meanwhile", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const pictures = [png(8, 8), png(900, 900)];
  const items = [];
  for (const picture of pictures) items.push(ok(await ingestBytes(client, picture)));
  const laidOut = ok(await client.list(`${ROOT}/public/media`, { recursive: true })).files;
  for (const [index, item] of items.entries()) {
    const { path } = laidOut.find((/** @type {any} */ { name }) => name.startsWith(item.sha256));
    ok(await client.copy(path, `${ROOT}/it/z${index}.png`));
  }
  ok(await client.put(`${ROOT}/it/large.bin`, randomBytes(50 * 2 ** 20)));
  const { response, rest } = await slowly(`${server.url}${target(client, ["it"])}`);
  for (const { id } of items) ok(await call(client, "DELETE", `/api/media/${id}`));
  const bytes = await rest();
  assert.equal(bytes.length, Number(response.headers["content-length"]));
  const got = filesOf(unzipped(bytes));
  for (const [index, picture] of pictures.entries()) assert.ok(got[`it/z${index}.png`]?.equals(picture), `${index}`);
});
