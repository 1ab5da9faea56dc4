// Drafts: what was typed and not saved is where its file is, and each tab's is its own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { browse, row, skip, visit } from "./dashboard.mjs";
import { eventually, ok } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve({}, undefined, { page: true });
const inPage = browse(server);

/** @typedef {import("playwright-core").Page} Page */

/** The drafts of all tabs, with the paths of their files, in order. @param {Page} page @returns {Promise<[path: string, text: string][]>} */
const drafts = async (page) => {
  const found = await page.evaluate(() => Object.entries(localStorage).filter(([key]) => key.includes("draft")));
  return found.sort().map(([key, draft]) => [key.slice(key.indexOf("/")), JSON.parse(draft).text]);
};
/** Waits until these are all there are. @param {Page} page @param {Record<string, string>} wanted */
const drafted = (page, wanted) =>
  eventually(
    () => drafts(page),
    (found) => JSON.stringify(found) === JSON.stringify(Object.entries(wanted)),
  );

/** Types into a file what is not saved, before its text. @param {Page} page @param {string} path @param {string} text */
async function type(page, path, text) {
  await visit(page, `#/files/${path}`);
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await page.getByRole("textbox", { name: path.slice(path.lastIndexOf("/") + 1), exact: true }).focus();
  await page.keyboard.type(text);
  await page.getByText("Not saved yet").waitFor();
}
/** @param {Page} page @param {string} from @param {string} to */
async function rename(page, from, to) {
  await row(page, from).click({ button: "right" });
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await page.getByLabel(`New name of ${from}`).fill(to);
  await page.keyboard.press("Enter");
  await row(page, to).waitFor();
}
const undo = (/** @type {Page} */ page) =>
  page.getByRole("status").getByRole("button", { name: "Undo" }).last().click();

test(
  "what was typed goes where its file is moved, whoever moves it and with what is above it, and back",
  { skip },
  () =>
    inPage(
      async ({ page, client }) => {
        await type(page, "app.ts", "mine ");
        await visit(page, "#/files/");
        await drafted(page, { [`${ROOT}/app.ts`]: "mine saved" });
        await rename(page, "app.ts", "app2.ts");
        await row(page, "app2.ts").click();
        await page.getByRole("textbox", { name: "app2.ts", exact: true }).getByText("mine saved").waitFor();
        await visit(page, "#/files/");
        await drafted(page, { [`${ROOT}/app2.ts`]: "mine saved" });
        await undo(page);
        await drafted(page, { [`${ROOT}/app.ts`]: "mine saved" });

        // Elsewhere, and with the folder that it is in.
        ok(await client.move(`${ROOT}/app.ts`, `${ROOT}/src/app.ts`));
        await drafted(page, { [`${ROOT}/src/app.ts`]: "mine saved" });
        ok(await client.move(`${ROOT}/src`, `${ROOT}/lib`));
        await drafted(page, { [`${ROOT}/lib/app.ts`]: "mine saved" });
        await visit(page, "#/files/lib/app.ts");
        const text = page.getByRole("textbox", { name: "app.ts", exact: true });
        await text.getByText("mine saved").waitFor();

        // Under an editor that is open, too, which goes on to write there.
        ok(await client.move(`${ROOT}/lib/app.ts`, `${ROOT}/app.ts`));
        await page.getByText("This file was moved to app.ts").waitFor();
        await text.focus();
        await page.keyboard.press("ControlOrMeta+Home");
        await page.keyboard.type("still ");
        await visit(page, "#/files/");
        await drafted(page, { [`${ROOT}/app.ts`]: "still mine saved" });
        await row(page, "app.ts").click();
        await text.getByText("still mine saved").waitFor();
        await page.getByRole("button", { name: "Save", exact: true }).click();
        await page.getByText("Saved", { exact: true }).waitFor();
        assert.equal(ok(await client.read(`${ROOT}/app.ts`)).content, "still mine saved");
        await drafted(page, {});
      },
      undefined,
      async (client) => {
        ok(await client.write(`${ROOT}/app.ts`, "saved"));
        ok(await client.mkdir(`${ROOT}/src`));
      },
    ),
);

test("what was typed for another file is not written over by a move", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      await type(page, "a.txt", "mine ");
      await type(page, "b.txt", "mine ");
      await visit(page, "#/files/");
      const both = { [`${ROOT}/a.txt`]: "mine a", [`${ROOT}/b.txt`]: "mine b" };
      await drafted(page, both);
      ok(await client.move(`${ROOT}/a.txt`, `${ROOT}/b.txt`, { overwrite: true }));
      await row(page, "a.txt").waitFor({ state: "detached" });
      assert.deepEqual(await drafts(page), Object.entries(both));
    },
    undefined,
    async (client) => {
      ok(await client.write(`${ROOT}/a.txt`, "a"));
      ok(await client.write(`${ROOT}/b.txt`, "b"));
    },
  ),
);

test("a tab that was opened from another discards drafts of its own alone", { skip }, () =>
  inPage(
    async ({ page, context }) => {
      await type(page, "a.txt", "mine ");
      await drafted(page, { [`${ROOT}/a.txt`]: "mine a" });
      const opening = context.waitForEvent("page");
      await page.evaluate(() => void open(location.href));
      const other = await opening;
      const tabOf = (/** @type {Page} */ of) => of.evaluate(() => sessionStorage.getItem("holdfast:tab"));
      await other.getByRole("textbox", { name: "a.txt", exact: true }).getByText("mine a").waitFor();
      assert.notEqual(await tabOf(other), await tabOf(page));
      // Who is still typing has a draft again.
      await page.bringToFront();
      await page.getByRole("textbox", { name: "a.txt", exact: true }).focus();
      await page.keyboard.type("again ");
      const texts = async () => (await drafts(page)).map(([, text]) => text).sort();
      await eventually(texts, (found) => found.join() === "mine a,mine again a");
      await other.bringToFront();
      await other.getByRole("button", { name: "Discard" }).click();
      await other.getByText("Your changes were set aside").waitFor();
      await eventually(texts, (found) => found.join() === "mine again a");
      await page.bringToFront();
      await page.reload();
      await page.getByRole("textbox", { name: "a.txt", exact: true }).getByText("mine again a").waitFor();
    },
    undefined,
    async (client) => {
      ok(await client.write(`${ROOT}/a.txt`, "a"));
    },
  ),
);
