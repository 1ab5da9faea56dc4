// POST /api/files/mkdir.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { inParallel, names, ok, refused } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve();
const FILE = `${ROOT}/file.txt`;

test("a directory is made with its parents, and making it again is fine", async () => {
  const client = server.client();
  for (let n = 0; n < 2; n += 1)
    assert.deepEqual(ok(await client.mkdir(`${ROOT}/a/b/c`)), { success: true, path: `${ROOT}/a/b/c` });
  assert.deepEqual(ok(await client.mkdir(ROOT)), { success: true, path: ROOT });
  assert.deepEqual(ok(await client.mkdir(`${ROOT}//a/./d/`)), { success: true, path: `${ROOT}/a/d` });
  assert.deepEqual(names(ok(await client.list(`${ROOT}/a`))), ["b", "d"]);
});

test("a directory over or under a file is a conflict", async () => {
  const client = server.client();
  ok(await client.write(FILE, "x"));
  for (const path of [FILE, `${FILE}/under`, `${FILE}/under/deep`]) refused(await client.mkdir(path), 409);
  assert.equal(ok(await client.read(FILE)).content, "x");
});

test("a directory needs a path, in JSON", async () => {
  const client = server.client();
  for (const body of [{}, { path: "" }, { path: 7 }, [], null]) refused(await client.post("/mkdir", body), 400);
  refused(await client.request("POST", "/mkdir", { body: "{" }), 400, "Invalid JSON body");
});

test("directories made at one moment, some of them the same, are all made", async () => {
  const client = server.client();
  const paths = Array.from({ length: 20 }, (_, n) => `${ROOT}/same/${n % 5}`);
  for (const answer of await inParallel(paths, (path) => client.mkdir(path), 20)) ok(answer);
  assert.deepEqual(names(ok(await client.list(`${ROOT}/same`))), ["0", "1", "2", "3", "4"]);
});
