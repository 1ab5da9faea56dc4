// What every screen promises: nothing jumps while it comes, nothing lies beyond the window, and without a network it is said and mended.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { browse, DESKTOP, inWindow, PHONE, row, skip, visit } from "./dashboard.mjs";
import { eventually, ok } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { png } from "./samples.mjs";

const server = serve({}, undefined, { page: true });
const inPage = browse(server);
const TABLET = { viewport: { width: 768, height: 1024 }, hasTouch: true, isMobile: true };

const all = async (/** @type {import("./client.mjs").Client} */ client) => {
  const agent = { "x-actor": "agent", "x-turn": "turn-1" };
  ok(await client.write(`${ROOT}/SOUL.md`, "# Soul\n\ncalm\n"));
  ok(await client.write(`${ROOT}/a folder of some length/and another one in it/deep/er.txt`, "x"));
  ok(await client.write(`${ROOT}/src/app.ts`, "export const a = 1; // one\n", {}, agent));
  ok(await client.write(`${ROOT}/data.json`, '{"a":[1,{"b":null}]}'));
  ok(await client.write(`${ROOT}/table.csv`, "a,b\n1,2\n"));
  ok(await client.write(`${ROOT}/${"a long name ".repeat(12)}.md`, "# Long\n"));
  ok(await client.put(`${ROOT}/bytes.bin`, Buffer.from([0, 1, 2, 255])));
  ok(await client.put(`${ROOT}/pic.png`, png(640, 480)));
  ok(await client.write(`${ROOT}/gone.md`, "x"));
  ok(await client.remove(`${ROOT}/gone.md`));
};

const PLACES = [
  ["#/files/", ".row"],
  ["#/files/a%20folder%20of%20some%20length/and%20another%20one%20in%20it/deep/", ".row"],
  [`#/files/${encodeURIComponent("a long name ".repeat(12))}.md`, ".markdown"],
  ["#/files/src/app.ts", ".cm-content"],
  ["#/files/data.json", ".json-name"],
  ["#/files/table.csv", ".csv td"],
  ["#/files/bytes.bin", ".hex pre"],
  ["#/files/pic.png", ".image-stage img"],
  ["#/files/none.txt", ".empty"],
  ["#/chat/main", ".empty"],
  ["#/memory/", ".markdown"],
  ["#/media/", ".tile"],
  ["#/store/apps", ".empty"],
  ["#/store/mine", ".handle"],
  ["#/activity/", ".turn"],
  ["#/trash/", ".entry"],
];

for (const [width, how] of /** @type {const} */ ([
  ["desktop", DESKTOP],
  ["tablet", TABLET],
  ["phone", PHONE],
]))
  test(`nothing jumps, and nothing lies beyond the window, at the width of a ${width}`, { skip }, () =>
    inPage(
      async ({ page }) => {
        await page.evaluate(() => {
          const shifts = /** @type {{ value: number, of: string[] }[]} */ ([]);
          new PerformanceObserver((list) => {
            for (const entry of /** @type {any[]} */ (list.getEntries()))
              if (!entry.hadRecentInput)
                shifts.push({
                  value: entry.value,
                  of: entry.sources.map((/** @type {any} */ { node }) => node?.className),
                });
          }).observe({ type: "layout-shift", buffered: true });
          Object.assign(globalThis, { shifts });
        });
        for (const [hash = "", sign = ""] of PLACES) {
          await visit(page, hash);
          await page.locator(sign).first().waitFor();
          await inWindow(page, hash);
          // Two frames, after which a shift has been told.
          await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
          const shifts = await page.evaluate(() => /** @type {any} */ (globalThis).shifts.splice(0));
          const sum = shifts.reduce(
            (/** @type {number} */ all, /** @type {{ value: number }} */ { value }) => all + value,
            0,
          );
          assert.ok(sum < 0.02, `${hash} jumps by ${sum}: ${JSON.stringify(shifts)}`);
        }
      },
      how,
      all,
    ),
  );

test("without a network each screen says so, and mends itself when there is one again", { skip }, () =>
  inPage(
    async ({ page, context }) => {
      await row(page, "SOUL.md").waitFor();
      const places = /** @type {const} */ ([
        ["#/memory/", ".markdown"],
        ["#/media/", ".tile"],
        ["#/activity/", ".turn"],
        ["#/trash/", ".entry"],
        ["#/store/mine", ".handle"],
        ["#/chat/main", ".chat-note"],
      ]);
      // From here on their code is there; what they show is not.
      for (const [hash, sign] of places) {
        await visit(page, hash);
        await page.locator(sign).first().waitFor();
      }
      for (const [hash, sign] of places) {
        await visit(page, "#/files/");
        await row(page, "SOUL.md").waitFor();
        await context.setOffline(true);
        await visit(page, hash);
        await page.getByRole("main").getByText("The server cannot be reached").first().waitFor();
        await page.getByText("Offline", { exact: true }).waitFor();
        await inWindow(page, `${hash}, offline`);
        await context.setOffline(false);
        await page.locator(sign).first().waitFor();
        await page.getByText("The server cannot be reached").first().waitFor({ state: "detached" });
      }
    },
    DESKTOP,
    all,
  ),
);

test("light or dark is as the system has it, until somebody chooses, and then for good", { skip }, () =>
  inPage(
    async ({ page }) => {
      const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
      assert.equal(await theme(), "dark");
      await page.emulateMedia({ colorScheme: "light" });
      await eventually(theme, (is) => is === "light");
      await page.getByRole("button", { name: "Dark colors" }).click();
      await page.reload();
      await page.getByRole("button", { name: "Light colors" }).waitFor();
      assert.equal(await theme(), "dark");
    },
    { ...DESKTOP, colorScheme: "dark" },
  ),
);

test("how much is used is said, and what of it is what", { skip }, () =>
  inPage(async ({ page, client }) => {
    const bar = page.locator(".usage progress");
    await page.getByText(/^0 B of .* used$/).waitFor();
    ok(await client.put(`${ROOT}/a.bin`, Buffer.alloc(3_000_000, 7)));
    await page.getByText(/^3\.0 MB of .* used$/).waitFor();
    assert.ok(Number(await bar.getAttribute("value")) > 0);
    await page.getByRole("button", { name: /^What is stored/ }).click();
    await page.getByRole("listitem").filter({ hasText: "Files" }).getByText("3.0 MB · 1 item").waitFor();
    await page.getByRole("listitem").filter({ hasText: "Trash" }).getByText("0 B · 0 items").waitFor();
  }),
);
