// The media screen with more than one page: what belongs to which question, and what is there no more.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { browse, DESKTOP, hold, skip, visit } from "./dashboard.mjs";
import { inParallel, ok } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { png, wav } from "./samples.mjs";

const server = serve({}, undefined, { page: true });
const inPage = browse(server);

/** More than a page of each kind. */
const many = async (/** @type {import("./client.mjs").Client} */ client) => {
  const numbers = Array.from({ length: 70 }, (_, at) => at);
  await inParallel(numbers, async (at) => {
    ok(await client.put(`${ROOT}/pictures/picture-${at}.png`, png()));
    ok(await client.put(`${ROOT}/sounds/sound-${at}.wav`, wav(1000 + 2 * at)));
  });
};

test("a page that comes when something else is asked for is not among it, and one that fails is said", { skip }, () =>
  inPage(
    async ({ page }) => {
      await visit(page, "#/media/");
      await page.getByLabel("Kind").selectOption("image");
      const tiles = page.getByRole("list", { name: "Media" }).getByRole("listitem");
      const names = () => page.locator(".tile-name").allTextContents();
      await tiles.nth(59).waitFor();
      const { release } = await hold(page, "**/api/media/list?*cursor=*");
      const late = page.waitForResponse((response) => response.url().includes("type=image&cursor="));
      const more = page.getByRole("button", { name: "Show more" });
      await more.click();
      await page.getByLabel("Kind").selectOption("audio");
      await page
        .getByText(/^sound-/)
        .first()
        .waitFor();
      release();
      await (await late).finished();
      await more.click();
      await tiles.nth(69).waitFor();
      const shown = await names();
      assert.equal(new Set(shown).size, 70);
      assert.deepEqual(
        shown.filter((name) => !name.startsWith("sound-")),
        [],
      );

      await page.unroute("**/api/media/list?*cursor=*");
      await page.route("**/api/media/list?*cursor=*", (route) =>
        route.fulfill({ status: 400, json: { error: "Invalid cursor" } }),
      );
      await page.getByLabel("Kind").selectOption("image");
      await more.click();
      await page.getByText("Looking for more: Invalid cursor").waitFor();
      assert.equal(await tiles.count(), 60);
      await page.unroute("**/api/media/list?*cursor=*");
      await more.click();
      await tiles.nth(69).waitFor();
      assert.equal(await more.count(), 0);
    },
    DESKTOP,
    many,
  ),
);

test("what is deleted from a later page is gone from it, and what is made public says so at once", { skip }, () =>
  inPage(
    async ({ page }) => {
      await visit(page, "#/media/");
      await page.getByLabel("Kind").selectOption("image");
      const tiles = page.getByRole("list", { name: "Media" }).getByRole("listitem");
      await tiles.nth(59).waitFor();
      const more = page.getByRole("button", { name: "Show more" });
      await more.click();
      await tiles.nth(69).waitFor();
      const last = String(await tiles.nth(69).locator(".tile-name").textContent());
      await tiles.nth(69).getByRole("button").click();
      const dialog = page.getByRole("dialog", { name: last, exact: true });
      await dialog.getByText("no; once it is").waitFor();
      await dialog.getByRole("button", { name: "Make public and copy link" }).click();
      await dialog.getByText("yes: whoever has its link can open it").waitFor();
      await dialog.getByRole("button", { name: "Copy link", exact: true }).waitFor();
      await dialog.getByRole("button", { name: "Delete" }).click();
      await page
        .getByRole("dialog", { name: `Delete ${last}?` })
        .getByRole("button", { name: "Delete" })
        .click();
      await page.getByText(`Deleted ${last}`).waitFor();
      await tiles.nth(69).waitFor({ state: "detached" });
      assert.equal(await tiles.count(), 69);
      assert.equal(await page.locator(".tile-name").getByText(last, { exact: true }).count(), 0);
      assert.equal(await more.count(), 0);
    },
    DESKTOP,
    many,
  ),
);

test("what was looked through is there again for who comes back, and what cannot be shown says so", { skip }, () =>
  inPage(
    async ({ page }) => {
      await visit(page, "#/media/");
      await page.getByLabel("Kind").selectOption("image");
      await page.getByLabel("When").selectOption("7");
      await page.getByText("torn.wav").waitFor({ state: "detached" });
      await page.getByRole("button", { name: /^torn\.png/ }).click();
      await page.getByText("This picture cannot be shown").waitFor();
      await page.getByRole("dialog").getByRole("button", { name: "torn.png" }).click();
      await page.getByRole("heading", { name: "torn.png" }).waitFor();
      await page.goBack();
      await page.getByRole("button", { name: /^torn\.png/ }).waitFor();
      assert.equal(await page.getByLabel("Kind").inputValue(), "image");
      assert.equal(await page.getByLabel("When").inputValue(), "7");
      assert.equal(await page.getByRole("button", { name: /^torn\.wav/ }).count(), 0);
      await page.getByLabel("Kind").selectOption("audio");
      await page.getByRole("button", { name: /^torn\.wav/ }).click();
      await page.getByText("This cannot be played").waitFor();
    },
    DESKTOP,
    async (client) => {
      // They begin as what they are named, and go on as nothing.
      ok(await client.put(`${ROOT}/torn.png`, Buffer.concat([png().subarray(0, 20), Buffer.alloc(40)])));
      ok(await client.put(`${ROOT}/torn.wav`, Buffer.concat([wav().subarray(0, 12), Buffer.alloc(40)])));
    },
  ),
);
