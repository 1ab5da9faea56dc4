// Provider results that are made to hurt, or are only larger than others: what is too much is told of, and nothing of the
// shape is lost.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ok } from "./expect.mjs";
import { start } from "./harness.mjs";
import { call, fetchPublic, withProvider } from "./media.mjs";
import { png, svg, wav } from "./samples.mjs";

const world = withProvider((origin) => ({
  FAL_BASE_URL: `${origin}/fal`,
  FAL_KEY: "fal-key",
  MEDIA_RESULT_BYTES: "4000",
  MEDIA_RESULT_SECONDS: "5",
}));

/** @param {import("./client.mjs").Client} client @param {unknown} result */
const persist = (client, result) => call(client, "POST", "/api/media/persist", { json: { provider: "fal", result } });

/** A result as it is written. @param {import("./client.mjs").Client} client @param {string} text */
const persistText = (client, text) =>
  call(client, "POST", "/api/media/persist", {
    headers: { "content-type": "application/json" },
    body: `{"provider":"fal","result":${text}}`,
  });

test("many addresses below a long name end nobody", async () => {
  const client = world.server.client();
  const name = "n".repeat(30_000);
  const said = ok(await persist(client, { [name]: { output: Array(20_000).fill("https://a.b") } }));
  const { path, error } = said.persistedAssets.pop();
  assert.equal(said.persistedAssets.length, 1000);
  assert.deepEqual([path, error], ["", "19000 more assets were not kept: a result may have 64"]);
  for (const { path, error } of said.persistedAssets) {
    assert.ok(path.length < 1100);
    assert.match(error, /host/);
  }
  assert.equal(said[name].output.length, 20_000);
});

test("many addresses beside many members take no time", async () => {
  const client = world.server.client();
  const members = Object.fromEntries(Array.from({ length: 8000 }, (_, index) => [`m${index}`, "x"]));
  const url = Array(2000).fill("https://a.b");
  const before = Date.now();
  ok(await persist(client, { ...members, url, content_type: "image/png" }));
  ok(await persistText(client, `{${Array(4000).fill('"content":"AAAAAAAAAAAAAAAAAAAAAAAA"').join()}}`));
  assert.ok(Date.now() - before < 3000, `${Date.now() - before} ms`);
});

test("a result with more in it than is looked at keeps its shape", async () => {
  const client = world.server.client();
  const image = world.provider.at({ body: png() });
  const text = `{"image":"${image}","points":[${Array(100_001).fill("{}").join()}],"n":1.10}`;
  const list =
    '"persistedAssets":[{"error":"The result is too large to look through; nothing of it was kept","path":""}]';
  world.provider.on("/fal/a/b", { body: text, headers: { "content-type": "application/json" } });
  for (const answer of [
    await persistText(client, text),
    await call(client, "POST", "/api/ai/fal", { json: { model: "a/b", input: { x: Array(100_001).fill("") } } }),
  ]) {
    ok(answer);
    assert.equal(answer.bytes.toString(), `${text.slice(0, -1)},${list}}`);
  }
});

test("bytes that are written with escapes, in lines, or percent-encoded are kept all the same", async () => {
  const client = world.server.client();
  const [one, two, three] = [png(), png(), svg()];
  const escaped = one.toString("base64").replaceAll("/", "\\/");
  const inLines = two.toString("base64").replace(/.{76}/g, "$&\\n");
  const answer = await persistText(
    client,
    `{"url":"data:image\\/png;base64,${escaped}","b64_json":"${inLines}","image":"data:image/svg+xml;utf8,${encodeURIComponent(three.toString())}"}`,
  );
  const { persistedAssets } = ok(answer);
  assert.deepEqual(
    persistedAssets.map((/** @type {any} */ { path, source, error }) => [path, source, error]),
    [
      ["url", "base64", undefined],
      ["b64_json", "base64", undefined],
      ["image", "data", undefined],
    ],
  );
  for (const [index, bytes] of [one, two, three].entries())
    assert.ok((await fetchPublic(persistedAssets[index].publicUrl)).bytes.equals(bytes));
});

test("a result that comes again keeps its list", async () => {
  const client = world.server.client();
  const gone = world.provider.at({ status: 404 });
  const first = ok(
    await persist(client, { image: world.provider.at({ body: png() }), persistedAssets2: { url: gone } }),
  );
  assert.deepEqual(
    first.persistedAssets.map((/** @type {any} */ { path, error }) => [path, error]),
    [
      ["image", undefined],
      ["persistedAssets2.url", "The source answered 404"],
    ],
  );
  const again = ok(await persist(client, first));
  assert.deepEqual(again, { ...first, persistedAssets: [...first.persistedAssets, first.persistedAssets[1]] });
});

test("the bytes of a result are counted as they arrive, whatever becomes of them", async () => {
  const client = world.server.client();
  const small = Array.from({ length: 6 }, () => world.provider.at({ body: png() }));
  const kept = ok(await persist(client, { images: small })).persistedAssets;
  assert.deepEqual(
    kept.map((/** @type {any} */ { error }) => error),
    Array(6).fill(undefined),
  );
  // One after the other, since what is fetched together is counted together.
  const large = Array.from({ length: 5 }, () => world.provider.at({ body: Buffer.alloc(1500, "no picture ") }));
  const { persistedAssets } = ok(await persist(client, { images: [...large, world.provider.at({ body: wav(1500) })] }));
  assert.match(persistedAssets.at(-1).error, /result's media too large/);
});

test("all assets of a result have one deadline", async () => {
  const client = world.server.client();
  const never = Array.from({ length: 12 }, () => world.provider.at(() => {}));
  const before = Date.now();
  const { persistedAssets } = ok(await persist(client, { images: never }));
  // With one for each, a few at a time, it would be at least fifteen seconds.
  assert.ok(Date.now() - before < 14_000, `${Date.now() - before} ms`);
  for (const { error } of persistedAssets) assert.match(error, /took too long|cannot be reached/);
});

test("a source's name is cleaned, and one that redirects nowhere is not followed", async () => {
  const client = world.server.client();
  const url = world.provider.at({ body: png() });
  const lost = world.provider.at({ status: 302 });
  const { persistedAssets } = ok(
    await persist(client, { image: { url, file_name: "a/../b\u0000\r\nX: 1" }, video: lost }),
  );
  const headers = { accept: "application/json" };
  const item = ok(await call(client, "GET", `/api/media/${persistedAssets[0].id}`, { headers }));
  assert.equal(item.filename, "file.bin");
  assert.match(persistedAssets[1].error, /without saying where/);
});

test("a source that does not say its length gets the room that there is", async () => {
  const bytes = wav(9 * 2 ** 20);
  const url = world.provider.at((_, response) => response.writeHead(200).end(bytes));
  for (const [quota, status] of /** @type {[number, number][]} */ ([
    [60, 200],
    [9, 200],
    [8.5, 507],
    [1, 507],
  ])) {
    const small = await start({ MEDIA_EXTRA_ORIGINS: world.provider.origin, QUOTA_BYTES: String(quota * 2 ** 20) });
    try {
      const answer = await call(small.client(), "POST", "/api/media/ingest", { json: { sourceUrl: url } });
      assert.equal(answer.status, status, JSON.stringify(answer.body));
    } finally {
      await small.stop();
    }
  }
});
