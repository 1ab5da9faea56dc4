// What somebody finds who looks for more than they may see, or does everything at once.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { cost, inParallel, ok, refused } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { fill, publish, shelved } from "./publishing.mjs";
import { anyone, as, number, publisher, release, shelve, signed, sql, word } from "./store.mjs";

const server = serve({ CATALOG_CACHE_SECONDS: "0" });

test("nobody publishes over another's thing, whatever they call theirs", async () => {
  const [owner, mallory] = [server.user(), server.user()];
  for (const userId of [owner, mallory])
    await fill(server.client(userId), { "src/apps/notes/index.tsx": `export default "${userId}";\n` });
  const publishAs = (/** @type {string} */ userId, /** @type {"app" | "desktop"} */ kind, /** @type {any} */ about) =>
    publish(server.client(userId), kind, about);
  const app = ok(await publishAs(owner, "app", { appId: "notes" }));
  const desktop = ok(await publishAs(owner, "desktop", { title: "Mine" }));
  const before = [
    await anyone(server, `/api/apps/${app.id}/bundle`),
    await anyone(server, `/api/desktops/${desktop.id}/snapshot`),
  ];
  const theirs = await shelved(server, owner);
  // The same names, the other's ids, and the other's id said in every field there is.
  const tries = [
    ok(await publishAs(mallory, "app", { appId: "notes", id: app.id, owner, ownerId: owner, userId: owner })),
    ok(await publishAs(mallory, "desktop", { title: "Mine", desktopId: desktop.id })),
    ok(await publishAs(mallory, "desktop", { title: "Mine", desktopId: desktop.id, version: "1.0.1" })),
  ];
  for (const { id } of tries) assert.ok(id !== app.id && id !== desktop.id);
  assert.deepEqual(await shelved(server, owner), theirs);
  const after = [
    await anyone(server, `/api/apps/${app.id}/bundle`),
    await anyone(server, `/api/desktops/${desktop.id}/snapshot`),
  ];
  for (const [n, { bytes }] of after.entries()) assert.ok(bytes.equals(before[n]?.bytes ?? Buffer.alloc(0)));
  const client = server.client(mallory);
  for (const [method, path, body] of /** @type {const} */ ([
    ["PATCH", "", { visibility: "private" }],
    ["DELETE", "", undefined],
    ["DELETE", "/versions/1.0.0", undefined],
  ]))
    refused(await as(client, `/api/apps/${app.id}${path}`, method, body), 403);
  refused(await as(client, `/api/apps/${app.id}/bundle/sign`, "POST", {}), 403);
  // A handle is taken, in whatever spelling, and a new name is in no one's way.
  const { handle } = ok(await as(server.client(owner), "/api/profile"));
  for (const bad of [handle.toUpperCase(), ` ${handle}`, `${handle}\0`, `${handle}\u200b`, "admin/../x", "🙂🙂🙂"])
    refused(await as(client, "/api/profile", "PUT", { handle: bad }), 400);
  refused(await as(client, "/api/profile", "PUT", { handle }), 409);
});

test("what somebody looks for is never a command, and nothing makes a search fail", async () => {
  const owner = await publisher(server);
  const mine = word();
  await shelve(server, owner.userId, { title: mine, visibility: "private", tags: [mine] });
  const ids = async () => (await sql(server, "SELECT count(*) AS rows FROM published"))[0].rows;
  const rows = await ids();
  const hex = Buffer.from(owner.userId).toString("hex").toUpperCase();
  const hostile = [
    `o${hex}`,
    `scope:o${hex}`,
    `x" OR scope : "o${hex}`,
    `x") OR (scope : o${hex}`,
    `" OR "${mine}`,
    `${mine}" OR "a`,
    `{scope} : o${hex}`,
    `- ${mine}`,
    "'; DROP TABLE published; --",
    '"; DELETE FROM search; --',
    "%",
    "_",
    "\\",
    "?1",
    ":a",
    "$a",
    "@a",
    "ⓐ",
    "½",
    "\u0301",
    "ा",
    "\u{1f600}",
    "\u200b",
    "\ufeff",
    "ı",
    "ﬀ",
    "ﷺ",
    "a".repeat(200),
    "a ".repeat(100),
    "* *",
    "^a",
    "a*b",
    "NEAR(a b, 3)",
    "a AND",
    "AND OR NOT",
    "+a",
    "a+b",
  ];
  for (const text of hostile) {
    for (const name of ["search", "tag", "owner"]) {
      const target = `/api/apps?${name}=${encodeURIComponent(text)}`;
      const answer = await anyone(server, target);
      assert.ok([200, 400].includes(answer.status), `${target}: ${answer.status}`);
      for (const row of answer.body.apps ?? []) assert.notEqual(row.name, mine, target);
      for (const sort of ["popular", "name"])
        assert.ok((await anyone(server, `${target}&sort=${sort}`)).status < 500, target);
    }
  }
  for (let round = 0; round < 200; round += 1) {
    const text =
      Buffer.from(randomBytes(60).map((byte) => byte % 128)).toString() +
      String.fromCodePoint(0x20 + Math.floor(Math.random() * 0xd000));
    const answer = await anyone(server, `/api/apps?search=${encodeURIComponent(text.slice(0, 60))}`);
    assert.ok([200, 400].includes(answer.status), JSON.stringify(text));
  }
  for (const id of [
    `${"0".repeat(31)}'`,
    "' OR 1=1 --",
    "%00",
    "..%2F..",
    `${"0".repeat(32)}%0a`,
    "0".repeat(33),
    "x".repeat(5000),
    "__proto__",
  ])
    for (const tail of ["", "/bundle", "/versions", "/manifest"]) {
      const answer = await anyone(server, `/api/apps/${encodeURIComponent(id)}${tail}`);
      assert.equal(answer.status, 404, `${id}${tail}`);
    }
  for (const cursor of [
    "bnVsbA",
    btoa('{"k":1,"s":"x"}'),
    btoa('{"k":1e400,"s":1}'),
    btoa('{"k":-9007199254740993,"s":1}'),
    btoa('{"k":{},"s":1}'),
    "x".repeat(5000),
  ])
    assert.ok((await anyone(server, `/api/apps?cursor=${encodeURIComponent(cursor)}`)).status <= 400, cursor);
  assert.equal(await ids(), rows);
});

test("a thing of ten thousand versions is read, listed, added to and yanked as one of two is", async () => {
  const { userId, client } = await publisher(server);
  const thing = await shelve(server, userId);
  await sql(
    server,
    `INSERT INTO versions SELECT v.item, v.number + i, v.size_bytes, v.files, v.bundle_hash, v.content_hash, v.manifest_hash, v.deps_hash,
       v.artifacts, v.created_ms, NULL, NULL, NULL
       FROM versions v JOIN published p ON p.seq = v.item AND p.id = ?1,
         (WITH RECURSIVE counter(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counter WHERE i < 9999) SELECT i FROM counter)`,
    thing.id,
  );
  await sql(server, "UPDATE published SET current = ? WHERE id = ?", number("1.0.9999"), thing.id);
  const signedly = signed(client);
  for (const [target, most] of /** @type {const} */ ([
    ["", 12],
    ["?version=1.0.5000", 12],
    ["/versions", 110],
    ["/versions?limit=5", 20],
    ["/manifest?version=1.0.0", 12],
  ])) {
    const answer = await signedly(`/api/apps/${thing.id}${target}`);
    ok(answer);
    assert.ok(cost(answer).read <= most, `${target}: ${cost(answer).read} rows`);
  }
  const yanked = await signedly(`/api/apps/${thing.id}/versions/1.0.9999`, {}, "DELETE");
  assert.equal(ok(yanked).yanked, true);
  assert.ok(cost(yanked).read <= 40, `a yank: ${cost(yanked).read} rows`);
  assert.equal(ok(await anyone(server, `/api/apps/${thing.id}`)).version, "1.0.9998");
  await release(server, thing, { version: "1.1.0" });
  assert.equal(ok(await anyone(server, `/api/apps/${thing.id}`)).version, "1.1.0");
  ok(await signedly(`/api/apps/${thing.id}`, {}, "DELETE"));
  refused(await signedly(`/api/apps/${thing.id}/bundle?version=1.0.5000`), 404);
});

test("publishing, yanking, hiding and unpublishing at once ends in something that is whole", async () => {
  const userId = server.user();
  const client = server.client(userId);
  await fill(client, { "src/apps/notes/index.tsx": "export default 0;\n" });
  for (let round = 0; round < 4; round += 1) {
    const { id, version } = ok(await publish(client, "app", { appId: "notes" }));
    const target = `/api/apps/${id}`;
    await fill(client, { "src/apps/notes/index.tsx": `export default ${round};\n` });
    const answers = await inParallel(
      [
        () => publish(client, "app", { appId: "notes" }),
        () => publish(client, "app", { appId: "notes" }),
        () => as(client, `${target}/versions/${version}`, "DELETE"),
        () => as(client, target, "PATCH", { visibility: "unlisted" }),
        () => as(client, target, "DELETE"),
        () => publish(client, "app", { appId: "notes" }),
      ],
      (act) => act(),
    );
    for (const { status } of answers) assert.ok([200, 404, 409].includes(status), String(status));
    const rows = await sql(server, "SELECT id, current, removed_ms FROM published WHERE owner_id = ?", userId);
    assert.equal(rows.length, 1);
    const live = await sql(
      server,
      "SELECT v.number, v.bundle_hash FROM versions v JOIN published p ON p.seq = v.item WHERE p.owner_id = ? AND v.removed_ms IS NULL",
      userId,
    );
    assert.equal(rows[0].removed_ms !== null, live.length === 0);
    await server.strike();
    // What is offered is there whole, and nothing else is.
    const kept = (await shelved(server, userId)).filter((key) => key.endsWith("app.tar.gz"));
    assert.equal(kept.length, live.length);
    if (live.length === 0) continue;
    const all = ok(await as(client, `/api/apps/${rows[0].id}/versions`)).versions;
    for (const { version, hash } of all) {
      const { status, headers } = await anyone(server, `/api/apps/${rows[0].id}/bundle?version=${version}`);
      assert.deepEqual([status, headers.etag], [200, `"${hash}"`]);
    }
    ok(await as(client, `/api/apps/${rows[0].id}`, "DELETE"));
  }
  assert.deepEqual(await sql(server, "SELECT * FROM attempts WHERE owner_id = ?", userId), []);
});
