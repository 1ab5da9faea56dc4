// The link that opens the page: handed to a tab that is opened from here, and asked for anew when it has expired.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { browse, row, skip } from "./dashboard.mjs";
import { eventually, ok } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve({}, undefined, { page: true });
const inPage = browse(server);

const soul = async (/** @type {import("./client.mjs").Client} */ client) => {
  ok(await client.write(`${ROOT}/SOUL.md`, "# Who I am\n"));
};

test("the dialog of an expired link stays, however often somebody presses Escape or Back", { skip }, () =>
  inPage(
    async ({ page, userId, link }) => {
      await row(page, "SOUL.md").click();
      const { exp, sig } = server.signed(userId, { exp: "1000000000" });
      await page.evaluate(
        ([key, url]) => sessionStorage.setItem(String(key), String(url)),
        ["holdfast:gateway", `${server.url.replace("http", "ws")}/ws?userId=${userId}&exp=${exp}&sig=${sig}`],
      );
      await page.reload();
      const dialog = page.getByRole("dialog", { name: "This link has expired" });
      await dialog.waitFor();
      for (let times = 0; times < 5; times += 1) await page.keyboard.press("Escape");
      // Whoever presses beside it has nothing focused.
      await page.mouse.click(5, 5);
      for (let times = 0; times < 3; times += 1) await page.keyboard.press("Escape");
      await eventually(
        () => page.evaluate(() => document.querySelector("dialog:modal") !== null),
        (is) => is,
      );
      await page.goBack();
      await dialog.getByRole("textbox", { name: "Link" }).fill(link);
      await dialog.getByRole("button", { name: "Go on" }).click();
      await row(page, "SOUL.md").waitFor();
      await dialog.waitFor({ state: "detached" });
    },
    undefined,
    soul,
  ),
);

test("a tab that is opened from here needs no link, and its address has none", { skip }, () =>
  inPage(
    async ({ page, context }) => {
      const [other] = await Promise.all([
        context.waitForEvent("page"),
        page.getByRole("link", { name: "Memory" }).click({ modifiers: ["ControlOrMeta"] }),
      ]);
      await other.getByRole("heading", { name: "Who I am" }).waitFor();
      assert.equal(other.url(), `${server.url}/#/memory/`);
      assert.equal(await other.evaluate(() => document.referrer.includes("sig=")), false);
      assert.equal(await other.evaluate(() => JSON.stringify({ ...localStorage }).includes("sig=")), false);
      // It has its own from now on.
      await page.close();
      await other.reload();
      await other.getByRole("heading", { name: "Who I am" }).waitFor();
    },
    undefined,
    soul,
  ),
);

test("of two workspaces in one browser, a tab has the one that it was opened from", { skip }, () =>
  inPage(
    async ({ page, context }) => {
      const userId = server.user();
      const client = server.client(userId);
      ok(await client.write(`${ROOT}/SOUL.md`, "# Somebody else\n"));
      const second = await context.newPage();
      await second.goto(`${server.url}/#${client.url("/list").search.slice(1)}`);
      await row(second, "SOUL.md").waitFor();
      for (const [from, soul] of /** @type {const} */ ([
        [page, "Who I am"],
        [second, "Somebody else"],
        [page, "Who I am"],
      ])) {
        const [opened] = await Promise.all([
          context.waitForEvent("page"),
          from.getByRole("link", { name: "Memory" }).click({ modifiers: ["ControlOrMeta"] }),
        ]);
        await opened.getByRole("heading", { name: soul }).waitFor();
        await opened.close();
      }
    },
    undefined,
    soul,
  ),
);

test("where no other tab has a link, it is asked for", { skip }, () =>
  inPage(async ({ page, context }) => {
    await page.close();
    const alone = await context.newPage();
    await alone.goto(`${server.url}/#/memory/`);
    await alone.getByRole("textbox", { name: "Link" }).waitFor();
  }),
);
