// The formats of what is published, held against readers that we did not write.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { ROOT } from "./client.mjs";
import { cost, inParallel, ok, refused } from "./expect.mjs";
import { serve, start } from "./harness.mjs";
import { ingestBytes } from "./media.mjs";
import { canonical, fill, has, mounted, nothingHeld, publish, shelved, treeOf } from "./publishing.mjs";
import { png, sha256 } from "./samples.mjs";
import { anyone } from "./store.mjs";

const server = serve({ CATALOG_CACHE_SECONDS: "0" });

const EXAMPLE =
  "81a16486a5612e74787481a16681a163c40368690aa16481a16482a16281a16681a163c40200ffa16e81a16480a16581a16480a4782e736881a16681a163c40323210aa17a81a16681a163c400a2c3a981a16681a163c402c3bc";

/** The bytes of what a publish has answered. @param {import("./harness.mjs").Server} at @param {any} said */
async function bytesOf(at, said) {
  const { pathname } = new URL(said.url);
  const answer = await anyone(at, `${pathname}?version=${said.version}`);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.etag, `"${sha256(answer.bytes)}"`);
  assert.equal(answer.bytes.length, said.size);
  return answer.bytes;
}

test("the example of the format is published as its 90 bytes", async () => {
  const client = server.client(server.user());
  await fill(client, {
    "a.txt": "hi\n",
    "d/b": Buffer.from([0, 255]),
    "x.sh": "#!\n",
    z: "",
    é: "ü",
  });
  for (const path of ["d/n", "e"]) ok(await client.mkdir(`${ROOT}/${path}`));
  const bytes = await bytesOf(server, ok(await publish(client, "desktop", { title: "Example" })));
  assert.equal(bytes.toString("hex"), EXAMPLE);
  assert.equal(bytes.length, 90);
});

test("an empty desktop is published as the empty root", async () => {
  const client = server.client(server.user());
  ok(await client.mkdir(`${ROOT}/node_modules`));
  const bytes = await bytesOf(server, ok(await publish(client, "desktop", { title: "Empty" })));
  assert.equal(bytes.toString("hex"), "81a16480");
});

/** Files on every edge of the format: of a name's length, a file's size, a map's, and of the order of names. */
function edges() {
  /** @type {Record<string, string | Buffer>} */
  const files = {};
  for (const length of [1, 31, 32, 254, 255]) files[`names/${"n".repeat(length)}`] = String(length);
  for (const length of [15, 16, 127]) files[`names/${"ä".repeat(length)}`] = String(length);
  for (const size of [0, 1, 255, 256, 65_535, 65_536, 1_048_576, 1_048_577, 3_000_000])
    files[`sizes/${size}.bin`] = randomBytes(size);
  for (const count of [1, 15, 16, 17, 300]) for (let n = 0; n < count; n += 1) files[`maps/${count}/${n}.txt`] = `${n}`;
  // UTF-8 has the emoji last, UTF-16 has U+FFFD last; numbers are names like others; case counts.
  for (const name of ["10", "2", "-1", "a", "A", "Z", "ab", "a b", "a-b", "a.b", "\u{fffd}", "😀", "e\u0301", "é"])
    files[`order/${name}`] = name;
  files["order/a.d/x"] = "a directory between files";
  // Names that mean something to JavaScript, and to shells.
  for (const name of [
    "constructor",
    "toString",
    "hasOwnProperty",
    "valueOf",
    "prototype",
    "-rf",
    "$HOME",
    "a'b\"c`d",
    "...",
    "50%",
  ])
    files[`names/${name}`] = name;
  return files;
}

test("a snapshot is what the library of the pages decodes, and is its own sorted encoding again", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const files = edges();
  await fill(client, files);
  const directories = ["bare", "deep/er/est", `deep/${"x/".repeat(40)}end`];
  await inParallel(directories, async (path) => ok(await client.mkdir(`${ROOT}/${path}`)));
  const said = ok(await publish(client, "desktop", { title: "Edges" }));
  const bytes = await bytesOf(server, said);
  const tree = mounted(bytes);
  const expected = treeOf(files, directories);
  assert.deepEqual(tree, expected);
  assert.ok(canonical(tree).equals(bytes), "its own sorted encoding");
  assert.equal(said.files, Object.keys(files).length);
  assert.deepEqual(said.excluded, []);
  const manifest = await anyone(server, `/api/desktops/${said.id}/manifest`);
  assert.deepEqual(
    ok(manifest).files,
    Object.keys(files)
      .sort((one, other) =>
        Buffer.compare(Buffer.from(one.replaceAll("/", "\0")), Buffer.from(other.replaceAll("/", "\0"))),
      )
      .map((path) => ({
        path,
        size: Buffer.from(files[path] ?? "").length,
        sha256: sha256(Buffer.from(files[path] ?? "")),
      })),
  );
  await nothingHeld(server, userId);
});

test("a file whose bytes lie with the media is published like any other", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const picture = png(64, 64);
  await fill(client, { "a.txt": "a", "public/media/own.png": picture, "z.txt": "z" });
  // The same bytes as media: from now on the file's bytes are theirs.
  ok(await ingestBytes(client, picture));
  const bytes = await bytesOf(server, ok(await publish(client, "desktop", { title: "Pictures", include: ["public"] })));
  const tree = /** @type {any} */ (mounted(bytes));
  assert.ok(tree.public.media["own.png"].equals(picture));
  assert.ok(canonical(tree).equals(bytes));
});

const APP = "src/apps/notes";

/** An app on every edge of the format: of sizes, and of names' lengths. @returns {Record<string, string | Buffer>} */
function app() {
  /** @type {Record<string, string | Buffer>} */
  const files = { [`${APP}/index.tsx`]: "export default () => null;\n", [`${APP}/empty`]: "" };
  for (const size of [1, 511, 512, 513, 10_239, 10_240, 1_048_577, 9_000_000])
    files[`${APP}/${size}.bin`] = randomBytes(size);
  for (const length of [80, 84, 85, 86, 99, 100, 101, 155, 156, 255]) files[`${APP}/${"n".repeat(length)}`] = "n";
  files[`${APP}/${"ü".repeat(127)}`] = "umlauts";
  files[`${APP}/${"directory/".repeat(25)}file`] = "deep";
  files[`${APP}/${"ö/".repeat(30)}ß`] = "deep";
  for (const name of ["a b", "-rf", "--help", "$HOME", "a'b\"c`d", "back\\slash", "star*", "#", "50%", "😀", "e\u0301"])
    files[`${APP}/${name}`] = name;
  return files;
}

/** @type {Record<string, string[]>} */
const READERS = {
  tar: ["--warning=all"],
  bsdtar: [],
};

for (const [program, flags] of Object.entries(READERS)) {
  test(`an app is listed and extracted by ${program}, and nothing differs`, {
    skip: !has(program) && `${program} is not installed`,
  }, async () => {
    const client = server.client(server.user());
    const files = app();
    // It puts accents and their letters together, whatever an archive says.
    if (program === "bsdtar") delete files[`${APP}/e\u0301`];
    await fill(client, files);
    const said = ok(await publish(client, "app", { appId: "notes" }));
    const bytes = await bytesOf(server, said);
    const folder = mkdtempSync(join(tmpdir(), "formats-"));
    const run = (/** @type {string[]} */ parts) => {
      const env = { ...process.env, LC_ALL: "C.UTF-8" };
      const ran = spawnSync(program, parts, { input: bytes, env, maxBuffer: 2 ** 26, cwd: folder });
      assert.deepEqual([ran.status, ran.stderr.toString()], [0, ""], `${program} ${parts}`);
      return ran.stdout.toString();
    };
    try {
      const manifest = await anyone(server, `/api/apps/${said.id}/manifest`);
      const expected = { ...files, "app.manifest.json": manifest.bytes };
      assert.equal(run(["-tzf", "-"]).trimEnd().split("\n").length, Object.keys(expected).length);
      const verbose = run(["-tvzf", "-", "--numeric-owner"]).trimEnd().split("\n");
      // No owner, no group, one mode, no time.
      for (const line of verbose) assert.match(line, /^-rw-r--r-- .*\b0[/ ]+0\b.*\b1970/);
      for (const [name, write] of /** @type {const} */ ([
        ["got", () => run(["-xzf", "-", "-C", join(folder, "got"), ...flags])],
        ["expected", () => lay(join(folder, "expected"), expected)],
      ])) {
        mkdirSync(join(folder, name));
        write();
      }
      assert.equal(execFileSync("diff", ["-r", "got", "expected"], { cwd: folder }).toString(), "");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

/** Files in a folder of this machine. @param {string} folder @param {Record<string, string | Buffer>} files */
function lay(folder, files) {
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
}

test("equal trees are equal bytes, whoever wrote them, when, in which order, and where", async () => {
  const other = await start({ CATALOG_CACHE_SECONDS: "0" });
  try {
    const files = { ...edges(), ...app(), "package.json": '{"dependencies":{"react":"^18.0.0"}}' };
    const made = [];
    for (const at of [server, other]) {
      const userId = at.user();
      let client = at.client(userId);
      const order = Object.entries(files);
      if (at === other) order.reverse();
      // Elsewhere it was something else before, under another name.
      if (at === other) {
        await fill(client, { "order/was": "different", "sizes/0.bin": "not empty" });
        ok(await client.remove(`${ROOT}/order/was`, { permanent: true }));
      }
      await fill(client, Object.fromEntries(order));
      for (let round = 0; round < 2; round += 1) {
        const desktop = ok(await publish(client, "desktop", { title: "Equal", desktopId: "equal" }));
        const app = ok(await publish(client, "app", { appId: "notes" }));
        const manifest = ok(await anyone(at, `/api/desktops/${desktop.id}/manifest?version=${desktop.version}`));
        made.push({
          snapshot: sha256(await bytesOf(at, desktop)),
          tar: sha256(gunzipSync(await bytesOf(at, app))),
          appManifest: app.manifestHash,
          deps: app.depsHash,
          // The manifest of a desktop says whose it is.
          desktopManifest: { ...manifest, owner: "" },
        });
        if (round > 0) continue;
        await at.restart();
        client = at.client(userId);
      }
    }
    for (const again of made.slice(1)) assert.deepEqual(again, made[0]);
    assert.equal(made.length, 4);
  } finally {
    await other.stop();
  }
});

test("identical bytes are not uploaded twice, and other bytes not over them", async () => {
  const userId = server.user();
  const client = server.client(userId);
  await fill(client, {
    "src/apps/a/index.tsx": 'import "react";\n',
    "package.json": "{}",
    "pnpm-lock.yaml": "importers:\n  .:\n    dependencies:\n      react:\n        version: 18.3.1\n",
  });
  for (const [kind, about, objects] of /** @type {const} */ ([
    // The bundle, the manifest and a lock file; of a desktop package.json too.
    ["app", { appId: "a", version: "1.0.0" }, 3],
    ["desktop", { title: "Mine", desktopId: "mine", version: "1.0.0" }, 4],
  ])) {
    const first = await publish(client, kind, about);
    assert.equal(cost(first).bucket, objects, kind);
    const again = await publish(client, kind, about);
    assert.deepEqual(ok(again), ok(first));
    assert.equal(cost(again).bucket, 0, kind);
  }
  const before = await server.objects("BUNDLES");
  await fill(client, { "src/apps/a/index.tsx": 'import "preact";\n' });
  for (const [kind, about] of /** @type {const} */ ([
    ["app", { appId: "a", version: "1.0.0" }],
    ["desktop", { title: "Mine", desktopId: "mine", version: "1.0.0" }],
  ])) {
    const answer = await publish(client, kind, about);
    assert.equal(refused(answer, 409).nextVersion, "1.0.1", kind);
    assert.equal(cost(answer).bucket, 0, kind);
  }
  assert.deepEqual(await server.objects("BUNDLES"), before);
  assert.equal((await shelved(server, userId)).length, 7);
});
