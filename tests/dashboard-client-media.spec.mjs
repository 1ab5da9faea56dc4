// Media on their way up by the client: at once and in parts, told of, cancelled, and failing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { onFileWrite } from "../dashboard/client/bridge.ts";
import { connect, HoldfastError } from "../dashboard/client/index.ts";
import { gatewayUrl, ROOT } from "./client.mjs";
import { fails, front, say } from "./dashboard-client.mjs";
import { serve } from "./harness.mjs";

const MIB = 2 ** 20;
const server = serve({ MEDIA_PUT_MAX_BYTES: String(30 * MIB), MEDIA_MAX_BYTES: String(100 * MIB) });
/** More than goes at once: two parts. */
const LARGE = 40 * MIB;

/** A picture, as far as anybody looks at it. @param {number} sizeBytes */
function picture(sizeBytes) {
  const bytes = new Uint8Array(sizeBytes);
  bytes.set(Buffer.from("R0lGODlhAQABAAAAACwAAAAAAQABAAA=", "base64"));
  return new Blob([bytes], { type: "image/gif" });
}

/** A client of a new user that notes what goes out. */
function open() {
  /** @type {string[]} */
  const sent = [];
  const note = (/** @type {any} */ url, /** @type {any} */ init) => {
    sent.push(`${init?.method ?? "GET"} ${new URL(url).pathname}`);
    return fetch(url, init);
  };
  const { media } = connect(gatewayUrl(server.url, server.signed(server.user())), { fetch: note });
  return { media, sent };
}

/** @param {import("../dashboard/client/index.ts").Media} media @param {Blob} blob @param {AbortSignal} [signal] */
async function uploadTold(media, blob, signal) {
  /** @type {number[]} */
  const told = [];
  const onProgress = (/** @type {any} */ { sent, total }) => {
    assert.equal(total, blob.size);
    told.push(sent);
  };
  const item = await media.upload(blob, { onProgress, scope: { appId: "paint" }, ...(signal && { signal }) });
  return { item, told };
}

test("an upload goes by the client's own fetch and tells how far it is: at once, and in parts", async () => {
  const { media, sent } = open();
  const small = await uploadTold(media, picture(1000));
  assert.deepEqual(sent, ["POST /api/media/sign", "PUT /api/media/upload"]);
  assert.deepEqual(small.told, [1000]);
  sent.length = 0;
  const large = await uploadTold(media, picture(LARGE));
  const parts = sent.filter((one) => one === "PUT /api/media/upload").length;
  assert.equal(parts, 2);
  assert.equal(sent.at(-1), "POST /api/media/upload/complete");
  assert.equal(large.told.length, parts);
  assert.equal(large.told.at(-1), LARGE);
  assert.deepEqual(
    large.told,
    large.told.toSorted((one, two) => one - two),
  );
  assert.deepEqual(
    (await media.list({ appId: "paint" })).items.map(({ id }) => id).sort(),
    [small.item.id, large.item.id].sort(),
  );
});

test("what the line breaks under is brought again: a part, and the end", async () => {
  const broken = new Set();
  const breaking = async (/** @type {any} */ url, /** @type {any} */ init) => {
    const { pathname } = new URL(url);
    const answer = await fetch(url, init);
    const isFirst = !broken.has(pathname);
    broken.add(pathname);
    // It has arrived; that it has, does not.
    if (isFirst && pathname !== "/api/media/sign") throw new TypeError("terminated");
    return answer;
  };
  const client = connect(gatewayUrl(server.url, server.signed(server.user())), { fetch: breaking });
  const { id } = await client.media.upload(picture(LARGE));
  assert.deepEqual([...broken], ["/api/media/sign", "/api/media/upload", "/api/media/upload/complete"]);
  broken.delete("/api/media/upload");
  const small = await client.media.upload(picture(1000));
  const { items } = await client.media.list();
  assert.deepEqual(
    items.map((item) => item.id),
    [small.id, id],
  );
});

test("bytes of which a browser knows no type are what their name says", async () => {
  const { media } = open();
  const model = Buffer.concat([Buffer.from("glTF"), Buffer.from([2, 0, 0, 0, 12, 0, 0, 0])]);
  assert.equal((await media.upload(new File([model], "chair.GLB"))).contentType, "model/gltf-binary");
  await fails(media.upload(new Blob([model])), 400, /contentType required/);
  const client = connect(gatewayUrl(server.url, server.signed(server.user())));
  const written = onFileWrite(client, { appId: "paint" });
  await written(`${ROOT}/a.gif`, new Blob([picture(100)]));
  await written(`${ROOT}/a.txt`, new Blob(["a"]));
  assert.deepEqual(
    (await client.media.list()).items.map(({ contentType, metadata }) => [contentType, metadata]),
    [["image/gif", { path: `${ROOT}/a.gif` }]],
  );
});

test("an upload in parts that is cancelled is given up on the server, too", async () => {
  const { media, sent } = open();
  const giving = new AbortController();
  const mine = new Error("mine");
  const onProgress = () => giving.abort(mine);
  await assert.rejects(media.upload(picture(LARGE), { onProgress, signal: giving.signal }), (error) => error === mine);
  assert.equal(sent.at(-1), "POST /api/media/upload/abort");
  assert.ok(!sent.includes("POST /api/media/upload/complete"));
});

test("an upload in parts that fails is given up, and says the first reason", async () => {
  /** @type {string[]} */
  const came = [];
  const worker = await front((request, response) => {
    const { pathname, search } = new URL(request.url ?? "", "http://worker");
    came.push(`${request.method} ${pathname}${pathname === "/part" ? search : ""}`);
    const { origin } = worker;
    request.resume().on("end", () => {
      if (pathname === "/api/media/sign") {
        const parts = [1, 2, 3].map((part) => `${origin}/part?${part}`);
        const rest = { completeUrl: `${origin}/complete`, abortUrl: `${origin}/abort` };
        return say(response, 200, { parts, partSize: 2, ...rest });
      }
      if (search === "?2") return say(response, 507, { error: "No room is left" });
      if (pathname === "/abort") return say(response, 500, { error: "Something else" });
      say(response, 200, { ok: true, partNumber: 1, etag: "e" });
    });
  });
  const { media } = connect(worker.url);
  await fails(media.upload(new Blob(["abcde"])), 507, /^No room is left$/);
  assert.deepEqual(came.slice(1), ["PUT /part?1", "PUT /part?2", "POST /abort"]);
  worker.close();
  await assert.rejects(media.upload(new Blob(["abcde"])), HoldfastError);
});
