// Messages that are being written: nothing that is added while files are on their way is lost, and nobody closes the page over it unasked.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { browse, hold, skip, visit } from "./dashboard.mjs";
import { eventually, ok } from "./expect.mjs";
import { serveBehindGateway } from "./gateway.mjs";

const { gateway, server } = await serveBehindGateway();
const inPage = browse(server);

const sent = () => gateway.heard.filter(({ method }) => method === "chat.send").map(({ params }) => params.message);
const file = (/** @type {string} */ name) => ({ name, mimeType: "text/plain", buffer: Buffer.from(name) });

/** @param {import("playwright-core").Page} page */
async function chat(page) {
  await visit(page, "#/chat/main");
  const send = page.getByRole("button", { name: "Send", exact: true });
  await eventually(
    () => send.isEnabled(),
    (is) => is,
  );
  return { send, message: page.getByRole("textbox", { name: "Message" }), picker: page.getByLabel("Files to attach") };
}

test("what is added while files are on their way goes with the next message", { skip }, () =>
  inPage(async ({ page }) => {
    const { release } = await hold(page, /uploads%2Ffirst\.txt|uploads\/first\.txt/);
    const { send, message, picker } = await chat(page);
    await picker.setInputFiles(file("first.txt"));
    await message.fill("Look at this");
    await send.click();
    await page.getByRole("button", { name: "Cancel" }).waitFor();
    await message.press("ControlOrMeta+End");
    await message.pressSequentially(" and at that");
    await picker.setInputFiles(file("second.txt"));
    release();
    await eventually(
      async () => sent(),
      (all) => all.length === 1,
    );
    assert.deepEqual(sent(), [`[Attached: ${ROOT}/uploads/first.txt]\n\nLook at this`]);
    await send.waitFor();
    await eventually(
      () => message.inputValue(),
      (text) => text === "and at that",
    );
    await page.getByRole("list", { name: "Attached files" }).getByText("second.txt").waitFor();
    await send.click();
    await eventually(
      async () => sent(),
      (all) => all.length === 2,
    );
    assert.equal(sent()[1], `[Attached: ${ROOT}/uploads/second.txt]\n\nand at that`);
  }),
);

test("a folder that was named is one, and is downloaded as a zip; no address in a message is signed", { skip }, () =>
  inPage(
    async ({ page, userId }) => {
      const content = `[Attached: ${ROOT}/photos]\n[Attached: ${ROOT}/note.txt]\n\nlook`;
      const messages = [{ role: "user", content }];
      await (await server.r2()).put(`users/${userId}/history/kept.json`, JSON.stringify({ messages }));
      // Where a browser asks for a place to save to, a test cannot answer.
      await page.evaluate(() => Reflect.deleteProperty(globalThis, "showSaveFilePicker"));
      await visit(page, "#/chat/kept");
      const log = page.getByRole("log");
      await log.getByText("photos · folder").waitFor();
      const signed = await log.locator("a").evaluateAll((all) => all.filter((each) => /sig=/.test(each.href)).length);
      assert.equal(signed, 0);
      const zip = page.waitForEvent("download");
      await log.getByRole("button", { name: "Download photos as a zip" }).click();
      assert.equal((await zip).suggestedFilename(), "photos.zip");
      const note = page.waitForEvent("download");
      await log.getByRole("button", { name: "Download note.txt" }).click();
      assert.equal((await note).suggestedFilename(), "note.txt");
      await log.getByRole("link", { name: "photos" }).click();
      await page.getByText("in.txt").waitFor();
    },
    undefined,
    async (client) => {
      ok(await client.put(`${ROOT}/photos/in.txt`, "x"));
      ok(await client.put(`${ROOT}/note.txt`, "x"));
    },
  ),
);

test("whoever leaves with a message that is not sent is asked, and with nothing is not", { skip }, () =>
  inPage(async ({ page, forgive }) => {
    forgive(/^a dialog: $/);
    const asked = () => page.waitForEvent("dialog").then((dialog) => dialog.type());
    const { message } = await chat(page);
    await message.fill("x");
    await message.fill("");
    await page.reload();
    const again = await chat(page);
    await again.message.pressSequentially("Not sent");
    const [type] = await Promise.all([asked(), page.evaluate(() => void setTimeout(() => location.reload()))]);
    assert.equal(type, "beforeunload");
    assert.equal(await again.message.inputValue(), "Not sent");
  }),
);

test("whoever leaves while files are on their way is asked", { skip }, () =>
  inPage(async ({ page, forgive }) => {
    forgive(/^a dialog: $/);
    await page.route(/files\/content/, () => {});
    await page.getByRole("button", { name: "New", exact: true }).click();
    await page.keyboard.press("Escape");
    await page.getByLabel("Files to upload").setInputFiles(file("slow.txt"));
    await page.getByRole("button", { name: "Cancel slow.txt" }).waitFor();
    const asked = page.waitForEvent("dialog");
    await page.evaluate(() => void setTimeout(() => location.reload()));
    assert.equal((await asked).type(), "beforeunload");
    await page.getByRole("button", { name: "Cancel slow.txt" }).waitFor();
  }),
);
