// Publishing, the store and the tools of agents, through the client and against the Worker.

import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, HoldfastError } from "../dashboard/client/index.ts";
import { lastLine } from "../dashboard/client/lines.ts";
import { tools } from "../dashboard/client/tools.ts";
import { tar } from "./archives.mjs";
import { gatewayUrl, ROOT } from "./client.mjs";
import { fails } from "./dashboard-client.mjs";
import { serve } from "./harness.mjs";
import { fill } from "./publishing.mjs";

const server = serve({ CATALOG_CACHE_SECONDS: "0" });

/** What a rule of the Worker takes for a credential. */
const KEY = `ghp_${"aB3dE5fG7hI9".repeat(3)}`;

/** A client of a new user, with files in the workspace. @param {Record<string, string>} [files] */
async function open(files = {}) {
  const userId = server.user();
  await fill(server.client(userId), files);
  return connect(gatewayUrl(server.url, server.signed(userId)));
}

const NOTES = {
  "package.json": '{"dependencies":{"react":"^18.0.0","zustand":"^4.5.0"}}',
  "src/apps/notes/index.tsx": 'import React from "react";\nimport "zustand";\n',
  "src/apps/notes/.env": "A=1",
};

test("an app is looked through, published with its steps told, changed, and taken back", async () => {
  const { publish, store } = await open(NOTES);
  const preview = await publish.preview("notes");
  assert.deepEqual(preview.manifest.dependencies, { react: "^18.0.0", zustand: "^4.5.0" });
  assert.deepEqual(preview.files, [`${ROOT}/src/apps/notes/index.tsx`]);
  assert.deepEqual(
    preview.excluded.map(({ path }) => path),
    [`${ROOT}/src/apps/notes/.env`],
  );
  assert.deepEqual(preview.findings, []);
  const desk = await publish.previewDesktop({ exclude: ["package.json", "src/apps/*/b.ts"] });
  assert.deepEqual([desk.files, desk.manifest.apps, desk.manifest.dependencies], [preview.files, [], {}]);
  assert.deepEqual(desk.excluded.map(({ path, reason }) => `${path.slice(ROOT.length)}: ${reason}`).sort(), [
    "/package.json: excluded by the request",
    "/src/apps/notes/.env: may hold credentials; never published",
  ]);
  /** @type {string[]} */
  const steps = [];
  const { handle } = await store.setProfile({ handle: `author-${process.pid}` });
  const done = await publish.app(
    { appId: "notes", icon: "📝", tags: ["work"], description: "Keeps notes" },
    { onProgress: ({ step }) => steps.push(step) },
  );
  assert.equal(done.version, "1.0.0");
  assert.ok(steps.includes("publishing"), steps.join());
  const row = await store.get("apps", done.id);
  assert.deepEqual(
    [row.appId, row.name, row.owner, row.version, row.stars, row.starred, row.visibility],
    ["notes", "notes", handle, "1.0.0", 0, false, "public"],
  );
  assert.deepEqual(await store.manifest("apps", done.id), {
    ...preview.manifest,
    icon: "📝",
    tags: ["work"],
    description: "Keeps notes",
  });
  assert.equal((await store.star("apps", done.id, true)).stars, 1);
  assert.equal((await store.star("apps", done.id, false)).stars, 0);
  const edited = await publish.update("apps", done.id, { title: "Notes", visibility: "unlisted" });
  assert.deepEqual([edited.name, edited.visibility], ["Notes", "unlisted"]);
  assert.deepEqual(
    (await store.apps({ owner: handle })).apps.map(({ id }) => id),
    [done.id],
  );
  const again = await publish.app({ appId: "notes" });
  assert.deepEqual([again.id, again.version], [done.id, "1.0.1"]);
  await publish.yank("apps", done.id, "1.0.1");
  assert.deepEqual(
    (await store.versions("apps", done.id)).versions.map(({ version, yanked }) => [version, yanked]),
    [
      ["1.0.1", true],
      ["1.0.0", false],
    ],
  );
  assert.equal((await (await store.bundle("apps", done.id)).arrayBuffer()).byteLength, row.size);
  await publish.remove("apps", done.id);
  await fails(store.get("apps", done.id), 404, /not found/);
});

test("a publish that is refused says why, with the files, also while it is told of", async () => {
  const { publish } = await open({ "src/apps/notes/index.tsx": "", "src/apps/notes/key.ts": `const k = "${KEY}";\n` });
  const refused = publish.app({ appId: "notes" }, { onProgress() {} });
  await assert.rejects(refused, (error) => {
    assert.ok(error instanceof HoldfastError);
    assert.equal(error.status, 422);
    assert.deepEqual(error.body.findings, [{ path: `${ROOT}/src/apps/notes/key.ts`, line: 1, rule: "github-token" }]);
    return true;
  });
  const done = await publish.app({ appId: "notes", allow: [`${ROOT}/src/apps/notes/key.ts`] });
  assert.equal(done.files, 2);
  await fails(publish.app({ appId: "nothing" }), 404, /./);
});

test("lines that end too early are no answer", async () => {
  const lines = (/** @type {string} */ text) => new Response(text);
  const read = (/** @type {string} */ text) => lastLine(lines(text), () => {});
  await fails(read('{"step":"listing"}\n'), 0, /broke/);
  await fails(read('{"step":"listing"}\n{"error":"No","status":409,"nextVersion":"1.0.2"}\n'), 409, /^No$/);
  assert.deepEqual(await read('{"ok":true,"id":"a"}'), { ok: true, id: "a" });
});

test("an archive of an app is uploaded and published", async () => {
  const { publish, store } = await open();
  const { upload, files } = await publish.upload(
    new Blob([tar([{ path: "src/apps/paint/index.tsx", body: "export {};\n" }])]),
  );
  assert.equal(files, 1);
  const { id } = await publish.app({ appId: "paint", upload });
  assert.equal((await store.get("apps", id)).appId, "paint");
});

test("an app is installed, brought up to date, told of, and taken out", async () => {
  const author = await open(NOTES);
  const { id } = await author.publish.app({ appId: "notes" });
  const { store, files, history } = await open({ "package.json": '{"dependencies":{"react":"^18.2.0"}}' });
  const done = await store.install(id, { turn: "turn-1" });
  assert.deepEqual(
    [done.id, done.version, done.files, done.turn, done.pnpm],
    ["notes", "1.0.0", 1, "turn-1", ["add", "--reporter=silent", "zustand@^4.5.0"]],
  );
  assert.deepEqual(done.dependencies.present, [{ name: "react", version: "^18.2.0" }]);
  assert.equal((await store.install(id)).installed, true);
  assert.deepEqual(
    (await store.installs()).installs.map(({ targetId, version, localId }) => [targetId, version, localId]),
    [[id, "1.0.0", "notes"]],
  );
  await author.files.write(`${ROOT}/src/apps/notes/index.tsx`, "export {};\n");
  await author.publish.app({ appId: "notes" });
  assert.deepEqual(
    (await store.updates()).updates.map((row) => [row.id, row.installed, row.version]),
    [[id, "1.0.0", "1.0.1"]],
  );
  assert.deepEqual((await store.install(id)).update, { version: "1.0.1" });
  const updated = await store.update(id);
  assert.deepEqual([updated.from, updated.version, updated.written], ["1.0.0", "1.0.1", 1]);
  const gone = await store.uninstall(id);
  assert.deepEqual(gone.pnpm, ["remove", "--reporter=silent", "zustand"]);
  await fails(store.uninstall(id), 404, /not installed/);
  await history.undo(gone.turn);
  assert.equal((await files.stat(`${ROOT}/src/apps/notes/index.tsx`)).type, "file");
});

test("a desktop is published, found, and made somebody else's", async () => {
  const author = await open({ "a.txt": "a", "draft/b.txt": "b" });
  const done = await author.publish.desktop({ title: "Mine", desktopId: "main", exclude: ["draft"] });
  assert.equal(done.visitUrl, author.store.visitUrl(done.id));
  assert.equal((await fetch(done.visitUrl)).status, 200);
  const { store, files } = await open();
  const found = (await store.desktops({ search: "mine" })).desktops.find(({ id }) => id === done.id);
  assert.deepEqual([found?.title, found?.desktopId], ["Mine", "main"]);
  const forked = await store.fork(done.id, `${ROOT}/theirs`);
  assert.deepEqual([forked.path, forked.files], [`${ROOT}/theirs`, 1]);
  assert.equal((await files.read(`${ROOT}/theirs/a.txt`)).content, "a");
});

/** @param {import("../dashboard/client/index.ts").Holdfast} client @param {import("../dashboard/client/tools.ts").ToolsOptions} [options] */
function toolbox(client, options) {
  const all = tools(client, options);
  return (/** @type {string} */ name, /** @type {unknown} */ input, /** @type {object} */ more = {}) => {
    const found = all.find((tool) => tool.name === name);
    assert.ok(found, name);
    return /** @type {Promise<any>} */ (found.run(input, more));
  };
}

test("an agent publishes, installs and visits by tools, and reads why something is refused", async () => {
  const author = await open({ ...NOTES, "key.ts": `const k = "${KEY}";\n` });
  const use = toolbox(author);
  /** @type {string[]} */
  const told = [];
  const published = await use(
    "publish_app",
    { appId: "notes" },
    { onProgress: (/** @type {any} */ { text }) => told.push(text) },
  );
  assert.equal(published.ok, true);
  assert.ok(told.includes("Publishing"), told.join());
  const refused = await use("publish_desktop", {});
  assert.deepEqual([refused.ok, refused.findings.length], [false, 1]);
  assert.match(refused.error, /credentials/);
  // No tool lets such a file through, whatever it is given.
  assert.equal((await use("publish_desktop", { allow: [`${ROOT}/key.ts`] })).ok, false);
  const { handle } = await author.store.profile();
  const desk = await use("publish_desktop", { exclude: ["key.ts"] });
  assert.equal((await author.store.get("desktops", desk.id)).title, `The desktop of ${handle}`);
  await author.publish.update("desktops", desk.id, { title: "Our desk" });
  const again = await use("publish_desktop", { exclude: ["key.ts"] });
  assert.deepEqual([again.id, again.version], [desk.id, "1.0.1"]);
  assert.equal((await author.store.get("desktops", desk.id)).title, "Our desk");

  /** @type {string[]} */
  const opened = [];
  const client = await open();
  const other = toolbox(client, { visit: (url) => opened.push(url) });
  assert.deepEqual((await other("visit_desktop", { desktopId: desk.id })).url, desk.visitUrl);
  assert.deepEqual(opened, [desk.visitUrl]);
  assert.equal((await other("visit_desktop", { desktopId: "0".repeat(32) })).ok, false);
  assert.deepEqual(await other("visit_desktop", {}), { ok: false, error: "desktopId required" });
  const installed = await other("install_app", { appId: published.id }, { turn: "turn-7" });
  assert.deepEqual([installed.id, installed.turn], ["notes", "turn-7"]);
  assert.equal((await client.history.turn("turn-7")).changes.length > 0, true);
  assert.deepEqual((await other("install_app", { appId: published.id, update: true })).ok, true);
  assert.equal((await other("publish_app", { appId: 7 })).error, "appId must be a text");
  assert.equal((await other("publish_app", { appId: "notes", visibility: "secret" })).ok, false);
});
