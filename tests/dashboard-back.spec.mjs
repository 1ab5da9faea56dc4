// Back, by which people leave what is on top: it closes that and nothing below it, and no step of the history leads nowhere.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { browse, PHONE, row, skip, visit } from "./dashboard.mjs";
import { eventually, ok } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { ingestBytes } from "./media.mjs";
import { png } from "./samples.mjs";

const server = serve({}, undefined, { page: true });
const inPage = browse(server);

const some = async (/** @type {import("./client.mjs").Client} */ client) => {
  ok(await client.write(`${ROOT}/notes/a.txt`, "a"));
  ok(await client.write(`${ROOT}/notes/b.txt`, "b"));
  ok(await client.write(`${ROOT}/src/apps/paint/index.tsx`, "export {};\n"));
  ok(await ingestBytes(client, png(), { filenameHint: "a.png" }));
};

/** Until somebody is there, however many steps of its own the page takes. @param {import("playwright-core").Page} page */
const at = (page, /** @type {string} */ hash) =>
  eventually(
    async () => new URL(page.url()).hash,
    (now) => now === hash,
  );

test("the drawer is closed by Back, and a place that it led to leads back to where it was opened", { skip }, () =>
  inPage(
    async ({ page }) => {
      await row(page, "notes").tap();
      await row(page, "a.txt").waitFor();
      const link = page.getByRole("link", { name: "Trash" });
      await page.getByRole("button", { name: "Menu" }).tap();
      await link.waitFor();
      await page.goBack();
      await link.waitFor({ state: "hidden" });
      await row(page, "a.txt").waitFor();
      await at(page, "#/files/notes/");
      await page.getByRole("button", { name: "Menu" }).tap();
      await link.tap();
      await page.getByText("The trash is empty").waitFor();
      await page.goBack();
      await row(page, "a.txt").waitFor();
      await page.goForward();
      await page.getByText("The trash is empty").waitFor();
      await page.goBack();
      await row(page, "a.txt").waitFor();
      await page.goBack();
      await row(page, "notes").waitFor();
    },
    PHONE,
    some,
  ),
);

test("of two dialogs Back closes the upper one, and one that was closed otherwise takes no step", { skip }, () =>
  inPage(
    async ({ page }) => {
      await visit(page, "#/media/");
      await page.getByRole("button", { name: /a\.png/ }).tap();
      await page.getByRole("button", { name: "Delete" }).tap();
      const upper = page.getByRole("dialog", { name: /^Delete/ });
      await upper.waitFor();
      await page.goBack();
      await upper.waitFor({ state: "detached" });
      await page.getByRole("dialog", { name: "a.png" }).waitFor();
      await page.goBack();
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await at(page, "#/media/");
      await page.getByRole("button", { name: /a\.png/ }).tap();
      await page.getByRole("button", { name: "Close" }).tap();
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await page.goBack();
      await row(page, "notes").waitFor();
    },
    PHONE,
    some,
  ),
);

test("a menu, a dialog that it opens and a choice of several are closed by Back", { skip }, () =>
  inPage(
    async ({ page }) => {
      await visit(page, "#/store/mine");
      await page.getByRole("button", { name: "Publish", exact: true }).tap();
      await page.getByRole("menuitem", { name: "An app…" }).tap();
      const dialog = page.getByRole("dialog", { name: "Publish an app" });
      await dialog.getByRole("combobox").first().waitFor();
      await page.goBack();
      await dialog.waitFor({ state: "detached" });
      await at(page, "#/store/mine");
      await page.getByRole("button", { name: "Publish", exact: true }).tap();
      await page.goBack();
      await page.getByRole("menu").waitFor({ state: "detached" });
      await at(page, "#/store/mine");
      await visit(page, "#/files/notes/");
      await page.getByRole("button", { name: "Actions for a.txt" }).tap();
      await page.getByRole("menuitem", { name: "Choose more" }).tap();
      await row(page, "b.txt").tap();
      await page.getByText("2 of 2 entries selected").waitFor();
      await page.goBack();
      await page.getByText("2 entries", { exact: true }).waitFor();
      assert.equal(new URL(page.url()).hash, "#/files/notes/");
      await page.goBack();
      await page.getByRole("link", { name: "Published by you" }).waitFor();
    },
    PHONE,
    some,
  ),
);

test("loaded again under what was on top, a page goes back to what was before it", { skip }, () =>
  inPage(
    async ({ page }) => {
      await row(page, "notes").tap();
      await page.getByRole("button", { name: "Menu" }).tap();
      await page.getByRole("link", { name: "Trash" }).waitFor();
      await page.reload();
      await row(page, "a.txt").waitFor();
      await page.goBack();
      await row(page, "notes").waitFor();
    },
    PHONE,
    some,
  ),
);
