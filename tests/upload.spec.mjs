// POST /api/files/upload: forms as browsers, curl and careless programs send them.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import http from "node:http";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { keys, names, ok, refused } from "./expect.mjs";
import { BOUNDARY, FORM, file, form, path, pieces, upload } from "./form.mjs";
import { serve } from "./harness.mjs";
import { nothingPending, onlyLive } from "./ledger.mjs";

const server = serve({ VERSIONS_DAYS: "0" });

const FILE = `${ROOT}/file.bin`;
const MIB = 2 ** 20;

/** @typedef {import("./form.mjs").Part} Part */

/** @param {import("./client.mjs").Client} client @param {Buffer | Buffer[] | string} body @param {Record<string, string>} [headers] */
const post = (client, body, headers = FORM) => client.request("POST", "/upload", { headers, body });

test("the answer is a write's with the type, and the file is there", async () => {
  const client = server.client();
  const said = ok(await upload(client, `${ROOT}/new/photo.png`, "pixels"));
  assert.deepEqual(keys(said), ["media", "mimeType", "modified", "path", "size", "success"]);
  assert.deepEqual([said.path, said.size, said.mimeType], [`${ROOT}/new/photo.png`, 6, "image/png"]);
  const { modified } = ok(await client.stat(`${ROOT}/new/photo.png`));
  assert.equal(modified, said.modified);
});

/** Files that look like what is around them. @type {Record<string, string | Buffer>} */
const CONTENTS = {
  nothing: "",
  "a line end": "\r\n",
  "line ends only": "\r\n\r\n\r\n",
  "a boundary without its line end": `text--${BOUNDARY}text`,
  "a boundary but for its last letter": `text\r\n--${BOUNDARY.slice(0, -1)}\r\ntext`,
  "a boundary with one hyphen": `\r\n-${BOUNDARY}--\r\n`,
  "a boundary after a bare line feed": `text\n--${BOUNDARY}\ntext`,
  "another form": `--other\r\nContent-Disposition: form-data; name="path"\r\n\r\n/etc/passwd\r\n--other--\r\n`,
  "the beginning of a boundary at its end": "text\r\n--",
  "a carriage return at its end": "text\r",
  "bytes that are no text": Buffer.from([0, 255, 13, 10, 45, 45, 0, 254]),
};

for (const [what, content] of Object.entries(CONTENTS)) {
  test(`a file that holds ${what} is kept as it is, however the form is cut`, async () => {
    const client = server.client();
    for (const order of [
      [file(content), path(FILE)],
      [path(FILE), file(content)],
    ]) {
      const body = form(order);
      for (const chunks of [body, ...[1, 2, 3, 7, 64].map((size) => pieces(body, size))]) {
        assert.equal(ok(await post(client, chunks)).size, Buffer.byteLength(content));
        assert.deepEqual((await client.content(FILE)).bytes, Buffer.from(content));
      }
    }
  });
}

for (const cut of [64 * 1024, 256 * 1024, 8 * MIB]) {
  test(`near boundaries and line ends around every ${cut} bytes are kept`, async () => {
    const client = server.client();
    const bytes = Buffer.alloc(cut * 2 + 100, "x");
    const almost = Buffer.from(`\r\n--${BOUNDARY.slice(0, -1)}!\r\n\r\n`);
    for (const start of [cut - 300, cut - 40, cut - 3, cut * 2 - 90, cut * 2 - 1]) almost.copy(bytes, start);
    for (const order of [
      [file(bytes), path(FILE)],
      [path(FILE), file(bytes)],
    ]) {
      const body = form(order);
      for (const chunks of [body, pieces(body, cut), pieces(body, cut - 1), pieces(body, cut + 1)]) {
        ok(await post(client, chunks));
        assert.ok((await client.content(FILE)).bytes.equals(bytes));
      }
    }
  });
}

for (const size of [5, 2 * MIB]) {
  /** Forms that bring a file, and what of them counts. @type {Record<string, (bytes: Buffer) => Part[]>} */
  const whole = {
    "no file name": (bytes) => [{ name: "file", content: bytes }, path(FILE)],
    "an empty file name": (bytes) => [file(bytes, ""), path(FILE)],
    "a file name that leads elsewhere": (bytes) => [file(bytes, "../../etc/passwd"), path(FILE)],
    "a file name in UTF-8": (bytes) => [file(bytes, "Übung 日本.bin"), path(FILE)],
    "fields that nobody asked for": (bytes) => [
      { name: "before", content: "1" },
      file(bytes),
      { name: "other", filename: "other.bin", content: randomBytes(100_000) },
      path(FILE),
      { name: "createDirs", content: "false" },
    ],
    "names without quotes": (bytes) => [
      { head: "content-disposition: form-data; name=file; filename=a", content: bytes },
      { head: "content-disposition: form-data; name=path", content: FILE },
    ],
  };
  for (const [what, parts] of Object.entries(whole)) {
    test(`a form with ${what} brings its file of ${size} bytes`, async () => {
      const userId = server.user();
      const client = server.client(userId);
      const bytes = randomBytes(size);
      assert.equal(ok(await post(client, form(parts(bytes)))).path, FILE);
      assert.ok((await client.content(FILE)).bytes.equals(bytes));
      assert.deepEqual(names(ok(await client.list())), ["file.bin"]);
      await nothingPending(server, userId);
    });
  }

  /** Forms that bring none. @type {Record<string, [string | RegExp, (bytes: Buffer) => Buffer | string]>} */
  const refusals = {
    "no file": ["File and path required", () => form([path(FILE)])],
    "no path": ["File and path required", (bytes) => form([file(bytes)])],
    "an empty path": ["File and path required", (bytes) => form([file(bytes), path("")])],
    neither: ["File and path required", () => form([{ name: "other", content: "x" }])],
    "a path outside": ["Path must be within workspace", (bytes) => form([file(bytes), path("/etc/passwd")])],
    "a path that climbs": ["Path traversal not allowed", (bytes) => form([file(bytes), path(`${ROOT}/../x`)])],
    "a path with a control character": [
      "Invalid characters in path",
      (bytes) => form([file(bytes), path(`${ROOT}/a\nb`)]),
    ],
    "a path that is too long": ["Path too long", (bytes) => form([file(bytes), path(`${ROOT}/${"x".repeat(256)}`)])],
    "an endless path": [/./, (bytes) => form([file(bytes), path(`${ROOT}/${"x/".repeat(50_000)}`)])],
    "an end that is missing": [
      "Invalid form data",
      (bytes) => form([path(FILE), file(bytes)]).subarray(0, -(BOUNDARY.length + 8)),
    ],
    "a file cut in the middle": [
      "Invalid form data",
      (bytes) => form([path(FILE), file(bytes)]).subarray(0, -(BOUNDARY.length + 10)),
    ],
    "an end before its path": ["Invalid form data", (bytes) => form([file(bytes), path(FILE)]).subarray(0, -70)],
    "another boundary": [
      "Invalid form data",
      (bytes) =>
        form([file(bytes), path(FILE)])
          .toString("latin1")
          .replaceAll(BOUNDARY, "else"),
    ],
  };
  for (const [what, [said, body]] of Object.entries(refusals)) {
    test(`a form with ${what} is refused, and of its file of ${size} bytes nothing is left`, async () => {
      const userId = server.user();
      const client = server.client(userId);
      ok(await client.put(FILE, "old"));
      refused(await post(client, body(randomBytes(size))), 400, said);
      assert.equal(ok(await client.read(FILE)).content, "old");
      assert.deepEqual(names(ok(await client.list())), ["file.bin"]);
      await nothingPending(server, userId);
      assert.deepEqual(await onlyLive(server, userId), []);
    });
  }

  test(`of two files of ${size} bytes in a form one is taken whole, or none, and nothing of the other is left`, async () => {
    const userId = server.user();
    const client = server.client(userId);
    const [one, two] = [randomBytes(size), randomBytes(size)];
    const answer = await post(client, form([file(one), path(FILE), file(two)]));
    if (answer.status === 200) {
      const { bytes } = await client.content(FILE);
      assert.ok(bytes.equals(one) || bytes.equals(two), "one of them");
    } else {
      refused(answer, 400);
      refused(await client.stat(FILE), 404);
    }
    await nothingPending(server, userId);
  });

  test(`a form of ${size} bytes over a directory or under a file changes neither and leaves nothing`, async () => {
    const userId = server.user();
    const client = server.client(userId);
    ok(await client.write(`${ROOT}/dir/inner`, "inner"));
    ok(await client.write(FILE, "file"));
    for (const to of [`${ROOT}/dir`, ROOT, `${FILE}/under`]) refused(await upload(client, to, randomBytes(size)), 409);
    refused(await upload(client, `${ROOT}/.trash/x`, randomBytes(size)), 403);
    assert.equal(ok(await client.read(FILE)).content, "file");
    await nothingPending(server, userId);
    assert.deepEqual(await onlyLive(server, userId), []);
  });
}

for (const type of [
  "application/json",
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data",
  "multipart/mixed; boundary=x",
  "multipart/form-data; boundary=",
  "nonsense",
]) {
  test(`a body of type ${type} is no form`, async () => {
    const userId = server.user();
    const client = server.client(userId);
    const body = form([file("x"), path(FILE)]);
    refused(await post(client, body, { "content-type": type }), 400, "Invalid form data");
    assert.deepEqual(names(ok(await client.list())), []);
  });
}

test("a form with a quoted boundary, an upper-case type, a preamble and an epilogue is a form", async () => {
  const client = server.client();
  const body = Buffer.concat([Buffer.from("ignored\r\n"), form([file("x"), path(FILE)]), Buffer.from("ignored too")]);
  ok(await post(client, body, { "content-type": `Multipart/Form-Data; charset=utf-8; boundary="${BOUNDARY}"` }));
  assert.equal(ok(await client.read(FILE)).content, "x");
});

test("a page's form in which no file was chosen brings none, and what is there stays", async () => {
  const client = server.client();
  ok(await client.write(FILE, "kept"));
  refused(await post(client, form([file("", ""), path(FILE)])), 400, "File and path required");
  assert.equal(ok(await client.read(FILE)).content, "kept");
  ok(await post(client, form([file("", ""), file("x"), path(FILE)])));
  assert.equal(ok(await client.read(FILE)).content, "x");
});

test("an empty body is no form, with and without a length", async () => {
  const client = server.client();
  refused(await post(client, ""), 400, "Invalid form data");
  refused(await post(client, []), 400, "Invalid form data");
});

/** Forms that begin like this and then go on without a boundary. @type {Record<string, string>} */
const ENDLESS = {
  "in front of its first field": "",
  "in the header of a field": `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file`,
};

for (const [where, beginning] of Object.entries(ENDLESS)) {
  test(`a form without a boundary in sight ${where} is refused before its end: it would have to be kept in memory`, async () => {
    const userId = server.user();
    const client = server.client(userId);
    const ask = () => {
      const request = http.request(client.url("/upload"), { method: "POST", headers: FORM, agent: false });
      const { promise, resolve, reject } = Promise.withResolvers();
      request.on("response", (response) => resolve(response.resume().statusCode)).on("error", reject);
      request.setTimeout(60_000, () => reject(new Error("it waits for more")));
      request.flushHeaders();
      // More than is ever kept, and far less than a file may have; the end never comes.
      request.write(beginning + "x".repeat(4 * MIB));
      return promise.finally(() => request.destroy());
    };
    // The server does not read on: whoever still writes may meet the closed connection before the answer.
    const early = (/** @type {NodeJS.ErrnoException} */ { code }) =>
      code === "EPIPE" || code === "ECONNRESET" ? 0 : code;
    let status = 0;
    for (let attempt = 0; attempt < 20 && status === 0; attempt++) status = await ask().catch(early);
    assert.equal(status, 400);
    assert.deepEqual(names(ok(await client.list())), []);
    await nothingPending(server, userId);
  });
}
