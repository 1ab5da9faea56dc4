// Taking over what others have published: an app comes with one transaction, keeps what its user has changed, and goes without a
// trace; a fork is the very tree; nothing hostile gets in.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { app, manifest, tar, zip } from "./archives.mjs";
import { ROOT } from "./client.mjs";
import { inParallel, keys, ok, refused } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { accounted, nothingPending, onlyLive } from "./ledger.mjs";
import { call } from "./media.mjs";
import { sha256 } from "./samples.mjs";
import { anyone, as, publisher, release, shelve, sql } from "./store.mjs";

const server = serve({ CATALOG_CACHE_SECONDS: "0", QUOTA_BYTES: String(60 * 2 ** 20) });

/** @typedef {import("./client.mjs").Client} Client */

/** Files of a workspace, by path below its root. @param {Client} client @param {Record<string, string | Buffer>} files */
const fill = (client, files) =>
  inParallel(Object.entries(files), async ([path, body]) => {
    ok(await client.request("PUT", "/content", { params: { path: `${ROOT}/${path}` }, body }));
  });

/** Every entry of a workspace below a folder, with the hash of each file. @returns {Promise<Record<string, string>>} */
async function tree(/** @type {Client} */ client, folder = ROOT) {
  const { files } = ok(await client.list(folder, { recursive: true }));
  const entries = await inParallel(files, async (/** @type {any} */ { path, type }) => {
    if (type === "directory") return [path.slice(folder.length), "directory"];
    return [path.slice(folder.length), sha256((await client.content(path)).bytes)];
  });
  return Object.fromEntries(entries);
}

const text = async (/** @type {Client} */ client, /** @type {string} */ path) =>
  (await client.content(`${ROOT}/${path}`)).bytes.toString();

const install = (
  /** @type {Client} */ client,
  /** @type {string} */ id,
  /** @type {any} */ json = {},
  /** @type {Record<string, string>} */ headers = {},
) => call(client, "POST", `/api/apps/${id}/install`, { json, headers });

const uninstall = (/** @type {Client} */ client, /** @type {string} */ id) =>
  call(client, "DELETE", `/api/apps/${id}/install`);

const REGISTRY = "public/apps/registry.json";

/** An app that was published from a workspace, with another in the same one. */
async function publishedNotes() {
  const author = await publisher(server);
  const large = randomBytes(2 ** 20 + 1000);
  await fill(author.client, {
    "package.json": '{"dependencies":{"react":"^18.0.0","zustand":"^4.5.0","d3":"^7.0.0"}}',
    "pnpm-lock.yaml": `importers:\n  .:\n    dependencies:\n      zustand:\n        specifier: ^4.5.0\n        version: 4.5.7\n`,
    [REGISTRY]: '[{"id":"notes","name":"Notes","icon":"📝","path":"/src/apps/notes/index.tsx"}]',
    "src/apps/notes/index.tsx": 'import React from "react";\nimport { create } from "zustand";\nimport "./lib/a";\n',
    "src/apps/notes/lib/a.ts": "export const a = 1;\n",
    "src/apps/notes/lib/b.ts": 'import "d3";\n',
    "src/apps/notes/old/gone.ts": "export {};\n",
    "src/apps/notes/large.bin": large,
    "src/apps/notes/é name.txt": "é",
  });
  const said = ok(await call(author.client, "POST", "/api/publish/app", { json: { appId: "notes" } }));
  return { ...author, id: said.id };
}

test("an app is installed, edited, brought up to date and taken out again", async () => {
  const { client: author, id } = await publishedNotes();
  const { client, userId } = await publisher(server);
  await fill(client, {
    "package.json": '{\n  "name": "mine",\n  "dependencies": {\n    "react": "^18.2.0"\n  }\n}\n',
    "mine.txt": "x",
  });
  ok(await client.mkdir(`${ROOT}/src`));
  const before = await tree(client);

  const said = ok(await install(client, id, {}, { "x-actor": "agent", "x-turn": "t-1" }));
  assert.deepEqual(said, {
    ok: true,
    id: "notes",
    name: "Notes",
    entry: "/src/apps/notes/index.tsx",
    version: "1.0.0",
    files: 6,
    dependencies: {
      missing: [
        { name: "d3", version: "^7.0.0" },
        { name: "zustand", version: "4.5.7" },
      ],
      present: [{ name: "react", version: "^18.2.0" }],
      conflicts: [],
    },
    pnpm: ["add", "--reporter=silent", "d3@^7.0.0", "zustand@4.5.7"],
    turn: "t-1",
  });
  const [published, mine] = [
    await tree(author, `${ROOT}/src/apps/notes`),
    await tree(client, `${ROOT}/src/apps/notes`),
  ];
  assert.deepEqual(mine, published);
  assert.equal(
    await text(client, REGISTRY),
    `${JSON.stringify([{ id: "notes", name: "Notes", icon: "📝", path: "/src/apps/notes/index.tsx" }], null, 2)}\n`,
  );
  assert.equal(
    await text(client, "package.json"),
    `${JSON.stringify({ name: "mine", dependencies: { d3: "^7.0.0", react: "^18.2.0", zustand: "4.5.7" } }, null, 2)}\n`,
  );
  const { changes } = ok(await call(client, "GET", "/api/turns/t-1"));
  assert.ok(changes.length > 6 && changes.every((/** @type {any} */ { actor }) => actor === "agent"));
  const [installed] = ok(await as(client, "/api/installs")).installs;
  assert.deepEqual([installed.targetId, installed.localId, installed.version], [id, "notes", "1.0.0"]);
  assert.equal(ok(await as(client, `/api/apps/${id}`)).installs, 1);
  await nothingPending(server, userId);

  // Again: what is there is told, and nothing changes.
  const rev = (await server.sql(userId, "SELECT v FROM meta WHERE k = 'rev'"))[0].v;
  const again = ok(await install(client, id));
  assert.deepEqual([again.installed, again.version, again.update, again.pnpm], [true, "1.0.0", null, []]);
  assert.equal((await server.sql(userId, "SELECT v FROM meta WHERE k = 'rev'"))[0].v, rev);

  await fill(client, {
    "src/apps/notes/lib/a.ts": "my own a\n",
    "src/apps/notes/lib/own.ts": "my own\n",
    "src/mine.ts": 'import "zustand";\n',
  });
  await fill(author, {
    "src/apps/notes/index.tsx": 'import "zustand";\n',
    "src/apps/notes/lib/a.ts": "export const a = 2;\n",
  });
  ok(await author.remove(`${ROOT}/src/apps/notes/old`));
  ok(await call(author, "POST", "/api/publish/app", { json: { appId: "notes" } }));
  const [update] = ok(await as(client, "/api/apps/updates")).updates;
  assert.deepEqual([update.id, update.installed, update.version], [id, "1.0.0", "1.0.1"]);
  assert.deepEqual(ok(await install(client, id)).update, { version: "1.0.1" });
  const updated = ok(await install(client, id, { update: true }));
  assert.deepEqual(
    [updated.from, updated.version, updated.written, updated.removed, updated.kept],
    ["1.0.0", "1.0.1", 1, 1, [`${ROOT}/src/apps/notes/lib/a.ts`]],
  );
  assert.equal(await text(client, "src/apps/notes/lib/a.ts"), "my own a\n");
  assert.equal(await text(client, "src/apps/notes/lib/own.ts"), "my own\n");
  assert.equal(await text(client, "src/apps/notes/index.tsx"), 'import "zustand";\n');
  refused(await client.stat(`${ROOT}/src/apps/notes/old`), 404);
  assert.deepEqual(ok(await as(client, "/api/apps/updates")).updates, []);

  // Taken back, it is the older one again, and offered the newer.
  ok(await call(client, "POST", `/api/turns/${updated.turn}/undo`));
  assert.deepEqual(ok(await install(client, id)).update, { version: "1.0.1" });

  const gone = ok(await uninstall(client, id));
  assert.deepEqual(gone.dependencies.removed, ["d3"], "what src/mine.ts imports stays");
  assert.deepEqual(gone.pnpm, ["remove", "--reporter=silent", "d3"]);
  assert.match(gone.trashPath, /\.trash\/notes\.\d+$/);
  ok(await client.remove(`${ROOT}/src/mine.ts`));
  const after = await tree(client);
  const left = JSON.parse(await text(client, "package.json"));
  assert.deepEqual(left, { name: "mine", dependencies: { react: "^18.2.0", zustand: "4.5.7" } });
  assert.deepEqual({ ...after, "/package.json": "" }, { ...before, "/package.json": "" });
  assert.deepEqual(ok(await as(client, "/api/installs")).installs, []);
  refused(await uninstall(client, id), 404, "The app is not installed");
  refused(await install(client, id, { update: true }), 404, "The app is not installed");
  assert.equal(ok(await as(client, `/api/apps/${id}`)).installs, 0);
  ok(await call(client, "POST", `/api/turns/${gone.turn}/undo`));
  assert.equal(ok(await install(client, id)).installed, true);
  await accounted(server, userId);
  await onlyLive(server, userId);
});

test("without files of its own a workspace gets them, and is rid of them again", async () => {
  const { id } = await publishedNotes();
  const { client, userId } = await publisher(server);
  const before = await tree(client);
  const said = ok(await install(client, id));
  assert.deepEqual(JSON.parse(await text(client, "package.json")), {
    dependencies: { d3: "^7.0.0", react: "^18.0.0", zustand: "4.5.7" },
  });
  assert.equal(said.pnpm.length, 5);
  assert.deepEqual(ok(await uninstall(client, id)).dependencies.removed, ["d3", "react", "zustand"]);
  assert.deepEqual(await tree(client), before);
  const [{ known }] = await server.sql(userId, "SELECT count(*) AS known FROM stage");
  assert.equal(known, 0);
});

test("what the baseline brings is there", async () => {
  const { id } = await publishedNotes();
  const { client } = await publisher(server);
  const bucket = await server.r2("BUNDLES");
  await bucket.put("baseline/package.json", '{"dependencies":{"react":"^18.3.0","d3":"^7.0.0"}}');
  await bucket.put(
    "baseline/pnpm-lock.yaml",
    "importers:\n  .:\n    dependencies:\n      d3:\n        specifier: ^7.0.0\n        version: 7.9.0\n",
  );
  try {
    const said = ok(await install(client, id));
    assert.deepEqual(said.dependencies.present, [
      { name: "d3", version: "7.9.0" },
      { name: "react", version: "^18.3.0" },
    ]);
    assert.deepEqual(said.pnpm, ["add", "--reporter=silent", "zustand@4.5.7"]);
  } finally {
    await bucket.delete(["baseline/package.json", "baseline/pnpm-lock.yaml"]);
  }
});

test("ids and names that are taken get a number, and versions that do not fit an alias", async () => {
  const { id } = await publishedNotes();
  const { client } = await publisher(server);
  const mine = [
    { id: "notes", name: "Other", path: "/src/apps/notes/index.tsx" },
    { id: "other", name: "Notes", path: "/src/apps/other/index.tsx" },
  ];
  await fill(client, {
    [REGISTRY]: JSON.stringify({ apps: mine, more: [1] }),
    "src/apps/notes-1/mine.ts": "mine",
    "package.json": '{"dependencies":{"react":"^17.0.0"}}',
    "pnpm-lock.yaml": "dependencies:\n  react: 17.0.2\n",
  });
  const said = ok(await install(client, id));
  assert.deepEqual([said.id, said.name, said.entry], ["notes-2", "Notes (1)", "/src/apps/notes-2/index.tsx"]);
  assert.deepEqual(said.dependencies.conflicts, [
    { name: "react", wanted: "^18.0.0", present: "17.0.2", alias: "react-notes-2", version: "npm:react@^18.0.0" },
  ]);
  assert.ok(said.pnpm.includes("react-notes-2@npm:react@^18.0.0"));
  assert.deepEqual(JSON.parse(await text(client, REGISTRY)), {
    apps: [...mine, { id: "notes-2", name: "Notes (1)", icon: "📝", path: "/src/apps/notes-2/index.tsx" }],
    more: [1],
  });
  assert.equal(ok(await as(client, "/api/installs")).installs[0].localId, "notes-2");
  ok(await uninstall(client, id));
  assert.deepEqual(JSON.parse(await text(client, REGISTRY)).apps, mine);
  assert.deepEqual(JSON.parse(await text(client, "package.json")), { dependencies: { react: "^17.0.0" } });
});

test("files of the user's that cannot be read are said to be so, and stay", async () => {
  const { id } = await publishedNotes();
  const broken = {
    [REGISTRY]: ["[{]", "<<<<<<< HEAD\n[]\n", '{"apps":7}', Buffer.from([0xff])],
    "package.json": ["{,}", "[]", '{"dependencies":[]}'],
  };
  for (const [path, contents] of Object.entries(broken))
    for (const content of contents) {
      const { client, userId } = await publisher(server);
      await fill(client, { [path]: content });
      const before = await tree(client);
      const said = refused(await install(client, id), 422, /cannot be changed, since .*nothing was changed/);
      assert.equal(said.path, `${ROOT}/${path}`);
      assert.deepEqual(await tree(client), before);
      await nothingPending(server, userId);
      assert.deepEqual(await server.sql(userId, "SELECT id FROM stage"), []);
    }
});

test("who may not see it cannot install it", async () => {
  const { client: author, id } = await publishedNotes();
  const { client } = await publisher(server);
  ok(await as(author, `/api/apps/${id}`, "PATCH", { visibility: "private" }));
  refused(await install(client, id), 404, "App not found");
  refused(await install(client, "0".repeat(32)), 404, "App not found");
  ok(await as(author, `/api/apps/${id}`, "PATCH", { visibility: "unlisted" }));
  refused(await install(client, id, { version: "9.9.9" }), 404, "Version not found");
  refused(await install(client, id, { version: "latest" }), 400);
  refused(await install(client, id, { update: "yes" }), 400);
  ok(await install(client, id, { version: "1.0.0" }));
  // What is unpublished can still be taken out.
  ok(await as(author, `/api/apps/${id}`, "DELETE"));
  refused(await install(client, id), 404);
  ok(await uninstall(client, id));
  refused(await anyone(server, `/api/apps/${id}/install`, {}, "POST"), 401);
});

test("an older publisher's zip is taken too", async () => {
  const { userId } = await publisher(server);
  const { client } = await publisher(server);
  const bytes = app("zipped", [{ path: "src/apps/zipped/lib/a.ts", body: "a" }], zip);
  const { id } = await shelve(server, userId, { localId: "zipped", bytes });
  const said = ok(await install(client, id));
  assert.deepEqual([said.id, said.name, said.files], ["zipped", "Notes", 2]);
  assert.equal(await text(client, "src/apps/zipped/lib/a.ts"), "a");
});

test("hostile archives are refused whole", async () => {
  const { userId } = await publisher(server);
  const { client, userId: victim } = await publisher(server);
  await fill(client, { "mine.txt": "mine", [REGISTRY]: "[]" });
  const before = await tree(client);
  const at = (/** @type {string} */ path, /** @type {any} */ more = {}) => ({ path, body: "x", ...more });
  const inside = (/** @type {string} */ path) => `src/apps/bad/${path}`;
  const packed = (/** @type {any[]} */ entries) => app("bad", entries);
  const zeros = Buffer.alloc(60 * 2 ** 20);
  /** @type {[string, Buffer, RegExp][]} */
  const hostile = [
    ["up", packed([at("src/apps/bad/../../../SOUL.md")]), /a name that is none/],
    ["out", packed([at("/etc/passwd")]), /leads out/],
    ["backslash", packed([at("src\\apps\\bad\\x")]), /leads out/],
    ["another folder", packed([at("src/apps/other/index.tsx")]), /outside of src\/apps\/bad/],
    ["the root", packed([at("SOUL.md")]), /outside/],
    ["a symlink", packed([at(inside("link"), { type: "2", body: "" })]), /link or device/],
    ["a hard link", packed([at(inside("link"), { type: "1", body: "" })]), /link or device/],
    ["a device", packed([at(inside("tty"), { type: "3", body: "" })]), /link or device/],
    ["a pipe", packed([at(inside("pipe"), { type: "6", body: "" })]), /link or device/],
    ["a file twice", packed([at(inside("a")), at(inside("a"))]), /twice/],
    ["a file as a directory", packed([at(inside("a")), at(inside("a/b"))]), /in a file/],
    ["a control character", packed([at(inside("a\nb"))]), /a name that is none/],
    ["a long name", packed([at(inside("é".repeat(40)), { type: "7", size: 60 * 2 ** 20 })]), /./],
    ["too many", packed(Array.from({ length: 10_001 }, (_, i) => at(inside(`f${i}`)))), /too many entries/],
    ["too large", packed([at(inside("big"), { size: 51 * 2 ** 20 })]), /file that is too large/],
    ["too large in all", packed(Array.from({ length: 5 }, (_, i) => at(inside(`f${i}`), { size: 45 * 2 ** 20 }))), /./],
    ["a bomb", packed([{ path: inside("zeros"), body: zeros.subarray(0, 49 * 2 ** 20) }]), /far too much/],
    [
      "a bomb behind its end",
      gzipSync(Buffer.concat([tar([manifest("bad"), at(inside("index.tsx"))]), zeros])),
      /far too much/,
    ],
    ["no manifest", gzipSync(tar([at(inside("index.tsx"))])), /no app.manifest.json/],
    ["a broken manifest", gzipSync(tar([{ path: "app.manifest.json", body: "{" }])), /manifest/],
    ["another's manifest", gzipSync(tar([manifest("other"), at(inside("index.tsx"))])), /another app/],
    [
      "a command for a range",
      gzipSync(tar([manifest("bad", { dependencies: { a: "1; rm -rf /" } }), at(inside("index.tsx"))])),
      /not a package/,
    ],
    [
      "a command for a name",
      gzipSync(tar([manifest("bad", { dependencies: { "--eval": "1" } }), at(inside("index.tsx"))])),
      /not a package/,
    ],
    [
      "an entry elsewhere",
      gzipSync(tar([manifest("bad", { entry: "/src/apps/bad/../../x.ts" }), at(inside("index.tsx"))])),
      /entry/,
    ],
    ["an entry that is missing", gzipSync(tar([manifest("bad"), at(inside("other.tsx"))])), /begins with/],
    ["cut off", packed([{ path: inside("a"), body: randomBytes(5000) }]).subarray(0, 3000), /to its end/],
    ["no gzip", tar([manifest("bad"), at(inside("index.tsx"))]), /to its end/],
    ["no archive", gzipSync(randomBytes(5000)), /neither a tar nor a zip/],
    ["nothing", gzipSync(Buffer.alloc(0)), /neither a tar nor a zip/],
    ["a zip that leads out", app("bad", [at("../../x")], zip), /a name that is none/],
    ["a zip with a file twice", app("bad", [at(inside("a")), at(inside("a"))], zip), /twice/],
  ];
  for (const [name, bytes, why] of hostile) {
    const localId = "bad";
    const { id } = await shelve(server, (await publisher(server)).userId, { localId, bytes });
    const said = refused(await install(client, id), 422, why);
    assert.match(said.error, /^The bundle .*nothing was changed$/, name);
  }
  assert.ok(userId);
  assert.deepEqual(await tree(client), before);
  assert.deepEqual(await server.sql(victim, "SELECT id FROM stage UNION ALL SELECT stage FROM staged"), []);
  await nothingPending(server, victim);
});

test("there has to be room before any byte is taken", async () => {
  const { userId } = await publisher(server);
  const bytes = app("full", [{ path: "src/apps/full/large", body: randomBytes(30 * 2 ** 20) }]);
  const { id } = await shelve(server, userId, { localId: "full", bytes });
  const { client, userId: full } = await publisher(server);
  await fill(client, { large: randomBytes(40 * 2 ** 20) });
  const said = refused(await install(client, id), 507, /full/);
  assert.ok(said.neededBytes > 30 * 2 ** 20 && said.leftBytes <= 20 * 2 ** 20);
  await nothingPending(server, full);
  assert.equal((await server.objects("DATA", `users/${full}/blobs/`)).size, 1);
});

test("installs at once are one install", async () => {
  const { id } = await publishedNotes();
  const { client, userId } = await publisher(server);
  const answers = await Promise.all(Array.from({ length: 5 }, () => install(client, id)));
  const said = answers.map((answer) => ok(answer));
  assert.equal(said.filter(({ installed }) => installed === undefined).length, 1);
  assert.ok(said.every(({ id }) => id === "notes"));
  assert.equal(JSON.parse(await text(client, REGISTRY)).length, 1);
  assert.equal(ok(await client.list(`${ROOT}/src/apps`)).files.length, 1);
  await nothingPending(server, userId);
  assert.deepEqual(await server.sql(userId, "SELECT id FROM stage"), []);
});

test("an install that is taken back is none, and can be forgotten", async () => {
  const { id } = await publishedNotes();
  const { client } = await publisher(server);
  const { turn } = ok(await install(client, id));
  ok(await call(client, "POST", `/api/turns/${turn}/undo`));
  assert.deepEqual(await tree(client), {});
  refused(await uninstall(client, id), 404, "The app is not installed");
  assert.deepEqual(ok(await as(client, "/api/installs")).installs, []);
  ok(await install(client, id));
});

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

test("a hostile snapshot is refused whole, and an old one is read", async () => {
  const { client, userId } = await publisher(server);
  const text = (/** @type {string} */ value) =>
    Buffer.concat([Buffer.from([0xa0 | Buffer.byteLength(value)]), Buffer.from(value)]);
  const map = (/** @type {Buffer[]} */ ...pairs) => Buffer.concat([Buffer.from([0x80 | (pairs.length / 2)]), ...pairs]);
  const file = (/** @type {string} */ content) =>
    map(text("f"), map(text("c"), Buffer.concat([Buffer.from([0xc4, content.length]), Buffer.from(content)])));
  const root = (/** @type {Buffer[]} */ ...pairs) => map(text("d"), map(...pairs));
  const fork = async (/** @type {Buffer} */ bytes, into = `${ROOT}/fork`) => {
    const { id } = await shelve(server, (await publisher(server)).userId, { kind: "desktops", bytes });
    return call(client, "POST", `/api/desktops/${id}/fork`, { json: { into } });
  };
  const link = map(text("f"), map(text("l"), text("/etc/passwd")));
  for (const bytes of [
    root(text(".."), file("x")),
    root(text("a/b"), file("x")),
    root(text("a"), file("x"), text("a"), file("y")),
    root(text("a"), link),
    Buffer.concat([root(text("a"), file("x")), Buffer.from("x")]),
    root(text("a"), file("x")).subarray(0, 9),
    file("x"),
    Buffer.from("{}"),
  ])
    refused(await fork(bytes), 422, /^The bundle .*nothing was changed$/);
  assert.deepEqual(await tree(client), {});
  await nothingPending(server, userId);
  const old = map(text("f"), map(text("c"), text("a\u00e9\u00ff"), text("b"), Buffer.from([0xc3])));
  ok(await fork(root(text("old"), old.subarray(0)), `${ROOT}/old`));
  const [{ content }] = await server.sql(userId, "SELECT hex(bytes) AS content FROM blob WHERE size = 3");
  assert.equal(content, "61E9FF");
});

test("what dies half-way plants nothing, and leaves nothing in the end", async () => {
  const { userId } = await publisher(server);
  const files = Array.from({ length: 40 }, (_, i) => ({
    path: `src/apps/slow/${i}`,
    body: randomBytes(i % 4 === 0 ? 1_300_000 : 200_000),
  }));
  const { id } = await shelve(server, userId, { localId: "slow", bytes: app("slow", files) });
  const { client, userId: user } = await publisher(server);
  await fill(client, { "mine.txt": "mine" });
  const before = await tree(client);
  let planted = 0;
  for (let delay = 20; delay < 900 && planted === 0; delay = Math.ceil(delay * 1.6)) {
    const answer = install(client, id).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, delay));
    for (const pid of server.runtimes()) process.kill(pid, "SIGKILL");
    await answer;
    await server.restart();
    const again = server.client(user);
    const now = await tree(again);
    if (JSON.stringify(now) === JSON.stringify(before)) continue;
    planted += 1;
    assert.equal(keys(now).filter((path) => path.startsWith("/src/apps/slow/")).length, 41, "all of it or nothing");
  }
  const last = server.client(user);
  if (planted === 0) ok(await install(last, id));
  await server.sql(user, "UPDATE stage SET until_ms = 1");
  await onlyLive(server, user);
  assert.deepEqual(await server.sql(user, "SELECT id FROM stage"), []);
});

test("a new version that was published by hand is found, and its numbers are those of the catalogue", async () => {
  const { userId } = await publisher(server);
  const thing = await shelve(server, userId, { localId: "byhand", bytes: app("byhand") });
  const { client } = await publisher(server);
  ok(await install(client, thing.id));
  await release(server, thing, {
    version: "1.1.0",
    bytes: app("byhand", [{ path: "src/apps/byhand/new.ts", body: "n" }]),
  });
  assert.deepEqual(ok(await install(client, thing.id)).update, { version: "1.1.0" });
  const updated = ok(await install(client, thing.id, { update: true }));
  assert.deepEqual([updated.version, updated.written, updated.kept], ["1.1.0", 1, []]);
  const [{ number }] = await sql(server, "SELECT number FROM installs WHERE local_id = 'byhand'");
  assert.equal(number, 10000100000);
  // And back again, if that is asked for.
  assert.equal(ok(await install(client, thing.id, { update: true, version: "1.0.0" })).removed, 1);
});
