// A page of an allowed origin can read every answer, above all the refusals; a page of any other origin can read none.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ORIGIN, ROOT, send } from "./client.mjs";
import { EXPOSED, SECRET, serve, start } from "./harness.mjs";

const server = serve();

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const HEADERS = [
  "content-type",
  "if-match",
  "if-none-match",
  "if-range",
  "range",
  "content-digest",
  "repr-digest",
  "x-actor",
  "x-turn",
];

/** @typedef {import("./client.mjs").Answer} Answer */

const list = (/** @type {unknown} */ header) =>
  String(header ?? "")
    .toLowerCase()
    .split(/\s*,\s*/)
    .filter(Boolean);

/** @param {Answer} answer @param {string} what @param {string} [origin] */
function readable(answer, what, origin = ORIGIN) {
  assert.equal(answer.headers["access-control-allow-origin"], origin, what);
  assert.deepEqual(
    EXPOSED.filter((name) => !list(answer.headers["access-control-expose-headers"]).includes(name)),
    [],
    what,
  );
}

/** @param {Answer} answer @param {string} what */
function unreadable(answer, what) {
  assert.equal(answer.headers["access-control-allow-origin"], undefined, what);
}

/** Requests that end in every kind of answer there is. @param {Record<string, string>} headers */
async function everyKindOfAnswer(headers) {
  const client = server.client();
  const signed = client.url("/list").searchParams;
  const forged = new URLSearchParams(signed);
  forged.set("sig", "forged");
  const expired = new URLSearchParams(server.signed(server.user(), { exp: "1700000000" }));
  const ask = (/** @type {string} */ method, /** @type {string} */ target, /** @type {any} */ body = undefined) =>
    send(server.url, { method, target, headers: { "content-type": "application/json", ...headers }, body });
  const write = (/** @type {string} */ path) => JSON.stringify({ path, content: "x" });
  return {
    "200 list": await ask("GET", `/api/files/list?${signed}`),
    "200 write": await ask("POST", `/api/files/write?${signed}`, write(`${ROOT}/a.txt`)),
    "200 content": await ask("GET", `/api/files/content?${signed}&path=${ROOT}/a.txt`),
    "200 download": await ask("GET", `/api/files/download?${signed}&path=${ROOT}/a.txt`),
    "200 head": await ask("HEAD", `/api/files/content?${signed}&path=${ROOT}/a.txt`),
    "400 path": await ask("GET", `/api/files/read?${signed}&path=/etc/passwd`),
    "400 body": await ask("POST", `/api/files/write?${signed}`, "{"),
    "401 missing": await ask("GET", "/api/files/list"),
    "401 expired": await ask("GET", `/api/files/list?${expired}`),
    "401 forged": await ask("GET", `/api/files/list?${forged}`),
    "403 protected": await ask("DELETE", `/api/files?${signed}&path=${ROOT}`),
    "404 file": await ask("GET", `/api/files/read?${signed}&path=${ROOT}/none`),
    "404 route": await ask("GET", `/api/files/nowhere?${signed}`),
    "404 elsewhere": await ask("GET", `/nowhere?${signed}`),
    "405 method": await ask("PATCH", `/api/files/list?${signed}`),
    "409 conflict": await ask("POST", `/api/files/write?${signed}`, write(ROOT)),
    "413 large": await send(server.url, {
      method: "PUT",
      target: `/api/files/content?${signed}&path=${ROOT}/big`,
      headers: { ...headers, "content-length": String(60 * 2 ** 20) },
      unsent: true,
    }),
    "415 bytes": await (async () => {
      await ask("PUT", `/api/files/content?${signed}&path=${ROOT}/binary`, Buffer.from([0xff, 0xfe, 0x00]));
      return ask("GET", `/api/files/read?${signed}&path=${ROOT}/binary`);
    })(),
  };
}

test("an allowed origin may read every kind of answer", async () => {
  for (const [what, answer] of Object.entries(await everyKindOfAnswer({ origin: ORIGIN }))) {
    assert.equal(answer.status, Number(what.slice(0, 3)), what);
    readable(answer, what);
  }
});

test("another origin may read no kind of answer, though it is given", async () => {
  for (const [what, answer] of Object.entries(await everyKindOfAnswer({ origin: "https://evil.example" }))) {
    assert.equal(answer.status, Number(what.slice(0, 3)), what);
    unreadable(answer, what);
  }
});

test("a request without an origin is answered without one", async () => {
  for (const [what, answer] of Object.entries(await everyKindOfAnswer({}))) {
    assert.equal(answer.status, Number(what.slice(0, 3)), what);
    unreadable(answer, what);
  }
});

for (const origin of [
  "http://localhost:30000",
  "http://localhost:3000.evil.example",
  "https://localhost:3000",
  "http://localhost",
  "http://localhost:3000/",
  "http://evil.example/http://localhost:3000",
  "http://localhost:3000,http://localhost:8787",
  "HTTP://LOCALHOST:3000",
  "null",
  "*",
  ",",
]) {
  test(`the origin ${origin} is not an allowed one`, async () => {
    const target = server.client().target("/list");
    unreadable(await send(server.url, { method: "GET", target, headers: { origin } }), "GET");
    const preflight = { origin, "access-control-request-method": "GET" };
    unreadable(await send(server.url, { method: "OPTIONS", target, headers: preflight }), "OPTIONS");
  });
}

for (const [what, target] of Object.entries({
  "a signed URL": "/api/files/list?userId=user_a&exp=4102444800&sig=x",
  "an unsigned URL": "/api/files/write",
  "DELETE's shorter spelling": "/api/files",
  "a route that does not exist": "/api/files/nowhere",
})) {
  test(`a preflight for ${what} allows every method and header of the contract, with no signature checked`, async () => {
    const headers = {
      origin: ORIGIN,
      "access-control-request-method": "PUT",
      "access-control-request-headers": "content-type, x-turn",
    };
    const answer = await send(server.url, { method: "OPTIONS", target, headers });
    assert.ok(answer.status === 204 || answer.status === 200, String(answer.status));
    assert.equal(answer.bytes.length, 0);
    assert.equal(answer.headers["access-control-allow-origin"], ORIGIN);
    const [methods, allowed] = ["methods", "headers"].map((name) =>
      list(answer.headers[`access-control-allow-${name}`]),
    );
    assert.deepEqual(
      METHODS.filter((name) => !methods?.includes(name.toLowerCase())),
      [],
    );
    assert.deepEqual(
      HEADERS.filter((name) => !allowed?.includes(name)),
      [],
    );
  });
}

test("the allowed origins are configuration", async () => {
  const origin = "https://desk.example";
  const other = await start({ ALLOWED_ORIGINS: `https://a.example,${origin}` });
  try {
    const target = other.client().target("/list");
    readable(await send(other.url, { method: "GET", target, headers: { origin } }), "configured", origin);
    unreadable(await send(other.url, { method: "GET", target, headers: { origin: ORIGIN } }), "default");
  } finally {
    await other.stop();
  }
});

test("an allowed origin may read that the Worker has no secret", async () => {
  const open = await start({ SIGNING_SECRET: null });
  try {
    const target = `/api/files/list?${new URLSearchParams(open.signed("user_a", { secret: SECRET }))}`;
    const answer = await send(open.url, { method: "GET", target, headers: { origin: ORIGIN } });
    assert.equal(answer.status, 503);
    readable(answer, "503");
  } finally {
    await open.stop();
  }
});

test("an answer says that it depends on the origin, so that no cache gives one origin's to another", async () => {
  const target = server.client().target("/list");
  for (const origin of [ORIGIN, "https://evil.example"]) {
    const { headers } = await send(server.url, { method: "GET", target, headers: { origin } });
    assert.ok(list(headers.vary).includes("origin"), `${origin}: ${headers.vary}`);
  }
});
