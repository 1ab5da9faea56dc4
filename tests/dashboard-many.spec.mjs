// What is done to many entries at once goes on past those that cannot be done, says what came of it, and is one undo.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { browse, row, skip } from "./dashboard.mjs";
import { eventually, names, ok } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve({}, undefined, { page: true });
const inPage = browse(server);

const paths = Array.from({ length: 60 }, (_, number) => `${ROOT}/many/file-${String(number).padStart(2, "0")}.txt`);
const many = async (/** @type {import("./client.mjs").Client} */ client) => {
  for (const path of paths) ok(await client.write(path, "x"));
};
/** Goes into a directory and chooses all of it. @param {import("playwright-core").Page} page @param {string} name */
const chooseAll = async (page, name) => {
  await row(page, name).dblclick();
  await page.getByRole("button", { name, exact: true, includeHidden: false }).first().waitFor();
  await page.getByText(/^\d+ entries$/).waitFor();
  await page.getByRole("grid").focus();
  await page.keyboard.press("ControlOrMeta+a");
};

test("one that is gone meanwhile does not stop the rest, and one undo brings the rest back", { skip }, () =>
  inPage(
    async ({ page, client, context }) => {
      let isFirst = true;
      await context.route("**/api/files?*", async (route) => {
        if (isFirst) {
          isFirst = false;
          ok(await client.remove(paths[40] ?? ""));
        }
        await route.continue();
      });
      await chooseAll(page, "many");
      // While they are deleted: what is heard of it afterwards may be looked at.
      let [over, listings] = [0, 0];
      page.on("response", (response) => {
        over += response.request().method() === "DELETE" ? 1 : 0;
      });
      page.on("request", (request) => {
        const isListing = request.url().includes("/api/files/list") && request.url().includes("many");
        listings += isListing && over < paths.length ? 1 : 0;
      });
      await page.keyboard.press("Delete");
      await page.getByText("Moved 59 entries to the trash, 1 was gone").waitFor();
      assert.deepEqual(names(ok(await client.list(`${ROOT}/many`))), []);
      await eventually(
        async () => over,
        (many) => many === paths.length,
      );
      assert.ok(listings <= 2, `read anew ${listings} times`);
      await page.getByRole("button", { name: "Undo", exact: true }).click();
      await page.getByText("59 entries", { exact: true }).waitFor();
    },
    undefined,
    many,
  ),
);

test("what takes long says how far it is, and is cancelled; what was done can be undone", { skip }, () =>
  inPage(
    async ({ page, client, context }) => {
      // Some go, and the next take until it is cancelled.
      let release = () => {};
      const held = new Promise((resolve) => {
        release = () => resolve(undefined);
      });
      let asked = 0;
      await context.route("**/api/files?*", async (route) => {
        asked += 1;
        if (asked > 8) await held;
        await route.continue();
      });
      await chooseAll(page, "many");
      await page.keyboard.press("Delete");
      await page.getByText(/Moving 60 entries to the trash: \d+ of 60/).waitFor();
      await page.getByRole("button", { name: "Cancel" }).click();
      release();
      await page.getByText(/^Moved \d+ entries to the trash, \d+ were left as they are$/).waitFor();
      const left = names(ok(await client.list(`${ROOT}/many`))).length;
      assert.ok(left > 0 && left < 60, `${left} are left`);
      await page.getByRole("button", { name: "Undo", exact: true }).click();
      await page.getByText("of 60 entries selected").waitFor();
    },
    undefined,
    many,
  ),
);

test("each name that is taken is asked about, in one turn that one undo takes back", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      const read = async (/** @type {string} */ path) => ok(await client.read(`${ROOT}/${path}`)).content;
      await page.getByRole("grid").focus();
      await page.keyboard.press("ControlOrMeta+a");
      await row(page, "notes").click({ modifiers: ["ControlOrMeta"] });
      await page.keyboard.press("ControlOrMeta+x");
      await row(page, "notes").dblclick();
      // Both have an a.txt; only the list that is left has a c.txt.
      await row(page, "c.txt").waitFor({ state: "detached" });
      await page.getByRole("grid").focus();
      await page.keyboard.press("ControlOrMeta+v");
      await page.getByText("a.txt, b.txt: something of those names is already there").waitFor();
      await row(page, "c.txt").waitFor();
      assert.equal(await read("notes/a.txt"), "old");
      await page.getByRole("button", { name: "Keep both (all 2)" }).click();
      await page.getByText("Moved 3 entries to notes", { exact: true }).waitFor();
      await row(page, "b copy.txt").waitFor();
      assert.equal(await page.getByText("already there").count(), 0, "the question is over");
      assert.equal(await read("notes/a.txt"), "old");
      await page.getByRole("grid").focus();
      await page.keyboard.press("ControlOrMeta+z");
      await eventually(
        async () => names(ok(await client.list())).join(),
        (now) => now === "notes,a.txt,b.txt,c.txt",
      );
      await row(page, "b copy.txt").waitFor({ state: "detached" });
      await page.keyboard.press("ControlOrMeta+Shift+z");
      await row(page, "b copy.txt").waitFor();
      await page.keyboard.press("ControlOrMeta+z");
      await row(page, "b copy.txt").waitFor({ state: "detached" });
    },
    undefined,
    async (client) => {
      for (const name of ["a.txt", "b.txt", "c.txt"]) ok(await client.write(`${ROOT}/${name}`, "new"));
      for (const name of ["a.txt", "b.txt"]) ok(await client.write(`${ROOT}/notes/${name}`, "old"));
    },
  ),
);

test("an undo that fails is the next to be undone, still; what failed is not", { skip }, () =>
  inPage(
    async ({ page, client, context }) => {
      const remove = async (/** @type {string} */ name) => {
        await row(page, name).click();
        await page.keyboard.press("Delete");
        await page.getByText(`Moved ${name} to the trash`).waitFor();
        await row(page, name).waitFor({ state: "detached" });
      };
      await remove("a.txt");
      await remove("b.txt");
      // What nobody answers has not been done.
      await context.route("**/api/files?*", (route) => route.abort("connectionreset"));
      await row(page, "c.txt").click();
      await page.keyboard.press("Delete");
      await page.getByText("Moving c.txt to the trash: The server cannot be reached").waitFor();
      await context.unroute("**/api/files?*");
      await context.route("**/undo?*", (route) => route.fulfill({ status: 503, json: { error: "Not now" } }));
      await page.getByRole("grid").focus();
      await page.keyboard.press("ControlOrMeta+z");
      await page
        .getByText(/^Not undone: .*: Not now/)
        .first()
        .waitFor();
      await context.unroute("**/undo?*");
      await page.getByRole("grid").focus();
      await page.keyboard.press("ControlOrMeta+z");
      await row(page, "b.txt").waitFor();
      assert.deepEqual(names(ok(await client.list())), ["b.txt", "c.txt"]);
    },
    undefined,
    async (client) => {
      for (const name of ["a.txt", "b.txt", "c.txt"]) ok(await client.write(`${ROOT}/${name}`, name));
    },
  ),
);

test("what comes back from the trash to a name that is taken is restored as a copy", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      await page.getByRole("link", { name: "Trash" }).click();
      await page.getByRole("button", { name: "Restore" }).click();
      await page.getByRole("button", { name: "Restore as a copy" }).click();
      await page.getByText("The trash is empty").waitFor();
      assert.equal(ok(await client.read(`${ROOT}/a copy.txt`)).content, "old");
      assert.equal(ok(await client.read(`${ROOT}/a.txt`)).content, "new");
    },
    undefined,
    async (client) => {
      ok(await client.write(`${ROOT}/a.txt`, "old"));
      ok(await client.remove(`${ROOT}/a.txt`));
      ok(await client.write(`${ROOT}/a.txt`, "new"));
    },
  ),
);
