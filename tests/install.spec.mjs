// Taking over an app that others have published: it comes with one transaction, keeps what its user has changed, and goes without a
// trace.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { app } from "./archives.mjs";
import { ROOT } from "./client.mjs";
import { ok, refused } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { install, publishedNotes, REGISTRY, text, tree, uninstall } from "./installing.mjs";
import { accounted, nothingPending, onlyLive } from "./ledger.mjs";
import { call } from "./media.mjs";
import { fill } from "./publishing.mjs";
import { anyone, as, publisher, release, shelve, sql } from "./store.mjs";

const server = serve({ CATALOG_CACHE_SECONDS: "0", QUOTA_BYTES: String(60 * 2 ** 20) });

test("an app is installed, edited, brought up to date and taken out again", async () => {
  const { client: author, id } = await publishedNotes(server);
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
  const { id } = await publishedNotes(server);
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
  const { id } = await publishedNotes(server);
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
  const { id } = await publishedNotes(server);
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
  const { id } = await publishedNotes(server);
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
  const { client: author, id } = await publishedNotes(server);
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
  const { id } = await publishedNotes(server);
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
  const { id } = await publishedNotes(server);
  const { client } = await publisher(server);
  const { turn } = ok(await install(client, id));
  ok(await call(client, "POST", `/api/turns/${turn}/undo`));
  assert.deepEqual(await tree(client), {});
  refused(await uninstall(client, id), 404, "The app is not installed");
  assert.deepEqual(ok(await as(client, "/api/installs")).installs, []);
  ok(await install(client, id));
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
