// Who presses a button twice means it once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { browse, hold, skip, visit } from "./dashboard.mjs";
import { eventually, ok } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve({}, undefined, { page: true });
const inPage = browse(server);

test("a checkpoint is taken once", { skip }, () =>
  inPage(async ({ page }) => {
    await visit(page, "#/activity/");
    const keep = page.getByRole("button", { name: "Keep all as it is" });
    const asked = await hold(page, /\/api\/.*checkpoint/, "POST");
    await keep.dblclick();
    asked.release();
    await page.getByText("Everything is kept as it is now").waitFor();
    await eventually(
      () => keep.isEnabled(),
      (is) => is,
    );
    assert.equal(asked.times, 1);
    // And then another one can be.
    await keep.click();
    await eventually(
      () => page.getByRole("button", { name: /^Delete checkpoint/ }).count(),
      (many) => many === 2,
    );
  }),
);

test("what is in the trash is restored once", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      await visit(page, "#/trash/");
      const restore = page.getByRole("listitem").filter({ hasText: "t2.txt" }).getByRole("button", { name: "Restore" });
      const asked = await hold(page, /\/api\/files\/restore/, "POST");
      await restore.dblclick();
      asked.release();
      await page.getByText("Restored t2.txt").waitFor();
      await restore.waitFor({ state: "detached" });
      assert.equal(asked.times, 1);
      assert.equal(await page.getByText("it was gone").count(), 0);
      // Deleted anew, it can be restored anew.
      ok(await client.remove(`${ROOT}/t2.txt`));
      await restore.click();
      await restore.waitFor({ state: "detached" });
      assert.equal(asked.times, 2);
    },
    undefined,
    async (client) => {
      for (const name of ["t1.txt", "t2.txt"]) {
        ok(await client.write(`${ROOT}/${name}`, name));
        ok(await client.remove(`${ROOT}/${name}`));
      }
    },
  ),
);
