// The verifier: a healthy workspace has nothing to hide, and each kind of damage is named in words.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { eventually, ok, refused } from "./expect.mjs";
import { fsck } from "./fsck.mjs";
import { SECRET, serve } from "./harness.mjs";

const server = serve();
const LARGE = `${ROOT}/large.bin`;
const SMALL = `${ROOT}/notes/small.md`;

/** A user with a bit of everything: small and large files, versions, trash, a checkpoint, something deleted for good. */
async function someone() {
  const userId = server.user();
  const client = server.client(userId);
  ok(await client.write(SMALL, "one"));
  ok(await client.write(SMALL, "two"));
  ok(await client.put(LARGE, Buffer.alloc(1_200_000, 1)));
  ok(await client.put(LARGE, Buffer.alloc(1_300_000, 2)));
  ok(await client.write(`${ROOT}/d/trashed`, "trashed"));
  const { search } = client.url("");
  ok(await client.raw({ method: "POST", target: `/api/checkpoints${search}` }));
  ok(await client.remove(`${ROOT}/d`));
  ok(await client.remove(SMALL, { permanent: true }));
  ok(await client.write(SMALL, "three"));
  // What the alarm does at once is done: it would go on with what is damaged in between.
  await eventually(
    () => server.sql(userId, "SELECT what FROM timer WHERE due_ms <= ?", Date.now()),
    ({ length }) => length === 0,
  );
  return userId;
}

const key = async (/** @type {string} */ userId) =>
  (await server.sql(userId, "SELECT max(key) AS key FROM blob WHERE place = 1"))[0].key;

test("of a healthy workspace there is nothing to say", async () => {
  const userId = await someone();
  const found = await fsck(server, userId);
  assert.deepEqual([found.problems, found.repaired], [[], []]);
  assert.equal(found.checked.objects, 2);
  assert.equal(found.checked.contents, 6);
  assert.ok(Number(found.checked.rules) > 20);
  const sampled = await fsck(server, userId, { all: false });
  assert.deepEqual(sampled.problems, []);
  assert.ok(Number(sampled.checked.contents) < 6);
  const empty = await fsck(server, server.user());
  assert.deepEqual([empty.problems, empty.checked.objects], [[], 0]);
});

/** What is damaged, how, and what is said of it. @type {[string, string, RegExp][]} */
const DAMAGE = [
  [
    "a file without a directory",
    "UPDATE node SET parent = 999999 WHERE name = 'small.md'",
    /hangs in a directory: the entry \d+/,
  ],
  [
    "a file's content",
    "DELETE FROM blob WHERE id = (SELECT blob FROM node WHERE name = 'small.md')",
    /content that is used is there: the content \d+/,
  ],
  ["content of a version", "DELETE FROM blob WHERE id = (SELECT max(blob) FROM past)", /content that is used is there/],
  [
    "a size",
    "UPDATE node SET size = size + 1 WHERE name = 'small.md'",
    /size of its content: the entry \d+ at "notes\/small.md"/,
  ],
  ["a rev in the feed", "DELETE FROM change WHERE rev = (SELECT min(rev) + 2 FROM change)", /row of the feed/],
  [
    "a transaction of the feed",
    "UPDATE change SET at_ms = 1 WHERE rev = (SELECT max(rev) FROM change)",
    /later than any before/,
  ],
  ["the stored bytes", "UPDATE meta SET v = v + 5 WHERE k = 'stored_bytes'", /stored bytes are counted/],
  ["the number of entries", "UPDATE meta SET v = v - 1 WHERE k = 'entries'", /entries are counted/],
  ["the number of files", "UPDATE meta SET v = v + 1 WHERE k = 'files'", /files are counted/],
  ["the trash's own row", "DELETE FROM trash", /in the trash has its row/],
  ["a task of the alarm", "DELETE FROM timer", /has its task: the task expire/],
  [
    "a state of the past",
    "UPDATE past SET from_rev = to_rev + 1 WHERE to_rev = (SELECT max(to_rev) FROM past)",
    /ends after it began/,
  ],
  ["inline bytes", "UPDATE blob SET bytes = zeroblob(size) WHERE place = 0", /in its row has the hash/],
  ["a name's order", "UPDATE node SET fold = 'other' WHERE name = 'small.md'", /sorts by its lower case/],
  ["the revision of a checkpoint", "UPDATE checkpoint SET rev = rev + 1000000", /a checkpoint's rev has been/],
  [
    "a checkpoint that held something",
    "DELETE FROM checkpoint",
    /held for a checkpoint has a state that it covers, or is looked at again/,
  ],
  [
    "what is held",
    "INSERT INTO held SELECT id FROM node WHERE name = 'small.md'",
    /held for a checkpoint is not there/,
  ],
  [
    "an item of media",
    "INSERT INTO media (id, public_id, blob, kind, mime, created_ms, is_public) VALUES (7, 'x', 999999, 'image', 'x', 1, 0)",
    /an item has live content, .*: the media item 7/,
  ],
  [
    "an upload under way",
    "INSERT INTO upload VALUES ('users/x/blobs/y', 1, NULL, 5, 1)",
    /bytes that may come are counted/,
  ],
  ["where bytes are", "UPDATE blob SET key = NULL WHERE place = 1", /their key is in the row: the content \d+/],
];

for (const [what, statement, said] of DAMAGE) {
  test(`damage to ${what} is named`, async () => {
    const userId = await someone();
    await server.sql(userId, statement);
    const { problems } = await fsck(server, userId);
    assert.ok(
      problems.some((problem) => said.test(problem)),
      `${said} of ${JSON.stringify(problems, null, 1)}`,
    );
  });
}

test("an object that is missing, of another size or with other bytes is named", async () => {
  const userId = await someone();
  const [bucket, lost] = [await server.r2(), await key(userId)];
  const bytes = Buffer.from(await (await bucket.get(lost)).arrayBuffer());
  await bucket.delete(lost);
  assert.match((await fsck(server, userId)).problems.join(), /is missing, its row says \d+ bytes/);
  await bucket.put(lost, "short");
  assert.match((await fsck(server, userId)).problems.join(), /has 5 bytes, its row says \d+/);
  const other = Buffer.from(bytes);
  other[7] = 9;
  await bucket.put(lost, other);
  assert.match((await fsck(server, userId)).problems.join(), /has the hash [0-9a-f]{64}, its row says/);
  await bucket.put(lost, bytes);
  assert.deepEqual((await fsck(server, userId)).problems, []);
});

test("an object that no row knows is named, and goes by a repair alone", async () => {
  const userId = await someone();
  const bucket = await server.r2();
  const orphan = `users/${userId}/blobs/orphan`;
  const theirs = `users/${userId}/clawdbot/theirs.json`;
  for (const each of [orphan, theirs]) await bucket.put(each, "x");
  for (let round = 0; round < 2; round += 1) {
    const { problems, repaired } = await fsck(server, userId);
    assert.deepEqual(
      [problems, repaired],
      [[`No row knows the object ${orphan} of 1 bytes`], []],
      "a look changes nothing, and what others put elsewhere is theirs",
    );
  }
  const { repaired } = await fsck(server, userId, { repair: true });
  assert.deepEqual(repaired, [`the object ${orphan} goes`]);
  await server.swept(
    userId,
    () => server.objects("DATA", `users/${userId}/`),
    (objects) => !objects.has(orphan),
  );
  assert.ok((await server.objects("DATA", `users/${userId}/`)).has(theirs));
  assert.deepEqual((await fsck(server, userId)).problems, []);
});

test("counters and tasks are put right by a repair, and nothing is guessed", async () => {
  const userId = await someone();
  await server.sql(userId, "UPDATE meta SET v = v + 7 WHERE k IN ('entries', 'files', 'stored_bytes')");
  await server.sql(userId, "DELETE FROM timer");
  await server.sql(userId, "UPDATE node SET parent = 999999 WHERE name = 'small.md'");
  assert.ok((await fsck(server, userId)).problems.length >= 4);
  const { repaired } = await fsck(server, userId, { repair: true });
  assert.equal(repaired.length, 3);
  const { problems } = await fsck(server, userId);
  assert.equal(problems.length, 1, String(problems));
  assert.match(String(problems), /hangs in a directory/);
});

test("a look through more than one page of objects sees all of them", async () => {
  const userId = server.user();
  ok(await server.client(userId).mkdir(`${ROOT}/d`));
  const bucket = await server.r2();
  const keys = Array.from({ length: 520 }, (_, n) => `users/${userId}/blobs/${String(n).padStart(4, "0")}`);
  for (const each of keys) await bucket.put(each, "x");
  const { problems, checked } = await fsck(server, userId);
  assert.deepEqual([problems.length, checked.objects], [520, 520]);
});

test("a cursor of another kind is refused", async () => {
  const client = server.client();
  const { search } = client.url("");
  refused(await client.raw({ method: "GET", target: `/api/fsck${search}&cursor=x` }), 400, "Invalid cursor");
  const foreign = Buffer.from('{"Bucket":"users/somebody-else/blobs/"}').toString("base64url");
  refused(await client.raw({ method: "GET", target: `/api/fsck${search}&cursor=${foreign}` }), 400, "Invalid cursor");
});

test("the command says so in words, and by how it ends", async () => {
  const userId = await someone();
  const run = (/** @type {string[]} */ ...args) =>
    /** @type {Promise<{ code: number, out: string }>} */ (
      new Promise((done) => {
        const program = resolve(import.meta.dirname, "../scripts/fsck.mjs");
        const env = { ...process.env, SIGNING_SECRET: SECRET };
        execFile(process.execPath, [program, ...args], { env }, (error, out, err) => {
          done({ code: Number(error?.code ?? 0), out: out + err });
        });
      })
    );
  const healthy = await run("--user", userId, "--base", server.url, "--all");
  assert.equal(healthy.code, 0, healthy.out);
  assert.match(healthy.out, /nothing is wrong: \d+ rules, 2 objects, the bytes of [56] contents/);
  await server.sql(userId, "UPDATE meta SET v = v + 1 WHERE k = 'files'");
  const damaged = await run("--user", userId, "--base", server.url);
  assert.deepEqual([damaged.code, /files are counted/.test(damaged.out)], [1, true], damaged.out);
  const repaired = await run("--user", userId, "--base", server.url, "--repair");
  assert.match(repaired.out, /repaired: files is \d+ again/);
  assert.equal((await run()).code, 1);
});
