// Where somebody is in the files: it is seen, it is there again when they come back, and it is said when it has gone.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { browse, hold, PHONE, row, shown, skip, visit } from "./dashboard.mjs";
import { eventually, inParallel, names, ok } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve({}, undefined, { page: true });
const inPage = browse(server);

/** @typedef {import("./client.mjs").Client} Client @typedef {import("playwright-core").Page} Page */

const userOf = (/** @type {Client} */ client) => client.url("/list").searchParams.get("userId") ?? "";
const nested = async (/** @type {Client} */ client) => {
  ok(await client.write(`${ROOT}/par/child/f1.txt`, "x"));
  ok(await client.write(`${ROOT}/top.txt`, "x"));
};

test(
  "a folder that goes with the one it is in says so, leads on, and is not made again by what is put into it",
  { skip },
  () =>
    inPage(
      async ({ page, client }) => {
        await visit(page, "#/files/par/child/");
        await row(page, "f1.txt").waitFor();
        ok(await client.move(`${ROOT}/par`, `${ROOT}/kept`));
        await page.getByText("child was moved", { exact: true }).waitFor();
        assert.equal(await page.getByRole("button", { name: "New", exact: true }).count(), 0);
        await page.getByRole("link", { name: "Go to kept/child" }).click();
        await row(page, "f1.txt").waitFor();
        ok(await client.remove(`${ROOT}/kept`));
        await page.getByText("child is not here", { exact: true }).waitFor();
        assert.equal(await page.getByRole("button", { name: "New", exact: true }).count(), 0);
        await page.getByRole("link", { name: "Go Home" }).click();
        await row(page, "top.txt").waitFor();
        assert.deepEqual(await shown(page), ["top.txt"]);
        assert.deepEqual(names(ok(await client.list())), ["top.txt"]);
      },
      undefined,
      nested,
    ),
);

test("a folder that comes back with the one it is in is there again", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      await visit(page, "#/files/par/child/");
      await row(page, "f1.txt").waitFor();
      const { trashPath } = ok(await client.remove(`${ROOT}/par`));
      await page.getByText("child is not here", { exact: true }).waitFor();
      ok(await client.restore(trashPath));
      await row(page, "f1.txt").waitFor();
      await page.getByRole("button", { name: "New", exact: true }).waitFor();
    },
    undefined,
    nested,
  ),
);

/** Whether a row is wholly between the heads and the foot of the list. @param {Page} page @param {string} name */
const inView = async (page, name) => {
  await row(page, name).waitFor();
  const edges = () =>
    row(page, name).evaluate((element) => {
      const list = /** @type {Element} */ (element.closest(".list"));
      const heads = /** @type {Element} */ (list.querySelector(".list-heads"));
      const { top, bottom } = element.getBoundingClientRect();
      return top >= heads.getBoundingClientRect().bottom - 1 && bottom <= list.getBoundingClientRect().bottom + 1;
    });
  await eventually(edges, (is) => is);
};
const numbered = (/** @type {number} */ number) => `${String(number).padStart(2, "0")}.txt`;
const forty = async (/** @type {Client} */ client) => {
  const all = Array.from({ length: 40 }, (_, index) => numbered(index + 1));
  await inParallel(all, async (name) => ok(await client.write(`${ROOT}/${name}`, "x")));
};

test("the row that the keyboard is at is seen whole, below and above", { skip }, () =>
  inPage(
    async ({ page }) => {
      await page.getByText("40 entries", { exact: true }).waitFor();
      await page.getByRole("grid").focus();
      for (let step = 0; step < 30; step += 1) await page.keyboard.press("ArrowDown");
      await page
        .locator(".row.focused")
        .filter({ hasText: numbered(30) })
        .waitFor();
      await inView(page, numbered(30));
      await page.keyboard.press("End");
      await inView(page, numbered(40));
      await page.keyboard.press("Home");
      await inView(page, numbered(1));
      await page.getByRole("button", { name: "New", exact: true }).click();
      await page.getByRole("menuitem", { name: "New file" }).click();
      await page.getByLabel("Name of the new file").fill("zz.txt");
      await page.keyboard.press("Enter");
      await inView(page, "zz.txt");
    },
    undefined,
    forty,
  ),
);

test("whoever comes back to a folder is where they were, and at the folder that they come out of", { skip }, () =>
  inPage(
    async ({ page }) => {
      await visit(page, "#/files/many/");
      await page.getByText("3,001 entries", { exact: true }).waitFor();
      const list = page.getByRole("grid");
      const top = () => list.evaluate((element) => element.scrollTop);
      await list.evaluate((element) => element.scrollTo({ top: 40_000 }));
      await row(page, "name-01255").waitFor();
      // By the tree: nothing in the list is chosen by it.
      await page.getByRole("treeitem", { name: "apart" }).click();
      await row(page, "alone.txt").waitFor();
      await page.goBack();
      await row(page, "name-01255").waitFor();
      assert.equal(await top(), 40_000);
      // What is above it in the tree chooses the way there.
      const focused = page.locator(".row.focused .name");
      await page.getByRole("grid").focus();
      await page.keyboard.press("Backspace");
      await eventually(
        async () => (await focused.allTextContents()).join(),
        (name) => name === "many",
      );
      await page.keyboard.press("Enter");
      await row(page, "name-01255").waitFor();
      assert.equal(await top(), 40_000);
    },
    undefined,
    async (client) => {
      ok(await client.write(`${ROOT}/apart/alone.txt`, "x"));
      ok(await client.write(`${ROOT}/many/zz.txt`, "x"));
      await server.plant(userOf(client), "many", 3000);
      await server.evict(userOf(client));
    },
  ),
);

test("an open file that is renamed in the list is open under its new name", { skip }, () =>
  inPage(
    async ({ page }) => {
      await row(page, "top.txt").click();
      await page.getByRole("heading", { name: "top.txt" }).waitFor();
      await page.getByRole("grid").focus();
      await page.keyboard.press("F2");
      await page.getByLabel("New name of top.txt").fill("new.txt");
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "new.txt" }).waitFor();
      await page.getByText("x", { exact: true }).waitFor();
      assert.equal(await page.evaluate(() => location.hash), "#/files/new.txt");
    },
    undefined,
    nested,
  ),
);

test("while there are more entries to come, the list says so", { skip }, () =>
  inPage(
    async ({ page }) => {
      const { release } = await hold(page, /\/api\/files\/list\?.*cursor=/);
      await visit(page, "#/files/many/");
      await page.getByText("5,000 entries so far", { exact: true }).waitFor();
      release();
      await page.getByText("5,101 entries", { exact: true }).waitFor();
    },
    undefined,
    async (client) => {
      ok(await client.write(`${ROOT}/many/zz.txt`, "x"));
      await server.plant(userOf(client), "many", 5100);
      await server.evict(userOf(client));
    },
  ),
);

test("by finger, several are chosen, moved and deleted", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      const choose = async (/** @type {string} */ first, /** @type {string[]} */ ...more) => {
        await page.getByRole("button", { name: `Actions for ${first}` }).tap();
        await page.getByRole("menuitem", { name: "Choose more" }).tap();
        for (const name of more) await row(page, name).tap();
        await page.getByText(`${more.length + 1} of`).waitFor();
      };
      await choose("01.txt", "02.txt");
      await page.getByRole("button", { name: "Move", exact: true }).tap();
      await row(page, "notes").tap();
      await page.getByText("Nothing is here yet").waitFor();
      await page.getByRole("button", { name: "New", exact: true }).tap();
      await page.getByRole("menuitem", { name: "Paste" }).tap();
      await row(page, "02.txt").waitFor();
      await choose("01.txt", "02.txt");
      await page.getByRole("button", { name: "Move to trash" }).tap();
      await page.getByText("Nothing is here yet").waitFor();
      assert.deepEqual(names(ok(await client.list(`${ROOT}/notes`))), []);
    },
    PHONE,
    async (client) => {
      await forty(client);
      ok(await client.mkdir(`${ROOT}/notes`));
    },
  ),
);
