// The client in other people's pages: the file context that pages are written for, and the bridge between a host and its apps.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { CHROMIUM } from "./browser.mjs";
import { gatewayUrl, ORIGIN, ROOT } from "./client.mjs";
import { skip } from "./dashboard.mjs";
import { eventually, ok } from "./expect.mjs";
import { start } from "./harness.mjs";
import { servePage } from "./pages.mjs";
import { Provider } from "./provider.mjs";
import { png } from "./samples.mjs";

const provider = new Provider();
/** @type {import("./harness.mjs").Server} */
let server;
/** @type {import("playwright-core").Browser} */
let browser;
/** @type {Record<"context" | "host" | "app" | "stranger", { origin: string, stop: () => void }>} */
let pages;

before(async () => {
  if (skip) return;
  await provider.start();
  const [context, host, app, stranger] = await Promise.all(["context", "host", "app", "app"].map(servePage));
  pages = /** @type {any} */ ({ context, host, app, stranger });
  server = await start({
    ALLOWED_ORIGINS: `${ORIGIN},${pages.context.origin},${pages.host.origin}`,
    FAL_BASE_URL: `${provider.origin}/fal`,
    FAL_KEY: "fal-key",
    MEDIA_EXTRA_ORIGINS: provider.origin,
  });
  browser = await chromium.launch({ executablePath: String(CHROMIUM), args: ["--no-sandbox"] });
});
after(async () => {
  if (skip) return;
  await browser?.close();
  for (const page of Object.values(pages ?? {})) page.stop();
  provider.stop();
  await server?.stop();
});

/** @param {string} userId */
const gateway = (userId) => gatewayUrl(server.url, server.signed(userId));

/** Calls an action of the context. @param {import("playwright-core").Page} page @param {string} name @param {...any} args */
const call = (page, name, ...args) =>
  page.evaluate(
    ([action, given]) =>
      /** @type {any} */ (globalThis).seen.context[action](...given).then(
        (/** @type {any} */ value) => value ?? "done",
        (/** @type {Error} */ error) => `failed: ${error.message}`,
      ),
    /** @type {[string, any[]]} */ ([name, args]),
  );

test("a page that was written for the file context works with another import", { skip }, async () => {
  const userId = server.user();
  const client = server.client(userId);
  const page = await browser.newPage();
  await page.goto(pages.context.origin);
  await page.evaluate((url) => /** @type {any} */ (globalThis).show(url), gateway(userId));
  const list = page.locator("ul");
  await list.waitFor({ state: "attached" });
  const look = () =>
    page.evaluate(() => {
      const { context } = /** @type {any} */ (globalThis).seen;
      const kinds = Object.entries(context).map(([name, value]) => [name, typeof value]);
      return {
        kinds: Object.fromEntries(kinds),
        currentPath: context.currentPath,
        files: context.files.length,
        error: context.error,
      };
    });

  const first = await look();
  assert.deepEqual([first.currentPath, first.files, first.error], [ROOT, 0, null]);
  const functions = "listDirectory readFile writeFile uploadFile downloadFile deleteFile createDirectory refresh".split(
    " ",
  );
  for (const name of functions) assert.equal(first.kinds[name], "function", name);
  assert.equal(first.kinds.isLoading, "boolean");
  assert.equal(
    await page.evaluate(() => /** @type {any} */ (globalThis).seen.failure),
    "useFiles must be used within FileProvider",
  );

  assert.equal(await call(page, "createDirectory", `${ROOT}/notes`), "done");
  assert.equal(await call(page, "writeFile", `${ROOT}/notes/a.md`, "# é\n"), "done");
  assert.equal(await call(page, "readFile", `${ROOT}/notes/a.md`), "# é\n");
  assert.equal(await call(page, "readFile", `${ROOT}/none`), "failed: File not found");
  assert.equal(await call(page, "listDirectory", `${ROOT}/notes`), "done");
  await eventually(
    () => list.textContent(),
    (names) => names === "a.md",
  );
  assert.equal((await look()).currentPath, `${ROOT}/notes`);

  assert.equal(await call(page, "listDirectory", "/etc"), "done");
  // News of the directory may have had it listed again by now, and then there is no error any more.
  const errors = () => page.evaluate(() => /** @type {any} */ (globalThis).seen.errors);
  await eventually(errors, ([first]) => first === "Path must be within workspace");
  assert.equal((await look()).currentPath, `${ROOT}/notes`);

  await page.evaluate(
    (path) => /** @type {any} */ (globalThis).seen.context.uploadFile(new File([new Uint8Array([0, 255])], "b"), path),
    `${ROOT}/notes/b.bin`,
  );
  assert.deepEqual(ok(await client.stat(`${ROOT}/notes/b.bin`)).size, 2);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    call(page, "downloadFile", `${ROOT}/notes/b.bin`),
  ]);
  assert.equal(download.suggestedFilename(), "b.bin");
  assert.equal(await call(page, "downloadFile", `${ROOT}/none`), "failed: File not found");
  assert.equal(await call(page, "deleteFile", `${ROOT}/notes/a.md`), "done");
  assert.equal(await call(page, "deleteFile", ROOT), "failed: Cannot delete protected path");
  assert.equal(await call(page, "refresh"), "done");
  // React draws a little after the listing is there.
  await eventually(
    () => list.textContent(),
    (names) => names === "b.bin",
  );
  await page.close();
});

test("a refresh does not lead back from a directory that is on its way", { skip }, async () => {
  const userId = server.user();
  const client = server.client(userId);
  ok(await client.write(`${ROOT}/notes/a.md`, "a"));
  const page = await browser.newPage();
  await page.goto(pages.context.origin);
  await page.evaluate((url) => /** @type {any} */ (globalThis).show(url), gateway(userId));
  await page.locator("ul").waitFor({ state: "attached" });

  const both = (/** @type {string} */ path) =>
    page.evaluate(async (given) => {
      const { context } = /** @type {any} */ (globalThis).seen;
      await Promise.race([context.listDirectory(given), context.refresh()]);
    }, path);
  const shown = () => page.evaluate(() => /** @type {any} */ (globalThis).seen.context.currentPath);
  await both(`${ROOT}/notes`);
  await eventually(shown, (path) => path === `${ROOT}/notes`);
  await both(`${ROOT}/none`);
  assert.equal(await call(page, "refresh"), "done");
  assert.equal(await shown(), `${ROOT}/notes`);
  await page.close();
});

test("what agents do appears by itself, and what has not changed draws nothing", { skip }, async () => {
  const userId = server.user();
  const client = server.client(userId);
  ok(await client.write(`${ROOT}/a.md`, "a"));
  const page = await browser.newPage();
  await page.goto(pages.context.origin);
  await page.evaluate((url) => /** @type {any} */ (globalThis).show(url), gateway(userId));
  await page.locator("ul").waitFor({ state: "attached" });
  await call(page, "refresh");
  await page.getByText("a.md").waitFor();
  const same = () => page.evaluate(() => /** @type {any} */ (globalThis).seen.context.files);
  await page.evaluate(() => {
    const scope = /** @type {any} */ (globalThis);
    scope.before = scope.seen.context.files;
  });
  await call(page, "refresh");
  assert.equal(
    await page.evaluate(
      () => /** @type {any} */ (globalThis).before === /** @type {any} */ (globalThis).seen.context.files,
    ),
    true,
  );
  assert.equal((await same()).length, 1);
  ok(await client.write(`${ROOT}/agent.md`, "new"));
  await page.getByText("agent.md").waitFor();
  await page.close();
});

test("another user's page shows nothing of the one before; a new URL of the same one leaves all as it is", {
  skip,
}, async () => {
  const [one, two] = [server.user(), server.user()];
  ok(await server.client(one).write(`${ROOT}/of-one.md`, "1"));
  ok(await server.client(two).write(`${ROOT}/of-two.md`, "2"));
  const page = await browser.newPage();
  await page.goto(pages.context.origin);
  let shows = 0;
  /** Shows a page of a user, by a URL that none before it had; gives what was seen until it has the file. */
  const show = async (/** @type {string} */ userId, /** @type {string} */ name) => {
    shows += 1;
    const url = `${gateway(userId)}&nth=${shows}`;
    await page.evaluate((to) => {
      const scope = /** @type {any} */ (globalThis);
      Object.assign(scope.seen, { news: 0, drawn: [] });
      scope.show(to);
    }, url);
    await page.locator("ul").waitFor({ state: "attached" });
    await call(page, "refresh");
    await page.getByText(name).waitFor();
    return page.evaluate(() => /** @type {any} */ (globalThis).seen);
  };
  await show(one, "of-one.md");
  const again = await show(one, "of-one.md");
  // What has changed while no client followed, nobody has told.
  assert.ok(again.news > 0);
  assert.deepEqual([...new Set(again.drawn)], ["of-one.md"]);
  const other = await show(two, "of-two.md");
  assert.ok(!other.drawn.includes("of-one.md"), String(other.drawn));

  // A listing that is on its way when the user changes is nobody's any more.
  await show(one, "of-one.md");
  await page.evaluate(() => {
    const scope = /** @type {any} */ (globalThis);
    scope.late = scope.seen.context.listDirectory("/root/clawd");
  });
  await show(two, "of-two.md");
  await page.evaluate(() => /** @type {any} */ (globalThis).late);
  assert.equal(await page.locator("ul").textContent(), "of-two.md");
  await page.close();
});

/** A host with an app of another origin in it. @param {string} origin the app's @param {string} userId */
async function openHost(origin, userId) {
  const page = await browser.newPage();
  await page.goto(pages.host.origin);
  await page.evaluate(
    ([url, app]) => /** @type {any} */ (globalThis).attach(url, [app]),
    [gateway(userId), pages.app.origin],
  );
  await page.evaluate((url) => /** @type {any} */ (globalThis).openApp(url), `${origin}/app.html?id=paint&name=Paint`);
  const frames = async () => page.frames().filter((one) => one.url().startsWith(origin));
  const [frame] = await eventually(frames, ({ length }) => length > 0);
  assert.ok(frame);
  return { page, frame };
}

test("an app generates and keeps media through its host, and sees no credential", { skip }, async () => {
  const userId = server.user();
  const client = server.client(userId);
  const { page, frame } = await openHost(pages.app.origin, userId);
  const picture = provider.at({ body: png(), headers: { "content-type": "image/png" } }, "out.png");
  provider.on("/fal/fal-ai/flux", {
    body: JSON.stringify({ images: [{ url: picture }], seed: 7 }),
    headers: { "content-type": "application/json" },
  });
  const result = await frame.evaluate(() =>
    /** @type {any} */ (globalThis).aiRequest("fal", "fal-ai/flux", { prompt: "x" }),
  );
  assert.equal(result.seed, 7, JSON.stringify(result));
  assert.equal(result.persistedAssets.length, 1);
  assert.ok(result.images[0].url.startsWith(`${server.url}/media/`), result.images[0].url);

  const kept = await frame.evaluate(
    (bytes) => /** @type {any} */ (globalThis).persist(bytes, "image/png"),
    png().toString("base64"),
  );
  assert.equal(kept.ok, true, JSON.stringify(kept));
  const { search } = client.url("");
  const listed = await fetch(`${server.url}/api/media/list${search}`).then((answer) => answer.json());
  for (const { scope } of listed.items)
    assert.deepEqual(scope, { desktopId: "main", appId: "paint", appName: "Paint" });
  assert.equal(listed.items.length, 2);

  const failed = await frame.evaluate(() => /** @type {any} */ (globalThis).aiRequest("other", "m", {}));
  assert.equal(failed.failed, "Unknown provider");
  const empty = await frame.evaluate(() => /** @type {any} */ (globalThis).persist("", "image/png"));
  assert.ok(typeof empty.failed === "string" && empty.failed !== "", JSON.stringify(empty));

  await frame.evaluate(() => window.top?.postMessage({ type: "FYOS_INSTALL_APP", appId: "app_1" }, "*"));
  await eventually(
    () => page.evaluate(() => /** @type {any} */ (globalThis).installs),
    (all) => all.length === 1,
  );
  const heard = await frame.evaluate(() => /** @type {any} */ (globalThis).heard);
  assert.equal(heard.length, 4);
  for (const text of heard) assert.doesNotMatch(text, /sig=|exp=/);
  await page.close();
});

test("a frame of another origin is not answered", { skip }, async () => {
  const userId = server.user();
  const { page, frame } = await openHost(pages.stranger.origin, userId);
  const asked = provider.asked.length;
  const said = await frame.evaluate(() => {
    const scope = /** @type {any} */ (globalThis);
    window.top?.postMessage({ type: "AI_REQUEST", id: "1", provider: "fal", model: "m", input: {} }, "*");
    window.top?.postMessage({ type: "FYOS_INSTALL_APP", appId: "app_1" }, "*");
    return new Promise((resolve) => setTimeout(() => resolve(scope.heard), 500));
  });
  assert.deepEqual(said, []);
  assert.deepEqual(await page.evaluate(() => /** @type {any} */ (globalThis).installs), []);
  assert.equal(provider.asked.length, asked);
  await page.close();
});
