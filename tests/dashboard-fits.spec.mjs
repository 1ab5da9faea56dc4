// What is long, deep or much stays in its place, and in sight.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { browse, inWindow, PHONE, row, shown, skip, visit } from "./dashboard.mjs";
import { eventually, ok } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { ingestBytes } from "./media.mjs";
import { fill, publish } from "./publishing.mjs";
import { png } from "./samples.mjs";

const server = serve({}, undefined, { page: true });
const inPage = browse(server);

test("an app with a name of 80 letters leaves the head of the media in its window", { skip }, () =>
  inPage(async ({ page, client }) => {
    const scope = { appId: "paint", appName: "W".repeat(80) };
    ok(await ingestBytes(client, png(), { filenameHint: "a.png", scope }));
    await visit(page, "#/media/");
    await page.getByLabel("App").waitFor();
    await inWindow(page, "media");
    assert.ok(((await page.getByLabel("App").boundingBox())?.width ?? 999) <= 200);
  }),
);

test("on a phone, what media are looked through by can be read", { skip }, () =>
  inPage(async ({ page, client }) => {
    ok(await ingestBytes(client, png(), { scope: { appId: "paint", appName: "Paint" } }));
    await visit(page, "#/media/");
    for (const label of ["Kind", "When", "App"]) {
      await page.getByLabel(label).waitFor();
      // As wide as what is in it, were there room for it.
      const [is, wants] = await page.getByLabel(label).evaluate((/** @type {HTMLSelectElement} */ select) => {
        const free = /** @type {HTMLSelectElement} */ (select.cloneNode(true));
        free.style.cssText = "position: fixed; max-width: none; width: auto";
        document.body.append(free);
        const wanted = free.getBoundingClientRect().width;
        free.remove();
        return [select.getBoundingClientRect().width, wanted];
      });
      assert.ok(is >= wants - 1, `${label} is ${is} wide, of ${wants}`);
    }
    await inWindow(page, "media");
  }, PHONE),
);

const levels = Array.from({ length: 14 }, (_, level) => `level-${level}`);
const deep = async (/** @type {import("./client.mjs").Client} */ client) => {
  for (let number = 0; number < 40; number += 1) ok(await client.mkdir(`${ROOT}/a-${String(number).padStart(2, "0")}`));
  ok(await client.write(`${ROOT}/${levels.join("/")}/deep.txt`, "x"));
};

test("the tree goes to where somebody is, each level further in than the one above it", { skip }, () =>
  inPage(
    async ({ page }) => {
      await visit(page, `#/files/${levels.join("/")}/`);
      await row(page, "deep.txt").waitFor();
      const item = (/** @type {string} */ name) => page.getByRole("treeitem", { name, exact: true });
      await item("level-13").waitFor();
      await eventually(
        () =>
          item("level-13")
            .locator(".tree-name")
            .evaluate((name) => {
              const [inner, outer] = [name, name.closest(".tree-frame")].map((one) => one?.getBoundingClientRect());
              if (!inner || !outer) return false;
              return inner.top >= outer.top && inner.bottom <= outer.bottom && inner.left >= outer.left;
            }),
        (is) => is,
      );
      // All at one moment: the tree may scroll.
      const places = await page
        .getByRole("treeitem")
        .locator(".tree-name")
        .evaluateAll((all) => all.map((name) => [name.textContent, name.getBoundingClientRect().x]));
      const left = new Map(/** @type {[string, number][]} */ (places));
      const steps = levels.map((name) => left.get(name) ?? Number.NaN);
      for (const [at, place] of steps.entries())
        if (at > 0) assert.equal(Math.round(place - (steps[at - 1] ?? 0)), 12, `level ${at}`);
    },
    undefined,
    deep,
  ),
);

test("at the width of a tablet, what can be done with a published thing stands in one line", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      ok(await publish(client, "app", { appId: "paint", name: "Paint", visibility: "public" }));
      await visit(page, "#/store/mine");
      const line = page.locator(".own-entry");
      await line.waitFor();
      const tops = () =>
        line
          .getByRole("button")
          .evaluateAll((buttons) => buttons.map((button) => Math.round(button.getBoundingClientRect().top)));
      await eventually(tops, (all) => all.length >= 3 && new Set(all).size === 1);
      const box = await line.boundingBox();
      assert.ok(box && box.height < 80, `${box?.height} high`);
    },
    { viewport: { width: 768, height: 900 } },
    (client) => fill(client, { "src/apps/paint/index.tsx": "export {};\n" }),
  ),
);

test("on a phone, a question and its answers fit", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      await visit(page, "#/trash/");
      await page.getByRole("button", { name: "Restore" }).tap();
      await page.getByRole("button", { name: "Restore as a copy" }).waitFor();
      await inWindow(page, "a question");
      await page.getByRole("button", { name: "Skip" }).tap();
      await page.getByText("already there").waitFor({ state: "detached" });
      assert.equal(ok(await client.read(`${ROOT}/a.txt`)).content, "new");
    },
    PHONE,
    async (client) => {
      ok(await client.write(`${ROOT}/a.txt`, "old"));
      ok(await client.remove(`${ROOT}/a.txt`));
      ok(await client.write(`${ROOT}/a.txt`, "new"));
    },
  ),
);

test("on a phone on its side, all of the places can be reached", { skip }, () =>
  inPage(
    async ({ page }) => {
      const box = async (/** @type {import("playwright-core").Locator} */ of) =>
        (await of.boundingBox()) ?? { y: -1000, height: 0 };
      const colors = page.getByRole("button", { name: "Dark colors" });
      const brand = page.locator(".brand");
      assert.ok((await box(brand)).y >= 0, "it begins at its beginning");
      await page.mouse.move(100, 200);
      const scrolled = (/** @type {number} */ by, /** @type {() => Promise<boolean>} */ isSeen) =>
        eventually(
          async () => {
            await page.mouse.wheel(0, by);
            return isSeen();
          },
          (is) => is,
        );
      await scrolled(400, async () => {
        const { y, height } = await box(colors);
        return y >= 0 && y + height <= 360;
      });
      await scrolled(-400, async () => (await box(brand)).y >= 0);
      assert.equal(await page.evaluate(() => document.documentElement.scrollHeight), 360);
    },
    { viewport: { width: 780, height: 360 }, hasTouch: true, isMobile: true },
    deep,
  ),
);

test("where a file covers the list, the arrow beside its name points back", { skip }, () =>
  inPage(
    async ({ page }) => {
      await row(page, "a.txt").click();
      const back = page.getByRole("button", { name: "Back to the list" });
      await back.waitFor();
      const turned = await back.locator("svg").evaluate((icon) => getComputedStyle(icon).transform);
      assert.match(turned, /^matrix\(-1/);
      await back.click();
      await back.waitFor({ state: "detached" });
    },
    { viewport: { width: 768, height: 900 } },
    async (client) => {
      ok(await client.write(`${ROOT}/a.txt`, "a"));
    },
  ),
);

const LONG = ["draft", "final"].map((end) => `Report of the quarter on all of the regions ${end}.md`);

test("on a phone, files are sorted by when they changed, and long names are told apart", { skip }, () =>
  inPage(
    async ({ page }) => {
      await row(page, LONG[0] ?? "").waitFor();
      assert.deepEqual(await shown(page), LONG);
      const isWhole = await page
        .locator(".row .name")
        .evaluateAll((all) =>
          all.every((name) => name.scrollHeight <= name.clientHeight + 1 && name.clientHeight < 48),
        );
      assert.equal(isWhole, true);
      await row(page, LONG[0] ?? "")
        .locator(".cell-modified")
        .waitFor();
      await inWindow(page, "the list");
      await page.getByRole("button", { name: "Modified" }).tap();
      await eventually(
        () => shown(page),
        ([first]) => first === LONG[1],
      );
      await page.getByRole("button", { name: "Modified" }).tap();
      await eventually(
        () => shown(page),
        ([first]) => first === LONG[0],
      );
    },
    PHONE,
    async (client) => {
      for (const name of LONG) ok(await client.write(`${ROOT}/${name}`, "x"));
    },
  ),
);
