// How the client fails: where answers break off, are nobody's, never come or are not waited for.

import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, HoldfastError, parseGateway } from "../dashboard/client/index.ts";
import { mint } from "../dashboard/client/mint.ts";
import { ROOT } from "./client.mjs";
import { fails, front, say } from "./dashboard-client.mjs";

/** @typedef {import("../dashboard/client/index.ts").Holdfast} Holdfast */

/** Calls of every kind, whose answers are read in every way. @type {Record<string, (client: Holdfast) => Promise<unknown>>} */
const CALLS = {
  list: ({ files }) => files.list(),
  stat: ({ files }) => files.stat(ROOT),
  artifact: ({ store }) => store.artifact("apps", "0".repeat(32), "package.json"),
  mkdir: ({ files }) => files.mkdir(`${ROOT}/a`),
  upload: ({ files }) => files.upload(`${ROOT}/a`, new Blob(["a"])),
  media: ({ media }) => media.upload(new Blob(["a"], { type: "image/png" })),
  publish: ({ publish }) => publish.app({ appId: "notes" }),
};
const CHANGES = ["mkdir", "upload", "media", "publish"];

test("an answer that is cut half-way is an error of the client; a look is tried again, a change is not", async () => {
  for (const [name, call] of Object.entries(CALLS)) {
    const half = await front((request, response) => {
      request.resume();
      response.writeHead(200, { "content-length": "100" });
      response.write('{"files":[');
      setTimeout(() => response.destroy(), 20);
    });
    await fails(call(connect(half.url)), 0, /cannot be reached/);
    assert.equal(half.asked(), CHANGES.includes(name) ? 1 : 4, name);
    half.close();
  }
  const once = await front((_, response) => {
    if (once.asked() > 1) return say(response, 200, { files: [] });
    response.writeHead(200, { "content-length": "100" });
    response.write("{");
    setTimeout(() => response.destroy(), 20);
  });
  assert.deepEqual((await connect(once.url).files.list()).files, []);
  once.close();
});

test("a page that something in between has answered with is not taken for an answer, nor shown", async () => {
  const hotel = await front((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "text/html" });
    response.end("<html>Log in</html>");
  });
  const client = connect(hotel.url);
  for (const [name, call] of Object.entries(CALLS)) if (name !== "artifact") await fails(call(client), 0, /in between/);
  hotel.close();
});

test("what is given up is told by the reason of its signal, whatever that is", async () => {
  const silent = await front((request) => request.resume());
  const client = connect(silent.url);
  const mine = new Error("mine");
  for (const [name, call] of Object.entries({
    stat: (/** @type {AbortSignal} */ signal) => client.files.stat(ROOT, { signal }),
    mkdir: (/** @type {AbortSignal} */ signal) => client.files.mkdir(ROOT, { signal }),
    upload: (/** @type {AbortSignal} */ signal) => client.files.upload(ROOT, new Blob(["a"]), { signal }),
    media: (/** @type {AbortSignal} */ signal) => client.media.upload(new Blob(["a"]), { signal }),
    publish: (/** @type {AbortSignal} */ signal) => client.publish.app({ appId: "notes" }, { signal }),
  })) {
    await assert.rejects(call(AbortSignal.timeout(30)), { name: "TimeoutError" }, name);
    const giving = new AbortController();
    setTimeout(() => giving.abort(mine), 30);
    await assert.rejects(call(giving.signal), (error) => error === mine, name);
  }
  silent.close();
  const slow = await front((_, response) => {
    response.writeHead(200);
    response.write('{"step":"listing"}\n');
  });
  const late = connect(slow.url).publish.app({ appId: "notes" }, { signal: AbortSignal.timeout(50) });
  await assert.rejects(late, { name: "TimeoutError" });
  slow.close();
});

test("a renewal can be given up by one who waits, and one that gives nothing is an error of the client", async () => {
  const expired = await front((request, response) => {
    request.resume();
    say(response, 401, { error: "Unauthorized", details: "URL expired" });
  });
  const never = connect(expired.url, { renew: () => new Promise(() => {}) });
  const waiting = never.files.stat(ROOT, { signal: AbortSignal.timeout(100) });
  await assert.rejects(Promise.race([waiting, after(30_000)]), { name: "TimeoutError" });
  const upload = never.files.upload(ROOT, new Blob(["a"]), { signal: AbortSignal.timeout(100) });
  await assert.rejects(Promise.race([upload, after(30_000)]), { name: "TimeoutError" });
  for (const renew of [
    async () => "nonsense",
    async () => "wss://host/ws?userId=user_a",
    () => Promise.reject(new Error("x")),
  ])
    await fails(connect(expired.url, { renew }).files.stat(ROOT), 401, /no new one/);
  expired.close();
});

/** @param {number} ms */
const after = (ms) => new Promise((_, reject) => setTimeout(() => reject(new Error("Nobody gave up")), ms).unref());

test("an upload whose progress is told ends, whatever is answered", async () => {
  /** As browsers have it: it never throws to whoever has sent. */
  class Request extends EventTarget {
    upload = {};
    status = 200;
    responseText = "<html>";
    open() {}
    setRequestHeader() {}
    getResponseHeader() {
      return null;
    }
    send() {
      setTimeout(() => {
        try {
          // @ts-expect-error: who sends sets them
          this.onload();
        } catch {}
        // @ts-expect-error
        this.onloadend();
      });
    }
  }
  Object.assign(globalThis, { XMLHttpRequest: Request });
  try {
    const { files } = connect("ws://127.0.0.1:1/ws?userId=user_a&exp=1&sig=x");
    const sent = files.upload(`${ROOT}/a`, new Blob(["a"]), { onProgress() {} });
    await fails(Promise.race([sent, after(30_000)]), 0, /in between/);
  } finally {
    Reflect.deleteProperty(globalThis, "XMLHttpRequest");
  }
});

test("what cannot be told as it is meant is refused, and nothing else is done", async () => {
  const worker = await front((_, response) => say(response, 200, { success: true }));
  const { files, history, store } = connect(worker.url);
  // Half of a pair would arrive as another character, and so be another file.
  const half = `${ROOT}/\ud83d.txt`;
  await fails(files.upload(half, new Blob(["a"])), 400, /^Invalid characters in path$/);
  await fails(files.remove(half), 400, /^Invalid characters in path$/);
  await fails(files.zip([ROOT, half]), 400, /^Invalid characters in path$/);
  await fails(files.write(`${ROOT}/a`, "a", { turn: "задача" }), 400, /^X-Turn must be visible ASCII/);
  await fails(files.upload(`${ROOT}/a`, new Blob(["a"]), { actor: "a\nb" }), 400, /^X-Actor must be visible ASCII/);
  assert.equal(worker.asked(), 0);
  await store.get("apps", "\ud83d");
  await history.turn("\ud83d");
  worker.close();
});

test("a server that wants to be left alone for long is not asked again, and when is told", async () => {
  const dates = [new Date(Date.now() + 3_600_000).toUTCString(), "3600"];
  for (const retryAfter of dates) {
    const busy = await front((_, response) => {
      response.setHeader("Retry-After", retryAfter);
      say(response, 429, { error: "Too much" });
    });
    const error = await connect(busy.url)
      .files.list()
      .catch((cause) => cause);
    assert.ok(error instanceof HoldfastError && error.status === 429);
    assert.ok((error.retryAfterMs ?? 0) > 3_000_000, String(error.retryAfterMs));
    assert.equal(busy.asked(), 1);
    busy.close();
  }
});

test("a gateway URL that is none is not repeated in the error", () => {
  for (const url of ["", "host/ws?userId=user_a&exp=1&sig=SECRET"])
    assert.throws(
      () => parseGateway(url),
      (error) =>
        error instanceof TypeError &&
        !JSON.stringify({ ...error }).includes("SECRET") &&
        /this is no/.test(error.message),
    );
});

test("a backend mints for a whole number of seconds, and more than none", async () => {
  const asked = { base: "https://holdfast.example", userId: "user_a", secret: "s" };
  for (const ttlSeconds of [0, -5, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60])
    await assert.rejects(mint({ ...asked, ttlSeconds }), TypeError, String(ttlSeconds));
  assert.ok(parseGateway(await mint({ ...asked, ttlSeconds: 60 })).expiresMs > Date.now());
});

test("a URL begins as the web's do: a host and its port alone are none", async () => {
  const asked = { userId: "user_a", secret: "s" };
  for (const [base, scheme] of [
    ["http://localhost:8787", "ws:"],
    ["ws://localhost:8787", "ws:"],
    ["https://holdfast.example", "wss:"],
    ["wss://holdfast.example", "wss:"],
  ]) {
    const url = await mint({ ...asked, base: String(base) });
    assert.equal(new URL(url).protocol, scheme);
    assert.equal(parseGateway(url).origin, String(base).replace("ws", "http"));
  }
  await assert.rejects(mint({ ...asked, base: "localhost:8787" }), /begins with https/);
  assert.throws(() => parseGateway("localhost:8787/ws?userId=user_a&exp=1&sig=x"), /begins with wss/);
});
