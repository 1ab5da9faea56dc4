// The store in a browser: found, installed, brought up to date, taken out.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { accessible, browse, DESKTOP, PHONE, skip, visit } from "./dashboard.mjs";
import { eventually, ok, refused } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { fill, publish } from "./publishing.mjs";
import { as, publisher, release, shelve } from "./store.mjs";

const server = serve({ CATALOG_CACHE_SECONDS: "0" }, undefined, { page: true });
const inPage = browse(server);

/** What a rule of the Worker takes for a credential. */
const KEY = `const key = "ghp_${"aB3dE5fG7hI9".repeat(3)}";\n`;

/** An app that somebody else has published. */
async function notes(/** @type {object} */ about = {}) {
  const author = await publisher(server);
  await fill(author.client, {
    "package.json": '{"dependencies":{"react":"^18.0.0","zustand":"^4.5.0","d3":"^7.0.0"}}',
    "src/apps/notes/index.tsx": 'import React from "react";\nimport "zustand";\nimport "d3";\n',
    "src/apps/notes/a.ts": "export const a = 1;\n",
  });
  const said = ok(await publish(author.client, "app", { appId: "notes", name: "Notes", ...about }));
  return { ...author, id: said.id };
}

const mine = (/** @type {import("./client.mjs").Client} */ client) =>
  fill(client, { "package.json": '{"dependencies":{"react":"^18.2.0","d3":"^6.0.0"}}' });

test("an app is found, installed with what it adds told before and after, updated, taken out, and brought back", {
  skip,
}, async () => {
  const app = await notes({ tags: ["writing"], description: "Keeps what you think of" });
  const { userId } = await publisher(server);
  await shelve(server, userId, { title: "Sketch" });
  await inPage(
    async ({ page, client }) => {
      await page.getByRole("link", { name: "Store" }).click();
      await page.getByRole("link", { name: /^Sketch/ }).waitFor();
      await page.getByRole("searchbox", { name: "Search apps" }).fill("notes");
      await page.getByRole("link", { name: /^Sketch/ }).waitFor({ state: "detached" });
      await page.getByRole("link", { name: /^Notes/ }).click();
      const adds = page.getByRole("region", { name: "Installing adds" });
      await adds.getByText("d3 ^7.0.0").waitFor();
      assert.match(
        await adds.innerText(),
        /d3 \^7\.0\.0 you have \^6\.0\.0[\s\S]*zustand \^4\.5\.0 new in package\.json/,
      );
      await page.getByRole("button", { name: "Install", exact: true }).click();
      const report = page.getByRole("region", { name: "What was done" });
      await report.waitFor();
      assert.match(await report.innerText(), /d3 \^6\.0\.0 is yours; \^7\.0\.0 goes in beside it as d3-notes/);
      await report.getByRole("button", { name: "Copy the command" }).click();
      await eventually(
        () => page.evaluate(() => navigator.clipboard.readText()),
        (held) => held === "pnpm add --reporter=silent zustand@^4.5.0 d3-notes@npm:d3@^7.0.0",
      );
      assert.equal(ok(await client.list(`${ROOT}/src/apps/notes`)).files.length, 2);

      // The author goes on; who has changed a file keeps it.
      ok(await client.write(`${ROOT}/src/apps/notes/a.ts`, "mine\n"));
      await fill(app.client, { "src/apps/notes/a.ts": "2", "src/apps/notes/b.ts": "3" });
      ok(await publish(app.client, "app", { appId: "notes" }));
      await page.getByRole("link", { name: "Installed" }).click();
      await page.getByRole("button", { name: "Update to 1.0.1" }).click();
      await report.getByText("Updated from 1.0.0").waitFor();
      await report.getByText("src/apps/notes/a.ts").waitFor();
      assert.equal(ok(await client.read(`${ROOT}/src/apps/notes/a.ts`)).content, "mine\n");

      await page.getByRole("link", { name: "Notes" }).click();
      await page.getByRole("button", { name: "Take out" }).click();
      await page.getByRole("button", { name: "Install", exact: true }).waitFor();
      refused(await client.stat(`${ROOT}/src/apps/notes`), 404);
      await page.locator(".toast").filter({ hasText: "Took out Notes" }).getByRole("button", { name: "Undo" }).click();
      await page.getByRole("button", { name: "Take out" }).waitFor();
      assert.equal(ok(await client.read(`${ROOT}/src/apps/notes/a.ts`)).content, "mine\n");
      await page.getByRole("button", { name: "Open its folder" }).click();
      await page.getByRole("row").filter({ hasText: "index.tsx" }).waitFor();
    },
    DESKTOP,
    mine,
  );
});

test("what is looked for stays while one thing is looked at; tags, orders and pages", { skip }, async () => {
  const { userId } = await publisher(server);
  for (let at = 0; at < 30; at += 1)
    await shelve(server, userId, { title: `Paged ${String(at).padStart(2, "0")}`, tags: ["paged"] });
  await shelve(server, userId, { title: "Hidden paged", tags: ["paged"], visibility: "private" });
  await inPage(async ({ page }) => {
    await visit(page, "#/store/apps");
    await page.getByRole("searchbox").fill("paged");
    await page.getByLabel("Order").selectOption("name");
    const cards = page.getByRole("list", { name: "Apps" }).getByRole("link");
    // Only what is looked for, in its order, and no more than a page of it.
    await eventually(
      async () => (await page.locator(".thing-title").allTextContents()).join(),
      (names) => names === Array.from({ length: 24 }, (_, at) => `Paged ${String(at).padStart(2, "0")}`).join(),
    );
    await page.getByRole("button", { name: "Show more" }).click();
    await page.getByRole("link", { name: /^Paged 29/ }).waitFor();
    assert.equal(await cards.count(), 30);
    await page.getByRole("link", { name: /^Paged 03/ }).click();
    await page.getByRole("heading", { name: "Paged 03" }).waitFor();
    await page.goBack();
    assert.equal(await page.getByRole("searchbox").inputValue(), "paged");
    await page.getByRole("link", { name: /^Paged 03/ }).click();
    await page.getByRole("button", { name: "paged", exact: true }).click();
    await page.getByRole("button", { name: "paged, show all tags" }).waitFor();
    assert.equal(await page.getByRole("searchbox").inputValue(), "");
    await page.getByRole("searchbox").fill("nothing has this name");
    await page.getByText("Nothing is like that").waitFor();
  });
});

test("a star is given and taken back", { skip }, async () => {
  const { id } = await notes();
  await inPage(async ({ page, client }) => {
    await visit(page, `#/store/apps/${id}`);
    await page.getByRole("button", { name: "Star, 0" }).click();
    await page.getByRole("button", { name: "Star, 1", pressed: true }).click();
    await page.getByRole("button", { name: "Star, 0", pressed: false }).waitFor();
    assert.equal(ok(await as(client, `/api/apps/${id}`)).stars, 0);
  });
});

test("what publishers say is text, and loads nothing", { skip }, async () => {
  const { userId } = await publisher(server);
  const hostile = '<img src=x onerror="document.title=1">[a](javascript:alert(1))';
  const thing = await shelve(server, userId, { title: hostile, description: hostile, tags: ["<b>tag"] });
  await release(server, thing, { version: "1.0.1" });
  for (const icon of ["https://elsewhere.example/a.png", "data:text/html,<script>1</script>", "javascript:alert(1)"]) {
    const catalog = await server.catalog();
    await catalog.prepare("UPDATE published SET icon = ? WHERE id = ?").bind(icon, thing.id).run();
    await inPage(async ({ page }) => {
      await visit(page, "#/store/apps");
      await page.getByRole("link", { name: hostile }).click();
      await page.getByRole("heading", { name: hostile }).waitFor();
      await page.locator(".versions-list li").nth(1).waitFor();
      assert.equal(await page.title(), "Holdfast");
      assert.equal(await page.locator(".screen img").count(), 0);
    });
  }
});

test("without a network it is said, and comes back by itself", { skip }, async () => {
  await notes();
  await inPage(async ({ page, context }) => {
    await visit(page, "#/store/apps");
    await page.locator(".thing").first().waitFor();
    await context.setOffline(true);
    await page.getByRole("link", { name: "Desktops" }).click();
    await page.getByText("The server cannot be reached").waitFor();
    await context.setOffline(false);
    await page.getByText("The server cannot be reached").waitFor({ state: "detached" });
    await visit(page, "#/store/apps/0123456789abcdef0123456789abcdef");
    await page.getByText("App not found").waitFor();
  });
});

test("the keyboard alone installs an app", { skip }, async () => {
  const { id } = await notes({ name: "By keys" });
  await notes({ name: "Another" });
  await inPage(async ({ page, client }) => {
    await visit(page, "#/store/apps");
    await page
      .getByRole("link", { name: /^Another/ })
      .first()
      .waitFor();
    await page.getByRole("searchbox").focus();
    await page.keyboard.type("by keys");
    const card = page.getByRole("link", { name: /^By keys/ });
    // What was there before the search is replaced by what it finds, and the focus with it.
    await eventually(
      async () => (await page.locator(".thing-title").allTextContents()).join(),
      (found) => found === "By keys",
    );
    const install = page.getByRole("button", { name: "Install", exact: true });
    for (let at = 0; at < 5 && !(await card.evaluate((element) => element === document.activeElement)); at += 1)
      await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await install.waitFor();
    await eventually(
      () => install.isEnabled(),
      (is) => is,
    );
    await install.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Take out" }).waitFor();
    assert.equal(ok(await as(client, "/api/installs")).installs[0].targetId, id);
  });
});

for (const [width, how] of /** @type {const} */ ([
  ["desktop", DESKTOP],
  ["phone", PHONE],
]))
  for (const colorScheme of ["light", "dark"])
    test(`${colorScheme}, at the width of a ${width}, the store is for everyone`, { skip }, async () => {
      const { id } = await notes({ description: "Keeps what you think of", tags: ["writing"] });
      await inPage(
        async ({ page }) => {
          const check = async (/** @type {string} */ what) => {
            await accessible(page, what);
            const isWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
            assert.equal(isWide, false, `${what} is wider than the window`);
          };
          await visit(page, "#/store/mine");
          await page.getByText("You have published nothing yet").waitFor();
          await check("nothing published");
          await visit(page, "#/store/installed");
          await page.getByText("No app is installed").waitFor();
          await check("nothing installed");
          await visit(page, "#/store/apps");
          await page.locator(".thing").first().waitFor();
          await check("apps");
          await visit(page, `#/store/apps/${id}`);
          await page.getByText("zustand").waitFor();
          await check("an app");
          await page.getByRole("button", { name: "Install", exact: true }).click();
          await page.getByText("To be run").waitFor();
          await check("an installed app");
          await visit(page, "#/store/installed");
          await page.getByRole("button", { name: "Take out" }).waitFor();
          await check("installed apps");
          await page.getByRole("button", { name: "Publish", exact: true }).click();
          await page.getByRole("menuitem", { name: "This desktop…" }).click();
          await page.getByLabel("Title").fill("Mine");
          await check("a publish dialog");
          const dialog = page.getByRole("dialog");
          await dialog.getByRole("checkbox").waitFor();
          await check("findings");
          await dialog.getByRole("checkbox").check();
          await dialog.getByRole("button", { name: "Publish", exact: true }).click();
          await dialog.getByText("is published").waitFor();
          await check("what was published");
          await dialog.getByRole("link", { name: "See it in the store" }).click();
          await page.getByRole("region", { name: "Yours" }).waitFor();
          await check("an own desktop");
          await visit(page, "#/store/mine");
          await page.locator(".own-entry").waitFor();
          await check("what is published");
        },
        { ...how, colorScheme },
        (client) => fill(client, { "key.ts": KEY, "package.json": '{"dependencies":{"d3":"^6.0.0"}}' }),
      );
    });
