// Signed uploads: a host asks for an address, and a page that has nothing else brings the bytes there.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { ORIGIN, send } from "./client.mjs";
import { ok, refused } from "./expect.mjs";
import { SECRET, serve } from "./harness.mjs";
import { assertKept, call, fetchPublic, ingestBytes, mediaLeft } from "./media.mjs";
import { png, sha256, wav } from "./samples.mjs";

const MIB = 2 ** 20;
const server = serve({ MEDIA_PUT_MAX_BYTES: String(30 * MIB), MEDIA_MAX_BYTES: String(100 * MIB) });
const PART = 32 * MIB;

/** @param {import("./client.mjs").Client} client @param {Record<string, any>} json */
const sign = (client, json) => call(client, "POST", "/api/media/sign", { json });

/** Brings bytes to an address, as a page does. @param {string} url @param {any} [body] @param {string} [method] */
function bring(url, body, method = "PUT", headers = {}) {
  const { origin, pathname, search } = new URL(url);
  return send(origin, { method, target: `${pathname}${search}`, headers: { origin: ORIGIN, ...headers }, body });
}

for (const size of [1000, 9 * MIB]) {
  for (const stated of [false, true]) {
    test(`${size} bytes ${stated ? "of a stated hash " : ""}are brought by somebody who has only the address`, async () => {
      const userId = server.user();
      const client = server.client(userId);
      const bytes = wav(size);
      const scope = { desktopId: "d", appId: "studio" };
      const hash = stated ? { sha256: sha256(bytes) } : {};
      const signed = ok(
        await sign(client, { contentType: "audio/x-wav", size, ext: "wav", scope, metadata: { a: "b" }, ...hash }),
      );
      assert.deepEqual(
        Object.keys(signed).sort(),
        stated ? ["expiresAt", "publicUrl", "r2Key", "url"] : ["expiresAt", "r2Key", "url"],
      );
      assert.ok(!signed.url.includes("sig="), "not the owner's query");
      const answer = await bring(signed.url, bytes);
      const said = ok(answer);
      assert.equal(answer.headers["access-control-allow-origin"], ORIGIN);
      assertKept(said, bytes, "audio/wav", userId, sha256(bytes));
      if (stated) assert.deepEqual([signed.r2Key, signed.publicUrl], [said.r2Key, said.publicUrl]);
      else assert.equal(signed.r2Key, null);
      assert.ok((await fetchPublic(said.publicUrl)).bytes.equals(bytes));
      const item = ok(await call(client, "GET", `/api/media/${said.id}`, { headers: { accept: "application/json" } }));
      assert.deepEqual([item.scope, item.metadata], [scope, { a: "b" }]);
      assert.deepEqual(ok(await bring(signed.url, bytes)), { ...said, deduped: true }, "again");
      assert.deepEqual(await mediaLeft(server, userId), [said.r2Key]);
    });
  }
}

test("an address is for its own type, size and hash, and for nothing else", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const bytes = png();
  const { url } = ok(await sign(client, { contentType: "image/png", size: bytes.length }));
  refused(await bring(url, Buffer.concat([bytes, Buffer.from("x")])), 400, /must have \d+ bytes/);
  refused(await bring(url, bytes.subarray(1)), 400, /must have \d+ bytes/);
  refused(await bring(url, [bytes]), 400, /Content-Length/);
  refused(await bring(url, wav(bytes.length)), 415, /audio\/wav, which is not what was signed for/);
  refused(await bring(url, Buffer.alloc(bytes.length, "<html>")), 415);
  const stated = ok(await sign(client, { contentType: "image/png", size: bytes.length, sha256: sha256(bytes) }));
  const other = Buffer.from(bytes);
  other[bytes.length - 20] = (other[bytes.length - 20] ?? 0) ^ 1;
  refused(await bring(stated.url, other), 400, /sha256/);
  const large = wav(9 * MIB);
  const large2 = Buffer.concat([large.subarray(0, -1), Buffer.from([large[large.length - 1] ?? 0 ^ 1])]);
  large2[5000] = (large2[5000] ?? 0) ^ 1;
  const signed = ok(await sign(client, { contentType: "audio/wav", size: large.length, sha256: sha256(large) }));
  refused(await bring(signed.url, large2), 400, /sha256/);
  assert.deepEqual(await mediaLeft(server, userId), []);
});

test("an address that was changed, or whose time is over, is refused", async () => {
  const client = server.client();
  const bytes = png();
  const { url, expiresAt } = ok(await sign(client, { contentType: "image/png", size: bytes.length }));
  assert.ok(Date.parse(expiresAt) > Date.now() + 30 * 60_000);
  const ticket = new URL(url).searchParams.get("ticket") ?? "";
  const [body = "", seal = ""] = ticket.split(".");
  const forged = Buffer.from(body, "base64url").toString().replace('"image/png"', '"audio/wav"');
  for (const bad of [
    "",
    body,
    `${body}.`,
    `.${seal}`,
    `${Buffer.from(forged).toString("base64url")}.${seal}`,
    ticket.slice(1),
  ]) {
    const answer = await bring(`${server.url}/api/media/upload?ticket=${bad}`, bytes);
    assert.deepEqual([answer.status, answer.body], [401, { error: "Unauthorized", details: "Invalid upload URL" }]);
  }
  refused(await bring(url, undefined, "GET"), 405);
  refused(await call(client, "PUT", "/api/media/upload", { body: bytes }), 401);
});

for (const [what, json, status, text] of /** @type {[string, any, number, RegExp][]} */ ([
  ["no type", { size: 5 }, 400, /contentType/],
  ["a type that is no media", { contentType: "text/html", size: 5 }, 415, /known/],
  ["no size", { contentType: "image/png" }, 400, /size/],
  ["no bytes", { contentType: "image/png", size: 0 }, 400, /size/],
  ["half a byte", { contentType: "image/png", size: 1.5 }, 400, /size/],
  ["too many bytes", { contentType: "image/png", size: 100 * MIB + 1 }, 413, /too large/],
  ["a hash that is none", { contentType: "image/png", size: 5, sha256: "x" }, 400, /sha256/],
  ["metadata that are none", { contentType: "image/png", size: 5, metadata: [] }, 400, /metadata/],
])) {
  test(`an address for ${what} is not signed`, async () => {
    refused(await sign(server.client(), json), status, text);
  });
}

test("with its hash, what is known already is said at once", async () => {
  const client = server.client();
  const bytes = png();
  const known = ok(await ingestBytes(client, bytes));
  const signed = ok(
    await sign(client, { contentType: "image/png", size: bytes.length, sha256: known.sha256, scope: { appId: "b" } }),
  );
  assert.deepEqual([signed.r2Key, signed.publicUrl], [known.r2Key, known.publicUrl]);
  assert.deepEqual(ok(await bring(signed.url, bytes)), { ...known, deduped: true });
});

test("large bytes come in parts, in any order, and become one item", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const bytes = wav(PART + 6 * MIB);
  const signed = ok(await sign(client, { contentType: "audio/wav", size: bytes.length }));
  assert.deepEqual([signed.partSize, signed.parts.length, signed.r2Key], [PART, 2, null]);
  const halves = [bytes.subarray(0, PART), bytes.subarray(PART)];
  refused(await bring(signed.parts[0], Buffer.alloc(100)), 400, /must have/);
  refused(await bring(signed.completeUrl, JSON.stringify({ parts: [] }), "POST"), 400, /parts/);
  const parts = [];
  for (const index of [1, 0]) parts.unshift(ok(await bring(signed.parts[index], halves[index])));
  assert.deepEqual(
    parts.map(({ partNumber }) => partNumber),
    [1, 2],
  );
  refused(
    await bring(signed.completeUrl, JSON.stringify({ parts: parts.map((part) => ({ ...part, etag: "x" })) }), "POST"),
    400,
    /do not make up/,
  );
  const said = ok(await bring(signed.completeUrl, JSON.stringify({ parts }), "POST"));
  assertKept(said, bytes, "audio/wav", userId, sha256(bytes));
  assert.ok((await fetchPublic(said.publicUrl)).bytes.equals(bytes));
  assert.deepEqual(await mediaLeft(server, userId), [said.r2Key]);
});

test("completing again answers the same item", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const bytes = wav(PART);
  const signed = ok(await sign(client, { contentType: "audio/wav", size: bytes.length }));
  const body = JSON.stringify({ parts: [ok(await bring(signed.parts[0], bytes))] });
  const said = ok(await bring(signed.completeUrl, body, "POST"));
  assert.deepEqual(ok(await bring(signed.completeUrl, body, "POST")), { ...said, deduped: true });
  assert.deepEqual(await mediaLeft(server, userId), [said.r2Key]);
  assert.deepEqual(ok(await bring(signed.completeUrl, body, "POST")), { ...said, deduped: true });
  ok(await call(client, "DELETE", `/api/media/${said.id}`));
  refused(await bring(signed.completeUrl, body, "POST"), 400, /do not make up/);
});

test("the key that was signed is the key, on another day and after a failure too", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const bytes = png();
  const signed = ok(await sign(client, { contentType: "image/png", size: bytes.length, sha256: sha256(bytes) }));
  const yesterday = signed.r2Key.replace(/\/\d{4}\/\d\d\/\d\d\//, "/2020/01/31/");
  const [body = ""] = (new URL(signed.url).searchParams.get("ticket") ?? "").split(".");
  const ticket = JSON.parse(Buffer.from(body, "base64url").toString());
  assert.equal(ticket.key, signed.r2Key);
  const old = seal({ ...ticket, key: yesterday });
  for (const table of ["sender", "upload"]) await server.sql(userId, `UPDATE ${table} SET key = ?`, yesterday);
  const other = Buffer.from(bytes);
  other[bytes.length - 20] = (other[bytes.length - 20] ?? 0) ^ 1;
  refused(await bring(`${server.url}/api/media/upload?ticket=${old}`, other), 400, /sha256/);
  const said = ok(await bring(`${server.url}/api/media/upload?ticket=${old}`, bytes));
  assert.equal(said.r2Key, yesterday);
  assert.deepEqual(await mediaLeft(server, userId), [yesterday]);
});

/** A ticket as it is sealed for this server. @param {unknown} ticket */
function seal(ticket) {
  const text = Buffer.from(JSON.stringify(ticket)).toString("base64url");
  const key = createHmac("sha256", SECRET).update("holdfast media upload v1").digest();
  return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
}

test("an address is no longer than the platform takes", async () => {
  const client = server.client();
  const with_ = (/** @type {string} */ a) => sign(client, { contentType: "image/png", size: 5, metadata: { a } });
  assert.ok(ok(await with_("x".repeat(8000))).url.length < 16 * 1024);
  refused(await with_('"\\'.repeat(2000)), 400, /too long for a signed address/);
});

test("parts that are given up, or never completed, leave nothing", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const bytes = wav(PART);
  const signed = ok(await sign(client, { contentType: "audio/wav", size: bytes.length }));
  const { partNumber, etag } = ok(await bring(signed.parts[0], bytes));
  ok(await bring(signed.abortUrl, undefined, "POST"));
  const forgotten = ok(await sign(client, { contentType: "audio/wav", size: bytes.length }));
  ok(await bring(forgotten.parts[0], bytes));
  assert.deepEqual(await mediaLeft(server, userId), []);
  refused(await bring(signed.parts[0], bytes), 400, /completed or given up/);
  for (const url of [signed.completeUrl, forgotten.completeUrl])
    refused(await bring(url, JSON.stringify({ parts: [{ partNumber, etag }] }), "POST"), 400, /do not make up/);
  assert.deepEqual(await mediaLeft(server, userId), []);
});

test("parts of another type, or of another hash, are refused and leave nothing", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const bytes = wav(PART);
  for (const [json, status] of /** @type {[any, number][]} */ ([
    [{ contentType: "video/mp4" }, 415],
    [{ contentType: "audio/wav", sha256: "0".repeat(64) }, 400],
  ])) {
    const signed = ok(await sign(client, { size: bytes.length, ...json }));
    const part = ok(await bring(signed.parts[0], bytes));
    refused(await bring(signed.completeUrl, JSON.stringify({ parts: [part] }), "POST"), status);
  }
  assert.deepEqual(await mediaLeft(server, userId), []);
});
