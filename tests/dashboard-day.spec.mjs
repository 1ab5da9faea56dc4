// One day with it, as somebody has it who has never heard of it: on a laptop, and on a phone.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { browse, DESKTOP, dragIn, inWindow, PHONE, row, skip } from "./dashboard.mjs";
import { eventually, names, ok, refused } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { ingestBytes } from "./media.mjs";
import { fill, publish } from "./publishing.mjs";
import { publisher } from "./store.mjs";
import { encodeFrames, webm } from "./webm.mjs";

const server = serve({ CATALOG_CACHE_SECONDS: "0" }, undefined, { page: true });
const inPage = browse(server);

/** Somebody else's app, for everyone to install. */
async function app() {
  const { client } = await publisher(server);
  await fill(client, {
    "package.json": '{"dependencies":{"react":"^18.0.0"}}',
    "src/apps/tally/index.tsx": 'import React from "react";\n',
  });
  ok(await publish(client, "app", { appId: "tally", name: "Tally", description: "Counts things" }));
}

for (const [width, how] of /** @type {const} */ ([
  ["laptop", DESKTOP],
  ["phone", PHONE],
]))
  test(`a folder, an edit, a return, a turn, a film and an app, on a ${width}`, { skip }, async () => {
    await app();
    const folder = mkdtempSync(`${tmpdir()}/holdfast-`);
    const isPhone = how === PHONE;
    try {
      mkdirSync(`${folder}/trip/tickets`, { recursive: true });
      writeFileSync(`${folder}/trip/plan.md`, "# Plan\n\nPack lightly.\n");
      writeFileSync(`${folder}/trip/tickets/train.txt`, "08:15, platform 3");
      await inPage(async ({ page, client, open }) => {
        const press = (/** @type {import("playwright-core").Locator} */ what) => (isPhone ? what.tap() : what.click());
        const button = (/** @type {string} */ name) => page.getByRole("button", { name, exact: true });
        /** Goes where the places say. @param {string} place */
        const goTo = async (place) => {
          if (isPhone) await press(button("Menu"));
          await press(page.getByRole("link", { name: place, exact: true }));
        };
        const choose = async (/** @type {string} */ entry, /** @type {string} */ what) => {
          if (isPhone) await press(button(`Actions for ${entry}`));
          else await row(page, entry).click({ button: "right" });
          await press(page.getByRole("menuitem", { name: what }));
        };
        assert.ok(!page.url().includes("sig="), "the link has left the address");

        // A folder comes in: dragged, or chosen where nothing can be dragged.
        await page.getByText("Nothing is here yet").waitFor();
        if (isPhone) {
          await press(button("New"));
          const [chooser] = await Promise.all([
            page.waitForEvent("filechooser"),
            press(page.getByRole("menuitem", { name: "Upload a folder" })),
          ]);
          await chooser.setFiles(`${folder}/trip`);
        } else {
          await dragIn(page, [`${folder}/trip`], page.getByRole("grid"), () =>
            page.getByText("Drop to upload to Home").waitFor(),
          );
        }
        await page.getByText("Uploaded 2 files").waitFor();
        await row(page, "trip").waitFor();
        assert.equal(ok(await client.read(`${ROOT}/trip/tickets/train.txt`)).content, "08:15, platform 3");
        await inWindow(page, "files");

        // A file is edited, and another tab sees it.
        await (isPhone ? row(page, "trip").tap() : row(page, "trip").dblclick());
        await press(row(page, "plan.md"));
        await page.getByText("Pack lightly.").waitFor();
        const other = await open();
        await (isPhone ? row(other, "trip").tap() : row(other, "trip").dblclick());
        await (isPhone ? row(other, "plan.md").tap() : row(other, "plan.md").click());
        await other.getByText("Pack lightly.").waitFor();
        await press(button("Edit"));
        await page.getByRole("textbox", { name: "plan.md" }).focus();
        await page.keyboard.press("ControlOrMeta+End");
        await page.keyboard.type("And take the early train.");
        await inWindow(page, "an edit");
        await press(button("Save"));
        await other.getByText("And take the early train.").waitFor();
        await other.close();
        await press(button("Done"));
        await press(button(isPhone ? "Back to the list" : "Close preview"));

        // It is deleted, and put back.
        await choose("plan.md", "Move to trash");
        await row(page, "plan.md").waitFor({ state: "detached" });
        refused(await client.stat(`${ROOT}/trip/plan.md`), 404);
        await goTo("Trash");
        await inWindow(page, "the trash");
        await press(button("Restore"));
        await page.getByText("The trash is empty").waitFor();
        assert.match(ok(await client.read(`${ROOT}/trip/plan.md`)).content, /early train/);

        // What the agent has done is taken back.
        const agent = { "x-actor": "agent", "x-turn": "tidy-up" };
        ok(await client.write(`${ROOT}/trip/plan.md`, "# Plan\n\nStay at home.\n", {}, agent));
        ok(await client.write(`${ROOT}/trip/other.md`, "mine", {}, agent));
        await goTo("Activity");
        const turn = page.getByRole("listitem").filter({ hasText: "agent · tidy-up" });
        await turn.waitFor();
        await inWindow(page, "the activity");
        await press(turn.getByRole("button", { name: "Undo" }));
        await page.getByText("Undone: agent · tidy-up").waitFor();
        assert.match(ok(await client.read(`${ROOT}/trip/plan.md`)).content, /early train/);
        assert.deepEqual(names(ok(await client.list(`${ROOT}/trip`))), ["tickets", "plan.md"]);

        // A film that an app has generated is played.
        const frames = /** @type {string[]} */ (await page.evaluate(`(${encodeFrames})(3, 96, 64)`));
        const film = webm(
          frames.map((frame) => Buffer.from(frame, "base64")),
          96,
          64,
        );
        const scope = { appId: "studio", appName: "Studio" };
        ok(await ingestBytes(client, film, { filenameHint: "sunrise.webm", scope }));
        await goTo("Media");
        await press(page.getByRole("button", { name: /sunrise\.webm/ }));
        const video = page.getByRole("dialog").locator("video");
        await video.evaluate((/** @type {HTMLVideoElement} */ element) => {
          element.muted = true;
          return element.play();
        });
        await eventually(
          () => video.evaluate((/** @type {HTMLVideoElement} */ element) => element.currentTime),
          (seconds) => seconds > 0,
        );
        await page.getByRole("dialog").getByText("Studio").waitFor();
        await inWindow(page, "a film");
        await press(button("Close"));

        // An app is found and installed.
        await goTo("Store");
        await page.getByRole("searchbox", { name: "Search apps" }).fill("tally");
        await press(page.getByRole("link", { name: /^Tally/ }).first());
        await page.getByRole("region", { name: "Installing adds" }).getByText("react ^18.0.0").waitFor();
        await press(button("Install"));
        await page.getByRole("region", { name: "What was done" }).getByText("is installed in").waitFor();
        await inWindow(page, "an installed app");
        await press(button("Open its folder"));
        await row(page, "index.tsx").waitFor();
        assert.deepEqual(names(ok(await client.list(`${ROOT}/src/apps/tally`))), ["index.tsx"]);
        await inWindow(page, "a deep folder");
      }, how);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
