// Chats whose line breaks, and chats that begin: what is said and which chats there are is what the page shows.

import assert from "node:assert/strict";
import { test } from "node:test";
import { firstWords } from "../dashboard/page/src/chat/begun.ts";
import { ROOT } from "./client.mjs";
import { browse, skip, visit } from "./dashboard.mjs";
import { eventually } from "./expect.mjs";
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
