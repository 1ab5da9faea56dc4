// Following, where much goes wrong: outages, callbacks that throw, sockets that do not last, and an account that is gone.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { deleteAccount } from "../dashboard/client/account.ts";
import { connect } from "../dashboard/client/index.ts";
import { gatewayUrl, ROOT } from "./client.mjs";
import { fails, front, say } from "./dashboard-client.mjs";
import { eventually, ok } from "./expect.mjs";
import { serve } from "./harness.mjs";

const HOST_SECRET = "host-secret-0123456789-0123456789";
const server = serve({ HOST_SECRET });

/** What listeners have thrown. @type {unknown[]} */
const reported = [];
const { reportError } = globalThis;
before(() => Object.assign(globalThis, { reportError: (/** @type {unknown} */ error) => reported.push(error) }));
after(() => Object.assign(globalThis, { reportError }));

/** Without sockets, as on a machine that has none. @param {() => Promise<void>} work */
async function socketless(work) {
  const { WebSocket } = globalThis;
  Object.assign(globalThis, { WebSocket: undefined });
  try {
    await work();
  } finally {
    Object.assign(globalThis, { WebSocket });
  }
}

/** @param {import("../dashboard/client/index.ts").Holdfast} client @param {(news: any) => void} [onNews] */
function follow(client, onNews = () => {}) {
  /** @type {string[]} */
  const states = [];
  /** @type {any[]} */
  const news = [];
  const hear = (/** @type {any} */ one) => {
    news.push(one);
    onNews(one);
  };
  const { stop } = client.watch(ROOT, hear, { onState: (state) => states.push(state) });
  const reaches = (/** @type {string} */ state) =>
    eventually(
      async () => states.at(-1),
      (last) => last === state,
      60_000,
    );
  return { states, news, stop, reaches };
}

test("an outage while a request waits is told, and following goes on when it is over", () =>
  socketless(async () => {
    let isUp = true;
    let rev = 5;
    const feed = await front((request, response) => {
      const { searchParams } = new URL(request.url ?? "", "http://feed");
      if (!isUp) return request.socket.destroy();
      const since = Number(searchParams.get("since") ?? rev);
      const answer = () =>
        say(response, 200, { changes: rev > since ? [{ rev, path: `${ROOT}/a` }] : [], rev, more: false });
      if (searchParams.has("wait") && rev <= since) return; // it waits for what is to come
      answer();
    });
    const { news, stop, states, reaches } = follow(connect(feed.url));
    await reaches("live");
    isUp = false;
    feed.server.closeAllConnections();
    await reaches("offline");
    isUp = true;
    rev = 6;
    await reaches("live");
    assert.deepEqual(
      news.flatMap(({ changes }) => changes.map((/** @type {any} */ change) => change.rev)),
      [6],
    );
    assert.deepEqual(states, ["live", "offline", "live"]);
    stop();
    feed.close();
  }));

for (const [how, run] of /** @type {const} */ ([
  ["a socket", (/** @type {() => Promise<void>} */ work) => work()],
  ["requests that wait", socketless],
]))
  test(`a callback that throws stops nothing and is no outage: by ${how}`, () =>
    run(async () => {
      const userId = server.user();
      const raw = server.client(userId);
      ok(await raw.mkdir(`${ROOT}/d`));
      const broken = new Error("broken");
      const { news, stop, states, reaches } = follow(connect(gatewayUrl(server.url, server.signed(userId))), () => {
        throw broken;
      });
      await reaches("live");
      reported.length = 0;
      for (const name of ["1", "2", "3"]) {
        const told = news.length;
        ok(await raw.write(`${ROOT}/d/${name}`, name));
        await eventually(
          async () => news.length,
          (count) => count > told,
        );
      }
      assert.deepEqual(states, ["live"]);
      assert.ok(reported.length === news.length && reported.every((error) => error === broken));
      stop();
    }));

for (const [how, run] of /** @type {const} */ ([
  ["a socket", (/** @type {() => Promise<void>} */ work) => work()],
  ["requests that wait", socketless],
]))
  test(`an account that is deleted ends the watch, quietly: by ${how}`, () =>
    run(async () => {
      const userId = server.user();
      let asked = 0;
      const count = (/** @type {any} */ url, /** @type {any} */ init) => {
        asked += 1;
        return fetch(url, init);
      };
      const client = connect(gatewayUrl(server.url, server.signed(userId)), { fetch: count });
      ok(await server.client(userId).mkdir(`${ROOT}/d`));
      const { reaches, states, stop } = follow(client);
      await reaches("live");
      const account = { base: server.url, userId, hostSecret: HOST_SECRET };
      await fails(deleteAccount({ ...account, hostSecret: "another" }), 401, /./);
      assert.deepEqual(await deleteAccount(account), { success: true, userId });
      await reaches("gone");
      asked = 0;
      await sleep(1500);
      assert.equal(asked, 0);
      assert.deepEqual(
        states.filter((state) => state === "gone"),
        ["gone"],
      );
      stop();
      const again = follow(client);
      await again.reaches("gone");
      assert.equal(asked, 1);
      again.stop();
    }));

/** A socket that says that it has begun, and ends. @param {import("node:http").IncomingMessage} request @param {import("node:stream").Duplex} peer */
function brief({ headers }, peer) {
  const key = `${headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`; // as RFC 6455 has it
  const accept = createHash("sha1").update(key).digest("base64");
  const head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  peer.write(`${head}Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
  peer.on("error", () => {});
  peer.once("data", () => {
    const begun = Buffer.from(JSON.stringify({ type: "res", id: "follow", ok: true, payload: { rev: 5 } }));
    peer.end(Buffer.concat([Buffer.from([0x81, begun.length]), begun, Buffer.from([0x88, 0])]));
  });
}

test("sockets that begin and end at once are not opened again and again", async () => {
  let opened = 0;
  const feed = await front((request, response) => {
    const { searchParams } = new URL(request.url ?? "", "http://feed");
    if (!searchParams.has("wait")) say(response, 200, { changes: [], rev: 5, more: false });
  });
  feed.server.on("upgrade", (request, peer) => {
    opened += 1;
    brief(request, peer);
  });
  const { stop, states, reaches } = follow(connect(feed.url));
  await reaches("live");
  await eventually(
    async () => opened,
    (many) => many >= 2,
  );
  await sleep(4000);
  assert.equal(opened, 2);
  assert.deepEqual(states, ["live"]);
  stop();
  feed.close();
});

test("a request that is never answered is given up, and following goes on", () =>
  socketless(async () => {
    const feed = await front((_, response) => {
      if (feed.asked() > 1) say(response, 200, { changes: [], rev: 5, more: false });
    });
    // As if the machine had slept: what is to last a minute is over at once.
    const { setTimeout: begin } = globalThis;
    const hurried = (/** @type {() => void} */ work, /** @type {number} */ ms) => begin(work, ms >= 60_000 ? 1000 : ms);
    Object.assign(globalThis, { setTimeout: hurried });
    try {
      const { states, stop, reaches } = follow(connect(feed.url));
      await reaches("live");
      stop();
      assert.ok(states.includes("offline"));
    } finally {
      Object.assign(globalThis, { setTimeout: begin });
      feed.close();
    }
  }));

test("why nothing can be followed is told; what never can be is not asked for again", async () => {
  const userId = server.user();
  /** @type {[string, string | undefined][]} */
  const told = [];
  const onState = (/** @type {string} */ state, /** @type {Error | undefined} */ reason) =>
    told.push([state, reason?.message]);
  connect(gatewayUrl(server.url, server.signed(userId))).watch("/etc", () => {}, { onState });
  const all = async () => told;
  await eventually(all, ({ length }) => length > 0);
  assert.deepEqual(told, [["refused", "Path must be within workspace"]]);
  told.length = 0;
  const expired = connect(gatewayUrl(server.url, server.signed(userId, { exp: "1000000000" })));
  const { stop } = expired.watch(ROOT, () => {}, { onState });
  await eventually(all, ({ length }) => length > 0);
  assert.deepEqual(told, [["offline", "Unauthorized"]]);
  stop();
});
