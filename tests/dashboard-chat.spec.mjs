// Chats in a browser, with a gateway and without one: what was said, what is being said, and files that go with it.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { messageOf, safeName } from "../dashboard/page/src/chat/attach.ts";
import { segmentsOf } from "../dashboard/page/src/chat/references.ts";
import { ROOT } from "./client.mjs";
import { accessible, browse, DESKTOP, dragIn, PHONE, row, skip, visit } from "./dashboard.mjs";
import { eventually, names, ok } from "./expect.mjs";
import { serveBehindGateway } from "./gateway.mjs";
import { serve } from "./harness.mjs";
import { png } from "./samples.mjs";

const { gateway, server } = await serveBehindGateway();
const alone = serve({}, undefined, { page: true });
const inPage = browse(server);
const inPageAlone = browse(alone);

/** What the bucket has of a user's chats. @param {import("./harness.mjs").Server} where @param {string} userId @param {Record<string, unknown[]>} chats */
async function keep(where, userId, chats) {
  const bucket = await where.r2();
  for (const [key, messages] of Object.entries(chats))
    await bucket.put(`users/${userId}/history/${key}.json`, JSON.stringify({ messages }));
}

const said = (/** @type {string} */ content, role = "user") => ({ role, content });

test("references are found where they are meant, and nowhere in code", () => {
  const kinds = (/** @type {string} */ text) =>
    segmentsOf(text, ROOT).map((segment) => ("path" in segment ? `${segment.kind} ${segment.path}` : segment.text));
  assert.deepEqual(kinds(`[Attached: ${ROOT}/uploads/a b.pdf]\n\nlook`), [`file ${ROOT}/uploads/a b.pdf`, "\n\nlook"]);
  assert.deepEqual(kinds(`see [[file:${ROOT}/a.md]] and [[image:${ROOT}/b.bin]]!`), [
    "see ",
    `file ${ROOT}/a.md`,
    " and ",
    `image ${ROOT}/b.bin`,
    "!",
  ]);
  assert.deepEqual(kinds(`x\nMEDIA:${ROOT}/c.png\ny`), ["x\n", `image ${ROOT}/c.png`, "\ny"]);
  assert.deepEqual(kinds(`MEDIA: ${ROOT}/100% real?.png`), [`image ${ROOT}/100% real?.png`]);
  for (const text of [
    `\`[[file:${ROOT}/a]]\``,
    `\`\`a \` [[file:${ROOT}/a]]\`\``,
    `\`\`\`\n[[file:${ROOT}/a]]\nMEDIA:${ROOT}/a\n\`\`\``,
    `~~~ts\n[Attached: ${ROOT}/a]`,
    `text\n\n    [[file:${ROOT}/a]]`,
    `a MEDIA:${ROOT}/a`,
    "[[file:/etc/passwd]]",
    `[Attached: ${ROOT}/../b]`,
    "MEDIA:https://elsewhere.example/a.png",
    "[[image:javascript:alert(1)]]",
    "[[other:/a]] [Attached:]",
  ])
    assert.deepEqual(kinds(text), [text]);
  assert.deepEqual(kinds(`an open \` and [[file:${ROOT}/a]]`), ["an open ` and ", `file ${ROOT}/a`]);
  const begun = performance.now();
  for (const part of ["`", "[", "[[file:", "\n    ", "` `` ", "\n\n\t", "MEDIA:\n", "```\n"])
    assert.equal(segmentsOf(part.repeat(20_000), ROOT).filter(({ kind }) => kind !== "text").length, 0);
  assert.ok(performance.now() - begun < 5000, "a hostile message takes no longer than others");
});

test("names of attachments are plain, and a message is lines, an empty one, and the text", () => {
  assert.equal(safeName("my photo (1).PNG"), "my-photo-1-.PNG");
  assert.equal(safeName("a]b\n[c/..\\d.txt"), "a-b-c-..-d.txt");
  assert.equal(safeName("..."), "file.");
  assert.equal(safeName("été 日本.md"), "été-日本.md");
  assert.equal(messageOf("hi", ["/a", "/b"]), "[Attached: /a]\n[Attached: /b]\n\nhi");
  assert.equal(messageOf("", ["/a"]), "[Attached: /a]");
  assert.equal(messageOf("hi", []), "hi");
});

test("without a gateway, chats are shown as they were kept", { skip }, () =>
  inPageAlone(async ({ page, userId }) => {
    await keep(alone, userId, {
      main: [said("hello"), said("**hi** <img src=x onerror=alert(1)> [x](javascript:alert(1))", "assistant")],
      work: [said("about work")],
    });
    await page.getByRole("link", { name: "Chat" }).click();
    const log = page.getByRole("log");
    await log.locator("strong").getByText("hi").waitFor();
    await log.getByText("<img src=x onerror=alert(1)>").waitFor();
    await page.getByText("has no line to your agent").waitFor();
    assert.equal(await page.getByRole("textbox", { name: "Message" }).count(), 0);
    await page.getByRole("link", { name: /^work/ }).click();
    await log.getByText("about work").waitFor();
    assert.equal(await log.getByText("hello").count(), 0);
  }),
);

test("a message with files reaches the agent, whose answer appears as it is written", { skip }, () =>
  inPage(async ({ page, client }) => {
    ok(await client.write(`${ROOT}/uploads/note-1.txt`, "mine"));
    ok(await client.put(`${ROOT}/plot.png`, png(40, 30)));
    ok(await client.write(`${ROOT}/SOUL.md`, "calm"));
    await page.getByRole("link", { name: "Chat" }).click();
    const send = page.getByRole("button", { name: "Send", exact: true });
    await eventually(
      () => send.isEnabled(),
      (is) => is,
    );
    await page.getByLabel("Files to attach").setInputFiles({
      name: "note 1.txt",
      mimeType: "text/plain",
      buffer: Buffer.from("theirs"),
    });
    await page.getByRole("textbox", { name: "Message" }).fill("What is <b>this</b>?");
    await page.keyboard.press("Enter");
    const sent = await eventually(
      async () => gateway.heard.find(({ method }) => method === "chat.send"),
      (frame) => frame !== undefined,
    );
    // A name that was taken is left alone.
    assert.equal(sent.params.message, `[Attached: ${ROOT}/uploads/note-1-2.txt]\n\nWhat is <b>this</b>?`);
    assert.equal(sent.params.sessionKey, "main");
    assert.match(sent.params.idempotencyKey, /^[0-9a-f-]{36}$/);
    assert.equal(ok(await client.read(`${ROOT}/uploads/note-1-2.txt`)).content, "theirs");
    assert.equal(ok(await client.read(`${ROOT}/uploads/note-1.txt`)).content, "mine");
    const hello = gateway.heard.find(({ method }) => method === "connect");
    assert.equal(hello.params.auth.token, "gateway-token");

    const log = page.getByRole("log");
    await log.getByRole("link", { name: "note-1-2.txt", exact: true }).waitFor();
    const chat = (/** @type {string} */ state, /** @type {string} */ text, sessionKey = "agent:main:main") => {
      const message = { role: "assistant", content: [{ type: "text", text }] };
      gateway.say({ type: "event", event: "chat", payload: { runId: "r-1", sessionKey, state, message } });
    };
    chat("delta", "It is");
    await log.getByText("is writing…").waitFor();
    chat("delta", "of another chat", "other");
    chat("delta", "It is **a note**");
    await log.locator("strong").getByText("a note").waitFor();
    chat(
      "final",
      `It is **a note**, plotted:\nMEDIA:${ROOT}/plot.png\n\n[[file:${ROOT}/SOUL.md]] and \`[[file:${ROOT}/x]]\``,
    );
    await log.getByRole("img", { name: "plot.png" }).waitFor();
    await log.getByRole("link", { name: "SOUL.md", exact: true }).waitFor();
    await log.getByText(`[[file:${ROOT}/x]]`).waitFor();
    assert.equal(await log.getByText("is writing…").count(), 0);
    assert.equal(await log.getByRole("listitem").count(), 2);
    assert.equal(await log.getByText("of another chat").count(), 0);
    gateway.say({
      type: "event",
      event: "chat",
      payload: { runId: "r-2", sessionKey: "main", state: "error", errorMessage: "Out of credit" },
    });
    await log.getByText("Out of credit").waitFor();
  }),
);

test(
  "files are dropped onto a chat, entries of the workspace attached as they are, and a drop beside it does nothing",
  {
    skip,
  },
  () =>
    inPage(
      async ({ page, client }) => {
        const folder = mkdtempSync(`${tmpdir()}/holdfast-`);
        try {
          mkdirSync(`${folder}/plans/deep`, { recursive: true });
          writeFileSync(`${folder}/plans/one.txt`, "1");
          writeFileSync(`${folder}/plans/deep/two.txt`, "2");
          // Entries, by their menu and by being dragged over the link to the chat.
          await row(page, "notes.md").click({ button: "right" });
          await page.getByRole("menuitem", { name: "Attach in chat" }).click();
          const attached = page.getByRole("list", { name: "Attached files" });
          await attached.getByText("notes.md").waitFor();
          await page.getByRole("link", { name: "Files" }).click();
          await row(page, "plot.png").hover();
          await page.mouse.down();
          await page.getByRole("link", { name: "Chat" }).hover();
          await page.mouse.move(60, 90);
          const log = page.getByRole("log");
          await log.waitFor();
          await log.hover();
          await page.getByText("Drop to attach").waitFor();
          await page.mouse.up();
          await attached.getByText("plot.png").waitFor();

          await dragIn(page, [`${folder}/plans`], log, async () => {
            await page.getByText("Drop to attach").waitFor();
            if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/chat-drop.png` });
          });
          await attached.getByText("two.txt").waitFor();
          await page.getByText("Drop to attach").waitFor({ state: "detached" });
          // A browser opens a file that nobody takes; headless, it only asks whether it may.
          const beside = await page.evaluate(() =>
            [".sidebar", ".bar-title", "body"].flatMap((place) =>
              ["dragover", "drop"].filter((type) => {
                const dataTransfer = new DataTransfer();
                dataTransfer.items.add(new File(["<title>another page</title>"], "beside.html"));
                const event = new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true });
                return document.querySelector(place)?.dispatchEvent(event);
              }),
            ),
          );
          assert.deepEqual(beside, []);
          await page.getByRole("button", { name: "Remove one.txt" }).click();

          const heard = gateway.heard.length;
          await page.getByRole("button", { name: "Send", exact: true }).click();
          const sent = await eventually(
            async () => gateway.heard.slice(heard).find(({ method }) => method === "chat.send"),
            (frame) => frame !== undefined,
          );
          assert.equal(
            sent.params.message,
            ["notes.md", "plot.png", "uploads/two.txt"].map((path) => `[Attached: ${ROOT}/${path}]`).join("\n"),
          );
          assert.deepEqual(names(ok(await client.list(`${ROOT}/uploads`))), ["two.txt"]);
        } finally {
          rmSync(folder, { recursive: true });
        }
      },
      DESKTOP,
      async (client) => {
        ok(await client.write(`${ROOT}/notes.md`, "mine"));
        ok(await client.put(`${ROOT}/plot.png`, png(40, 30)));
      },
    ),
);

test("the field of a message grows with it, up to a third of the window", { skip }, () =>
  inPage(async ({ page }) => {
    await visit(page, "#/chat/");
    const field = page.getByRole("textbox", { name: "Message" });
    const height = () => field.evaluate((element) => element.getBoundingClientRect().height);
    const one = await height();
    await field.fill("a\nb\nc");
    const three = await height();
    await field.fill("line\n".repeat(200));
    const many = await height();
    assert.ok(one < three && three < many && many <= 800 / 3, `${one}, ${three}, ${many}`);
    assert.ok(await page.getByRole("button", { name: "Send", exact: true }).isVisible());
    await field.fill("");
    assert.equal(await height(), one);
  }),
);

test("a message that does not get through is sent again, as the same one", { skip }, () =>
  inPage(async ({ page }) => {
    const before = gateway.heard.length;
    const keys = () =>
      gateway.heard
        .slice(before)
        .filter(({ method }) => method === "chat.send")
        .map(({ params }) => params.idempotencyKey);
    // The message arrives, and the line breaks before that is said.
    let isWhole = true;
    await page.routeWebSocket(/\/ws\?/, (socket) => {
      const onwards = socket.connectToServer();
      let isBroken = false;
      onwards.onMessage((frame) => {
        if (!(isBroken && String(frame).includes('"chat.send"'))) socket.send(frame);
      });
      socket.onMessage(async (frame) => {
        if (isWhole && String(frame).includes('"chat.send"')) {
          isWhole = false;
          isBroken = true;
        }
        onwards.send(frame);
        if (!isBroken) return;
        await eventually(
          async () => keys(),
          ({ length }) => length === 1,
        );
        await socket.close({ code: 1012 });
      });
    });
    await visit(page, "#/chat/");
    const send = page.getByRole("button", { name: "Send", exact: true });
    const isEnabled = () =>
      eventually(
        () => send.isEnabled(),
        (is) => is,
      );
    await isEnabled();
    await page.getByRole("textbox", { name: "Message" }).fill("Hello?");
    await page.keyboard.press("Enter");
    await page.getByText("The line to the agent broke").waitFor();
    // It waits for whoever looks at something else first.
    await page.getByRole("link", { name: "Trash" }).click();
    await page.getByText("The trash is empty").waitFor();
    await page.goBack();
    await page.getByText("The line to the agent broke").waitFor();
    await isEnabled();
    await page.getByRole("button", { name: "Send again" }).click();
    await page.getByText("The line to the agent broke").waitFor({ state: "detached" });
    const [first, again, ...more] = await eventually(
      async () => keys(),
      ({ length }) => length >= 2,
    );
    assert.deepEqual([again, more], [first, []]);
  }),
);

test("on a phone, one chat covers the list; and all of it is for everyone", { skip }, async () => {
  for (const [how, colorScheme] of /** @type {const} */ ([
    [PHONE, "light"],
    [DESKTOP, "dark"],
  ]))
    await inPage(
      async ({ page, userId }) => {
        await keep(server, userId, {
          work: [said(`[Attached: ${ROOT}/a.pdf]\n\nabout work`), said("# Yes\n\n`code`", "assistant")],
        });
        await visit(page, "#/chat/");
        const work = page.getByRole("link", { name: /^work/ });
        await work.waitFor();
        await accessible(page, "the chats");
        await work.click();
        await page.getByRole("button", { name: "Send", exact: true }).waitFor();
        await page.getByRole("log").getByText("about work").waitFor();
        await accessible(page, "a chat");
        const isWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
        assert.equal(isWide, false);
        assert.equal(await work.isVisible(), how === DESKTOP);
        if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/chat-${colorScheme}.png` });
        if (how === DESKTOP) return;
        await page.getByRole("button", { name: "Back to the chats" }).click();
        await work.waitFor();
      },
      { ...how, colorScheme },
    );
});
