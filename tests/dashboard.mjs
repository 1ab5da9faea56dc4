// The dashboard in a browser, against the real Worker: a page that is held to never failing, never asking anybody but that Worker, and
// never running what it was given.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before } from "node:test";
import { chromium } from "playwright-core";
import { visible } from "../dashboard/page/src/state/paths.ts";
import { CHROMIUM, WAIT_MS } from "./browser.mjs";
import { eventually } from "./expect.mjs";

export const skip = CHROMIUM ? false : "no Chromium on this machine; set CHROMIUM to one";
export const DESKTOP = { viewport: { width: 1280, height: 800 } };
export const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true };

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What a browser says of an answer that is no success: those are the page's to deal with. */
const EXPECTED =
  /Failed to load resource: (the server responded|net::ERR_(FAILED|INTERNET_DISCONNECTED|CONNECTION_RESET))|WebSocket connection to .*ERR_INTERNET_DISCONNECTED/;

/** How long the page itself leaves what passes there, and how long it does here: a slow machine is not to miss it. */
const PASSES_MS = 8000;
const STAYS_MS = 30_000;

/** A browser for a whole spec. */
export function browse(/** @type {import("./harness.mjs").Server} */ server) {
  /** @type {import("playwright-core").Browser} */
  let browser;
  before(async () => {
    if (skip) return;
    browser = await chromium.launch({ executablePath: String(CHROMIUM), args: ["--no-sandbox"] });
  });
  after(() => browser?.close());

  /**
   * Runs a test in a page of a user's workspace, and then holds the page to its promises.
   * @param {(opened: { page: import("playwright-core").Page, context: import("playwright-core").BrowserContext,
   *   client: import("./client.mjs").Client, userId: string, link: string, open: () => Promise<import("playwright-core").Page>, forgive: (said: RegExp) => void }) => Promise<void>} work
   * @param {object} [how] a viewport and what else makes a device
   * @param {(client: import("./client.mjs").Client) => Promise<void>} [prepare]
   */
  return async (work, how = DESKTOP, prepare = async () => {}) => {
    const userId = server.user();
    const client = server.client(userId);
    await prepare(client);
    const context = await browser.newContext({ ...how, acceptDownloads: true });
    context.setDefaultTimeout(WAIT_MS);
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await context.addInitScript(
      ([passes, stays]) => {
        const scope = /** @type {any} */ (globalThis);
        const { setTimeout } = scope;
        scope.setTimeout = (/** @type {any} */ work, /** @type {number} */ ms, /** @type {any[]} */ ...more) =>
          setTimeout(work, ms === passes ? stays : ms, ...more);
      },
      [PASSES_MS, STAYS_MS],
    );
    /** @type {string[]} */
    const problems = [];
    /** @type {RegExp[]} */
    const forgiven = [];
    const host = new URL(server.url).host;
    context.on("request", (request) => {
      const url = new URL(request.url());
      // The browser's own parts, its viewer of PDFs say, are none of the page's.
      if (/^(https?|wss?):$/.test(url.protocol) && url.host !== host) problems.push(`asked ${url.host}`);
      if (request.headers().referer?.includes("sig=")) problems.push(`a referrer with a signature: ${url.pathname}`);
    });
    context.on("page", (page) => {
      page.on("pageerror", (error) => problems.push(error.message));
      page.on("dialog", (dialog) => {
        problems.push(`a dialog: ${dialog.message()}`);
        dialog.dismiss();
      });
      page.on("console", (message) => {
        if (message.type() === "error" && !EXPECTED.test(message.text())) problems.push(message.text());
      });
    });
    const link = `${server.url}/#${client.url("/list").search.slice(1)}`;
    const open = async () => {
      const page = await context.newPage();
      await page.goto(link);
      await page.getByRole("grid").or(page.getByText("Nothing is here yet")).first().waitFor();
      return page;
    };
    try {
      // What a test provokes, it expects.
      const forgive = (/** @type {RegExp} */ said) => forgiven.push(said);
      await work({ page: await open(), context, client, userId, link, open, forgive });
    } finally {
      await context.close();
    }
    assert.deepEqual(
      problems.filter((problem) => !forgiven.some((said) => said.test(problem))),
      [],
    );
  };
}

/**
 * Has what is asked of a route wait until it is released, and counts it; of one method alone, if that is named.
 * @param {import("playwright-core").Page} page @param {string | RegExp} path @param {string} [method]
 */
export async function hold(page, path, method) {
  const asked = { times: 0, release: () => {} };
  const held = new Promise((resolve) => {
    asked.release = () => resolve(undefined);
  });
  await page.route(path, async (route) => {
    if (method === undefined || route.request().method() === method) {
      asked.times += 1;
      await held;
    }
    await route.continue();
  });
  return asked;
}

/** Holds what is shown to the rules of axe. @param {import("playwright-core").Page} page @param {string} what */
export async function accessible(page, what) {
  // Through the debugger: the page's own policy lets no script in.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => /** @type {any} */ (globalThis).axe.run());
  const serious = violations.filter((/** @type {any} */ { impact }) => ["serious", "critical"].includes(impact));
  const told = serious.map(
    (/** @type {any} */ { id, nodes }) => `${what}: ${id}: ${nodes.map((/** @type {any} */ n) => n.html).slice(0, 3)}`,
  );
  assert.deepEqual(told, []);
}

/**
 * Holds the page to its window: nothing that can be pressed or typed into lies beyond its sides, unless it can be scrolled to; and by
 * finger, each is large enough.
 * @param {import("playwright-core").Page} page @param {string} what
 */
export async function inWindow(page, what) {
  const look = (/** @type {number} */ least) => {
    const touch = matchMedia("(pointer: coarse)").matches;
    /** @type {string[]} */
    const found = document.documentElement.scrollWidth > innerWidth ? ["the page is wider than its window"] : [];
    for (const control of document.querySelectorAll("button, input, select, textarea, a.place, a.button, [role=tab]")) {
      const { left, right, top, bottom, width, height } = control.getBoundingClientRect();
      const isSeen =
        control.checkVisibility({ visibilityProperty: true }) && width > 1 && bottom > 0 && top < innerHeight;
      if (!isSeen) continue;
      const name = control.getAttribute("aria-label") ?? control.textContent ?? control.localName;
      // The path and the parts of a screen go on behind their edge, and follow a finger.
      const isScrolled = control.closest(".crumbs ol, .memory-tabs, .cm-editor") !== null;
      if (!isScrolled && (left < -1 || right > innerWidth + 1)) found.push(`${name} is beyond the window`);
      const isPressed = !control.matches("input, .tag, .link, .crumb, .head, .cm-editor *");
      if (touch && isPressed && Math.min(width, height) < least) found.push(`${name} is ${width} by ${height}`);
    }
    return found;
  };
  // What slides in or out comes to rest.
  const ask = () => page.evaluate(look, 40);
  await eventually(ask, (found) => found.length === 0).catch(async () => assert.deepEqual(await ask(), [], what));
}

/** A row of the list. @param {import("playwright-core").Page} page @param {string} name */
export const row = (page, name) =>
  page.getByRole("row").filter({ has: page.locator(`.name[title=${JSON.stringify(visible(name))}]`) });

/** Goes somewhere as a link would, until the page has heard of it. @param {import("playwright-core").Page} page @param {string} hash */
export async function visit(page, hash) {
  await page.evaluate(
    (to) =>
      new Promise((heard) => {
        const before = location.href;
        addEventListener("hashchange", () => heard(undefined), { once: true });
        location.hash = to;
        // Who is there already hears nothing.
        if (location.href === before) heard(undefined);
      }),
    hash,
  );
}

/**
 * Drags what lies on this machine's disk to a place of the page, folders with all that is in them: by the browser's own drag, so
 * that what nobody takes is done with what browsers do with it.
 * @param {import("playwright-core").Page} page @param {string[]} files @param {import("playwright-core").Locator} onto
 * @param {() => Promise<void>} [hovering] what is looked at before it is dropped
 */
export async function dragIn(page, files, onto, hovering = async () => {}) {
  const box = await onto.boundingBox();
  assert.ok(box, "what is dragged to can be seen");
  const place = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  const debug = await page.context().newCDPSession(page);
  /** @param {"dragEnter" | "dragOver" | "drop"} type */
  const tell = (type) =>
    debug.send("Input.dispatchDragEvent", { type, ...place, data: { items: [], files, dragOperationsMask: 1 } });
  await tell("dragEnter");
  await tell("dragOver");
  await hovering();
  await tell("drop");
  await debug.detach();
}

/** The names that are shown, in their order. @param {import("playwright-core").Page} page */
export const shown = (page) => page.locator(".row .name").allTextContents();
