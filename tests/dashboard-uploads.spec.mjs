// What is carried into the page never replaces what is there unless somebody says so, and is taken back like all else.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { browse, dragIn, row, skip, visit } from "./dashboard.mjs";
import { eventually, names, ok } from "./expect.mjs";
import { serveBehindGateway } from "./gateway.mjs";

const { server } = await serveBehindGateway();
const inPage = browse(server);

/** @param {string[]} named */
const files = (...named) => named.map((name) => ({ name, mimeType: "text/plain", buffer: Buffer.from(`new ${name}`) }));
const content = async (/** @type {import("./client.mjs").Client} */ client, /** @type {string} */ name) =>
  ok(await client.read(`${ROOT}/${name}`)).content;
const taken = async (/** @type {import("./client.mjs").Client} */ client) => {
  const agent = { "x-actor": "agent", "x-turn": "turn-1" };
  for (const name of ["a.txt", "b.txt"]) ok(await client.write(`${ROOT}/${name}`, `old ${name}`, {}, agent));
};

test(
  "what has a name that is taken is asked about, and one undo takes the uploads back, not the agent's work",
  {
    skip,
  },
  () =>
    inPage(
      async ({ page, client }) => {
        const panel = page.getByRole("region", { name: "Uploads" });
        await page.getByLabel("Files to upload").setInputFiles(files("a.txt", "b.txt", "c.txt"));
        await panel.getByText("2 files: the name is taken").waitFor();
        assert.equal(await content(client, "a.txt"), "old a.txt");
        const line = (/** @type {string} */ name) => panel.getByRole("listitem").filter({ hasText: name });
        await line("a.txt").getByRole("button", { name: "Replace" }).click();
        await line("b.txt").getByRole("button", { name: "Keep both" }).click();
        await row(page, "b copy.txt").waitFor();
        await panel.getByText("Uploaded 3 files").waitFor();
        assert.equal(await content(client, "a.txt"), "new a.txt");
        assert.equal(await content(client, "b.txt"), "old b.txt");
        assert.equal(await content(client, "b copy.txt"), "new b.txt");
        await page.getByRole("button", { name: "Undo: Uploaded 3 files" }).click();
        await row(page, "c.txt").waitFor({ state: "detached" });
        assert.deepEqual(names(ok(await client.list())), ["a.txt", "b.txt"]);
        assert.equal(await content(client, "a.txt"), "old a.txt");
      },
      undefined,
      taken,
    ),
);

test("many are answered at once, and the panel takes back what it has carried in", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      const panel = page.getByRole("region", { name: "Uploads" });
      await page.getByLabel("Files to upload").setInputFiles(files("a.txt", "b.txt"));
      await panel.getByRole("button", { name: "Skip all" }).click();
      await panel.getByText("Nothing was uploaded").waitFor();
      await page.getByLabel("Files to upload").setInputFiles(files("a.txt", "b.txt"));
      await panel.getByRole("button", { name: "Replace all" }).click();
      await panel.getByText("Uploaded 2 files").waitFor();
      assert.equal(await content(client, "b.txt"), "new b.txt");
      await panel.getByRole("button", { name: "Undo" }).click();
      await eventually(
        () => content(client, "b.txt"),
        (text) => text === "old b.txt",
      );
      assert.equal(await content(client, "a.txt"), "old a.txt");
    },
    undefined,
    taken,
  ),
);

test("all that failed is tried again at once, and nothing of it is said to be under way", { skip }, () =>
  inPage(async ({ page, context, client }) => {
    let isBroken = true;
    await context.route("**/api/files/content?*", (route) =>
      isBroken ? route.abort("connectionreset") : route.continue(),
    );
    const panel = page.getByRole("region", { name: "Uploads" });
    await page.getByLabel("Files to upload").setInputFiles(files("a.txt", "b.txt"));
    await panel.getByText("2 files could not be uploaded").waitFor();
    isBroken = false;
    await panel.getByRole("button", { name: "Retry all" }).click();
    await panel.getByText("Uploaded 2 files").waitFor();
    assert.deepEqual(names(ok(await client.list())), ["a.txt", "b.txt"]);
  }),
);

test("of a folder, what cannot be named here is told with the reason", { skip }, async () => {
  const desk = mkdtempSync(`${tmpdir()}/holdfast-`);
  try {
    mkdirSync(`${desk}/site`);
    writeFileSync(`${desk}/site/good.txt`, "x");
    writeFileSync(`${desk}/site/bad\u0001.txt`, "x");
    await inPage(async ({ page, client }) => {
      await page.getByText("Nothing is here yet").waitFor();
      await dragIn(page, [`${desk}/site`], page.getByRole("grid"));
      const panel = page.getByRole("region", { name: "Uploads" });
      await panel.getByText("Uploaded 1 file; 1 could not be uploaded").waitFor();
      await panel.getByText("A name has no control characters in it").waitFor();
      assert.deepEqual(names(ok(await client.list(`${ROOT}/site`))), ["good.txt"]);
      // What comes after it is told as well.
      await page.getByLabel("Files to upload").setInputFiles(files("a.txt", "b.txt"));
      await panel.getByText("Uploaded 3 files; 1 could not be uploaded").waitFor();
    });
  } finally {
    rmSync(desk, { recursive: true });
  }
});

test("the panel of uploads covers nothing that can be pressed", { skip }, () =>
  inPage(async ({ page, context }) => {
    await context.route("**/api/files/content?*", (route) => route.abort("connectionreset"));
    await page.getByLabel("Files to upload").setInputFiles(files("a.txt", "b.txt", "c.txt"));
    const panel = page.getByRole("region", { name: "Uploads" });
    await panel.getByText("3 files could not be uploaded").waitFor();
    const over = async (/** @type {import("playwright-core").Locator} */ what) => {
      const [one, other] = [await panel.boundingBox(), await what.boundingBox()];
      assert.ok(one && other);
      return (
        one.x < other.x + other.width &&
        other.x < one.x + one.width &&
        one.y < other.y + other.height &&
        other.y < one.y + one.height
      );
    };
    assert.equal(await over(page.locator(".list-foot")), false);
    await visit(page, "#/chat/main");
    await page.getByRole("textbox", { name: "Message" }).waitFor();
    assert.equal(await over(page.getByRole("button", { name: "Send", exact: true })), false);
    assert.equal(await panel.getByRole("list").count(), 0, "elsewhere it is folded");
    await panel.getByRole("button", { name: "Show uploads" }).click();
    assert.equal(await over(page.getByRole("button", { name: "Send", exact: true })), false);
  }),
);
