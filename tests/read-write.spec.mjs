// GET /api/files/read and POST /api/files/write: text and base64, byte for byte.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { keys, names, ok, refused, TIME } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve();
const FILE = `${ROOT}/file.txt`;

test("what is written is read, listed and statted with one size and one time", async () => {
  const client = server.client();
  const written = ok(await client.write(FILE, "hello\n"));
  assert.deepEqual(written, { success: true, path: FILE, size: 6, modified: written.modified });
  assert.match(written.modified, TIME);
  const { modified } = written;
  assert.deepEqual(ok(await client.read(FILE)), {
    path: FILE,
    content: "hello\n",
    size: 6,
    modified,
    encoding: "utf-8",
  });
  assert.deepEqual(ok(await client.read(FILE, "utf-8")), ok(await client.read(FILE)));
  assert.deepEqual(ok(await client.read(FILE, "base64")), {
    path: FILE,
    content: "aGVsbG8K",
    size: 6,
    modified,
    encoding: "base64",
  });
  assert.equal(ok(await client.stat(FILE)).modified, modified);
  assert.equal(ok(await client.list()).files[0].modified, modified);
});

for (const [what, content] of Object.entries({
  nothing: "",
  "a space": " ",
  "no final newline": "line",
  "Windows line ends": "a\r\nb\r\n\r",
  "a byte order mark": "\uFEFFtext\uFEFF",
  "NUL and control characters": "\0\u0001\u001F\u007F\u0085",
  "line separators": "\u2028\u2029",
  "all of Unicode's lengths": "aéह😀𝄞\u{10FFFF}",
  "both forms of an accent": "é e\u0301",
  "what looks like an escape": "\\u0000 %00 &amp; $x `y`",
  "the replacement character itself": "\uFFFD",
})) {
  test(`text of ${what} is kept byte for byte`, async () => {
    const client = server.client();
    const size = Buffer.byteLength(content);
    assert.equal(ok(await client.write(FILE, content)).size, size);
    assert.deepEqual(ok(await client.read(FILE)), { ...ok(await client.read(FILE)), content, size });
    assert.deepEqual((await client.content(FILE)).bytes, Buffer.from(content));
    assert.equal(ok(await client.read(FILE, "base64")).content, Buffer.from(content).toString("base64"));
    assert.equal(ok(await client.stat(FILE)).size, size);
  });
}

test("base64 carries any bytes, in one line", async () => {
  const client = server.client();
  for (const size of [0, 1, 2, 3, 256, 100_003]) {
    const bytes = Buffer.from(Array.from({ length: size }, (_, n) => (n * 167) % 256));
    const content = bytes.toString("base64");
    assert.equal(ok(await client.write(FILE, content, { encoding: "base64" })).size, size);
    const read = ok(await client.read(FILE, "base64"));
    assert.equal(read.content, content);
    assert.equal(read.size, size);
    assert.deepEqual((await client.content(FILE)).bytes, bytes);
  }
});

for (const [what, bytes] of Object.entries({
  "a lone continuation byte": [0x80],
  "a cut sequence": [0x61, 0xc3],
  "an overlong form": [0xc0, 0xaf],
  "a surrogate": [0xed, 0xa0, 0x80],
  "a point beyond Unicode": [0xf4, 0x90, 0x80, 0x80],
  "Latin-1": [0x63, 0x61, 0x66, 0xe9],
})) {
  test(`a file that holds ${what} is not text, and is told how to be read`, async () => {
    const client = server.client();
    ok(await client.put(FILE, Buffer.from(bytes)));
    for (const encoding of [undefined, "utf-8"]) {
      const { hint } = refused(await client.read(FILE, encoding), 415);
      assert.match(hint, /base64|download/);
    }
    assert.equal(ok(await client.read(FILE, "base64")).content, Buffer.from(bytes).toString("base64"));
  });
}

test("a file that is not there cannot be read, nor can a directory", async () => {
  const client = server.client();
  ok(await client.write(`${ROOT}/dir/file`, "x"));
  for (const path of [
    `${ROOT}/none`,
    `${ROOT}/dir`,
    `${ROOT}/dir/`,
    `${ROOT}/dir/file/under`,
    `${ROOT}/none/under`,
    ROOT,
  ]) {
    refused(await client.read(path), 404, "File not found");
    refused(await client.read(path, "base64"), 404, "File not found");
  }
});

test("a read names a path and an encoding that exists", async () => {
  const client = server.client();
  ok(await client.write(FILE, "x"));
  refused(await client.request("GET", "/read"), 400, "Path required");
  for (const encoding of ["latin1", "hex", "BASE64!", "utf-16"]) refused(await client.read(FILE, encoding), 400);
});

for (const body of [
  "",
  "{",
  "path=x",
  "{'path':1}",
  '{"path":"/root/clawd/a","content":"x"',
  '{"path":"/root/clawd/a","content":"\\ud800"}',
  "\uFFFD",
]) {
  test(`the body ${JSON.stringify(body)} is not JSON for a write`, async () => {
    const client = server.client();
    refused(
      await client.request("POST", "/write", { headers: { "content-type": "application/json" }, body }),
      400,
      "Invalid JSON body",
    );
    assert.deepEqual(names(ok(await client.list())), []);
  });
}

test("JSON bodies that are not UTF-8 are no JSON", async () => {
  const body = Buffer.concat([Buffer.from(`{"path":"${FILE}","content":"`), Buffer.from([0xff]), Buffer.from('"}')]);
  refused(await server.client().request("POST", "/write", { body }), 400, "Invalid JSON body");
});

for (const body of [{}, { path: FILE }, { content: "x" }]) {
  test(`a write of ${JSON.stringify(body)} lacks a path or a content`, async () => {
    refused(await server.client().post("/write", body), 400, "Path and content required");
  });
}

for (const body of [
  null,
  [],
  "text",
  7,
  { path: "", content: "x" },
  { path: FILE, content: 7 },
  { path: FILE, content: null },
  { path: 7, content: "x" },
  { path: [FILE], content: "x" },
  { path: FILE, content: "x", encoding: "latin1" },
  { path: FILE, content: "x", encoding: "UTF8?" },
  { path: FILE, content: "x", encoding: 7 },
  { path: FILE, content: "@@@=", encoding: "base64" },
  { path: FILE, content: "abc$", encoding: "base64" },
  { path: FILE, content: "A", encoding: "base64" },
  { path: FILE, content: "é", encoding: "base64" },
]) {
  test(`a write of ${JSON.stringify(body)} is refused and writes nothing`, async () => {
    const client = server.client();
    refused(await client.post("/write", body), 400);
    assert.deepEqual(names(ok(await client.list())), []);
  });
}

test("a write makes the directories above it, unless told not to", async () => {
  const client = server.client();
  refused(await client.write(`${ROOT}/a/b/c.txt`, "x", { createDirs: false }), 404, "Parent directory not found");
  assert.deepEqual(names(ok(await client.list())), []);
  ok(await client.write(`${ROOT}/a/b/c.txt`, "x"));
  ok(await client.write(`${ROOT}/d/e.txt`, "x", { createDirs: true }));
  ok(await client.write(`${ROOT}/a/b/f.txt`, "x", { createDirs: false }));
  ok(await client.write(`${ROOT}/top.txt`, "x", { createDirs: false }));
  const paths = ok(await client.list(ROOT, { recursive: true })).files.map((/** @type {any} */ { path }) =>
    path.slice(ROOT.length),
  );
  assert.deepEqual(paths, ["/a", "/a/b", "/a/b/c.txt", "/a/b/f.txt", "/d", "/d/e.txt", "/top.txt"]);
});

test("a write over a directory or under a file is a conflict and changes neither", async () => {
  const client = server.client();
  ok(await client.write(`${ROOT}/dir/inner`, "inner"));
  ok(await client.write(FILE, "file"));
  const before = ok(await client.list(ROOT, { recursive: true }));
  for (const path of [`${ROOT}/dir`, ROOT, `${FILE}/under`, `${FILE}/under/deep`]) {
    refused(await client.write(path, "x"), 409);
    refused(await client.write(path, "eA==", { encoding: "base64" }), 409);
  }
  assert.deepEqual(ok(await client.list(ROOT, { recursive: true })), before);
});

test("writing again replaces the content, and every write has a time of its own", async () => {
  const client = server.client();
  const times = new Set();
  for (let n = 0; n < 30; n += 1)
    times.add(ok(await client.write(FILE, n % 2 ? "long enough to be shortened" : "short")).modified);
  assert.equal(times.size, 30);
  assert.equal(ok(await client.read(FILE)).content, "long enough to be shortened");
  assert.equal(ok(await client.list()).files.length, 1);
  const again = ok(await client.write(FILE, "long enough to be shortened"));
  assert.ok(!times.has(again.modified), "the same content is a write too");
});

test("the protected files can be written like any other", async () => {
  const client = server.client();
  for (const name of ["SOUL.md", "AGENTS.md"]) {
    ok(await client.write(`${ROOT}/${name}`, "one"));
    ok(await client.write(`${ROOT}/${name}`, "two"));
    assert.equal(ok(await client.read(`${ROOT}/${name}`)).content, "two");
  }
});

test("the answers have their keys and no others", async () => {
  const client = server.client();
  assert.deepEqual(keys(ok(await client.write(FILE, "x"))), ["modified", "path", "size", "success"]);
  assert.deepEqual(keys(ok(await client.read(FILE))), ["content", "encoding", "modified", "path", "size"]);
});
