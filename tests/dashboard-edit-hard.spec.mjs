// Editing where others write, move and save at the same time, and where answers come late: nothing that was typed is lost.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ROOT } from "./client.mjs";
import { browse, skip, visit } from "./dashboard.mjs";
import { eventually, ok } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve({}, undefined, { page: true });
const inPage = browse(server);

const NAME = "plan.txt";
const prepare = async (/** @type {import("./client.mjs").Client} */ client) => {
  ok(await client.write(`${ROOT}/${NAME}`, "one\ntwo\n"));
};
const textOf = async (/** @type {import("./client.mjs").Client} */ client, name = NAME) =>
  ok(await client.read(`${ROOT}/${name}`)).content;

/** @param {import("playwright-core").Page} page */
const field = (page) => page.getByRole("textbox", { name: NAME, exact: true });
/** @param {import("playwright-core").Page} page */
async function edit(page) {
  await visit(page, `#/files/${NAME}`);
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await field(page).focus();
}
/** Writes at the end of what has the focus. @param {import("playwright-core").Page} page @param {string} text */
async function type(page, text) {
  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.type(text);
}
/** What is typed is a draft a little later. @param {import("playwright-core").Page} page @param {RegExp} text */
const drafted = (page, text) =>
  eventually(
    () => page.evaluate(() => JSON.stringify(Object.entries(localStorage).filter(([key]) => key.includes("draft")))),
    (all) => text.test(all),
  );

test("what is typed after a save stays, however late the page hears of that save", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      await edit(page);
      await page.route(/files\/(content|stat)/, async (route) => {
        if (route.request().method() === "GET") await sleep(3000);
        await route.continue().catch(() => {});
      });
      await type(page, "three");
      await page.getByText("Not saved yet").waitFor();
      await page.keyboard.press("ControlOrMeta+s");
      await page.getByText("Saved", { exact: true }).waitFor();
      // For as long as the old one is all that was looked at, and until the new one is.
      for (let round = 0; round < 5; round += 1) {
        assert.equal(await field(page).innerText(), "one\ntwo\nthree");
        await sleep(100);
      }
      await type(page, " and four");
      for (let round = 0; round < 30; round += 1) {
        assert.equal(await page.getByText("changed elsewhere").count(), 0);
        assert.match(await field(page).innerText(), /three and four$/);
        await sleep(250);
      }
      await page.getByText("Not saved yet").waitFor();
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await page.getByText("Saved", { exact: true }).waitFor();
      assert.equal(await textOf(client), "one\ntwo\nthree and four");
      await page.getByRole("button", { name: "Done" }).click();
      assert.match(await page.locator(".preview .cm-content").innerText(), /three and four$/);
      await page.getByRole("button", { name: "Edit", exact: true }).click();
      assert.match(await field(page).innerText(), /three and four$/);
    },
    undefined,
    prepare,
  ),
);

test("a tab that saves leaves another tab's draft alone", { skip }, () =>
  inPage(
    async ({ page, open }) => {
      const other = await open();
      await edit(page);
      await edit(other);
      await page.bringToFront();
      await field(page).focus();
      await type(page, "of the first");
      await drafted(page, /of the first/);
      await other.bringToFront();
      await field(other).focus();
      await type(other, "of the second");
      await drafted(other, /of the second/);
      await other.getByRole("button", { name: "Save", exact: true }).click();
      await other.getByText("Saved", { exact: true }).waitFor();
      await page.getByText("This file was changed elsewhere").waitFor();
      await drafted(page, /of the first/);
      await page.reload();
      await page.getByText("of the first").waitFor();
    },
    undefined,
    prepare,
  ),
);

test("what two have written alike is no conflict", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      await edit(page);
      await type(page, "three");
      await page.getByText("Not saved yet").waitFor();
      ok(await client.write(`${ROOT}/${NAME}`, "one\ntwo\nthree"));
      await page.getByText("Saved", { exact: true }).waitFor();
    },
    undefined,
    prepare,
  ),
);

test("what is made of both in the comparison stays when theirs changes again, and is a draft", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      await edit(page);
      await type(page, "mine");
      await page.getByText("Not saved yet").waitFor();
      ok(await client.write(`${ROOT}/${NAME}`, "one\ntheirs\n"));
      await page.getByRole("button", { name: "Compare" }).click();
      const both = page.getByRole("textbox", { name: `Differences of ${NAME}` });
      await both.locator(".cm-deletedChunk").filter({ hasText: "theirs" }).waitFor();
      await both.focus();
      await type(page, " and merged");
      await drafted(page, /and merged/);
      ok(await client.write(`${ROOT}/${NAME}`, "one\ntheirs again\n"));
      await both.locator(".cm-deletedChunk").filter({ hasText: "theirs again" }).waitFor();
      await both.getByText("mine and merged").waitFor();
      await page.getByRole("button", { name: "Compare" }).click();
      assert.match(await field(page).innerText(), /mine and merged$/);
      await page.reload();
      await page.getByText("mine and merged").waitFor();
      await page.getByRole("button", { name: "Compare" }).click();
      await page.getByRole("button", { name: "Save this" }).click();
      await page.getByText("Saved", { exact: true }).waitFor();
      assert.equal(await textOf(client), "one\ntwo\nmine and merged");
    },
    undefined,
    prepare,
  ),
);

test("a file that is deleted while both are compared is saved from there", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      await edit(page);
      await type(page, "mine");
      await page.getByText("Not saved yet").waitFor();
      ok(await client.write(`${ROOT}/${NAME}`, "one\ntheirs\n"));
      await page.getByRole("button", { name: "Compare" }).click();
      ok(await client.remove(`${ROOT}/${NAME}`));
      await page.getByText("This file was deleted elsewhere").waitFor();
      await page.getByRole("button", { name: "Save this" }).click();
      await page.getByText("Saved", { exact: true }).waitFor();
      assert.equal(await textOf(client), "one\ntwo\nmine");
    },
    undefined,
    prepare,
  ),
);

test("a file that is moved under what was typed is followed", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      await edit(page);
      await type(page, "three");
      await page.getByText("Not saved yet").waitFor();
      ok(await client.mkdir(`${ROOT}/notes`));
      ok(await client.move(`${ROOT}/${NAME}`, `${ROOT}/notes/new.txt`));
      await page.getByText("This file was moved to notes/new.txt").waitFor();
      await page.getByRole("button", { name: "Go on there" }).click();
      await page.getByRole("textbox", { name: "new.txt" }).getByText("three").waitFor();
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await page.getByText("Saved", { exact: true }).waitFor();
      assert.equal(await textOf(client, "notes/new.txt"), "one\ntwo\nthree");
      const drafts = await page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes("draft")));
      assert.deepEqual(drafts, []);
    },
    undefined,
    prepare,
  ),
);
