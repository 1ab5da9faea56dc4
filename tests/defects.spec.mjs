// What other hosts of such files got wrong, and what only shows in large numbers.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { eventually, inParallel, names, ok, pages, refused } from "./expect.mjs";
import { serve } from "./harness.mjs";

// No version outlives a sweep here: what is dropped must give its space back at once. And no copy of 30,000 files is made: the
// local bucket is on the thread of everything else.
const server = serve({ VERSIONS_DAYS: "0", BUCKET_COPY: "off" });
const copying = serve({ VERSIONS_DAYS: "0" });

const numbers = (/** @type {number} */ count) => Array.from({ length: count }, (_, n) => n);

test("a directory of 1,100 entries moves, is trashed and is restored whole", async () => {
  const client = server.client();
  const name = (/** @type {number} */ n) => `f${String(n).padStart(4, "0")}`;
  await inParallel(numbers(1100), async (n) => ok(await client.write(`${ROOT}/from/${name(n)}`, name(n))));
  const expected = numbers(1100).map(name);
  /** @param {string} at */
  const whole = async (at) => {
    assert.deepEqual(names(ok(await client.list(at))), expected);
    for (const n of [0, 1, 999, 1000, 1001, 1099])
      assert.equal(ok(await client.read(`${at}/${name(n)}`)).content, name(n));
  };
  ok(await client.move(`${ROOT}/from`, `${ROOT}/deep/to`));
  refused(await client.list(`${ROOT}/from`), 404, "Directory not found");
  await whole(`${ROOT}/deep/to`);
  const { trashPath } = ok(await client.remove(`${ROOT}/deep/to`));
  await whole(trashPath);
  ok(await client.restore(trashPath, `${ROOT}/back`));
  await whole(`${ROOT}/back`);
  ok(await client.copy(`${ROOT}/back`, `${ROOT}/copy`));
  await whole(`${ROOT}/copy`);
  ok(await client.remove(`${ROOT}/back`, { permanent: true }));
  await whole(`${ROOT}/copy`);
});

test("overwriting 200 KB 300 times and deleting the file for good gives all of the space back", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const path = `${ROOT}/large.bin`;
  for (let n = 0; n < 300; n += 1) ok(await client.put(path, randomBytes(200_000)));
  const stored = async () =>
    Number((await server.sql(userId, "SELECT v FROM meta WHERE k = 'stored_bytes'"))[0]?.v ?? 0);
  assert.ok((await stored()) >= 200_000, "what is there is counted");
  ok(await client.remove(path, { permanent: true }));
  const left = async () => {
    const [blobs] = await server.sql(userId, "SELECT count(*) AS count FROM blob");
    return { stored: await stored(), blobs: blobs.count };
  };
  await server.swept(userId, left, (now) => now.stored === 0 && now.blobs === 0);
  assert.deepEqual(await server.sql(userId, "SELECT 1 FROM past WHERE blob IS NOT NULL"), []);
});

test("one of two equal files going does not take the other's bytes along", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const bytes = randomBytes(50_000);
  for (const name of ["one", "two"]) ok(await client.put(`${ROOT}/${name}`, bytes));
  ok(await client.put(`${ROOT}/other`, randomBytes(50_000)));
  for (const name of ["one", "other"]) ok(await client.remove(`${ROOT}/${name}`, { permanent: true }));
  const blobs = async () => (await server.sql(userId, "SELECT count(*) AS count FROM blob"))[0].count;
  await server.swept(userId, blobs, (count) => count === 1);
  assert.deepEqual((await client.content(`${ROOT}/two`)).bytes, bytes);
});

test("a listing of 10,050 entries is cut at 10,000, says so, and ends with the other 50", async () => {
  const userId = server.user();
  const client = server.client(userId);
  ok(await client.write(`${ROOT}/many/name-00000`, "x"));
  await server.plant(userId, "many", 10_049);
  const expected = numbers(10_050).map((n) => `name-${String(n).padStart(5, "0")}`);
  const whole = await pages(client, `${ROOT}/many`, {});
  assert.deepEqual(
    whole.map(({ files }) => files.length),
    [10_000, 50],
  );
  assert.deepEqual(whole.flatMap(names), expected);
  const paged = await pages(client, `${ROOT}/many`, { limit: 999 });
  assert.equal(paged.length, 11);
  assert.deepEqual(paged.flatMap(names), expected);
});

test("a recursive listing of 10,050 entries is not silently cut either", async () => {
  const client = server.client();
  for (const n of numbers(49)) ok(await client.write(`${ROOT}/a/a/f${n}`, "x"));
  for (const n of numbers(9)) ok(await client.copy(`${ROOT}/a/a`, `${ROOT}/a/b${n}`)); // ten directories of 49, and their own
  for (const n of numbers(19)) ok(await client.copy(`${ROOT}/a`, `${ROOT}/b${n}`)); // twenty of those: 20 * 501
  for (const n of numbers(30)) ok(await client.mkdir(`${ROOT}/c${n}`));
  const whole = await pages(client, ROOT, { recursive: true });
  assert.deepEqual(
    whole.map(({ files }) => files.length),
    [10_000, 50],
  );
  const paths = whole.flatMap(({ files }) => files.map((/** @type {any} */ { path }) => path));
  assert.equal(new Set(paths).size, 10_050);
  const paged = await pages(client, ROOT, { recursive: true, limit: 1501 });
  assert.deepEqual(
    paged.flatMap(({ files }) => files.map((/** @type {any} */ { path }) => path)),
    paths,
  );
});

test("fifty parallel writes to one file have fifty different times, and one of them wins whole", async () => {
  const client = server.client();
  const contents = numbers(50).map((n) => `${n} `.repeat(1000));
  const times = await inParallel(
    contents,
    async (content) => ok(await client.write(`${ROOT}/file`, content)).modified,
    50,
  );
  assert.equal(new Set(times).size, 50);
  const { content, modified } = ok(await client.read(`${ROOT}/file`));
  assert.equal(contents.indexOf(content), times.indexOf(modified));
  assert.equal(modified, times.toSorted().at(-1));
});

test("fifty parallel writes to fifty files have fifty different times", async () => {
  const client = server.client();
  const times = await inParallel(
    numbers(50),
    async (n) => ok(await client.write(`${ROOT}/file${n}`, "x")).modified,
    50,
  );
  assert.equal(new Set(times).size, 50);
  assert.deepEqual(
    new Set(ok(await client.list()).files.map((/** @type {any} */ { modified }) => modified)),
    new Set(times),
  );
});

test("parallel moves of one file have one winner, and the file survives", async () => {
  const client = server.client();
  ok(await client.write(`${ROOT}/file`, "precious"));
  const moved = await inParallel(numbers(20), (n) => client.move(`${ROOT}/file`, `${ROOT}/to${n}`), 20);
  assert.deepEqual(moved.map(({ status }) => status).sort(), [200, ...Array(19).fill(404)]);
  const [file, ...others] = ok(await client.list()).files;
  assert.deepEqual(others, []);
  assert.equal(file.name, `to${moved.findIndex(({ status }) => status === 200)}`);
  assert.equal(ok(await client.read(file.path)).content, "precious");
});

test("nothing of a small workspace is in the bucket, but its copy", async () => {
  const userId = copying.user();
  const client = copying.client(userId);
  ok(await client.put(`${ROOT}/file`, randomBytes(2 ** 20)));
  ok(await client.remove(`${ROOT}/file`));
  ok(await client.put(`${ROOT}/other`, "small"));
  await eventually(
    async () => (await copying.bucket("DATA")).filter((name) => name.startsWith(`users/${userId}/`)),
    (names) => names.join() === `users/${userId}/workspace/other`,
  );
});
