// Chats whose line breaks, and chats that begin: what is said and which chats there are is what the page shows.

import assert from "node:assert/strict";
import { test } from "node:test";
import { firstWords } from "../dashboard/page/src/chat/begun.ts";
import { ROOT } from "./client.mjs";
import { browse, skip, visit } from "./dashboard.mjs";
import { eventually, ok } from "./expect.mjs";
import { serveBehindGateway } from "./gateway.mjs";

const { gateway, server } = await serveBehindGateway();
const inPage = browse(server);

/** What the bucket has of a user's chat. @param {string} userId @param {string} key @param {unknown[]} messages */
async function keep(userId, key, messages) {
  const bucket = await server.r2();
  await bucket.put(`users/${userId}/history/${key}.json`, JSON.stringify({ messages }));
}
const said = (/** @type {string} */ content, role = "user") => ({ role, content });

/** @param {string} state @param {string} text @param {{ runId?: string, sessionKey?: string }} [of] */
function say(state, text, { runId = "r-1", sessionKey = "main" } = {}) {
  const message = { role: "assistant", content: [{ type: "text", text }] };
  gateway.say({ type: "event", event: "chat", payload: { runId, sessionKey, state, message } });
}
/** Waits until something can be sent. @param {import("playwright-core").Page} page */
const ready = (page) =>
  eventually(
    () => page.getByRole("button", { name: "Send", exact: true }).isEnabled(),
    (is) => is,
  );

test("an answer during which the line breaks is there once, and none is being written that is not", { skip }, () =>
  inPage(async ({ page, userId }) => {
    await keep(userId, "main", [said("Tell me a story")]);
    await visit(page, "#/chat/");
    await ready(page);
    const log = page.getByRole("log");
    const items = log.getByRole("listitem");
    await log.getByText("Tell me a story").waitFor();
    say("delta", "Once upon");
    await log.getByText("is writing…").waitFor();
    await keep(userId, "main", [said("Tell me a story"), said("Once upon a time.", "assistant")]);
    gateway.end(1012, "restarting");
    await log.getByText("Once upon a time.").waitFor();
    await eventually(
      () => items.count(),
      (count) => count === 2,
    );
    assert.equal(await log.getByText("is writing…").count(), 0);

    // What nobody has kept stays as far as it was heard, and goes on if the agent does.
    await ready(page);
    say("delta", "And then", { runId: "r-2" });
    await log.getByText("is writing…").waitFor();
    gateway.end(1012, "restarting");
    await log.getByText("cut off when the line broke").waitFor();
    await ready(page);
    say("delta", "And then they", { runId: "r-2" });
    await log.getByText("is writing…").waitFor();
    say("final", "And then they slept.", { runId: "r-2" });
    await log.getByText("And then they slept.").waitFor();
    assert.equal(await log.getByText("cut off when the line broke").count(), 0);
    assert.equal(await items.count(), 3);
  }),
);

test("a chat is listed from its first message on, and called by its first words", { skip }, () =>
  inPage(async ({ page, userId }) => {
    const chats = page.getByRole("navigation", { name: "Chats" });
    await visit(page, "#/chat/");
    await ready(page);
    await page.getByRole("button", { name: "New chat" }).click();
    await chats.getByRole("link", { name: "New chat" }).waitFor();
    await ready(page);
    await page.getByRole("textbox", { name: "Message" }).fill("Where are   my keys?\nI need them.");
    await page.keyboard.press("Enter");
    const entry = chats.getByRole("link", { name: "Where are my keys? I need them." });
    await entry.waitFor();
    const sessionKey = decodeURIComponent(new URL(page.url()).hash.replace("#/chat/", ""));
    say("final", "On the table.", { sessionKey });
    await page.getByText("On the table.").waitFor();
    await chats.getByRole("link", { name: "Main" }).click();
    await chats.locator("[aria-current=page]").getByText("Main").waitFor();
    assert.equal(await entry.count(), 1);

    // Kept, it has no title of its own.
    await keep(userId, sessionKey, [said("Where are my keys? I need them.")]);
    await page.reload();
    await entry.waitFor();
    assert.equal(await chats.getByText(sessionKey).count(), 0);
  }),
);

test("what a chat is called says what was said in it first", () => {
  assert.equal(firstWords(`[Attached: ${ROOT}/a b.pdf]\n[Attached: ${ROOT}/c]\n\nLook\nat it`), "Look at it");
  assert.equal(firstWords(`[Attached: ${ROOT}/a b.pdf]\n[Attached: ${ROOT}/c]`), "a b.pdf");
  assert.equal(firstWords("😀".repeat(70)), `${"😀".repeat(60)}…`);
});

test("an answer to what was said in another tab stands behind the question", { skip }, () =>
  inPage(async ({ page, userId, open }) => {
    await keep(userId, "main", [said("Good morning"), said("Good morning to you.", "assistant")]);
    const other = await open();
    for (const each of [page, other]) {
      await visit(each, "#/chat/");
      await each.getByText("Good morning to you.").waitFor();
      await ready(each);
    }
    await page.getByRole("textbox", { name: "Message" }).fill("Is it raining?");
    await page.keyboard.press("Enter");
    await page.getByRole("log").getByText("Is it raining?").waitFor();
    const asked = [said("Good morning"), said("Good morning to you.", "assistant"), said("Is it raining?")];
    await keep(userId, "main", asked);
    say("delta", "Not", { runId: "rain" });
    for (const each of [page, other]) await each.getByText("is writing…").waitFor();
    say("final", "Not yet.", { runId: "rain" });
    const texts = (/** @type {import("playwright-core").Page} */ at) => () => at.locator(".said-text").allInnerTexts();
    for (const each of [page, other]) {
      const found = await eventually(texts(each), (all) => all.length === 4 && all.includes("Not yet."));
      assert.deepEqual(found, ["Good morning", "Good morning to you.", "Is it raining?", "Not yet."]);
    }
  }),
);

test("what is kept and told in no form that we know spoils nothing of a chat", { skip }, () =>
  inPage(async ({ page, userId }) => {
    const kept = [
      { ...said("When was this?"), timestamp: "yesterday" },
      { ...said("Then.", "assistant"), timestamp: 9e15 },
    ];
    await keep(userId, "main", kept);
    await visit(page, "#/chat/");
    const log = page.getByRole("log");
    await log.getByText("Then.", { exact: true }).waitFor();
    await ready(page);
    const tell = (/** @type {object} */ payload) => gateway.say({ type: "event", event: "chat", payload });
    tell({ sessionKey: 5, state: "delta", message: { content: { a: 1 } } });
    tell({
      sessionKey: "main",
      state: "delta",
      runId: "r-1",
      message: { content: [null, 5, { type: "text", text: {} }] },
    });
    tell({ sessionKey: "main", state: "error", runId: "r-1", errorMessage: { a: 1 } });
    await log.getByText("The agent could not answer").waitFor();
    tell({ sessionKey: "main", state: "final", runId: "r-2", message: { content: "Late.", timestamp: "never" } });
    await log.getByText("Late.").waitFor();
    assert.equal(await log.getByText("When was this?").count(), 1);
  }),
);

test("where a chat is longer than what is shown of it, this is said, and keys pass its messages by", { skip }, () =>
  inPage(async ({ page, userId }) => {
    const all = Array.from({ length: 201 }, (_, at) => said(`message ${at}`, at % 2 ? "assistant" : "user"));
    await keep(userId, "main", all);
    await keep(userId, "short", all.slice(0, 20));
    await visit(page, "#/chat/main");
    const log = page.getByRole("log");
    await log.getByText("message 200", { exact: true }).waitFor();
    const note = log.getByText("The latest messages are shown");
    await note.waitFor();
    assert.equal(await log.getByText("message 0", { exact: true }).count(), 0);
    await ready(page);
    await log.focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement?.localName), "textarea");
    await visit(page, "#/chat/short");
    await log.getByText("message 0", { exact: true }).waitFor();
    assert.equal(await note.count(), 0);
  }),
);

test("what a message names and is not there is no link, until it is there", { skip }, () =>
  inPage(async ({ page, client, userId }) => {
    const [file, picture] = [`${ROOT}/late.md`, `${ROOT}/late.png`];
    await keep(userId, "main", [said(`[[file:${file}]]\n[[image:${picture}]]`, "assistant")]);
    await visit(page, "#/chat/");
    const log = page.getByRole("log");
    await log.getByText("Nothing is at late.md").waitFor();
    await log.getByText("Nothing is at late.png").waitFor();
    assert.equal(await log.getByRole("link").count(), 0);
    assert.equal(await log.getByRole("button").count(), 0);
    ok(await client.write(file, "# Late\n"));
    await log.getByRole("link", { name: "late.md" }).waitFor();
    await log.getByRole("button", { name: "Download late.md" }).waitFor();
  }),
);

test("among many chats, the one that is open is seen", { skip }, () =>
  inPage(async ({ page, userId }) => {
    await keep(userId, "main", [said("the oldest")]);
    for (let at = 0; at < 60; at += 1) await keep(userId, `chat-${at}`, [said(`${at}`)]);
    await visit(page, "#/chat/");
    const list = page.getByRole("navigation", { name: "Chats" });
    await list.getByRole("link").nth(60).waitFor();
    const isSeen = async () => {
      const [entry, frame] = await Promise.all([list.locator("[aria-current=page]").boundingBox(), list.boundingBox()]);
      return entry && frame && entry.y >= frame.y - 1 && entry.y + entry.height <= frame.y + frame.height + 1;
    };
    await eventually(isSeen, Boolean);
    assert.equal(await list.locator("[aria-current=page] .name").innerText(), "Main");
  }),
);
