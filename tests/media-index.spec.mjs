// `public/media` in the workspace: what is public, laid out as files.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { eventually, ok } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { call, fetchPublic, ingestBytes, mediaAccounted } from "./media.mjs";
import { png, sha256, wav } from "./samples.mjs";

const server = serve({});
const INDEX = `${ROOT}/public/media/index.json`;

/** The list as it is. @param {import("./client.mjs").Client} client @returns {Promise<any[]>} */
async function index(client) {
  const { version, items } = JSON.parse((await client.content(INDEX)).bytes.toString());
  assert.equal(version, 1);
  return items;
}

test("what was ingested is listed and laid out, the newest first, as soon as anybody looks", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const picture = png();
  const sound = wav(2 * 2 ** 20);
  const first = ok(await ingestBytes(client, picture, { scope: { appId: "paint" } }));
  const second = ok(await ingestBytes(client, sound));
  ok(await client.put(`${ROOT}/private.png`, png()));
  const items = await index(client);
  assert.deepEqual(
    items.map(({ id, contentType, size, sha256: hash, publicUrl, appId }) => [
      id,
      contentType,
      size,
      hash,
      publicUrl,
      appId,
    ]),
    [
      [second.id, "audio/wav", sound.length, sha256(sound), second.publicUrl, undefined],
      [first.id, "image/png", picture.length, sha256(picture), first.publicUrl, "paint"],
    ],
  );
  for (const [{ path, publicUrl, createdAt }, bytes] of /** @type {[any, Buffer][]} */ ([
    [items[0], sound],
    [items[1], picture],
  ])) {
    assert.match(path, /^public\/media\/\d{4}\/\d\d\/\d\d\/[0-9a-f]{64}\.(png|wav)$/);
    assert.ok((await client.content(`${ROOT}/${path}`)).bytes.equals(bytes));
    assert.ok((await fetchPublic(publicUrl)).bytes.equals(bytes), "the address in the list works");
    assert.equal(createdAt.slice(0, 10).replaceAll("-", "/"), path.split("/").slice(2, 5).join("/"));
  }
  assert.equal((await server.objects("MEDIA", `media/${userId}/`)).size, 2, "the bytes are there once");

  ok(await call(client, "DELETE", `/api/media/${first.id}`));
  assert.deepEqual(
    (await index(client)).map(({ id }) => id),
    [second.id],
  );
  assert.equal((await client.content(`${ROOT}/${items[1].path}`)).status, 404);
  await mediaAccounted(server, userId);
});

test("the alarm writes the list when nobody looks", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const began = Date.now();
  await Promise.all(Array.from({ length: 12 }, () => ingestBytes(client, png()).then(ok)));
  // Once for all that comes within a second and a half: for all of it, unless the machine is slow.
  const most = 1 + Math.floor((Date.now() - began) / 1500);
  const written = "SELECT count(*) AS n FROM change WHERE path = 'public/media/index.json'";
  const waits = "SELECT 1 FROM timer WHERE what = 'index'";
  await eventually(
    () => server.sql(userId, waits),
    ({ length }) => length === 0,
  );
  const [{ n }] = await server.sql(userId, written);
  assert.ok(n >= 1 && n <= most, `${n} times, ${most} at the most`);
  assert.equal((await index(client)).length, 12);
  assert.deepEqual(await server.sql(userId, written), [{ n }]);
});
