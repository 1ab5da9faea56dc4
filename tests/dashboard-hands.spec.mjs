// What hands do with files in the page: carry in, paste, cut, sort, unfold; by pointer and by keys.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { after, before, test } from "node:test";
import { ROOT } from "./client.mjs";
import { browse, dragIn, hold, row, shown, skip, visit } from "./dashboard.mjs";
import { eventually, names, ok } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { ingestBytes } from "./media.mjs";
import { png } from "./samples.mjs";

const server = serve({}, undefined, { page: true });
const inPage = browse(server);

/** A wire to the Worker that can be cut. */
const wires = new Set();
let isCut = false;
const wire = createServer((near) => {
  // A browser sends anew by itself what breaks on a connection that it had before: it finds nobody then.
  if (isCut) return void near.destroy();
  const far = connect(Number(new URL(server.url).port), "127.0.0.1");
  for (const end of [near, far]) {
    wires.add(end);
    end.on("error", () => {}).on("close", () => [near, far].forEach((other) => void other.destroy()));
  }
  near.pipe(far).pipe(near);
});
before(() => new Promise((listening) => wire.listen(0, "127.0.0.1", () => listening(undefined))));
after(() => wire.close());
function cut() {
  isCut = true;
  for (const end of wires) end.destroy();
}
const inPageByWire = browse(
  /** @type {import("./harness.mjs").Server} */ ({
    get url() {
      return `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (wire.address()).port}`;
    },
    user: () => server.user(),
    client: (/** @type {string} */ userId) => server.client(userId),
  }),
);

test("50 MB whose connection is cut half-way say so, and go through when they are tried again", { skip }, () =>
  inPageByWire(async ({ page, client, context, forgive }) => {
    forgive(/WebSocket connection|net::ERR_(EMPTY_RESPONSE|SOCKET_NOT_CONNECTED)/);
    await page.getByText("Nothing is here yet").waitFor();
    const debug = await context.newCDPSession(page);
    await debug.send("Network.enable");
    const throttle = (/** @type {number} */ uploadThroughput) =>
      debug.send("Network.emulateNetworkConditions", {
        offline: false,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput,
      });
    await throttle(4 * 2 ** 20);
    await page.evaluate(() => {
      const input = /** @type {HTMLInputElement} */ (document.querySelector("[aria-label='Files to upload']"));
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(50 * 2 ** 20).fill(7)], "big.bin"));
      input.files = data.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
    const bar = page.getByRole("progressbar", { name: "big.bin" });
    const share = async () => Number(await bar.getAttribute("value")) / Number(await bar.getAttribute("max"));
    await eventually(share, (part) => part > 0.3);
    cut();
    await page.getByText("1 file could not be uploaded").waitFor();
    await page.getByText("The connection broke before the file was there").waitFor();
    assert.deepEqual(names(ok(await client.list())), []);
    isCut = false;
    await throttle(-1);
    await page.getByRole("button", { name: "Try big.bin again" }).click();
    await page.getByText("Uploaded 1 file").waitFor({ timeout: 120_000 });
    await row(page, "big.bin").waitFor();
    assert.equal(ok(await client.stat(`${ROOT}/big.bin`)).size, 50 * 2 ** 20);
  }),
);

test("a folder is dragged in from the desk, onto the list or onto a folder in it, and one undo takes it back", {
  skip,
}, async () => {
  const desk = mkdtempSync(`${tmpdir()}/holdfast-`);
  try {
    mkdirSync(`${desk}/site/empty`, { recursive: true });
    mkdirSync(`${desk}/site/img`);
    writeFileSync(`${desk}/site/index.html`, "<h1>");
    writeFileSync(`${desk}/site/img/a.txt`, "a");
    await inPage(
      async ({ page, client }) => {
        const here = async () =>
          ok(await client.list(ROOT, { recursive: true }))
            .files.map((/** @type {{ path: string }} */ { path }) => path.slice(ROOT.length + 1))
            .sort()
            .join();
        await dragIn(page, [`${desk}/site`], row(page, "notes"), async () => {
          await page.locator(".row.drop-here").waitFor();
          assert.equal(await page.getByText("Drop to upload to").count(), 0, "the folder takes it, not the list");
        });
        const all = "notes,notes/site,notes/site/empty,notes/site/img,notes/site/img/a.txt,notes/site/index.html";
        await eventually(here, (paths) => paths === all);
        await page.getByText("Uploaded 2 files").waitFor();
        await visit(page, "#/activity/");
        const turn = page.getByRole("listitem").filter({ hasText: "You: Uploaded 2 files" });
        await turn.getByRole("button", { name: "Undo" }).click();
        await eventually(here, (paths) => paths === "notes");
      },
      undefined,
      async (client) => {
        ok(await client.mkdir(`${ROOT}/notes`));
      },
    );
  } finally {
    rmSync(desk, { recursive: true });
  }
});

test("who undoes by keyboard goes on where they were", { skip }, () =>
  inPage(
    async ({ page }) => {
      await row(page, "a.txt").click();
      await page.keyboard.press("Delete");
      const undo = page.locator(".toast").getByRole("button", { name: "Undo" });
      await undo.waitFor();
      await row(page, "a.txt").waitFor({ state: "detached" });
      await undo.focus();
      await page.keyboard.press("Enter");
      await row(page, "a.txt").waitFor();
      await undo.waitFor({ state: "detached" });
      await eventually(
        () => page.evaluate(() => document.activeElement?.closest("[role=grid]") !== null),
        (isThere) => isThere,
      );
    },
    undefined,
    async (client) => {
      ok(await client.write(`${ROOT}/a.txt`, "a"));
    },
  ),
);

test("files that are pasted are uploaded to where somebody is", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      await row(page, "notes").dblclick();
      await row(page, "a.txt").waitFor();
      await page.getByRole("grid").evaluate((grid) => {
        const clipboardData = new DataTransfer();
        clipboardData.items.add(new File(["pasted"], "picture.txt"));
        grid.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
      });
      await row(page, "picture.txt").waitFor();
      assert.equal(ok(await client.read(`${ROOT}/notes/picture.txt`)).content, "pasted");
    },
    undefined,
    async (client) => {
      ok(await client.write(`${ROOT}/notes/a.txt`, "a"));
    },
  ),
);

const some = async (/** @type {import("./client.mjs").Client} */ client) => {
  ok(await client.write(`${ROOT}/notes/deep/er.txt`, "x"));
  ok(await client.write(`${ROOT}/apple.txt`, "aaa"));
  ok(await client.write(`${ROOT}/apricot.txt`, "a"));
  ok(await client.write(`${ROOT}/banana.txt`, "aa"));
};

test("by keys, entries are found by their first letters, cut, and pasted elsewhere", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      const focus = () => page.locator(".row.focused .name").textContent();
      const grid = page.getByRole("grid");
      // Letters are one word when they come soon after each other: as far as the page can tell, they do.
      await page.clock.setFixedTime(new Date());
      await grid.focus();
      await page.keyboard.type("ap");
      assert.equal(await focus(), "apple.txt");
      await page.keyboard.type("r");
      assert.equal(await focus(), "apricot.txt");
      await page.keyboard.press("Shift+ArrowUp");
      await page.keyboard.press("ControlOrMeta+x");
      assert.equal(await page.locator(".row.cut").count(), 2);
      await page.keyboard.press("Home");
      await page.keyboard.press("Enter");
      await row(page, "deep").waitFor();
      await eventually(
        () => grid.evaluate((element) => element === document.activeElement),
        (is) => is,
      );
      await page.keyboard.press("ControlOrMeta+v");
      await page.getByText("Moved 2 entries to notes").waitFor();
      await row(page, "apricot.txt").waitFor();
      assert.deepEqual(names(ok(await client.list(`${ROOT}/notes`))), ["deep", "apple.txt", "apricot.txt"]);
      assert.deepEqual(names(ok(await client.list(ROOT))), ["notes", "banana.txt"]);
      await page.keyboard.press("ControlOrMeta+z");
      await row(page, "apricot.txt").waitFor({ state: "detached" });
      assert.deepEqual(names(ok(await client.list(ROOT))), ["notes", "apple.txt", "apricot.txt", "banana.txt"]);
    },
    undefined,
    some,
  ),
);

test("what is chosen while a new name is on its way stays chosen", { skip }, () =>
  inPage(
    async ({ page }) => {
      const { release } = await hold(page, "**/api/files/move?*");
      await row(page, "apple.txt").click();
      await page.keyboard.press("F2");
      await page.getByLabel("New name of apple.txt").fill("pear.txt");
      await page.keyboard.press("Enter");
      await row(page, "banana.txt").click();
      release();
      await page.getByText("Renamed apple.txt to pear.txt").waitFor();
      await row(page, "pear.txt").waitFor();
      assert.deepEqual(await page.getByRole("row", { selected: true }).locator(".name").allTextContents(), [
        "banana.txt",
      ]);
    },
    undefined,
    some,
  ),
);

test("the list is sorted by what is pressed, and a file that is gone to by its address is chosen", { skip }, () =>
  inPage(
    async ({ page }) => {
      const sorted = async (/** @type {string} */ head, /** @type {string[]} */ order) => {
        await page.getByRole("columnheader", { name: head }).getByRole("button").click();
        await eventually(
          async () => (await shown(page)).join(),
          (now) => now === order.join(),
        );
      };
      await sorted("Size", ["notes", "apple.txt", "banana.txt", "apricot.txt"]);
      await sorted("Size", ["notes", "apricot.txt", "banana.txt", "apple.txt"]);
      await sorted("Name", ["notes", "apple.txt", "apricot.txt", "banana.txt"]);
      await sorted("Name", ["notes", "banana.txt", "apricot.txt", "apple.txt"]);
      for (const name of ["banana.txt", "apple.txt"]) {
        await visit(page, `#/files/${name}`);
        await page.getByRole("row", { selected: true }).getByText(name).waitFor();
        assert.equal(await page.getByRole("row", { selected: true }).count(), 1);
      }
      await page.goBack();
      await page.getByRole("row", { selected: true }).getByText("banana.txt").waitFor();
    },
    undefined,
    some,
  ),
);

test("the tree unfolds and folds, by pointer and by keys, and asks for a folder only then", { skip }, () =>
  inPage(
    async ({ page }) => {
      /** @type {string[]} */
      const asked = [];
      page.on("request", (request) => {
        const url = new URL(request.url());
        if (url.pathname === "/api/files/list") asked.push(url.searchParams.get("path") ?? "");
      });
      const item = (/** @type {string} */ name) => page.getByRole("treeitem", { name, exact: true });
      await item("notes").waitFor();
      assert.deepEqual(
        asked.filter((path) => path.includes("/notes")),
        [],
      );
      await item("notes").locator(".twist").click();
      await item("deep").waitFor();
      // The first folder may be asked for again at any time.
      assert.deepEqual([...new Set(asked.filter((path) => path !== ROOT))], [`${ROOT}/notes`]);
      await item("notes").locator(".twist").click();
      await item("deep").waitFor({ state: "detached" });
      await item("Home").focus();
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("ArrowRight");
      await item("deep").waitFor();
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("Enter");
      await row(page, "er.txt").waitFor();
      await item("deep").focus();
      await page.keyboard.press("ArrowLeft");
      await page.keyboard.press("ArrowLeft");
      await item("deep").waitFor({ state: "detached" });
    },
    undefined,
    some,
  ),
);

test("memory has a tab for each of its files, told apart and read", { skip }, () => {
  const now = new Date();
  const today = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0"));
  const pages = [
    ["Soul", "SOUL.md"],
    ["User", "USER.md"],
    ["Memory", "MEMORY.md"],
    ["Tools", "TOOLS.md"],
    ["Today", `memory/${today.join("-")}.md`],
  ];
  return inPage(
    async ({ page }) => {
      await visit(page, "#/memory/");
      for (const [tab, path] of pages) {
        await page.getByRole("tab", { name: tab, exact: true }).click();
        await page.getByRole("tabpanel", { name: tab, exact: true }).getByText(`words of ${path}`).waitFor();
        await page.getByRole("button", { name: "Edit" }).waitFor();
      }
    },
    undefined,
    async (client) => {
      for (const [, path] of pages) ok(await client.write(`${ROOT}/${path}`, `# A page\n\nwords of ${path}\n`));
    },
  );
});

test("media are filtered by app and by date", { skip }, () =>
  inPage(async ({ page, client, userId }) => {
    const [first, second] = [png(), png()];
    const { id } = ok(
      await ingestBytes(client, first, { filenameHint: "old.png", scope: { appId: "paint", appName: "Paint" } }),
    );
    ok(await ingestBytes(client, second, { filenameHint: "new.png", scope: { appId: "studio", appName: "Studio" } }));
    await visit(page, "#/media/");
    const tile = (/** @type {string} */ name) => page.getByRole("button", { name: new RegExp(`^${name}`) });
    await tile("old.png").waitFor();
    await page.getByLabel("App").selectOption("paint");
    await tile("new.png").waitFor({ state: "detached" });
    await tile("old.png").waitFor();
    await page.getByLabel("App").selectOption("");
    await tile("new.png").waitFor();
    // One of them was made some weeks ago, as the rows have it.
    for (const [table, of] of [
      ["media", "public_id = ?"],
      ["media_facet", "media = (SELECT id FROM media WHERE public_id = ?)"],
    ])
      await server.sql(userId, `UPDATE ${table} SET created_ms = created_ms - 40 * 86400000 WHERE ${of}`, id);
    await page.getByLabel("When").selectOption("30");
    await tile("old.png").waitFor({ state: "detached" });
    await tile("new.png").waitFor();
  }),
);
