// The verifier on what a user has published: rows that agree, objects that are there, and nothing that nobody knows.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { ok } from "./expect.mjs";
import { fsck } from "./fsck.mjs";
import { serve } from "./harness.mjs";
import { call } from "./media.mjs";
import { sql } from "./store.mjs";

const server = serve({ CATALOG_CACHE_SECONDS: "0" });

/** A user who has published an app twice and a desktop once, and unpublished another app. */
async function someone() {
  const userId = server.user();
  const client = server.client(userId);
  const write = (/** @type {string} */ path, /** @type {string} */ body) =>
    client.request("PUT", "/content", { params: { path: `${ROOT}/${path}` }, body });
  const publish = async (/** @type {string} */ kind, /** @type {any} */ json) =>
    ok(await call(client, "POST", `/api/publish/${kind}`, { json }));
  ok(await write("src/apps/a/index.tsx", "export default 1;"));
  ok(await write("src/apps/gone/index.tsx", "export default 0;"));
  ok(await write("package.json", "{}"));
  const app = await publish("app", { appId: "a", tags: ["x"] });
  const gone = await publish("app", { appId: "gone" });
  await publish("desktop", { title: "Mine", desktopId: "main" });
  ok(await write("src/apps/a/index.tsx", "export default 2;"));
  await publish("app", { appId: "a" });
  ok(await call(client, "DELETE", `/api/apps/${gone.id}`));
  ok(await call(server.client(), "PUT", `/api/apps/${app.id}/star`));
  return { userId, id: app.id, prefix: `apps/${userId}/a/1.0.1` };
}

test("of what is published as it should be there is nothing to say", async () => {
  const { userId } = await someone();
  const found = await fsck(server, userId);
  assert.deepEqual([found.problems, found.repaired], [[], []]);
  // Two of each app's version, and three of the desktop's.
  assert.ok(Number(found.checked.objects) >= 7);
  const sampled = await fsck(server, userId, { all: false });
  assert.deepEqual(sampled.problems, []);
});

/** What is damaged, how, and what is said of it. @type {[string, string, RegExp][]} */
const DAMAGE = [
  ["stars", "UPDATE published SET stars = stars + 1 WHERE id = ?", /its stars are counted/],
  ["installs", "UPDATE published SET installs = 7 WHERE id = ?", /installs or forks are counted/],
  ["the offer", "UPDATE published SET current = 100000 WHERE id = ?", /the highest version is offered/],
  [
    "the search index",
    "DELETE FROM search WHERE rowid = (SELECT seq FROM published WHERE id = ?)",
    /found by the words that it has/,
  ],
  [
    "a hash",
    "UPDATE versions SET bundle_hash = manifest_hash WHERE item = (SELECT seq FROM published WHERE id = ?)",
    /app.tar.gz has the hash [0-9a-f]{64}, its row says/,
  ],
  [
    "a size",
    "UPDATE versions SET size_bytes = 1 WHERE item = (SELECT seq FROM published WHERE id = ?)",
    /app.tar.gz has \d+ bytes, its row says 1/,
  ],
];

for (const [what, statement, said] of DAMAGE) {
  test(`damage to ${what} of what is published is named`, async () => {
    const { userId, id } = await someone();
    await sql(server, statement, id);
    const { problems } = await fsck(server, userId);
    assert.ok(
      problems.some((problem) => said.test(problem)),
      `${said} of ${JSON.stringify(problems, null, 1)}`,
    );
  });
}

test("an object that is missing is named, and one that nobody knows goes by a repair alone", async () => {
  const { userId, prefix } = await someone();
  const bucket = await server.r2("BUNDLES");
  const manifest = await (await bucket.get(`${prefix}/manifest.json`)).text();
  await bucket.delete(`${prefix}/manifest.json`);
  assert.deepEqual((await fsck(server, userId)).problems, [`The object ${prefix}/manifest.json is missing`]);
  await bucket.put(`${prefix}/manifest.json`, manifest);

  const orphan = `apps/${userId}/a/9.0.0/app.tar.gz`;
  for (const key of [orphan, `desktops/${userId}/x`]) await bucket.put(key, "x");
  // Of a publish under way there is an announcement.
  await bucket.put(`apps/${userId}/a/8.0.0/app.tar.gz`, "x");
  const announce = "INSERT INTO attempts (owner_id, kind, local_id, number, started_ms) VALUES (?, 0, 'a', ?, ?)";
  await sql(server, announce, userId, 8 * 10 ** 10, Date.now());
  const problems = [`No row knows the object ${orphan}`, `No row knows the object desktops/${userId}/x`];
  assert.deepEqual((await fsck(server, userId)).problems, problems);
  const { repaired } = await fsck(server, userId, { repair: true });
  assert.deepEqual(repaired, [`the object ${orphan} goes`, `the object desktops/${userId}/x goes`]);
  assert.deepEqual((await fsck(server, userId)).problems, []);
});
