// Parts of a file: Range and If-Range, of bytes in the row and in the bucket.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { ok, refused } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve();
const FILE = `${ROOT}/file.bin`;
const HUGE = "99999999999999999999";

/** Ranges that are there: what is asked for, and the first and the last byte of the answer. @type {(n: number) => [string, number, number][]} */
const parts = (n) => [
  ["bytes=0-0", 0, 0],
  ["bytes=0-99", 0, 99],
  ["bytes=100-199", 100, 199],
  [`bytes=0-${n - 1}`, 0, n - 1],
  [`bytes=0-${n}`, 0, n - 1],
  [`bytes=7-${HUGE}`, 7, n - 1],
  ["bytes=0-", 0, n - 1],
  ["bytes=100-", 100, n - 1],
  [`bytes=${n - 1}-`, n - 1, n - 1],
  [`bytes=${n - 1}-${n - 1}`, n - 1, n - 1],
  ["bytes=-1", n - 1, n - 1],
  ["bytes=-100", n - 100, n - 1],
  [`bytes=-${n}`, 0, n - 1],
  [`bytes=-${n + 1}`, 0, n - 1],
  [`bytes=-${HUGE}`, 0, n - 1],
];

const NOT_THERE = (/** @type {number} */ n) => [
  `bytes=${n}-`,
  `bytes=${n}-${n}`,
  `bytes=${n + 5}-${n + 10}`,
  `bytes=${HUGE}-`,
  "bytes=-0",
];

/** What is no range, or more than one, is answered with everything. */
const WHOLE = [
  "bytes=5-4",
  "bytes=-",
  "bytes=",
  "bytes",
  "bytes=a-b",
  "bytes=1-x",
  "bytes=1",
  "bytes=--1",
  "bytes=0x1-2",
  "items=0-1",
  "0-1",
  "nonsense",
];

const SEVERAL = ["bytes=0-1,5-6", "bytes=0-0, -1", "bytes=0-,1-"];

for (const size of [1000, 1_100_000]) {
  for (const route of /** @type {const} */ (["content", "download"])) {
    /** A file of that size, and how to ask for it. */
    const prepared = async () => {
      const client = server.client();
      const bytes = randomBytes(size);
      ok(await client.put(FILE, bytes));
      const ask = (/** @type {Record<string, string>} */ headers, method = "GET") =>
        client.request(method, `/${route}`, { params: { path: FILE }, headers });
      const { etag, "last-modified": modified } = (await ask({}, "HEAD")).headers;
      return { bytes, ask, etag: String(etag), modified: String(modified) };
    };

    test(`a part of ${size} bytes by ${route} is exactly that part, and says which`, async () => {
      const { bytes, ask, etag } = await prepared();
      for (const [range, first, last] of parts(size)) {
        const answer = await ask({ range });
        assert.equal(answer.status, 206, range);
        assert.ok(answer.bytes.equals(bytes.subarray(first, last + 1)), range);
        assert.equal(answer.headers["content-range"], `bytes ${first}-${last}/${size}`, range);
        assert.equal(answer.headers["content-length"], String(last - first + 1), range);
        assert.equal(answer.headers.etag, etag, range);
        assert.equal(answer.headers["x-content-type-options"], "nosniff", range);
        assert.match(String(answer.headers["content-security-policy"]), /^sandbox\b/, range);
      }
    });

    test(`a part behind the end of ${size} bytes by ${route} is refused with the size`, async () => {
      const { ask } = await prepared();
      for (const range of NOT_THERE(size)) {
        const answer = await ask({ range });
        refused(answer, 416);
        assert.equal(answer.headers["content-range"], `bytes */${size}`, range);
      }
    });

    test(`what is no range of ${size} bytes is answered with all of them by ${route}`, async () => {
      const { bytes, ask } = await prepared();
      for (const range of WHOLE) {
        const answer = await ask({ range });
        assert.equal(answer.status, 200, range);
        assert.equal(answer.headers["content-range"], undefined, range);
        assert.ok(answer.bytes.equals(bytes), range);
      }
    });

    test(`several ranges of ${size} bytes by ${route} come as parts of one answer, or all comes`, async () => {
      const { bytes, ask } = await prepared();
      for (const range of SEVERAL) {
        const answer = await ask({ range });
        if (answer.status === 206) {
          assert.match(String(answer.headers["content-type"]), /^multipart\/byteranges\b/, range);
          continue;
        }
        assert.equal(answer.status, 200, range);
        assert.equal(answer.headers["content-length"], String(size), range);
        assert.ok(answer.bytes.equals(bytes), range);
      }
    });

    test(`HEAD of ${size} bytes by ${route} doesn't look at a range`, async () => {
      const { ask, etag } = await prepared();
      for (const range of ["bytes=0-0", `bytes=${size}-`, "bytes=-5"]) {
        const { status, headers, bytes } = await ask({ range }, "HEAD");
        assert.deepEqual([status, bytes.length], [200, 0], range);
        assert.equal(headers["content-length"], String(size), range);
        assert.equal(headers.etag, etag, range);
        assert.equal(headers["accept-ranges"], "bytes", range);
      }
    });

    test(`a part of ${size} bytes by ${route} goes on only from the same file`, async () => {
      const { bytes, ask, etag, modified } = await prepared();
      const same = await ask({ range: "bytes=5-9", "if-range": etag });
      assert.equal(same.status, 206);
      assert.ok(same.bytes.equals(bytes.subarray(5, 10)));
      // A date cannot tell two writes of one second apart: it may count as another file.
      for (const expected of ['"other"', `W/${etag}`, "Thu, 01 Jan 1970 00:00:00 GMT", "nonsense", etag.slice(1, -1)]) {
        for (const range of ["bytes=5-9", `bytes=${size}-`]) {
          const other = await ask({ range, "if-range": expected });
          assert.equal(other.status, 200, expected);
          assert.ok(other.bytes.equals(bytes), expected);
        }
      }
      const dated = await ask({ range: "bytes=5-9", "if-range": modified });
      assert.ok([200, 206].includes(dated.status));
      assert.ok(dated.bytes.equals(dated.status === 200 ? bytes : bytes.subarray(5, 10)));
    });

    test(`who has the file of ${size} bytes gets no part of it by ${route}`, async () => {
      const { ask, etag } = await prepared();
      const answer = await ask({ range: "bytes=5-9", "if-none-match": etag });
      assert.deepEqual([answer.status, answer.bytes.length], [304, 0]);
    });
  }
}

test("an empty file has no part", async () => {
  const client = server.client();
  ok(await client.put(FILE, ""));
  for (const range of ["bytes=0-", "bytes=0-0", "bytes=-1"]) {
    const answer = await client.request("GET", "/content", { params: { path: FILE }, headers: { range } });
    if (answer.status === 200) assert.equal(answer.bytes.length, 0, range);
    else {
      refused(answer, 416);
      assert.equal(answer.headers["content-range"], "bytes */0", range);
    }
  }
});

test("parts of a file that is not there are not there", async () => {
  const client = server.client();
  for (const path of [`${ROOT}/none`, ROOT]) {
    const headers = { range: "bytes=0-1", "if-range": '"x"' };
    refused(await client.request("GET", "/content", { params: { path }, headers }), 404, "File not found");
  }
});
