// POST /api/media/ingest: bytes and addresses become items.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { cost, inParallel, ok, refused } from "./expect.mjs";
import { accounted } from "./ledger.mjs";
import {
  assertKept,
  call,
  fetchPublic,
  ingest,
  ingestBytes,
  mediaAccounted,
  mediaLeft,
  withProvider,
} from "./media.mjs";
import { glb, mp3, mp4, png, sha256, svg, wav } from "./samples.mjs";

const world = withProvider();
const MIB = 2 ** 20;

for (const [what, bytes, type, extension] of /** @type {[string, Buffer, string, string][]} */ ([
  ["a picture", png(640, 480), "image/png", "png"],
  ["a recording", wav(), "audio/wav", "wav"],
  ["a song", mp3(), "audio/mpeg", "mp3"],
  ["a film", mp4(), "video/mp4", "mp4"],
  ["a model", glb(), "model/gltf-binary", "glb"],
  ["a picture in text", svg(), "image/svg+xml", "svg"],
])) {
  test(`${what} is kept by its bytes, whatever it is said to be`, async () => {
    const userId = world.server.user();
    const client = world.server.client(userId);
    const day = new Date().toISOString().slice(0, 10).replaceAll("-", "/");
    const said = ok(await ingestBytes(client, bytes, { contentType: "text/html", filenameHint: "page.html" }));
    assertKept(said, bytes, type, userId, sha256(bytes));
    assert.equal(said.r2Key, `media/${userId}/${day}/${sha256(bytes)}.${extension}`);
    assert.ok((await fetchPublic(said.publicUrl)).bytes.equals(bytes));
    const item = ok(await call(client, "GET", `/api/media/${said.id}`, { headers: { accept: "application/json" } }));
    assert.deepEqual([item.width, item.height], type === "image/png" ? [640, 480] : [undefined, undefined]);
    await mediaAccounted(world.server, userId);
    await accounted(world.server, userId);
  });
}

test("by its address, as base64 and as a data: URI the same bytes are the same item", async () => {
  const userId = world.server.user();
  const client = world.server.client(userId);
  const bytes = png();
  const url = world.provider.at({ body: bytes, headers: { "content-type": "image/jpeg" } }, "a%20b.png");
  const first = ok(await ingest(client, { sourceUrl: `${url}?token=secret`, scope: { desktopId: "d", appId: "a/b" } }));
  assertKept(first, bytes, "image/png", userId, sha256(bytes));
  assert.equal(first.deduped, undefined);
  assert.match(first.r2Key, new RegExp(`^media/${userId}/d/a%2Fb/\\d{4}/\\d\\d/\\d\\d/${first.sha256}\\.png$`));
  assert.ok((await fetchPublic(first.publicUrl)).bytes.equals(bytes));
  const base64 = bytes.toString("base64");
  for (const again of [
    base64,
    `data:image/png;base64,${base64}`,
    base64.replace(/(.{20})/g, "$1\n"),
    base64.replace(/=+$/, ""),
  ]) {
    const second = ok(await ingest(client, { base64: again, scope: { appId: "other" } }));
    assert.deepEqual(second, { ...first, deduped: true });
  }
  const item = ok(await call(client, "GET", `/api/media/${first.id}`, { headers: { accept: "application/json" } }));
  assert.equal(item.filename, "a b.png");
  assert.deepEqual(item.provenance, { sourceUrl: url }, "without the query");
  assert.deepEqual([item.scope, item.otherScopes], [{ desktopId: "d", appId: "a/b" }, [{ appId: "other" }]]);
  assert.deepEqual(await mediaLeft(world.server, userId), [first.r2Key]);
});

test("20 ingests of one picture at once are one object, one row and one id", async () => {
  const userId = world.server.user();
  const client = world.server.client(userId);
  const bytes = png();
  const url = world.provider.at({ body: bytes });
  const said = await inParallel(
    Array.from({ length: 20 }, (_, index) => index),
    async (index) => ok(await (index % 2 ? ingestBytes(client, bytes) : ingest(client, { sourceUrl: url }))),
    20,
  );
  assert.equal(new Set(said.map(({ id }) => id)).size, 1);
  assert.equal(new Set(said.map(({ r2Key }) => r2Key)).size, 1);
  assert.equal(said.filter(({ deduped }) => !deduped).length, 1, "one of them was first");
  assert.equal((await world.server.sql(userId, "SELECT * FROM media")).length, 1);
  assert.deepEqual(await mediaLeft(world.server, userId), [said[0].r2Key]);
});

for (const size of [8 * MIB, 8 * MIB + 1, 20 * MIB]) {
  for (const how of ["with", "without"]) {
    test(`${size} bytes of a source ${how} a length are kept, and nothing else is left`, async () => {
      const userId = world.server.user();
      const client = world.server.client(userId);
      const bytes = wav(size);
      const chunked = (/** @type {any} */ _, /** @type {import("node:http").ServerResponse} */ response) => {
        response.write(bytes.subarray(0, 1000));
        response.end(bytes.subarray(1000));
      };
      const url = world.provider.at(how === "with" ? { body: bytes } : chunked);
      ok(await client.list()); // opened
      const answer = await ingest(client, { sourceUrl: url });
      const said = ok(answer);
      assertKept(said, bytes, "audio/wav", userId, sha256(bytes));
      if (how === "with") assert.equal(cost(answer).bucket, size > 8 * MIB ? 3 : 1);
      assert.ok((await fetchPublic(said.publicUrl)).bytes.equals(bytes));
      const again = ok(await ingest(client, { sourceUrl: url }));
      assert.deepEqual(again, { ...said, deduped: true });
      assert.deepEqual(await mediaLeft(world.server, userId), [said.r2Key]);
    });
  }
}

test("large bytes whose hash is stated go to their key at once, and to none if it is another", async () => {
  const userId = world.server.user();
  const client = world.server.client(userId);
  const bytes = wav(9 * MIB);
  const url = world.provider.at({ body: bytes });
  refused(await ingest(client, { sourceUrl: url, sha256: createHash("sha256").digest("hex") }), 400, /sha256/);
  refused(await ingestBytes(client, png(), { sha256: sha256(bytes) }), 400, /sha256/);
  assert.deepEqual(await mediaLeft(world.server, userId), []);
  const answer = await ingest(client, { sourceUrl: url, sha256: sha256(bytes).toUpperCase() });
  assertKept(ok(answer), bytes, "audio/wav", userId, sha256(bytes));
  assert.equal(cost(answer).bucket, 1);
  assert.deepEqual(await mediaLeft(world.server, userId), [answer.body.r2Key]);
});

for (const [what, json, status, text] of /** @type {[string, any, number, RegExp][]} */ ([
  ["nothing", {}, 400, /exactly one/i],
  ["both", { sourceUrl: "https://fal.media/a", base64: "AAAA" }, 400, /exactly one/i],
  ["empty base64", { base64: "" }, 400, /exactly one/i],
  ["an empty data: URI", { base64: "data:image/png;base64," }, 400, /no bytes/i],
  ["no base64", { base64: "###" }, 400, /base64/],
  [
    "a page",
    { base64: Buffer.from("<!doctype html><p>hi").toString("base64"), contentType: "image/png" },
    415,
    /known/,
  ],
  ["a script", { base64: Buffer.from("alert(1)").toString("base64"), filenameHint: "a.svg" }, 415, /known/],
  [
    "a picture that is a page too",
    { base64: Buffer.concat([png(), Buffer.from("<script>")]).toString("base64") },
    415,
    /another document/,
  ],
  [
    "an archive",
    { base64: Buffer.from("PK\x03\x04aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "latin1").toString("base64") },
    415,
    /known/,
  ],
  ["a scope that is none", { base64: png().toString("base64"), scope: [] }, 400, /scope/],
  ["a long app id", { base64: png().toString("base64"), scope: { appId: "x".repeat(129) } }, 400, /scope.appId/],
  ["metadata that are no texts", { base64: png().toString("base64"), metadata: { a: 1 } }, 400, /metadata/],
  ["a hash that is none", { base64: png().toString("base64"), sha256: "x" }, 400, /sha256/],
])) {
  test(`an ingest of ${what} is refused and leaves nothing`, async () => {
    const userId = world.server.user();
    const client = world.server.client(userId);
    refused(await ingest(client, json), status, text);
    assert.deepEqual((await world.server.objects("MEDIA", `media/${userId}/`)).size, 0);
  });
}

test("more bytes than a limit are refused, from a caller and from a source", async () => {
  const userId = world.server.user();
  const client = world.server.client(userId);
  const said = refused(await ingestBytes(client, wav(25 * MIB + 1)), 413);
  assert.deepEqual([said.size, said.maxSize], [25 * MIB + 1, 25 * MIB]);
  const url = world.provider.at((_, response) => {
    response.writeHead(200, { "content-length": String(101 * MIB) });
    response.write(wav(1000));
  });
  refused(await ingest(client, { sourceUrl: url }), 413);
  assert.deepEqual(await mediaLeft(world.server, userId), []);
});

test("hostile ids stay segments of a key, and its address works", async () => {
  const userId = world.server.user();
  const client = world.server.client(userId);
  for (const appId of ["../..", "a/../b", "é 日本", "%2e%2e", "a?t=1#x", "~"]) {
    const bytes = png();
    const said = ok(await ingestBytes(client, bytes, { scope: { desktopId: "..", appId } }));
    assert.equal(said.r2Key.split("/").length, 8, said.r2Key);
    assert.ok((await fetchPublic(said.publicUrl)).bytes.equals(bytes), said.publicUrl);
  }
  await mediaAccounted(world.server, userId);
});

test("a quota that is full refuses media and keeps nothing of them", async () => {
  await world.server.restart({ MEDIA_EXTRA_ORIGINS: world.provider.origin, QUOTA_BYTES: String(10 * MIB) });
  const userId = world.server.user();
  const client = world.server.client(userId);
  const url = world.provider.at({ body: wav(12 * MIB) });
  refused(await ingest(client, { sourceUrl: url }), 507);
  ok(await ingestBytes(client, wav(6 * MIB)));
  refused(await ingestBytes(client, wav(5 * MIB)), 507);
  assert.equal((await mediaLeft(world.server, userId)).length, 1);
  await world.server.restart({ MEDIA_EXTRA_ORIGINS: world.provider.origin });
});

test("an app that stores random bytes is told what is taken", async () => {
  const client = world.server.client();
  refused(
    await ingestBytes(client, randomBytes(5000), { contentType: "image/png" }),
    415,
    /image, audio, video or 3D model/,
  );
});
