// Editing in the page: what is saved stays, what is not saved is not lost, and nobody's words are overwritten unseen.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { browse, PHONE, row, skip, visit } from "./dashboard.mjs";
import { eventually, ok } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve({}, undefined, { page: true });
const inPage = browse(server);

const soul = async (/** @type {import("./client.mjs").Client} */ client) => {
  ok(await client.write(`${ROOT}/SOUL.md`, "# Soul\n\nI am calm.\n"));
};
const textOf = async (/** @type {import("./client.mjs").Client} */ client, name = "SOUL.md") =>
  ok(await client.read(`${ROOT}/${name}`)).content;

/** Opens a file for editing. @param {import("playwright-core").Page} page */
async function edit(page, name = "SOUL.md") {
  await visit(page, `#/files/${name}`);
  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByRole("textbox", { name }).focus();
}

/** Writes at the end of the text. @param {import("playwright-core").Page} page @param {string} text */
async function type(page, text) {
  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.type(text);
  await page.getByText("Not saved yet").waitFor();
}

for (const [width, how] of /** @type {const} */ ([
  ["desktop", undefined],
  ["phone", PHONE],
])) {
  test(`SOUL.md is edited, saved, and there after a reload, at the width of a ${width}`, { skip }, () =>
    inPage(
      async ({ page, client }) => {
        await edit(page);
        await type(page, "And exact.");
        await page.getByRole("button", { name: "Save" }).click();
        await page.getByText("Saved", { exact: true }).waitFor();
        await page.reload();
        await page.getByText("And exact.").waitFor();
        assert.equal(await textOf(client), "# Soul\n\nI am calm.\nAnd exact.");
      },
      how,
      soul,
    ),
  );
}

test("the ends of lines, a byte order mark and a missing last line end stay as they are", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      await edit(page, "windows.txt");
      await type(page, "c");
      await page.keyboard.press("ControlOrMeta+s");
      await eventually(
        () => textOf(client, "windows.txt"),
        (text) => text === "\ufeffa\r\nbc",
      );
    },
    undefined,
    async (client) => {
      ok(await client.write(`${ROOT}/windows.txt`, "\ufeffa\r\nb"));
    },
  ),
);

test("what was typed and not saved survives a reload, and can be given up and brought back", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      await edit(page);
      await type(page, "A draft.");
      await page.reload();
      await page.getByText("A draft.").waitFor();
      await page.getByText("draft of").waitFor();
      await page.getByRole("textbox", { name: "SOUL.md" }).focus();
      await type(page, " And more.");
      await visit(page, "#/files/");
      await visit(page, "#/files/SOUL.md");
      await page.getByText("A draft. And more.").waitFor();
      await page.getByRole("button", { name: "Discard" }).click();
      await page.getByText("A draft. And more.").waitFor({ state: "detached" });
      await page.getByRole("button", { name: "Bring them back" }).click();
      await page.getByText("A draft.").waitFor();
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByText("Saved", { exact: true }).waitFor();
      assert.match(await textOf(client), /A draft\. And more\.$/);
    },
    undefined,
    soul,
  ),
);

test("a file that others change while nothing was typed is simply shown", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      await edit(page);
      ok(await client.write(`${ROOT}/SOUL.md`, "# Another\n"));
      await page.getByText("# Another").waitFor();
      assert.equal(await page.getByText("Take theirs").count(), 0);
    },
    undefined,
    soul,
  ),
);

/** Both have written; the page says so. @type {(opened: any) => Promise<void>} */
const conflict = async ({ page, client }) => {
  await edit(page);
  await type(page, "Mine.");
  const save = page.getByRole("button", { name: "Save" });
  // What was typed is known to the page: else theirs would simply be shown.
  await eventually(
    () => save.isEnabled(),
    (is) => is,
  );
  ok(await client.write(`${ROOT}/SOUL.md`, "# Theirs\n"));
  // The page may hear of it before the click: then it is said already, and there is nothing to press.
  await save.click({ timeout: 2_000 }).catch(() => {});
  await page.getByText("This file was changed elsewhere").waitFor();
  assert.equal(await textOf(client), "# Theirs\n");
};

test("in a conflict theirs is taken, and mine is brought back", { skip }, () =>
  inPage(
    async (opened) => {
      const { page, client } = opened;
      await conflict(opened);
      await page.getByRole("button", { name: "Take theirs" }).click();
      await page.getByText("# Theirs").waitFor();
      assert.equal(await textOf(client), "# Theirs\n");
      await page.getByRole("button", { name: "Bring them back" }).click();
      await page.getByText("Mine.").waitFor();
      await page.getByText("This file was changed elsewhere").waitFor();
    },
    undefined,
    soul,
  ),
);

test("in a conflict mine is kept, and theirs is a version", { skip }, () =>
  inPage(
    async (opened) => {
      const { page, client } = opened;
      await conflict(opened);
      await page.getByRole("button", { name: "Keep mine" }).click();
      await page.getByText("Saved", { exact: true }).waitFor();
      assert.match(await textOf(client), /Mine\.$/);
      await page.getByRole("button", { name: "Done" }).click();
      await page.getByRole("button", { name: "Versions" }).click();
      await page.getByRole("list", { name: "Versions" }).getByRole("button").nth(1).click();
      await page.getByText("-# Theirs").waitFor();
      await page.getByRole("button", { name: "Restore this version" }).click();
      await eventually(
        () => textOf(client),
        (text) => text === "# Theirs\n",
      );
    },
    undefined,
    soul,
  ),
);

test("in a conflict both are compared, and what is made of them is saved", { skip }, () =>
  inPage(
    async (opened) => {
      const { page, client } = opened;
      await conflict(opened);
      await page.getByRole("button", { name: "Compare" }).click();
      const both = page.getByRole("textbox", { name: "Differences of SOUL.md" });
      await both.getByText("# Theirs").waitFor();
      await both.focus();
      await page.keyboard.press("ControlOrMeta+a");
      await page.keyboard.type("Ours.");
      await page.getByRole("button", { name: "Save this" }).click();
      await page.getByText("Saved", { exact: true }).waitFor();
      assert.equal(await textOf(client), "Ours.");
    },
    undefined,
    soul,
  ),
);

test("a file that is deleted under what was typed is saved anew", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      await edit(page, "plan.md");
      await type(page, "More.");
      ok(await client.remove(`${ROOT}/plan.md`));
      await page.getByText("This file was deleted elsewhere").waitFor();
      await page.getByRole("button", { name: "Save mine anew" }).click();
      await page.getByText("Saved", { exact: true }).waitFor();
      await row(page, "plan.md").waitFor();
      assert.equal(await textOf(client, "plan.md"), "# Plan\nMore.");
    },
    undefined,
    async (client) => {
      ok(await client.write(`${ROOT}/plan.md`, "# Plan\n"));
    },
  ),
);

test("a link that has expired is renewed, and what was being done goes on", { skip }, () =>
  inPage(
    async ({ page, client, userId, link }) => {
      await edit(page);
      await type(page, "Kept.");
      // The tab comes back when its link is long over.
      const { exp, sig } = server.signed(userId, { exp: "1000000000" });
      await page.evaluate(
        ([key, url]) => sessionStorage.setItem(String(key), String(url)),
        ["holdfast:gateway", `${server.url.replace("http", "ws")}/ws?userId=${userId}&exp=${exp}&sig=${sig}`],
      );
      await page.reload();
      await page.getByText("This link has expired").waitFor();
      await page.getByRole("textbox", { name: "Link" }).fill("nonsense");
      await page.getByRole("button", { name: "Go on" }).click();
      await page.getByText("This is no link").waitFor();
      await page.getByRole("textbox", { name: "Link" }).fill(link);
      await page.getByRole("button", { name: "Go on" }).click();
      await page.getByText("Kept.").waitFor();
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByText("Saved", { exact: true }).waitFor();
      assert.match(await textOf(client), /Kept\.$/);
    },
    undefined,
    soul,
  ),
);
