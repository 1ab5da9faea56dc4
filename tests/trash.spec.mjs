// DELETE /api/files, and the trash: list, restore, empty. (Expiry and restarts are in alarms.spec.mjs.)

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { inParallel, keys, names, ok, refused, TIME } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve();
const FILE = `${ROOT}/file.txt`;
const WEEK_MS = 7 * 24 * 60 * 60 * 1000;

/** A workspace with these files, each holding its own path. @param {string[]} paths */
async function workspace(...paths) {
  const client = server.client();
  for (const path of paths) ok(await client.write(`${ROOT}/${path}`, path));
  return client;
}

/** @param {import("./client.mjs").Client} client */
const trashed = async (client) => ok(await client.trash()).files;

test("a deletion says where it put the file and until when", async () => {
  const client = await workspace("file.txt");
  const said = ok(await client.remove(FILE));
  assert.deepEqual(keys(said), ["expiresAt", "path", "success", "trashPath", "trashedAt"]);
  assert.deepEqual([said.success, said.path], [true, FILE]);
  assert.match(said.trashPath, /^\/root\/clawd\/\.trash\/file\.txt\.\d{13}$/);
  for (const time of [said.trashedAt, said.expiresAt]) assert.match(time, TIME);
  assert.equal(Date.parse(said.expiresAt) - Date.parse(said.trashedAt), WEEK_MS);
  assert.equal(said.trashPath.split(".").at(-1), String(Date.parse(said.trashedAt)));
  assert.deepEqual(names(ok(await client.list())), []);
  refused(await client.read(FILE), 404, "File not found");
  const { trashPath, trashedAt, expiresAt } = said;
  assert.deepEqual(await trashed(client), [
    { originalPath: FILE, trashPath, trashedAt, expiresAt, size: 8, type: "file" },
  ]);
});

test("a trashed directory is one item, and everything in it can still be read", async () => {
  const client = await workspace("dir/a", "dir/sub/b");
  const { trashPath } = ok(await client.remove(`${ROOT}/dir`));
  const [item, ...others] = await trashed(client);
  assert.deepEqual([item.originalPath, item.type, item.size, others.length], [`${ROOT}/dir`, "directory", 0, 0]);
  assert.deepEqual(names(ok(await client.list(trashPath))), ["sub", "a"]);
  assert.equal(ok(await client.read(`${trashPath}/sub/b`)).content, "dir/sub/b");
  assert.equal(ok(await client.stat(`${trashPath}/a`)).size, 5);
  assert.equal((await client.download(`${trashPath}/a`)).bytes.toString(), "dir/a");
  refused(await client.list(`${ROOT}/dir`), 404, "Directory not found");
});

test("nothing can be written into the trash", async () => {
  const client = await workspace("file.txt", "dir/a");
  const file = ok(await client.remove(FILE)).trashPath;
  const dir = ok(await client.remove(`${ROOT}/dir`)).trashPath;
  for (const path of [
    `${ROOT}/.trash`,
    `${ROOT}/.trash/new`,
    `${ROOT}/.trash/new/deep`,
    file,
    `${dir}/a`,
    `${dir}/new`,
  ]) {
    refused(await client.write(path, "x"), 403);
    refused(await client.put(path, "x"), 403);
    refused(await client.mkdir(path), 403);
  }
  assert.equal(ok(await client.read(file)).content, "file.txt");
  assert.deepEqual(names(ok(await client.list(dir))), ["a"]);
});

test("a file and a directory are restored whole, where they were", async () => {
  const client = await workspace("file.txt", "dir/a", "dir/sub/b");
  const before = ok(await client.list(ROOT, { recursive: true }));
  const paths = [];
  for (const path of [FILE, `${ROOT}/dir`]) paths.push(ok(await client.remove(path)).trashPath);
  assert.deepEqual(ok(await client.restore(paths[0] ?? "")), { success: true, path: FILE });
  assert.deepEqual(ok(await client.restore(paths[1] ?? "")), { success: true, path: `${ROOT}/dir` });
  const after = ok(await client.list(ROOT, { recursive: true }));
  const shape = (/** @type {any} */ { files }) =>
    files.map((/** @type {any} */ { path, type, size }) => [path, type, size]);
  assert.deepEqual(shape(after), shape(before));
  assert.equal(ok(await client.read(`${ROOT}/dir/sub/b`)).content, "dir/sub/b");
  assert.deepEqual(await trashed(client), []);
});

test("a restored file may be trashed and restored again", async () => {
  const client = await workspace("file.txt");
  for (let n = 0; n < 3; n += 1) ok(await client.restore(ok(await client.remove(FILE)).trashPath));
  assert.equal(ok(await client.read(FILE)).content, "file.txt");
});

test("missing parents are made, at the old place and at another", async () => {
  const client = await workspace("a/b/file.txt");
  const first = ok(await client.remove(`${ROOT}/a/b/file.txt`)).trashPath;
  ok(await client.remove(`${ROOT}/a`, { permanent: true }));
  assert.equal(ok(await client.restore(first)).path, `${ROOT}/a/b/file.txt`);
  const second = ok(await client.remove(`${ROOT}/a/b/file.txt`)).trashPath;
  assert.deepEqual(ok(await client.restore(second, `${ROOT}/x/y/z.txt`)), { success: true, path: `${ROOT}/x/y/z.txt` });
  assert.equal(ok(await client.read(`${ROOT}/x/y/z.txt`)).content, "a/b/file.txt");
  assert.deepEqual(names(ok(await client.list(`${ROOT}/a/b`))), []);
});

test("a restore where something is, or under a file, is a conflict and loses nothing", async () => {
  const client = await workspace("file.txt", "dir/a");
  const { trashPath } = ok(await client.remove(FILE));
  ok(await client.write(FILE, "new"));
  for (const to of [undefined, FILE, `${ROOT}/dir`, ROOT, `${FILE}/under`])
    refused(await client.restore(trashPath, to), 409);
  assert.equal(ok(await client.read(FILE)).content, "new");
  assert.equal(ok(await client.read(trashPath)).content, "file.txt");
  assert.equal(ok(await client.restore(trashPath, `${ROOT}/old.txt`)).path, `${ROOT}/old.txt`);
});

test("a restore into the trash, or out of the workspace, is refused", async () => {
  const client = await workspace("file.txt");
  const { trashPath } = ok(await client.remove(FILE));
  refused(await client.restore(trashPath, `${ROOT}/.trash/x`), 403);
  refused(await client.restore(trashPath, "/etc/x"), 400, "Path must be within workspace");
  refused(await client.restore(trashPath, `${ROOT}/../x`), 400, "Path traversal not allowed");
  assert.equal((await trashed(client)).length, 1);
});

test("a restore to what is no text restores nothing, and to nothing where it was", async () => {
  const client = await workspace("file.txt");
  const { trashPath } = ok(await client.remove(FILE));
  for (const to of [7, true, {}, [], [`${ROOT}/a`], { path: `${ROOT}/a` }])
    refused(await client.post("/restore", { trashPath, to }), 400, "to must be a text");
  refused(await client.post("/restore", { trashPath, to: "" }), 400);
  assert.deepEqual(names(ok(await client.list())), []);
  assert.equal(ok(await client.post("/restore", { trashPath, to: null })).path, FILE);
});

test("what is not in the trash cannot be restored", async () => {
  const client = await workspace("file.txt", "gone.txt");
  const { trashPath } = ok(await client.remove(`${ROOT}/gone.txt`));
  ok(await client.restore(trashPath));
  refused(await client.restore(trashPath), 404);
  refused(await client.restore(`${ROOT}/.trash/none.1234567890123`), 404);
  for (const body of [{}, { trashPath: 7 }, [], null]) refused(await client.post("/restore", body), 400);
  refused(await client.request("POST", "/restore", { body: "{" }), 400, "Invalid JSON body");
  const { status } = await client.restore(FILE);
  assert.ok(status >= 400 && status < 500, String(status));
  assert.equal(ok(await client.read(FILE)).content, "file.txt");
});

test("two deletions of one name are two items, each restored with its own content", async () => {
  const client = server.client();
  const paths = [];
  for (const content of ["one", "two", "three"]) {
    ok(await client.write(FILE, content));
    paths.push(ok(await client.remove(FILE)).trashPath);
  }
  assert.equal(new Set(paths).size, 3);
  for (const [n, content] of ["one", "two", "three"].entries()) {
    ok(await client.restore(paths[n] ?? "", `${ROOT}/${content}`));
    assert.equal(ok(await client.read(`${ROOT}/${content}`)).content, content);
  }
});

test("deletions of one name at one moment lose nothing", async () => {
  const client = server.client();
  const dirs = Array.from({ length: 40 }, (_, n) => `${ROOT}/d${n}`);
  await inParallel(dirs, async (dir) => ok(await client.write(`${dir}/same.txt`, dir)));
  const paths = await inParallel(dirs, async (dir) => ok(await client.remove(`${dir}/same.txt`)).trashPath, 40);
  assert.equal(new Set(paths).size, 40);
  for (const path of paths) assert.match(path, /^\/root\/clawd\/\.trash\/same\.txt\.\d{13}(-\d+)?$/);
  assert.equal((await trashed(client)).length, 40);
  await inParallel(paths, async (path) => ok(await client.restore(path)));
  for (const dir of dirs) assert.equal(ok(await client.read(`${dir}/same.txt`)).content, dir);
});

test("permanent means gone: not in the trash, not to be restored", async () => {
  const client = await workspace("file.txt", "dir/a", "kept.txt");
  for (const path of [FILE, `${ROOT}/dir`]) {
    assert.deepEqual(ok(await client.remove(path, { permanent: true })), { success: true, path, permanent: true });
    refused(await client.stat(path), 404, "Path not found");
  }
  refused(await client.read(`${ROOT}/dir/a`), 404, "File not found");
  assert.deepEqual(await trashed(client), []);
  assert.deepEqual(names(ok(await client.list())), ["kept.txt"]);
});

test("permanent=false is the trash", async () => {
  const client = await workspace("file.txt");
  assert.ok(ok(await client.remove(FILE, { permanent: false })).trashPath);
  assert.equal((await trashed(client)).length, 1);
});

test("a deletion inside the trash is permanent", async () => {
  const client = await workspace("file.txt", "dir/a", "dir/b");
  const file = ok(await client.remove(FILE)).trashPath;
  const dir = ok(await client.remove(`${ROOT}/dir`)).trashPath;
  assert.deepEqual(ok(await client.remove(file)), { success: true, path: file, permanent: true });
  assert.deepEqual(ok(await client.remove(`${dir}/a`)), { success: true, path: `${dir}/a`, permanent: true });
  assert.deepEqual(
    (await trashed(client)).map((/** @type {any} */ { trashPath }) => trashPath),
    [dir],
  );
  refused(await client.restore(file), 404);
  ok(await client.restore(dir));
  assert.deepEqual(names(ok(await client.list(`${ROOT}/dir`))), ["b"]);
});

test("what is not there cannot be deleted, nor twice", async () => {
  const client = await workspace("file.txt");
  for (const path of [`${ROOT}/none`, `${ROOT}/none/deep`, `${FILE}/under`, `${ROOT}/.trash/none.1`]) {
    for (const permanent of [false, true]) refused(await client.remove(path, { permanent }), 404, "Path not found");
  }
  ok(await client.remove(FILE));
  refused(await client.remove(FILE), 404, "Path not found");
});

test("a deletion without a path deletes nothing", async () => {
  const client = await workspace("file.txt");
  for (const params of [{}, { permanent: true }, { path: "" }, { path: "", permanent: true }])
    refused(await client.request("DELETE", "", { params }), 400);
  assert.deepEqual(names(ok(await client.list())), ["file.txt"]);
});

test("the root, its SOUL.md, its AGENTS.md and the trash itself cannot be deleted", async () => {
  const client = await workspace("SOUL.md", "AGENTS.md", "notes/SOUL.md", "soul.md", "SOUL.md.bak");
  for (const path of [
    ROOT,
    `${ROOT}/`,
    "//root/./clawd//",
    `${ROOT}/SOUL.md`,
    `${ROOT}/./SOUL.md`,
    `${ROOT}/AGENTS.md/`,
  ]) {
    for (const permanent of [false, true])
      refused(await client.remove(path, { permanent }), 403, "Cannot delete protected path");
  }
  for (const permanent of [false, true]) refused(await client.remove(`${ROOT}/.trash`, { permanent }), 403);
  for (const path of ["notes/SOUL.md", "soul.md", "SOUL.md.bak"]) ok(await client.remove(`${ROOT}/${path}`));
  assert.deepEqual(names(ok(await client.list())), ["notes", "AGENTS.md", "SOUL.md"]);
});

test("emptying the trash counts its items and the bytes of all files in them", async () => {
  const client = await workspace("file.txt", "dir/a", "dir/sub/b", "kept.txt");
  for (const path of [FILE, `${ROOT}/dir`]) ok(await client.remove(path));
  const paths = (await trashed(client)).map((/** @type {any} */ { trashPath }) => trashPath);
  const bytes = "file.txt".length + "dir/a".length + "dir/sub/b".length;
  assert.deepEqual(ok(await client.emptyTrash()), { success: true, count: 2, bytes });
  assert.deepEqual(await trashed(client), []);
  for (const path of paths) refused(await client.restore(path), 404);
  assert.deepEqual(ok(await client.emptyTrash()), { success: true, count: 0, bytes: 0 });
  assert.deepEqual(names(ok(await client.list())), ["kept.txt"]);
});

test("the trash is emptied by a request without a body too", async () => {
  const client = await workspace("file.txt");
  ok(await client.remove(FILE));
  assert.equal(ok(await client.request("POST", "/trash/empty")).count, 1);
});
