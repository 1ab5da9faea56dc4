// A fork is the very tree that was published.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { ok, refused } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { tree } from "./installing.mjs";
import { accounted } from "./ledger.mjs";
import { call } from "./media.mjs";
import { fill } from "./publishing.mjs";
import { anyone, as, publisher } from "./store.mjs";

const server = serve({ CATALOG_CACHE_SECONDS: "0", QUOTA_BYTES: String(60 * 2 ** 20) });

test("a fork is the tree that was published, and says where it comes from", async () => {
  const { client: author } = await publisher(server);
  const shared = randomBytes(2 ** 20 + 7);
  await fill(author, {
    "package.json": '{"dependencies":{}}',
    "src/apps/notes/index.tsx": "export default 1;\n",
    "media/large.bin": shared,
    "media/small.bin": randomBytes(300_000),
    "empty.txt": "",
    "é/ü.txt": "ü",
    "SOUL.md": "private",
  });
  ok(await author.mkdir(`${ROOT}/bare/deep`));
  const published = ok(
    await call(author, "POST", "/api/publish/desktop", { json: { title: "Theirs", desktopId: "main" } }),
  );
  const { client, userId } = await publisher(server);
  await fill(client, { "same.bin": shared });
  const into = `${ROOT}/forks/theirs`;
  const fork = (/** @type {any} */ json) => call(client, "POST", `/api/desktops/${published.id}/fork`, { json });
  const said = ok(await fork({ into }));
  const { turn, ...rest } = said;
  assert.deepEqual(rest, { ok: true, id: published.id, title: "Theirs", version: "1.0.0", path: into, files: 6 });
  const theirs = await tree(author);
  delete theirs["/SOUL.md"];
  assert.deepEqual(await tree(client, into), theirs);
  const [{ objects }] = await server.sql(userId, "SELECT count(*) AS objects FROM blob WHERE place = 1");
  assert.equal(objects, 1, "bytes that were there are shared");
  assert.equal(ok(await as(client, `/api/desktops/${published.id}`)).forks, 1);

  refused(await fork({ into }), 409, "Something is already there");
  refused(await fork({}), 400);
  refused(await fork({ into: ROOT }), 409);
  refused(await fork({ into: `${ROOT}/.trash/x` }), 403);
  refused(await fork({ into: "/etc" }), 400);
  ok(await fork({ into: `${ROOT}/again` }));
  assert.equal(ok(await as(client, `/api/desktops/${published.id}`)).forks, 1, "once for each user");

  // Published again, it is the same bytes, and names its parent.
  const again = ok(await call(client, "POST", "/api/publish/desktop", { json: { title: "Mine", path: into } }));
  const snapshot = async (/** @type {string} */ id) => (await anyone(server, `/api/desktops/${id}/snapshot`)).bytes;
  assert.ok((await snapshot(again.id)).equals(await snapshot(published.id)));
  const { forkedFrom } = ok(await anyone(server, `/api/desktops/${again.id}`));
  assert.deepEqual([forkedFrom.id, forkedFrom.title], [published.id, "Theirs"]);
  ok(await as(author, `/api/desktops/${published.id}`, "PATCH", { visibility: "unlisted" }));
  assert.equal(
    ok(await anyone(server, `/api/desktops/${again.id}`)).forkedFrom,
    undefined,
    "an unlisted id is not told",
  );

  ok(await call(client, "POST", `/api/turns/${turn}/undo`));
  refused(await client.stat(into), 404);
  await accounted(server, userId);
});
