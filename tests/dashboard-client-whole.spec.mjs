// What a client asks of a workspace as a whole, against the Worker.

import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "../dashboard/client/index.ts";
import { gatewayUrl, ROOT } from "./client.mjs";
import { fails } from "./dashboard-client.mjs";
import { inParallel } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { caughtUp } from "./mirror.mjs";
import { fill } from "./publishing.mjs";

const server = serve({ CATALOG_CACHE_SECONDS: "0" });

/** A client of a new user, with files in the workspace. @param {Record<string, string>} [files] */
async function open(files = {}) {
  const userId = server.user();
  await fill(server.client(userId), files);
  return { userId, ...connect(gatewayUrl(server.url, server.signed(userId))) };
}

test("a workspace is said to run, looked through to the end, repaired, and begun anew", async () => {
  const { userId, workspace, files } = await open({ "notes.md": "one", "a/b.txt": "two" });
  assert.deepEqual(await workspace.status(), { ok: true, status: "running" });
  const alive = await workspace.keepalive();
  assert.equal(alive.userId, userId);
  assert.equal(alive.copy?.changedThere, 0);
  const pages = [];
  const right = await workspace.verify({ all: true, onPage: ({ checked }) => pages.push(checked.rules) });
  assert.deepEqual([right.problems, right.repaired], [[], []]);
  assert.ok(right.checked.rules > 30 && right.checked.contents >= 2 && pages.length > 1, JSON.stringify(right));
  await server.sql(userId, "UPDATE meta SET v = v + 1 WHERE k = 'files'");
  const wrong = await workspace.verify();
  assert.ok(wrong.problems.length > 0);
  const repaired = await workspace.verify({ repair: true });
  assert.ok(repaired.repaired.length > 0);
  assert.deepEqual((await workspace.verify()).problems, []);
  await workspace.reset({ clearSessions: false });
  assert.deepEqual(await files.listAll(), []);
});

test("what a sandbox has written into the copy is taken over, however many pages it takes", async () => {
  const { userId, workspace, files } = await open({ "mine.md": "one" });
  await caughtUp(server, userId);
  const bucket = await server.r2();
  const names = Array.from({ length: 130 }, (_, at) => `made/${at}.txt`);
  await inParallel(names, (name) => bucket.put(`users/${userId}/workspace/${name}`, name));
  await bucket.put(`users/${userId}/workspace/mine.md`, "two");
  const within = await workspace.import({ prefix: `${ROOT}/nothing` });
  assert.equal(within.imported, 0);
  const all = await workspace.import();
  assert.deepEqual([all.imported, all.updated, all.conflicts, all.skipped], [130, 1, [], []]);
  assert.equal((await files.read(`${ROOT}/mine.md`)).content, "two");
  await fails(workspace.import({ prefix: "/etc" }), 400, /./);
});

test("what a version was published with is read, and its bytes are lent to whoever has the address", async () => {
  const { publish, store } = await open({
    "package.json": '{"dependencies":{"react":"^18.0.0"}}',
    "src/apps/notes/index.tsx": 'import "react";\n',
  });
  const desktop = await publish.desktop({ title: "Desk" });
  const listed = JSON.parse(await store.artifact("desktops", desktop.id, "package.json"));
  assert.deepEqual(listed.dependencies, { react: "^18.0.0" });
  await fails(store.artifact("desktops", desktop.id, "pnpm-lock.yaml"), 404, /published without/);
  const { id } = await publish.app({ appId: "notes", visibility: "private" });
  const { url, version } = await store.signBundle("apps", id, { expiresInSeconds: 60 });
  assert.equal(version, "1.0.0");
  const lent = await (await fetch(url)).arrayBuffer();
  assert.deepEqual(lent, await (await store.bundle("apps", id)).arrayBuffer());
  const other = await open();
  await fails(other.store.signBundle("apps", id), 404, /not found/);
  await fails(store.baseline(), 404, /baseline/);
  await (await server.r2("BUNDLES")).put("baseline/snapshot.bin", "whole");
  assert.equal(await (await store.baseline()).text(), "whole");
});
