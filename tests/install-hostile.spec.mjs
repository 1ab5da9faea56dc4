// Nothing hostile gets in with an app or a desktop, what older publishers wrote does, and what dies half-way leaves nothing.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { app, manifest, tar, zip } from "./archives.mjs";
import { ROOT } from "./client.mjs";
import { keys, ok, refused } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { install, REGISTRY, text, tree } from "./installing.mjs";
import { nothingPending, onlyLive } from "./ledger.mjs";
import { call } from "./media.mjs";
import { fill } from "./publishing.mjs";
import { publisher, shelve } from "./store.mjs";

const server = serve({ CATALOG_CACHE_SECONDS: "0", QUOTA_BYTES: String(60 * 2 ** 20) });

test("an older publisher's zip is taken too", async () => {
  const { userId } = await publisher(server);
  const { client } = await publisher(server);
  const bytes = app("zipped", [{ path: "src/apps/zipped/lib/a.ts", body: "a" }], zip);
  const { id } = await shelve(server, userId, { localId: "zipped", bytes });
  const said = ok(await install(client, id));
  assert.deepEqual([said.id, said.name, said.files], ["zipped", "Notes", 2]);
  assert.equal(await text(client, "src/apps/zipped/lib/a.ts"), "a");
});

test("hostile archives are refused whole", async () => {
  const { userId } = await publisher(server);
  const { client, userId: victim } = await publisher(server);
  await fill(client, { "mine.txt": "mine", [REGISTRY]: "[]" });
  const before = await tree(client);
  const at = (/** @type {string} */ path, /** @type {any} */ more = {}) => ({ path, body: "x", ...more });
  const inside = (/** @type {string} */ path) => `src/apps/bad/${path}`;
  const packed = (/** @type {any[]} */ entries) => app("bad", entries);
  const zeros = Buffer.alloc(60 * 2 ** 20);
  /** @type {[string, Buffer, RegExp][]} */
  const hostile = [
    ["up", packed([at("src/apps/bad/../../../SOUL.md")]), /a name that is none/],
    ["out", packed([at("/etc/passwd")]), /leads out/],
    ["backslash", packed([at("src\\apps\\bad\\x")]), /leads out/],
    ["another folder", packed([at("src/apps/other/index.tsx")]), /outside of src\/apps\/bad/],
    ["the root", packed([at("SOUL.md")]), /outside/],
    ["a symlink", packed([at(inside("link"), { type: "2", body: "" })]), /link or device/],
    ["a hard link", packed([at(inside("link"), { type: "1", body: "" })]), /link or device/],
    ["a device", packed([at(inside("tty"), { type: "3", body: "" })]), /link or device/],
    ["a pipe", packed([at(inside("pipe"), { type: "6", body: "" })]), /link or device/],
    ["a file twice", packed([at(inside("a")), at(inside("a"))]), /twice/],
    ["a file as a directory", packed([at(inside("a")), at(inside("a/b"))]), /in a file/],
    ["a control character", packed([at(inside("a\nb"))]), /a name that is none/],
    ["a long name", packed([at(inside("é".repeat(40)), { type: "7", size: 60 * 2 ** 20 })]), /./],
    ["too many", packed(Array.from({ length: 10_001 }, (_, i) => at(inside(`f${i}`)))), /too many entries/],
    ["too large", packed([at(inside("big"), { size: 51 * 2 ** 20 })]), /file that is too large/],
    ["too large in all", packed(Array.from({ length: 5 }, (_, i) => at(inside(`f${i}`), { size: 45 * 2 ** 20 }))), /./],
    ["a bomb", packed([{ path: inside("zeros"), body: zeros.subarray(0, 49 * 2 ** 20) }]), /far too much/],
    [
      "a bomb behind its end",
      gzipSync(Buffer.concat([tar([manifest("bad"), at(inside("index.tsx"))]), zeros])),
      /far too much/,
    ],
    ["no manifest", gzipSync(tar([at(inside("index.tsx"))])), /no app.manifest.json/],
    ["a broken manifest", gzipSync(tar([{ path: "app.manifest.json", body: "{" }])), /manifest/],
    ["another's manifest", gzipSync(tar([manifest("other"), at(inside("index.tsx"))])), /another app/],
    [
      "a command for a range",
      gzipSync(tar([manifest("bad", { dependencies: { a: "1; rm -rf /" } }), at(inside("index.tsx"))])),
      /not a package/,
    ],
    [
      "a command for a name",
      gzipSync(tar([manifest("bad", { dependencies: { "--eval": "1" } }), at(inside("index.tsx"))])),
      /not a package/,
    ],
    [
      "an entry elsewhere",
      gzipSync(tar([manifest("bad", { entry: "/src/apps/bad/../../x.ts" }), at(inside("index.tsx"))])),
      /entry/,
    ],
    ["an entry that is missing", gzipSync(tar([manifest("bad"), at(inside("other.tsx"))])), /begins with/],
    ["cut off", packed([{ path: inside("a"), body: randomBytes(5000) }]).subarray(0, 3000), /to its end/],
    ["no gzip", tar([manifest("bad"), at(inside("index.tsx"))]), /to its end/],
    ["no archive", gzipSync(randomBytes(5000)), /neither a tar nor a zip/],
    ["nothing", gzipSync(Buffer.alloc(0)), /neither a tar nor a zip/],
    ["a zip that leads out", app("bad", [at("../../x")], zip), /a name that is none/],
    ["a zip with a file twice", app("bad", [at(inside("a")), at(inside("a"))], zip), /twice/],
  ];
  for (const [name, bytes, why] of hostile) {
    const localId = "bad";
    const { id } = await shelve(server, (await publisher(server)).userId, { localId, bytes });
    const said = refused(await install(client, id), 422, why);
    assert.match(said.error, /^The bundle .*nothing was changed$/, name);
  }
  assert.ok(userId);
  assert.deepEqual(await tree(client), before);
  assert.deepEqual(await server.sql(victim, "SELECT id FROM stage UNION ALL SELECT stage FROM staged"), []);
  await nothingPending(server, victim);
});

test("a hostile snapshot is refused whole, and an old one is read", async () => {
  const { client, userId } = await publisher(server);
  const text = (/** @type {string} */ value) =>
    Buffer.concat([Buffer.from([0xa0 | Buffer.byteLength(value)]), Buffer.from(value)]);
  const map = (/** @type {Buffer[]} */ ...pairs) => Buffer.concat([Buffer.from([0x80 | (pairs.length / 2)]), ...pairs]);
  const file = (/** @type {string} */ content) =>
    map(text("f"), map(text("c"), Buffer.concat([Buffer.from([0xc4, content.length]), Buffer.from(content)])));
  const root = (/** @type {Buffer[]} */ ...pairs) => map(text("d"), map(...pairs));
  const fork = async (/** @type {Buffer} */ bytes, into = `${ROOT}/fork`) => {
    const { id } = await shelve(server, (await publisher(server)).userId, { kind: "desktops", bytes });
    return call(client, "POST", `/api/desktops/${id}/fork`, { json: { into } });
  };
  const link = map(text("f"), map(text("l"), text("/etc/passwd")));
  for (const bytes of [
    root(text(".."), file("x")),
    root(text("a/b"), file("x")),
    root(text("a"), file("x"), text("a"), file("y")),
    root(text("a"), link),
    Buffer.concat([root(text("a"), file("x")), Buffer.from("x")]),
    root(text("a"), file("x")).subarray(0, 9),
    file("x"),
    Buffer.from("{}"),
  ])
    refused(await fork(bytes), 422, /^The bundle .*nothing was changed$/);
  assert.deepEqual(await tree(client), {});
  await nothingPending(server, userId);
  const old = map(text("f"), map(text("c"), text("a\u00e9\u00ff"), text("b"), Buffer.from([0xc3])));
  ok(await fork(root(text("old"), old.subarray(0)), `${ROOT}/old`));
  const [{ content }] = await server.sql(userId, "SELECT hex(bytes) AS content FROM blob WHERE size = 3");
  assert.equal(content, "61E9FF");
});

test("what dies half-way plants nothing, and leaves nothing in the end", async () => {
  const { userId } = await publisher(server);
  const files = Array.from({ length: 40 }, (_, i) => ({
    path: `src/apps/slow/${i}`,
    body: randomBytes(i % 4 === 0 ? 1_300_000 : 200_000),
  }));
  const { id } = await shelve(server, userId, { localId: "slow", bytes: app("slow", files) });
  const { client, userId: user } = await publisher(server);
  await fill(client, { "mine.txt": "mine" });
  const before = await tree(client);
  let planted = 0;
  for (let delay = 20; delay < 900 && planted === 0; delay = Math.ceil(delay * 1.6)) {
    const answer = install(client, id).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, delay));
    for (const pid of server.runtimes()) process.kill(pid, "SIGKILL");
    await answer;
    await server.restart();
    const again = server.client(user);
    const now = await tree(again);
    if (JSON.stringify(now) === JSON.stringify(before)) continue;
    planted += 1;
    assert.equal(keys(now).filter((path) => path.startsWith("/src/apps/slow/")).length, 41, "all of it or nothing");
  }
  const last = server.client(user);
  if (planted === 0) ok(await install(last, id));
  await server.sql(user, "UPDATE stage SET until_ms = 1");
  await onlyLive(server, user);
  assert.deepEqual(await server.sql(user, "SELECT id FROM stage"), []);
});
