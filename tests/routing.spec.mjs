// The table of routes: every spelling that exists, and a clear answer for every one that doesn't.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { COST, cost, ok, refused } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve();

/** Each route of this issue with the methods that it takes. */
const ROUTES = {
  "/list": ["GET", "HEAD"],
  "/read": ["GET", "HEAD"],
  "/write": ["POST"],
  "/download": ["GET", "HEAD"],
  "/content": ["GET", "HEAD", "PUT"],
  "/stat": ["GET", "HEAD"],
  "": ["DELETE"],
  "/": ["DELETE"],
  "/mkdir": ["POST"],
  "/move": ["POST"],
  "/copy": ["POST"],
  "/trash": ["GET", "HEAD"],
  "/restore": ["POST"],
  "/trash/empty": ["POST"],
};

/** A body that is over every limit, by its length alone. */
const LONG = { "content-length": String(60 * 2 ** 20) };

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "PROPFIND", "PURGE", "MKCOL"];

for (const [endpoint, allowed] of Object.entries(ROUTES)) {
  test(`/api/files${endpoint} takes ${allowed.join(", ")} and answers any other method with 405 and Allow`, async () => {
    const client = server.client();
    for (const method of METHODS) {
      const answer = await client.request(method, endpoint);
      if (allowed.includes(method)) {
        assert.ok(![404, 405, 500, 501].includes(answer.status), `${method}: ${answer.status}`);
        continue;
      }
      if (method === "HEAD") assert.equal(answer.status, 405);
      else refused(answer, 405);
      const allow = String(answer.headers.allow)
        .split(/\s*,\s*/)
        .filter((name) => name !== "OPTIONS");
      assert.deepEqual(allow.sort(), allowed.toSorted(), method);
    }
  });
}

for (const target of [
  "/api/files/nowhere",
  "/api/files/list/",
  "/api/files/list/more",
  "/api/files/List",
  "/api/file/list",
  "/api/files/trash/full",
  "/api/files/trash/",
  "/api",
  "/",
  "/api/filesystem",
  "/api/files%2Flist",
  "/api/files/%6Cist/x",
  "/favicon.ico",
  "/__proto__",
  "/api/files//list",
]) {
  test(`${target} is no route: 404, in JSON, for every method`, async () => {
    const client = server.client();
    const search = client.url("/list").search;
    for (const method of ["GET", "POST", "PUT", "DELETE", "PATCH", "PROPFIND"])
      refused(await client.raw({ method, target: `${target}${search}` }), 404);
  });
}

test("both spellings of DELETE delete", async () => {
  const client = server.client();
  for (const endpoint of ["", "/"]) {
    const path = `${ROOT}/file${endpoint.length}`;
    ok(await client.write(path, "x"));
    assert.equal(ok(await client.request("DELETE", endpoint, { params: { path } })).path, path);
  }
  assert.equal(ok(await client.trash()).files.length, 2);
});

test("an unknown method never passes for GET", async () => {
  const client = server.client();
  ok(await client.write(`${ROOT}/secret.txt`, "secret"));
  for (const method of ["PROPFIND", "SEARCH", "REPORT", "LOCK"]) {
    const answer = await client.request(method, "/read", { params: { path: `${ROOT}/secret.txt` } });
    assert.equal(answer.status, 405, method);
    assert.ok(!answer.bytes.includes("secret"), method);
  }
});

test("every signed answer says what it cost, refusals too", async () => {
  const client = server.client();
  ok(await client.list()); // the first request of all looks into the bucket for what it may hold already
  const wrote = await client.write(`${ROOT}/a.txt`, "x");
  assert.deepEqual([cost(wrote).written > 0, cost(wrote).bucket], [true, 0]);
  const listed = await client.list();
  assert.deepEqual([cost(listed).read > 0, cost(listed).written, cost(listed).bucket], [true, 0, 0]);
  for (const [status, answer] of /** @type {const} */ ([
    [400, await client.list("/etc")],
    [400, await client.request("POST", "/write", { body: "{" })],
    [403, await client.remove(ROOT)],
    [404, await client.read(`${ROOT}/none`)],
    [404, await client.request("GET", "/nowhere")],
    [405, await client.request("PATCH", "/list")],
    [409, await client.write(ROOT, "x")],
    [413, await client.request("PUT", "/content", { params: { path: `${ROOT}/big` }, headers: LONG, unsent: true })],
    [200, await client.content(`${ROOT}/a.txt`)],
    [200, await client.content(`${ROOT}/a.txt`, "HEAD")],
    [200, await client.download(`${ROOT}/a.txt`)],
  ])) {
    assert.equal(answer.status, status);
    assert.match(String(answer.headers["server-timing"]), COST);
  }
});

test("a refusal and a read write no row", async () => {
  const client = server.client();
  ok(await client.write(`${ROOT}/dir/a.txt`, "x"));
  const answers = [
    await client.list(),
    await client.stat(`${ROOT}/dir`),
    await client.read(`${ROOT}/dir/a.txt`),
    await client.content(`${ROOT}/dir/a.txt`),
    await client.trash(),
    await client.write(`${ROOT}/dir`, "x"),
    await client.mkdir(`${ROOT}/dir/a.txt`),
    await client.move(`${ROOT}/none`, `${ROOT}/x`),
    await client.copy(`${ROOT}/dir`, `${ROOT}/dir/sub`),
    await client.remove(`${ROOT}/none`),
    await client.restore(`${ROOT}/.trash/none.1`),
  ];
  for (const answer of answers) assert.equal(cost(answer).written, 0, String(answer.status));
});

test("parameters that a route doesn't know are ignored", async () => {
  const client = server.client();
  ok(
    await client.request("POST", "/write", {
      params: { _: "1", path: "/etc" },
      body: JSON.stringify({ path: `${ROOT}/a`, content: "x", extra: [1] }),
    }),
  );
  ok(await client.request("GET", "/read", { params: { path: `${ROOT}/a`, _: "1" } }));
});
