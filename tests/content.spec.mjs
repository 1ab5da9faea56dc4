// GET, HEAD and PUT /api/files/content, and /api/files/download: raw bytes, and headers that keep them harmless.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { cost, names, ok, refused, TIME } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve();
const FILE = `${ROOT}/file.bin`;
const BYTES = Buffer.from(Array.from({ length: 1024 }, (_, n) => (n * 37) % 256));

/** @typedef {import("./client.mjs").Answer} Answer */

/** What a header says besides its parameters. @param {Answer} answer @param {string} name */
const kind = (answer, name) =>
  String(answer.headers[name] ?? "")
    .split(";")[0]
    ?.trim()
    .toLowerCase();

test("raw bytes put are the bytes got, and the answer is a write's", async () => {
  const client = server.client();
  const put = ok(await client.put(FILE, BYTES));
  assert.deepEqual(put, { success: true, path: FILE, size: BYTES.length, modified: put.modified });
  assert.match(put.modified, TIME);
  const got = await client.content(FILE);
  ok(got);
  assert.deepEqual(got.bytes, BYTES);
  assert.equal(got.headers["content-length"], String(BYTES.length));
  assert.equal(ok(await client.stat(FILE)).modified, put.modified);
});

test("content is inline, a download is an attachment, both are the same bytes with the same tag", async () => {
  const client = server.client();
  ok(await client.put(`${ROOT}/photo.png`, BYTES));
  const [inline, attachment] = [await client.content(`${ROOT}/photo.png`), await client.download(`${ROOT}/photo.png`)];
  assert.ok(["", "inline"].includes(kind(inline, "content-disposition") ?? ""));
  assert.equal(kind(attachment, "content-disposition"), "attachment");
  for (const answer of [inline, attachment]) {
    ok(answer);
    assert.deepEqual(answer.bytes, BYTES);
    assert.equal(answer.headers["content-type"], "image/png");
    assert.equal(answer.headers["content-length"], String(BYTES.length));
    assert.equal(answer.headers["x-content-type-options"], "nosniff");
    assert.match(String(answer.headers["content-security-policy"]), /^sandbox\b/);
  }
  const { etag } = ok(await client.stat(`${ROOT}/photo.png`));
  assert.equal(inline.headers.etag, etag);
});

for (const size of [0, 1, 65_536, 2 ** 20]) {
  test(`a body of ${size} bytes is kept, with and without its length`, async () => {
    const client = server.client();
    const body = Buffer.alloc(size, "0123456789abcdef-");
    assert.equal(ok(await client.put(FILE, body)).size, size);
    assert.deepEqual((await client.content(FILE)).bytes, body);
    const half = size >> 1;
    assert.equal(
      ok(
        await client.put(
          `${ROOT}/chunked`,
          [body.subarray(0, half), body.subarray(half)].filter(({ length }) => length),
        ),
      ).size,
      size,
    );
    assert.deepEqual((await client.download(`${ROOT}/chunked`)).bytes, body);
  });
}

test("a put makes the directories above it, and replaces a file", async () => {
  const client = server.client();
  ok(await client.put(`${ROOT}/a/b/c.txt`, "one"));
  ok(await client.put(`${ROOT}/a/b/c.txt`, "two"));
  assert.equal(ok(await client.read(`${ROOT}/a/b/c.txt`)).content, "two");
  assert.deepEqual(names(ok(await client.list(`${ROOT}/a/b`))), ["c.txt"]);
});

test("a put over a directory or under a file is a conflict and changes neither", async () => {
  const client = server.client();
  ok(await client.put(`${ROOT}/dir/inner`, "inner"));
  ok(await client.put(FILE, "file"));
  const before = ok(await client.list(ROOT, { recursive: true }));
  for (const path of [`${ROOT}/dir`, ROOT, `${FILE}/under`]) refused(await client.put(path, "x"), 409);
  assert.deepEqual(ok(await client.list(ROOT, { recursive: true })), before);
});

test("a part is not taken for the whole: a put with Content-Range is refused and changes nothing", async () => {
  const client = server.client();
  ok(await client.put(FILE, BYTES));
  for (const range of ["bytes 0-9/1024", "bytes 0-9/*", "bytes */10", "nonsense"]) {
    refused(await client.put(FILE, BYTES.subarray(0, 10), { "content-range": range }), 400, /Content-Range/);
    refused(await client.put(`${ROOT}/new.bin`, BYTES.subarray(0, 10), { "content-range": range }), 400);
  }
  assert.deepEqual((await client.content(FILE)).bytes, BYTES);
  refused(await client.stat(`${ROOT}/new.bin`), 404);
});

test("what is not there has no content, and a directory has none", async () => {
  const client = server.client();
  ok(await client.put(`${ROOT}/dir/file`, "x"));
  for (const path of [`${ROOT}/none`, `${ROOT}/dir`, ROOT, `${ROOT}/dir/file/under`]) {
    for (const answer of [await client.content(path), await client.download(path)])
      refused(answer, 404, "File not found");
  }
});

test("raw routes need a path", async () => {
  const client = server.client();
  for (const [method, endpoint] of [
    ["GET", "/content"],
    ["PUT", "/content"],
    ["GET", "/download"],
  ]) {
    refused(await client.request(method ?? "", endpoint ?? ""), 400);
  }
});

test("a path that is empty has no characters that could be one", async () => {
  const client = server.client();
  for (const endpoint of ["/content", "/stat", "/read", "/list"])
    refused(await client.request("GET", endpoint, { params: { path: "" } }), 400, "Invalid characters in path");
});

test("HEAD answers wherever GET does, with the same headers and no body", async () => {
  const client = server.client();
  ok(await client.put(FILE, BYTES));
  const params = { path: FILE };
  const routes = /** @type {[string, object][]} */ ([
    ["/content", params],
    ["/download", params],
    ["/read", { ...params, encoding: "base64" }],
    ["/stat", params],
    ["/list", {}],
    ["/trash", {}],
  ]);
  for (const [endpoint, query] of routes) {
    const [get, head] = [
      await client.request("GET", endpoint, { params: query }),
      await client.request("HEAD", endpoint, { params: query }),
    ];
    assert.equal(get.status, 200, endpoint);
    assert.equal(head.status, 200, endpoint);
    assert.equal(head.bytes.length, 0, endpoint);
    for (const name of [
      "content-type",
      "content-disposition",
      "etag",
      "x-content-type-options",
      "content-security-policy",
    ]) {
      assert.equal(head.headers[name], get.headers[name], `${endpoint} ${name}`);
    }
    cost(head);
  }
  for (const endpoint of ["/content", "/download"]) {
    assert.equal(
      (await client.request("HEAD", endpoint, { params })).headers["content-length"],
      String(BYTES.length),
      endpoint,
    );
  }
});

test("HEAD of what GET refuses is the same status without a body", async () => {
  const client = server.client();
  for (const [endpoint, path, status] of /** @type {[string, string, number][]} */ ([
    ["/content", `${ROOT}/none`, 404],
    ["/download", `${ROOT}/none`, 404],
    ["/read", `${ROOT}/none`, 404],
    ["/stat", `${ROOT}/none`, 404],
    ["/list", `${ROOT}/none`, 404],
    ["/content", "/etc/passwd", 400],
  ])) {
    const head = await client.request("HEAD", endpoint, { params: { path } });
    assert.deepEqual([head.status, head.bytes.length], [status, 0], endpoint);
  }
});

const TYPES = {
  "a.js": "text/javascript",
  "a.ts": "text/typescript",
  "a.py": "text/x-python",
  "A.JS": "text/javascript",
  "a.Py": "text/x-python",
  "a.png": "image/png",
  "a.jpg": "image/jpeg",
  "a.JPEG": "image/jpeg",
  "a.gif": "image/gif",
  "a.pdf": "application/pdf",
  "a.json": "application/json",
  "a.md": "text/markdown",
  "a.txt": "text/plain",
  "a.css": "text/css",
  "a.html": "text/html",
  "a.svg": "image/svg+xml",
  "a.zzzz": "application/octet-stream",
  "no extension": "application/octet-stream",
  "a.": "application/octet-stream",
  "a.js.bak~": "application/octet-stream",
};

test("the type follows the extension, whatever its case, and octet-stream says that nothing is known", async () => {
  const client = server.client();
  for (const [name, type] of Object.entries(TYPES)) {
    const path = `${ROOT}/${name}`;
    ok(await client.put(path, "<b>not what it says</b>"));
    for (const answer of [await client.content(path), await client.download(path)])
      assert.equal(kind(answer, "content-type"), type, name);
    assert.equal(ok(await client.stat(path)).mimeType.split(";")[0], type, name);
  }
});

test("the type that a put claims doesn't change the type that is served", async () => {
  const client = server.client();
  ok(await client.put(`${ROOT}/a.txt`, "<script>alert(1)</script>", { "content-type": "text/html" }));
  assert.equal(kind(await client.content(`${ROOT}/a.txt`), "content-type"), "text/plain");
});

for (const name of ["a.html", "a.HTML", "a.htm", "a.svg", "a.SVG", "a.xml", "a.Xml", "a.xhtml"]) {
  test(`${name} comes as an attachment from either route`, async () => {
    const client = server.client();
    ok(await client.put(`${ROOT}/${name}`, "<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>"));
    for (const method of ["GET", "HEAD"]) {
      for (const answer of [
        await client.content(`${ROOT}/${name}`, method),
        await client.download(`${ROOT}/${name}`, method),
      ]) {
        assert.equal(kind(answer, "content-disposition"), "attachment");
        assert.equal(answer.headers["x-content-type-options"], "nosniff");
        assert.match(String(answer.headers["content-security-policy"]), /^sandbox\b/);
      }
    }
  });
}

test("a file of JSON is served as it is, not as an answer", async () => {
  const client = server.client();
  const text = '{"error":"mine"}';
  ok(await client.put(`${ROOT}/a.json`, text));
  const answer = await client.content(`${ROOT}/a.json`);
  assert.equal(answer.status, 200);
  assert.equal(answer.bytes.toString(), text);
});
