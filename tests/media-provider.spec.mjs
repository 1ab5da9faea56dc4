// What a provider answers is paid for: it comes back whatever it is, and nothing is asked of it in vain.

import assert from "node:assert/strict";
import { test } from "node:test";
import { send } from "./client.mjs";
import { ok, refused } from "./expect.mjs";
import { call, fetchPublic, withProvider } from "./media.mjs";
import { mp3, png, wav } from "./samples.mjs";

const FAL_KEY = "fal-key-1234";
const world = withProvider((origin) => ({
  FAL_BASE_URL: `${origin}/fal`,
  FAL_KEY,
  ELEVEN_BASE_URL: `${origin}/eleven`,
  ELEVEN_KEY: "eleven-key",
  HOST_SECRET: "host",
  QUOTA_BYTES: "100000",
}));

/** @param {import("./client.mjs").Client} client @param {unknown} [json] */
const fal = (client, json = { model: "a/b", input: {} }) => call(client, "POST", "/api/ai/fal", { json });
/** @param {import("./client.mjs").Client} client @param {unknown} json */
const eleven = (client, json) => call(client, "POST", "/api/ai/eleven", { json });

test("nobody is asked for an account that was deleted", async () => {
  const userId = world.server.user();
  const client = world.server.client(userId);
  ok(await client.list());
  const headers = { authorization: "Bearer host" };
  ok(await send(world.server.url, { method: "DELETE", target: `/api/account?userId=${userId}`, headers }));
  const asked = world.provider.asked.length;
  refused(await fal(client), 410);
  refused(await eleven(client, { prompt: "x" }), 410);
  refused(
    await call(world.server.client(), "POST", "/api/ai/fal", {
      json: { model: "a/b", input: {} },
      headers: { "x-actor": "é" },
    }),
    400,
  );
  assert.equal(world.provider.asked.length, asked);
});

for (const [what, bytes, error] of /** @type {[string, Buffer, RegExp][]} */ ([
  ["sound that has no room", wav(200_000), /full/],
  ["sound that nobody knows", Buffer.from("\x00\x01\x02 something else"), /no image, audio/],
])) {
  test(`${what} is answered as it came`, async () => {
    for (const headers of [
      { "content-type": "audio/wav" },
      { "content-type": "audio/wav", "transfer-encoding": "chunked" },
    ]) {
      world.provider.on("/eleven/v1/music", (_, response) => response.writeHead(200, headers).end(bytes));
      const { persistedAssets, ...said } = ok(await eleven(world.server.client(), { prompt: "x" }));
      assert.deepEqual(said, { ok: true, contentType: "audio/wav", audioBase64: bytes.toString("base64") });
      assert.deepEqual(persistedAssets, [
        { source: "bytes", original: null, path: "audioBase64", error: persistedAssets[0].error },
      ]);
      assert.match(persistedAssets[0].error, error);
    }
  });
}

for (const type of ["application/json", "application/vnd.x+json; charset=utf-8", "text/json", "text/plain"]) {
  test(`a result that comes as ${type} is a result, with a byte order mark too`, async () => {
    const client = world.server.client();
    const bytes = png();
    const url = world.provider.at({ body: bytes });
    for (const mark of ["", "\ufeff"]) {
      world.provider.on("/fal/a/b", { body: `${mark}{"image":"${url}"}`, headers: { "content-type": type } });
      const said = ok(await fal(client));
      assert.deepEqual(Object.keys(said), ["image", "persistedAssets"]);
      assert.ok((await fetchPublic(said.image)).bytes.equals(bytes));
    }
  });
}

test("a text that is no result comes back too", async () => {
  world.provider.on("/fal/a/b", { body: "just words", headers: { "content-type": "text/plain" } });
  const said = ok(await fal(world.server.client()));
  assert.equal(Buffer.from(said.audioBase64, "base64").toString(), "just words");
  assert.match(said.persistedAssets[0].error, /no image, audio/);
});

test("a model of music is a word, or is not sent", async () => {
  const client = world.server.client();
  const asked = world.provider.asked.length;
  for (const model of ["", "a b", "../x", 5, {}]) refused(await eleven(client, { prompt: "x", model }), 400, /model/);
  assert.equal(world.provider.asked.length, asked);
  world.provider.on("/eleven/v1/music", { body: mp3(), headers: { "content-type": "audio/mpeg" } });
  ok(await eleven(client, { prompt: "x", model: "music_v1" }));
});

test("no part of the operator's key is passed on, and a failure of the provider is in the log", async () => {
  const detail = `${"x".repeat(490)} ${FAL_KEY}`;
  world.provider.on("/fal/a/b", { status: 400, body: JSON.stringify({ detail }) });
  const answer = await fal(world.server.client());
  assert.deepEqual([answer.status, answer.body], [400, { error: "The provider answered 400", provider: "fal" }]);
});
