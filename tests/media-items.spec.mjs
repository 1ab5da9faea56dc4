// Items: listed, read, shared, used and deleted.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT, send } from "./client.mjs";
import { eventually, names, ok, refused } from "./expect.mjs";
import { serve, start } from "./harness.mjs";
import { call, fetchPublic, ingestBytes, mediaAccounted, mediaLeft } from "./media.mjs";
import { glb, mp3, mp4, png, sha256, wav } from "./samples.mjs";
import { number, publisher, shelve, sql } from "./store.mjs";

const server = serve({ VERSIONS_DAYS: "0" });
const MIB = 2 ** 20;
const JSON_ONLY = { accept: "application/json" };

/** @param {import("./client.mjs").Client} client @param {Record<string, any>} [params] */
const list = (client, params = {}) => call(client, "GET", "/api/media/list", { params });
/** @param {import("./client.mjs").Client} client @param {string} id @param {Record<string, string>} [headers] @param {string} [method] */
const item = (client, id, headers = {}, method = "GET") => call(client, method, `/api/media/${id}`, { headers });
/** @param {any} listing */
const ids = (listing) => listing.items.map((/** @type {any} */ { id }) => id);

test("an item is listed with all that is known of it, newest first, by whatever narrows it down", async () => {
  const userId = server.user();
  const client = server.client(userId);
  assert.deepEqual(ok(await list(client)), { items: [] });
  const scope = { desktopId: "d", appId: "notes", appName: "Notes", threadId: "t", requestId: "r" };
  const picture = ok(
    await ingestBytes(client, png(5, 4), { scope, metadata: { mood: "calm" }, filenameHint: "a/b.png" }),
  );
  const song = ok(await ingestBytes(client, mp3(), { scope: { appId: "music", threadId: "t" } }));
  const film = ok(await ingestBytes(client, mp4(), { scope: { desktopId: "d" } }));
  const model = ok(await ingestBytes(client, glb()));
  const all = ok(await list(client));
  assert.deepEqual(
    ids(all),
    [model, film, song, picture].map(({ id }) => id),
  );
  const usage = ok(await call(client, "GET", "/api/usage"));
  const bytes = [picture, song, film, model].reduce((sum, { size }) => sum + size, 0);
  assert.deepEqual([usage.media, usage.live.bytes < bytes + 10_000], [{ bytes, files: 4 }, true]);
  const { createdAt, ...told } = all.items[3];
  assert.deepEqual(told, {
    id: picture.id,
    _id: picture.id,
    contentType: "image/png",
    size: picture.size,
    r2Key: picture.r2Key,
    publicUrl: picture.publicUrl,
    sha256: picture.sha256,
    width: 5,
    height: 4,
    scope,
    metadata: { mood: "calm" },
    filename: "b.png",
  });
  assert.match(createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const today = createdAt.slice(0, 10);
  const ms = Date.parse(createdAt);
  for (const [params, expected] of /** @type {[Record<string, any>, any[]][]} */ ([
    [{ type: "image" }, [picture]],
    [{ type: "audio" }, [song]],
    [{ type: "video" }, [film]],
    [{ type: "model" }, [model]],
    [{ appId: "notes" }, [picture]],
    [{ desktopId: "d" }, [film, picture]],
    [{ desktopId: "d", type: "video" }, [film]],
    [{ threadId: "t" }, [song, picture]],
    [{ threadId: "t", appId: "music" }, [song]],
    [{ appId: "nobody" }, []],
    [{ ownerId: userId, appId: "notes" }, [picture]],
    [{ from: today }, [model, film, song, picture]],
    [{ to: today }, [model, film, song, picture]],
    [{ to: ms }, [picture]],
    [{ from: createdAt, to: createdAt, type: "image" }, [picture]],
    [{ to: ms - 1 }, []],
    [{ from: "2999-01-01" }, []],
  ])) {
    assert.deepEqual(
      ids(ok(await list(client, params))),
      expected.map(({ id }) => id),
      JSON.stringify(params),
    );
  }
  const pages = [];
  for (let cursor; ; ) {
    const page = ok(await list(client, cursor === undefined ? { limit: 3 } : { limit: 3, cursor }));
    pages.push(ids(page));
    cursor = page.cursor;
    if (cursor === undefined) break;
  }
  assert.deepEqual(pages, [[model.id, film.id, song.id], [picture.id]]);
  refused(await list(client, { ownerId: server.user() }), 403);
  for (const params of [{ type: "text" }, { from: "yesterday" }, { limit: 0 }, { limit: 501 }, { cursor: "x" }])
    refused(await list(client, params), 400);
});

test("an item's bytes are answered to its owner, whole, in part, or not again", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const bytes = wav(5000);
  const { id } = ok(await ingestBytes(client, bytes, { filenameHint: 'é "x".wav' }));
  const answer = await item(client, id);
  assert.ok(answer.bytes.equals(bytes));
  assert.equal(answer.headers["content-type"], "audio/wav");
  assert.match(answer.headers["content-disposition"] ?? "", /^inline; filename="_ _x_\.wav"; filename\*=UTF-8''%C3%A9/);
  assert.match(answer.headers["content-security-policy"] ?? "", /^sandbox/);
  const part = await call(client, "GET", `/api/media/${id}`, { headers: { range: "bytes=10-19" } });
  assert.deepEqual([part.status, part.headers["content-range"]], [206, "bytes 10-19/5000"]);
  assert.ok(part.bytes.equals(bytes.subarray(10, 20)));
  assert.equal((await item(client, id, { range: "bytes=5000-" })).status, 416);
  assert.equal((await item(client, id, { "if-none-match": `"${sha256(bytes)}"` })).status, 304);
  const head = await item(client, id, {}, "HEAD");
  assert.deepEqual([head.status, head.headers["content-length"], head.bytes.length], [200, "5000", 0]);
  const told = ok(await item(client, id, JSON_ONLY));
  assert.deepEqual([told.id, told._id, told.size], [id, id, 5000]);
});

test("nobody else has an item, and what is no id is none", async () => {
  const client = server.client();
  const { id } = ok(await ingestBytes(client, png()));
  const other = server.client();
  for (const [method, path] of [
    ["GET", ""],
    ["DELETE", ""],
    ["POST", "/share"],
    ["GET", "/uses"],
  ]) {
    refused(await call(other, /** @type {string} */ (method), `/api/media/${id}${path}`), 404, "Media not found");
    for (const no of ["x", "0".repeat(32), id.toUpperCase(), `${id}0`])
      refused(await call(client, /** @type {string} */ (method), `/api/media/${no}${path}`), 404, "Media not found");
  }
  ok(await item(client, id, JSON_ONLY));
});

test("a deleted item is gone with its bytes, and can come again as another", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const bytes = png();
  const first = ok(await ingestBytes(client, bytes));
  assert.deepEqual(ok(await item(client, first.id, {}, "DELETE")), { ok: true, id: first.id });
  assert.deepEqual([...(await server.objects("MEDIA", `media/${userId}/`)).keys()], [], "at once");
  refused(await item(client, first.id), 404);
  refused(await item(client, first.id, {}, "DELETE"), 404);
  refused(await fetchPublic(first.publicUrl), 404);
  assert.deepEqual(ok(await list(client)), { items: [] });
  const second = ok(await ingestBytes(client, bytes));
  assert.notEqual(second.id, first.id);
  assert.equal(second.deduped, undefined);
  assert.ok((await fetchPublic(second.publicUrl)).bytes.equals(bytes));
  assert.deepEqual(await mediaLeft(server, userId), [second.r2Key]);
});

for (const size of [1000, 2 * MIB, 12 * MIB]) {
  test(`a picture of ${size} bytes that is saved as a file is private until it is shared`, async () => {
    const userId = server.user();
    const client = server.client(userId);
    const bytes = wav(size);
    const written = ok(await client.put(`${ROOT}/sounds/a.wav`, bytes));
    assert.match(written.media.id, /^[0-9a-f]{32}$/);
    const { id } = written.media;
    assert.equal((await server.objects("MEDIA", `media/${userId}/`)).size, 0, "nothing is published");
    const before = ok(await item(client, id, JSON_ONLY));
    assert.deepEqual([before.publicUrl, before.r2Key, before.contentType], [null, null, "audio/wav"]);
    assert.ok((await item(client, id)).bytes.equals(bytes));
    assert.deepEqual(ok(await call(client, "GET", `/api/media/${id}/uses`)), {
      files: [{ path: `${ROOT}/sounds/a.wav` }],
      versions: 0,
      published: [],
    });

    const shared = ok(await call(client, "POST", `/api/media/${id}/share`));
    assert.equal(shared.id, id);
    assert.ok((await fetchPublic(shared.publicUrl)).bytes.equals(bytes));
    assert.ok((await client.content(`${ROOT}/sounds/a.wav`)).bytes.equals(bytes));
    assert.equal(ok(await call(client, "POST", `/api/media/${id}/share`)).publicUrl, shared.publicUrl, "again");

    ok(await item(client, id, {}, "DELETE"));
    await eventually(
      async () => {
        await server.sql(userId, "UPDATE timer SET due_ms = 1");
        ok(await client.mkdir(`${ROOT}/.x/${process.hrtime.bigint()}`));
        return (await server.objects("MEDIA", `media/${userId}/`)).size;
      },
      (left) => left === 0,
    );
    assert.ok((await client.content(`${ROOT}/sounds/a.wav`)).bytes.equals(bytes), "the file has come home");
    assert.deepEqual(names(ok(await client.list(`${ROOT}/sounds`))), ["a.wav"]);
    await mediaAccounted(server, userId);
  });
}

test("bytes that are an item already are shared with files, and go with the last of both", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const bytes = wav(3 * MIB);
  const { id, r2Key } = ok(await ingestBytes(client, bytes));
  assert.equal(ok(await client.put(`${ROOT}/a.wav`, bytes)).media.id, id);
  ok(await client.put(`${ROOT}/b.bin`, bytes));
  assert.deepEqual([...(await server.objects("MEDIA", `media/${userId}/`)).keys()], [r2Key]);
  assert.equal((await server.objects("DATA", `users/${userId}/blobs/`)).size <= 1, true);
  const part = await call(client, "GET", "/api/files/content", {
    params: { path: `${ROOT}/b.bin` },
    headers: { range: "bytes=-3" },
  });
  assert.ok(part.bytes.equals(bytes.subarray(-3)));
  const uses = ok(await call(client, "GET", `/api/media/${id}/uses`));
  assert.deepEqual(uses.files.map((/** @type {any} */ { path }) => path).sort(), [`${ROOT}/a.wav`, `${ROOT}/b.bin`]);
  // What was published with these bytes is a use too, of this user's alone.
  await sql(server, "INSERT INTO users (id, handle, created_ms) VALUES (?, ?, 1)", userId, `sound-${process.pid}`);
  const others = await publisher(server);
  const [mine, theirs] = [await shelve(server, userId), await shelve(server, others.userId)];
  const holding = `INSERT INTO version_files SELECT unhex(?), seq, ? FROM published WHERE id IN (?, ?)`;
  await sql(server, holding, sha256(bytes), number("1.0.0"), mine.id, theirs.id);
  const { published } = ok(await call(client, "GET", `/api/media/${id}/uses`));
  assert.deepEqual(published, [{ id: mine.id, type: "app", version: "1.0.0" }]);
  for (const path of [`${ROOT}/a.wav`, `${ROOT}/b.bin`]) ok(await client.remove(path, { permanent: true }));
  assert.deepEqual(await mediaLeft(server, userId), [r2Key], "an ingested item stays without files");
});

test("an item whose bytes are on their way home can be shared", async () => {
  const userId = server.user();
  const client = server.client(userId);
  for (const bytes of [png(), wav(2 * 2 ** 20)]) {
    const said = ok(await ingestBytes(client, bytes));
    // As it is between the deletion of an item and the alarm, for a file that was written again.
    await server.sql(userId, "UPDATE media SET is_public = 0 WHERE public_id = ?", said.id);
    await server.sql(
      userId,
      "INSERT INTO leaving SELECT blob, 9000000000000000 FROM media WHERE public_id = ?",
      said.id,
    );
    await server.sql(userId, "INSERT OR IGNORE INTO timer VALUES ('home', 9000000000000000)");
    const shared = ok(await call(client, "POST", `/api/media/${said.id}/share`));
    assert.ok((await fetchPublic(shared.publicUrl)).bytes.equals(bytes));
  }
  await mediaAccounted(server, userId);
});

test("an account that is deleted leaves no media, and none that were on their way", async () => {
  const closing = await start({ HOST_SECRET: "secret" });
  try {
    const userId = closing.user();
    const client = closing.client(userId);
    const { publicUrl } = ok(await ingestBytes(client, png(), { scope: { appId: "a" } }));
    const bucket = await closing.r2("MEDIA");
    await bucket.put(`staging/${userId}/left`, "x");
    await bucket.put(`media/${userId}other/kept.png`, "x");
    const target = `/api/account?userId=${userId}`;
    ok(await send(closing.url, { method: "DELETE", target, headers: { authorization: "Bearer secret" } }));
    assert.deepEqual(await closing.bucket("MEDIA"), [`media/${userId}other/kept.png`]);
    assert.equal((await fetchPublic(publicUrl, {}, "HEAD")).status, 404);
    refused(await ingestBytes(client, png()), 410);
    await eventually(
      () => closing.bucket("MEDIA"),
      ({ length }) => length === 1,
    );
  } finally {
    await closing.stop();
  }
});

test("a reset keeps media", async () => {
  const client = server.client();
  const bytes = png();
  const { id, publicUrl } = ok(await ingestBytes(client, bytes));
  ok(await call(client, "POST", "/api/reset-workspace", { json: {} }));
  assert.deepEqual(ids(ok(await list(client))), [id]);
  assert.ok((await fetchPublic(publicUrl)).bytes.equals(bytes));
});
