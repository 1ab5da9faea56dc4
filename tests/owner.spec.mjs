// What an owner does with a published thing, what others do with it, and what users say of themselves.

import assert from "node:assert/strict";
import { test } from "node:test";
import { send } from "./client.mjs";
import { inParallel, keys, ok, refused } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { anyone, as, number, publisher, release, shelve, sql } from "./store.mjs";

const HOST_SECRET = "host-secret";
const server = serve({ CATALOG_CACHE_SECONDS: "0", HOST_SECRET });

/** @param {string} prefix */
const left = async (prefix) => [...(await server.objects("BUNDLES", prefix)).keys()];

for (const kind of /** @type {const} */ (["apps", "desktops"])) {
  test(`the owner of one of the ${kind} says what others are told of it, and nobody else does`, async () => {
    const [owner, other] = [await publisher(server), await publisher(server)];
    const thing = await shelve(server, owner.userId, { kind, tags: ["old"], description: "old" });
    const hidden = await shelve(server, owner.userId, { kind, visibility: "private" });
    const target = `/api/${kind}/${thing.id}`;
    const title = kind === "apps" ? "name" : "title";
    const edited = ok(
      await as(owner.client, target, "PATCH", {
        title: " Größer ",
        icon: "🗒️",
        description: "new",
        tags: ["B", "a", "b"],
        visibility: "unlisted",
      }),
    );
    assert.equal(edited[title], "Größer");
    const { icon, description, tags, visibility } = ok(await anyone(server, target));
    assert.deepEqual(
      { icon, description, tags, visibility },
      { icon: "🗒️", description: "new", tags: ["b", "a"], visibility: "unlisted" },
    );
    const list = ok(await as(owner.client, `/api/${kind}?search=groß`))[kind];
    assert.deepEqual(
      list.map((/** @type {any} */ row) => row.id),
      [thing.id],
    );
    // What is not named stays; an empty text takes it away.
    const cleared = ok(await as(owner.client, target, "PATCH", { icon: "", description: "", tags: [] }));
    assert.deepEqual(
      [cleared.icon, cleared.description, cleared.tags, cleared.visibility],
      [null, null, [], "unlisted"],
    );
    for (const bad of [
      { title: "" },
      { title: "x".repeat(201) },
      { title: 5 },
      { visibility: "hidden" },
      { tags: "a" },
      { tags: [1] },
      { tags: ["x".repeat(41)] },
      { description: "x".repeat(4001) },
    ])
      refused(await as(owner.client, target, "PATCH", bad), 400);
    for (const [method, path] of /** @type {const} */ ([
      ["PATCH", ""],
      ["DELETE", ""],
      ["DELETE", "/versions/1.0.0"],
    ])) {
      refused(await as(other.client, `${target}${path}`, method, {}), 403, "Only the owner may change this");
      refused(await as(other.client, `/api/${kind}/${hidden.id}${path}`, method, {}), 404);
      refused(await anyone(server, `${target}${path}`, {}, method), 401);
    }
    assert.equal(ok(await as(owner.client, target)).version, "1.0.0");
  });

  test(`what is unpublished of the ${kind} is gone for everyone, with its bytes, and its numbers stay taken`, async () => {
    const { userId, client } = await publisher(server);
    const other = await publisher(server);
    const thing = await shelve(server, userId, { kind, title: `Gone ${kind}` });
    await release(server, thing, { version: "1.1.0" });
    await sql(
      server,
      "INSERT INTO version_files SELECT x'00', seq, ? FROM published WHERE id = ?",
      number("1.1.0"),
      thing.id,
    );
    const beside = await shelve(server, userId, { kind });
    ok(await as(other.client, `/api/${kind}/${thing.id}/star`, "PUT"));
    ok(await as(client, `/api/${kind}/${thing.id}`, "DELETE"));
    const bytes = kind === "apps" ? "bundle" : "snapshot";
    for (const path of ["", `/${bytes}`, "/versions", "/manifest", `/${bytes}?version=1.0.0`])
      for (const ask of [anyone.bind(null, server), as.bind(null, client)])
        refused(await ask(`/api/${kind}/${thing.id}${path}`), 404);
    assert.deepEqual(ok(await as(client, `/api/${kind}?search=gone`))[kind], []);
    assert.deepEqual(await left(`${kind}/${userId}/${thing.localId}/`), []);
    assert.equal((await left(`${kind}/${userId}/${beside.localId}/`)).length, 4);
    refused(await as(client, `/api/${kind}/${thing.id}`, "DELETE"), 404);
    const taken = await sql(
      server,
      "SELECT v.number FROM versions v JOIN published p ON p.seq = v.item WHERE p.id = ?",
      thing.id,
    );
    assert.deepEqual(taken.map((row) => row.number).sort(), [number("1.0.0"), number("1.1.0")]);
    assert.deepEqual(await sql(server, "SELECT * FROM stars WHERE user_id = ?", other.userId), []);
    assert.deepEqual(await sql(server, "SELECT * FROM version_files"), []);
  });
}

test("bytes that were still there after an unpublish go with the clock", async () => {
  const { userId, client } = await publisher(server);
  const thing = await shelve(server, userId);
  ok(await as(client, `/api/apps/${thing.id}`, "DELETE"));
  // As if the bucket had failed then.
  await (await server.r2("BUNDLES")).put(`${thing.prefix}/app.tar.gz`, "x");
  await sql(server, "UPDATE versions SET swept_ms = NULL WHERE removed_ms IS NOT NULL");
  await server.strike();
  assert.deepEqual(await left(thing.prefix), []);
  assert.deepEqual(await sql(server, "SELECT * FROM versions WHERE removed_ms IS NOT NULL AND swept_ms IS NULL"), []);
});

test("a yanked version is not offered, and still there for who names it; without any other the thing is its owner's alone", async () => {
  const { userId, client } = await publisher(server);
  const thing = await shelve(server, userId, { title: "Yankee" });
  await release(server, thing, { version: "1.1.0" });
  const target = `/api/apps/${thing.id}`;
  ok(await as(client, `${target}/versions/1.1.0`, "DELETE"));
  assert.equal(ok(await anyone(server, target)).version, "1.0.0");
  ok(await anyone(server, `${target}/bundle?version=1.1.0`));
  const versions = ok(await anyone(server, `${target}/versions`)).versions;
  assert.deepEqual(
    versions.map((/** @type {any} */ row) => [row.version, row.yanked]),
    [
      ["1.1.0", true],
      ["1.0.0", false],
    ],
  );
  refused(await as(client, `${target}/versions/9.0.0`, "DELETE"), 404, "Version not found");
  refused(await as(client, `${target}/versions/latest`, "DELETE"), 400);
  ok(await as(client, `${target}/versions/1.0.0`, "DELETE"));
  refused(await anyone(server, target), 404, "App not found");
  assert.deepEqual(ok(await anyone(server, "/api/apps?search=yankee")).apps, []);
  assert.equal(ok(await as(client, target)).version, null);
  assert.equal(ok(await as(client, "/api/apps?search=yankee")).apps.length, 1);
  assert.equal(
    ok(await as(client, "/api/apps?limit=100")).apps.filter((/** @type {any} */ row) => row.id === thing.id).length,
    1,
  );
});

test("a star is one for each user, however often and at once it is given", async () => {
  const { userId } = await publisher(server);
  const thing = await shelve(server, userId, { kind: "desktops" });
  const hidden = await shelve(server, userId, { visibility: "private" });
  const fans = [await publisher(server), { client: server.client() }];
  const target = `/api/desktops/${thing.id}/star`;
  await inParallel(
    Array.from({ length: 20 }, (_, n) => n),
    async (n) => ok(await as(fans[n % 2].client, target, "PUT")),
  );
  assert.equal(ok(await anyone(server, `/api/desktops/${thing.id}`)).stars, 2);
  const one = ok(await as(fans[0].client, `/api/desktops/${thing.id}`));
  assert.deepEqual([one.stars, one.starred], [2, true]);
  for (let round = 0; round < 2; round += 1)
    assert.deepEqual(ok(await as(fans[0].client, target, "DELETE")), {
      ok: true,
      id: thing.id,
      starred: false,
      stars: 1,
    });
  assert.equal(ok(await as(fans[0].client, `/api/desktops/${thing.id}`)).starred, false);
  refused(await as(fans[0].client, `/api/apps/${hidden.id}/star`, "PUT"), 404);
  refused(await anyone(server, target, {}, "PUT"), 401);
});

test("a user has a handle from the first look on, unique when they choose one", async () => {
  const [client, other] = [server.client(), server.client()];
  const made = ok(await as(client, "/api/profile"));
  assert.match(made.handle, /^user-[0-9a-f]{12}$/);
  assert.deepEqual(ok(await as(client, "/api/profile")), made);
  const chosen = { handle: `chosen-${process.pid}`, name: "Ännchen", avatarUrl: "https://example.com/a.png" };
  assert.deepEqual(ok(await as(client, "/api/profile", "PUT", chosen)), chosen);
  assert.deepEqual(ok(await as(client, "/api/profile", "PUT", { handle: chosen.handle })), chosen);
  const before = ok(await as(other, "/api/profile"));
  refused(
    await as(other, "/api/profile", "PUT", { handle: chosen.handle, name: "Mallory" }),
    409,
    "This handle is taken",
  );
  assert.deepEqual(ok(await as(other, "/api/profile")), before);
  assert.deepEqual(keys(ok(await as(client, "/api/profile", "PUT", { name: "", avatarUrl: "" }))), ["handle"]);
  for (const bad of [
    { handle: "ab" },
    { handle: "Ann" },
    { handle: "" },
    { handle: 5 },
    { name: "a\nb" },
    { avatarUrl: "javascript:0" },
  ])
    refused(await as(client, "/api/profile", "PUT", bad), 400);
  refused(await anyone(server, "/api/profile"), 401);
});

test("what a user published is found under a new handle, and not under the old one", async () => {
  const { userId, client, handle } = await publisher(server);
  const thing = await shelve(server, userId);
  const renamed = `renamed-${process.pid}`;
  ok(await as(client, "/api/profile", "PUT", { handle: renamed }));
  const found = async (/** @type {string} */ query) => ok(await anyone(server, `/api/apps?${query}`)).apps.length;
  for (const by of ["owner", "search"])
    assert.deepEqual([await found(`${by}=${renamed}`), await found(`${by}=${handle}`)], [1, 0], by);
  assert.equal(ok(await anyone(server, `/api/apps/${thing.id}`)).owner, renamed);
});

test("installs are the caller's own, the latest first, without what they may not know of", async () => {
  const [owner, user] = [await publisher(server), await publisher(server)];
  const things = [];
  for (let n = 0; n < 3; n += 1)
    things.push(await shelve(server, owner.userId, { title: `Installed ${n}`, version: "1.1.0" }));
  for (const [n, { id }] of things.entries())
    await sql(
      server,
      "INSERT INTO installs SELECT seq, ?, ?, 'notes', ? FROM published WHERE id = ?",
      user.userId,
      number("1.0.0"),
      n,
      id,
    );
  await sql(server, "UPDATE published SET visibility = 2 WHERE id = ?", things[1]?.id);
  const page = ok(await as(user.client, "/api/installs?limit=2"));
  const shown = (/** @type {any} */ row) => [
    row.targetType,
    row.targetId,
    row.name,
    row.version,
    row.currentVersion,
    row.localId,
  ];
  assert.deepEqual(page.installs.map(shown), [
    ["app", things[2]?.id, "Installed 2", "1.0.0", "1.1.0", "notes"],
    ["app", things[1]?.id, "", "1.0.0", null, "notes"],
  ]);
  const rest = ok(await as(user.client, `/api/installs?limit=2&cursor=${page.cursor}`));
  assert.deepEqual(rest.installs.map(shown), [["app", things[0]?.id, "Installed 0", "1.0.0", "1.1.0", "notes"]]);
  assert.equal(rest.cursor, undefined);
  assert.deepEqual(ok(await as(owner.client, "/api/installs")), { installs: [] });
  assert.equal(ok(await anyone(server, `/api/apps/${things[0]?.id}`)).installs, 1);
});

test("usage tells what is published, until it is unpublished", async () => {
  const { client, userId } = await publisher(server);
  const amounts = async () => ok(await as(client, "/api/usage")).published;
  assert.deepEqual(await amounts(), { bytes: 0, files: 0 });
  const { id } = await shelve(server, userId);
  await shelve(server, userId, { kind: "desktops", visibility: "private" });
  const rows = await sql(
    server,
    "SELECT sum(size_bytes) AS bytes, sum(files) AS files FROM versions v JOIN published p ON p.seq = v.item WHERE owner_id = ?",
    userId,
  );
  assert.ok(rows[0].bytes > 0 && rows[0].files > 0);
  assert.deepEqual(await amounts(), rows[0]);
  ok(await as(client, `/api/apps/${id}`, "DELETE"));
  assert.ok((await amounts()).bytes < rows[0].bytes);
});

test("a deleted account takes what it published with it, and nobody else's, and comes back by no old URL", async () => {
  const [gone, stays] = [await publisher(server), await publisher(server)];
  const closing = () =>
    send(server.url, {
      method: "DELETE",
      target: `/api/account?userId=${gone.userId}`,
      headers: { authorization: `Bearer ${HOST_SECRET}` },
    });
  const [app, desktop] = [await shelve(server, gone.userId), await shelve(server, gone.userId, { kind: "desktops" })];
  const other = await shelve(server, stays.userId);
  ok(await as(gone.client, `/api/apps/${other.id}/star`, "PUT"));
  ok(await as(stays.client, `/api/apps/${app.id}/star`, "PUT"));
  for (let round = 0; round < 2; round += 1) ok(await closing());
  refused(await anyone(server, `/api/apps/${app.id}`), 404);
  refused(await anyone(server, `/api/desktops/${desktop.id}/snapshot`), 404);
  assert.deepEqual([...(await left(`apps/${gone.userId}/`)), ...(await left(`desktops/${gone.userId}/`))], []);
  const one = ok(await anyone(server, `/api/apps/${other.id}`));
  assert.equal(one.stars, 0);
  ok(await anyone(server, `/api/apps/${other.id}/bundle`));
  refused(await as(gone.client, "/api/profile"), 410, "This account was deleted");
  refused(await as(gone.client, "/api/profile", "PUT", { handle: "back-again" }), 410);
  refused(await as(gone.client, `/api/apps/${other.id}/star`, "PUT"), 410);
  for (const table of ["stars WHERE user_id", "installs WHERE user_id", "published WHERE owner_id"])
    assert.deepEqual(await sql(server, `SELECT * FROM ${table} = ?`, gone.userId), [], table);
});
