// Publishing from a workspace: what a stranger gets is what was there at one moment, in the formats that others read, and nothing else.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pack } from "./bundles.mjs";
import { ROOT } from "./client.mjs";
import { keys, ok, refused } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { call } from "./media.mjs";
import { fill, publish, shelved } from "./publishing.mjs";
import { sha256 } from "./samples.mjs";
import { anyone, number, sql } from "./store.mjs";

const server = serve({ CATALOG_CACHE_SECONDS: "0" });

/** @typedef {import("./client.mjs").Client} Client */

test("the packer of this test writes the example of the format", () => {
  const example = {
    "a.txt": Buffer.from("hi\n"),
    d: { b: Buffer.from([0, 255]), n: {} },
    e: {},
    "x.sh": Buffer.from("#!\n"),
    z: Buffer.alloc(0),
    é: Buffer.from("ü"),
  };
  assert.equal(
    pack(example).toString("hex"),
    "81a16486a5612e74787481a16681a163c40368690aa16481a16482a16281a16681a163c40200ffa16e81a16480a16581a16480a4782e736881a16681a163c40323210aa17a81a16681a163c400a2c3a981a16681a163c402c3bc",
  );
});

test("a desktop is published as it is, and a stranger gets it byte for byte, without what is private", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const large = randomBytes(3 * 2 ** 20);
  const json = '{"dependencies":{"react":"^18.0.0"}}';
  const lock =
    "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      react:\n        specifier: ^18.0.0\n        version: 18.3.1\n";
  await fill(client, {
    "package.json": json,
    "pnpm-lock.yaml": lock,
    "public/apps/registry.json": '[{"id":"notes","name":"Notes","path":"/src/apps/notes/index.tsx"}]',
    "src/apps/notes/index.tsx": "export default () => null;\n",
    "src/A-b.ts": "1",
    "src/A/b.ts": "2",
    "media/large.bin": large,
    "empty.txt": "",
    ".env": "SECRET=1",
    "src/.env.local": "SECRET=1",
    "SOUL.md": "private",
    "memory/today.md": "private",
    "node_modules/react/index.js": "made",
    "draft/notes.txt": "not yet",
  });
  ok(await client.mkdir(`${ROOT}/bare`));
  const said = ok(
    await publish(client, "desktop", { title: "Mine", desktopId: "main", exclude: ["draft"], tags: ["One"] }),
  );
  const snapshot = pack({
    "package.json": Buffer.from(json),
    "pnpm-lock.yaml": Buffer.from(lock),
    public: {
      apps: { "registry.json": Buffer.from('[{"id":"notes","name":"Notes","path":"/src/apps/notes/index.tsx"}]') },
    },
    src: {
      apps: { notes: { "index.tsx": Buffer.from("export default () => null;\n") } },
      "A-b.ts": Buffer.from("1"),
      A: { "b.ts": Buffer.from("2") },
    },
    media: { "large.bin": large },
    "empty.txt": Buffer.alloc(0),
    bare: {},
  });
  assert.deepEqual(
    said.excluded.map((/** @type {{ path: string }} */ { path }) => path).sort(),
    [".env", "SOUL.md", "draft", "memory", "node_modules", "src/.env.local"].map((path) => `${ROOT}/${path}`).sort(),
  );
  const { excluded, id, manifestHash, lockfileHash, url, visitUrl, ...rest } = said;
  assert.deepEqual(rest, { ok: true, version: "1.0.0", size: snapshot.length, files: 8 });
  assert.equal(lockfileHash, sha256(Buffer.from(lock)));
  assert.ok(excluded.every((/** @type {object} */ line) => keys(line).join() === "path,reason"));
  assert.equal(new URL(visitUrl).pathname, `/d/${id}`);

  const got = await anyone(server, new URL(url).pathname);
  assert.equal(got.status, 200);
  assert.ok(got.bytes.equals(snapshot), "the bytes are those of the canonical form");
  assert.equal(got.headers.etag, `"${sha256(snapshot)}"`);

  const manifest = await anyone(server, `/api/desktops/${id}/manifest`);
  assert.equal(sha256(manifest.bytes), manifestHash);
  assert.equal(manifest.body.snapshotHash, sha256(snapshot));
  assert.deepEqual(manifest.body.dependencies, { react: "18.3.1" });
  assert.deepEqual(manifest.body.apps, [{ id: "notes", name: "Notes", entry: "/src/apps/notes/index.tsx" }]);
  assert.deepEqual(
    manifest.body.files.find((/** @type {{ path: string }} */ { path }) => path === "media/large.bin"),
    { path: "media/large.bin", size: large.length, sha256: sha256(large) },
  );
  assert.deepEqual(await shelved(server, userId), [
    ...["manifest.json", "package.json", "pnpm-lock.yaml", "snapshot.bin"].map(
      (name) => `desktops/${userId}/main/1.0.0/${name}`,
    ),
  ]);
  assert.equal((await server.sql(userId, "SELECT count(*) AS held FROM checkpoint"))[0].held, 0);
});

test("an app is published with what it imports, and unpacks with tar", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const source =
    'import React from "react";\nimport { create } from "zustand";\nimport "./a.css";\nimport B from "@/b";\n';
  const long = `src/apps/notes/${"deep-folder/".repeat(9)}a file that has a long name, é.ts`;
  const files = {
    "src/apps/notes/index.tsx": source,
    "src/apps/notes/a.css": "a {}",
    "src/apps/notes/picture.bin": randomBytes(2 ** 20 + 1),
    [long]: "export const x = 1;\n",
  };
  await fill(client, {
    ...files,
    "package.json": '{"dependencies":{"react":"^18.0.0","zustand":"^4.5.0","three":"^0.170.0"}}',
    "src/apps/notes/.env": "X=1",
    "src/apps/other/index.tsx": 'import "three";',
  });
  const preview = ok(await call(client, "GET", "/api/publish/app/preview", { params: { appId: "notes" } }));
  const said = ok(await publish(client, "app", { appId: "notes", icon: "📝", tags: ["Work"] }));
  assert.equal(said.version, "1.0.0");
  assert.equal(said.depsHash, preview.depsHash);
  assert.deepEqual(preview.manifest.dependencies, { react: "^18.0.0", zustand: "^4.5.0" });
  assert.deepEqual(
    said.excluded.map((/** @type {{ path: string }} */ { path }) => path),
    [`${ROOT}/src/apps/notes/.env`],
  );
  const got = await anyone(server, new URL(said.url).pathname);
  assert.equal(got.status, 200);
  assert.equal(got.bytes.length, said.size);
  const folder = mkdtempSync(join(tmpdir(), "bundle-"));
  try {
    execFileSync("tar", ["-xzf", "-", "-C", folder], { input: got.bytes });
    const listed = execFileSync("tar", ["-tzf", "-"], { input: got.bytes, env: { ...process.env, LC_ALL: "C.UTF-8" } });
    const names = listed.toString().trim().split("\n");
    assert.equal(names[0], "app.manifest.json");
    assert.equal(names.length, 5);
    for (const [path, content] of Object.entries(files))
      assert.ok(readFileSync(join(folder, path)).equals(Buffer.from(content)), path);
    const manifest = readFileSync(join(folder, "app.manifest.json"));
    assert.equal(sha256(manifest), said.manifestHash);
    assert.ok((await anyone(server, `/api/apps/${said.id}/manifest`)).bytes.equals(manifest));
    assert.equal(JSON.parse(manifest.toString()).icon, "📝");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a source that nests too deep to be parsed ends nobody's request, and is told", async () => {
  const [client, innocent] = [server.client(server.user()), server.client(server.user())];
  await fill(client, {
    "src/apps/a/index.tsx": 'import "react";\n',
    "src/apps/a/brackets.ts": "(".repeat(100_000),
    "src/apps/a/elements.tsx": `x=${"<a>".repeat(100_000)}`,
    "src/apps/a/signs.js": `x=${"!".repeat(100_000)}1${"+1".repeat(100_000)}`,
  });
  const [said, ...others] = await Promise.all([
    publish(client, "app", { appId: "a" }),
    ...Array.from({ length: 10 }, () => innocent.list(ROOT)),
  ]);
  const names = ["brackets.ts", "elements.tsx", "signs.js"].map((name) => `${ROOT}/src/apps/a/${name}`);
  assert.deepEqual(ok(said).unscanned, names);
  for (const each of others) ok(each);
  const preview = ok(await call(client, "GET", "/api/publish/app/preview", { params: { appId: "a" } }));
  assert.deepEqual([preview.unscanned, Object.keys(preview.manifest.dependencies)], [names, ["react"]]);
});

test("a version never changes: the same again is the same, anything else is refused with one that is free", async () => {
  const client = server.client(server.user());
  await fill(client, { "src/apps/a/index.tsx": "export default 1;\n" });
  const first = ok(await publish(client, "app", { appId: "a", version: "2.0.0" }));
  assert.deepEqual(ok(await publish(client, "app", { appId: "a", version: "2.0.0" })), first);
  await fill(client, { "src/apps/a/index.tsx": "export default 2;\n" });
  assert.equal(refused(await publish(client, "app", { appId: "a", version: "2.0.0" }), 409).nextVersion, "2.0.1");
  const next = ok(await publish(client, "app", { appId: "a" }));
  assert.deepEqual([next.version, next.id], ["2.0.1", first.id]);
  const old = await anyone(server, `/api/apps/${first.id}/manifest?version=2.0.0`);
  assert.equal(sha256(old.bytes), first.manifestHash);
});

test("a credential stops a publish before anything of it can be seen, unless its file is allowed by name", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const token = `ghp_${"q7Zk2Wm9Xb4Rt6Yc1Vn8Lp3Js5Hd0Gf".repeat(2).slice(0, 36)}`;
  await fill(client, {
    "src/apps/a/index.tsx": "export default 1;\n",
    "src/apps/a/config.ts": `\nexport const t = "${token}";\n`,
  });
  const findings = [{ path: `${ROOT}/src/apps/a/config.ts`, line: 2, rule: "github-token" }];
  const before = await shelved(server, userId);
  for (const answer of [
    await publish(client, "app", { appId: "a" }),
    await publish(client, "desktop", { title: "Mine", desktopId: "main" }),
  ]) {
    const body = refused(answer, 422);
    assert.deepEqual(body.findings, findings);
    assert.ok(!answer.bytes.includes(token));
  }
  assert.deepEqual(await shelved(server, userId), before);
  assert.deepEqual(
    ok(await call(client, "GET", "/api/publish/app/preview", { params: { appId: "a" } })).findings,
    findings,
  );
  ok(await publish(client, "app", { appId: "a", allow: ["src/apps/a/config.ts"] }));
  ok(await publish(client, "desktop", { title: "Mine", desktopId: "main", allow: [`${ROOT}/src/apps/a/config.ts`] }));
});

test("what is published while others write is one moment's tree", async () => {
  const client = server.client(server.user());
  await fill(client, Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`files/${n}`, `${n}`.repeat(5000)])));
  let isOver = false;
  let round = 0;
  const writing = (async () => {
    while (!isOver) {
      round += 1;
      for (const name of ["a-first", "z-second"]) await fill(client, { [name]: String(round).padStart(8, "0") });
    }
  })();
  try {
    for (let turn = 0; turn < 5; turn += 1) {
      const began = round;
      const { url, id, version } = ok(await publish(client, "desktop", { title: "Busy", desktopId: "busy" }));
      const { bytes } = await anyone(server, `${new URL(url).pathname}?version=${version}`);
      const value = (/** @type {string} */ name) => {
        const at = bytes.indexOf(name);
        return at < 0 ? 0 : Number(bytes.subarray(at + name.length + 8, at + name.length + 16).toString());
      };
      const [first, second] = [value("a-first"), value("z-second")];
      assert.ok(first >= began && first <= round, `${id}: ${first} of ${began} to ${round}`);
      assert.ok(first === second || first === second + 1, `${first}, ${second}`);
    }
  } finally {
    isOver = true;
    await writing;
  }
  assert.ok(round > 5, "others went on writing");
});

test("a desktop whose snapshot is missing is rebuilt over the baseline, whole if it can be", async () => {
  const client = server.client(server.user());
  const bucket = await server.r2("BUNDLES");
  const baseline = { "index.html": Buffer.from("<html>"), src: { "main.tsx": Buffer.from("render()") } };
  await bucket.put("baseline/snapshot.bin", pack(baseline));
  const own = { "package.json": '{"name":"mine"}', "pnpm-lock.yaml": "lockfileVersion: '9.0'\n" };
  const provenance = {
    "package.json": Buffer.from(own["package.json"]),
    "pnpm-lock.yaml": Buffer.from(own["pnpm-lock.yaml"]),
  };
  const lose = async (/** @type {any} */ said) => {
    const { pathname } = new URL(said.url);
    const before = await anyone(server, pathname);
    const [key] = (await server.bucket("BUNDLES")).filter((name) => name.endsWith(`/${said.version}/snapshot.bin`));
    await bucket.delete(key);
    return { before, after: await anyone(server, pathname), pathname };
  };
  await fill(client, { "index.html": "<html>", "moved/main.tsx": "render()", ...own });
  const whole = await lose(
    ok(await publish(client, "desktop", { title: "Mine", desktopId: "main", version: "3.0.0" })),
  );
  assert.ok(whole.after.bytes.equals(whole.before.bytes), "all of it was known");
  assert.equal(whole.after.headers.etag, whole.before.headers.etag);

  await fill(client, { "src/mine.tsx": "nobody else has it" });
  const part = await lose(ok(await publish(client, "desktop", { title: "Mine", desktopId: "main", version: "4.0.0" })));
  const expected = pack({ ...baseline, moved: { "main.tsx": Buffer.from("render()") }, ...provenance });
  assert.ok(part.after.bytes.equals(expected), "the baseline, with what there is of the desktop over it");
  assert.equal(part.after.headers.etag, `"${sha256(expected)}"`);
  refused(await anyone(server, `${part.pathname}?hash=${sha256(part.before.bytes)}`), 404);
  const head = await anyone(server, part.pathname, {}, "HEAD");
  assert.deepEqual(
    [head.status, head.bytes.length, head.headers["content-length"], head.headers.etag],
    [200, 0, String(expected.length), part.after.headers.etag],
  );
  const known = (/** @type {unknown} */ etag) =>
    anyone(server, part.pathname, { "if-none-match": String(etag) }).then(({ status }) => status);
  assert.deepEqual([await known(part.after.headers.etag), await known(part.before.headers.etag)], [304, 200]);
  await bucket.delete("baseline/snapshot.bin");
  refused(await anyone(server, part.pathname), 404);
});

test("what a publish that died has left is found by the clock, and the next one is not in its way", async () => {
  const userId = server.user();
  const client = server.client(userId);
  await fill(client, { "src/apps/a/index.tsx": "export default 1;\n" });
  ok(await publish(client, "app", { appId: "a", version: "1.0.0" }));
  const attempts = () => sql(server, "SELECT number FROM attempts WHERE owner_id = ?", userId);
  assert.deepEqual(await attempts(), [], "nothing is under way");
  const published = await shelved(server, userId);

  // Two that were stopped before their last step: one long ago, one just now.
  const bucket = await server.r2("BUNDLES");
  for (const [version, age] of /** @type {[string, number][]} */ ([
    ["1.0.1", 3 * 3600_000],
    ["1.0.2", 0],
  ])) {
    await bucket.put(`apps/${userId}/a/${version}/app.tar.gz`, "half");
    const row = [userId, number(version), Date.now() - age];
    await sql(
      server,
      "INSERT INTO attempts (owner_id, kind, local_id, number, started_ms) VALUES (?, 0, 'a', ?, ?)",
      ...row,
    );
  }
  await server.strike();
  assert.deepEqual(await shelved(server, userId), [...published, `apps/${userId}/a/1.0.2/app.tar.gz`].sort());
  assert.deepEqual(await attempts(), [{ number: number("1.0.2") }]);
  const again = ok(await publish(client, "app", { appId: "a", version: "1.0.2" }));
  assert.deepEqual(await attempts(), []);
  const got = await anyone(server, `/api/apps/${again.id}/bundle?version=1.0.2`);
  assert.equal(got.bytes.length, again.size);
});
