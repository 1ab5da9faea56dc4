// The page of a published desktop in a browser, as a visitor has it: a desktop to visit, a window of a given width, and what is
// held against every page that was opened: no script of anybody else's, no error, nobody else asked.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before } from "node:test";
import { chromium } from "playwright-core";
import { CHROMIUM, WAIT_MS } from "./browser.mjs";
import { ok } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { fill, publish as publishAs } from "./publishing.mjs";

/** @typedef {import("./client.mjs").Client} Client @typedef {import("playwright-core").Page} Page */

export const LAPTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };
export const skip = CHROMIUM ? false : "no Chromium on this machine; set CHROMIUM to one";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Publishes a workspace with these files, by their path below its root. */
export async function publish(
  /** @type {Client} */ client,
  /** @type {Record<string, string | Buffer>} */ files,
  /** @type {Record<string, unknown>} */ about = {},
) {
  await fill(client, files);
  const json = { title: "A desktop", desktopId: "main", ...about };
  return ok(await publishAs(client, "desktop", json));
}

/** One server and one browser for a spec, and windows in it. */
export function visitors(/** @type {import("./harness.mjs").Overrides} */ overrides = {}) {
  const server = serve({ CATALOG_CACHE_SECONDS: "0", ...overrides }, undefined, { page: true });
  /** @type {import("playwright-core").Browser} */
  let browser;
  /** @type {string[]} */
  const wrong = [];
  before(async () => {
    if (skip) return;
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
  });
  after(async () => {
    await browser?.close();
    assert.deepEqual(wrong, [], "a page did what it must not");
  });

  /**
   * A window of its own, with nothing kept from any other. What goes wrong in it is held against the spec; `expected` is
   * for what a test provokes.
   * @param {import("playwright-core").BrowserContextOptions} [options] @param {RegExp} [expected]
   */
  async function open(
    options = {},
    expected = /Failed to load resource: the server responded with a status of 40[149]/,
  ) {
    const context = await browser.newContext({ viewport: LAPTOP, reducedMotion: "reduce", ...options });
    context.setDefaultTimeout(WAIT_MS);
    const page = await context.newPage();
    const note = (/** @type {string} */ what) => expected.test(what) || wrong.push(what);
    page.on("pageerror", (error) => note(`error: ${error.message}`));
    page.on("console", (message) => message.type() === "error" && note(`console: ${message.text()}`));
    page.on("dialog", (dialog) => {
      note(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("request", (request) => {
      const url = new URL(request.url());
      const isOurs = url.origin === server.url || ["blob:", "data:"].includes(url.protocol);
      if (!isOurs) note(`request: ${request.url()}`);
      // A signature is for the API alone, and no referrer has one.
      if (url.searchParams.has("sig") && !url.pathname.startsWith("/api/")) note(`signed: ${url.pathname}`);
      if (/[?&]sig=/.test(request.headers().referer ?? "")) note(`referrer: ${url.pathname}`);
    });
    return page;
  }

  /** The visitor's own signed URL. */
  const gateway = (/** @type {string} */ userId) => {
    const query = new URLSearchParams(server.signed(userId));
    return `${server.url.replace(/^http/, "ws")}/ws?${query}`;
  };

  /** The address of a desktop's page. */
  const at = (/** @type {string} */ id) => `${server.url}/d/${id}`;

  return { server, open, gateway, at };
}

/** What axe finds that is serious. It is run through the debugger, which no policy of the page's holds for. */
export async function serious(/** @type {Page} */ page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => /** @type {any} */ (globalThis).axe.run());
  return violations
    .filter((/** @type {any} */ { impact }) => ["serious", "critical"].includes(impact))
    .map((/** @type {any} */ { id, nodes }) => `${id}: ${nodes.map((/** @type {any} */ node) => node.html).join(" ")}`);
}

/** Takes a picture of the page when somebody wants to look: `SCREENSHOTS=folder`. */
export async function look(/** @type {Page} */ page, /** @type {string} */ name, { fullPage = false } = {}) {
  const folder = process.env.SCREENSHOTS;
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, animations: "disabled", fullPage });
}
