// Publishing in a browser: an app and this desktop, looked through before, changed and withdrawn after.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { browse, DESKTOP, PHONE, skip, visit } from "./dashboard.mjs";
import { eventually, ok, refused } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { fill } from "./publishing.mjs";
import { anyone, as, publisher } from "./store.mjs";

const server = serve({ CATALOG_CACHE_SECONDS: "0" }, undefined, { page: true });
const inPage = browse(server);

/** What a rule of the Worker takes for a credential. */
const KEY = `const key = "ghp_${"aB3dE5fG7hI9".repeat(3)}";\n`;

/** @param {import("playwright-core").Page} page */
const toast = (page, /** @type {string | RegExp} */ text) => page.locator(".toast").filter({ hasText: text }).waitFor();

test("an app is published after its credentials have been looked at, edited, versioned and unpublished", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      await visit(page, "#/store/mine");
      await page.getByRole("button", { name: "Publish an app" }).click();
      const dialog = page.getByRole("dialog", { name: "Publish an app" });
      await dialog.getByLabel("Title").fill("My paint");
      await dialog.getByLabel("Tags").fill("art, , Colors");
      // It is packed later, and of another size then.
      await dialog.getByText(/^2 files, .* unpacked$/).waitFor();
      await dialog.getByText("1 entry left out").click();
      await dialog.getByText("src/apps/paint/.env").waitFor();
      assert.match(
        await dialog.getByRole("region", { name: "Possible credentials" }).innerText(),
        /line 1: a token of GitHub/,
      );
      const send = dialog.getByRole("button", { name: "Publish", exact: true });
      assert.equal(await send.isDisabled(), true);
      await dialog.getByRole("checkbox").check();
      await send.click();
      await dialog.getByText(/^Version 1\.0\.0 is published: 2 files, .* packed$/).waitFor();
      await dialog.getByRole("link", { name: "See it in the store" }).click();
      await page.getByRole("heading", { name: "My paint" }).waitFor();
      const [row] = ok(await as(client, "/api/apps?search=paint")).apps;
      assert.deepEqual([row.name, row.tags, row.visibility], ["My paint", ["art", "colors"], "public"]);

      await page.getByLabel("Who sees My paint").selectOption("private");
      await toast(page, "only you");
      assert.equal((await anyone(server, `/api/apps/${row.id}`)).status, 404);
      await page.getByRole("button", { name: "Edit" }).click();
      await page.getByLabel("Title").fill("Paint");
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("heading", { name: "Paint", exact: true }).waitFor();

      await page.getByRole("button", { name: "Publish a new version" }).click();
      assert.equal(await dialog.getByLabel("Title").inputValue(), "Paint");
      await dialog.getByLabel("Version").fill("1.0.0");
      await dialog.getByRole("checkbox").check();
      ok(await client.write(`${ROOT}/src/apps/paint/index.tsx`, "export const changed = 1;\n"));
      await dialog.getByRole("button", { name: "Publish", exact: true }).click();
      await dialog.getByRole("button", { name: "Make it 1.0.1" }).click();
      await dialog.getByRole("button", { name: "Publish", exact: true }).click();
      await dialog.getByText("Version 1.0.1 is published").waitFor();
      await dialog.getByRole("button", { name: "Close" }).click();
      await page.getByRole("button", { name: "Withdraw version 1.0.1" }).click();
      await page.getByRole("button", { name: "Withdraw", exact: true }).click();
      await page.getByText("withdrawn", { exact: true }).waitFor();
      assert.equal(ok(await as(client, `/api/apps/${row.id}`)).version, "1.0.0");

      await page.getByRole("link", { name: "Published by you" }).click();
      await page.getByRole("button", { name: "Unpublish Paint" }).click();
      await page.getByRole("button", { name: "Unpublish", exact: true }).click();
      await page.getByText("You have published nothing yet").waitFor();
      refused(await as(client, `/api/apps/${row.id}`), 404);
    },
    DESKTOP,
    (client) =>
      fill(client, {
        "src/apps/paint/index.tsx": "export {};\n",
        "src/apps/paint/key.ts": KEY,
        "src/apps/paint/.env": "A=1",
      }),
  ),
);

test("a desktop is published to those with its link, visited without being asked who one is, and copied", {
  skip,
}, async () => {
  /** @type {string} */
  let id = "";
  await inPage(
    async ({ page, client, context }) => {
      await visit(page, "#/store/desktops");
      await page.getByRole("button", { name: "Publish", exact: true }).click();
      await page.getByRole("menuitem", { name: "This desktop…" }).click();
      const dialog = page.getByRole("dialog", { name: "Publish this desktop" });
      await dialog.getByLabel("Title").fill("A calm desk");
      // What goes along and what does not is told before, and again when it is changed.
      const contents = dialog.getByRole("region", { name: "What is published" });
      await contents.getByText(/^4 files/).click();
      await contents.getByText("2 entries left out").click();
      await contents.getByRole("button", { name: "Leave out drafts/b.txt" }).click();
      await contents.getByText(/^3 files/).waitFor();
      await contents.getByText("3 entries left out").waitFor();
      await contents.getByRole("button", { name: "Put in SOUL.md" }).click();
      await contents.getByText(/^4 files/).waitFor();
      await contents.getByText("Choose by path or pattern").click();
      assert.equal(await dialog.getByLabel("Put in all the same").inputValue(), "SOUL.md");
      await dialog.getByRole("textbox", { name: "Leave out" }).fill("drafts\n*.log");
      await dialog.getByLabel("Put in all the same").fill("");
      await contents.getByText(/^2 files/).waitFor();
      assert.equal(await contents.getByRole("button", { name: "Put in .env" }).count(), 0);
      const send = dialog.getByRole("button", { name: "Publish", exact: true });
      assert.equal(await send.isDisabled(), true);
      const findings = dialog.getByRole("region", { name: "Possible credentials" });
      await findings.getByText("key.ts", { exact: true }).waitFor();
      await findings.getByRole("checkbox").check();
      await send.click();
      await dialog.getByText(/is published: 2 files, .* packed$/).waitFor();
      await dialog.getByText(/left out/).click();
      await dialog.getByText("drafts", { exact: true }).waitFor();
      await dialog.getByRole("button", { name: "Copy link" }).click();
      const link = await eventually(
        () => page.evaluate(() => navigator.clipboard.readText()),
        (held) => held.includes("/d/"),
      );
      id = link.split("/").at(-1) ?? "";
      const row = ok(await as(client, `/api/desktops/${id}`));
      assert.deepEqual([row.visibility, row.title], ["unlisted", "A calm desk"]);

      // A second publish is offered as a new version of the first.
      await dialog.getByRole("button", { name: "Close" }).click();
      await page.getByRole("button", { name: "Publish", exact: true }).click();
      await page.getByRole("menuitem", { name: "This desktop…" }).click();
      assert.equal(await dialog.getByLabel("Publish as").inputValue(), row.desktopId);
      assert.equal(await dialog.getByLabel("Title").inputValue(), "A calm desk");
      await page.keyboard.press("Escape");

      // Private, its page opens all the same: it asks this one.
      await visit(page, `#/store/desktops/${id}`);
      await page.getByLabel("Who sees A calm desk").selectOption("private");
      await toast(page, "only you");
      const [visited] = await Promise.all([
        context.waitForEvent("page"),
        page.getByRole("link", { name: "Visit" }).click(),
      ]);
      await visited.getByRole("heading", { name: "A calm desk" }).waitFor();
      assert.equal(new URL(visited.url()).pathname, `/d/${id}`);
      await visited.close();
      await page.getByLabel("Who sees A calm desk").selectOption("unlisted");
      await toast(page, "whoever has the link");
    },
    DESKTOP,
    (client) =>
      fill(client, {
        "a.txt": "a",
        "key.ts": KEY,
        "drafts/b.txt": "b",
        "c.log": "c",
        "SOUL.md": "mine",
        ".env": "A=1",
      }),
  );
  await inPage(async ({ page, client }) => {
    await visit(page, `#/store/desktops/${id}`);
    await page.getByRole("button", { name: "Copy into my files" }).tap();
    await page.getByLabel("New folder").fill("theirs");
    await page.getByRole("button", { name: "Copy", exact: true }).tap();
    await page.getByRole("row").filter({ hasText: "a.txt" }).waitFor();
    assert.equal(ok(await client.read(`${ROOT}/theirs/a.txt`)).content, "a");
  }, PHONE);
});

test("the steps of a publish are shown, and one whose dialog is closed goes on", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      // The real steps, told late: until its dialog is closed.
      let release = () => {};
      const held = new Promise((resolve) => {
        release = () => resolve(undefined);
      });
      await page.route("**/api/publish/desktop*", async (route) => {
        const response = await route.fetch();
        await held;
        await route.fulfill({ response });
      });
      await visit(page, "#/store/desktops");
      await page.getByRole("button", { name: "Publish", exact: true }).click();
      await page.getByRole("menuitem", { name: "This desktop…" }).click();
      await page.getByLabel("Title").fill("Slow desk");
      await page.getByRole("dialog").getByRole("button", { name: "Publish", exact: true }).click();
      await page.getByRole("progressbar", { name: "Publishing" }).waitFor();
      await page.getByRole("button", { name: "Hide" }).click();
      await page.getByRole("dialog").waitFor({ state: "detached" });
      release();
      await toast(page, "Published Slow desk 1.0.0");
      await visit(page, "#/store/mine");
      await page.getByRole("link", { name: "Slow desk" }).waitFor();
      assert.equal(ok(await as(client, "/api/desktops?search=slow")).desktops.length, 1);
    },
    DESKTOP,
    (client) => fill(client, { "a.txt": "a" }),
  ),
);

test("a handle is chosen, and one that is taken is refused with a sentence", { skip }, async () => {
  const { handle } = await publisher(server);
  await inPage(async ({ page, client }) => {
    await visit(page, "#/store/mine");
    await page.getByRole("button", { name: "Change your handle" }).click();
    await page.getByRole("textbox", { name: "Handle" }).fill(handle);
    await page.keyboard.press("Enter");
    await toast(page, "This handle is taken");
    await page.getByRole("textbox", { name: "Handle" }).fill(`mine-${process.pid}`);
    await page.keyboard.press("Enter");
    await page.locator(".handle").getByText(`mine-${process.pid}`).waitFor();
    assert.equal(ok(await as(client, "/api/profile")).handle, `mine-${process.pid}`);
  });
});
