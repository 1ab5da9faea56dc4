// Provider results with their media kept, and calls to providers with the operator's key.

import assert from "node:assert/strict";
import { test } from "node:test";
import { send } from "./client.mjs";
import { ok, refused } from "./expect.mjs";
import { start } from "./harness.mjs";
import { call, fetchPublic, mediaLeft, withProvider } from "./media.mjs";
import { glb, mp3, mp4, png, sha256, wav } from "./samples.mjs";

const FAL_KEY = "fal-key-1234";
const ELEVEN_KEY = "eleven-key-5678";
const world = withProvider((origin) => ({
  FAL_BASE_URL: `${origin}/fal`,
  FAL_KEY,
  ELEVEN_BASE_URL: `${origin}/eleven`,
  ELEVEN_KEY,
}));

/** @param {import("./client.mjs").Client} client @param {unknown} result @param {Record<string, any>} [more] */
const persist = (client, result, more = {}) =>
  call(client, "POST", "/api/media/persist", { json: { provider: "fal", result, ...more } });
/** @param {import("./client.mjs").Client} client @param {unknown} json */
const fal = (client, json) => call(client, "POST", "/api/ai/fal", { json });
/** @param {import("./client.mjs").Client} client @param {unknown} json */
const eleven = (client, json) => call(client, "POST", "/api/ai/eleven", { json });

test("a result keeps its shape: addresses are replaced, the rest is as it was, and each asset is told of", async () => {
  const userId = world.server.user();
  const client = world.server.client(userId);
  const [one, two] = [png(8, 9), mp4()];
  const picture = world.provider.at({ body: one }, "one.png");
  const film = world.provider.at({ body: two }, "two.mp4");
  const result = {
    images: [{ url: picture, width: 8, height: 9, content_type: "image/png" }],
    video: { url: film, duration: 5.04, fps: 24 },
    again: [{ src: picture }],
    prompt: `see ${picture}`,
    nothing: null,
  };
  const scope = { desktopId: "d", appId: "paint" };
  const said = ok(await persist(client, result, { scope, metadata: { kept: "yes" } }));
  const { persistedAssets, ...shape } = said;
  const { publicUrl, ...asset } = persistedAssets[0];
  assert.deepEqual(shape, {
    ...result,
    images: [{ ...result.images[0], url: publicUrl }],
    video: { ...result.video, url: persistedAssets[1].publicUrl },
    again: [{ src: publicUrl }],
  });
  assert.match(asset.r2Key, new RegExp(`^media/${userId}/d/paint/`));
  assert.deepEqual(asset, {
    kind: "image",
    id: asset.id,
    source: "url",
    original: picture,
    sha256: sha256(one),
    r2Key: asset.r2Key,
    contentType: "image/png",
    size: one.length,
    path: "images[0].url",
  });
  assert.deepEqual(
    persistedAssets.map((/** @type {any} */ { path, kind }) => `${path} ${kind}`),
    ["images[0].url image", "video.url video", "again[0].src image"],
  );
  assert.equal(world.provider.hits(picture), 1, "the same address is fetched once");
  assert.ok((await fetchPublic(publicUrl)).bytes.equals(one));
  const item = ok(await call(client, "GET", `/api/media/${asset.id}`, { headers: { accept: "application/json" } }));
  assert.deepEqual(
    [item.scope, item.metadata, item.provenance],
    [scope, { kept: "yes" }, { provider: "fal", sourceUrl: picture }],
  );
  // Persisting what is ours already changes nothing and asks nobody.
  const asked = world.provider.asked.length;
  const again = ok(await persist(client, said));
  assert.deepEqual([again.images, again.video, again.persistedAssets], [said.images, said.video, said.persistedAssets]);
  assert.equal(world.provider.asked.length, asked);
  assert.equal((await mediaLeft(world.server, userId)).length, 2);
});

test("numbers, order, spacing and doubled names stay to the last character", async () => {
  const client = world.server.client();
  const url = world.provider.at({ body: png() });
  const text = `{"z": 1.10000000000000000001 ,\n "seed":123456789012345678901234567890,"a":-0.0,"e":1E400, "image":"${url}","z":2,"u":"\\u00e9\\/"}`;
  const { search } = client.url("");
  const body = `{"provider":"fal","result":${text}}`;
  const answer = await client.raw({
    method: "POST",
    target: `/api/media/persist${search}`,
    headers: { "content-type": "application/json" },
    body,
  });
  const [asset] = ok(answer).persistedAssets;
  const expected = `${text.replace(url, asset.publicUrl).slice(0, -1)},"persistedAssets":[`;
  assert.equal(answer.bytes.toString().slice(0, expected.length), expected);
});

test("bytes in a result become addresses", async () => {
  const client = world.server.client();
  const [song, picture, speech, raw] = [mp3(), png(), wav(), png()];
  const said = ok(
    await persist(client, {
      ok: true,
      contentType: "audio/mpeg",
      audioBase64: song.toString("base64"),
      images: [
        { url: `data:image/png;base64,${picture.toString("base64")}` },
        { content: raw.toString("base64"), content_type: "image/png" },
      ],
      previews: [{ audio_base_64: speech.toString("base64"), media_type: "audio/wav", duration_secs: 1.5 }],
    }),
  );
  assert.deepEqual(
    said.persistedAssets.map((/** @type {any} */ { path, source, original, kind }) => [path, source, original, kind]),
    [
      ["audioUrl", "base64", null, "audio"],
      ["images[0].url", "base64", null, "image"],
      ["images[1].url", "base64", null, "image"],
      ["previews[0].audio_url", "base64", null, "audio"],
    ],
  );
  assert.deepEqual(Object.keys(said), ["ok", "contentType", "audioUrl", "images", "previews", "persistedAssets"]);
  for (const [url, bytes] of [
    [said.audioUrl, song],
    [said.images[0].url, picture],
    [said.images[1].url, raw],
    [said.previews[0].audio_url, speech],
  ])
    assert.ok((await fetchPublic(url)).bytes.equals(bytes));
});

test("what cannot be kept stays as it was and is told of, and the rest is kept", async () => {
  const userId = world.server.user();
  const client = world.server.client(userId);
  const good = world.provider.at({ body: glb() });
  const result = {
    model_mesh: { url: good },
    images: [
      { url: world.provider.at({ status: 500 }) },
      { url: "https://elsewhere.example/a.png" },
      { url: world.provider.at({ body: "<html>gone</html>" }) },
      { url: "data:image/png;base64,%%%%" },
      { url: `data:image/png;base64,${Buffer.from("<script>alert(1)</script>").toString("base64")}` },
    ],
    lora_file: { url: world.provider.at({ body: Buffer.from("PK\x03\x04 an archive of weights") }) },
  };
  const { persistedAssets, ...said } = ok(await persist(client, result));
  assert.deepEqual({ ...said, model_mesh: result.model_mesh }, result);
  assert.equal(persistedAssets[0].kind, "model");
  assert.deepEqual(
    persistedAssets.slice(1).map((/** @type {any} */ { path }) => path),
    [...[0, 1, 2, 3, 4].map((index) => `images[${index}].url`), "lora_file.url"],
  );
  for (const { error, publicUrl } of persistedAssets.slice(1)) {
    assert.match(error, /^[A-Z]|^base64|^sourceUrl/);
    assert.equal(publicUrl, undefined);
  }
  assert.equal((await mediaLeft(world.server, userId)).length, 1);
});

test("of too many assets the first 64 are kept, a few at a time", async () => {
  const userId = world.server.user();
  const client = world.server.client(userId);
  let [open, most] = [0, 0];
  const urls = Array.from({ length: 70 }, () => {
    const bytes = png();
    return world.provider.at((_, response) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        response.end(bytes);
      }, 20);
    });
  });
  const said = ok(await persist(client, { images: urls }));
  assert.equal(said.persistedAssets.filter((/** @type {any} */ { error }) => error === undefined).length, 64);
  assert.deepEqual(said.images.slice(64), urls.slice(64));
  assert.deepEqual(said.persistedAssets.slice(64), [
    { path: "", error: "6 more assets were not kept: a result may have 64" },
  ]);
  assert.ok(most <= 4, `${most} at once`);
});

test("a result that is no object stands beside the list", async () => {
  const client = world.server.client();
  const url = world.provider.at({ body: png() });
  const said = ok(await persist(client, [{ url }]));
  assert.deepEqual(said.result, [{ url: said.persistedAssets[0].publicUrl }]);
  assert.deepEqual(ok(await persist(client, "nothing")), { result: "nothing", persistedAssets: [] });
  assert.deepEqual(ok(await persist(client, null)), { result: null, persistedAssets: [] });
  for (const json of [
    {},
    { result: 1 },
    { provider: "a b", result: 1 },
    { provider: "fal" },
    [],
    { provider: "fal", result: 1, scope: 1 },
  ])
    refused(await call(client, "POST", "/api/media/persist", { json }), 400);
});

test("a call of a model is made with the operator's key, and what it makes is kept", async () => {
  const client = world.server.client();
  const bytes = png();
  const url = world.provider.at({ body: bytes });
  world.provider.on("/fal/fal-ai/flux/dev", (request, response, body) => {
    assert.equal(request.headers.authorization, `Key ${FAL_KEY}`);
    response.setHeader("content-type", "application/json");
    response.end(`{"images":[{"url":"${url}"}],"seed":18446744073709551615,"input":${body}}`);
  });
  const input = { prompt: "a cat", steps: 4 };
  const answer = await fal(client, { model: "fal-ai/flux/dev", input, scope: { appId: "paint" } });
  const said = ok(answer);
  assert.deepEqual(said.input, input);
  assert.ok(answer.bytes.toString().includes('"seed":18446744073709551615,'));
  assert.ok((await fetchPublic(said.images[0].url)).bytes.equals(bytes));
  const item = ok(
    await call(client, "GET", `/api/media/${said.persistedAssets[0].id}`, { headers: { accept: "application/json" } }),
  );
  assert.deepEqual(item.provenance, { provider: "fal", model: "fal-ai/flux/dev", prompt: "a cat", sourceUrl: url });
  assert.deepEqual(item.scope, { appId: "paint" });
  assert.ok(!answer.bytes.includes(FAL_KEY));
  const secret = ok(
    await fal(client, { model: "fal-ai/flux/dev", input: { image_url: "data:image/png;base64,AAAA" } }),
  );
  const other = ok(
    await call(client, "GET", `/api/media/${secret.persistedAssets[0].id}`, {
      headers: { accept: "application/json" },
    }),
  );
  assert.equal(other.id, item.id);
});

for (const [status, body, said] of /** @type {[number, string, string][]} */ ([
  [400, '{"detail":"bad input"}', "The provider answered 400: bad input"],
  [
    401,
    '{"detail":"No user found for Key ID and Secret"}',
    "The provider answered 401: No user found for Key ID and Secret",
  ],
  [422, '{"detail":[{"loc":["body","prompt"],"msg":"field required"}]}', "The provider answered 422: field required"],
  [429, "<html>slow down</html>", "The provider answered 429"],
  [500, '{"error":{"message":"boom\\nat line 1"}}', "The provider answered 500: boom at line 1"],
  [403, `{"detail":"the key ${FAL_KEY} is blocked"}`, "The provider answered 403"],
])) {
  test(`a provider's ${status} comes back as it is, with a clean sentence`, async () => {
    world.provider.on("/fal/fal-ai/broken", { status, body, headers: { "content-type": "application/json" } });
    const { search } = world.server.client().url("");
    const json = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"model":"fal-ai/broken","input":{}}',
    };
    const answer = await send(world.server.url, { ...json, target: `/api/ai/fal${search}` });
    assert.deepEqual([answer.status, answer.body], [status, { error: said, provider: "fal" }]);
  });
}

test("a provider that redirects, breaks off or answers no JSON is 502", async () => {
  const client = world.server.client();
  world.provider.on("/fal/fal-ai/moved", { status: 302, headers: { location: "https://example.com" } });
  refused(await fal(client, { model: "fal-ai/moved", input: {} }), 502, /302/);
  world.provider.on("/fal/fal-ai/lies", { body: "{", headers: { "content-type": "application/json" } });
  refused(await fal(client, { model: "fal-ai/lies", input: {} }), 502, /no JSON/);
  world.provider.on("/fal/fal-ai/gone", (request) => request.socket.destroy());
  refused(await fal(client, { model: "fal-ai/gone", input: {} }), 502, /reached/);
});

test("what is no model, or no input, is not sent", async () => {
  const client = world.server.client();
  const asked = world.provider.asked.length;
  for (const model of ["", "x", "../x/y", "a/../b", "fal-ai/x?y", "https://e.com/x", "a//b", 5])
    refused(await fal(client, { model, input: {} }), 400, /model/);
  for (const input of [undefined, null, "x", []]) refused(await fal(client, { model: "a/b", input }), 400, /input/);
  for (const output_format of ["a/b", "pcm_44100", "ulaw_8000", "a&b", ""])
    refused(await eleven(client, { output_format }), 400, /output_format/);
  assert.equal(world.provider.asked.length, asked);
});

test("music is streamed into an item, and an address is answered in its place", async () => {
  const userId = world.server.user();
  const client = world.server.client(userId);
  const bytes = wav(10 * 2 ** 20);
  world.provider.on("/eleven/v1/music", (request, response, body) => {
    assert.equal(request.headers["xi-api-key"], ELEVEN_KEY);
    assert.equal(request.url, "/eleven/v1/music?output_format=mp3_44100_128");
    assert.deepEqual(JSON.parse(body), { prompt: "calm", music_length_ms: 10000, model_id: "music_v1" });
    response.writeHead(200, { "content-type": "audio/mpeg" });
    response.end(bytes);
  });
  const scope = { appId: "music" };
  const said = ok(
    await eleven(client, {
      prompt: "calm",
      music_length_ms: 10000,
      output_format: "mp3_44100_128",
      model: "music_v1",
      scope,
    }),
  );
  assert.deepEqual(Object.keys(said).sort(), ["audioUrl", "contentType", "ok", "persistedAssets"]);
  assert.deepEqual([said.ok, said.contentType, said.persistedAssets[0].path], [true, "audio/wav", "audioUrl"]);
  assert.ok((await fetchPublic(said.audioUrl)).bytes.equals(bytes));
  assert.equal((await mediaLeft(world.server, userId)).length, 1);
});

test("speech as JSON is kept as a result is", async () => {
  const client = world.server.client();
  const bytes = mp3();
  const result = {
    audio_base64: bytes.toString("base64"),
    alignment: { characters: ["a"], character_start_times_seconds: [0.0] },
  };
  world.provider.on("/eleven/v1/music", {
    body: JSON.stringify(result),
    headers: { "content-type": "application/json; charset=utf-8" },
  });
  const said = ok(await eleven(client, { prompt: "x" }));
  assert.deepEqual(Object.keys(said), ["audio_url", "alignment", "persistedAssets"]);
  assert.ok((await fetchPublic(said.audio_url)).bytes.equals(bytes));
});

test("without a key a provider is not configured, and it is said which", async () => {
  const bare = await start();
  try {
    const client = bare.client();
    refused(await fal(client, { model: "a/b", input: {} }), 503, "FAL_KEY is not configured");
    refused(await eleven(client, {}), 503, "ELEVEN_KEY is not configured");
  } finally {
    await bare.stop();
  }
});
