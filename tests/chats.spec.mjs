// GET /ws/api/history and /ws/api/sessions: what the host and the sandbox keep in the bucket, read as it is.

import assert from "node:assert/strict";
import { test } from "node:test";
import { send } from "./client.mjs";
import { ok, refused } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve();

/** A user with these objects. @param {Record<string, unknown>} objects texts as they are, anything else as JSON */
async function user(objects) {
  const userId = server.user();
  const bucket = await server.r2();
  for (const [name, value] of Object.entries(objects))
    await bucket.put(`users/${userId}/${name}`, typeof value === "string" ? value : JSON.stringify(value));
  const client = server.client(userId);
  const get = (/** @type {string} */ path, /** @type {Record<string, string>} */ params = {}) => {
    const more = new URLSearchParams(params).toString();
    return client.raw({ method: "GET", target: `${path}${client.url("").search}${more && `&${more}`}` });
  };
  return {
    history: (/** @type {Record<string, string>} */ params) => get("/ws/api/history", params),
    sessions: () => get("/ws/api/sessions"),
  };
}

const INDEX = "clawdbot/agents/main/sessions/sessions.json";
const lines = (/** @type {unknown[]} */ ...values) =>
  values.map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join("\n");
const said = (/** @type {string} */ content, role = "user") => ({ role, content });

test("what the host has kept comes first, and only what users and the assistant said", async () => {
  const { history } = await user({
    "history/main.json": {
      messages: [
        { role: "user", content: "hello", timestamp: 5 },
        { role: "system", content: "secret" },
        { role: "tool", content: "secret" },
        "nonsense",
        null,
        { content: "nobody" },
        { role: "assistant", content: [{ type: "text", text: "hi" }] },
      ],
    },
    [INDEX]: { main: { sessionFile: "/root/.clawdbot/s.jsonl" } },
    "clawdbot/s.jsonl": lines(said("from the session")),
  });
  const answer = ok(await history({ sessionKey: "main" }));
  assert.deepEqual(Object.keys(answer).sort(), ["elapsed", "limit", "messages", "sessionKey", "source"]);
  assert.deepEqual([answer.sessionKey, answer.limit], ["main", 50]);
  assert.deepEqual(answer.messages, [
    { role: "user", content: "hello", timestamp: 5 },
    { role: "assistant", content: [{ type: "text", text: "hi" }] },
  ]);
});

test("a session of the sandbox is read line by line, and bad lines are skipped", async () => {
  const { history } = await user({
    [INDEX]: { work: { sessionFile: "/root/.clawdbot/agents/main/sessions/abc.jsonl" } },
    "clawdbot/agents/main/sessions/abc.jsonl": lines(
      { type: "session", id: "abc" },
      { type: "message", message: said("one") },
      "{ not json",
      "",
      { message: said("hidden", "system") },
      said("two", "assistant"),
      { message: { role: "user", content: "three", timestamp: "2026-01-01T00:00:00.000Z" } },
      '{"message":{"role":"user","content":"cut',
    ),
  });
  const { messages, sessionKey } = ok(await history({ sessionKey: "work" }));
  assert.equal(sessionKey, "work");
  assert.deepEqual(messages, [
    said("one"),
    said("two", "assistant"),
    { role: "user", content: "three", timestamp: "2026-01-01T00:00:00.000Z" },
  ]);
});

for (const kept of ["main", "agent:main:main"]) {
  test(`main and agent:main:main are one chat when it is kept as ${kept}`, async () => {
    const first = await user({ [`history/${kept}.json`]: { messages: [said("history")] } });
    const second = await user({
      [INDEX]: { [kept]: { sessionFile: "/root/.clawdbot/s.jsonl" } },
      "clawdbot/s.jsonl": lines(said("session")),
    });
    for (const sessionKey of ["main", "agent:main:main"]) {
      assert.deepEqual(ok(await first.history({ sessionKey })).messages, [said("history")]);
      assert.deepEqual(ok(await second.history({ sessionKey })).messages, [said("session")]);
    }
    assert.deepEqual(ok(await first.history({ sessionKey: "agent:main:other" })).messages, []);
  });
}

test("the last messages come, fifty or as many as asked for, and never more than two hundred", async () => {
  const all = Array.from({ length: 300 }, (_, n) => said(`${n}`));
  const { history } = await user({
    "history/kept.json": { messages: all },
    [INDEX]: { session: { sessionFile: "/root/.clawdbot/s.jsonl" } },
    "clawdbot/s.jsonl": lines(...all),
  });
  for (const sessionKey of ["kept", "session"]) {
    for (const [limit, count] of /** @type {[string | undefined, number][]} */ ([
      [undefined, 50],
      ["1", 1],
      ["7", 7],
      ["200", 200],
      ["201", 200],
      ["100000", 200],
    ])) {
      const answer = ok(await history(limit === undefined ? { sessionKey } : { sessionKey, limit }));
      assert.deepEqual(answer.messages, all.slice(-count), `${sessionKey} ${limit}`);
      assert.equal(answer.limit, count);
    }
  }
});

test("a chat that nobody knows, or whose file is broken, gone or elsewhere, is empty", async () => {
  const { history } = await user({
    "history/broken.json": "{",
    "history/odd.json": { messages: "none" },
    [INDEX]: {
      gone: { sessionFile: "/root/.clawdbot/gone.jsonl" },
      climbs: { sessionFile: "/root/.clawdbot/../workspace/s.jsonl" },
      elsewhere: { sessionFile: "/etc/s.jsonl" },
      number: { sessionFile: 7 },
      nothing: null,
    },
    "workspace/s.jsonl": lines(said("not a session")),
    "clawdbot/etc/s.jsonl": lines(said("not a session")),
  });
  for (const sessionKey of ["unknown", "broken", "odd", "gone", "climbs", "elsewhere", "number", "nothing"])
    assert.deepEqual(ok(await history({ sessionKey })).messages, [], sessionKey);
});

test("an index that is no JSON is as good as none", async () => {
  const { history, sessions } = await user({ [INDEX]: "[1,", "history/main.json": { messages: [said("kept")] } });
  assert.deepEqual(ok(await history({ sessionKey: "main" })).messages, [said("kept")]);
  assert.deepEqual(ok(await history({ sessionKey: "other" })).messages, []);
  assert.equal(ok(await sessions()).sessions.length, 1);
});

for (const key of ["", "../x", "a/b", "a..b", "a b", "é", "a\0b", "x".repeat(101), "%2e%2e"]) {
  test(`${JSON.stringify(key).slice(0, 20)} is no key of a session`, async () => {
    const { history } = await user({});
    refused(await history({ sessionKey: key }), 400, "Invalid session key");
  });
}

test("keys of every plain letter and of a hundred letters are keys", async () => {
  for (const sessionKey of ["a-Z_0.9:x", "x".repeat(100), "."]) {
    const { history } = await user({ [`history/${sessionKey}.json`]: { messages: [said(sessionKey)] } });
    assert.deepEqual(ok(await history({ sessionKey })).messages, [said(sessionKey)]);
  }
});

test("the sessions are listed with a title and a time, the newest first", async () => {
  const day = 24 * 60 * 60 * 1000;
  const at = Date.UTC(2026, 0, 10);
  const { sessions } = await user({
    [INDEX]: {
      old: { sessionFile: "/root/.clawdbot/o.jsonl", updatedAt: at - day },
      new: { sessionFile: "/root/.clawdbot/n.jsonl", updatedAt: at, title: "Newest" },
      middle: { sessionFile: "/root/.clawdbot/m.jsonl", updatedAt: at - day / 2 },
    },
  });
  const listed = ok(await sessions()).sessions;
  assert.deepEqual(
    listed.map(({ key }) => key),
    ["new", "middle", "old"],
  );
  assert.equal(listed[0].title, "Newest");
  assert.match(JSON.stringify(listed[0]), /2026-01-10T00:00:00\.000Z/);
});

test("a user without chats has none, and sees nobody else's", async () => {
  const other = await user({ "history/main.json": { messages: [said("private")] } });
  assert.equal(ok(await other.sessions()).sessions.length, 1);
  const { history, sessions } = await user({});
  assert.deepEqual(ok(await sessions()).sessions, []);
  assert.deepEqual(ok(await history({ sessionKey: "main" })).messages, []);
  for (const path of ["/ws/api/history", "/ws/api/sessions"])
    refused(await send(server.url, { method: "GET", target: path }), 401, "Unauthorized");
});
