// What is installed, as the page has it: by what is in the workspace, whoever has put it there or taken it out.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { browse, skip, visit } from "./dashboard.mjs";
import { ok, refused } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { fill, publish } from "./publishing.mjs";
import { as, publisher } from "./store.mjs";

const server = serve({ CATALOG_CACHE_SECONDS: "0" }, undefined, { page: true });
const inPage = browse(server);

/** An app that somebody else has published. */
async function notes(name = "Notes") {
  const { client } = await publisher(server);
  await fill(client, { "src/apps/notes/index.tsx": "export default 1;\n" });
  return ok(await publish(client, "app", { appId: "notes", name }));
}

test("what was installed is what is there, whoever has put it there or taken it out", { skip }, async () => {
  const app = await notes();
  await inPage(async ({ page, client, open }) => {
    const other = await open();
    const buttons = (/** @type {import("playwright-core").Page} */ at) => ({
      install: at.getByRole("button", { name: "Install", exact: true, disabled: false }),
      takeOut: at.getByRole("button", { name: "Take out" }),
    });
    for (const each of [page, other]) {
      await visit(each, `#/store/apps/${app.id}`);
      await buttons(each).install.waitFor();
    }
    await buttons(page).install.click();
    await buttons(page).takeOut.waitFor();
    await buttons(other).takeOut.waitFor();
    await buttons(other).takeOut.click();
    await buttons(other).install.waitFor();
    await buttons(page).install.waitFor();
    assert.equal(await page.getByRole("region", { name: "What was done" }).count(), 0);
    await buttons(other).install.click();
    await buttons(page).takeOut.waitFor();

    // Undone as any turn is: the catalogue hears nothing of that.
    const [turn] = ok(await as(client, "/api/turns")).turns;
    ok(await as(client, `/api/turns/${turn.turn}/undo`, "POST"));
    refused(await client.stat(`${ROOT}/src/apps/notes`), 404);
    await buttons(page).install.waitFor();
    await page.getByRole("link", { name: "Installed" }).click();
    await page.getByText("1.0.0 is not in src/apps/notes any more").waitFor();
    assert.equal(await page.getByRole("button", { name: "Open its folder" }).count(), 0);
    await buttons(page).takeOut.click();
    await page.getByText("Notes was gone already").waitFor();
    await page.getByText("No app is installed").waitFor();
    assert.equal(await page.locator(".toast.error").count(), 0);
  });
});

test("a name that turns itself around does so in no part of the store", { skip }, async () => {
  const app = await notes("Notes \u202eexe.txt");
  await inPage(async ({ page }) => {
    const turning = () => page.evaluate(() => /[\u202a-\u202e\u2066-\u2069]/.test(document.body.innerText));
    await visit(page, `#/store/apps/${app.id}`);
    await page.getByRole("button", { name: "Install", exact: true, disabled: false }).click();
    await page.getByRole("region", { name: "What was done" }).waitFor();
    await page.getByText("Installed Notes [U+202E]exe.txt").waitFor();
    assert.equal(await turning(), false);
    await page.reload();
    await visit(page, "#/store/installed");
    await page.getByRole("link", { name: "Notes [U+202E]exe.txt" }).waitFor();
    assert.equal(await turning(), false);
  });
});
