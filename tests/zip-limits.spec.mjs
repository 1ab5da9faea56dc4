// How much a zip takes: as much as was said, and what is more is refused in words before the first byte.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT } from "./client.mjs";
import { ok, refused } from "./expect.mjs";
import { Server } from "./harness.mjs";
import { fill, nothingHeld } from "./publishing.mjs";
import { asking, HAS, python, unzipped, withFile, zip } from "./zips.mjs";

// It says what a request asks of others.
const server = new Server({}, undefined, join(import.meta.dirname, "asking.mjs"));
before(() => server.start());
after(() => server.stop());

/** A folder of one file and so many copies of it, which were there before anything is held. @param {string} userId @param {number} count @param {Buffer | string} bytes */
async function many(userId, count, bytes) {
  await fill(server.client(userId), { "many/name-00000": bytes });
  await server.plant(userId, "many", count);
  await server.sql(userId, "UPDATE node SET rev = (SELECT v FROM meta WHERE k = 'rev') WHERE id > 1000000000");
}

test("10,000 entries are one zip, and one more is too much", async (context) => {
  const userId = server.user();
  const client = server.client(userId);
  await fill(client, { beside: "b" });
  await many(userId, 9_998, randomBytes(5_000));
  const began = performance.now();
  const { result: answer, asked } = await asking(server, userId, () => zip(client, ["many"]));
  ok(answer);
  context.diagnostic(`${answer.bytes.length} bytes in ${Math.round(performance.now() - began)} ms`);
  assert.equal(unzipped(answer.bytes).length, 10_000);
  assert.equal(asked["WORKSPACE.perform ReadBranches"], 5);
  // 4 MiB of them come at a time.
  assert.equal(asked["WORKSPACE.perform ReadContents"], Math.ceil(9_999 / Math.floor(2 ** 22 / 5_000)));
  assert.equal(asked["DATA.get"], undefined);
  if (HAS.python) withFile(answer.bytes, (file) => assert.equal(python(file).length, 10_000));
  const tooMany = await zip(client, ["many", "beside"]);
  assert.equal(refused(tooMany, 413, /at most 10000 files and directories/).max, 10_000);
  await nothingHeld(server, userId);
});

test("more reads than a request may make are refused before the first", async () => {
  const userId = server.user();
  const client = server.client(userId);
  await many(userId, 700, randomBytes(1_100_000));
  const { result, asked } = await asking(server, userId, () => zip(client, ["many"]));
  assert.deepEqual(refused(result, 413, /at most 700 reads/), { error: result.body.error, count: 701, max: 700 });
  assert.equal(asked["DATA.get"], undefined);
  ok(await client.remove(`${ROOT}/many/name-00700`));
  ok(await zip(client, ["many"], "HEAD"));
});

test("more bytes than there is time to add up are refused, and more paths than there is room for", async () => {
  const userId = server.user();
  const client = server.client(userId);
  // Each has 13 MB by its row; nobody reads that far.
  await many(userId, 699, randomBytes(1_100_000));
  await server.sql(userId, "UPDATE node SET size = 13000000 WHERE id > 1000000000");
  const { max, count } = refused(await zip(client, ["many"]), 413, /at most 8589934592 bytes, and this is more/);
  assert.equal(max, 2 ** 33);
  assert.ok(count > 699 * 13_000_000, `${count}`);

  const other = server.user();
  await many(other, 2_300, "");
  const deep = Array.from({ length: 15 }, () => "d".repeat(255)).join("/");
  ok(await server.client(other).move(`${ROOT}/many`, `${ROOT}/${deep}/many`));
  const { result, asked } = await asking(server, other, () => zip(server.client(other), [deep]));
  assert.equal(refused(result, 413, /at most 8388608 bytes of paths/).max, 2 ** 23);
  assert.equal(asked["WORKSPACE.perform ReadContents"], undefined);
  for (const user of [userId, other]) await nothingHeld(server, user);
});

test("as many are held at once as may be, and then somebody has to wait; who publishes has room all the same", async () => {
  const userId = server.user();
  const client = server.client(userId);
  await fill(client, { "a/x": "1" });
  for (let hold = 1; hold <= 12; hold += 1)
    await server.sql(
      userId,
      "INSERT INTO checkpoint (id, rev, label, at_ms, until_ms) VALUES (?, 1, 'x' || ?, 1, 9e15)",
      -1000 - hold,
      hold,
    );
  const busy = await zip(client, ["a"]);
  refused(busy, 429, /try again in a while/);
  assert.equal(busy.headers["retry-after"], "5");
  ok(
    await client.raw({
      method: "GET",
      target: client.target("/list").replace("/api/files/list", "/api/publish/desktop/preview"),
    }),
  );
  await server.sql(userId, "DELETE FROM checkpoint WHERE until_ms = 9e15");
  ok(await zip(client, ["a"]));
});
