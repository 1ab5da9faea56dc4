// What is shown is what is there: numbers as they were written, every line of a difference, and names that cannot look like others.

import assert from "node:assert/strict";
import { test } from "node:test";
import { doubledKey, parseJson } from "../dashboard/page/src/preview/json.ts";
import { visible } from "../dashboard/page/src/state/paths.ts";
import { ROOT } from "./client.mjs";
import { browse, row, skip, visit } from "./dashboard.mjs";
import { eventually, ok } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { png, wav } from "./samples.mjs";

const server = serve({}, undefined, { page: true });
const inPage = browse(server);

test("a key that is there twice is found, and none that only looks so", () => {
  assert.equal(doubledKey('{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}],"d":"a","e":"\\"a\\":{"}'), null);
  assert.equal(doubledKey('{"a":1,"b":{"x":1,"x" : 2}}'), "x");
  assert.equal(doubledKey('{"\\u0061":1,"a":2}'), "a");
  assert.equal(doubledKey(JSON.stringify({ long: "x".repeat(2_000_000), more: '\\"'.repeat(200_000) })), null);
  const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
  assert.ok(Array.isArray(parseJson(deep)));
});

test("signs that turn the order of a name around are written out, and no others", () => {
  assert.equal(visible("\u202egpj.exe"), "[U+202E]gpj.exe");
  assert.equal(visible("a\u2066b\u200f"), "a[U+2066]b[U+200F]");
  assert.equal(visible("été 日本 مرحبا 👨‍👩‍👧.md"), "été 日本 مرحبا 👨‍👩‍👧.md");
});

test("numbers are shown as they were written, and a key that is doubled is said", { skip }, () =>
  inPage(
    async ({ page }) => {
      await visit(page, "#/files/numbers.json");
      const tree = page.getByRole("region", { name: "JSON" });
      await tree.getByText("12345678901234567890", { exact: true }).waitFor();
      await tree.getByText("1.10", { exact: true }).waitFor();
      await tree.getByText("7", { exact: true }).waitFor();
      await tree.getByText('The key "twice" is there more than once').waitFor();
    },
    undefined,
    async (client) => {
      const text = '{"id":12345678901234567890,"price":1.10,"plain":7,"twice":1,"twice":2}';
      ok(await client.write(`${ROOT}/numbers.json`, text));
    },
  ),
);

test("a difference shows every line, those that look like its head among them", { skip }, () =>
  inPage(
    async ({ page }) => {
      await visit(page, "#/files/query.sql");
      await page.getByRole("button", { name: "Versions" }).click();
      await page.getByRole("list", { name: "Versions" }).getByRole("button").nth(1).click();
      const diff = page.getByRole("region", { name: "Difference" });
      await diff.getByText("--- was here").waitFor();
      await diff.getByText("+++ is here").waitFor();
      assert.doesNotMatch(await diff.innerText(), /query\.sql/);
    },
    undefined,
    async (client) => {
      ok(await client.write(`${ROOT}/query.sql`, "select 1;\n-- was here\n"));
      ok(await client.write(`${ROOT}/query.sql`, "select 1;\n++ is here\n"));
    },
  ),
);

test("a file that could not be shown is, once it is mended", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      for (const [name, said, bytes, seen] of /** @type {const} */ ([
        ["pic.png", "This picture cannot be shown", png(40, 30), "40 × 30"],
        ["sound.wav", "This cannot be played", wav(20_000), null],
      ])) {
        await visit(page, `#/files/${name}`);
        await page.getByText(said).waitFor();
        ok(await client.put(`${ROOT}/${name}`, bytes));
        await page.getByText(said).waitFor({ state: "detached" });
        await (seen ? page.getByText(seen) : page.locator("audio")).waitFor();
      }
      // What is mended by something broken says so again.
      await visit(page, "#/files/pic.png");
      await page.getByText("40 × 30").waitFor();
      ok(await client.put(`${ROOT}/pic.png`, "broken anew"));
      await page.getByText("This picture cannot be shown").waitFor();
    },
    undefined,
    async (client) => {
      ok(await client.put(`${ROOT}/pic.png`, "no picture"));
      ok(await client.put(`${ROOT}/sound.wav`, "no sound"));
    },
  ),
);

test("versions say what they are for, and those of one minute can be told apart", { skip }, () =>
  inPage(
    async ({ page }) => {
      const times = ["2024-01-06T10:00:00.000Z", "2024-01-05T10:00:25.000Z", "2024-01-05T10:00:05.000Z"];
      await page.route("**/api/files/versions?*", async (route) => {
        const response = await route.fetch();
        const json = await response.json();
        for (const [index, version] of json.versions.entries()) version.modified = times[index];
        await route.fulfill({ response, json });
      });
      await visit(page, "#/files/plan.txt");
      await page.getByRole("button", { name: "Versions" }).click();
      await page.getByRole("heading", { name: "Versions" }).waitFor();
      await page.getByText("Open one to see what has changed since").waitFor();
      const rows = page.getByRole("list", { name: "Versions" }).getByRole("button");
      await rows.nth(2).waitFor();
      const said = await rows.locator("span[title]").allTextContents();
      assert.equal(new Set(said).size, 3, String(said));
      await rows.nth(2).click();
      await page.getByRole("button", { name: "Restore this version" }).waitFor();
    },
    undefined,
    async (client) => {
      for (const text of ["one", "two", "three"]) ok(await client.write(`${ROOT}/plan.txt`, `${text}\n`));
    },
  ),
);

const SPOOFED = "\u202egpj.exe";

test("a name with signs that turn it around shows them, wherever it is shown", { skip }, () =>
  inPage(
    async ({ page }) => {
      const shown = "[U+202E]gpj.exe";
      await row(page, SPOOFED).getByText(shown).waitFor();
      await row(page, SPOOFED).click();
      await page.getByRole("heading", { name: shown }).waitFor();
      await page.getByRole("button", { name: "Close preview" }).click();
      await row(page, SPOOFED).click();
      await page.getByRole("grid").focus();
      await page.keyboard.press("Delete");
      await page.locator(".toast").getByText(shown).waitFor();
      await visit(page, "#/trash");
      // What was shown before is hidden, and still there, until the code of a screen has come.
      await page.getByRole("list", { name: "In the trash" }).getByText(shown, { exact: true }).waitFor();
      await visit(page, "#/activity");
      await page.getByText(shown).first().waitFor();
      assert.equal(await page.evaluate(() => /[\u202a-\u202e\u2066-\u2069]/.test(document.body.innerText)), false);
    },
    undefined,
    async (client) => {
      ok(await client.put(`${ROOT}/${SPOOFED}`, "x"));
    },
  ),
);

test(
  "a picture in a text or a chat is shown anew once it is another, and one that comes late is shown then",
  { skip },
  () =>
    inPage(
      async ({ page, client, userId }) => {
        const bucket = await server.r2();
        const content = `[[image:${ROOT}/pictures/plan.png]]\n[[image:${ROOT}/late.png]]`;
        const messages = [{ role: "assistant", content }];
        await bucket.put(`users/${userId}/history/main.json`, JSON.stringify({ messages }));
        const width = (/** @type {string} */ name) => () =>
          page
            .getByRole("img", { name, exact: true })
            .evaluate((/** @type {any} */ image) => image.naturalWidth)
            .catch(() => 0);
        const shown = (/** @type {string} */ name, /** @type {number} */ wanted) =>
          eventually(width(name), (now) => now === wanted);
        await visit(page, "#/files/note.md");
        await shown("the plan", 40);
        ok(await client.put(`${ROOT}/pictures/plan.png`, png(20, 10)));
        await shown("the plan", 20);
        await visit(page, "#/chat/main");
        await shown("plan.png", 20);
        await page.getByText("late.png").first().waitFor();
        ok(await client.put(`${ROOT}/late.png`, png(30, 10)));
        await shown("late.png", 30);
        // What a picture is in may go and another come.
        ok(await client.request("DELETE", "", { params: { path: `${ROOT}/pictures`, recursive: "true" } }));
        ok(await client.put(`${ROOT}/others/plan.png`, png(50, 10)));
        ok(await client.post("/move", { from: `${ROOT}/others`, to: `${ROOT}/pictures` }));
        await shown("plan.png", 50);
      },
      undefined,
      async (client) => {
        ok(await client.put(`${ROOT}/pictures/plan.png`, png(40, 30)));
        ok(await client.write(`${ROOT}/note.md`, "![the plan](pictures/plan.png)\n"));
      },
    ),
);
