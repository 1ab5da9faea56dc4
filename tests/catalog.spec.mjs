// The catalogue as others find it: who sees what, in lists and searches, page by page, and what that costs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cost, keys, ok, refused, TIME } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { anyone, as, number, publisher, release, shelve, sql } from "./store.mjs";

const server = serve({ CATALOG_CACHE_SECONDS: "0" });

/** @param {any} body */
const titles = (body) => (body.apps ?? body.desktops).map((/** @type {any} */ row) => row.name ?? row.title);
/** A word that no other test uses. */
const word = (() => {
  let words = 0;
  return () => `word${String.fromCharCode(97 + words++)}zz`;
})();

const ROW = ["_id", "createdAt", "description", "forks", "icon", "id", "manifestHash", "owner", "size", "stars"];
const SHARED = [...ROW, "tags", "updatedAt", "version", "visibility"];

for (const kind of /** @type {const} */ (["apps", "desktops"])) {
  test(`a public one of the ${kind} is found by anyone, with its row as the contract has it`, async () => {
    const { userId, handle, client } = await publisher(server);
    const title = word();
    const thing = await shelve(server, userId, { kind, title, tags: ["Notes"], description: "About it" });
    const list = await anyone(server, `/api/${kind}?search=${title}`);
    const [row, ...rest] = ok(list)[kind];
    assert.deepEqual(rest, []);
    const own =
      kind === "apps" ? ["appId", "name", "depsHash", "installs"] : ["desktopId", "title", "lockfileHash", "visits"];
    assert.deepEqual(keys(row), [...SHARED, ...own].sort());
    assert.match(row.createdAt, TIME);
    assert.match(row.updatedAt, TIME);
    const { createdAt, updatedAt, manifestHash, depsHash, lockfileHash, ...told } = row;
    assert.deepEqual(told, {
      _id: thing.id,
      id: thing.id,
      owner: handle,
      ...(kind === "apps"
        ? { appId: thing.localId, name: title, installs: 0 }
        : { desktopId: thing.localId, title, visits: 0 }),
      icon: "📝",
      description: "About it",
      tags: ["Notes"],
      version: "1.0.0",
      size: 1000,
      visibility: "public",
      stars: 0,
      forks: 0,
    });
    assert.match(manifestHash, /^[0-9a-f]{64}$/);
    assert.match(depsHash ?? lockfileHash, /^[0-9a-f]{64}$/);
    assert.equal(list.headers["access-control-allow-origin"], "*");
    // The other kind does not have it, and the owner alone is told who owns it.
    assert.deepEqual(
      titles(ok(await anyone(server, `/api/${kind === "apps" ? "desktops" : "apps"}?search=${title}`))),
      [],
    );
    assert.equal(ok(await as(client, `/api/${kind}?search=${title}`))[kind][0].ownerId, userId);
    const one = ok(await anyone(server, `/api/${kind}/${thing.id}`));
    assert.deepEqual(keys(one), [...keys(row), "files", "hash", "url"].sort());
    assert.equal(one.hash, thing.hash);
  });

  test(`the older spelling lists the ${kind} too`, async () => {
    const { userId } = await publisher(server);
    const title = word();
    await shelve(server, userId, { kind, title });
    const older = kind === "apps" ? "/api/store/apps" : "/api/visit/desktops";
    assert.deepEqual(titles(ok(await anyone(server, `${older}?search=${title}`))), [title]);
  });
}

test("who is not its owner finds only what is public, by whatever they look for it", async () => {
  const [owner, other] = [await publisher(server), await publisher(server)];
  const tag = word();
  for (const visibility of /** @type {const} */ (["public", "unlisted", "private"]))
    await shelve(server, owner.userId, { title: `${visibility} ${tag}`, tags: [tag], visibility });
  const all = [`private ${tag}`, `public ${tag}`, `unlisted ${tag}`];
  for (const filter of [
    `tag=${tag}`,
    `tag=${tag.toUpperCase()}`,
    `search=${tag}`,
    `owner=${owner.handle}`,
    `search=${owner.handle}`,
  ]) {
    for (const sort of ["", "&sort=new", "&sort=updated", "&sort=popular", "&sort=name"]) {
      const target = `/api/apps?${filter}${sort}`;
      assert.deepEqual(titles(ok(await anyone(server, target))), [`public ${tag}`], target);
      assert.deepEqual(titles(ok(await as(other.client, target))), [`public ${tag}`], target);
      assert.deepEqual(titles(ok(await as(owner.client, target))).sort(), all, target);
    }
  }
  for (const sort of ["new", "updated", "popular", "name"]) {
    const mine = (/** @type {any} */ body) => titles(body).filter((/** @type {string} */ title) => title.includes(tag));
    const target = `/api/apps?sort=${sort}&limit=100`;
    assert.deepEqual(mine(ok(await anyone(server, target))), [`public ${tag}`], target);
    assert.deepEqual(mine(ok(await as(other.client, target))), [`public ${tag}`], target);
    assert.deepEqual(mine(ok(await as(owner.client, target))).sort(), all, target);
  }
});

test("by its id an unlisted one is there for everyone, and a private one for its owner alone", async () => {
  const [owner, other] = [await publisher(server), await publisher(server)];
  const missing = refused(await anyone(server, `/api/apps/${"0".repeat(32)}`), 404, "App not found");
  for (const kind of /** @type {const} */ (["apps", "desktops"])) {
    const bytes = kind === "apps" ? "bundle" : "snapshot";
    const routes = [
      "",
      `/${bytes}`,
      "/versions",
      "/manifest",
      "/package.json",
      "/pnpm-lock.yaml",
      "?version=1.0.0",
      `/${bytes}?version=1.0.0`,
    ];
    const unlisted = await shelve(server, owner.userId, { kind, visibility: "unlisted" });
    const hidden = await shelve(server, owner.userId, { kind, visibility: "private" });
    for (const route of routes) {
      for (const ask of [anyone.bind(null, server), as.bind(null, other.client)]) {
        assert.equal((await ask(`/api/${kind}/${unlisted.id}${route}`)).status, 200, route);
        const refusal = refused(await ask(`/api/${kind}/${hidden.id}${route}`), 404);
        assert.deepEqual(refusal, { error: kind === "apps" ? missing.error : "Desktop not found" }, route);
      }
      for (const { id } of [unlisted, hidden])
        assert.equal((await as(owner.client, `/api/${kind}/${id}${route}`)).status, 200, route);
      // An app is no desktop, whoever asks.
      const wrong = kind === "apps" ? "desktops" : "apps";
      if (!route.includes(bytes)) refused(await as(owner.client, `/api/${wrong}/${hidden.id}${route}`), 404);
    }
  }
});

test("who says who they are has to prove it, on public routes too", async () => {
  const { userId } = await publisher(server);
  const { id } = await shelve(server, userId);
  for (const path of [
    "/api/apps",
    `/api/apps/${id}`,
    `/api/apps/${id}/bundle`,
    "/api/apps/updates",
    "/api/webcontainer-snapshot",
  ])
    refused(await anyone(server, `${path}?userId=${userId}&exp=9999999999&sig=${"A".repeat(43)}`), 401, "Unauthorized");
});

test("a search finds words of the title, the description, the tags and the handle, and the beginning of the last one", async () => {
  const { userId, handle } = await publisher(server);
  const [title, about, tag] = [word(), word(), word()];
  await shelve(server, userId, { title: `Über ${title}`, description: `what ${about} does`, tags: [tag] });
  const found = async (/** @type {string} */ search) =>
    titles(ok(await anyone(server, `/api/apps?search=${encodeURIComponent(search)}`))).length;
  for (const search of [
    title,
    title.toUpperCase(),
    title.slice(0, -1),
    `uber ${title}`,
    about,
    `does ${about}`,
    tag,
    handle,
    `${tag} ${title}`,
  ])
    assert.equal(await found(search), 1, search);
  for (const search of [`${title}x`, `${title.slice(0, -1)} über`, `${title} ${word()}`])
    assert.equal(await found(search), 0, search);
  // What could be an operator is a word like others, and what is none finds nothing.
  for (const search of [
    `"${title}"`,
    `${title}"`,
    `title:${title}`,
    `(${title}`,
    `${title})`,
    `{title}: ${title}`,
    `-${title}`,
    `^${title}`,
    `${title}*`,
  ])
    assert.ok((await found(search)) <= 1, search);
  for (const search of [
    '"',
    "📝",
    "*",
    "()",
    "' OR 1=1 --",
    "NEAR(",
    "scope:everyone",
    "everyone",
    "k0",
    "AND",
    "NOT x",
  ])
    assert.equal(await found(search), 0, search);
  refused(await anyone(server, `/api/apps?search=${"x".repeat(201)}`), 400);
});

test("a search shows first what is called so, and a list keeps the order that it is asked for", async () => {
  const { userId } = await publisher(server);
  const name = word();
  const things = [
    await shelve(server, userId, { title: `z with ${name}` }),
    await shelve(server, userId, { title: name }),
    await shelve(server, userId, { title: `${name} and more` }),
    await shelve(server, userId, { title: "a thing", description: name }),
  ];
  await sql(server, "UPDATE published SET updated_ms = updated_ms + 1000000 WHERE id = ?", things[0]?.id);
  for (const user of [server.user(), server.user()])
    await sql(server, "INSERT INTO stars SELECT seq, ?, 1 FROM published WHERE id = ?", user, things[2]?.id);
  const order = async (/** @type {string} */ sort) =>
    titles(ok(await anyone(server, `/api/apps?search=${name}${sort}`)));
  const [first, exact, begins, about] = things.map(({ title }) => title);
  assert.deepEqual(await order(""), [exact, begins, first, about]);
  assert.deepEqual(await order("&sort=new"), [about, begins, exact, first]);
  assert.deepEqual(await order("&sort=updated"), [first, about, begins, exact]);
  assert.deepEqual(await order("&sort=popular"), [begins, about, exact, first]);
  assert.deepEqual(await order("&sort=name"), [about, exact, begins, first].sort());
  refused(await anyone(server, "/api/apps?sort=rank"), 400);
});

for (const [name, filter] of /** @type {const} */ ([
  ["everything", ""],
  ["a tag's", "tag"],
  ["an owner's", "owner"],
])) {
  for (const sort of ["new", "updated", "popular", "name"]) {
    test(`pages of ${name} list by ${sort} hold each thing once, also while others are added`, async () => {
      const { userId, handle, client } = await publisher(server);
      const tag = word();
      const made = [];
      for (let n = 0; n < 7; n += 1)
        made.push((await shelve(server, userId, { tags: [tag], visibility: n % 3 === 0 ? "private" : "public" })).id);
      const query = filter === "" ? "" : `&${filter}=${filter === "tag" ? tag : handle}`;
      const seen = [];
      for (let cursor = "", pages = 0; ; pages += 1) {
        assert.ok(pages < 200, "a cursor that never ends");
        const page = ok(await as(client, `/api/apps?sort=${sort}&limit=3${query}${cursor && `&cursor=${cursor}`}`));
        assert.ok(page.apps.length <= 3);
        seen.push(...page.apps.map((/** @type {any} */ { id }) => id));
        if (pages < 2) await shelve(server, userId, { tags: [tag], title: `added ${pages}` });
        if (!page.cursor) break;
        cursor = page.cursor;
      }
      assert.equal(new Set(seen).size, seen.length, "a thing came twice");
      assert.deepEqual(seen.filter((id) => made.includes(id)).sort(), [...made].sort());
    });
  }
}

test("a cursor of another list, or of none, is refused", async () => {
  const { userId } = await publisher(server);
  for (let n = 0; n < 2; n += 1) await shelve(server, userId);
  const { cursor } = ok(await anyone(server, "/api/apps?sort=name&limit=1"));
  refused(await anyone(server, `/api/apps?sort=new&cursor=${cursor}`), 400, "Invalid cursor");
  for (const bad of ["x", "e30", "%22"])
    refused(await anyone(server, `/api/apps?cursor=${bad}`), 400, "Invalid cursor");
  for (const limit of ["0", "101", "x"]) refused(await anyone(server, `/api/apps?limit=${limit}`), 400);
});

test("the versions are listed with the highest first, and any of them can be asked for", async () => {
  const { userId, client } = await publisher(server);
  const first = await shelve(server, userId, { version: "1.9.0" });
  await release(server, first, { version: "1.10.0", lockfile: false });
  await release(server, first, { version: "1.2.0" });
  const all = ok(await anyone(server, `/api/apps/${first.id}/versions`)).versions;
  assert.deepEqual(
    all.map((/** @type {any} */ row) => row.version),
    ["1.10.0", "1.9.0", "1.2.0"],
  );
  assert.deepEqual(keys(all[0]), [
    "createdAt",
    "depsHash",
    "files",
    "hash",
    "manifestHash",
    "size",
    "version",
    "yanked",
  ]);
  assert.equal(ok(await anyone(server, `/api/apps/${first.id}`)).version, "1.10.0");
  assert.equal(ok(await anyone(server, `/api/apps/${first.id}?version=1.9.0`)).hash, first.hash);
  refused(await anyone(server, `/api/apps/${first.id}?version=3.0.0`), 404, "Version not found");
  for (const bad of ["1", "v1.0.0", "latest", ""])
    refused(await anyone(server, `/api/apps/${first.id}?version=${bad}`), 400);
  const { versions, cursor } = ok(await as(client, `/api/apps/${first.id}/versions?limit=2`));
  assert.equal(versions.length, 2);
  const rest = ok(await as(client, `/api/apps/${first.id}/versions?limit=2&cursor=${cursor}`));
  assert.deepEqual(
    rest.versions.map((/** @type {any} */ row) => row.version),
    ["1.2.0"],
  );
  assert.equal(rest.cursor, undefined);
});

test("updates are what is offered above what somebody has, of what they may see", async () => {
  const { userId, client } = await publisher(server);
  const [old, current, hidden] = [
    await shelve(server, userId, { version: "1.0.0" }),
    await shelve(server, userId, { version: "2.0.0" }),
    await shelve(server, userId, { version: "2.0.0", visibility: "private" }),
  ];
  await release(server, old, { version: "1.0.1" });
  const installed = `${old.id}@1.0.0,${current.id}@2.0.0,${hidden.id}@1.0.0,${"0".repeat(32)}@1.0.0`;
  const told = (/** @type {any} */ body) =>
    body.updates.map((/** @type {any} */ row) => `${row.id} ${row.installed} ${row.version}`);
  assert.deepEqual(told(ok(await anyone(server, `/api/apps/updates?installed=${installed}`))), [
    `${old.id} 1.0.0 1.0.1`,
  ]);
  assert.deepEqual(
    told(ok(await as(client, `/api/apps/updates?installed=${installed}`))).sort(),
    [`${old.id} 1.0.0 1.0.1`, `${hidden.id} 1.0.0 2.0.0`].sort(),
  );
  const other = await publisher(server);
  assert.deepEqual(ok(await as(other.client, "/api/apps/updates")), { updates: [] });
  await sql(
    server,
    "INSERT INTO installs SELECT seq, ?, ?, 'notes', 1 FROM published WHERE id IN (?, ?)",
    ...[other.userId, number("1.0.0"), old.id, hidden.id],
  );
  assert.deepEqual(told(ok(await as(other.client, "/api/apps/updates"))), [`${old.id} 1.0.0 1.0.1`]);
  for (const bad of ["?installed=notes@1.0.0", `?installed=${old.id}`, ""])
    refused(await anyone(server, `/api/apps/updates${bad}`), 400);
});

test("a page costs what it holds, and a search a bounded number of rows, however much is published", async () => {
  const { userId, handle, client } = await publisher(server);
  const tag = word();
  const thing = await shelve(server, userId, { title: `many ${tag}`, tags: [tag] });
  await sql(
    server,
    `INSERT INTO published (id, kind, owner_id, local_id, title, fold, tags, visibility, created_ms, updated_ms)
     WITH RECURSIVE counter(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counter WHERE i < 3000)
     SELECT lower(hex(randomblob(16))), 0, owner_id, 'many-' || i, title || ' ' || i, fold || ' ' || i, tags, 0, created_ms + i, updated_ms + i
       FROM published, counter WHERE id = ?`,
    thing.id,
  );
  await sql(
    server,
    `INSERT INTO versions SELECT p.seq, v.number, v.size_bytes, v.files, v.bundle_hash, v.content_hash, v.manifest_hash, v.deps_hash,
       v.artifacts, v.created_ms, NULL, NULL, NULL FROM published p, versions v JOIN published o ON o.seq = v.item
      WHERE o.id = ? AND p.owner_id = o.owner_id AND p.seq <> o.seq`,
    thing.id,
  );
  await sql(server, "UPDATE published SET current = ? WHERE owner_id = ? AND current IS NULL", number("1.0.0"), userId);
  for (const sort of ["new", "updated", "popular", "name"]) {
    for (const limit of [1, 10, 100]) {
      const answer = await as(client, `/api/apps?sort=${sort}&limit=${limit}`);
      assert.equal(ok(answer).apps.length, limit);
      assert.ok(cost(answer).read <= 5 * (limit + 1) + 4, `${sort}, ${limit}: ${cost(answer).read} rows`);
      assert.equal(cost(answer).bucket, 0);
    }
    for (const filter of [`search=${tag}`, `tag=${tag}`, `owner=${handle}`]) {
      const answer = await as(client, `/api/apps?${filter}&sort=${sort}&limit=100`);
      assert.equal(ok(answer).apps.length, 100);
      assert.ok(cost(answer).read <= (sort === "new" ? 510 : 1000), `${filter}, ${sort}: ${cost(answer).read} rows`);
    }
  }
  const one = await as(client, `/api/apps/${thing.id}`);
  ok(one);
  assert.ok(cost(one).read <= 8, `${cost(one).read} rows`);
});
