// GET /api/files/list: shapes, order, pages.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { inParallel, keys, names, ok, pages, refused, TIME } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve();

/** A workspace with these files, each holding its own path; a path that ends in / is a directory. @param {string[]} paths */
async function workspace(paths, client = server.client()) {
  for (const path of paths)
    ok(path.endsWith("/") ? await client.mkdir(`${ROOT}/${path}`) : await client.write(`${ROOT}/${path}`, path));
  return client;
}

/** A listing's paths under the root. @param {{ files: { path: string }[] }} listing */
const under = (listing) => listing.files.map(({ path }) => path.slice(ROOT.length + 1));

test("an empty workspace has a root, which lists nothing", async () => {
  assert.deepEqual(ok(await server.client().list(ROOT)), { path: ROOT, parent: null, files: [] });
});

test("a listing without a path is the root's", async () => {
  const client = await workspace(["a.txt"]);
  assert.deepEqual(ok(await client.list()), ok(await client.list(ROOT)));
});

test("an entry says its name, path, type, size, time and extension, and nothing else", async () => {
  const client = await workspace(["dir/", "note.md"]);
  const listing = ok(await client.list());
  assert.deepEqual(keys(listing), ["files", "parent", "path"]);
  const [dir, note] = listing.files;
  assert.deepEqual(keys(note), ["extension", "modified", "name", "path", "size", "type"]);
  assert.deepEqual(
    { ...note, modified: 0 },
    { name: "note.md", path: `${ROOT}/note.md`, type: "file", size: 7, modified: 0, extension: "md" },
  );
  assert.match(note.modified, TIME);
  assert.deepEqual(keys(dir), ["modified", "name", "path", "size", "type"]);
  assert.deepEqual(
    { ...dir, modified: 0 },
    { name: "dir", path: `${ROOT}/dir`, type: "directory", size: 0, modified: 0 },
  );
  assert.match(dir.modified, TIME);
});

test("the extension is the text after the last dot of a file's name, as it is written", async () => {
  const extensions = {
    "a.tar.gz": "gz",
    README: undefined,
    ".env": "env",
    "B.TXT": "TXT",
    "notes..md": "md",
    "x.é": "é",
  };
  const client = await workspace([...Object.keys(extensions), "folder.d/"]);
  const { files } = ok(await client.list());
  const seen = Object.fromEntries(files.map((/** @type {any} */ { name, extension }) => [name, extension]));
  assert.deepEqual(seen, { ...extensions, "folder.d": undefined });
});

test("directories come first, then names without regard to case, in any alphabet", async () => {
  const client = await workspace([
    "b",
    "Äpfel",
    "a",
    "C",
    "ärger",
    "Zeta",
    "zebra",
    "beta/",
    "Alpha/",
    "gamma/",
    "10",
    "9",
    "Ω",
    "ωμέγα",
  ]);
  assert.deepEqual(names(ok(await client.list())), [
    "Alpha",
    "beta",
    "gamma",
    "10",
    "9",
    "a",
    "b",
    "C",
    "zebra",
    "Zeta",
    "Äpfel",
    "ärger",
    "Ω",
    "ωμέγα",
  ]);
});

test("equal trees list equally, whatever order they were made in", async () => {
  const paths = [
    "a",
    "A",
    "aa",
    "Aa",
    "aA",
    "b/",
    "B/",
    "é",
    "E\u0301",
    "e\u0301",
    "É",
    "ß",
    "SS",
    "ss",
    "i",
    "I",
    "İ",
    "ı",
  ];
  const forth = await workspace(paths);
  const back = await workspace(paths.toReversed());
  const listing = names(ok(await forth.list()));
  assert.equal(new Set(listing).size, paths.length);
  assert.deepEqual(names(ok(await back.list())), listing);
  assert.deepEqual(names(ok(await forth.list())), listing);
  const folded = listing.slice(0, 7).map((name) => name.toLowerCase());
  assert.deepEqual(folded, ["b", "b", "a", "a", "aa", "aa", "aa"]);
});

test("the parent is named, and paths are given without the slashes and dots that mean nothing", async () => {
  const client = await workspace(["a/b/c.txt"]);
  for (const spelling of [
    `${ROOT}/a/b`,
    `${ROOT}/a/b/`,
    `//root///clawd/a/./b`,
    `${ROOT}/./a/b/.`,
    `/root/./clawd/a//b//`,
  ]) {
    const listing = ok(await client.list(spelling));
    assert.deepEqual([listing.path, listing.parent], [`${ROOT}/a/b`, `${ROOT}/a`], spelling);
    assert.deepEqual(under(listing), ["a/b/c.txt"]);
  }
  assert.equal(ok(await client.list(`${ROOT}/a`)).parent, ROOT);
  assert.equal(ok(await client.list(`${ROOT}/`)).parent, null);
});

test("what is not there is not found, and a file is not a directory", async () => {
  const client = await workspace(["file.txt"]);
  refused(await client.list(`${ROOT}/none`), 404, "Directory not found");
  refused(await client.list(`${ROOT}/none/deeper`), 404, "Directory not found");
  refused(await client.list(`${ROOT}/file.txt/deeper`), 404, "Directory not found");
  refused(await client.list(`${ROOT}/file.txt`), 400, "Not a directory");
});

test("a recursive listing gives each directory and then what is in it", async () => {
  const client = await workspace(["b/y.txt", "b/x/deep.txt", "b/x/Also.txt", "a/one.txt", "top.txt", "b/z/"]);
  const listing = ok(await client.list(ROOT, { recursive: true }));
  assert.deepEqual(under(listing), [
    "a",
    "a/one.txt",
    "b",
    "b/x",
    "b/x/Also.txt",
    "b/x/deep.txt",
    "b/z",
    "b/y.txt",
    "top.txt",
  ]);
  assert.deepEqual(under(ok(await client.list(`${ROOT}/b`, { recursive: true }))), [
    "b/x",
    "b/x/Also.txt",
    "b/x/deep.txt",
    "b/z",
    "b/y.txt",
  ]);
  assert.deepEqual(under(ok(await client.list(ROOT, { recursive: false }))), ["a", "b", "top.txt"]);
});

test("a depth limits the levels of a recursive listing", async () => {
  const client = await workspace(["a/b/c/d.txt", "a/x.txt"]);
  const to = async (/** @type {number} */ depth) => under(ok(await client.list(ROOT, { recursive: true, depth })));
  assert.deepEqual(await to(1), ["a"]);
  assert.deepEqual(await to(2), ["a", "a/b", "a/x.txt"]);
  assert.deepEqual(await to(3), ["a", "a/b", "a/b/c", "a/x.txt"]);
  assert.deepEqual(await to(9), ["a", "a/b", "a/b/c", "a/b/c/d.txt", "a/x.txt"]);
});

test("a limit cuts a listing into pages, and only a cut page has a cursor", async () => {
  const client = await workspace(["d1/", "d2/", ..."klmnopqrstuvwxyz", ..."ABCDEFG"]);
  const whole = ok(await client.list());
  assert.equal(whole.files.length, 25);
  assert.equal("cursor" in whole, false);
  for (const [limit, sizes] of /** @type {[number, number[]][]} */ ([
    [10, [10, 10, 5]],
    [5, [5, 5, 5, 5, 5]],
    [24, [24, 1]],
    [25, [25]],
    [10_000, [25]],
  ])) {
    const all = await pages(client, ROOT, { limit });
    assert.deepEqual(
      all.map(({ files }) => files.length),
      sizes,
    );
    assert.deepEqual(
      all.flatMap(({ files }) => files),
      whole.files,
    );
    for (const page of all) assert.deepEqual([page.path, page.parent], [ROOT, null]);
  }
  assert.deepEqual(
    (await pages(client, ROOT, { limit: 1 })).flatMap(({ files }) => files),
    whole.files,
  );
});

test("a recursive listing is cut into pages that are the same together", async () => {
  const client = await workspace(["a/b/c/1", "a/b/c/2", "a/b/3", "a/4", "B/5", "B/6", "c/", "7", "A/b/8"]);
  const whole = ok(await client.list(ROOT, { recursive: true })).files;
  for (let limit = 1; limit <= whole.length; limit += 1) {
    const all = await pages(client, ROOT, { recursive: true, limit });
    assert.deepEqual(
      all.flatMap(({ files }) => files),
      whole,
      `limit ${limit}`,
    );
    assert.equal(all.length, Math.ceil(whole.length / limit), `limit ${limit}`);
  }
  const shallow = ok(await client.list(ROOT, { recursive: true, depth: 2 })).files;
  assert.deepEqual(
    (await pages(client, ROOT, { recursive: true, depth: 2, limit: 2 })).flatMap(({ files }) => files),
    shallow,
  );
});

test("entries that stay are listed once each, whatever comes and goes between two pages", async () => {
  const client = await workspace([..."bdfhjlnprtvx"].map((letter) => `${letter}.txt`));
  const first = ok(await client.list(ROOT, { limit: 5 }));
  assert.deepEqual(names(first), ["b.txt", "d.txt", "f.txt", "h.txt", "j.txt"]);
  ok(await client.remove(`${ROOT}/j.txt`)); // the very entry that the cursor stands on
  ok(await client.remove(`${ROOT}/b.txt`));
  ok(await client.write(`${ROOT}/a.txt`, "before the cursor"));
  ok(await client.write(`${ROOT}/m.txt`, "after the cursor"));
  const rest = ok(await client.list(ROOT, { limit: 100, cursor: first.cursor }));
  assert.deepEqual(names(rest), ["l.txt", "m.txt", "n.txt", "p.txt", "r.txt", "t.txt", "v.txt", "x.txt"]);
});

for (const limit of ["0", "-1", "10001", "1.5", "ten", "", "1e3", "99999999999999999999"]) {
  test(`the limit ${JSON.stringify(limit)} is refused`, async () => {
    refused(await server.client().list(ROOT, { limit }), 400);
  });
}

for (const cursor of ["x", "!", "%00", "W10", "eyJhIjoxfQ", "A".repeat(5000)]) {
  test(`the cursor ${JSON.stringify(cursor).slice(0, 20)}, which no listing gave, is refused`, async () => {
    refused(await server.client().list(ROOT, { cursor }), 400);
  });
}

test("parameters that a listing doesn't know are ignored", async () => {
  const client = await workspace(["a.txt"]);
  assert.deepEqual(ok(await client.list(ROOT, { _: Date.now(), colour: "blue" })), ok(await client.list()));
});

test("dotfiles are listed, but never the trash, unless it is asked for", async () => {
  const client = await workspace([".hidden", ".config/x", "gone.txt"]);
  const { trashPath } = ok(await client.remove(`${ROOT}/gone.txt`));
  assert.deepEqual(names(ok(await client.list())), [".config", ".hidden"]);
  assert.deepEqual(under(ok(await client.list(ROOT, { recursive: true }))), [".config", ".config/x", ".hidden"]);
  const trash = ok(await client.list(`${ROOT}/.trash`));
  assert.deepEqual([trash.path, trash.parent], [`${ROOT}/.trash`, ROOT]);
  assert.deepEqual(
    trash.files.map((/** @type {any} */ file) => [file.path, file.name, file.type]),
    [[trashPath, trashPath.split("/").at(-1), "file"]],
  );
});

test("an entry is listed, everywhere, the moment its write is answered", async () => {
  const client = server.client();
  await inParallel(
    Array.from({ length: 20 }, (_, n) => `${ROOT}/p${n % 4}/f${n}.txt`),
    async (path) => {
      const written = ok(await client.write(path, path));
      const { files } = ok(await client.list(path.slice(0, path.lastIndexOf("/"))));
      assert.equal(files.find((/** @type {any} */ file) => file.path === path)?.modified, written.modified);
    },
  );
});
