// Installing beside what a user has done: what they moved, deleted or had before is theirs, and nothing of an app is left over.

import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { manifest, tar } from "./archives.mjs";
import { ROOT } from "./client.mjs";
import { inParallel, ok, refused } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { install, json, REGISTRY, text, uninstall } from "./installing.mjs";
import { accounted, onlyLive } from "./ledger.mjs";
import { call } from "./media.mjs";
import { fill } from "./publishing.mjs";
import { as, publisher, release, shelve } from "./store.mjs";

const server = serve({ CATALOG_CACHE_SECONDS: "0" });

/** @typedef {import("./client.mjs").Client} Client */

/** An app's archive. @param {string} id @param {Record<string, string>} [dependencies] @param {Record<string, string>} [files] */
const packed = (id, dependencies = {}, files = {}) => {
  const inside = { "index.tsx": "export default 1;\n", ...files };
  const entries = Object.entries(inside).map(([path, body]) => ({ path: `src/apps/${id}/${path}`, body }));
  return gzipSync(tar([manifest(id, { name: `App ${id}`, dependencies }), ...entries]));
};

/** An app that was published. @param {string} id @param {Record<string, string>} [dependencies] @param {Record<string, string>} [files] */
const shelved = async (id, dependencies, files) => {
  const { userId } = await publisher(server);
  return shelve(server, userId, { localId: id, bytes: packed(id, dependencies, files), lockfile: false });
};

/** Every path of a workspace. */
const paths = async (/** @type {Client} */ client) =>
  ok(await client.list(ROOT, { recursive: true })).files.map((/** @type {any} */ { path }) => path);

test("a dependency of the user's is neither overwritten nor taken out", async () => {
  const { id } = await shelved("notes", { react: "^18.0.0" });
  const { client } = await publisher(server);
  const mine = { dependencies: { react: "^17.0.0", "react-notes": "npm:preact@^10.0.0" } };
  await fill(client, { "package.json": JSON.stringify(mine) });
  const [conflict] = ok(await install(client, id)).dependencies.conflicts;
  assert.equal(conflict.alias, "react-notes-1");
  assert.deepEqual((await json(client, "package.json")).dependencies, {
    ...mine.dependencies,
    "react-notes-1": "npm:react@^18.0.0",
  });
  // Brought up to date, it has the name that it had.
  assert.equal(ok(await install(client, id, { update: true })).dependencies.conflicts[0].alias, "react-notes-1");
  assert.deepEqual(ok(await uninstall(client, id)).dependencies, { removed: ["react-notes-1"], restored: [] });
  assert.deepEqual(await json(client, "package.json"), mine);
});

test("a range that gave way to a version comes back", async () => {
  const author = await publisher(server);
  await fill(author.client, {
    "package.json": '{"dependencies":{"zod":"^3.20.0"}}',
    "pnpm-lock.yaml":
      "importers:\n  .:\n    dependencies:\n      zod:\n        specifier: ^3.20.0\n        version: 3.22.0\n",
    [REGISTRY]: '[{"id":"zod","name":"Zod","path":"/src/apps/zod/index.tsx"}]',
    "src/apps/zod/index.tsx": 'import "zod";\n',
  });
  const { id } = ok(await call(author.client, "POST", "/api/publish/app", { json: { appId: "zod" } }));
  const { client } = await publisher(server);
  const mine = { dependencies: { zod: "^3.0.0" } };
  await fill(client, { "package.json": JSON.stringify(mine) });
  assert.deepEqual(ok(await install(client, id)).dependencies.missing, [{ name: "zod", version: "3.22.0" }]);
  const gone = ok(await uninstall(client, id));
  assert.deepEqual(gone.dependencies, { removed: [], restored: [{ name: "zod", version: "^3.0.0" }] });
  assert.deepEqual(gone.pnpm, ["install", "--reporter=silent"]);
  assert.deepEqual(await json(client, "package.json"), mine);
});

test("many apps are installed and taken out at once", async () => {
  const { client, userId } = await publisher(server);
  const apps = await inParallel(
    Array.from({ length: 12 }, (_, number) => `app-${number}`),
    (id) => shelved(id, { [`package-${id}`]: "^1.0.0" }),
  );
  const at = (/** @type {(client: Client, id: string) => Promise<any>} */ verb) =>
    inParallel(apps, async ({ id }) => ok(await verb(client, id)), apps.length);
  await at(install);
  assert.equal((await json(client, REGISTRY)).length, apps.length);
  assert.equal(Object.keys((await json(client, "package.json")).dependencies).length, apps.length);
  await at(uninstall);
  assert.deepEqual(await paths(client), []);
  await accounted(server, userId);
  await onlyLive(server, userId);
});

test("what one app brought and another needs goes with the other", async () => {
  const [one, two] = [await shelved("one", { zustand: "^4.5.0" }), await shelved("two", { zustand: "^4.5.0" })];
  const { client } = await publisher(server);
  ok(await install(client, one.id));
  assert.equal(ok(await install(client, two.id)).dependencies.present.length, 1);
  assert.deepEqual(ok(await uninstall(client, one.id)).dependencies.removed, []);
  assert.deepEqual(ok(await uninstall(client, two.id)).dependencies.removed, ["zustand"]);
  assert.deepEqual(await paths(client), [], "files that came with the first go with the last");
});

for (const permanent of [false, true])
  test(`what is left of an app whose folder was deleted ${permanent ? "for good" : "by hand"} goes too`, async () => {
    const { id } = await shelved("notes", { zustand: "^4.5.0" });
    const { client } = await publisher(server);
    ok(await install(client, id));
    ok(await client.remove(`${ROOT}/src/apps/notes`, { permanent }));
    // Installed anew it is what it was, not another beside a line that leads nowhere.
    const again = ok(await install(client, id));
    assert.deepEqual([again.id, again.name, again.from], ["notes", "App notes", undefined]);
    assert.equal((await json(client, REGISTRY)).length, 1);
    ok(await client.remove(`${ROOT}/src/apps/notes`, { permanent }));
    const gone = ok(await uninstall(client, id));
    assert.deepEqual([gone.id, gone.trashPath, gone.dependencies.removed], ["notes", null, ["zustand"]]);
    assert.deepEqual(await paths(client), []);
    assert.deepEqual(ok(await as(client, "/api/installs")).installs, []);
    refused(await uninstall(client, id), 404, "The app is not installed");
  });

test("the line in the registry goes where the folder has gone", async () => {
  const { id } = await shelved("notes");
  const { client } = await publisher(server);
  const move = async (/** @type {string} */ from, /** @type {string} */ to) =>
    ok(await client.move(`${ROOT}/src/apps/${from}`, `${ROOT}/src/apps/${to}`));
  ok(await install(client, id));
  await move("notes", "mine");
  const updated = ok(await install(client, id, { update: true }));
  assert.deepEqual([updated.id, updated.name], ["mine", "App notes"]);
  const line = { id: "mine", name: "App notes", path: "/src/apps/mine/index.tsx" };
  assert.deepEqual(await json(client, REGISTRY), [line]);
  await move("mine", "yours");
  ok(await uninstall(client, id));
  assert.deepEqual(await paths(client), []);
});

test("what comes back from the trash without its line gets it again", async () => {
  const thing = await shelved("notes");
  const { client } = await publisher(server);
  ok(await install(client, thing.id));
  await fill(client, { [REGISTRY]: "[]" });
  await release(server, thing, { version: "1.1.0", bytes: packed("notes", {}, { "new.ts": "" }), lockfile: false });
  const said = ok(await install(client, thing.id));
  assert.deepEqual([said.id, said.from, said.version, said.written], ["notes", "1.0.0", "1.1.0", 1]);
  assert.deepEqual(await json(client, REGISTRY), [
    { id: "notes", name: "App notes", path: "/src/apps/notes/index.tsx" },
  ]);
  assert.equal(ok(await install(client, thing.id)).installed, true);
});

test("an update leaves deleted what was deleted, and says so", async () => {
  const thing = await shelved("notes", {}, { "lib/a.ts": "1", "lib/b.ts": "1" });
  const { client } = await publisher(server);
  ok(await install(client, thing.id));
  ok(await client.remove(`${ROOT}/src/apps/notes/lib/a.ts`));
  const bytes = packed("notes", {}, { "lib/a.ts": "2", "lib/b.ts": "2" });
  await release(server, thing, { version: "1.1.0", bytes, lockfile: false });
  const updated = ok(await install(client, thing.id, { update: true }));
  assert.deepEqual([updated.written, updated.kept], [1, [`${ROOT}/src/apps/notes/lib/a.ts`]]);
  refused(await client.stat(`${ROOT}/src/apps/notes/lib/a.ts`), 404);
});

test("a directory in a file's place is named", async () => {
  const { id } = await shelved("notes");
  for (const path of ["package.json", REGISTRY]) {
    const { client } = await publisher(server);
    ok(await client.mkdir(`${ROOT}/${path}`));
    const said = refused(await install(client, id), 422, /cannot be changed, since it is a directory/);
    assert.equal(said.path, `${ROOT}/${path}`);
  }
});

test("a file keeps its mark and the ends of its lines", async () => {
  const { id } = await shelved("notes", { zustand: "^4.5.0" });
  const { client } = await publisher(server);
  const mine = '\ufeff{\r\n    "dependencies": {\r\n        "react": "^18.0.0"\r\n    }\r\n}\r\n';
  await fill(client, { "package.json": mine });
  ok(await install(client, id));
  const added = '"react": "^18.0.0",\r\n        "zustand": "^4.5.0"';
  assert.equal(await text(client, "package.json"), mine.replace('"react": "^18.0.0"', added));
  ok(await uninstall(client, id));
  assert.equal(await text(client, "package.json"), mine);
});

test("directories that only the paths of an archive name are entries", async () => {
  const files = Object.fromEntries(Array.from({ length: 500 }, (_, number) => [`${number}/${"d/".repeat(50)}x`, ""]));
  const { id } = await shelved("deep", {}, files);
  const { client } = await publisher(server);
  refused(await install(client, id), 422, /too many/);
  assert.deepEqual(await paths(client), []);
});

test("nothing is installed in a workspace that was reset", async () => {
  const { id } = await shelved("notes");
  const { client } = await publisher(server);
  ok(await install(client, id));
  ok(await call(client, "POST", "/api/reset-workspace", { json: {} }));
  assert.deepEqual(ok(await as(client, "/api/installs")).installs, []);
  assert.equal(ok(await as(client, `/api/apps/${id}`)).installs, 0);
});
