// Long lists of what was done and what was deleted: all of it can be seen, and what is further down is dealt with like the rest.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { browse, skip, visit } from "./dashboard.mjs";
import { eventually, names, ok } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve({}, undefined, { page: true });
const inPage = browse(server);

const agent = (/** @type {string} */ turn) => ({ "x-actor": "agent", "x-turn": turn });
const each = async (/** @type {number} */ many, /** @type {(index: number) => Promise<unknown>} */ work) => {
  for (let index = 0; index < many; index += 1) await work(index);
};

test("the oldest turn and its last change are found, and it is undone", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      await visit(page, "#/activity/");
      const turns = page.getByRole("list", { name: "Turns" }).locator("> li");
      await eventually(
        () => turns.count(),
        (many) => many === 100,
      );
      await page.getByRole("button", { name: "Show more" }).click();
      const oldest = turns.filter({ hasText: "agent · large" });
      await oldest.getByText("made large and 205 more changes").click();
      await oldest.getByText("made large/198", { exact: true }).waitFor();
      assert.equal(await oldest.getByText("made large/204", { exact: true }).count(), 0);
      await oldest.getByRole("button", { name: "Show more" }).click();
      await oldest.getByText("made large/204", { exact: true }).waitFor();
      await oldest.getByRole("button", { name: "Undo", exact: true }).click();
      await page.getByText("Undone: agent · large", { exact: true }).waitFor();
      // What was asked for stays, with what is new.
      await oldest.getByText("· undone").waitFor();
      assert.ok(!names(ok(await client.list())).includes("large"));
    },
    undefined,
    async (client) => {
      await each(205, async (index) => ok(await client.write(`${ROOT}/large/${index}`, "x", {}, agent("large"))));
      await each(101, async (index) => ok(await client.write(`${ROOT}/small`, `${index}`, {}, agent(`t${index}`))));
    },
  ),
);

test("what was deleted first is found in the trash, and comes back", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      await page.getByRole("link", { name: "Trash" }).click();
      const entries = page.getByRole("list", { name: "In the trash" }).getByRole("checkbox");
      await eventually(
        () => entries.count(),
        (many) => many === 200,
      );
      await page.getByRole("button", { name: "Show more" }).click();
      const first = page
        .getByRole("listitem")
        .filter({ has: page.getByRole("checkbox", { name: "Choose 0", exact: true }) });
      await first.getByRole("button", { name: "Restore" }).click();
      await first.waitFor({ state: "detached" });
      assert.deepEqual(names(ok(await client.list())), ["0"]);
      await eventually(
        () => entries.count(),
        (many) => many === 204,
      );
    },
    undefined,
    (client) =>
      each(205, async (index) => {
        const path = `${ROOT}/${index}`;
        ok(await client.write(path, "x"));
        ok(await client.request("DELETE", "", { params: { path } }));
      }),
  ),
);
