// The files screen: what a person does with files, and what they see of what others do.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { browse, PHONE, row, shown, skip, visit } from "./dashboard.mjs";
import { eventually, names, ok } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve({}, undefined, { page: true });
const inPage = browse(server);

const some = async (/** @type {import("./client.mjs").Client} */ client) => {
  ok(await client.write(`${ROOT}/notes/today.md`, "# Today\n"));
  ok(await client.write(`${ROOT}/notes/deep/er.txt`, "deep"));
  ok(await client.write(`${ROOT}/a.txt`, "a"));
  ok(await client.write(`${ROOT}/b.txt`, "bb"));
  ok(await client.write(`${ROOT}/c.txt`, "ccc"));
};

for (const [width, how] of /** @type {const} */ ([
  ["desktop", undefined],
  ["phone", PHONE],
])) {
  test(`a file is uploaded, found and downloaded, at the width of a ${width}`, { skip }, () =>
    inPage(async ({ page, client }) => {
      const bytes = Buffer.from("für alle\n");
      await page
        .getByLabel("Files to upload")
        .setInputFiles({ name: "Bericht é.txt", mimeType: "text/plain", buffer: bytes });
      await row(page, "Bericht é.txt").waitFor();
      assert.deepEqual(ok(await client.content(`${ROOT}/Bericht é.txt`)), undefined);
      await page.getByLabel("Filter this folder").fill("bericht");
      await row(page, "Bericht é.txt").click();
      await page.getByText("für alle").waitFor();
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "Download", exact: true }).click(),
      ]);
      assert.equal(download.suggestedFilename(), "Bericht é.txt");
      assert.deepEqual(readFileSync(await download.path()), bytes);
    }, how),
  );
}

test("the link leaves the address at once, and a reload needs it no more", { skip }, () =>
  inPage(
    async ({ page }) => {
      assert.ok(!page.url().includes("sig="), page.url());
      assert.equal(await page.evaluate(() => document.referrer), "");
      await row(page, "a.txt").click();
      await page.reload();
      await page.getByRole("heading", { name: "a.txt" }).waitFor();
      await page.goBack();
      assert.ok(!page.url().includes("sig="), page.url());
    },
    undefined,
    some,
  ),
);

test("directories are gone into, by the list, the tree, the path and the address", { skip }, () =>
  inPage(
    async ({ page }) => {
      await row(page, "notes").dblclick();
      await row(page, "today.md").waitFor();
      await page.getByRole("treeitem", { name: "deep" }).click();
      await row(page, "er.txt").waitFor();
      await page.getByRole("navigation", { name: "Path" }).getByRole("button", { name: "notes" }).click();
      await row(page, "today.md").waitFor();
      await page.goBack();
      await row(page, "er.txt").waitFor();
      await visit(page, "#/files/notes/today.md");
      await page.getByRole("heading", { name: "Today", exact: true }).waitFor();
    },
    undefined,
    some,
  ),
);

test("what others do appears without a reload, in both of two tabs", { skip }, () =>
  inPage(
    async ({ page, client, open }) => {
      const other = await open();
      const before = await row(page, "a.txt").elementHandle();
      ok(await client.write(`${ROOT}/agent.txt`, "new"));
      ok(await client.remove(`${ROOT}/b.txt`));
      for (const tab of [page, other]) {
        await row(tab, "agent.txt").waitFor();
        await row(tab, "b.txt").waitFor({ state: "detached" });
      }
      // What has not changed is not drawn anew.
      assert.ok(await before?.evaluate((element) => element.isConnected));
    },
    undefined,
    some,
  ),
);

test("new entries, renaming, and what is deleted comes back by undo and from the trash", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      await page.getByRole("button", { name: "New", exact: true }).click();
      await page.getByRole("menuitem", { name: "New folder" }).click();
      await page.getByLabel("Name of the new folder").fill("Plans");
      await page.keyboard.press("Enter");
      await row(page, "Plans").waitFor();

      await row(page, "c.txt").click({ button: "right" });
      await page.getByRole("menuitem", { name: "Rename" }).click();
      const field = page.getByLabel("New name of c.txt");
      await field.fill("a.txt");
      await page.getByText("Something here has that name").waitFor();
      await field.fill("sea.txt");
      await page.keyboard.press("Enter");
      await row(page, "sea.txt").waitFor();

      await row(page, "notes").click();
      await row(page, "a.txt").click({ modifiers: ["ControlOrMeta"] });
      await page.keyboard.press("Delete");
      const deleted = page.locator(".toast").filter({ hasText: "Moved 2 entries to the trash" });
      await deleted.waitFor();
      await eventually(
        async () => (await shown(page)).join(),
        (now) => now === "Plans,b.txt,sea.txt",
      );
      await deleted.getByRole("button", { name: "Undo", exact: true }).click();
      await row(page, "notes").waitFor();
      assert.deepEqual(names(ok(await client.list())), ["notes", "Plans", "a.txt", "b.txt", "sea.txt"]);

      await row(page, "b.txt").click();
      await page.keyboard.press("Delete");
      await row(page, "b.txt").waitFor({ state: "detached" });
      await page.getByRole("link", { name: "Trash" }).click();
      await page.getByRole("button", { name: "Restore" }).click();
      await page.getByText("The trash is empty").waitFor();
      assert.equal(ok(await client.read(`${ROOT}/b.txt`)).content, "bb");
    },
    undefined,
    some,
  ),
);

test("entries are dragged into a directory, and copied and pasted", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      await row(page, "a.txt").dragTo(row(page, "notes"));
      await row(page, "a.txt").waitFor({ state: "detached" });
      await row(page, "b.txt").click();
      await page.keyboard.press("ControlOrMeta+c");
      await page.keyboard.press("ControlOrMeta+v");
      await row(page, "b copy.txt").waitFor();
      await row(page, "c.txt").dragTo(page.getByRole("treeitem", { name: "notes" }));
      await row(page, "c.txt").waitFor({ state: "detached" });
      assert.deepEqual(names(ok(await client.list(`${ROOT}/notes`))), ["deep", "a.txt", "c.txt", "today.md"]);
    },
    undefined,
    some,
  ),
);

test("a folder is dropped with all that is in it, empty directories too", { skip }, () =>
  inPage(async ({ page, client }) => {
    // What a drop holds is made by the browser alone; so its entries are given as it would give them.
    await page.evaluate(() => {
      const file = (/** @type {string} */ name, /** @type {string} */ text) => ({
        name,
        isFile: true,
        file: (/** @type {(file: File) => void} */ found) => found(new File([text], name)),
      });
      const folder = (/** @type {string} */ name, /** @type {any[]} */ inside) => {
        const pages = [inside, []];
        return {
          name,
          isFile: false,
          createReader: () => ({ readEntries: (/** @type {any} */ found) => found(pages.shift() ?? []) }),
        };
      };
      const entry = folder("site", [
        file("index.html", "<h1>"),
        folder("img", [file("x.txt", "x")]),
        folder("empty", []),
      ]);
      const data = new DataTransfer();
      data.items.add(new File(["site"], "site"));
      const event = new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
      DataTransferItem.prototype.webkitGetAsEntry = () => /** @type {any} */ (entry);
      document.querySelector(".list-frame")?.dispatchEvent(event);
    });
    await row(page, "site").waitFor();
    const paths = async () =>
      ok(await client.list(ROOT, { recursive: true })).files.map((/** @type {any} */ { path }) =>
        path.slice(ROOT.length + 1),
      );
    await eventually(paths, (found) => found.length === 5);
    assert.deepEqual((await paths()).sort(), ["site", "site/empty", "site/img", "site/img/x.txt", "site/index.html"]);
  }),
);

test("an upload shows how far it is, is cancelled, and is tried again", { skip }, () =>
  inPage(async ({ page, client, context }) => {
    await page.getByText("Nothing is here yet").waitFor();
    const slow = await context.newCDPSession(page);
    await slow.send("Network.enable");
    const throttle = (/** @type {number} */ bytes) =>
      slow.send("Network.emulateNetworkConditions", {
        offline: false,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput: bytes,
      });
    await throttle(2 * 2 ** 20);
    await page.evaluate(() => {
      const input = /** @type {HTMLInputElement} */ (document.querySelector("[aria-label='Files to upload']"));
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(50 * 2 ** 20)], "big.bin"));
      input.files = data.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
    await page.getByText(/^[1-9][\d.]* [KM]B of 52\.4 MB/).waitFor();
    await page.getByRole("button", { name: "Cancel big.bin" }).click();
    await page.getByText("Cancelled").waitFor();
    assert.deepEqual(names(ok(await client.list())), []);
    await throttle(-1);
    await page.getByRole("button", { name: "Try big.bin again" }).click();
    await page.getByText("Uploaded 1 file").waitFor({ timeout: 120_000 });
    assert.equal(ok(await client.stat(`${ROOT}/big.bin`)).size, 50 * 2 ** 20);
  }),
);

test("a whole session by the keyboard alone", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      const press = async (/** @type {string[]} */ ...keys) => {
        for (const key of keys) await page.keyboard.press(key);
      };
      await page.waitForFunction(() => document.activeElement?.getAttribute("role") === "grid");
      await press("ArrowDown", "Enter"); // into notes
      await row(page, "today.md").waitFor();
      await page.waitForFunction(() => document.activeElement?.getAttribute("role") === "grid");
      await press("Backspace"); // and back
      await row(page, "a.txt").waitFor();
      await page.waitForFunction(() => document.activeElement?.getAttribute("role") === "grid");
      await page.keyboard.type("b");
      await press("F2", "End", "Shift+Home");
      await page.keyboard.type("bee.txt");
      await press("Enter");
      await row(page, "bee.txt").waitFor();
      await page.waitForFunction(() => document.activeElement?.getAttribute("role") === "grid");
      await page.keyboard.type("a");
      await press("Shift+ArrowDown", "Delete");
      await row(page, "bee.txt").waitFor({ state: "detached" });
      // Before that is said, it is not yet what an undo takes back.
      await page.getByText("Moved 2 entries to the trash").waitFor();
      assert.deepEqual(names(ok(await client.list())), ["notes", "c.txt"]);
      await press("ControlOrMeta+z");
      await row(page, "bee.txt").waitFor();
      await page.keyboard.type("c");
      await press("Shift+F10", "ArrowDown", "ArrowDown", "Enter"); // Open, Rename, Download
      await page.keyboard.type("c");
      await press("Enter");
      await page.getByRole("heading", { name: "c.txt" }).waitFor();
      await press("Escape");
      await page.getByRole("heading", { name: "c.txt" }).waitFor({ state: "detached" });
    },
    undefined,
    some,
  ),
);

test("a directory of 10,000 entries draws only what is seen, and finds the last by its first letters", { skip }, () =>
  inPage(
    async ({ page }) => {
      await visit(page, "#/files/many/");
      await page.getByText("10,001 entries").waitFor();
      assert.ok((await page.locator(".row").count()) < 60);
      await page.getByRole("grid").focus();
      await page.keyboard.press("End");
      await row(page, "name-10000").or(row(page, "zz.txt")).first().waitFor();
      await page.getByLabel("Filter this folder").fill("name-0777");
      await page.getByText("10 entries").waitFor();
      // Its rows are drawn when the list has come back from its end.
      await row(page, "name-07779").waitFor();
    },
    undefined,
    async (client) => {
      ok(await client.write(`${ROOT}/many/zz.txt`, "x"));
      const { search } = client.url("/list");
      await server.plant(new URLSearchParams(search).get("userId") ?? "", "many", 10_000);
      await server.evict(new URLSearchParams(search).get("userId") ?? "");
    },
  ),
);

test("the agent's last turn is undone from the toolbar, and a turn from the activity", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      await page.getByRole("button", { name: "Undo the agent's last turn" }).click();
      await row(page, "made.txt").waitFor({ state: "detached" });
      assert.equal(ok(await client.read(`${ROOT}/a.txt`)).content, "a");
      await page.getByRole("link", { name: "Activity" }).click();
      await page.getByText("agent · turn-1", { exact: true }).click();
      await page.getByText("made made.txt", { exact: true }).waitFor();
      await page.getByText("Undid: agent · turn-1").waitFor();
    },
    undefined,
    async (client) => {
      await some(client);
      const agent = { "x-actor": "agent", "x-turn": "turn-1" };
      ok(await client.write(`${ROOT}/made.txt`, "x", {}, agent));
      ok(await client.write(`${ROOT}/a.txt`, "overwritten", {}, agent));
    },
  ),
);

test("an upload whose connection breaks says so, and goes through when it is tried again", { skip }, () =>
  inPage(async ({ page, client, context }) => {
    await page.getByText("Nothing is here yet").waitFor();
    let isBroken = true;
    await context.route("**/api/files/content?*", (route) =>
      isBroken ? route.abort("connectionreset") : route.continue(),
    );
    const buffer = Buffer.alloc(3 * 2 ** 20, 7);
    await page.getByLabel("Files to upload").setInputFiles({ name: "a.bin", mimeType: "x/y", buffer });
    await page.getByText("1 file could not be uploaded").waitFor();
    await page.getByText("The connection broke before the file was there").waitFor();
    assert.deepEqual(names(ok(await client.list())), []);
    isBroken = false;
    await page.getByRole("button", { name: "Try a.bin again" }).click();
    await page.getByText("Uploaded 1 file").waitFor();
    await row(page, "a.bin").waitFor();
    assert.deepEqual((await client.content(`${ROOT}/a.bin`)).bytes, buffer);
  }),
);

test("a file that is too large says how large it may be", { skip }, () =>
  inPage(async ({ page, client }) => {
    await page.evaluate(() => {
      const input = /** @type {HTMLInputElement} */ (document.querySelector("[aria-label='Files to upload']"));
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(60 * 2 ** 20)], "big.bin"));
      input.files = data.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
    await page.getByText("File too large: up to 52.4 MB fit").waitFor();
    assert.deepEqual(names(ok(await client.list())), []);
  }),
);
