// Publishing what was sent: hosts whose files live in the browser send a snapshot or an archive, and what a stranger gets is
// the same as from a workspace.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { pack } from "./bundles.mjs";
import { ROOT } from "./client.mjs";
import { ok, refused } from "./expect.mjs";
import { fsck } from "./fsck.mjs";
import { serve } from "./harness.mjs";
import { call } from "./media.mjs";
import { publish } from "./publishing.mjs";
import { sha256 } from "./samples.mjs";
import { anyone } from "./store.mjs";

const server = serve({ CATALOG_CACHE_SECONDS: "0" });

/** @typedef {import("./client.mjs").Client} Client */

const send = (/** @type {Client} */ client, /** @type {Buffer} */ body) =>
  call(client, "PUT", "/api/publish/uploads", { body });

const waiting = (/** @type {string} */ userId) => server.objects("DATA", `users/${userId}/bundles/`);

/** A tar of some files, by GNU tar, in the order given. @param {Record<string, string | Buffer>} files @param {string[]} [flags] */
function tar(files, flags = ["-czf"]) {
  const folder = mkdtempSync(join(tmpdir(), "upload-"));
  try {
    for (const [path, body] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), body);
    }
    return execFileSync("tar", [...flags, "-", "-C", folder, ...Object.keys(files)], { maxBuffer: 2 ** 28 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The children of every directory the other way round: what a browser exports is in no order. @param {any} tree @returns {any} */
const backwards = (tree) =>
  Buffer.isBuffer(tree)
    ? tree
    : new Map(
        Object.entries(tree)
          .reverse()
          .map(([name, child]) => [name, backwards(child)]),
      );

const json = '{"dependencies":{"react":"^18.0.0"}}';
const lock =
  "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      react:\n        specifier: ^18.0.0\n        version: 18.3.1\n";
const tree = {
  "package.json": Buffer.from(json),
  "pnpm-lock.yaml": Buffer.from(lock),
  public: {
    apps: { "registry.json": Buffer.from('[{"id":"notes","name":"Notes","path":"/src/apps/notes/index.tsx"}]') },
  },
  src: { apps: { notes: { "index.tsx": Buffer.from('import "react";\n') } } },
  media: { "large.bin": randomBytes(5 * 2 ** 20), "small.bin": randomBytes(100_000) },
  "empty.txt": Buffer.alloc(0),
  bare: {},
};

test("a snapshot in any order is published in the one order, without what is never published", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const sent = ok(
    await send(client, pack(backwards({ ...tree, ".env": Buffer.from("A=1"), "SOUL.md": Buffer.from("x") }), false)),
  );
  assert.deepEqual([sent.ok, sent.files], [true, 9]);
  assert.ok(Date.parse(sent.expiresAt) > Date.now() + 3000_000);
  const { upload } = sent;
  const said = ok(await publish(client, "desktop", { title: "Mine", desktopId: "main", upload }));
  const snapshot = pack(tree);
  assert.deepEqual([said.version, said.size, said.files], ["1.0.0", snapshot.length, 7]);
  assert.deepEqual(
    said.excluded.map((/** @type {{ path: string }} */ { path }) => path),
    [`${ROOT}/.env`, `${ROOT}/SOUL.md`],
  );
  const got = await anyone(server, new URL(said.url).pathname);
  assert.ok(got.bytes.equals(snapshot), "the bytes are those of the canonical form");
  const manifest = (await anyone(server, `/api/desktops/${said.id}/manifest`)).body;
  assert.deepEqual(manifest.dependencies, { react: "18.3.1" });
  assert.equal(manifest.files[1].sha256, sha256(tree.media["large.bin"]));
  assert.equal((await anyone(server, `/api/desktops/${said.id}/package.json`)).bytes.toString(), json);

  // The very same from there again is the same, and the workspace has nothing to do with it.
  const again = ok(await publish(client, "desktop", { title: "Mine", desktopId: "main", upload, version: "1.0.0" }));
  assert.deepEqual([again.id, again.version], [said.id, "1.0.0"]);
  assert.deepEqual((await fsck(server, userId)).problems, []);

  // Its time over, it goes, and its room comes back.
  assert.equal((await waiting(userId)).size, 1);
  await server.swept(
    userId,
    () => waiting(userId),
    (objects) => objects.size === 0,
  );
  refused(await publish(client, "desktop", { title: "Mine", desktopId: "main", upload }), 404);
  assert.deepEqual(await server.sql(userId, "SELECT v FROM meta WHERE k = 'reserved_bytes'"), [{ v: 0 }]);
});

test("an app's archive is published whoever has packed it, and so is one that comes with the request", async () => {
  const files = {
    "app.manifest.json": JSON.stringify({ id: "notes", name: "Their notes", dependencies: { zustand: "4.5.0" } }),
    "src/apps/notes/index.tsx": 'import { create } from "zustand";\nimport "react";\n',
    "src/apps/notes/a.css": "a {}",
    "src/apps/notes/.env.local": "A=1",
    "src/apps/other/index.tsx": "export {}",
  };
  const folder = mkdtempSync(join(tmpdir(), "zip-"));
  const zipped = (() => {
    const script =
      "import sys, zipfile, json\nz = zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED)\nfor n, b in json.load(sys.stdin).items(): z.writestr(n, b)\nz.close()\n";
    execFileSync("python3", ["-c", script, join(folder, "a.zip")], { input: JSON.stringify(files) });
    return readFileSync(join(folder, "a.zip"));
  })();
  rmSync(folder, { recursive: true });
  /** @type {Record<string, any>} */
  const answers = {};
  for (const [how, bytes] of Object.entries({
    gnu: tar(files),
    ustar: tar(files, ["--format=ustar", "-cf"]),
    zip: zipped,
    gzippedZip: gzipSync(zipped),
  })) {
    const client = server.client();
    const { upload } = ok(await send(client, bytes));
    const said = ok(await publish(client, "app", { appId: "notes", upload, icon: "📝" }));
    const { url, id, excluded, ...rest } = said;
    assert.deepEqual(
      excluded.map((/** @type {{ path: string }} */ { path }) => path),
      [`${ROOT}/src/apps/notes/.env.local`],
    );
    answers[how] = rest;
    const manifest = (await anyone(server, `/api/apps/${id}/manifest`)).body;
    assert.deepEqual(
      [manifest.name, manifest.icon, manifest.dependencies],
      ["Their notes", "📝", { zustand: "4.5.0" }],
      "what the request says wins, then what the archive says",
    );
    const listed = execFileSync("tar", ["-tzf", "-"], { input: (await anyone(server, new URL(url).pathname)).bytes });
    assert.equal(listed.toString(), "app.manifest.json\nsrc/apps/notes/a.css\nsrc/apps/notes/index.tsx\n");
  }
  const userId = server.user();
  const client = server.client(userId);
  const { url, id, excluded, ...rest } = ok(
    await publish(client, "app", { appId: "notes", icon: "📝", blobBase64: tar(files).toString("base64") }),
  );
  answers.inline = rest;
  for (const each of Object.values(answers)) assert.deepEqual(each, answers.gnu);
  await server.swept(
    userId,
    () => waiting(userId),
    (objects) => objects.size === 0,
  );
  assert.equal(excluded.length, 1);
  assert.ok(id && url);
});

test("what is no bundle is refused at once, with a sentence, and leaves nothing", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const snapshot = pack(tree);
  const twice = Buffer.from("\x81\xa1d\x82\xa1a\x81\xa1d\x80\xa1a\x81\xa1d\x80", "latin1");
  const gzipped = gzipSync(tar({ a: randomBytes(100_000) }, ["-cf"]));
  const bomb = gzipSync(tar({ a: Buffer.alloc(40 * 2 ** 20) }, ["-cf"]));
  for (const [bytes, why] of /** @type {[Buffer, RegExp][]} */ ([
    [Buffer.alloc(0), /is empty|neither/],
    [Buffer.from("<<<<<<< HEAD\n"), /neither a snapshot nor an archive/],
    [Buffer.from('{"d":{}}'), /export it as binary/],
    [snapshot.subarray(0, snapshot.length - 5), /ends in the middle/],
    [Buffer.concat([snapshot, Buffer.from("x")]), /goes on behind its end/],
    [twice, /has a name twice/],
    [Buffer.from(snapshot.toString("utf8")), /is not|neither|has a/],
    [gzipped.subarray(0, 60_000), /gzipped, and cut off or broken/],
    [gzipSync(Buffer.from("hello")), /neither/],
    [bomb, /unpacks to far too much/],
  ])) {
    assert.match(refused(await send(client, bytes), 400).error, why);
  }
  await server.swept(
    userId,
    () => waiting(userId),
    (objects) => objects.size === 0,
  );
  assert.deepEqual(await server.sql(userId, "SELECT v FROM meta WHERE k = 'reserved_bytes'"), [{ v: 0 }]);
  refused(await publish(client, "app", { appId: "notes", upload: "nothing" }), 404);
  refused(await publish(client, "app", { appId: "notes", upload: "x", blobBase64: "eA==" }), 400);
  refused(await publish(client, "app", { appId: "notes", blobBase64: "?" }), 400);
  const empty = ok(await send(client, pack({ "a.txt": Buffer.from("a") })));
  assert.match(
    refused(await publish(client, "app", { appId: "notes", upload: empty.upload }), 400).error,
    /app's folder/,
  );
  // Somebody else's is nobody's.
  refused(await publish(server.client(), "desktop", { title: "x", upload: empty.upload }), 404);
});

test("what was sent holds no secrets either, and takes room like everything else", async () => {
  const client = server.client();
  const token = `ghp_${"q7Zk2Wm9Xb4Rt6Yc1Vn8Lp3Js5Hd0Gf".repeat(2).slice(0, 36)}`;
  const { upload } = ok(await send(client, pack({ "a.ts": Buffer.from(`export const t = "${token}";\n`) })));
  const body = refused(await publish(client, "desktop", { title: "x", upload }), 422);
  assert.deepEqual(body.findings, [{ path: `${ROOT}/a.ts`, line: 1, rule: "github-token" }]);
  ok(await publish(client, "desktop", { title: "x", upload, allow: ["a.ts"] }));
});

test("a publish tells how far it is to those who ask for lines", async () => {
  const client = server.client();
  const { upload } = ok(await send(client, pack(tree)));
  const lines = async (/** @type {any} */ json) => {
    const answer = await call(client, "POST", "/api/publish/desktop", {
      json,
      headers: { accept: "application/x-ndjson" },
    });
    assert.deepEqual([answer.status, answer.headers["content-type"]], [200, "application/x-ndjson"]);
    return answer.bytes
      .toString()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
  };
  const told = await lines({ title: "Mine", desktopId: "main", version: "1.0.0", upload });
  const last = told.at(-1);
  assert.deepEqual([last.ok, last.version, last.files], [true, "1.0.0", 7]);
  const steps = told.slice(0, -1).map((line) => line.step);
  assert.deepEqual([...new Set(steps)], ["listing", "sending", "publishing"]);
  assert.deepEqual(
    told.findLast((line) => line.step === "sending"),
    { step: "sending", files: 7, of: 7 },
  );
  const failed = await lines({ title: "Mine", desktopId: "main", version: "1.0.0" });
  const { error, status, nextVersion } = failed.at(-1);
  assert.deepEqual([status, nextVersion], [409, "1.0.1"]);
  assert.match(error, /versions never change/);
  // What cannot be understood is answered as ever.
  refused(
    await call(client, "POST", "/api/publish/desktop", { json: {}, headers: { accept: "application/x-ndjson" } }),
    400,
  );
});

test("files that a sandbox has put into the bucket are published as they are there", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const bucket = await server.r2();
  const files = { "a.txt": Buffer.from("by a sandbox"), "src/large.bin": randomBytes(3 * 2 ** 20) };
  for (const [path, bytes] of Object.entries(files)) await bucket.put(`users/${userId}/workspace/${path}`, bytes);
  ok(await client.list(ROOT));
  const foreign = async () => (await server.sql(userId, "SELECT count(*) AS n FROM blob WHERE hash IS NULL"))[0].n;
  // Before the alarm has taken them over, if it can be helped; the answer is the same.
  const before = await foreign();
  const said = ok(await publish(client, "desktop", { title: "Theirs", desktopId: "theirs" }));
  const got = await anyone(server, new URL(said.url).pathname);
  assert.ok(got.bytes.equals(pack({ "a.txt": files["a.txt"], src: { "large.bin": files["src/large.bin"] } })));
  assert.ok(before >= 0);
});
