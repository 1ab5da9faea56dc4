// One socket that is ours and the host's gateway's: what goes where, what is changed on the way, and a gateway that is down.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gatewayUrl, ROOT } from "./client.mjs";
import { eventually, ok } from "./expect.mjs";
import { CHALLENGE, Gateway } from "./gateway.mjs";
import { start } from "./harness.mjs";
import { Socket } from "./live.mjs";

const gateway = new Gateway();
/** @type {import("./harness.mjs").Server} */
let server;
let port = 0;

before(async () => {
  port = await gateway.start();
  server = await start({ GATEWAY_ORIGIN: `ws://127.0.0.1:${port}/`, GATEWAY_TOKEN: "gateway-token" });
});
// One by one: what the first of them fails on keeps no port open.
after(() => gateway.stop());
after(() => server.stop());

/** @param {string} userId */
const connect = (userId) => new Socket(gatewayUrl(server.url, server.signed(userId))).open();

/** The events of a socket, by name. @param {Socket} socket @param {string} name */
const event = (socket, name) =>
  eventually(
    async () => socket.events.find((told) => told.event === name),
    (told) => told !== undefined,
  );

test("the gateway speaks first, and a connect, chat.history and chat.send arrive, with the token in the connect alone", async () => {
  const userId = server.user();
  const socket = await connect(userId);
  assert.deepEqual((await event(socket, "connect.challenge"))?.payload, CHALLENGE.payload);
  const params = { minProtocol: 3, client: { id: "page", ä: "é" }, auth: { password: "p", token: "of the page" } };
  assert.deepEqual(await socket.get("connect", params), { echo: "connect" });
  assert.deepEqual(await socket.get("chat.history", { sessionKey: "main", limit: 5 }), { echo: "chat.history" });
  assert.deepEqual(await socket.get("chat.send", { message: "hello" }), { echo: "chat.send" });
  assert.deepEqual(await socket.get("connect"), { echo: "connect" });
  const [first, history, send, bare] = gateway.heard.map(({ method, params }) => [method, params]);
  assert.deepEqual(first, ["connect", { ...params, auth: { password: "p", token: "gateway-token" } }]);
  assert.deepEqual(history, ["chat.history", { sessionKey: "main", limit: 5 }]);
  assert.deepEqual(send, ["chat.send", { message: "hello" }]);
  assert.deepEqual(bare, ["connect", { auth: { token: "gateway-token" } }]);
  const [headers] = gateway.opened;
  assert.equal(headers?.["x-user-id"], userId);
  assert.ok(!JSON.stringify(gateway.opened).includes("sig="), "the page's query goes no further");
  gateway.say({ type: "event", event: "chat", payload: { text: "hi" } });
  assert.deepEqual((await event(socket, "chat"))?.payload, { text: "hi" });
  assert.ok(!socket.frames.some((frame) => frame.includes("gateway-token")));
  await socket.close();
});

test("files on the same socket are ours, and the object sleeps all the same", async () => {
  const userId = server.user();
  const socket = await connect(userId);
  await socket.get("files.subscribe");
  await server.sleep(userId);
  await socket.pinged();
  ok(await server.client(userId).write(`${ROOT}/a`, "1"));
  assert.equal((await socket.told(1))[0].path, `${ROOT}/a`);
  assert.equal((await socket.get("files.read", { path: `${ROOT}/a` })).content, "1");
  socket.send("nonsense");
  await eventually(
    async () => socket.frames.map((text) => JSON.parse(text)),
    (frames) => frames.some((frame) => frame.ok === false && frame.error.status === 400),
  );
  assert.ok(!gateway.heard.some(({ method }) => method?.startsWith("files.")));
  await socket.close();
});

test("a page that leaves before the gateway has opened leaves nothing open there", async () => {
  const release = gateway.hold();
  const [opened, open] = [gateway.opened.length, gateway.size];
  const socket = await connect(server.user());
  await socket.close().finally(release);
  await eventually(
    async () => gateway.opened.length,
    (count) => count > opened,
  );
  await eventually(
    async () => gateway.size,
    (size) => size <= open,
  );
});

test("frames wait for a slow gateway, in order, and not without end", async () => {
  const release = gateway.hold();
  const before = gateway.heard.length;
  const socket = await connect(server.user());
  let refused = 0;
  const asked = Array.from({ length: 80 }, async (_, index) => {
    const answer = await socket.ask("chat.send", { index });
    if (!answer.ok) refused += 1;
    return answer;
  });
  // All have arrived when the last of them has been refused; it opens only then.
  await eventually(
    async () => refused,
    (count) => count === 16,
    9_000, // before it is given up
  ).finally(release);
  const answers = await Promise.all(asked);
  assert.deepEqual(
    answers.map((answer) => answer.ok),
    Array.from({ length: 80 }, (_, index) => index < 64),
  );
  assert.match(answers[79].error.message, /not answered yet/);
  assert.deepEqual(
    gateway.heard.slice(before).map(({ params }) => params.index),
    Array.from({ length: 64 }, (_, index) => index),
  );
  await socket.close();
});

test("what a gateway does not read is refused before it fills the memory, and goes on when it reads on", async () => {
  const socket = await connect(server.user());
  await event(socket, "connect.challenge");
  gateway.pause();
  const before = gateway.heard.length;
  const text = "x".repeat(500_000);
  const asked = Promise.all(Array.from({ length: 60 }, (_, index) => socket.ask("chat.send", { index, text })));
  // By then all of them have passed.
  await socket.get("ping");
  gateway.resume();
  const answers = await asked;
  const taken = answers.flatMap((answer, index) => (answer.ok ? [index] : []));
  assert.ok(taken.length > 10 && taken.length < 50, `${taken.length} of 60`);
  for (const { ok: went, error } of answers)
    if (!went)
      assert.deepEqual([error.code, error.message], ["UNAVAILABLE", "The gateway does not keep up; try again"]);
  assert.deepEqual(
    gateway.heard.slice(before).map(({ params }) => params.index),
    taken,
  );
  assert.deepEqual(await socket.get("chat.history"), { echo: "chat.history" });
  await socket.close();
});

test("what the gateway says at its end is told, its reason cut to what a close can carry", async () => {
  const socket = await connect(server.user());
  await event(socket, "connect.challenge");
  gateway.end(4008, "é".repeat(61));
  assert.deepEqual(await socket.ended(), { code: 4008, reason: "é".repeat(61) });
});

test("a gateway that is down is said to be, files go on, and it is there again once it is", async () => {
  await gateway.stop();
  const userId = server.user();
  const socket = await connect(userId);
  const { ok: went, error } = await socket.ask("chat.send", {});
  assert.deepEqual(
    [went, error.code, error.message],
    [false, "UNAVAILABLE", "The gateway is not reachable; try again"],
  );
  const told = socket.frames.length;
  socket.send('{"type":"req","id":7,"method":"chat.send"}');
  const [answer] = await eventually(
    async () => socket.frames.slice(told),
    (frames) => frames.length > 0,
  );
  assert.deepEqual([JSON.parse(answer ?? "").id, JSON.parse(answer ?? "").error.code], [7, "UNAVAILABLE"]);
  assert.equal((await socket.get("files.list")).path, ROOT);
  await gateway.start(port);
  assert.deepEqual(await socket.get("chat.send", {}), { echo: "chat.send" });
  await event(socket, "connect.challenge");
  await socket.close();
});

test("chats that the bucket has need no gateway", async () => {
  const userId = server.user();
  const bucket = await server.r2();
  await bucket.put(
    `users/${userId}/history/main.json`,
    JSON.stringify({ messages: [{ role: "user", content: "hi" }] }),
  );
  const client = server.client(userId);
  const target = client.target("").replace("/api/files", "/ws/api/history");
  assert.equal(ok(await client.raw({ method: "GET", target })).messages.length, 1);
});
