// The socket: who may have one, what is told on it, and requests as frames.

import assert from "node:assert/strict";
import { test } from "node:test";
import { gatewayUrl, ROOT, send } from "./client.mjs";
import { eventually, keys, ok, TIME } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { Socket } from "./live.mjs";

const server = serve();

/** @typedef {{ exp?: string, secret?: string }} How */

/** A socket of a user, open or refused. @param {string} userId @param {How} [how] */
const connect = (userId, how) => new Socket(gatewayUrl(server.url, server.signed(userId, how))).open();

/** What a plain request of a socket's URL asks for. */
const target = (/** @type {string} */ url) => new URL(url).pathname + new URL(url).search;

test("a bad query is told by a close that a browser can read, and without an upgrade by the 401", async () => {
  const late = { exp: String(Math.floor(Date.now() / 1000) - 10) };
  for (const [how, reason] of /** @type {[How, string][]} */ ([
    [late, "URL expired"],
    [{ secret: "another" }, "Invalid signature"],
    [{ exp: "soon" }, "Invalid exp format"],
  ])) {
    const url = gatewayUrl(server.url, server.signed("user_refused", how));
    assert.deepEqual(await new Socket(url).ended(), { code: 4401, reason });
    const plain = await send(server.url, { method: "GET", target: target(url) });
    assert.deepEqual([plain.status, plain.body], [401, { error: "Unauthorized", details: reason }]);
  }
  const bare = await new Socket(`${server.url.replace("http", "ws")}/ws`).ended();
  assert.deepEqual(bare, { code: 4401, reason: "Missing required params (userId, exp, sig)" });
  const signed = target(gatewayUrl(server.url, server.signed("user_plain")));
  const plain = await send(server.url, { method: "GET", target: signed });
  assert.equal(plain.status, 426);
});

test("an open socket lives on when its query has expired", async () => {
  const userId = server.user();
  // Where the machine is too slow to open it in two seconds, it gets more.
  let [soon, isOpen] = [0, false];
  /** @type {Socket} */
  let socket;
  for (let seconds = 2; !isOpen; seconds *= 2) {
    assert.ok(seconds < 100, "it is never open");
    soon = Math.floor(Date.now() / 1000) + seconds;
    socket = await connect(userId, { exp: String(soon) });
    isOpen = (await socket.ask("ping")).ok;
  }
  await socket.get("files.subscribe");
  await eventually(
    async () => Date.now() / 1000,
    (now) => now > soon + 1,
  );
  await socket.get("files.write", { path: `${ROOT}/late.md`, content: "still here" });
  assert.equal((await socket.get("files.read", { path: `${ROOT}/late.md` })).content, "still here");
  await socket.told(1);
  await socket.close();
});

test("a change is told to those who follow it, once, with what the entry is", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const [all, some, none] = [await connect(userId), await connect(userId), await connect(userId)];
  const stranger = await connect(server.user());
  await all.get("files.subscribe");
  await some.get("files.subscribe", { path: `${ROOT}/notes` });
  await stranger.get("files.subscribe");
  const agent = { "x-actor": "agent", "x-turn": "turn-1" };
  ok(await client.write(`${ROOT}/notes/a.md`, "one", {}, agent));
  ok(await client.write(`${ROOT}/other.md`, "two"));
  ok(await client.move(`${ROOT}/notes`, `${ROOT}/moved`));
  const changes = await all.told(4);
  const told = changes.map(({ kind, path, from, type, size }) => [kind, path, from, type, size]);
  assert.deepEqual(told, [
    ["mkdir", `${ROOT}/notes`, undefined, "directory", 0],
    ["create", `${ROOT}/notes/a.md`, undefined, "file", 3],
    ["create", `${ROOT}/other.md`, undefined, "file", 3],
    ["move", `${ROOT}/moved`, `${ROOT}/notes`, "directory", 0],
  ]);
  const [, created] = changes;
  assert.deepEqual(keys(created), ["actor", "at", "kind", "modified", "path", "rev", "size", "turn", "type"]);
  assert.deepEqual([created.actor, created.turn], ["agent", "turn-1"]);
  assert.match(created.modified, TIME);
  assert.deepEqual(
    changes.map(({ rev }) => rev),
    [3, 4, 5, 6],
  );
  assert.deepEqual(
    (await some.told(3)).map(({ rev }) => rev),
    [3, 4, 6],
  );
  await all.get("files.unsubscribe");
  ok(await client.write(`${ROOT}/moved/b.md`, "x"));
  await all.get("ping");
  assert.deepEqual([all.changes().length, none.events.length, stranger.events.length], [4, 0, 0]);
  for (const socket of [all, some, none, stranger]) await socket.close();
});

test("who was away is told what it has missed, and where the feed has no more it has to list again", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const socket = await connect(userId);
  const { rev } = await socket.get("files.subscribe");
  ok(await client.write(`${ROOT}/a`, "1"));
  const [first] = await socket.told(1);
  assert.equal(first.rev, rev + 1);
  await socket.close();
  for (const name of ["b", "c", "d"]) ok(await client.write(`${ROOT}/${name}`, "1"));
  const again = await connect(userId);
  assert.deepEqual(await again.get("files.subscribe", { since: first.rev }), { rev: first.rev });
  assert.deepEqual(
    (await again.told(3)).map((change) => change.path),
    ["b", "c", "d"].map((name) => `${ROOT}/${name}`),
  );
  await server.sql(userId, "DELETE FROM change WHERE rev <= ?", first.rev + 1);
  const refused = await again.ask("files.subscribe", { since: rev });
  const { error, rev: newest } = refused.error.details;
  assert.deepEqual([refused.ok, refused.error.status, newest], [false, 410, first.rev + 3]);
  assert.equal(refused.error.message, error);
  await again.close();
});

test("requests as frames do what HTTP does, and are refused in the same words", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const socket = await connect(userId);
  const path = `${ROOT}/notes/ä b+c%.md`;
  const written = await socket.ask("files.write", { path, content: "hello", actor: "agent", turn: "turn-9" });
  assert.equal(written.payload.size, 5);
  const plain = ok(await client.stat(path));
  assert.deepEqual([written.etag, await socket.get("files.stat", { path })], [plain.etag, plain]);
  assert.deepEqual(
    await socket.get("files.list", { recursive: true }),
    ok(await client.list(ROOT, { recursive: true })),
  );
  assert.equal((await socket.get("files.read", { path })).content, "hello");
  assert.equal((await socket.get("files.versions", { path })).versions[0].turn, "turn-9");
  const unchanged = await socket.ask("files.read", { path, ifNoneMatch: written.etag });
  assert.deepEqual(unchanged.payload, { notModified: true });
  const lost = await socket.ask("files.write", { path, content: "x", ifMatch: '"other"' });
  assert.deepEqual([lost.error.status, lost.error.details.etag], [412, written.etag]);
  await socket.get("files.mkdir", { path: `${ROOT}/d` });
  await socket.get("files.copy", { from: path, to: `${ROOT}/d/copy.md` });
  await socket.get("files.move", { from: `${ROOT}/d/copy.md`, to: `${ROOT}/d/moved.md` });
  const { trashPath } = await socket.get("files.delete", { path: `${ROOT}/d` });
  assert.equal((await socket.get("files.trash")).files[0].trashPath, trashPath);
  await socket.get("files.restore", { trashPath });
  assert.deepEqual(await socket.get("files.trash.empty"), { success: true, count: 0, bytes: 0 });
  const { changes } = await socket.get("files.changes", { since: 0, path });
  assert.deepEqual(
    changes.map((/** @type {any} */ change) => change.kind),
    ["mkdir", "create"],
  );
  for (const [method, params, status, message] of /** @type {[string, any, number, string][]} */ ([
    ["files.read", { path: `${ROOT}/none` }, 404, "File not found"],
    ["files.read", { path: "/etc/passwd" }, 400, "Path must be within workspace"],
    ["files.read", {}, 400, "Path required"],
    ["files.subscribe", { path: `${ROOT}/../x` }, 400, "Path traversal not allowed"],
    ["files.subscribe", { since: -1 }, 400, "since must be a whole number from 0"],
    [
      "files.write",
      { path, content: "x", actor: "two words" },
      400,
      "X-Actor must be 1 to 128 visible ASCII characters, and not . or ..",
    ],
    [
      "files.write",
      { path, content: "x", turn: "\u0394" },
      400,
      "X-Turn must be 1 to 128 visible ASCII characters, and not . or ..",
    ],
    ["files.write", { path, content: "x", actor: "a\r\nX-User: b" }, 400, "actor must be one line of text"],
    ["files.write", { path, content: "x", turn: ["a\nb"] }, 400, "turn must be one line of text"],
    ["files.list", "text", 400, "The params must be an object of texts, numbers and switches"],
    ["files.list", [["path", ROOT]], 400, "The params must be an object of texts, numbers and switches"],
    ["files.subscribe", [], 400, "The params must be an object of texts, numbers and switches"],
    ["files.subscribe", "text", 400, "The params must be an object of texts, numbers and switches"],
    ["files.nothing", {}, 404, "There is no such method"],
    ["chat.send", {}, 501, "No gateway is configured: this service answers ping and files.… only"],
    ["connect", {}, 501, "No gateway is configured: this service answers ping and files.… only"],
  ])) {
    const { ok: went, error } = await socket.ask(method, params);
    assert.deepEqual([went, error.status, error.message], [false, status, message], method);
    assert.equal(error.code, status < 500 ? "INVALID_REQUEST" : "UNAVAILABLE");
  }
  await socket.close();
});

test("the longest path can be followed, whatever it is made of", async () => {
  const userId = server.user();
  const client = server.client(userId);
  // As JSON a quote is two characters; one wide character more may make each of them two bytes.
  for (const char of ['"', "漢"]) {
    const most = Math.floor(255 / Buffer.byteLength(char));
    let path = `${ROOT}/漢`;
    for (let left = 4090 - Buffer.byteLength(path); left > 3; left = 4090 - Buffer.byteLength(path))
      path += `/${char.repeat(Math.min(most, Math.floor((left - 1) / Buffer.byteLength(char))))}`;
    ok(await client.write(path, "x"));
    const socket = await connect(userId);
    await socket.get("files.subscribe", { path });
    ok(await client.write(path, "y"));
    const [change] = await socket.told(1);
    assert.deepEqual([change.kind, change.path], ["write", path]);
    await socket.close();
  }
});

test("bytes that lie in the bucket come as a frame too, and what is too long for one says where it is", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const socket = await connect(userId);
  const text = "0123456789abcdef".repeat(65_536 + 1);
  ok(await client.put(`${ROOT}/large.txt`, Buffer.from(text)));
  ok(await client.put(`${ROOT}/fits.txt`, Buffer.from(text.slice(0, 1_000_000))));
  assert.equal((await socket.get("files.read", { path: `${ROOT}/fits.txt` })).content.length, 1_000_000);
  const { error } = await socket.ask("files.read", { path: `${ROOT}/large.txt` });
  assert.equal(error.status, 413);
  const url = new URL(error.details.url, server.url);
  for (const [name, value] of client.url("").searchParams) url.searchParams.set(name, value);
  const answer = await client.raw({ method: "GET", target: `${url.pathname}${url.search}` });
  assert.equal(ok(answer).content.length, text.length);
  await socket.close();
});

test("what is no frame is told so, and what is far too long ends the socket", async () => {
  const userId = server.user();
  const socket = await connect(userId);
  for (const text of ["", "no json", "[]", "null", '{"type":"req"}', '{"type":"req","id":7,"method":"ping"}']) {
    socket.send(text);
  }
  await eventually(
    async () => socket.frames.length,
    (count) => count === 6,
  );
  for (const frame of socket.frames.map((text) => JSON.parse(text))) {
    assert.deepEqual([frame.type, frame.id, frame.ok, frame.error.status], ["res", null, false, 400]);
  }
  socket.send("x".repeat(1024 * 1024 + 1));
  assert.equal((await socket.ended()).code, 1009);
  const other = await connect(userId);
  other.send(new ArrayBuffer(8));
  assert.deepEqual(await other.ended(), { code: 1003, reason: "Frames are text" });
});

test("a reset under a listener says to list again, and what follows is told", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const socket = await connect(userId);
  await socket.get("files.subscribe");
  ok(await client.write(`${ROOT}/a`, "1"));
  await socket.told(1);
  ok(await client.raw({ method: "POST", target: client.target("").replace("/api/files", "/api/reset-workspace") }));
  const reset = await eventually(
    async () => socket.events.find(({ event }) => event === "files.reset"),
    (event) => event !== undefined,
  );
  const { changes, rev } = await socket.get("files.changes");
  assert.deepEqual([changes, rev], [[], reset?.payload.rev]);
  ok(await client.write(`${ROOT}/b`, "1"));
  const [, after] = await socket.told(2);
  assert.deepEqual([after.path, after.rev], [`${ROOT}/b`, rev + 1]);
  await socket.close();
});

test("a ping that the runtime answers does not wake the object, and an event does", async () => {
  const userId = server.user();
  const socket = await connect(userId);
  await socket.get("files.subscribe");
  await server.sleep(userId);
  await socket.pinged();
  ok(await server.client(userId).write(`${ROOT}/a`, "1"));
  assert.equal((await socket.told(1))[0].path, `${ROOT}/a`);
  await server.sleep(userId);
  assert.equal((await socket.get("files.list")).files.length, 1);
  await socket.close();
});

test("an account that is deleted takes its sockets along", async () => {
  await server.restart({ HOST_SECRET: "host" });
  const userId = server.user();
  const socket = await connect(userId);
  await socket.get("files.subscribe");
  const headers = { authorization: "Bearer host" };
  ok(await send(server.url, { method: "DELETE", target: `/api/account?userId=${userId}`, headers }));
  assert.deepEqual(await socket.ended(), { code: 4410, reason: "This account was deleted" });
  assert.deepEqual(await new Socket(gatewayUrl(server.url, server.signed(userId))).ended(), {
    code: 4410,
    reason: "This account was deleted",
  });
});
