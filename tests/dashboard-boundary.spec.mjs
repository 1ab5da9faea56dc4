// What one part of the page meets spoils no other: a text that cannot be drawn, and a part that cannot be fetched.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { browse, hold, PHONE, row, skip, visit } from "./dashboard.mjs";
import { ok } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve({}, undefined, { page: true });
const inPage = browse(server);

/** Each is deeper than what reads Markdown by calling itself can go. */
const DEEP = {
  "quotes.md": `${">".repeat(2000)} end of the quotes`,
  "stars.md": `${"*".repeat(2000)}end of the stars${"*".repeat(2000)}`,
  "lists.md": Array.from(
    { length: 120 },
    (_, at) => `${"  ".repeat(at)}- ${at === 119 ? "end of the lists" : at}`,
  ).join("\n"),
};

test("a text that is nested too deeply is shown as it was written, and the page goes on", { skip }, () =>
  inPage(
    async ({ page }) => {
      for (const name of Object.keys(DEEP)) {
        await visit(page, `#/files/${name}`);
        await page.getByText(`end of the ${name.slice(0, -3)}`).waitFor();
        await row(page, name).waitFor();
      }
      await page.reload();
      await row(page, "quotes.md").waitFor();
      await visit(page, "#/memory");
      await page.getByText("end of the soul").waitFor();
      await page.getByRole("tab", { name: "User" }).click();
      await page.getByText("USER.md is not there yet").waitFor();
    },
    undefined,
    async (client) => {
      for (const [name, text] of Object.entries(DEEP)) ok(await client.write(`${ROOT}/${name}`, text));
      ok(await client.write(`${ROOT}/SOUL.md`, `${">".repeat(5000)} end of the soul`));
    },
  ),
);

test("a message that is nested too deeply hides none of the others", { skip }, () =>
  inPage(async ({ page, userId }) => {
    const messages = [
      { role: "user", content: "before it" },
      { role: "assistant", content: `${">".repeat(5000)} end of the message` },
      { role: "assistant", content: "**after** it" },
    ];
    await (await server.r2()).put(`users/${userId}/history/main.json`, JSON.stringify({ messages }));
    await visit(page, "#/chat/main");
    const log = page.getByRole("log");
    await log.getByText("end of the message").waitFor();
    await log.getByText("before it").waitFor();
    await log.locator("strong").getByText("after").waitFor();
  }),
);

test("a part that cannot be fetched says so, and comes when there is a network again", { skip }, () =>
  inPage(async ({ page, context, forgive }) => {
    forgive(/could not be fetched|dynamically imported|ERR_INTERNET_DISCONNECTED/);
    await context.setOffline(true);
    await visit(page, "#/activity");
    await page.getByText("This part of the page could not be shown").waitFor();
    // What was opened before is still there.
    await visit(page, "#/files/");
    await page.getByText("Nothing is here yet").waitFor();
    await visit(page, "#/activity");
    await page.getByText("This part of the page could not be shown").waitFor();
    await context.setOffline(false);
    await page.getByRole("heading", { name: "Checkpoints" }).waitFor();
  }),
);

test("a part that is gone after an update of the page says to load it again, and can be tried again", { skip }, () =>
  inPage(async ({ page, forgive }) => {
    forgive(/could not be fetched|dynamically imported|MIME type/);
    let isGone = true;
    await page.route(/assets\/(Activity|Trash)Screen/, (route) =>
      isGone ? route.fulfill({ status: 404, body: "gone" }) : route.continue(),
    );
    await page.getByRole("link", { name: "Activity" }).click();
    await page.getByText("load it again").waitFor();
    await page.getByRole("button", { name: "Reload the page" }).waitFor();
    await page.getByRole("link", { name: "Files" }).click();
    await page.getByText("Nothing is here yet").waitFor();
    await page.getByRole("link", { name: "Trash" }).click();
    await page.getByText("load it again").waitFor();
    isGone = false;
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText("The trash is empty").waitFor();
    assert.equal(await page.getByText("could not be shown").count(), 0);
  }),
);

test("on a phone, a part that cannot be fetched, or is slow to come, leaves the way to the others", { skip }, () =>
  inPage(async ({ page, context, forgive }) => {
    forgive(/could not be fetched|dynamically imported|ERR_INTERNET_DISCONNECTED/);
    const menu = page.getByRole("button", { name: "Menu" });
    await context.setOffline(true);
    await menu.tap();
    await page.getByRole("link", { name: "Trash" }).tap();
    await page.getByText("This part of the page could not be shown").waitFor();
    await page.getByRole("heading", { name: "Trash" }).waitFor();
    await menu.tap();
    await page.getByRole("link", { name: "Files" }).tap();
    await page.getByText("Nothing is here yet").waitFor();
    await context.setOffline(false);
    const { release } = await hold(page, /assets\/ActivityScreen/);
    await menu.tap();
    await page.getByRole("link", { name: "Activity" }).tap();
    await page.getByRole("heading", { name: "Activity", exact: true }).waitFor();
    await menu.waitFor();
    assert.equal(await page.getByRole("heading", { name: "Checkpoints" }).count(), 0);
    release();
    await page.getByRole("heading", { name: "Checkpoints" }).waitFor();
  }, PHONE),
);
