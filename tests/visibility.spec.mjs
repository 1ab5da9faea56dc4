// Who sees what of what is published, on every route and by every spelling, and what somebody finds who looks for more.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { cost, inParallel, ok, refused } from "./expect.mjs";
import { serve, start } from "./harness.mjs";
import { fill, publish, shelved } from "./publishing.mjs";
import { anyone, as, number, publisher, release, shelve, sql } from "./store.mjs";

const server = serve({ CATALOG_CACHE_SECONDS: "0" });

const BYTES = { apps: "bundle", desktops: "snapshot" };
const OLDER = { apps: "/api/store/apps", desktops: "/api/visit/desktops" };
/** Words of the search, each a test's own. */
const word = () =>
  `w${randomBytes(6)
    .toString("hex")
    .replace(/\d/g, (digit) => "ghijklmnop"[Number(digit)] ?? "")}`;

/** @typedef {(target: string, headers?: Record<string, string>, method?: string) => Promise<import("./client.mjs").Answer>} Ask */

/** @param {import("./client.mjs").Client} client @returns {Ask} */
const signed =
  (client) =>
  (target, headers = {}, method = "GET") => {
    const [path = "", query = ""] = target.split("?");
    const { search } = client.url("");
    return client.raw({ method, target: `${path}${search}${query && `&${query}`}`, headers });
  };

test("each route shows each thing to those who may see it, and the same nothing to all others", async () => {
  const [owner, other] = [await publisher(server), await publisher(server)];
  /** @type {Record<string, Ask>} */
  const callers = {
    owner: signed(owner.client),
    other: signed(other.client),
    nobody: (target, headers, method) => anyone(server, target, headers, method),
  };
  /** By their ids. @type {Record<string, string[]>} */
  const sees = { public: ["owner", "other", "nobody"], unlisted: ["owner", "other", "nobody"], private: ["owner"] };
  for (const kind of /** @type {const} */ (["apps", "desktops"])) {
    for (const visibility of /** @type {const} */ (["public", "unlisted", "private"])) {
      const [title, tag] = [word(), word()];
      const thing = await shelve(server, owner.userId, {
        kind,
        visibility,
        title,
        tags: [tag],
        description: `about ${title}`,
      });
      const [at, older] = [`/api/${kind}/${thing.id}`, `${OLDER[kind]}/${thing.id}/${BYTES[kind]}`];
      const bytes = [
        `${at}/${BYTES[kind]}`,
        `${at}/${BYTES[kind]}?version=1.0.0`,
        `${at}/${BYTES[kind]}?version=1.0.0&hash=${thing.hash}`,
        older,
      ];
      const rest = [
        "",
        "?version=1.0.0",
        "/versions",
        "/manifest",
        "/package.json",
        "/pnpm-lock.yaml",
        "/manifest?version=1.0.0",
      ];
      for (const [who, ask] of Object.entries(callers)) {
        const isSeen = sees[visibility]?.includes(who);
        for (const target of [...bytes, ...rest.map((tail) => at + tail)]) {
          const what = `${who} asks for a ${visibility} one's ${target.replace(thing.id, ":id")}`;
          for (const method of ["GET", "HEAD"]) {
            const answer = await ask(target, {}, method);
            assert.equal(answer.status, isSeen ? 200 : 404, `${what} by ${method}`);
            const control = String(answer.headers["cache-control"] ?? "");
            if (visibility === "private" && isSeen && !target.endsWith("/versions"))
              assert.equal(control, "private, no-store", what);
            if (!isSeen) {
              assert.equal(control, "no-store", what);
              for (const name of ["etag", "content-range", "accept-ranges", "last-modified", "content-disposition"])
                assert.equal(answer.headers[name], undefined, `${what}: ${name}`);
            }
            if (who !== "nobody") assert.doesNotMatch(control, /public/, what);
          }
          if (isSeen) continue;
          const refusal = refused(await ask(target), 404);
          assert.deepEqual(refusal, { error: kind === "apps" ? "App not found" : "Desktop not found" }, what);
        }
        for (const target of bytes) {
          const etag = `"${thing.hash}"`;
          const what = `${who} asks for a ${visibility} one's ${target.replace(thing.id, ":id")}`;
          const statuses = [
            (await ask(target, { range: "bytes=0-9" })).status,
            (await ask(target, { range: "bytes=0-9", "if-range": etag })).status,
            (await ask(target, { range: "bytes=99999-" })).status,
            (await ask(target, { "if-none-match": etag })).status,
            (await ask(target, { "if-none-match": "*" }, "HEAD")).status,
          ];
          assert.deepEqual(statuses, isSeen ? [206, 206, 416, 304, 304] : [404, 404, 404, 404, 404], what);
        }
        const isListed = visibility === "public" || who === "owner";
        for (const list of [`/api/${kind}`, OLDER[kind]])
          for (const filter of [
            `search=${title}`,
            `search=about+${title}`,
            `tag=${tag}`,
            `owner=${owner.handle}&tag=${tag}`,
            `owner=${owner.handle}&search=${title}`,
          ])
            for (const sort of ["new", "name"]) {
              const rows = ok(await ask(`${list}?${filter}&sort=${sort}`))[kind];
              const what = `${who} looks for a ${visibility} one by ${list}?${filter}&sort=${sort}`;
              assert.deepEqual(
                rows.map((/** @type {any} */ { id }) => id),
                isListed ? [thing.id] : [],
                what,
              );
              for (const row of rows) {
                assert.equal("ownerId" in row, who === "owner", what);
                assert.ok(!JSON.stringify(row).includes(owner.userId) || who === "owner", what);
              }
            }
        if (who === "nobody") refused(await ask(`${at}/star`, {}, "PUT"), 401);
        else assert.equal((await ask(`${at}/star`, {}, "PUT")).status, isSeen ? 200 : 404);
        const updates = await ask(`/api/apps/updates?installed=${thing.id}@0.9.0`);
        assert.equal(
          ok(updates).updates.length,
          kind === "apps" && isSeen ? 1 : 0,
          `${who} asks for updates of a ${visibility} one`,
        );
      }
      assert.equal(ok(await signed(owner.client)(at)).stars, sees[visibility]?.length === 1 ? 1 : 2, "each star once");
    }
  }
});

test("what turns private is gone everywhere within the time of the caches, and no cache ever held what was private", async () => {
  const caching = await start({ CATALOG_CACHE_SECONDS: "1" });
  try {
    const { userId, client } = await publisher(caching);
    const [tag, title] = [word(), word()];
    const thing = await shelve(caching, userId, { kind: "desktops", tags: [tag], title });
    const hidden = await shelve(caching, userId, { kind: "desktops", tags: [tag], title, visibility: "private" });
    const at = `/api/desktops/${thing.id}`;
    const targets = [
      at,
      `${at}/snapshot`,
      `${at}/versions`,
      `${at}/manifest`,
      `/api/visit/desktops/${thing.id}/snapshot`,
    ];
    const lists = [
      `/api/desktops?tag=${tag}`,
      `/api/desktops?search=${title}`,
      "/api/visit/desktops",
      "/api/desktops?sort=name",
    ];
    for (const target of targets) assert.equal((await anyone(caching, target)).status, 200, target);
    // The owner's own list is no one else's, however soon after it they ask, and by whatever looks like the same.
    for (const list of lists) {
      assert.equal(ok(await as(client, list)).desktops.length, 2, list);
      for (const same of [list, `${list}${list.includes("?") ? "&" : "?"}userId=`, list.replace("tag=", "tag=%20")])
        for (const { id } of (await anyone(caching, same)).body?.desktops ?? []) assert.equal(id, thing.id, same);
    }
    for (const target of [`/api/desktops/${hidden.id}`, `/api/desktops/${hidden.id}/snapshot`]) {
      assert.equal((await as(client, target)).status, 200);
      refused(await anyone(caching, target), 404);
    }
    // What the edge remembers under an address of ours is no address.
    for (const path of [
      `/.catalog/item%2F${thing.id}%2F0`,
      `/.catalog/item/${thing.id}/0`,
      `/.catalog/item%2F${hidden.id}%2F0`,
    ])
      refused(await anyone(caching, path), 404);
    ok(await as(client, at, "PATCH", { visibility: "private" }));
    for (const target of targets) refused(await anyone(caching, target), 404);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    for (const list of lists) assert.deepEqual(ok(await anyone(caching, list)).desktops, [], list);
    const byHash = `${at}/snapshot?version=1.0.0&hash=${thing.hash}`;
    refused(await anyone(caching, byHash), 404);
    refused(await anyone(caching, byHash, { range: "bytes=0-9" }), 404);
    refused(await anyone(caching, byHash, { "if-none-match": `"${thing.hash}"` }), 404);
  } finally {
    await caching.stop();
  }
});

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
