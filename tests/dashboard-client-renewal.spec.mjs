// A gateway URL that expires: before an upload, under a line to the agent, and where the new one is another's. And what else a line
// to the agent outlives.

import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "../dashboard/client/index.ts";
import { gatewayUrl, ROOT } from "./client.mjs";
import { fails, front, say } from "./dashboard-client.mjs";
import { eventually } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve();
const EXPIRED = "1000000000";

/** @param {string} origin @param {{ exp?: string, user?: string }} [of] */
const url = (origin, { exp = "9999999999", user = "user_a" } = {}) =>
  `${origin.replace("http", "ws")}/ws?userId=${user}&exp=${exp}&sig=x`;

test("an upload does not wait for its refusal: a line that is cut while the bytes are on their way tells none", async () => {
  const worker = await front((request, response) => {
    const { searchParams } = new URL(request.url ?? "", "http://worker");
    const isExpired = searchParams.get("exp") === EXPIRED;
    if (isExpired && request.method === "PUT") return request.socket.destroy();
    if (isExpired) return say(response, 401, { error: "Unauthorized", details: "URL expired" });
    request.resume().on("end", () => say(response, 200, { success: true, size: 1 }));
  });
  const renew = async () => url(worker.origin);
  const { files } = connect(url(worker.origin, { exp: EXPIRED }), { renew });
  assert.equal((await files.upload(`${ROOT}/a`, new Blob(["a"]))).size, 1);
  worker.close();
});

test("whether a URL has expired is not this machine's clock to say", async () => {
  const worker = await front((request, response) => {
    request.resume().on("end", () => say(response, 200, { success: true, files: [] }));
  });
  let renewals = 0;
  const renew = async () => {
    renewals += 1;
    return url(worker.origin);
  };
  const { files } = connect(url(worker.origin, { exp: EXPIRED }), { renew });
  await files.list();
  await files.upload(`${ROOT}/a`, new Blob(["a"]));
  assert.equal(renewals, 0);
  worker.close();
});

test("what is meant for one workspace is not done in another, whoever has logged in meanwhile", async () => {
  const other = server.user();
  const renew = async () => gatewayUrl(server.url, server.signed(other));
  const expired = gatewayUrl(server.url, server.signed(server.user(), { exp: EXPIRED }));
  const { files, gateway } = connect(expired, { renew });
  await fails(files.write(`${ROOT}/a.md`, "a"), 401, /another user/);
  assert.notEqual(gateway.userId, other);
  assert.deepEqual((await connect(await renew()).files.list()).files, []);
});

/** A line, and what it is told. @param {import("../dashboard/client/index.ts").Holdfast} client */
function listen(client, onState = (/** @type {string} */ _) => {}) {
  /** @type {[string, string | undefined][]} */
  const told = [];
  const line = client.chats.line({
    onState: (state, reason) => {
      told.push([state, reason?.message]);
      onState(state);
    },
    onChat() {},
  });
  const hears = (/** @type {string} */ state, /** @type {string} */ reason) =>
    eventually(
      async () => told,
      (all) => all.some(([one, why]) => one === state && (why ?? "") === reason),
      60_000,
    );
  return { line, hears };
}

test("a line to the agent renews an address that has expired, or says that it cannot", async () => {
  const userId = server.user();
  const expired = gatewayUrl(server.url, server.signed(userId, { exp: EXPIRED }));
  const client = connect(expired, { renew: async () => gatewayUrl(server.url, server.signed(userId)) });
  // There is no gateway behind this Worker: it says so to whoever it lets in.
  const renewed = listen(client);
  await renewed.hears("none", "");
  const stuck = listen(connect(expired));
  await stuck.hears("connecting", "Unauthorized");
  stuck.line.close();
});

test("a line goes on though a listener throws", async () => {
  /** @type {unknown[]} */
  const reported = [];
  const { reportError } = globalThis;
  Object.assign(globalThis, { reportError: (/** @type {unknown} */ error) => reported.push(error) });
  try {
    const client = connect(gatewayUrl(server.url, server.signed(server.user())));
    const { hears } = listen(client, () => {
      throw new Error("mine");
    });
    await hears("none", "");
    assert.match(String(reported[0]), /mine/);
  } finally {
    Object.assign(globalThis, { reportError });
  }
});

test("a line whose other end has gone without a word is opened anew", async () => {
  let opened = 0;
  class Silent {
    static OPEN = 1;
    readyState = 1;
    constructor() {
      opened += 1;
    }
    send() {}
    close() {
      // @ts-expect-error: who opens it sets it
      this.onclose?.({ code: 1006 });
    }
  }
  const { WebSocket, setInterval: repeat } = globalThis;
  const { now } = Date;
  // As if the machine had slept: it asks soon whether anybody is there, and long after it was last told.
  const hurried = (/** @type {() => void} */ work) => repeat(work, 10);
  Object.assign(globalThis, { WebSocket: Silent, setInterval: hurried });
  try {
    const client = connect("ws://127.0.0.1:1/ws?userId=user_a&exp=9999999999&sig=x");
    const { line } = listen(client);
    const count = async () => opened;
    await eventually(count, (sockets) => sockets === 1);
    Date.now = () => now() + 80_000;
    await eventually(count, (sockets) => sockets > 1);
    line.close();
  } finally {
    Date.now = now;
    Object.assign(globalThis, { WebSocket, setInterval: repeat });
  }
});
