// The public address of media: for an <img> of any origin, for a provider, and for nobody who only guesses.

import assert from "node:assert/strict";
import { test } from "node:test";
import { send } from "./client.mjs";
import { eventually, ok, refused } from "./expect.mjs";
import { serve, start } from "./harness.mjs";
import { call, fetchPublic, ingestBytes } from "./media.mjs";
import { glb, png, svg, wav } from "./samples.mjs";

const server = serve();
const MIB = 2 ** 20;

/** A public item. @param {Buffer} bytes @param {Record<string, any>} [more] */
async function shown(bytes, more) {
  const userId = server.user();
  const client = server.client(userId);
  const said = ok(await ingestBytes(client, bytes, more));
  return { userId, client, ...said };
}

test("an address loads anywhere, for good, and can run nothing", async () => {
  const bytes = png();
  const { publicUrl, sha256, r2Key } = await shown(bytes);
  assert.equal(publicUrl.split("?")[0], `${server.url}/${r2Key}`);
  for (const headers of [{}, { origin: "https://elsewhere.example" }, { origin: "http://localhost:3000" }]) {
    const answer = await fetchPublic(publicUrl, /** @type {any} */ (headers));
    assert.equal(answer.status, 200);
    assert.ok(answer.bytes.equals(bytes));
    const expected = {
      "content-type": "image/png",
      "content-length": String(bytes.length),
      etag: `"${sha256}"`,
      "cache-control": "public, max-age=31536000, immutable",
      "accept-ranges": "bytes",
      "access-control-allow-origin": "*",
      "cross-origin-resource-policy": "cross-origin",
      "content-security-policy": "sandbox",
      "x-content-type-options": "nosniff",
    };
    for (const [name, value] of Object.entries(expected)) assert.equal(answer.headers[name], value, name);
    for (const name of ["server-timing", "set-cookie", "vary"]) assert.equal(answer.headers[name], undefined, name);
  }
  const head = await fetchPublic(publicUrl, {}, "HEAD");
  assert.deepEqual([head.status, head.headers["content-length"], head.bytes.length], [200, String(bytes.length), 0]);
});

test("a picture in text is an attachment in a sandbox", async () => {
  const { publicUrl } = await shown(svg());
  const { headers } = await fetchPublic(publicUrl);
  assert.deepEqual(
    [
      headers["content-type"],
      headers["content-security-policy"],
      headers["content-disposition"],
      headers["x-content-type-options"],
    ],
    ["image/svg+xml", "sandbox", "attachment", "nosniff"],
  );
});

test("no object is woken: not for bytes, not for a refusal", async () => {
  const { publicUrl, userId } = await shown(glb());
  await server.sql(userId, "DROP TABLE media_scope");
  await server.sql(userId, "ALTER TABLE node RENAME TO gone");
  assert.equal((await fetchPublic(publicUrl)).status, 200);
  assert.equal((await fetchPublic(publicUrl, { range: "bytes=0-0" })).status, 206);
});

for (const size of [1000, 9 * MIB]) {
  test(`parts of ${size} bytes are answered as they are asked for`, async () => {
    const bytes = wav(size);
    const { client } = await shown(png());
    const { publicUrl, sha256 } = size > 8 * MIB ? ok(await ingestBytes(client, bytes)) : await shown(bytes);
    for (let round = 0; round < 2; round += 1) {
      for (const [range, from, to] of /** @type {[string, number, number][]} */ ([
        ["bytes=0-0", 0, 1],
        ["bytes=10-99", 10, 100],
        [`bytes=${size - 5}-`, size - 5, size],
        ["bytes=-7", size - 7, size],
        [`bytes=500-${size * 2}`, 500, size],
      ])) {
        const answer = await fetchPublic(publicUrl, { range });
        assert.equal(answer.status, 206, range);
        assert.equal(answer.headers["content-range"], `bytes ${from}-${to - 1}/${size}`);
        assert.equal(answer.headers["content-length"], String(to - from));
        assert.equal(answer.headers["access-control-allow-origin"], "*");
        assert.ok(answer.bytes.equals(bytes.subarray(from, to)), range);
      }
      const beyond = await fetchPublic(publicUrl, { range: `bytes=${size}-` });
      assert.deepEqual([beyond.status, beyond.headers["content-range"]], [416, `bytes */${size}`]);
      assert.equal((await fetchPublic(publicUrl, { range: "items=0-1" })).status, 200);
      // From the cache, in the second round, where it fits.
      assert.ok((await fetchPublic(publicUrl)).bytes.equals(bytes));
    }
    const known = await fetchPublic(publicUrl, { "if-none-match": `"${sha256}"` });
    assert.deepEqual([known.status, known.bytes.length, known.headers.etag], [304, 0, `"${sha256}"`]);
    assert.equal((await fetchPublic(publicUrl, { "if-none-match": '"other"' })).status, 200);
    assert.equal((await fetchPublic(publicUrl, { range: "bytes=0-0", "if-range": `"${sha256}"` })).status, 206);
    assert.equal((await fetchPublic(publicUrl, { range: "bytes=0-0", "if-range": '"other"' })).status, 200);
  });
}

test("without its token, or with another's, an address is nothing", async () => {
  const one = await shown(png());
  const two = await shown(png());
  const token = new URL(one.publicUrl).searchParams.get("t") ?? "";
  const other = new URL(two.publicUrl).searchParams.get("t") ?? "";
  for (const query of [
    "",
    "?t=",
    `?t=${other}`,
    `?t=${token.slice(1)}`,
    `?t=${token}A`,
    `?T=${token}`,
    `?x=${token}`,
  ]) {
    refused(await send(server.url, { method: "GET", target: `/${one.r2Key}${query}` }), 404);
  }
  for (const key of [
    `${one.r2Key}.png`,
    one.r2Key.replace("media/", "media//"),
    one.r2Key.toUpperCase(),
    `${one.r2Key}/`,
    "media/",
    "media/x",
  ]) {
    refused(await send(server.url, { method: "GET", target: `/${key}?t=${token}` }), 404);
  }
  refused(await send(server.url, { method: "PUT", target: `/${one.r2Key}?t=${token}`, body: "x" }), 405);
  // The token is for this alone: it opens no route, and no other secret's opens it.
  refused(
    await send(server.url, {
      method: "GET",
      target: `/api/media/${one.id}?userId=${one.userId}&exp=9999999999&sig=${token}`,
    }),
    401,
  );
});

test("an address outlives the change of the secret, as long as the old one is accepted", async () => {
  const old = await start({ SIGNING_SECRET: "old" });
  try {
    const userId = old.user();
    const bytes = png();
    const { publicUrl } = ok(await ingestBytes(old.client(userId, { secret: "old" }), bytes));
    const token = new URL(publicUrl).pathname + new URL(publicUrl).search;
    await old.restart({ SIGNING_SECRET: "new", SIGNING_SECRET_PREVIOUS: "old" });
    assert.ok((await send(old.url, { method: "GET", target: token })).bytes.equals(bytes));
    await old.restart({ SIGNING_SECRET: "new" });
    refused(await send(old.url, { method: "GET", target: token }), 404);
  } finally {
    await old.stop();
  }
});

test("with a secret of their own, addresses outlive every change of the signing secret", async () => {
  const old = await start({ SIGNING_SECRET: "old" });
  try {
    const bytes = png();
    const path = ({ publicUrl = "" }) => new URL(publicUrl).pathname + new URL(publicUrl).search;
    const first = path(ok(await ingestBytes(old.client(old.user(), { secret: "old" }), bytes)));
    // Who begins with the secret that is in use keeps all addresses that were given out.
    await old.restart({ SIGNING_SECRET: "new", MEDIA_URL_SECRET: "old" });
    const second = path(ok(await ingestBytes(old.client(old.user(), { secret: "new" }), bytes)));
    await old.restart({ SIGNING_SECRET: "newest", MEDIA_URL_SECRET: "old" });
    for (const target of [first, second])
      assert.ok((await send(old.url, { method: "GET", target })).bytes.equals(bytes));
    // Who begins with another one keeps those that the signing secret still stands for.
    await old.restart({ SIGNING_SECRET: "old", MEDIA_URL_SECRET: "other" });
    assert.equal((await send(old.url, { method: "GET", target: first })).status, 200);
  } finally {
    await old.stop();
  }
});

test("whatever stands behind an address, the cache knows the object alone, and forgets it", async () => {
  const bytes = png();
  const { publicUrl, r2Key, client, id } = await shown(bytes);
  const addresses = [publicUrl, `${publicUrl}&x=1`, publicUrl.replace("?", "?y=2&")];
  const bucket = await server.r2("MEDIA");
  await eventually(
    async () => {
      for (const address of addresses) await fetchPublic(address);
      await bucket.delete(r2Key);
      const { status } = await fetchPublic(`${publicUrl}&z=3`);
      await bucket.put(r2Key, bytes);
      return status;
    },
    (status) => status === 200,
  );
  ok(await call(client, "DELETE", `/api/media/${id}`));
  for (const address of addresses) refused(await fetchPublic(address), 404);
});

test("a page of any origin may see why it got nothing", async () => {
  const { publicUrl } = await shown(png());
  const headers = { origin: "https://elsewhere.example" };
  for (const [answer, status] of /** @type {[any, number][]} */ ([
    [await fetchPublic(publicUrl.replace("?t=", "?t=_"), headers), 404],
    [await fetchPublic(publicUrl, { ...headers, range: "bytes=9999-" }), 416],
  ]))
    assert.deepEqual([answer.status, answer.headers["access-control-allow-origin"]], [status, "*"]);
});

test("what has been shown once comes from the cache; a deletion is heard of where it was asked", async () => {
  const bytes = png();
  const { publicUrl, r2Key, client, id } = await shown(bytes);
  assert.ok((await fetchPublic(publicUrl)).bytes.equals(bytes));
  const bucket = await server.r2("MEDIA");
  await eventually(
    async () => {
      await bucket.delete(r2Key);
      const { status } = await fetchPublic(publicUrl);
      await bucket.put(r2Key, bytes);
      return status;
    },
    (status) => status === 200,
  );
  await bucket.delete(r2Key);
  assert.equal((await fetchPublic(publicUrl)).status, 200, "from the cache alone");
  assert.equal((await fetchPublic(publicUrl)).headers["cache-control"], "public, max-age=31536000, immutable");
  await bucket.put(r2Key, bytes);
  ok(await call(client, "DELETE", `/api/media/${id}`));
  refused(await fetchPublic(publicUrl), 404);
  refused(await fetchPublic(publicUrl, { range: "bytes=0-0" }), 404);
  assert.equal((await fetchPublic(publicUrl, {}, "HEAD")).status, 404);
  assert.equal((await fetchPublic(publicUrl, { "if-none-match": "*" })).status, 404, "also for who has it");
});

test("with a public domain, addresses are its own, and the bytes are found there", async () => {
  const mapped = await start({ MEDIA_CDN_BASE: "https://cdn.example/" });
  try {
    const client = mapped.client();
    const bytes = png();
    const said = ok(await ingestBytes(client, bytes, { scope: { appId: "a b" } }));
    assert.equal(said.publicUrl, `https://cdn.example/${said.r2Key.replaceAll("%", "%25")}`);
    const answer = await call(client, "GET", `/api/media/${said.id}`);
    assert.deepEqual([answer.status, answer.headers.location], [302, said.publicUrl]);
    const head = await call(client, "HEAD", `/api/media/${said.id}`);
    assert.deepEqual([head.status, head.headers.location], [302, said.publicUrl]);
    const object = await (await mapped.r2("MEDIA")).head(said.r2Key);
    assert.deepEqual(
      [object.httpMetadata.contentType, object.httpMetadata.cacheControl],
      ["image/png", "public, max-age=31536000, immutable"],
    );
    const picture = ok(await ingestBytes(client, svg()));
    const { httpMetadata } = await (await mapped.r2("MEDIA")).head(picture.r2Key);
    assert.equal(httpMetadata.contentDisposition, "attachment", "what could run is not shown there either");
  } finally {
    await mapped.stop();
  }
});
