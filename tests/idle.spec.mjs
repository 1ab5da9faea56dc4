// What a socket costs while nothing happens, and what it survives: the object's sleep, the end of the wasm instance, a restart.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { gatewayUrl, ROOT } from "./client.mjs";
import { eventually, inParallel, ok, refused } from "./expect.mjs";
import { GLUE, start } from "./harness.mjs";
import { PING, PONG, Socket } from "./live.mjs";

/** The platform puts an object to sleep when nothing has happened for about ten seconds. */
const ASLEEP_MS = 15_000;
const MADE = "an object is made";
const WAITS = "somebody waits";

/** The built glue, but that it says when an object is made or a wait has come, and traps where a URL names this user. */
function telling(/** @type {string} */ unlucky) {
  const glue = readFileSync(GLUE, "utf8");
  const made = glue.replace(/(\w+)\.workspace_new\(/g, `(console.warn("${MADE}"),$1).workspace_new(`);
  assert.notEqual(made, glue, "the constructor of objects is in the glue");
  const told = made.replace(/(__wbg_url_\w+:\s*function\(\w+,\s*(\w+)\)\s*\{)/, (head, _, request) => {
    const told = `if (${request}.url.includes("wait=")) console.warn("${WAITS}");`;
    return `${head} ${told} if (${request}.url.includes("${unlucky}")) throw new WebAssembly.RuntimeError("unreachable");`;
  });
  assert.notEqual(told, made, "the import that hands over a URL is in the glue");
  return told;
}

/** @param {import("./harness.mjs").Server} server @param {string} userId */
const connect = (server, userId) => new Socket(gatewayUrl(server.url, server.signed(userId))).open();

test("followers and their pings let the object sleep, and a change wakes it once for all of them", async () => {
  const server = await start({}, telling("user_unlucky"));
  const made = () => server.logs.filter((line) => line.includes(MADE)).length;
  try {
    const userId = server.user();
    const sockets = await Promise.all(Array.from({ length: 5 }, () => connect(server, userId)));
    for (const socket of sockets) await socket.get("files.subscribe");
    ok(await server.client(userId).write(`${ROOT}/a`, "1"));
    for (const socket of sockets) await socket.told(1);
    // What is logged comes by a way of its own.
    await eventually(
      async () => made(),
      (count) => count > 0,
    );
    assert.equal(made(), 1);
    // The copy is the last thing that it does; only the bucket is asked for it.
    await eventually(
      () => server.objects("DATA", `users/${userId}/workspace/`),
      ({ size }) => size > 0,
    );
    // It sleeps by itself, although somebody pings all the while: otherwise it would not have to be made again.
    for (let pings = 0; pings < ASLEEP_MS / 1000; pings += 1) {
      for (const socket of sockets) socket.send(PING);
      await sleep(1000);
    }
    await eventually(
      async () => sockets.map((socket) => socket.frames.filter((frame) => frame === PONG).length),
      (pongs) => pongs.every((count) => count >= ASLEEP_MS / 1000 - 1),
    );
    assert.equal(made(), 1, "nothing has woken it");
    ok(await server.client(userId).write(`${ROOT}/b`, "2"));
    for (const socket of sockets) assert.equal((await socket.told(2))[1].path, `${ROOT}/b`);
    await eventually(
      async () => made(),
      (count) => count > 1,
    );
    assert.equal(made(), 2, "it was asleep, and is made once");
    for (const socket of sockets) await socket.close();
  } finally {
    await server.stop();
  }
});

test("a trap in the middle costs no follower a change, and who waits is told to try again", async () => {
  const server = await start({}, telling("user_unlucky"));
  try {
    const userId = server.user();
    const client = server.client(userId);
    const socket = await connect(server, userId);
    await socket.get("files.subscribe");
    ok(await client.write(`${ROOT}/0`, "0"));
    for (let round = 1; round <= 3; round += 1) {
      const seen = server.logs.length;
      const waiting = client.request("GET", "/changes", { params: { wait: 30 } });
      await eventually(
        async () => server.logs.slice(seen),
        (lines) => lines.some((line) => line.includes(WAITS)),
      );
      refused(await server.client("user_unlucky").list(), 503);
      refused(await waiting, 503);
      ok(await client.write(`${ROOT}/${round}`, "x"));
      assert.equal((await socket.get("files.list")).files.length, round + 1);
    }
    const changes = await socket.told(4);
    assert.deepEqual(
      changes.map(({ rev }) => rev),
      [3, 4, 5, 6],
    );
    await socket.close();
  } finally {
    await server.stop();
  }
});

test("a restart ends sockets, and who comes back with its rev has missed nothing", async () => {
  const server = await start();
  try {
    const userId = server.user();
    const first = await connect(server, userId);
    await first.get("files.subscribe");
    ok(await server.client(userId).write(`${ROOT}/a`, "1"));
    const [{ rev }] = await first.told(1);
    await server.restart();
    await first.ended();
    ok(await server.client(userId).write(`${ROOT}/b`, "1"));
    const second = await connect(server, userId);
    await second.get("files.subscribe", { since: rev });
    ok(await server.client(userId).write(`${ROOT}/c`, "1"));
    assert.deepEqual(
      (await second.told(2)).map((change) => change.path),
      [`${ROOT}/b`, `${ROOT}/c`],
    );
    await second.close();
  } finally {
    await server.stop();
  }
});

test("a user has so many sockets and a socket so many requests at a time, and no more", async () => {
  const server = await start();
  try {
    const userId = server.user();
    const begun = Date.now();
    const sockets = await inParallel(Array.from({ length: 100 }), () => connect(server, userId));
    const [first] = sockets;
    assert.ok(first);
    const start = Date.now();
    assert.deepEqual(await new Socket(gatewayUrl(server.url, server.signed(userId))).ended(), {
      code: 4429,
      reason: "Too many sockets are open; close some of them",
    });
    // At once, as far as a machine is able to that takes so long for a hundred.
    const took = Date.now() - start;
    assert.ok(took < 5000 + (start - begun), `${took} ms`);
    const { rev } = await first.get("files.changes");
    /** @type {any[]} */
    const answers = [];
    const asked = Array.from({ length: 40 }, async () => {
      answers.push(await first.ask("files.changes", { since: rev, wait: 30 }));
    });
    // The others wait until there is something to tell, and nobody has had to be quick.
    await eventually(
      async () => answers.length,
      (count) => count >= 24,
    );
    ok(await server.client(userId).write(`${ROOT}/a`, "1"));
    await Promise.all(asked);
    const refused = answers.filter((answer) => !answer.ok);
    assert.equal(answers.length - refused.length, 16);
    assert.ok(refused.every(({ error }) => error.status === 429 && error.retryable));
    await first.close();
    const another = await connect(server, userId);
    await another.get("ping");
    await inParallel([...sockets.slice(1), another], (socket) => socket.close());
  } finally {
    await server.stop();
  }
});
