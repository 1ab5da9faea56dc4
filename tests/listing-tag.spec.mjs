// A listing's tag: it may change when the listing does not; it never stays when the listing changed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { ok } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve();

/** @typedef {import("./client.mjs").Client} Client */

const DIRECTORIES = ["", "/a", "/b", "/a/c", "/b/c", "/.trash"];
/** Every listing that is watched. */
const WATCHED = DIRECTORIES.flatMap((directory) => [
  { path: ROOT + directory },
  { path: ROOT + directory, recursive: true },
  { path: ROOT + directory, depth: 2 },
  { path: ROOT + directory, limit: 2 },
]);

/** What all of them answer now, and their tags. @param {Client} client */
async function watch(client) {
  const answers = [];
  for (const { path, ...params } of WATCHED) {
    const { status, headers, bytes } = await client.list(path, params);
    answers.push({ what: JSON.stringify({ path, ...params }), status, tag: headers.etag, body: bytes.toString() });
  }
  return answers;
}

/**
 * Fails if a body changed under a tag that did not, or if a holder of the old tag is told that nothing has changed.
 * @param {Client} client @param {Awaited<ReturnType<typeof watch>>} before @param {string} change
 */
async function changed(client, before, change) {
  const after = await watch(client);
  for (const [n, { what, status, tag, body }] of after.entries()) {
    const old = before[n];
    if (old?.status !== 200 || status !== 200) continue;
    assert.match(String(tag), /^"[^"]+"$/, "a strong tag");
    if (old.body !== body) assert.notEqual(tag, old.tag, `${what} after ${change}`);
    const { path, ...params } = /** @type {any} */ (WATCHED[n]);
    const headers = { "if-none-match": String(old.tag) };
    const again = await client.request("GET", "/list", { params: { path, ...params }, headers });
    assert.equal(again.status, old.tag === tag ? 304 : 200, `${what} after ${change}`);
    if (again.status === 304) assert.deepEqual([again.headers.etag, again.bytes.length], [tag, 0]);
  }
  return after;
}

/** Each kind of change, in an order in which all of them work. @type {[string, (client: Client) => Promise<any>][]} */
const CHANGES = [
  ["a write", (client) => client.write(`${ROOT}/a/one`, "1")],
  ["a write of other content", (client) => client.write(`${ROOT}/a/one`, "2")],
  ["a write of the same content", (client) => client.write(`${ROOT}/a/one`, "2")],
  ["a put", (client) => client.put(`${ROOT}/a/one`, "22")],
  ["a mkdir", (client) => client.mkdir(`${ROOT}/a/c`)],
  ["a write in a subdirectory", (client) => client.write(`${ROOT}/a/c/deep`, "x")],
  ["another write in a subdirectory", (client) => client.write(`${ROOT}/a/c/deep`, "y")],
  ["a rename", (client) => client.move(`${ROOT}/a/one`, `${ROOT}/a/two`)],
  ["a move out", (client) => client.move(`${ROOT}/a/two`, `${ROOT}/two`)],
  ["a move in", (client) => client.move(`${ROOT}/two`, `${ROOT}/a/one`)],
  ["a copy", (client) => client.copy(`${ROOT}/a/one`, `${ROOT}/a/copy`)],
  ["a copy over", (client) => client.copy(`${ROOT}/a/c/deep`, `${ROOT}/a/copy`, { overwrite: true })],
  ["a move over", (client) => client.move(`${ROOT}/a/copy`, `${ROOT}/a/one`, { overwrite: true })],
  ["a copy of a directory", (client) => client.copy(`${ROOT}/a`, `${ROOT}/b`)],
  ["a directory's going", (client) => client.move(`${ROOT}/a`, `${ROOT}/old`)],
  ["another directory in its place", (client) => client.move(`${ROOT}/b`, `${ROOT}/a`)],
  ["the old one in the other's", (client) => client.move(`${ROOT}/old`, `${ROOT}/b`)],
  ["a swap of subdirectories, out", (client) => client.move(`${ROOT}/a/c`, `${ROOT}/c`)],
  ["a swap of subdirectories, over", (client) => client.move(`${ROOT}/b/c`, `${ROOT}/a/c`)],
  ["a swap of subdirectories, in", (client) => client.move(`${ROOT}/c`, `${ROOT}/b/c`)],
  ["a delete", (client) => client.remove(`${ROOT}/a/one`)],
  ["a restore", async (client) => client.restore(ok(await client.trash()).files[0].trashPath)],
  ["a delete of a subdirectory", (client) => client.remove(`${ROOT}/a/c`)],
  ["a restore elsewhere", async (client) => client.restore(ok(await client.trash()).files[0].trashPath, `${ROOT}/a/d`)],
  ["a delete for good", (client) => client.remove(`${ROOT}/a/d`, { permanent: true })],
  ["another delete", (client) => client.remove(`${ROOT}/b/one`)],
  ["an emptying of the trash", (client) => client.emptyTrash()],
];

test("no listing keeps its tag through any kind of change that it shows", async () => {
  const client = server.client();
  ok(await client.mkdir(`${ROOT}/a`));
  let before = await watch(client);
  for (const [change, make] of CHANGES) {
    ok(await make(client));
    before = await changed(client, before, change);
  }
});

test("a listing keeps its tag while nothing changes, whatever is read and refused", async () => {
  const client = server.client();
  ok(await client.write(`${ROOT}/a/one`, "1"));
  const before = await watch(client);
  await client.read(`${ROOT}/a/one`);
  await client.move(`${ROOT}/none`, `${ROOT}/x`);
  await client.write(`${ROOT}/a`, "x");
  assert.deepEqual(await watch(client), before);
});

test("who has a listing is told so, by GET and by HEAD", async () => {
  const client = server.client();
  ok(await client.write(`${ROOT}/a/one`, "1"));
  for (const params of [{}, { path: `${ROOT}/a` }, { recursive: true }]) {
    const tag = String((await client.request("GET", "/list", { params })).headers.etag);
    for (const method of ["GET", "HEAD"]) {
      for (const has of [tag, `W/${tag}`, `"x", ${tag}`, "*"]) {
        const answer = await client.request(method, "/list", { params, headers: { "if-none-match": has } });
        assert.deepEqual([answer.status, answer.bytes.length, answer.headers.etag], [304, 0, tag], has);
      }
      assert.equal(
        (await client.request(method, "/list", { params, headers: { "if-none-match": '"x"' } })).status,
        200,
      );
    }
  }
});

/** Numbers that look random and are the same each time. */
function numbers(/** @type {number} */ seed) {
  let state = seed;
  return (/** @type {number} */ below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

for (const seed of [1, 2, 3]) {
  test(`through a hundred changes by chance (${seed}), no listing changes under a tag that stays`, async () => {
    const client = server.client();
    const next = numbers(seed);
    const any = () => ROOT + ["/a", "/b", "/a/c", "/b/c", "/a/one", "/b/one", "/a/c/one", "/two"][next(8)];
    /** @type {(() => Promise<any>)[]} */
    const operations = [
      () => client.write(any(), String(next(3))),
      () => client.write(any(), String(next(3))),
      () => client.mkdir(any()),
      () => client.move(any(), any(), { overwrite: next(2) === 0 }),
      () => client.move(any(), any()),
      () => client.copy(any(), any(), { overwrite: next(2) === 0 }),
      () => client.remove(any(), { permanent: next(3) === 0 }),
      async () => {
        const { files } = ok(await client.trash());
        return files.length ? client.restore(files[next(files.length)].trashPath) : client.emptyTrash();
      },
    ];
    let before = await watch(client);
    let done = 0;
    for (let n = 0; n < 100; n += 1) {
      const which = next(operations.length);
      const answer = await /** @type {() => Promise<any>} */ (operations[which])();
      assert.ok(answer.status < 500, answer.bytes.toString());
      if (answer.status === 200) done += 1;
      before = await changed(client, before, `operation ${which} in step ${n}`);
    }
    assert.ok(done >= 30, `only ${done} went ahead`);
  });
}
