// The description of the API: that it is served, that it is one, and that what it says of requests is so. What it says of answers
// every other spec holds, by the way (openapi.mjs).

import assert from "node:assert/strict";
import { test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { ROOT, send } from "./client.mjs";
import { ok, refused } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { description, faults, text } from "./openapi.mjs";

const server = serve({ FAL_KEY: "key-of-fal", ELEVEN_KEY: "key-of-eleven" }, undefined, { page: true });

test("it is served to any page, beside the Worker", async () => {
  const headers = { origin: "https://elsewhere.example" };
  const answer = await send(server.url, { method: "GET", target: "/openapi.json", headers });
  assert.deepEqual(ok(answer), description);
  assert.match(String(answer.headers["content-type"]), /^application\/json\b/);
  assert.equal(answer.headers["access-control-allow-origin"], "*");
  assert.equal(answer.headers["cache-control"], "public, max-age=300");
  assert.equal((await send(server.url, { method: "HEAD", target: "/openapi.json" })).status, 200);
});

test("it is a valid OpenAPI 3.1 document, with an id for each operation", async () => {
  const { valid, errors } = await new Validator().validate(JSON.parse(text));
  assert.ok(valid, JSON.stringify(errors));
  assert.equal(description.openapi, "3.1.0");
  const ids = operations().map(({ id }) => id);
  assert.deepEqual(
    ids.filter((id, index) => ids.indexOf(id) !== index),
    [],
  );
});

test("an answer with another status, type or member than is described is told of", () => {
  const answer = (/** @type {unknown} */ body, { status = 200, type = "application/json" } = {}) => ({
    status,
    headers: { "content-type": type },
    bytes: Buffer.from(JSON.stringify(body)),
  });
  const said = (/** @type {any} */ given, target = "/api/files/trash?x", method = "GET") =>
    faults({ method, target }, given).join();
  assert.equal(said(answer({ files: [] })), "");
  assert.match(said(answer({ files: [], more: 1 })), /additional properties .*"more"/);
  assert.match(said(answer({})), /required property 'files'/);
  assert.match(said(answer({ files: [{ type: "link" }] })), /^\/files\/0 /);
  assert.match(said(answer({ error: "x" }, { status: 418 })), /status/);
  assert.match(said(answer([], { type: "text/html" })), /text\/html/);
  assert.match(said(answer({}), "/api/nowhere"), /route/);
  assert.match(said(answer({}), "/api/files/trash", "POST"), /method/);
});

/** Every operation with a body of JSON or with none. */
function operations() {
  return Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const body = operation.requestBody?.content["application/json"]?.schema.$ref.split("/").at(-1);
      return { id: operation.operationId, path, method: method.toUpperCase(), body, security: operation.security };
    }),
  );
}

/** A body for each of those that need one, which is understood. */
const BODIES = {
  completeUpload: { parts: [{ partNumber: 1, etag: "x" }] },
  copyFile: { from: `${ROOT}/none`, to: `${ROOT}/b` },
  callEleven: { prompt: "x", output_format: "mp3_44100_128" },
  callFal: { model: "fal-ai/x", input: {} },
  forkDesktop: { into: `${ROOT}/theirs` },
  ingestMedia: { base64: "R0lGODlhAQABAAAAACwAAAAAAQABAAA=" },
  makeDirectory: { path: `${ROOT}/made` },
  moveFile: { from: `${ROOT}/none`, to: `${ROOT}/b` },
  persistResult: { provider: "fal", result: {} },
  publishApp: { appId: "none" },
  publishDesktop: { title: "Mine", path: `${ROOT}/none` },
  restoreFile: { trashPath: `${ROOT}/.trash/none.1` },
  restoreVersion: { path: `${ROOT}/none`, version: 1 },
  signUpload: { contentType: "image/png", size: 3 },
  writeFile: { path: `${ROOT}/a.txt`, content: "x" },
  zipManyFiles: { paths: [`${ROOT}/none`] },
};
/** What goes to a provider as it is. */
const FORWARDED = ["callEleven.prompt", "callEleven.composition_plan", "callEleven.music_length_ms"];
/** What calls somebody else once it is understood. */
const CALLS_OUT = ["callEleven", "callFal"];

for (const { id, path, method, body, security } of operations().filter(({ body }) => body !== undefined)) {
  const base = BODIES[/** @type {keyof typeof BODIES} */ (id)] ?? {};
  const { properties, required = [] } = description.components.schemas[body];

  test(`${id}: what is missing or of another kind is refused, what is unknown is passed over`, async () => {
    const client = server.client();
    const ask = (/** @type {object} */ given) => {
      const at = path
        .replace("{id}", path.startsWith("/api/checkpoints") ? "1" : "0".repeat(32))
        .replace("{turn}", "t");
      const { search } = client.url("/list");
      return client.raw({ method, target: `${at}${search}`, body: JSON.stringify(given) });
    };
    if (security.some((/** @type {object} */ one) => "ticket" in one)) return refused(await ask(base), 401);
    for (const name of required) {
      const { [name]: _, ...rest } = /** @type {Record<string, unknown>} */ (base);
      refused(await ask(rest), 400);
    }
    for (const [name, schema] of Object.entries(properties)) {
      // Of which anything is taken.
      if (FORWARDED.includes(`${id}.${name}`) || Object.keys(schema).every((key) => key === "description")) continue;
      const wrong = schema.type === "array" || schema.type === "object" || schema.$ref !== undefined ? 5 : { a: 1 };
      const answer = await ask({ ...base, [name]: wrong });
      assert.equal(answer.status, 400, `${name}: ${JSON.stringify(wrong)}: ${answer.bytes}`);
    }
    if (!CALLS_OUT.includes(id)) assert.notEqual((await ask({ ...base, nobodyKnowsThis: 1 })).status, 400);
  });
}
