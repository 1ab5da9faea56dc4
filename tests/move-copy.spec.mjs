// POST /api/files/move and /copy: all of it or none, onto nothing, onto files, onto itself.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { names, ok, refused } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve();
const [A, B] = [`${ROOT}/a.txt`, `${ROOT}/b.txt`];

/** @typedef {import("./client.mjs").Client} Client */

/** Every path under the root with its content. @param {Client} client */
async function tree(client) {
  const { files } = ok(await client.list(ROOT, { recursive: true }));
  const entries = [];
  for (const { path, type } of files)
    entries.push([path.slice(ROOT.length), type === "file" ? ok(await client.read(path)).content : null]);
  return Object.fromEntries(entries);
}

/** A workspace with these files. @param {Record<string, string>} files */
async function workspace(files) {
  const client = server.client();
  for (const [path, content] of Object.entries(files)) ok(await client.write(`${ROOT}${path}`, content));
  return client;
}

for (const verb of /** @type {const} */ (["move", "copy"])) {
  test(`${verb}: a body without from and to is refused`, async () => {
    const client = server.client();
    for (const body of [{}, { from: A }, { to: A }])
      refused(await client.post(`/${verb}`, body), 400, "From and to paths required");
    for (const body of [[], null, 7, { from: A, to: 7 }, { from: {}, to: A }])
      refused(await client.post(`/${verb}`, body), 400);
    refused(await client.request("POST", `/${verb}`, { body: "{" }), 400, "Invalid JSON body");
  });

  test(`${verb}: a source that is not there is not found`, async () => {
    const client = await workspace({ "/file": "x" });
    for (const from of ["/none", "/none/deeper", "/file/under"])
      refused(await client[verb](`${ROOT}${from}`, B), 404, "Source path not found");
    assert.deepEqual(await tree(client), { "/file": "x" });
  });

  test(`${verb}: both paths are checked`, async () => {
    const client = await workspace({ "/a.txt": "x" });
    for (const bad of ["/etc/passwd", `${ROOT}/../x`, `${ROOT}/a\0b`]) {
      refused(await client[verb](bad, B), 400);
      refused(await client[verb](A, bad), 400);
    }
    assert.deepEqual(await tree(client), { "/a.txt": "x" });
  });

  test(`${verb}: the directories above the target are made`, async () => {
    const client = await workspace({ "/a.txt": "x" });
    assert.deepEqual(ok(await client[verb](A, `${ROOT}/new/deep/b.txt`)), {
      success: true,
      from: A,
      to: `${ROOT}/new/deep/b.txt`,
    });
    const made = { "/new": null, "/new/deep": null, "/new/deep/b.txt": "x" };
    assert.deepEqual(await tree(client), verb === "copy" ? { ...made, "/a.txt": "x" } : made);
  });

  test(`${verb}: onto a file is a conflict, unless it may be overwritten`, async () => {
    const client = await workspace({ "/a.txt": "from", "/b.txt": "to" });
    refused(await client[verb](A, B), 409);
    refused(await client[verb](A, B, { overwrite: false }), 409);
    assert.deepEqual(await tree(client), { "/a.txt": "from", "/b.txt": "to" });
    ok(await client[verb](A, B, { overwrite: true }));
    assert.deepEqual(
      await tree(client),
      verb === "copy" ? { "/a.txt": "from", "/b.txt": "from" } : { "/b.txt": "from" },
    );
  });

  test(`${verb}: onto a directory is a conflict, overwritten or not`, async () => {
    const before = { "/a.txt": "x", "/dir": null, "/dir/inner": "y", "/other": null, "/other/z": "z" };
    const client = await workspace({ "/a.txt": "x", "/dir/inner": "y", "/other/z": "z" });
    for (const more of [{}, { overwrite: true }]) {
      refused(await client[verb](A, `${ROOT}/dir`, more), 409);
      refused(await client[verb](`${ROOT}/other`, `${ROOT}/dir`, more), 409);
      refused(await client[verb](A, ROOT, more), 409);
    }
    assert.deepEqual(await tree(client), before);
  });

  test(`${verb}: under a file is a conflict`, async () => {
    const client = await workspace({ "/a.txt": "x", "/b.txt": "y" });
    refused(await client[verb](A, `${B}/under`), 409);
    refused(await client[verb](A, `${B}/under/deep`), 409);
    assert.deepEqual(await tree(client), { "/a.txt": "x", "/b.txt": "y" });
  });

  test(`${verb}: a directory does not go into itself`, async () => {
    const client = await workspace({ "/dir/sub/file": "x", "/directory/y": "y" });
    const before = await tree(client);
    for (const to of ["/dir/inside", "/dir/sub/inside", "/dir/sub/new/inside"])
      refused(await client[verb](`${ROOT}/dir`, `${ROOT}${to}`), 400);
    assert.deepEqual(await tree(client), before);
    ok(await client[verb](`${ROOT}/dir`, `${ROOT}/directory/dir`)); // a longer name is another directory
  });

  test(`${verb}: a file goes with its bytes and its tag, and its new name decides its type`, async () => {
    const client = server.client();
    const bytes = Buffer.from([0, 255, 128, 10, 13]);
    ok(await client.put(`${ROOT}/x.bin`, bytes));
    const before = ok(await client.stat(`${ROOT}/x.bin`));
    ok(await client[verb](`${ROOT}/x.bin`, `${ROOT}/y.png`));
    const after = ok(await client.stat(`${ROOT}/y.png`));
    assert.deepEqual([after.etag, after.size, after.mimeType], [before.etag, 5, "image/png"]);
    assert.ok(after.rev > before.rev);
    assert.deepEqual((await client.content(`${ROOT}/y.png`)).bytes, bytes);
  });

  test(`${verb}: a whole directory goes with everything in it`, async () => {
    const client = await workspace({ "/dir/a": "1", "/dir/sub/b": "2", "/dir/sub/deep/c": "3" });
    ok(await client.mkdir(`${ROOT}/dir/empty`));
    const inside = (/** @type {string} */ at) => ({
      [at]: null,
      [`${at}/empty`]: null,
      [`${at}/sub`]: null,
      [`${at}/sub/deep`]: null,
      [`${at}/sub/deep/c`]: "3",
      [`${at}/sub/b`]: "2",
      [`${at}/a`]: "1",
    });
    ok(await client[verb](`${ROOT}/dir`, `${ROOT}/to`));
    assert.deepEqual(await tree(client), verb === "copy" ? { ...inside("/dir"), ...inside("/to") } : inside("/to"));
  });

  test(`${verb}: nothing goes into the trash by hand`, async () => {
    const client = await workspace({ "/a.txt": "x" });
    for (const to of [`${ROOT}/.trash`, `${ROOT}/.trash/a.txt`, `${ROOT}/.trash/deep/a.txt`]) {
      for (const more of [{}, { overwrite: true }]) refused(await client[verb](A, to, more), 403);
    }
    assert.deepEqual(await tree(client), { "/a.txt": "x" });
    assert.deepEqual(ok(await client.trash()).files, []);
  });
}

test("a file moved onto itself survives, however it is spelt", async () => {
  const client = await workspace({ "/a.txt": "precious" });
  for (const to of [A, `${ROOT}//a.txt`, `${ROOT}/./a.txt`]) {
    for (const more of [{}, { overwrite: true }]) {
      const { status } = await client.move(A, to, more);
      assert.ok(status === 200 || status === 409, String(status));
      assert.deepEqual(await tree(client), { "/a.txt": "precious" });
    }
  }
  assert.deepEqual(ok(await client.trash()).files, []);
});

test("a directory moved or copied onto itself survives", async () => {
  const client = await workspace({ "/dir/sub/file": "x" });
  const before = await tree(client);
  for (const more of [{}, { overwrite: true }]) {
    const { status } = await client.move(`${ROOT}/dir`, `${ROOT}/dir`, more);
    assert.ok([200, 400, 409].includes(status), String(status));
    const copied = await client.copy(`${ROOT}/dir`, `${ROOT}/dir`, more);
    assert.ok([400, 409].includes(copied.status), String(copied.status));
    assert.deepEqual(await tree(client), before);
  }
});

test("a file copied onto itself is a conflict, or nothing at all when it may be overwritten", async () => {
  const client = await workspace({ "/a.txt": "precious" });
  refused(await client.copy(A, A), 409);
  ok(await client.copy(A, A, { overwrite: true }));
  assert.deepEqual(await tree(client), { "/a.txt": "precious" });
});

test("what has moved is no longer where it was", async () => {
  const client = await workspace({ "/dir/a": "1" });
  ok(await client.move(`${ROOT}/dir`, `${ROOT}/to`));
  refused(await client.list(`${ROOT}/dir`), 404, "Directory not found");
  refused(await client.read(`${ROOT}/dir/a`), 404, "File not found");
  refused(await client.move(`${ROOT}/dir`, `${ROOT}/again`), 404, "Source path not found");
  ok(await client.write(`${ROOT}/dir/a`, "new")); // the name is free
  assert.equal(ok(await client.read(`${ROOT}/to/a`)).content, "1");
});

test("a name may change only in case", async () => {
  const client = await workspace({ "/a.txt": "x", "/dir/y": "y" });
  ok(await client.move(A, `${ROOT}/A.TXT`));
  ok(await client.move(`${ROOT}/dir`, `${ROOT}/DIR`));
  assert.deepEqual(await tree(client), { "/DIR": null, "/DIR/y": "y", "/A.TXT": "x" });
});

test("a copy and its source go their own ways", async () => {
  const client = await workspace({ "/dir/a": "1", "/dir/b": "2" });
  ok(await client.copy(`${ROOT}/dir`, `${ROOT}/copy`));
  ok(await client.write(`${ROOT}/dir/a`, "changed"));
  ok(await client.remove(`${ROOT}/dir/b`, { permanent: true }));
  assert.deepEqual(await tree(client), {
    "/copy": null,
    "/copy/a": "1",
    "/copy/b": "2",
    "/dir": null,
    "/dir/a": "changed",
  });
  ok(await client.remove(`${ROOT}/copy`, { permanent: true }));
  assert.deepEqual(await tree(client), { "/dir": null, "/dir/a": "changed" });
});

test("a directory may be copied beside its own file of the same bytes, and into a sibling's subdirectory", async () => {
  const client = await workspace({ "/a/x": "same", "/b/y": "same" });
  ok(await client.copy(`${ROOT}/a`, `${ROOT}/b/sub/a`));
  ok(await client.copy(`${ROOT}/b/y`, `${ROOT}/a/y`));
  const expected = {
    "/a": null,
    "/a/x": "same",
    "/a/y": "same",
    "/b": null,
    "/b/sub": null,
    "/b/sub/a": null,
    "/b/sub/a/x": "same",
    "/b/y": "same",
  };
  assert.deepEqual(await tree(client), expected);
});

test("protected paths stay where they are, and may be copied", async () => {
  const client = await workspace({
    "/SOUL.md": "soul",
    "/AGENTS.md": "agents",
    "/notes/SOUL.md": "mine",
    "/soul.md": "small",
  });
  for (const from of [ROOT, `${ROOT}/`, `${ROOT}/SOUL.md`, `${ROOT}//AGENTS.md`])
    refused(await client.move(from, `${ROOT}/away`), 403);
  ok(await client.copy(`${ROOT}/SOUL.md`, `${ROOT}/notes/copy.md`));
  ok(await client.move(`${ROOT}/notes/SOUL.md`, `${ROOT}/notes/moved.md`)); // only the root's own are protected
  ok(await client.move(`${ROOT}/soul.md`, `${ROOT}/notes/small.md`)); // and only as they are spelt
  assert.deepEqual(names(ok(await client.list())), ["notes", "AGENTS.md", "SOUL.md"]);
  assert.deepEqual(names(ok(await client.list(`${ROOT}/notes`))), ["copy.md", "moved.md", "small.md"]);
});

test("the trash gives by copy, and by move to no one", async () => {
  const client = await workspace({ "/a.txt": "x", "/dir/inner": "y" });
  const file = ok(await client.remove(A)).trashPath;
  const dir = ok(await client.remove(`${ROOT}/dir`)).trashPath;
  for (const from of [file, dir, `${dir}/inner`, `${ROOT}/.trash`])
    refused(await client.move(from, `${ROOT}/out`), 403);
  ok(await client.copy(file, `${ROOT}/copied.txt`));
  ok(await client.copy(dir, `${ROOT}/copied`));
  assert.deepEqual(await tree(client), { "/copied": null, "/copied/inner": "y", "/copied.txt": "x" });
  assert.equal(ok(await client.trash()).files.length, 2);
});

test("nothing goes where a directory in it would lie deeper than paths can, by move, copy or restore", async () => {
  const deep = (/** @type {string} */ name, /** @type {number} */ depth) =>
    `${ROOT}/${Array.from({ length: depth }, () => name).join("/")}`;
  const client = server.client();
  ok(await client.write(`${deep("d", 40)}/file.txt`, "at the bottom"));
  const before = await tree(client);
  for (const to of [deep("e", 26), deep("e", 64)]) {
    refused(await client.move(deep("d", 1), to), 400, "Path too long");
    refused(await client.copy(deep("d", 1), to), 400, "Path too long");
  }
  refused(await client.move(deep("d", 2), `${ROOT}/x/${deep("e", 27).slice(ROOT.length + 1)}`), 400, "Path too long");
  assert.deepEqual(await tree(client), before);

  const { trashPath } = ok(await client.remove(deep("d", 1)));
  refused(await client.restore(trashPath, deep("e", 26)), 400, "Path too long");
  assert.deepEqual(await tree(client), {});
  // One level less: the file at the bottom can still be named.
  ok(await client.restore(trashPath, deep("e", 24)));
  const bottom = `${deep("e", 24)}/${deep("d", 39).slice(ROOT.length + 1)}/file.txt`;
  assert.equal(ok(await client.read(bottom)).content, "at the bottom");
  // The deepest that goes: its file lies below what can be named, is listed all the same, and comes up again.
  ok(await client.move(`${ROOT}/e`, `${ROOT}/x/e`));
  assert.ok(names(ok(await client.list(ROOT, { recursive: true }))).includes("file.txt"));
  ok(await client.move(`${ROOT}/x/e`, `${ROOT}/e`));
  assert.equal(ok(await client.read(bottom)).content, "at the bottom");
});
