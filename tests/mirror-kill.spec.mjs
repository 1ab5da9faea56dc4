// kill -9 while the bucket copy is brought up to date, and while it is imported: afterwards both sides agree to the byte, and
// nothing that a sandbox wrote is lost.

import assert from "node:assert/strict";
import { createHash, randomBytes, randomInt } from "node:crypto";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { inParallel, ok } from "./expect.mjs";
import { daring } from "./failing.mjs";
import { fsck } from "./fsck.mjs";
import { serve } from "./harness.mjs";
import { caughtUp, copied, importAll } from "./mirror.mjs";

const KILLS = 20;
const server = serve({});
const hash = (/** @type {Buffer} */ bytes) => createHash("sha256").update(bytes).digest("hex");

/** How many files are on their way, and whether any may still be. */
const onItsWay = async (/** @type {string} */ userId) =>
  (
    await server.sql(
      userId,
      `SELECT (SELECT count(*) FROM mirror_plan WHERE sent IS NOT NULL) AS count, EXISTS (SELECT 1 FROM mirror_plan)
         OR (SELECT v FROM meta WHERE k = 'rev') > (SELECT v FROM meta WHERE k = 'mirror_planned') AS more`,
    )
  )[0];

/** Changes of every kind in one round: files of both sizes written, a folder moved, another deleted. @param {import("./client.mjs").Client} client */
async function change(client, /** @type {number} */ round) {
  const put = (/** @type {string} */ name, /** @type {number} */ size) =>
    client.put(`${ROOT}/${name}`, randomBytes(size)).then(ok);
  await put(`now/${round}/large.bin`, 1_100_000 + randomInt(300_000));
  await inParallel(
    Array.from({ length: 12 }, (_, n) => n),
    (n) => put(`now/${round}/${n}.bin`, randomInt(20_000)),
    4,
  );
  await put("always/same-name.bin", randomInt(50_000));
  await put("always/large.bin", 1_100_000 + randomInt(300_000));
  if (round > 1) ok(await client.move(`${ROOT}/now/${round - 1}`, `${ROOT}/then/${round - 1}`));
  // Much at once, so that a kill finds the copy in the middle of it.
  if (round > 1) ok(await client.remove(`${ROOT}/copies`, { permanent: true }));
  for (let n = 0; n < 5; n += 1) ok(await client.copy(`${ROOT}/now/${round}`, `${ROOT}/copies/${round}-${n}`));
  if (round > 3) ok(await client.remove(`${ROOT}/then/${round - 3}`, round % 2 ? { permanent: true } : {}));
}

test(`after each of ${KILLS} kills the copy becomes what the tree is, and keeps what a sandbox wrote`, async (context) => {
  const userId = server.user();
  const shelf = `users/${userId}/workspace/`;
  let cut = 0;
  for (let round = 1; round <= KILLS; round += 1) {
    await change(server.client(userId), round);
    const theirs = randomBytes(randomInt(2) ? 500 : 1_200_000);
    await (await server.r2()).put(`${shelf}always/sandbox.bin`, theirs);
    const { search } = server.client(userId).url("");
    const client = daring(server, userId);
    // Every other time, an import runs as well.
    const calls = [client.raw({ method: "GET", target: `/api/keepalive${search}` })];
    if (round % 2) calls.push(client.raw({ method: "POST", target: `/api/files/import${search}`, body: "{}" }));
    const answers = Promise.allSettled(calls);
    // Some at any time, most while something is on its way.
    const end = Date.now() + (round % 5 ? 60_000 : randomInt(100));
    for (let now; Date.now() < end && (now === undefined || (now.count === 0 && now.more)); )
      now = await onItsWay(userId);
    cut += (await onItsWay(userId)).count > 0 ? 1 : 0;
    process.kill(Number(server.runtimes()[0]), "SIGKILL");
    await answers;
    await server.restart();
    const again = server.client(userId);
    await importAll(server, userId);
    const state = await caughtUp(server, userId);
    assert.deepEqual([state.changedThere, state.mirroredRev], [0, state.rev], `round ${round}`);
    const there = await copied(server, userId);
    const { files } = ok(await again.list(ROOT, { recursive: true }));
    const here = files.filter((/** @type {any} */ { type }) => type === "file");
    const names = here.map((/** @type {any} */ { path }) => path.slice(ROOT.length + 1));
    assert.deepEqual([...there.keys()].sort(), names.sort(), `round ${round}`);
    for (const { path } of here) {
      const { etag } = ok(await again.stat(path));
      const bytes = there.get(path.slice(ROOT.length + 1)) ?? Buffer.alloc(0);
      assert.equal(`"${hash(bytes)}"`, etag, path);
    }
    assert.equal(hash(there.get("always/sandbox.bin") ?? Buffer.alloc(0)), hash(theirs), `round ${round}`);
  }
  context.diagnostic(`${cut} of ${KILLS} kills with something on its way`);
  assert.ok(cut > 3, `${cut} kills with something on its way`);
  assert.deepEqual((await fsck(server, userId)).problems, []);
});
