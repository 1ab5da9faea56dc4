// What the agent knows, while others change it: nothing that was typed is lost, and nothing is made twice.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { browse, skip, visit } from "./dashboard.mjs";
import { eventually, ok } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve({}, undefined, { page: true });
const inPage = browse(server);

test("what is typed stays when its file is deleted elsewhere, and is saved anew", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      await visit(page, "#/memory/");
      await page.getByRole("tab", { name: "Tools" }).click();
      await page.getByRole("button", { name: "Edit", exact: true }).click();
      const text = page.getByRole("textbox", { name: "TOOLS.md" });
      await text.focus();
      await page.keyboard.type("mine ");
      await page.getByText("Not saved yet").waitFor();
      ok(await client.remove(`${ROOT}/TOOLS.md`));
      await page.getByText("This file was deleted elsewhere").waitFor();
      await text.getByText("mine calm").waitFor();
      await page.getByRole("button", { name: "Save mine anew" }).click();
      await page.getByText("Saved", { exact: true }).waitFor();
      assert.equal(ok(await client.read(`${ROOT}/TOOLS.md`)).content, "mine calm");
      // Nothing typed, nothing kept.
      const done = page.getByRole("button", { name: "Done" });
      await done.click();
      await done.waitFor({ state: "detached" });
      ok(await client.remove(`${ROOT}/TOOLS.md`));
      await page.getByText("TOOLS.md is not there yet").waitFor();
    },
    undefined,
    async (client) => {
      ok(await client.write(`${ROOT}/TOOLS.md`, "calm"));
    },
  ),
);

test("a page that is asked for twice is made once", { skip }, () =>
  inPage(async ({ page, client }) => {
    let asked = 0;
    await page.route("**/api/files/write?*", async (route) => {
      asked += 1;
      await route.continue();
    });
    await visit(page, "#/memory/");
    await page.getByRole("button", { name: "Create it" }).dblclick();
    await page.getByRole("button", { name: "Edit", exact: true }).waitFor();
    assert.equal(asked, 1);
    assert.equal(await page.locator(".toast.error").count(), 0);
    await eventually(
      async () => ok(await client.read(`${ROOT}/SOUL.md`)).content,
      (content) => content === "# SOUL\n",
    );
  }),
);

test("a page of it stays open when all is loaded again, and Back leads out of it", { skip }, () =>
  inPage(async ({ page }) => {
    const chosen = page.getByRole("tab", { selected: true });
    await page.getByRole("link", { name: "Memory" }).click();
    await page.getByRole("tab", { name: "Soul" }).press("End");
    await chosen.getByText("Today").waitFor();
    await page.keyboard.press("Home");
    await chosen.getByText("Soul").waitFor();
    await page.getByRole("tab", { name: "Tools" }).click();
    await page.getByText("TOOLS.md is not there yet").waitFor();
    await page.reload();
    await page.getByText("TOOLS.md is not there yet").waitFor();
    assert.equal(await chosen.innerText(), "Tools");
    await page.goBack();
    await page.getByRole("grid").or(page.getByText("Nothing is here yet")).first().waitFor();
  }),
);

test("the note of the day is that of the day on which somebody comes to it", { skip }, () =>
  inPage(async ({ page }) => {
    const shown = () => page.locator(".empty-title").innerText();
    await visit(page, "#/memory/today");
    const first = await eventually(shown, (title) => title.includes("-"));
    await page.evaluate(() => {
      const Then = Date;
      // Night falls.
      globalThis.Date = /** @type {any} */ (
        class extends Then {
          constructor(/** @type {any[]} */ ...given) {
            super(...(given.length > 0 ? given : [Then.now() + 86_400_000]));
          }
        }
      );
    });
    await page.getByRole("tab", { name: "Soul" }).click();
    await page.getByText("SOUL.md is not there yet").waitFor();
    await page.getByRole("tab", { name: "Today" }).click();
    const second = await eventually(shown, (title) => title.includes("-"));
    assert.ok(second > first, `${first}, then ${second}`);
  }),
);
