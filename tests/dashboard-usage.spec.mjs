// What is stored, as the page shows it, and the look through all of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { accessible, browse, DESKTOP, PHONE, skip } from "./dashboard.mjs";
import { ok } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve({}, undefined, { page: true });
const inPage = browse(server);

for (const [width, how] of /** @type {const} */ ([
  ["laptop", DESKTOP],
  ["phone", PHONE],
])) {
  test(`at the width of a ${width}, what is stored is told, looked through, and put right`, { skip }, () =>
    inPage(
      async ({ page, userId }) => {
        if (how === PHONE) await page.getByRole("button", { name: "Menu" }).tap();
        await page.getByRole("button", { name: /^What is stored: .* used$/ }).click();
        const dialog = page.getByRole("dialog", { name: "What is stored" });
        await dialog.getByText("1 item").first().waitFor();
        await accessible(page, "what is stored");
        await dialog.getByRole("button", { name: "Check everything" }).click();
        await dialog.getByText(/Everything is there, whole and as it was written/).waitFor();
        await server.sql(userId, "UPDATE meta SET v = v + 1 WHERE k = 'files'");
        await dialog.getByRole("button", { name: "Check again" }).click();
        await dialog.getByText("1 thing is not right").waitFor();
        assert.match((await dialog.getByRole("listitem").last().textContent()) ?? "", /files are counted/);
        await accessible(page, "a problem");
        await dialog.getByRole("button", { name: "Repair what is certain" }).click();
        await dialog.getByText(/1 thing put right/).waitFor();
        await dialog.getByRole("button", { name: "Check again" }).click();
        await dialog.getByText(/Everything is there, whole and as it was written/).waitFor();
        await dialog.getByRole("button", { name: "Close" }).click();
        await dialog.waitFor({ state: "detached" });
      },
      how,
      async (client) => void ok(await client.write(`${ROOT}/notes.md`, "one")),
    ),
  );
}
