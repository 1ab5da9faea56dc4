// Changes on a condition: what a tag stands for, and that of those who expect the same only one goes ahead.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { ok, refused } from "./expect.mjs";
import { upload } from "./form.mjs";
import { serve } from "./harness.mjs";
import { nothingPending, onlyLive } from "./ledger.mjs";

const server = serve({ VERSIONS_DAYS: "0" });
const FILE = `${ROOT}/file.bin`;
const MIB = 2 ** 20;

/** @typedef {import("./client.mjs").Client} Client */

const tagOf = (/** @type {string | Buffer} */ bytes) => `"${createHash("sha256").update(bytes).digest("hex")}"`;

/** Ways to give a file new content. @type {Record<string, (client: Client, to: string, bytes: Buffer, headers?: Record<string, string>) => Promise<import("./client.mjs").Answer>>} */
const WRITES = {
  write: (client, to, bytes, headers) => client.write(to, bytes.toString("base64"), { encoding: "base64" }, headers),
  put: (client, to, bytes, headers) => client.put(to, bytes, headers),
  "chunked put": (client, to, bytes, headers) => client.put(to, [bytes.subarray(0, 1), bytes.subarray(1)], headers),
  upload: (client, to, bytes, headers) => upload(client, to, bytes, headers),
};

for (const size of [1000, 2 * MIB]) {
  test(`a file of ${size} bytes has one strong tag, which is its content's, wherever it is told`, async () => {
    const client = server.client();
    const bytes = randomBytes(size);
    const tag = tagOf(bytes);
    for (const [way, write] of Object.entries(WRITES))
      assert.equal((await write(client, FILE, bytes)).headers.etag, tag, way);
    assert.equal(ok(await client.stat(FILE)).etag, tag);
    for (const answer of [
      await client.stat(FILE),
      await client.content(FILE),
      await client.content(FILE, "HEAD"),
      await client.download(FILE),
      await client.read(FILE, "base64"),
    ])
      assert.equal(answer.headers.etag, tag);
    ok(await client.copy(FILE, `${ROOT}/copy`));
    assert.equal(ok(await client.stat(`${ROOT}/copy`)).etag, tag);
  });

  test(`who has the file of ${size} bytes is told so, and who has another gets it`, async () => {
    const client = server.client();
    const bytes = randomBytes(size);
    const tag = tagOf(bytes);
    ok(await client.put(FILE, bytes));
    const { modified } = ok(await client.stat(FILE));
    for (const endpoint of ["/read", "/content", "/download", "/stat"]) {
      for (const method of ["GET", "HEAD"]) {
        const params = { path: FILE, encoding: "base64" };
        const ask = (/** @type {string} */ has) =>
          client.request(method, endpoint, { params, headers: { "if-none-match": has } });
        for (const has of [tag, `W/${tag}`, `"x", ${tag}`, `"x",W/"y" , ${tag},"z"`, "*"]) {
          const answer = await ask(has);
          assert.deepEqual([answer.status, answer.bytes.length], [304, 0], `${method} ${endpoint} ${has}`);
          assert.equal(answer.headers.etag, tag, `${method} ${endpoint} ${has}`);
        }
        for (const has of ['"x"', '"x", W/"y"', tag.slice(1, -1), `"${tag.slice(1, -2)}"`])
          assert.equal((await ask(has)).status, 200, `${method} ${endpoint} ${has}`);
      }
      assert.equal(
        Date.parse(String((await client.content(FILE)).headers["last-modified"])),
        Math.floor(Date.parse(modified) / 1000) * 1000,
      );
    }
    for (const endpoint of ["/read", "/content", "/download", "/stat"]) {
      const headers = { "if-none-match": "*" };
      refused(await client.request("GET", endpoint, { params: { path: `${ROOT}/none` }, headers }), 404);
    }
  });

  for (const [way, write] of Object.entries(WRITES)) {
    test(`a ${way} of ${size} bytes goes ahead only on its condition, and a stale one is told what is there`, async () => {
      const userId = server.user();
      const client = server.client(userId);
      const [one, two, other] = [randomBytes(size), randomBytes(size), randomBytes(size)];
      const send = (/** @type {Buffer} */ bytes, /** @type {Record<string, string>} */ headers) =>
        write(client, FILE, bytes, headers);
      // There is nothing yet.
      for (const expected of ["*", tagOf(one)]) {
        const said = refused(await send(one, { "if-match": expected }), 412);
        assert.equal(said.etag, null);
      }
      refused(await client.stat(FILE), 404);
      ok(await send(one, { "if-none-match": "*" }));
      const { modified } = ok(await client.stat(FILE));
      for (const headers of /** @type {Record<string, string>[]} */ ([
        { "if-none-match": "*" },
        { "if-none-match": tagOf(one) },
        { "if-none-match": `"x", W/${tagOf(one)}` },
        { "if-match": tagOf(other) },
        { "if-match": `W/${tagOf(one)}` },
        { "if-match": '""' },
        { "if-match": "nonsense" },
        { "if-match": tagOf(one), "if-none-match": "*" },
      ])) {
        const said = refused(await send(two, headers), 412);
        assert.deepEqual([said.etag, said.size, said.modified], [tagOf(one), size, modified], JSON.stringify(headers));
        await nothingPending(server, userId);
      }
      assert.ok((await client.content(FILE)).bytes.equals(one));
      for (const headers of /** @type {Record<string, string>[]} */ ([
        { "if-match": tagOf(one) },
        { "if-match": "*" },
        { "if-match": `"x", ${tagOf(two)}, "y"` },
        { "if-none-match": tagOf(other) },
        { "if-match": tagOf(two), "if-none-match": '"x"' },
      ]))
        ok(await send(two, headers));
      assert.ok((await client.content(FILE)).bytes.equals(two));
      assert.equal((await onlyLive(server, userId)).length, size > MIB ? 1 : 0);
    });
  }

  for (const [way, write] of Object.entries(WRITES)) {
    if (size > MIB && way === "chunked put") continue; // ten rounds of twenty: one streamed way is enough
    test(`of twenty parallel writers of ${size} bytes by ${way} who expect the same, one goes ahead a round`, async () => {
      const userId = server.user();
      const client = server.client(userId);
      ok(await client.put(FILE, "first"));
      let current = tagOf("first");
      for (let round = 0; round < 10; round += 1) {
        const contents = Array.from({ length: 20 }, () => randomBytes(size));
        const headers = { "if-match": current };
        const answers = await Promise.all(contents.map((bytes) => write(client, FILE, bytes, headers)));
        const winners = contents.filter((_, n) => answers[n]?.status === 200);
        assert.equal(winners.length, 1, `round ${round}`);
        current = tagOf(/** @type {Buffer} */ (winners[0]));
        for (const answer of answers) if (answer.status !== 200) assert.equal(refused(answer, 412).etag, current);
        assert.ok((await client.content(FILE)).bytes.equals(/** @type {Buffer} */ (winners[0])));
      }
      await nothingPending(server, userId);
      assert.equal((await onlyLive(server, userId)).length, size > MIB ? 1 : 0);
    });
  }
}

test("of twenty who make a file that must not be there yet, one makes it", async () => {
  const client = server.client();
  for (let round = 0; round < 10; round += 1) {
    const texts = Array.from({ length: 20 }, (_, n) => `${round} ${n}`);
    const path = `${ROOT}/file${round}`;
    const answers = await Promise.all(texts.map((text) => client.write(path, text, {}, { "if-none-match": "*" })));
    const winners = texts.filter((_, n) => answers[n]?.status === 200);
    assert.deepEqual(winners, [ok(await client.read(path)).content]);
  }
});

/** A move or a copy on a condition. @param {Client} client @param {"move" | "copy"} verb @param {Record<string, string>} headers */
const relocate = (client, verb, headers) =>
  client.post(`/${verb}`, { from: `${ROOT}/from`, to: `${ROOT}/to`, overwrite: true }, headers);

for (const verb of /** @type {const} */ (["move", "copy"])) {
  test(`a ${verb} looks at its source for If-Match, and at its target for If-None-Match`, async () => {
    const client = server.client();
    ok(await client.write(`${ROOT}/from`, "source"));
    const source = ok(await client.stat(`${ROOT}/from`));
    for (const expected of ['"x"', tagOf("target"), `W/${tagOf("source")}`]) {
      const said = refused(await relocate(client, verb, { "if-match": expected }), 412);
      assert.deepEqual([said.etag, said.size, said.modified], [tagOf("source"), 6, source.modified]);
    }
    refused(await client.stat(`${ROOT}/to`), 404);
    ok(await relocate(client, verb, { "if-match": `"x", ${tagOf("source")}`, "if-none-match": "*" }));
    assert.equal(ok(await client.read(`${ROOT}/to`)).content, "source");

    ok(await client.write(`${ROOT}/from`, "newer"));
    const target = ok(await client.stat(`${ROOT}/to`));
    for (const has of ["*", tagOf("source")]) {
      const said = refused(await relocate(client, verb, { "if-none-match": has }), 412);
      assert.deepEqual([said.etag, said.size, said.modified], [tagOf("source"), 6, target.modified]);
    }
    assert.equal(ok(await client.read(`${ROOT}/to`)).content, "source");
    ok(await relocate(client, verb, { "if-match": "*", "if-none-match": '"x"' }));
    assert.equal(ok(await client.read(`${ROOT}/to`)).content, "newer");
  });
}

for (const nothing of ["nonsense", "W/", '"', ","]) {
  test(`a change on the condition If-None-Match: ${nothing} is refused: it would go through whatever is there`, async () => {
    const userId = server.user();
    const client = server.client(userId);
    ok(await client.write(FILE, "kept"));
    const headers = { "if-none-match": nothing };
    for (const write of Object.values(WRITES)) refused(await write(client, FILE, Buffer.from("new"), headers), 400);
    refused(await client.put(FILE, randomBytes(2 * MIB), headers), 400);
    refused(await client.request("DELETE", "/", { params: { path: FILE }, headers }), 400);
    assert.equal(ok(await client.read(FILE)).content, "kept");
    await nothingPending(server, userId);
  });
}

test("a delete goes ahead only on its condition, of a file and of a directory", async () => {
  const client = server.client();
  const remove = (/** @type {string} */ path, /** @type {Record<string, string>} */ headers, permanent = false) =>
    client.request("DELETE", "/", { params: { path, permanent }, headers });
  for (const permanent of [false, true]) {
    ok(await client.write(`${ROOT}/dir/file`, "one"));
    const stale = ok(await client.stat(`${ROOT}/dir`)).etag;
    ok(await client.write(`${ROOT}/dir/other`, "two"));
    const { etag, modified } = ok(await client.stat(`${ROOT}/dir`));
    const said = refused(await remove(`${ROOT}/dir`, { "if-match": stale }, permanent), 412);
    assert.deepEqual([said.etag, said.modified], [etag, modified]);
    assert.equal(
      refused(await remove(`${ROOT}/dir/file`, { "if-match": tagOf("two") }, permanent), 412).etag,
      tagOf("one"),
    );
    refused(await remove(`${ROOT}/dir/file`, { "if-none-match": "*" }, permanent), 412);
    refused(await remove(`${ROOT}/dir/none`, { "if-match": "*" }, permanent), 404);
    assert.equal(ok(await client.read(`${ROOT}/dir/file`)).content, "one");
    ok(await remove(`${ROOT}/dir/file`, { "if-match": tagOf("one") }, permanent));
    const now = ok(await client.stat(`${ROOT}/dir`)).etag;
    assert.notEqual(now, etag);
    ok(await remove(`${ROOT}/dir`, { "if-match": now }, permanent));
    refused(await client.stat(`${ROOT}/dir`), 404);
  }
});
