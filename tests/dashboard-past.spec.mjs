// What is taken back stays taken back: turn after turn, by name, and again if it is wanted.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { browse, row, skip } from "./dashboard.mjs";
import { eventually, names, ok } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve({}, undefined, { page: true });
const inPage = browse(server);

const turns = async (/** @type {import("./client.mjs").Client} */ client) => {
  for (const number of [1, 2, 3])
    ok(await client.write(`${ROOT}/${number}.txt`, "x", {}, { "x-actor": "agent", "x-turn": `turn-${number}` }));
};
/** What is there. @param {import("./client.mjs").Client} client @param {string} wanted */
const here = (client, wanted) =>
  eventually(
    async () => names(ok(await client.list())).join(),
    (now) => now === wanted,
  );

test(
  "the last turn is undone, then the one before it; each undo is listed by name and can be taken back",
  {
    skip,
  },
  () =>
    inPage(
      async ({ page, client }) => {
        await page.getByRole("link", { name: "Activity" }).click();
        const undo = page.getByRole("button", { name: "Undo the last turn" });
        await undo.click();
        await page.getByText("Undid: agent · turn-3").waitFor();
        await undo.click();
        await page.getByText("Undid: agent · turn-2").waitFor();
        await here(client, "1.txt");
        const line = page.getByRole("listitem").filter({ hasText: "Undid: agent · turn-2" });
        await line.getByRole("button", { name: "Redo" }).click();
        await page.getByText("Redid: agent · turn-2").waitFor();
        await here(client, "1.txt,2.txt");
        // Done again, it is the last once more.
        await page.reload();
        await page.getByText("Redid: agent · turn-2").waitFor();
        await undo.click();
        await here(client, "1.txt");
        await undo.click();
        await here(client, "");
        await eventually(
          () => undo.isDisabled(),
          (is) => is,
        );
      },
      undefined,
      turns,
    ),
);

const lastOfAgent = { name: "Undo the agent's last turn" };

test("a double-click takes back one turn, and says which; a second press is needed for the one before", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      const undo = page.getByRole("button", lastOfAgent);
      await undo.dblclick();
      const toast = page.locator(".toast").filter({ hasText: "Undone: agent · turn-3" });
      await toast.waitFor();
      // The same there: once, it is done.
      await toast.getByRole("button", { name: "Redo" }).dblclick();
      await toast.waitFor({ state: "detached" });
      await page.getByText("Redone: agent · turn-3", { exact: true }).waitFor();
      await undo.click();
      await toast.waitFor();
      await row(page, "3.txt").waitFor({ state: "detached" });
      // A turn begun by the second click would be over before this one, which waits for it.
      await undo.click();
      await page.getByText("Undone: agent · turn-2", { exact: true }).waitFor();
      await here(client, "1.txt");
      await page.getByRole("link", { name: "Activity" }).click();
      const line = page.getByRole("listitem").filter({ hasText: "Undid: agent · turn-2" });
      await line.getByRole("button", { name: "Redo" }).dblclick();
      await page.getByText("Redone: agent · turn-2", { exact: true }).waitFor();
      await here(client, "1.txt,2.txt");
      await page.getByRole("button", { name: "Undo the last turn" }).dblclick();
      await here(client, "1.txt");
      assert.equal(await page.getByText("Nothing was left").count(), 0);
    },
    undefined,
    turns,
  ),
);

test("what was undone elsewhere is known here: it is not undone twice, and is done again", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      await page.getByRole("button", lastOfAgent).click();
      await page.getByText("Undone: agent · turn-2", { exact: true }).waitFor();
      await here(client, "1.txt");
      await page.getByRole("link", { name: "Activity" }).click();
      const line = page.getByRole("listitem").filter({ hasText: "Undid: agent · turn-3" });
      const itself = page.getByRole("listitem").filter({ hasText: "undone" }).filter({ hasNotText: "Undid" });
      await line.waitFor();
      assert.equal(await itself.count(), 2);
      await itself.filter({ hasText: "turn-3" }).getByRole("button", { name: "Redo" }).click();
      await page.getByText("Redid: agent · turn-3").waitFor();
      await here(client, "1.txt,3.txt");
      await line.getByRole("button", { name: "Undo", exact: true }).click();
      await here(client, "1.txt");
    },
    undefined,
    async (client) => {
      await turns(client);
      const { search } = client.url("/list");
      assert.equal((await fetch(`${server.url}/api/turns/turn-3/undo${search}`, { method: "POST" })).status, 200);
    },
  ),
);

test(
  "of a turn of which somebody has left nothing it is said that nothing was left, and no other is touched",
  { skip },
  () =>
    inPage(
      async ({ page, client }) => {
        const undo = page.getByRole("button", lastOfAgent);
        await undo.click();
        await page.getByText("Nothing was left to undo: agent · turn-3", { exact: true }).waitFor();
        await here(client, "1.txt,2.txt");
        // It is known from then on.
        await undo.click();
        await page.getByText("Undone: agent · turn-2", { exact: true }).waitFor();
        await here(client, "1.txt");
      },
      undefined,
      async (client) => {
        await turns(client);
        ok(await client.request("DELETE", "", { params: { path: `${ROOT}/3.txt` } }));
      },
    ),
);

test("what was made here is listed as done, and taken back by that name", { skip }, () =>
  inPage(async ({ page, client }) => {
    await page.getByRole("button", { name: "New", exact: true }).click();
    await page.getByRole("menuitem", { name: "New file" }).click();
    await page.getByLabel("Name of the new file").fill("mine.txt");
    await page.keyboard.press("Enter");
    await row(page, "mine.txt").waitFor();
    await page.getByRole("link", { name: "Activity" }).click();
    await page.getByText("You: Created mine.txt", { exact: true }).waitFor();
    await page.getByText("· made mine.txt").waitFor();
    await page.getByRole("button", { name: "Undo the last turn" }).click();
    await page.getByText("Undone: Created mine.txt", { exact: true }).waitFor();
    await here(client, "");
  }),
);

test("a text that is saved is undone and redone by keys, like all that is done here", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      const text = async () => ok(await client.read(`${ROOT}/1.txt`)).content;
      await row(page, "1.txt").click();
      await page.getByRole("button", { name: "Edit", exact: true }).click();
      await page.getByRole("textbox", { name: "1.txt" }).focus();
      await page.keyboard.type("typed ");
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await page.getByText("Saved", { exact: true }).waitFor();
      await page.getByRole("button", { name: "Done" }).click();
      await page.getByRole("grid").focus();
      await page.keyboard.press("ControlOrMeta+z");
      await eventually(text, (now) => now === "x");
      await page.keyboard.press("ControlOrMeta+y");
      await eventually(text, (now) => now === "typed x");
      await page.keyboard.press("ControlOrMeta+z");
      await eventually(text, (now) => now === "x");
    },
    undefined,
    turns,
  ),
);

test("what was copied here is pasted unless there are files from outside", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      await row(page, "1.txt").click();
      await page.getByRole("grid").focus();
      await page.keyboard.press("ControlOrMeta+c");
      await eventually(
        () => page.evaluate(() => navigator.clipboard.readText()),
        (held) => held === `${ROOT}/1.txt`,
      );
      await page.keyboard.press("ControlOrMeta+v");
      await row(page, "1 copy.txt").waitFor();
      await page.getByRole("grid").evaluate((grid) => {
        const clipboardData = new DataTransfer();
        clipboardData.items.add(new File(["pasted"], "outside.txt"));
        grid.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
      });
      await row(page, "outside.txt").waitFor();
      assert.deepEqual(names(ok(await client.list())), ["1 copy.txt", "1.txt", "2.txt", "3.txt", "outside.txt"]);
    },
    undefined,
    turns,
  ),
);
