// Followers under load: every change once and in order, over disconnects and sleep; and readers that do not read.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { gatewayUrl, ROOT } from "./client.mjs";
import { eventually, inParallel, ok } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { Socket, StubbornReader } from "./live.mjs";

const server = serve();
const FILES = 1000;

/** @param {string} userId */
const connect = (userId) => new Socket(gatewayUrl(server.url, server.signed(userId))).open();

/** Follows a user until it has been told of a rev, coming back each time it is cut off. */
class Follower {
  /** @type {number[]} */
  revs = [];
  sockets = 0;

  constructor(/** @type {string} */ userId, /** @type {number} */ since) {
    this.userId = userId;
    this.since = since;
  }

  async begin() {
    this.sockets += 1;
    this.socket = await connect(this.userId);
    this.socket.onchange = ({ rev }) => {
      this.revs.push(rev);
      this.since = rev;
    };
    await this.socket.get("files.subscribe", { since: this.since });
  }

  async cut() {
    await this.socket?.close();
    await this.begin();
  }
}

test("two followers are told each of 1,000 files once and in order, over a disconnect and the object's sleep", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const { rev } = ok(await client.request("GET", "/changes"));
  const [first, second] = [new Follower(userId, rev), new Follower(userId, rev)];
  await Promise.all([first.begin(), second.begin()]);
  let written = 0;
  const cuts = new Map([
    [200, () => first.cut()],
    [400, () => server.sleep(userId)],
    [600, () => second.cut()],
    [800, () => server.sleep(userId)],
  ]);
  /** @type {Promise<void>[]} */
  const cutting = [];
  await inParallel(
    Array.from({ length: FILES }, (_, index) => index),
    async (index) => {
      // An object that is put to sleep by force interrupts who is writing: every write can be repeated.
      await eventually(
        async () => (await client.write(`${ROOT}/files/${index}`, `${index}`)).status,
        (status) => status === 200,
      );
      written += 1;
      const cut = cuts.get(written);
      if (cut) cutting.push(cut());
    },
    8,
  );
  await Promise.all(cutting);
  const newest = ok(await client.request("GET", "/changes")).rev;
  const all = Array.from({ length: newest - rev }, (_, index) => rev + 1 + index);
  for (const follower of [first, second]) {
    await eventually(
      async () => follower.since,
      (since) => since === newest,
    );
    assert.deepEqual(follower.revs, all);
    assert.equal(follower.sockets, 2);
    await follower.socket?.close();
  }
});

test("a follower of one transaction of 15,000 changes is told all of them, at its own pace", async () => {
  const userId = server.user();
  const client = server.client(userId);
  ok(await client.write(`${ROOT}/d/one`, "1"));
  await server.plant(userId, "d", 15_000);
  const socket = await connect(userId);
  await socket.get("files.subscribe");
  ok(await client.copy(`${ROOT}/d`, `${ROOT}/e`));
  const changes = await socket.told(15_002);
  assert.equal(changes.length, 15_002);
  changes.reduce((before, { rev }) => {
    assert.equal(rev, before + 1);
    return rev;
  }, changes[0].rev - 1);
  ok(await client.write(`${ROOT}/d/one`, "2"));
  await socket.told(15_003);
  await socket.close();
});

test("a reader that stops reading is let go with 4408, and comes back with the last rev that it has read", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const { rev } = ok(await client.request("GET", "/changes"));
  const reader = new StubbornReader(new URL(gatewayUrl(server.url, server.signed(userId))));
  await reader.follow();
  // Long names, twice in each event, fill what lies between the two sooner.
  const name = "n".repeat(250);
  const folder = `${ROOT}/${Array.from({ length: 14 }, () => name).join("/")}`;
  ok(await client.write(`${folder}/0`, ""));
  for (let move = 0; move < 2000; move += 1) ok(await client.move(`${folder}/${move}`, `${folder}/${move + 1}`));
  const { code, last } = await reader.rest();
  const newest = ok(await client.request("GET", "/changes")).rev;
  assert.equal(code, 4408);
  assert.ok(last > rev && last < newest - 500, `${last} of ${newest}`);
  const follower = new Follower(userId, last);
  await follower.begin();
  await eventually(
    async () => follower.since,
    (since) => since === newest,
  );
  assert.deepEqual(
    follower.revs,
    Array.from({ length: newest - last }, (_, index) => last + 1 + index),
  );
  await follower.socket?.close();
});

test("a reader that asks on and on and reads nothing is let go with 4408, and nobody else is interrupted", async () => {
  const userId = server.user();
  const [client, other] = [server.client(userId), server.client()];
  ok(await client.write(`${ROOT}/k`, "x".repeat(900_000)));
  ok(await other.write(`${ROOT}/o`, "x"));
  const reader = new StubbornReader(new URL(gatewayUrl(server.url, server.signed(userId))));
  await reader.follow();
  const read = { type: "req", method: "files.read", params: { path: `${ROOT}/k` } };
  reader.send(...Array.from({ length: 16 }, (_, index) => JSON.stringify({ ...read, id: `${index}` })));
  // Until what lies between the two is full, which nobody here can see: by then others have been answered the same, more often.
  for (let count = 0; count < 20; count += 1) ok(await client.read(`${ROOT}/k`));
  await sleep(1000);
  reader.send(...Array.from({ length: 15_000 }, () => "x"));
  for (let count = 0; count < 100; count += 1) {
    ok(await other.stat(`${ROOT}/o`));
    await sleep(20);
  }
  assert.equal((await reader.rest()).code, 4408);
  assert.deepEqual(
    server.logs.filter((line) => line.includes("panicked")),
    [],
  );
});
