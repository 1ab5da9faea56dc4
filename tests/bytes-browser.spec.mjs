// Files in a browser: a page of an allowed origin sends and gets them as a dashboard does, and reads what it is told.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Browser, CHROMIUM } from "./browser.mjs";
import { ROOT } from "./client.mjs";
import { ok } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { nothingPending } from "./ledger.mjs";

const skip = CHROMIUM ? false : "no Chromium on this machine; set CHROMIUM to one";
const browser = new Browser();
const port = await browser.listen();
const server = serve({ ALLOWED_ORIGINS: `http://localhost:3000,http://localhost:${port}` });
before(() => (skip ? undefined : browser.start()));
after(() => (skip ? undefined : browser.stop()));

const MIB = 2 ** 20;

for (const size of [1000, 12 * MIB]) {
  test(`a page uploads a file of ${size} bytes by form and by PUT, and gets the same bytes`, { skip }, async () => {
    const userId = server.user();
    const client = server.client(userId);
    const url = (/** @type {string} */ endpoint, /** @type {string} */ name) =>
      client.url(endpoint, name && { path: `${ROOT}/${name}` });
    const seen = await browser.run(
      async (upload, put, got, path, size) => {
        const bytes = new Uint8Array(size);
        for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
        const hash = async (/** @type {ArrayBuffer} */ buffer) =>
          [...new Uint8Array(await crypto.subtle.digest("SHA-256", buffer))]
            .map((byte) => byte.toString(16).padStart(2, "0"))
            .join("");
        const form = new FormData();
        form.append("file", new File([bytes], "any.bin"));
        form.append("path", path);
        const uploaded = await fetch(upload, { method: "POST", body: form });
        const sent = await fetch(put, { method: "PUT", body: new Blob([bytes]) });
        const back = await fetch(got);
        const part = await fetch(got, { headers: { Range: "bytes=10-19" } });
        const tag = `"${await hash(bytes.buffer)}"`;
        const again = await fetch(got, { headers: { "If-None-Match": tag }, cache: "no-store" });
        const stale = await fetch(put, { method: "PUT", body: "x", headers: { "If-Match": '"old"' } });
        return {
          statuses: [uploaded, sent, back, part, again, stale].map(({ status }) => status),
          tags: [uploaded, sent, back].map(({ headers }) => headers.get("etag") === tag),
          same: (await hash(await back.arrayBuffer())) === (await hash(bytes.buffer)),
          part: [...new Uint8Array(await part.arrayBuffer())].join() === [...bytes.subarray(10, 20)].join(),
          told: (await stale.json()).etag === tag,
        };
      },
      url("/upload", ""),
      url("/content", "put.bin"),
      url("/content", "form.bin"),
      `${ROOT}/form.bin`,
      size,
    );
    assert.deepEqual(seen, {
      statuses: [200, 200, 200, 206, 304, 412],
      tags: [true, true, true],
      same: true,
      part: true,
      told: true,
    });
    assert.equal(ok(await client.stat(`${ROOT}/put.bin`)).size, size);
    await nothingPending(server, userId);
  });
}

test("a page that is left in the middle of an upload leaves the old file whole, and nothing behind", {
  skip,
}, async () => {
  const userId = server.user();
  const client = server.client(userId);
  ok(await client.put(`${ROOT}/file.bin`, "old"));
  const told = await browser.run(
    async (put) => {
      const stop = new AbortController();
      const sent = fetch(put, { method: "PUT", body: new Blob([new Uint8Array(40 * 2 ** 20)]), signal: stop.signal });
      setTimeout(() => stop.abort(), 20);
      return sent.then(
        ({ status }) => String(status),
        ({ name }) => name,
      );
    },
    client.url("/content", { path: `${ROOT}/file.bin` }),
  );
  // A fast machine may have sent it all by then.
  assert.ok(["AbortError", "200"].includes(told), told);
  if (told === "AbortError") {
    const { size } = ok(await client.stat(`${ROOT}/file.bin`));
    assert.ok([3, 40 * MIB].includes(size), String(size));
  }
  await nothingPending(server, userId);
});
