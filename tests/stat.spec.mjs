// GET /api/files/stat: one entry of a listing, and what a listing would be too long for.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { ok, refused } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve();

/** A workspace with these files, each holding its own path; a path that ends in / is a directory. @param {string[]} paths */
async function workspace(paths, client = server.client()) {
  for (const path of paths)
    ok(path.endsWith("/") ? await client.mkdir(`${ROOT}/${path}`) : await client.write(`${ROOT}/${path}`, path));
  return client;
}

test("a stat is the entry of the listing, with an etag, a type and a revision", async () => {
  const client = await workspace(["dir/inner.txt", "dir/sub/"]);
  const [sub, inner] = ok(await client.list(`${ROOT}/dir`)).files;
  const { etag, mimeType, rev, ...entry } = ok(await client.stat(inner.path));
  assert.deepEqual(entry, inner);
  assert.match(etag, /^"[^"]+"$/);
  assert.match(mimeType, /^text\/plain\b/);
  assert.ok(Number.isSafeInteger(rev) && rev > 0);
  const directory = ok(await client.stat(sub.path));
  for (const [name, value] of Object.entries(sub)) assert.equal(directory[name], value, name);
  assert.ok(Number.isSafeInteger(directory.rev));
  assert.equal(ok(await client.stat(ROOT)).type, "directory");
});

test("a stat's revision rises with every write, and its etag is the content's", async () => {
  const client = server.client();
  const stat = async (/** @type {string} */ path) => ok(await client.stat(`${ROOT}/${path}`));
  ok(await client.write(`${ROOT}/a`, "same"));
  ok(await client.write(`${ROOT}/b`, "same"));
  const [a, b] = [await stat("a"), await stat("b")];
  assert.equal(a.etag, b.etag);
  assert.ok(b.rev > a.rev);
  ok(await client.write(`${ROOT}/a`, "other"));
  const other = await stat("a");
  assert.notEqual(other.etag, a.etag);
  assert.ok(other.rev > b.rev);
  ok(await client.write(`${ROOT}/a`, "same"));
  assert.equal((await stat("a")).etag, a.etag);
  ok(await client.move(`${ROOT}/a`, `${ROOT}/c`));
  assert.equal((await stat("c")).etag, a.etag);
});

test("a stat of what is not there is not found", async () => {
  const client = await workspace(["file.txt"]);
  for (const path of ["none", "none/deeper", "file.txt/deeper", "FILE.TXT"])
    refused(await client.stat(`${ROOT}/${path}`), 404, "Path not found");
  refused(await client.request("GET", "/stat"), 400);
});

test("a directory's modified changes when an entry comes or goes, and stays when nothing does", async () => {
  const client = await workspace(["d/a.txt", "e/"]);
  const modified = async () => ok(await client.stat(`${ROOT}/d`)).modified;
  const seen = [await modified()];
  assert.equal(await modified(), seen[0]);
  ok(await client.write(`${ROOT}/d/b.txt`, "comes"));
  seen.push(await modified());
  ok(await client.remove(`${ROOT}/d/b.txt`));
  seen.push(await modified());
  ok(await client.move(`${ROOT}/d/a.txt`, `${ROOT}/e/a.txt`));
  seen.push(await modified());
  ok(await client.copy(`${ROOT}/e/a.txt`, `${ROOT}/d/again.txt`));
  seen.push(await modified());
  assert.equal(new Set(seen).size, seen.length, String(seen));
});
