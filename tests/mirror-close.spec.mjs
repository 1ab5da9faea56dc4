// Whoever leaves a page finds in a sandbox what they have left: the end of a socket brings the bucket copy up to date at once.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gatewayUrl, ROOT } from "./client.mjs";
import { eventually, ok } from "./expect.mjs";
import { Gateway } from "./gateway.mjs";
import { start } from "./harness.mjs";
import { Socket, StubbornReader } from "./live.mjs";
import { caughtUp, copied, writeUnheard } from "./mirror.mjs";

const gateway = new Gateway();
/** @type {import("./harness.mjs").Server} */
let server;

before(async () => {
  server = await start();
});
// One by one: what the first of them fails on keeps no port open.
after(() => gateway.stop());
after(() => server.stop());

/** @param {string} userId */
const url = (userId) => gatewayUrl(server.url, server.signed(userId));

/** @param {string} userId @returns {Promise<number | undefined>} */
const dueMs = async (userId) => (await server.sql(userId, "SELECT due_ms FROM timer WHERE what = 'mirror'"))[0]?.due_ms;

/** Writes a file of which the copy would hear in an hour by itself. @param {string} userId */
async function leave(userId) {
  const later = await writeUnheard(server, userId, `${ROOT}/left.txt`, "left");
  assert.equal(await dueMs(userId), later);
  assert.equal((await copied(server, userId)).size, 0);
}

/** Waits until the file is there, asking nobody but the bucket. @param {string} userId */
async function isThere(userId) {
  const found = await eventually(
    () => copied(server, userId),
    (files) => files.size > 0,
  );
  assert.deepEqual([...found].map(String), ["left.txt,left"]);
  await eventually(
    () => dueMs(userId),
    (due) => due === undefined,
  );
}

test("a socket that says goodbye, with the object awake", async () => {
  const userId = server.user();
  const socket = await new Socket(url(userId)).open();
  await leave(userId);
  await socket.close();
  await isThere(userId);
});

test("a socket that says goodbye, with the object asleep", async () => {
  const userId = server.user();
  const socket = await new Socket(url(userId)).open();
  await socket.get("files.subscribe");
  await leave(userId);
  await server.sleep(userId);
  await socket.close();
  await isThere(userId);
});

test("a socket that is lost", async () => {
  const userId = server.user();
  const reader = new StubbornReader(new URL(url(userId)));
  await reader.follow();
  await leave(userId);
  reader.lose();
  await isThere(userId);
});

test("one of two sockets that leaves", async () => {
  const userId = server.user();
  const [stays, leaves] = [await new Socket(url(userId)).open(), await new Socket(url(userId)).open()];
  await leave(userId);
  await leaves.close();
  await isThere(userId);
  assert.equal(stays.closed, undefined);
  await stays.close();
});

test("a socket that has left nothing costs the copy nothing", async () => {
  const userId = server.user();
  const client = server.client(userId);
  ok(await client.write(`${ROOT}/left.txt`, "left"));
  await caughtUp(server, userId);
  await eventually(
    () => dueMs(userId),
    (due) => due === undefined,
  );
  const socket = await new Socket(url(userId)).open();
  await socket.close();
  assert.equal(await dueMs(userId), undefined);
});

test("a page whose socket is the gateway's too", async () => {
  const port = await gateway.start();
  await server.restart({ GATEWAY_ORIGIN: `ws://127.0.0.1:${port}/` });
  const userId = server.user();
  const socket = await new Socket(url(userId)).open();
  assert.deepEqual(await socket.get("connect"), { echo: "connect" });
  await leave(userId);
  await socket.close();
  await isThere(userId);
});
