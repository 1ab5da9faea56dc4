// Folders and several entries on their way down: one zip, shown while it comes, stopped when somebody says so, and never half.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { accessible, browse, PHONE, row, skip, visit } from "./dashboard.mjs";
import { eventually, ok } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { fill } from "./publishing.mjs";
import { filesOf, unzipped } from "./zips.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").BrowserContext} Context */

const server = serve({}, undefined, { page: true });
const inPage = browse(server);

const FILES = { "notes/today.md": "# Today\n", "notes/deep/er é.txt": "deep", "a.txt": "a", "b.txt": "bb" };
const some = (/** @type {import("./client.mjs").Client} */ client) => fill(client, FILES);
const text = (/** @type {Buffer} */ zip) =>
  Object.fromEntries(Object.entries(filesOf(unzipped(zip))).map(([name, bytes]) => [name, bytes.toString()]));

/** As browsers are that have no dialog for a place to save to. @param {Context} context */
const withoutDialog = (context) =>
  context.addInitScript(() => Reflect.deleteProperty(globalThis, "showSaveFilePicker"));

/** Somebody who always saves under the name that is suggested: to the browser's own disk, instead of by a dialog that no test sees. @param {Context} context */
const withDialog = (context) =>
  context.addInitScript(() =>
    Object.assign(globalThis, {
      showSaveFilePicker: async (/** @type {{ suggestedName: string }} */ { suggestedName }) =>
        (await navigator.storage.getDirectory()).getFileHandle(suggestedName, { create: true }),
    }),
  );

/** What was saved so. @param {Page} page @param {string} name */
async function saved(page, name) {
  const base64 = await page.evaluate(async (name) => {
    const handle = await (await navigator.storage.getDirectory()).getFileHandle(name);
    const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  }, name);
  return Buffer.from(base64, "base64");
}

const panel = (/** @type {Page} */ page) => page.getByRole("region", { name: "Downloads" });

/** @param {Page} page @param {() => Promise<void>} act */
async function downloaded(page, act) {
  const [download] = await Promise.all([page.waitForEvent("download"), act()]);
  assert.match(download.url(), /^blob:/, "no address with a signature is in the browser's list of downloads");
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

test("a folder, several entries and the folder that is open come as one zip; one file as it is", { skip }, () =>
  inPage(
    async ({ context, open }) => {
      await withoutDialog(context);
      const page = await open();
      const byMenu = (/** @type {string} */ name) => async () => {
        await row(page, name).click({ button: "right" });
        await page.getByRole("menuitem", { name: "Download" }).click();
      };
      const folder = await downloaded(page, byMenu("notes"));
      assert.equal(folder.name, "notes.zip");
      assert.deepEqual(text(folder.bytes), { "notes/deep/er é.txt": "deep", "notes/today.md": "# Today\n" });
      await panel(page).getByText("Downloaded").waitFor();
      await accessible(page, "what was downloaded");
      await panel(page).getByRole("button", { name: "Close downloads" }).click();
      await panel(page).waitFor({ state: "detached" });

      const one = await downloaded(page, byMenu("a.txt"));
      assert.deepEqual([one.name, one.bytes.toString()], ["a.txt", "a"]);

      // With the one that is chosen already.
      await row(page, "notes").click({ modifiers: ["ControlOrMeta"] });
      await page.getByRole("grid").focus();
      const several = await downloaded(page, () => page.keyboard.press("ControlOrMeta+s"));
      assert.equal(several.name, "clawd.zip");
      assert.deepEqual(Object.keys(text(several.bytes)).sort(), ["a.txt", "notes/deep/er é.txt", "notes/today.md"]);

      await row(page, "notes").dblclick();
      await row(page, "today.md").waitFor();
      const opened = await downloaded(page, () => page.getByRole("button", { name: "Download this folder" }).click());
      assert.deepEqual([opened.name, opened.bytes.length], ["notes.zip", folder.bytes.length]);
    },
    undefined,
    some,
  ),
);

test("by finger, what was chosen comes as one zip", { skip }, () =>
  inPage(
    async ({ context, open }) => {
      await withoutDialog(context);
      const page = await open();
      await row(page, "a.txt").click({ button: "right" });
      await page.getByRole("menuitem", { name: "Choose more" }).click();
      await row(page, "notes").tap();
      const { name, bytes } = await downloaded(page, () =>
        page.getByRole("button", { name: "Download as a zip" }).tap(),
      );
      assert.equal(name, "clawd.zip");
      assert.deepEqual(Object.keys(text(bytes)).sort(), ["a.txt", "notes/deep/er é.txt", "notes/today.md"]);
      await panel(page).getByText("Downloaded").waitFor();
      await accessible(page, "what was downloaded, on a phone");
      const { scrolled, width } = await page.evaluate(() => ({
        scrolled: document.documentElement.scrollWidth,
        width: document.documentElement.clientWidth,
      }));
      assert.ok(scrolled <= width, `${scrolled} of ${width} pixels`);
    },
    PHONE,
    some,
  ),
);

test(
  "a zip goes to the disk as it comes, shows how far it is, and is thrown away when somebody cancels it",
  { skip },
  () =>
    inPage(
      async ({ context, open, client, userId }) => {
        await withDialog(context);
        const page = await open();
        const large = randomBytes(20 * 2 ** 20);
        ok(await client.put(`${ROOT}/notes/large.bin`, large));
        const start = async () => {
          await row(page, "notes").click({ button: "right" });
          await page.getByRole("menuitem", { name: "Download" }).click();
        };
        const browser = await context.newCDPSession(page);
        const slow = (/** @type {number} */ downloadThroughput) =>
          browser.send("Network.emulateNetworkConditions", {
            offline: false,
            latency: 0,
            downloadThroughput,
            uploadThroughput: -1,
          });
        await browser.send("Network.enable");
        await slow(2 ** 20);
        await start();
        await panel(page)
          .getByText(/^\d[\d.]* [KM]B of 21\.0 MB$/)
          .waitFor();
        const bar = panel(page).getByRole("progressbar", { name: "notes.zip" });
        await eventually(
          () => bar.evaluate((bar) => Number(/** @type {any} */ (bar).value)),
          (got) => got > 0,
        );
        await panel(page).getByRole("button", { name: "Cancel notes.zip" }).click();
        await panel(page).getByText("Cancelled").first().waitFor();
        await panel(page).getByRole("button", { name: "Close downloads" }).click();
        assert.equal((await saved(page, "notes.zip")).length, 0, "of a part nothing is kept");
        await slow(-1);
        await eventually(
          () => server.sql(userId, "SELECT label FROM checkpoint"),
          ({ length }) => length === 0,
        );

        await start();
        await panel(page).getByText("Downloaded").waitFor();
        const files = filesOf(unzipped(await saved(page, "notes.zip")));
        assert.ok(files["notes/large.bin"]?.equals(large));
      },
      undefined,
      some,
    ),
);

test("why there is no zip is said in words, and what breaks off is not saved", { skip }, () =>
  inPage(
    async ({ context, open, client, userId, forgive }) => {
      forgive(/ERR_CONTENT_LENGTH_MISMATCH/);
      await withoutDialog(context);
      const page = await open();
      let isSaved = false;
      page.on("download", () => {
        isSaved = true;
      });
      await fill(client, { "lost/a": randomBytes(2 ** 20), "lost/large": randomBytes(2 ** 21) });
      const [{ key }] = await server.sql(userId, "SELECT key FROM blob WHERE key IS NOT NULL");
      await (await server.r2()).delete(key);
      await visit(page, "#/files/lost/");
      await row(page, "large").waitFor();
      await page.getByRole("button", { name: "Download this folder" }).click();
      await panel(page).getByText("The connection broke before all of it was there; nothing was saved").waitFor();
      await panel(page).getByRole("button", { name: "Close downloads" }).click();

      await fill(client, { "many/name-00000": "x" });
      await server.plant(userId, "many", 10_000);
      await server.sql(userId, "UPDATE node SET rev = (SELECT v FROM meta WHERE k = 'rev') WHERE id > 1000000000");
      await visit(page, "#/files/many/");
      await row(page, "name-00000").waitFor();
      await page.getByRole("button", { name: "Download this folder" }).click();
      await panel(page)
        .getByText("A zip takes at most 10000 files and directories, and this is more; download its parts")
        .waitFor();
      assert.ok(!isSaved);
    },
    undefined,
    some,
  ),
);
