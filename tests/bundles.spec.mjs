// The bytes of what has been published: streamed, conditional, in parts, kept by caches as long as they may be, and visits counted.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually, ok, refused } from "./expect.mjs";
import { serve, start } from "./harness.mjs";
import { anyone, as, publisher, release, shelve, sql } from "./store.mjs";

const server = serve({ CATALOG_CACHE_SECONDS: "0" });
const ROUTES = { apps: "bundle", desktops: "snapshot" };
const IMMUTABLE = "public, max-age=31536000, immutable";

for (const kind of /** @type {const} */ (["apps", "desktops"])) {
  const at = (/** @type {string} */ id) => `/api/${kind}/${id}/${ROUTES[kind]}`;

  test(`the bytes of one of the ${kind} come whole, in parts, or not again, without a workspace being woken`, async () => {
    const { userId, client } = await publisher(server);
    const thing = await shelve(server, userId, { kind, bytes: randomBytes(3 * 2 ** 20), localId: "my-thing" });
    const whole = await anyone(server, at(thing.id));
    ok(whole);
    assert.ok(whole.bytes.equals(thing.bytes));
    const { etag } = whole.headers;
    assert.equal(etag, `"${thing.hash}"`);
    assert.equal(whole.headers["content-length"], String(thing.bytes.length));
    assert.equal(whole.headers["content-type"], kind === "apps" ? "application/gzip" : "application/octet-stream");
    assert.match(String(whole.headers["content-disposition"]), /^attachment; filename="my-thing-1\.0\.0-/);
    assert.equal(whole.headers["x-content-type-options"], "nosniff");
    assert.equal(whole.headers["content-security-policy"], "sandbox");
    assert.equal(whole.headers["access-control-allow-origin"], "*");
    assert.equal(whole.headers["cross-origin-resource-policy"], "cross-origin");

    const head = await anyone(server, at(thing.id), {}, "HEAD");
    assert.equal(head.status, 200);
    assert.equal(head.bytes.length, 0);
    for (const name of ["etag", "content-length", "content-type", "cache-control"])
      assert.equal(head.headers[name], whole.headers[name], name);

    const known = await anyone(server, at(thing.id), { "if-none-match": `"x", W/${etag}` });
    assert.equal(known.status, 304);
    assert.equal(known.headers.etag, etag);
    ok(await anyone(server, at(thing.id), { "if-none-match": '"x"' }));

    const part = await anyone(server, at(thing.id), { range: "bytes=1000000-1999999" });
    assert.equal(part.status, 206);
    assert.ok(part.bytes.equals(thing.bytes.subarray(1_000_000, 2_000_000)));
    assert.equal(part.headers["content-range"], `bytes 1000000-1999999/${thing.bytes.length}`);
    assert.ok((await anyone(server, at(thing.id), { range: "bytes=-5" })).bytes.equals(thing.bytes.subarray(-5)));
    ok(await anyone(server, at(thing.id), { range: "bytes=0-4", "if-range": '"other"' }));
    refused(await anyone(server, at(thing.id), { range: `bytes=${thing.bytes.length}-` }), 416);

    // The owner's workspace was not opened: it would have a database by now.
    await assert.rejects(server.sql(userId, "SELECT count(*) FROM node"));
    const older = kind === "apps" ? `/api/store/apps/${thing.id}/bundle` : `/api/visit/desktops/${thing.id}/snapshot`;
    assert.ok((await anyone(server, older)).bytes.equals(thing.bytes));
    assert.ok((await as(client, at(thing.id))).bytes.equals(thing.bytes));
  });

  test(`who may keep the bytes of one of the ${kind} follows who may see it`, async () => {
    const { userId, client } = await publisher(server);
    const control = async (/** @type {any} */ answer) => String((await answer).headers["cache-control"]);
    const [shown, unlisted, hidden] = [
      await shelve(server, userId, { kind }),
      await shelve(server, userId, { kind, visibility: "unlisted" }),
      await shelve(server, userId, { kind, visibility: "private" }),
    ];
    const byHash = (/** @type {typeof shown} */ thing) => `${at(thing.id)}?version=1.0.0&hash=${thing.hash}`;
    assert.equal(await control(anyone(server, byHash(shown))), IMMUTABLE);
    assert.equal(await control(anyone(server, at(shown.id))), "no-cache");
    assert.equal(await control(as(client, byHash(shown))), "private, no-cache");
    for (const target of [at(unlisted.id), byHash(unlisted)])
      assert.equal(await control(anyone(server, target)), "max-age=60");
    for (const target of [at(hidden.id), byHash(hidden)])
      assert.equal(await control(as(client, target)), "private, no-store");
    assert.equal(await control(as(client, `/api/${kind}/${hidden.id}`)), "private, no-store");
    // The address that a row tells is the one to keep.
    const { url } = ok(await anyone(server, `/api/${kind}/${shown.id}`));
    assert.equal(url, `${server.url}${byHash(shown)}`);
    refused(await anyone(server, `${at(shown.id)}?hash=${"0".repeat(64)}`), 404);
  });
}

test("each version has its own bytes, and the one that is offered is what comes without a name", async () => {
  const { userId } = await publisher(server);
  const first = await shelve(server, userId);
  const second = await release(server, first, { version: "1.1.0" });
  const bytes = async (/** @type {string} */ query) =>
    (await anyone(server, `/api/apps/${first.id}/bundle${query}`)).bytes;
  assert.ok((await bytes("")).equals(second.bytes));
  assert.ok((await bytes("?version=1.0.0")).equals(first.bytes));
  refused(await anyone(server, `/api/apps/${first.id}/bundle?version=2.0.0`), 404, "Version not found");
});

test("a version's manifest, package.json and lock file are there as they were published", async () => {
  const { userId } = await publisher(server);
  const thing = await shelve(server, userId);
  const ask = (/** @type {string} */ name, headers = {}) => anyone(server, `/api/apps/${thing.id}/${name}`, headers);
  const manifest = await ask("manifest");
  assert.deepEqual(ok(manifest), JSON.parse(thing.manifest.toString()));
  assert.ok(manifest.bytes.equals(thing.manifest));
  assert.equal((await ask("manifest", { "if-none-match": String(manifest.headers.etag) })).status, 304);
  assert.equal((await ask("package.json")).bytes.toString(), "{}");
  const lock = await ask("pnpm-lock.yaml");
  assert.equal(lock.bytes.toString(), "lockfileVersion: '9.0'\n");
  assert.equal(lock.headers["content-type"], "text/yaml; charset=utf-8");
  const bare = await shelve(server, userId, { lockfile: false });
  refused(
    await anyone(server, `/api/apps/${bare.id}/package.json`),
    404,
    "This version was published without package.json",
  );
});

test("a signed address works for whoever has it, for its version and its time", async () => {
  const [owner, other] = [await publisher(server), await publisher(server)];
  const thing = await shelve(server, owner.userId, { visibility: "private" });
  const decoy = await shelve(server, owner.userId, { visibility: "private" });
  await release(server, thing, { version: "2.0.0" });
  const sign = (/** @type {any} */ client, /** @type {any} */ body) =>
    as(client, `/api/apps/${thing.id}/bundle/sign`, "POST", body);
  const before = Date.now();
  const { url, version, expiresAt } = ok(await sign(owner.client, { version: "1.0.0", expiresInSeconds: 60 }));
  assert.equal(version, "1.0.0");
  const lasts = Date.parse(expiresAt) - 60_000;
  assert.ok(lasts > before - 1500 && lasts < Date.now() + 1500, expiresAt);
  const target = url.slice(server.url.length);
  const got = await anyone(server, target);
  assert.ok(got.bytes.equals(thing.bytes));
  assert.equal(got.headers["cache-control"], "private, no-store");
  assert.equal((await anyone(server, target, {}, "HEAD")).status, 200);
  for (const forged of [
    target.replace("1.0.0", "2.0.0"),
    target.replace(thing.id, decoy.id),
    target.replace(/until=\d/, "until=9"),
    target.replace(/seal=.*/, "seal=AAAA"),
    target.replace(/seal=.*/, "seal="),
    target.replace("/bundle", ""),
  ])
    refused(await anyone(server, forged), 404);
  refused(await sign(other.client, {}), 404);
  for (const expiresInSeconds of [0, 3601, -1, 1.5, "60"]) refused(await sign(owner.client, { expiresInSeconds }), 400);
  // A machine that is too slow to ask within a second gets more of them.
  for (let seconds = 1, isOver = false; !isOver; seconds *= 2) {
    const said = ok(await sign(owner.client, { version: "1.0.0", expiresInSeconds: seconds }));
    const brief = said.url.slice(server.url.length);
    const answer = await anyone(server, brief);
    if (Date.now() >= Date.parse(said.expiresAt)) continue;
    ok(answer);
    await sleep(Date.parse(said.expiresAt) - Date.now() + 1100);
    refused(await anyone(server, brief), 404);
    isOver = true;
  }
  const shown = await shelve(server, owner.userId);
  refused(await as(other.client, `/api/apps/${shown.id}/bundle/sign`, "POST", {}), 403);
});

test("the baseline is the operator's, and public", async () => {
  refused(await anyone(server, "/api/webcontainer-snapshot"), 404);
  const bytes = randomBytes(5000);
  await (await server.r2("BUNDLES")).put("baseline/snapshot.bin", bytes);
  const answer = await anyone(server, "/api/webcontainer-snapshot");
  ok(answer);
  assert.ok(answer.bytes.equals(bytes));
  assert.equal(
    (await anyone(server, "/api/webcontainer-snapshot", { "if-none-match": String(answer.headers.etag) })).status,
    304,
  );
});

test("a visitor of a desktop counts once a day, its owner never, and who it was is forgotten", async () => {
  const [owner, other] = [await publisher(server), await publisher(server)];
  const thing = await shelve(server, owner.userId, { kind: "desktops" });
  const target = `/api/desktops/${thing.id}/snapshot`;
  const visits = async () => ok(await anyone(server, `/api/desktops/${thing.id}`)).visits;
  const from = (/** @type {string} */ address) => ({ "cf-connecting-ip": address });
  ok(await as(owner.client, target));
  ok(await anyone(server, target, from("192.0.2.1"), "HEAD"));
  ok(await anyone(server, target, from("192.0.2.1")));
  await eventually(visits, (count) => count === 1);
  for (let n = 0; n < 3; n += 1) ok(await anyone(server, target, from("192.0.2.1")));
  ok(await as(other.client, target));
  await eventually(visits, (count) => count === 2);
  const rows = await sql(
    server,
    "SELECT visitor FROM visits v JOIN published p ON p.seq = v.item WHERE p.id = ?",
    thing.id,
  );
  assert.equal(rows.length, 2);
  for (const { visitor } of rows) assert.match(visitor, /^[0-9a-f]{16}$/);
  // A day later the clock strikes: the hashes are gone, the count stays, and the same visitor counts anew.
  await sql(server, "UPDATE visits SET day = day - 1");
  await server.strike();
  assert.deepEqual(await sql(server, "SELECT * FROM visits"), []);
  assert.equal(await visits(), 2);
  ok(await anyone(server, target, from("192.0.2.1")));
  await eventually(visits, (count) => count === 3);
});

test("who looks at a desktop is a visitor, whether they open any of its files or not", async () => {
  const [owner, other] = [await publisher(server), await publisher(server)];
  const thing = await shelve(server, owner.userId, { kind: "desktops" });
  const at = `/api/desktops/${thing.id}`;
  const visits = async () => ok(await anyone(server, at)).visits;
  const from = (/** @type {string} */ address) => ({ "cf-connecting-ip": address });
  // Neither the owner's own look nor one at its row, as lists and shops have it.
  ok(await as(owner.client, `${at}/manifest`));
  ok(await anyone(server, at, from("192.0.2.1")));
  assert.equal((await anyone(server, `${at}/manifest`, from("192.0.2.1"), "HEAD")).status, 200);
  const { headers } = await anyone(server, `${at}/manifest`, from("192.0.2.2"));
  await eventually(visits, (count) => count === 1);
  const again = { ...from("192.0.2.3"), "if-none-match": String(headers.etag) };
  assert.equal((await anyone(server, `${at}/manifest`, again)).status, 304);
  await eventually(visits, (count) => count === 2);
  // Looking and then running is one visit.
  ok(await anyone(server, `${at}/manifest`, from("192.0.2.2")));
  ok(await anyone(server, `${at}/snapshot`, from("192.0.2.2")));
  ok(await as(other.client, `${at}/manifest`));
  await eventually(visits, (count) => count === 3);
  assert.equal(
    (
      await sql(
        server,
        "SELECT count(*) AS n FROM visits v JOIN published p ON p.seq = v.item WHERE p.id = ?",
        thing.id,
      )
    )[0]?.n,
    3,
  );
  const app = await shelve(server, owner.userId);
  ok(await anyone(server, `/api/apps/${app.id}/manifest`, from("192.0.2.1")));
  assert.deepEqual(
    await sql(server, "SELECT 1 FROM visits v JOIN published p ON p.seq = v.item WHERE p.id = ?", app.id),
    [],
  );
});

test("bytes that are not there are not there for whoever asks only about them", async () => {
  const { userId } = await publisher(server);
  for (const kind of /** @type {const} */ (["apps", "desktops"])) {
    const thing = await shelve(server, userId, { kind });
    const at = `/api/${kind}/${thing.id}/${ROUTES[kind]}`;
    await (await server.r2("BUNDLES")).delete(`${thing.prefix}/${kind === "apps" ? "app.tar.gz" : "snapshot.bin"}`);
    for (const method of ["GET", "HEAD"]) {
      assert.equal((await anyone(server, at, {}, method)).status, 404, method);
      const known = await anyone(server, at, { "if-none-match": `"${thing.hash}"` }, method);
      assert.equal(known.status, 404, `${method}, known`);
    }
  }
});

test("the edge remembers for others what they may see, and a change is seen once its time is over", async () => {
  const caching = await start({ CATALOG_CACHE_SECONDS: "6" });
  try {
    const { userId, client } = await publisher(caching);
    const thing = await shelve(caching, userId, { title: "Remembered" });
    const see = async () => (await anyone(caching, `/api/apps/${thing.id}/bundle`)).status;
    const listed = async () => ok(await anyone(caching, "/api/apps")).apps.length;
    assert.equal(await see(), 200);
    assert.equal(await listed(), 1);
    assert.equal((await anyone(caching, "/api/apps")).headers["cache-control"], "public, max-age=10");
    // Behind the Worker's back, as another place of the edge would not hear of it.
    await sql(caching, "UPDATE published SET visibility = 2");
    assert.equal(await see(), 200);
    assert.equal(await listed(), 1);
    assert.equal(ok(await as(client, `/api/apps/${thing.id}`)).visibility, "private");
    await sleep(6000);
    await eventually(see, (status) => status === 404);
    await eventually(listed, (count) => count === 0);
    // The owner's own change is seen at once, here.
    ok(await as(client, `/api/apps/${thing.id}`, "PATCH", { visibility: "unlisted" }));
    assert.equal(await see(), 200);
    ok(await as(client, `/api/apps/${thing.id}`, "PATCH", { visibility: "private" }));
    assert.equal(await see(), 404);
  } finally {
    await caching.stop();
  }
});
