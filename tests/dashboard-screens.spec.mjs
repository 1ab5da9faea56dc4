// Every screen, at both widths, light and dark: without serious findings of axe, and doing what it is for.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { accessible, browse, DESKTOP, PHONE, row, skip, visit } from "./dashboard.mjs";
import { eventually, ok } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { png, wav } from "./samples.mjs";

const server = serve({}, undefined, { page: true });
const inPage = browse(server);
const all = async (/** @type {import("./client.mjs").Client} */ client) => {
  const agent = { "x-actor": "agent", "x-turn": "turn-1" };
  ok(
    await client.write(
      `${ROOT}/SOUL.md`,
      "# Soul\n\n- [x] calm\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n`code` [link](USER.md)\n\n    pre\n",
    ),
  );
  ok(await client.write(`${ROOT}/src/app.ts`, "export const a = 1; // one\n", {}, agent));
  ok(await client.write(`${ROOT}/src/app.ts`, 'export const a = "two";\n'));
  ok(await client.write(`${ROOT}/data.json`, '{"a":[1,{"b":null}]}'));
  ok(await client.write(`${ROOT}/table.csv`, "a,b\n1,2\n"));
  ok(await client.put(`${ROOT}/bytes.bin`, Buffer.from([0, 1, 2, 255])));
  ok(await client.put(`${ROOT}/pic.png`, png(40, 30)));
  ok(await client.write(`${ROOT}/gone.md`, "x"));
  ok(await client.remove(`${ROOT}/gone.md`));
};

const PLACES = [
  ["#/files/", ".row"],
  ["#/files/SOUL.md", ".markdown"],
  ["#/files/src/app.ts", ".cm-content"],
  ["#/files/data.json", ".json-name"],
  ["#/files/table.csv", ".csv td"],
  ["#/files/bytes.bin", ".hex pre"],
  ["#/files/pic.png", ".image-stage img"],
  ["#/memory/", ".markdown"],
  ["#/media/", ".tile"],
  ["#/activity/", ".turn"],
  ["#/trash/", ".entry"],
];

for (const [width, how] of /** @type {const} */ ([
  ["desktop", DESKTOP],
  ["phone", PHONE],
])) {
  for (const colorScheme of ["light", "dark"]) {
    test(`${colorScheme}, at the width of a ${width}, every screen is for everyone`, { skip }, () =>
      inPage(
        async ({ page }) => {
          for (const [hash = "", sign = ""] of PLACES) {
            await visit(page, hash);
            await page.locator(sign).first().waitFor();
            await accessible(page, hash);
            const isWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
            assert.equal(isWide, false, `${hash} is wider than the window`);
          }
          await visit(page, "#/files/src/app.ts");
          await page.getByRole("button", { name: "Edit" }).click();
          await page.getByRole("button", { name: "Save", exact: true }).waitFor();
          await page.getByRole("textbox", { name: "app.ts" }).waitFor();
          await accessible(page, "the editor");
          await page.getByRole("button", { name: "Versions" }).click();
          await page.getByRole("list", { name: "Versions" }).getByRole("button").nth(1).click();
          await page.locator(".diff").waitFor();
          await accessible(page, "versions");
        },
        { ...how, colorScheme },
        all,
      ),
    );
  }
}

test("menus, dialogs and what is said are for everyone", { skip }, () =>
  inPage(
    async ({ page }) => {
      await row(page, "data.json").click({ button: "right" });
      await page.getByRole("menu").waitFor();
      await accessible(page, "a menu");
      await page.keyboard.press("Escape");
      await page.keyboard.press("Delete");
      await page.getByText("Moved data.json to the trash").waitFor();
      await accessible(page, "a toast");
      await visit(page, "#/trash/");
      await page.getByRole("button", { name: "Empty the trash" }).click();
      await page.getByRole("dialog").waitFor();
      await accessible(page, "a dialog");
      await page.getByRole("button", { name: "Empty", exact: true }).click();
      await page.getByText("The trash is empty").waitFor();
      await visit(page, "#/media/");
      await page.locator(".tile").click();
      await page.getByRole("dialog").waitFor();
      await accessible(page, "an item of media");
    },
    undefined,
    all,
  ),
);

test("on a phone, the places are a drawer, and a file covers the list until it is left", { skip }, () =>
  inPage(
    async ({ page }) => {
      await row(page, "src").tap();
      await row(page, "app.ts").tap();
      await page.getByRole("heading", { name: "app.ts" }).waitFor();
      assert.equal(await row(page, "app.ts").isVisible(), false);
      await page.getByRole("button", { name: "Back to the list" }).tap();
      await row(page, "app.ts").waitFor();
      await page.getByRole("button", { name: "Menu" }).tap();
      await page.getByRole("link", { name: "Memory" }).tap();
      await page.getByRole("tab", { name: "Soul" }).waitFor();
      await page.getByRole("link", { name: "Memory" }).waitFor({ state: "hidden" });
    },
    PHONE,
    all,
  ),
);

test("by finger, entries are chosen, cut, and pasted elsewhere", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      await page.getByRole("button", { name: "Actions for data.json" }).tap();
      await page.getByRole("menuitem", { name: "Choose more" }).tap();
      await row(page, "table.csv").tap();
      await page.getByText("2 of 6 entries selected").waitFor();
      await page.getByRole("button", { name: "Actions for table.csv" }).tap();
      await page.getByRole("menuitem", { name: "Cut" }).tap();
      await page.getByRole("button", { name: "Done" }).tap();
      await row(page, "src").tap();
      await row(page, "app.ts").waitFor();
      await page.getByRole("button", { name: "New", exact: true }).tap();
      await page.getByRole("menuitem", { name: "Paste" }).tap();
      await page.getByText("Moved 2 entries to src").waitFor();
      await row(page, "table.csv").waitFor();
      assert.equal(ok(await client.list(`${ROOT}/src`)).files.length, 3);
    },
    PHONE,
    all,
  ),
);

test("memory is read and edited, and what is missing is made", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      await page.getByRole("link", { name: "Memory" }).click();
      await page.getByRole("heading", { name: "Soul", exact: true }).waitFor();
      await page.getByRole("tab", { name: "Soul" }).press("ArrowRight");
      await page.getByRole("button", { name: "Create it" }).click();
      await page.getByRole("button", { name: "Edit" }).click();
      await page.getByRole("textbox", { name: "USER.md" }).focus();
      await page.keyboard.press("ControlOrMeta+End");
      await page.keyboard.type("I like tea.");
      await page.keyboard.press("ControlOrMeta+s");
      const read = async () => ok(await client.read(`${ROOT}/USER.md`)).content;
      await eventually(read, (text) => text === "# USER\nI like tea.");
      await page.getByRole("tab", { name: "Today" }).click();
      await page.getByText("is not there yet").waitFor();
    },
    undefined,
    all,
  ),
);

test("media are filtered, looked at, shared by a link that anyone can open, traced and deleted", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      await page.getByRole("link", { name: "Media" }).click();
      await page.getByLabel("Kind").selectOption("audio");
      await page.getByText("Nothing is like that").waitFor();
      await page.getByLabel("Kind").selectOption("image");
      await page.getByRole("button", { name: "pic.png" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("button", { name: "pic.png" }).waitFor();
      await dialog.getByRole("button", { name: "Make public and copy link" }).click();
      await page.getByText("Copied a link").waitFor();
      const link = await page.evaluate(() => navigator.clipboard.readText());
      assert.equal((await fetch(link)).status, 200);
      assert.ok(!link.includes("sig="));
      await dialog.getByRole("button", { name: "Delete" }).first().click();
      await page.getByRole("dialog", { name: "Delete pic.png?" }).getByRole("button", { name: "Delete" }).click();
      await page.getByText("No media yet").or(page.getByText("Nothing is like that")).waitFor();
      assert.equal((await fetch(link)).status, 404);
      assert.equal(ok(await client.stat(`${ROOT}/pic.png`)).type, "file");
    },
    undefined,
    all,
  ),
);

test("a checkpoint is taken, restored and deleted", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      await visit(page, "#/activity/");
      await page.getByLabel("Name of the checkpoint").fill("before");
      await page.getByRole("button", { name: "Keep all as it is" }).click();
      await page.getByText("before", { exact: true }).waitFor();
      ok(await client.write(`${ROOT}/SOUL.md`, "changed"));
      await page.getByRole("button", { name: "Restore" }).click();
      await page.getByText(/^Restored 1 entry/).waitFor();
      assert.match(ok(await client.read(`${ROOT}/SOUL.md`)).content, /^# Soul/);
      await page.getByRole("button", { name: "Delete checkpoint before" }).click();
      await page.getByRole("button", { name: "Delete", exact: true }).click();
      await page.getByText("before", { exact: true }).waitFor({ state: "detached" });
    },
    undefined,
    all,
  ),
);

test("sound and film play, a picture is zoomed, and a PDF opens in the browser's own viewer", { skip }, () =>
  inPage(
    async ({ page }) => {
      await visit(page, "#/files/sound.wav");
      await page.locator("audio").waitFor();
      const played = page.locator("audio").evaluate(async (/** @type {HTMLAudioElement} */ audio) => {
        audio.muted = true;
        await audio.play();
        return audio.duration > 0;
      });
      assert.equal(await played, true);
      await visit(page, "#/files/pic.png");
      const picture = page.locator(".image-stage img");
      await picture.waitFor();
      await page.getByText("40 × 30").waitFor();
      await page.getByRole("button", { name: "Larger" }).click();
      await page.getByRole("button", { name: "150 %" }).waitFor();
      assert.equal((await picture.boundingBox())?.width, 60);
      await page.getByRole("button", { name: "150 %" }).click();
      await page.getByRole("button", { name: "Fit" }).waitFor();
      await picture.hover();
      await page.keyboard.down("Control");
      await page.mouse.wheel(0, -100);
      await page.keyboard.up("Control");
      await page.getByRole("button", { name: "150 %" }).waitFor();
      await visit(page, "#/files/doc.pdf");
      await page.locator("iframe.pdf").waitFor();
      assert.match((await page.locator("iframe.pdf").getAttribute("src")) ?? "", /^blob:/);
      await visit(page, "#/files/broken.mp4");
      await page.getByText("This cannot be played").waitFor();
    },
    undefined,
    async (client) => {
      await all(client);
      ok(await client.put(`${ROOT}/sound.wav`, wav(20_000)));
      ok(await client.put(`${ROOT}/doc.pdf`, "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>"));
      ok(await client.put(`${ROOT}/broken.mp4`, "no film"));
    },
  ),
);
