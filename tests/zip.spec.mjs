// A folder as a zip: what is in it, under which names, for every reader of zips; and what is refused before the first byte.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT } from "./client.mjs";
import { cost, ok, refused } from "./expect.mjs";
import { Server } from "./harness.mjs";
import { fill, nothingHeld } from "./publishing.mjs";
import { sha256 } from "./samples.mjs";
import {
  asking,
  filesOf,
  HAS,
  infoZip,
  libarchive,
  python,
  released,
  target,
  unzipped,
  withFile,
  zip,
} from "./zips.mjs";

/** @typedef {import("./client.mjs").Client} Client */

// It says what a request asks of others.
const server = new Server({}, undefined, join(import.meta.dirname, "asking.mjs"));
before(() => server.start());
after(() => server.stop());

/** Entries of a zip, by name, of which those of directories are null. @param {Buffer} bytes */
const tree = (bytes) =>
  Object.fromEntries(unzipped(bytes).map(({ name, bytes }) => [name, name.endsWith("/") ? null : bytes.toString()]));

test("a folder comes as one zip, below its own name, and every reader finds the same in it", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const large = randomBytes(3 * 2 ** 20);
  await fill(client, {
    "notes/today.md": "# Today\n",
    "notes/Deep/er.txt": "",
    "notes/large.bin": large,
    "beside.txt": "b",
  });
  ok(await client.mkdir(`${ROOT}/notes/empty`));
  const { result: answer, asked } = await asking(server, userId, () => zip(client, ["notes"]));
  assert.equal(answer.status, 200);
  assert.equal(answer.headers["content-type"], "application/zip");
  assert.equal(answer.headers["content-disposition"], 'attachment; filename="notes.zip"');
  assert.equal(answer.headers["content-length"], String(answer.bytes.length));
  assert.equal(answer.headers["x-content-type-options"], "nosniff");
  assert.match(String(answer.headers["content-security-policy"]), /^sandbox\b/);
  assert.match(String(answer.headers.etag), /^"[0-9a-f]{64}"$/);
  assert.equal(cost(answer).bucket, 0, "of the object in the bucket nothing was read before the first byte");
  // One page of the tree, one batch of what is small, one object.
  assert.deepEqual(asked, {
    "WORKSPACE.perform HoldTree": 1,
    "WORKSPACE.perform ReadBranches": 1,
    "WORKSPACE.perform ReadContents": 1,
    "DATA.get": 1,
    "WORKSPACE.perform ReleaseTree": 1,
  });
  const entries = unzipped(answer.bytes);
  assert.deepEqual(
    entries.map(({ name, mode, hasDescriptor, bytes }) => [name, mode.toString(8), bytes.length, hasDescriptor]),
    [
      ["notes/", "40755", 0, false],
      ["notes/Deep/", "40755", 0, false],
      ["notes/Deep/er.txt", "100644", 0, false],
      ["notes/empty/", "40755", 0, false],
      ["notes/large.bin", "100644", large.length, true],
      ["notes/today.md", "100644", 8, false],
    ],
  );
  assert.ok(filesOf(entries)["notes/large.bin"]?.equals(large));
  for (const { name, modified } of entries) {
    const told = ok(await client.stat(`${ROOT}/${name.replace(/\/$/, "")}`)).modified;
    assert.equal(modified, Math.floor(Date.parse(told) / 1000) * 1000, name);
  }
  withFile(answer.bytes, (file, to) => {
    const wanted = entries.map(({ name, bytes, mode }) => [name, bytes.length, mode, sha256(bytes)]);
    if (HAS.python) assert.deepEqual(python(file), wanted);
    if (HAS.libarchive)
      assert.deepEqual(
        libarchive(file),
        entries.map(({ name }) => name),
      );
    if (!HAS.infoZip) return;
    infoZip(file, to);
    assert.deepEqual(readdirSync(join(to, "notes")).sort(), ["Deep", "empty", "large.bin", "today.md"]);
    assert.ok(readFileSync(join(to, "notes/large.bin")).equals(large));
  });
});

test("HEAD and a tag that is known tell the same, and hold nothing", async () => {
  const userId = server.user();
  const client = server.client(userId);
  await fill(client, { "a/x": "1", "a/b/y": "2" });
  const whole = await zip(client, ["a"]);
  const { etag, "content-length": length, "content-disposition": name } = whole.headers;
  await released(server, userId);
  const head = await zip(client, ["a"], "HEAD");
  assert.deepEqual([head.status, head.bytes.length], [200, 0]);
  assert.deepEqual(
    [head.headers.etag, head.headers["content-length"], head.headers["content-disposition"]],
    [etag, length, name],
  );
  await nothingHeld(server, userId);
  const again = await zip(client, ["a"]);
  assert.ok(again.bytes.equals(whole.bytes), "equal tags, equal bytes");
  await released(server, userId);
  for (const method of ["GET", "HEAD"]) {
    const unchanged = await zip(client, ["a"], method, { "if-none-match": String(etag) });
    assert.deepEqual([unchanged.status, unchanged.headers.etag, unchanged.bytes.length], [304, etag, 0]);
    await nothingHeld(server, userId);
  }
  const tags = new Set([etag]);
  for (const change of [
    () => client.put(`${ROOT}/a/b/y`, "3"),
    () => client.mkdir(`${ROOT}/a/b/c`),
    () => client.move(`${ROOT}/a/x`, `${ROOT}/a/z`),
    () => client.remove(`${ROOT}/a/b`),
  ]) {
    ok(await change());
    const changed = await zip(client, ["a"], "GET", { "if-none-match": String(etag) });
    assert.equal(changed.status, 200);
    tags.add(changed.headers.etag);
  }
  assert.equal(tags.size, 5);
});

test("several files and folders come as one, each once, and under names that do not meet", async () => {
  const client = server.client();
  await fill(client, { "a/x.txt": "ax", "a/b/y": "aby", "c/x.txt": "cx", "c/b/z": "cbz", "top.txt": "top" });
  const of = async (/** @type {string[]} */ ...paths) => {
    const answer = await zip(client, paths);
    ok(answer);
    return { name: answer.headers["content-disposition"], files: tree(answer.bytes) };
  };
  assert.deepEqual(await of("a/x.txt", "c/x.txt", "a/b", "c/b"), {
    name: 'attachment; filename="files.zip"',
    files: { "x.txt": "ax", "x (2).txt": "cx", "b/": null, "b/y": "aby", "b (2)/": null, "b (2)/z": "cbz" },
  });
  assert.deepEqual(await of("a/b/y", "a", "a/x.txt", "a", "a/b"), {
    name: 'attachment; filename="a.zip"',
    files: { "a/": null, "a/b/": null, "a/b/y": "aby", "a/x.txt": "ax" },
  });
  assert.equal((await of("a/x.txt", "a/b")).name, 'attachment; filename="a.zip"');
  assert.equal((await of("top.txt")).name, 'attachment; filename="top.txt.zip"');
  const whole = await of("");
  assert.equal(whole.name, 'attachment; filename="clawd.zip"');
  assert.deepEqual(Object.keys(whole.files).slice(0, 3), ["clawd/", "clawd/a/", "clawd/a/b/"]);
  assert.equal(Object.keys(whole.files).length, 10);
});

test("more paths than an address has room for are sent", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const names = Array.from({ length: 500 }, (_, n) => `${"long".repeat(20)}-${n}`);
  await fill(client, Object.fromEntries(names.map((name) => [`it/${name}`, name])));
  const paths = names.map((name) => `${ROOT}/it/${name}`);
  const answer = await client.post("/zip", { paths });
  ok(answer);
  assert.equal(answer.headers["content-disposition"], 'attachment; filename="it.zip"');
  assert.deepEqual(tree(answer.bytes), Object.fromEntries(names.map((name) => [name, name])));
  for (const body of [{}, { paths: [] }, { paths: "x" }, { paths: [1] }])
    refused(await client.post("/zip", body), 400, "paths must be a list of at least one path");
  refused(await client.post("/zip", { paths: [ROOT, "/etc"] }), 400, "Path must be within workspace");
  refused(await client.post("/zip", { paths: ["x".repeat(2 ** 20)] }), 413);
  await released(server, userId);
});

test("what is not there, not named, not anybody's or another's is refused before anything is held", async () => {
  const userId = server.user();
  const client = server.client(userId);
  await fill(client, { "a/x": "1" });
  for (const paths of [["nowhere"], ["a", "nowhere"], ["a/x/y"]])
    refused(await zip(client, paths), 404, "Path not found");
  refused(await client.request("GET", "/zip"), 400, "Path required");
  refused(await client.request("GET", "/zip", { params: { path: "/etc" } }), 400, "Path must be within workspace");
  refused(await client.raw({ method: "GET", target: client.target("/zip", `&path=${ROOT}/a&path=%ff`) }), 400);
  refused(await client.raw({ method: "PUT", target: target(client, ["a"]) }), 405);
  refused(await zip(server.client(), ["a"]), 404, "Path not found");
  const forged = target(server.client(userId, { secret: "another" }), ["a"]);
  assert.equal((await fetch(`${server.url}${forged}`)).status, 401);
  await nothingHeld(server, userId);
});

test("no name leads out of the folder that a zip is unpacked into, and no two become one", async () => {
  const client = server.client();
  const names = [
    "a\\b",
    "a%5Cb",
    "..\\..\\evil",
    "...",
    "..a",
    "C:",
    'say "hi"; rm -rf',
    "\u202etxt.exe",
    "emoji 📦",
    "日本語",
    "e\u0301",
    "\u00e9",
    "-rf",
    "%",
    " space ",
    "x".repeat(255),
  ];
  await fill(client, Object.fromEntries(names.map((name) => [`it's/${name}`, name])));
  const answer = await zip(client, ["it's"]);
  ok(answer);
  const files = filesOf(unzipped(answer.bytes));
  assert.equal(Object.keys(files).length, names.length);
  for (const [name, bytes] of Object.entries(files)) {
    assert.ok(!name.includes("\\") && !name.split("/").includes("..") && name.startsWith("it's/"), name);
    const own = bytes.toString();
    assert.equal(name, `it's/${own === "a%5Cb" ? "a%255Cb" : own.replaceAll("\\", "%5C")}`);
  }
  withFile(answer.bytes, (file, to) => {
    for (const [program, unpack] of /** @type {const} */ ([
      ["python", () => python(file, join(to, "python"))],
      ["infoZip", () => infoZip(file, join(to, "infoZip"))],
    ])) {
      if (!HAS[program]) continue;
      unpack();
      const found = readdirSync(join(to, program), { recursive: true, withFileTypes: true });
      assert.equal(found.filter((entry) => entry.isFile()).length, names.length, program);
      assert.deepEqual(readdirSync(join(to, program)), ["it's"]);
    }
  });
  // At the top a drive's letter is none.
  const drive = await zip(client, ["it's/C:", "it's/a\\b"]);
  assert.deepEqual(Object.keys(tree(drive.bytes)), ["C_", "a%5Cb"]);
  const header = (await zip(client, ['it\'s/say "hi"; rm -rf'], "HEAD")).headers["content-disposition"];
  assert.match(
    String(header),
    /^attachment; filename="say _hi_; rm -rf\.zip"; filename\*=UTF-8''say%20%22hi%22%3B%20rm%20-rf\.zip$/,
  );
});

test("the trash is in no zip of the root, and comes by its own path", async () => {
  const client = server.client();
  await fill(client, { "a/x": "1", keep: "k" });
  const { trashPath } = ok(await client.remove(`${ROOT}/a`));
  assert.deepEqual(tree((await zip(client, [""])).bytes), { "clawd/": null, "clawd/keep": "k" });
  const name = trashPath.split("/").at(-1);
  assert.deepEqual(tree((await zip(client, [`.trash/${name}`])).bytes), { [`${name}/`]: null, [`${name}/x`]: "1" });
});
