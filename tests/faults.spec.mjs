// The bucket fails, is late, lies or says nothing: the old file stays whole, the caller is told, and nothing is left behind.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import http from "node:http";
import { describe, test } from "node:test";
import { ROOT, send } from "./client.mjs";
import { eventually, ok } from "./expect.mjs";
import { daring, failed, failing, hit, missed, serveFaulty } from "./failing.mjs";
import { FORM, file, form, path, upload } from "./form.mjs";
import { accounted, onlyLive } from "./ledger.mjs";

const FILE = `${ROOT}/file.bin`;
const HOST_SECRET = "host-secret";
// Without the bucket copy: it begins two seconds after a change, and would suffer what is meant for others.
const server = serveFaulty({ VERSIONS_DAYS: "0", HOST_SECRET, BUCKET_COPY: "off" });

/** @typedef {import("./client.mjs").Answer} Answer */
/** @typedef {import("./client.mjs").Client} Client */
/** @typedef {import("./faulty.mjs").Fault} Fault */

/** In the bucket, in one part; and in two. */
const SIZE = 1_200_000;
const TWO_PARTS = 8_500_000;

/** @typedef {(client: Client, bytes: Buffer) => Promise<Answer>} Way */
const PUT = ["put"];
const PARTS = ["createMultipartUpload", "uploadPart", "complete"];
/** Ways in, and the operations that they use. @type {Record<string, [Way, string[]]>} */
const WAYS = {
  "a PUT with its length": [(client, bytes) => client.put(FILE, bytes), PUT],
  "a JSON write": [(client, bytes) => client.write(FILE, bytes.toString("base64"), { encoding: "base64" }), PUT],
  "a chunked PUT": [(client, bytes) => client.put(FILE, [bytes.subarray(0, 9), bytes.subarray(9)]), PARTS],
  "a form": [(client, bytes) => upload(client, FILE, bytes), PARTS],
  "a form with the path first": [
    (client, bytes) => client.request("POST", "/upload", { headers: FORM, body: form([path(FILE), file(bytes)]) }),
    PARTS,
  ],
};

/** How an operation can fail so that the caller can be told at once. @type {Record<string, import("./faulty.mjs").Kind[]>} */
const KINDS = {
  put: ["error", "deaf", "lost"],
  createMultipartUpload: ["error", "lost"],
  uploadPart: ["error", "lost", "lie"],
  complete: ["error", "lost"],
};

/** Ways out. @type {Record<string, (client: Client) => Promise<Answer>>} */
const READS = {
  content: (client) => client.content(FILE),
  download: (client) => client.download(FILE),
  read: (client) => client.read(FILE, "base64"),
  "a range": (client) => client.request("GET", "/content", { params: { path: FILE }, headers: { range: "bytes=5-9" } }),
};

/** The key of the only blob in the bucket. */
async function onlyKey(/** @type {string} */ userId) {
  const rows = await server.sql(userId, "SELECT key FROM blob WHERE place = 1 AND state = 0");
  assert.equal(rows.length, 1);
  return rows[0].key;
}

// Each test has a user, and its faults are that user's alone: so they can wait beside one another.
describe("the bucket fails", { concurrency: 4 }, () => {
  test("reads that the bucket never answers are given up, and said so", async () => {
    const userId = server.user();
    const client = daring(server, userId);
    ok(await client.put(FILE, randomBytes(SIZE)));
    const gets = Object.values(READS).map((get) => () => get(client));
    const answers = await failing(server, userId, [{ operation: "get", kind: "never" }], () =>
      Promise.all(gets.map((get) => get())),
    );
    for (const answer of answers) failed(answer);
    assert.equal((await client.content(FILE)).bytes.length, SIZE);
  });

  for (const [way, [write, operations]] of Object.entries(WAYS)) {
    for (const operation of operations) {
      test(`${way} says that it failed when ${operation} does, and leaves the old file and no more`, async () => {
        const userId = server.user();
        const client = daring(server, userId);
        const old = randomBytes(SIZE);
        ok(await client.put(FILE, old));
        for (const kind of KINDS[operation] ?? []) {
          failed(await failing(server, userId, [{ operation, kind }], () => write(client, randomBytes(SIZE))));
          assert.ok((await client.content(FILE)).bytes.equals(old), kind);
          await accounted(server, userId);
        }
        assert.equal((await onlyLive(server, userId)).length, 1);

        const bytes = randomBytes(SIZE);
        ok(await failing(server, userId, [{ operation, kind: "late" }], () => write(client, bytes)));
        assert.ok((await client.content(FILE)).bytes.equals(bytes), "late, and whole");
        assert.equal((await onlyLive(server, userId)).length, 1);
      });
    }

    const last = String(operations.at(-1));
    if (last === "complete")
      test(`${way} says that it failed when its second part fails`, async () => {
        const userId = server.user();
        const client = daring(server, userId);
        ok(await client.write(FILE, "old"));
        /** @type {Fault[]} */
        const faults = [{ operation: "uploadPart", kind: "error", skip: 1 }];
        failed(await failing(server, userId, faults, () => write(client, randomBytes(TWO_PARTS))));
        assert.equal(ok(await client.read(FILE)).content, "old");
        assert.deepEqual(await onlyLive(server, userId), []);
      });

    test(`${way} of which ${last} keeps nothing, though it says so, is missed by every read`, async () => {
      const userId = server.user();
      const client = daring(server, userId);
      ok(await failing(server, userId, [{ operation: last, kind: "lie" }], () => write(client, randomBytes(SIZE))));
      const key = await onlyKey(userId);
      for (const get of Object.values(READS)) await missed(server, key, () => get(client));
      assert.equal(ok(await client.stat(FILE)).size, SIZE);
      const bytes = randomBytes(SIZE);
      ok(await write(client, bytes));
      assert.ok((await client.content(FILE)).bytes.equals(bytes));
      assert.equal((await onlyLive(server, userId)).length, 1);
    });
  }

  for (const [operation, body] of /** @type {const} */ ([
    ["put", { "content-length": String(SIZE) }],
    ["createMultipartUpload", {}],
  ])) {
    test(`who gives up a PUT because ${operation} never answers leaves the old file and no more`, async () => {
      const userId = server.user();
      const client = daring(server, userId);
      const old = randomBytes(SIZE);
      ok(await client.put(FILE, old));
      await failing(server, userId, [{ operation, kind: "never" }], async () => {
        const request = http.request(client.url("/content", { path: FILE }), { method: "PUT", headers: body });
        request.on("error", () => {}); // what this is about
        request.flushHeaders(); // or Node would count the bytes and state their length
        request.end(randomBytes(SIZE));
        await hit(server, userId);
        request.destroy();
      });
      assert.ok((await client.content(FILE)).bytes.equals(old));
      assert.equal((await onlyLive(server, userId)).length, 1);
    });
  }

  for (const [way, get] of Object.entries(READS)) {
    test(`${way} of an object that is missing or shorter is 500 with its key in the log, and never an empty file`, async () => {
      const userId = server.user();
      const client = daring(server, userId);
      ok(await client.put(FILE, randomBytes(SIZE)));
      const key = await onlyKey(userId);
      for (const kind of /** @type {const} */ (["missing", "shorter"]))
        await missed(server, key, () => failing(server, userId, [{ operation: "get", kind }], () => get(client)));
      assert.ok((await get(client)).status < 300, "it was there all the time");
      await (await server.r2()).delete(key);
      await missed(server, key, () => get(client));
      assert.equal(ok(await client.stat(FILE)).size, SIZE);
    });

    test(`${way} of an object that cannot be had now is 503, and later the bytes`, async () => {
      const userId = server.user();
      const client = daring(server, userId);
      ok(await client.put(FILE, randomBytes(SIZE)));
      for (const kind of /** @type {const} */ (["error", "lost"]))
        failed(await failing(server, userId, [{ operation: "get", kind }], () => get(client)));
      const late = await failing(server, userId, [{ operation: "get", kind: "late" }], () => get(client));
      assert.deepEqual([late.status, late.bytes], [late.status, (await get(client)).bytes]);
      assert.ok([200, 206].includes(late.status), String(late.status));
    });

    if (way === "a range") continue;
    test(`${way} whose bytes break off is not taken for whole`, async () => {
      const userId = server.user();
      const client = daring(server, userId);
      ok(await client.put(FILE, randomBytes(SIZE)));
      const broken = failing(server, userId, [{ operation: "get", kind: "cut" }], () => get(client));
      if (way === "read") failed(await broken);
      else await assert.rejects(broken, /aborted|ECONNRESET|hang up/);
    });
  }

  for (const kind of /** @type {const} */ (["error", "lost", "late"])) {
    test(`what the alarm cannot remove at once (${kind}) is removed the next time`, async () => {
      const userId = server.user();
      const client = daring(server, userId);
      ok(await client.put(FILE, randomBytes(SIZE)));
      ok(await client.remove(FILE, { permanent: true }));
      await failing(server, userId, [{ operation: "delete", kind, times: 2 }], () => onlyLive(server, userId));
      assert.deepEqual([...(await server.objects("DATA", `users/${userId}/`)).keys()], []);
    });

    test(`an upload in parts that the alarm cannot end at once (${kind}) leaves nothing`, async () => {
      const userId = server.user();
      const client = daring(server, userId);
      /** @type {Fault[]} */
      const faults = [
        { operation: "uploadPart", kind: "error", skip: 1, times: 1 },
        { operation: "abort", kind, times: 1 },
      ];
      await failing(server, userId, faults, async () => {
        failed(await client.put(FILE, [randomBytes(TWO_PARTS)]));
        assert.deepEqual(await onlyLive(server, userId), []);
      });
    });
  }
});

test("chats that cannot be had now are 503, and never no chats", async () => {
  const userId = server.user();
  const client = daring(server, userId);
  const key = `users/${userId}/history/main.json`;
  await (await server.r2()).put(key, JSON.stringify({ messages: [{ role: "user", content: "hello" }] }));
  const ask = (/** @type {string} */ route) =>
    client.raw({ method: "GET", target: `/ws/api/${route}${client.url("").search}` });
  for (const [route, operation] of [
    ["history", "get"],
    ["sessions", "list"],
  ])
    for (const kind of /** @type {const} */ (["error", "lost"]))
      failed(await failing(server, userId, [{ operation: String(operation), kind }], () => ask(String(route))));
  assert.equal(ok(await ask("history")).messages.length, 1);
  assert.equal(ok(await ask("sessions")).sessions.length, 1);
  await (await server.r2()).delete(key);
});

test("a reset and the end of an account that the bucket interrupts can be repeated until they are done", async () => {
  const userId = server.user();
  const client = daring(server, userId);
  ok(await client.put(FILE, randomBytes(SIZE)));
  const planted = `users/${userId}/workspace/a.txt`;
  const plant = async () => (await server.r2()).put(planted, "x");
  const reset = () =>
    client.raw({ method: "POST", target: `/api/reset-workspace${client.url("").search}`, body: "{}" });
  const close = () =>
    send(server.url, {
      method: "DELETE",
      target: `/api/account?userId=${userId}`,
      headers: { authorization: `Bearer ${HOST_SECRET}` },
    });
  for (const [work, status] of /** @type {const} */ ([
    [reset, 200],
    [close, 410],
  ])) {
    for (const operation of ["list", "delete"]) {
      for (const kind of /** @type {const} */ (["error", "lost"])) {
        await plant();
        failed(await failing(server, userId, [{ operation, kind }], work));
        assert.equal((await client.list()).status, status);
      }
    }
    await plant();
    ok(await failing(server, userId, [{ operation: "delete", kind: "late", times: 1 }], work));
    assert.ok(!(await server.objects()).has(planted));
  }
  await eventually(
    async () => [...(await server.objects("DATA", `users/${userId}/`)).keys()],
    ({ length }) => length === 0,
  );
});
