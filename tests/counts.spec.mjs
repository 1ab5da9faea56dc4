// What requests cost, in rows, as Server-Timing says: a tree's size must not show in the cost of one of its paths.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { cost, ok, pages } from "./expect.mjs";
import { serve } from "./harness.mjs";

/** A path of so many segments under the root. */
const deep = (/** @type {number} */ depth) =>
  `${ROOT}/${Array.from({ length: depth }, (_, n) => `level${n}`).join("/")}`;

/** @type {import("./client.mjs").Client} */
let client;

// Ten thousand entries by copying and a thousand beside them, a chain of 40 levels, and a flat directory of 5,000.
// Without the bucket copy, which would be at its thousands of files all the while.
const server = serve({ BUCKET_COPY: "off" }, async () => {
  const userId = server.user();
  client = server.client(userId);
  for (let n = 0; n < 9; n += 1) ok(await client.write(`${ROOT}/big/a/a/f${n}`, `${n}`));
  for (let n = 0; n < 9; n += 1) ok(await client.copy(`${ROOT}/big/a/a`, `${ROOT}/big/a/b${n}`));
  for (let n = 0; n < 9; n += 1) ok(await client.copy(`${ROOT}/big/a`, `${ROOT}/big/b${n}`));
  ok(await client.move(`${ROOT}/big`, `${ROOT}/once`));
  for (let n = 0; n < 10; n += 1) ok(await client.copy(`${ROOT}/once`, `${ROOT}/big/c${n}`));
  ok(await client.mkdir(deep(40)));
  for (let n = 0; n < 10; n += 1) ok(await client.write(`${ROOT}/small/f${n}`, `${n}`));
  ok(await client.write(`${ROOT}/flat/name-00000`, "x"));
  await server.plant(userId, "flat", 4999);
});

test("the big directory has more than 10,000 entries", async () => {
  const all = await pages(client, `${ROOT}/big`, { recursive: true });
  const entries = all.reduce((sum, { files }) => sum + files.length, 0);
  assert.ok(entries >= 10_000, String(entries));
});

for (const depth of [1, 2, 10, 40]) {
  test(`a path at depth ${depth} of a tree of 15,000 nodes is found in 3·${depth} + 4 rows`, async () => {
    const { read, written, bucket } = cost(await client.stat(deep(depth)));
    assert.ok(read <= 3 * depth + 4 + 8, String(read)); // 8: what the opening of an object and its alarm may read
    assert.deepEqual([written, bucket], [0, 0]);
  });
}

test("a path that is not there costs no more than one that is", async () => {
  assert.ok(cost(await client.stat(`${deep(40)}/none`)).read <= 3 * 41 + 4 + 8);
  assert.ok(cost(await client.stat(`${ROOT}/none/${"a/".repeat(38)}a`)).read <= 3 * 40 + 4 + 8);
});

// One after the other on the same two directories, so that each verb meets what the last one left.
test("moving, trashing, restoring and deleting 10,000 entries cost what ten entries cost", async () => {
  /** @param {string} name @returns {Promise<Record<string, number>>} rows of each verb */
  const rows = async (name) => {
    const spent = (/** @type {import("./client.mjs").Answer} */ answer) => {
      ok(answer);
      const { read, written, bucket } = cost(answer);
      assert.equal(bucket, 0);
      return read + written;
    };
    const at = (/** @type {string} */ suffix) => `${ROOT}/${name}${suffix}`;
    const move = spent(await client.move(at(""), at("-moved")));
    const trashed = await client.remove(at("-moved"));
    const restored = await client.restore(trashed.body.trashPath);
    const again = await client.remove(at("-moved"));
    const fromTrash = await client.remove(again.body.trashPath);
    return { move, trash: spent(trashed), restore: spent(restored), "delete in the trash": spent(fromTrash) };
  };
  for (const name of ["small", "big"]) ok(await client.copy(`${ROOT}/${name}`, `${ROOT}/${name}-copy`));
  const [ten, many] = [await rows("small"), await rows("big")];
  const permanent = async (/** @type {string} */ path) => {
    const answer = await client.remove(path, { permanent: true });
    ok(answer);
    return cost(answer).read + cost(answer).written;
  };
  ten.delete = await permanent(`${ROOT}/small-copy`);
  many.delete = await permanent(`${ROOT}/big-copy`);
  for (const [verb, count] of Object.entries(many)) {
    // An alarm that has rung between two of them leaves a few timers more or less to be looked at.
    assert.ok(
      Math.abs(count - (ten[verb] ?? NaN)) <= 8,
      `${verb}: ${ten[verb]} rows for ten entries, ${count} for thousands`,
    );
    assert.ok(count < 80, `${verb}: ${count} rows`);
  }
});

test("a page of 1,000 of 5,000 entries reads about 1,000 rows, wherever it lies", async () => {
  const all = await pages(client, `${ROOT}/flat`, { limit: 1000 });
  assert.deepEqual(
    all.map(({ files }) => files.length),
    [1000, 1000, 1000, 1000, 1000],
  );
  for (const page of all) assert.ok(page.cost.read <= 1050, String(all.map((each) => each.cost.read)));
});

test("a page of a recursive listing reads in proportion to the page, wherever it lies", async () => {
  ok(await client.mkdir(`${ROOT}/tree`));
  // Ten directories of ten directories of ten files.
  for (let n = 0; n < 10; n += 1) ok(await client.write(`${ROOT}/tree/a/a/f${n}`, "x"));
  for (let n = 1; n < 10; n += 1) ok(await client.copy(`${ROOT}/tree/a/a`, `${ROOT}/tree/a/b${n}`));
  for (let n = 1; n < 10; n += 1) ok(await client.copy(`${ROOT}/tree/a`, `${ROOT}/tree/b${n}`));
  for (const limit of [10, 100]) {
    const all = await pages(client, `${ROOT}/tree`, { recursive: true, limit });
    assert.equal(all.flatMap(({ files }) => files).length, 1110);
    for (const page of all)
      assert.ok(page.cost.read <= 4 * limit + 60, `${page.cost.read} rows for a page of ${limit}`);
  }
});

test("a write, a read and a deletion in a directory of 5,000 entries cost what they cost in an empty one", async () => {
  /** @param {string} dir */
  const rows = async (dir) => {
    const verbs = [];
    verbs.push(await client.write(`${dir}/new.txt`, "x"));
    verbs.push(await client.write(`${dir}/new.txt`, "y"));
    verbs.push(await client.read(`${dir}/new.txt`));
    verbs.push(await client.copy(`${dir}/new.txt`, `${dir}/copy.txt`));
    verbs.push(await client.remove(`${dir}/copy.txt`));
    verbs.push(await client.remove(`${dir}/new.txt`, { permanent: true }));
    return verbs.map((answer) => {
      ok(answer);
      return cost(answer).read + cost(answer).written;
    });
  };
  ok(await client.mkdir(`${ROOT}/void`));
  const [empty, full] = [await rows(`${ROOT}/void`), await rows(`${ROOT}/flat`)];
  for (const [n, count] of full.entries()) {
    // Whichever comes first after a sweep also sets a timer again.
    assert.ok(count <= (empty[n] ?? Number.NaN) + 12, `in an empty directory ${empty}, in a full one ${full}`);
    assert.ok(count < 90, String(full));
  }
});
