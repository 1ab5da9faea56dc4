// Run, with the runtime stubbed at its network edge: `@webcontainer/api` is the real one, and what it would load from stackblitz.com
// is a page of ours that speaks its protocol. So what is mounted is what would reach a runtime.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { eventually, ok } from "./expect.mjs";
import { sha256 } from "./samples.mjs";
import { anyone } from "./store.mjs";
import { LAPTOP, look, PHONE, publish, serious, skip, visitors } from "./visit.mjs";

/** @typedef {import("playwright-core").Page} Page @typedef {import("playwright-core").Route} Route */

const { server, open, at } = visitors();

const COMLINK = readFileSync(new URL("vendor/index.js", import.meta.resolve("@webcontainer/api")), "utf8");
const PREVIEW = "https://stub--5173--1a2b.local-credentialless.webcontainer.io/";
const ISOLATED = { "cross-origin-embedder-policy": "credentialless", "cross-origin-resource-policy": "cross-origin" };

/** What stands in for the runtime: it takes what it is given, tells it to the test, and ends processes as it is told. */
const RUNTIME = `<!doctype html><script type="module">
  import { Comlink } from "/comlink.js";
  const plan = await (await fetch("/plan")).json();
  const tell = (what) => fetch("/told", { method: "POST", body: JSON.stringify(what) });
  const listeners = {};
  const print = (output, text) => output(new TextEncoder().encode(text));
  const instance = {
    fs: () => Comlink.proxy({}),
    previewScript: () => "",
    runtimeInfo: () => ({ path: "/bin", cwd: "/home/desktop" }),
    on: (event, listener) => ((listeners[event] = listener), Comlink.proxy(() => {})),
    loadFiles: (bytes, { mountPoints }) => fetch("/mounted?" + (mountPoints ?? ""), { method: "POST", body: bytes }).then(() => {}),
    teardown: () => tell({ teardown: true }).then(() => {}),
    async run({ command, args }, stdout, stderr, output) {
      await tell({ command: [command, ...args] });
      const line = [command, ...args].join(" ");
      print(output, "\\u001b[32m$ " + line + "\\u001b[0m\\r\\nprogress 1\\rprogress 2\\n");
      const code = plan.codes[line];
      if (code === undefined) setTimeout(() => listeners["server-ready"](5173, plan.url), 50);
      // Of a promise that is passed on, the other side gets what it comes to.
      return Comlink.proxy({ onExit: code === undefined ? new Promise(() => {}) : Promise.resolve(code), kill() {} });
    },
  };
  const { port1, port2 } = new MessageChannel();
  Comlink.expose({ build: (options) => (tell({ build: options }), Comlink.proxy(instance)) }, port1);
  parent.postMessage({ type: "init" }, "*", [port2]);
</script>`;

/** Has a window find this in place of the runtime. */
async function stub(
  /** @type {Page} */ page,
  { codes = /** @type {Record<string, number>} */ ({ "pnpm install": 0 }), url = PREVIEW } = {},
) {
  const seen = {
    mounted: /** @type {Buffer[]} */ ([]),
    told: /** @type {any[]} */ ([]),
    asked: /** @type {string[]} */ ([]),
  };
  await page
    .context()
    .route(/^https:\/\/(stackblitz\.com|[^/]*\.webcontainer\.io)\//, async (/** @type {Route} */ route) => {
      const request = route.request();
      const { hostname, pathname, search } = new URL(request.url());
      const html = (/** @type {string} */ body) => route.fulfill({ contentType: "text/html", headers: ISOLATED, body });
      if (hostname !== "stackblitz.com") {
        return html(
          "<!doctype html><title>desk</title><body style='margin:0;font:20px sans-serif;display:grid;place-items:center;height:100vh;background:#eef5f1'><p>The desktop itself</p>",
        );
      }
      if (pathname === "/headless") {
        seen.asked.push(search);
        return html(RUNTIME);
      }
      if (pathname === "/comlink.js")
        return route.fulfill({ contentType: "text/javascript", headers: ISOLATED, body: COMLINK });
      if (pathname === "/plan") return route.fulfill({ json: { codes, url } });
      if (pathname === "/mounted") seen.mounted.push(request.postDataBuffer() ?? Buffer.alloc(0));
      if (pathname === "/told") seen.told.push(request.postDataJSON());
      return route.fulfill({ body: "" });
    });
  return seen;
}

const EXPECTED = /^request: https:\/\/(stackblitz\.com\/|stub--5173--1a2b\.local-credentialless\.webcontainer\.io\/)/;
const PACKAGE = '{"scripts":{"dev":"vite","start":"node ."},"dependencies":{"vite":"^7.0.0"}}';

async function desktop(/** @type {Record<string, string | Buffer>} */ files = {}) {
  const client = server.client(server.user());
  ok(await client.mkdir(`${ROOT}/bare`));
  return publish(
    client,
    {
      "package.json": PACKAGE,
      "pnpm-lock.yaml": "lockfileVersion: '9.0'\n",
      "src/ü.bin": Buffer.from([0, 255, 128]),
      ...files,
    },
    { title: "Runs" },
  );
}

for (const [width, viewport] of /** @type {const} */ ([
  ["laptop", LAPTOP],
  ["phone", PHONE],
])) {
  test(`at a ${width}'s width: exactly the published bytes are mounted, installed and started, and Stop ends it`, {
    skip,
  }, async () => {
    const { id, size } = await desktop();
    const bytes = (await anyone(server, `/api/desktops/${id}/snapshot`)).bytes;
    const page = await open({ viewport }, EXPECTED);
    const seen = await stub(page);
    await page.goto(at(id));
    await page.getByRole("button", { name: "Run" }).click();
    const frame = page.locator("iframe[title='The running desktop']");
    await frame.waitFor();
    await page.frameLocator("iframe[title='The running desktop']").getByText("The desktop itself").waitFor();

    assert.deepEqual(seen.mounted.map(sha256), [sha256(bytes)]);
    assert.ok(seen.mounted[0]?.equals(bytes) && bytes.length === size);
    assert.deepEqual(
      seen.told.flatMap(({ command }) => (command ? [command.join(" ")] : [])),
      ["pnpm install", "pnpm run dev"],
    );
    assert.ok(seen.asked.some((search) => search.includes("coep=credentialless")));
    assert.equal(await frame.getAttribute("src"), PREVIEW);
    // Its own origin, and nothing of ours: neither this page nor a window of it can be reached or led away.
    assert.deepEqual((await frame.getAttribute("sandbox"))?.split(" ").sort(), [
      "allow-downloads",
      "allow-forms",
      "allow-modals",
      "allow-same-origin",
      "allow-scripts",
    ]);
    const inside = page.frames().find((one) => one.url() === PREVIEW);
    const reached = await inside?.evaluate(() => {
      try {
        return String(parent.document.title);
      } catch (error) {
        return /** @type {any} */ (error).name;
      }
    });
    assert.equal(reached, "SecurityError");
    assert.deepEqual(await serious(page), []);
    await page.locator(".run").scrollIntoViewIfNeeded();
    await look(page, `${width}-running`);
    assert.equal(await page.getByRole("button", { name: "Run" }).isDisabled(), true);

    // Files are still there to look at: what was mounted was a copy.
    await page
      .locator(".rows")
      .getByRole("button", { name: /^package.json/ })
      .click();
    await page.locator(".shown pre").getByText("vite").waitFor();

    await page.getByText("Log", { exact: true }).click();
    await eventually(
      async () => String(await page.locator(".log").textContent()),
      (log) => /^\$ pnpm install\nprogress 2\n\$ pnpm run dev\nprogress 2\n$/.test(log),
    );
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("Stopped.").waitFor();
    assert.equal(await frame.count(), 0);
    // And again: the same bytes, in a runtime of their own.
    await page.getByRole("button", { name: "Run" }).click();
    await frame.waitFor();
    assert.deepEqual(seen.mounted.map(sha256), [sha256(bytes), sha256(bytes)]);
    await eventually(
      async () => seen.told.filter(({ teardown }) => teardown).length,
      (count) => count === 1,
    );
    await page.context().close();
  });
}

test("a package-lock.json is npm's; without the script dev, start is taken", { skip }, async () => {
  const client = server.client(server.user());
  const { id } = await publish(client, { "package.json": '{"scripts":{"start":"node ."}}', "package-lock.json": "{}" });
  const page = await open({}, EXPECTED);
  const seen = await stub(page, { codes: { "npm install": 0 } });
  await page.goto(at(id));
  await page.getByRole("button", { name: "Run" }).click();
  await page.locator("iframe[title='The running desktop']").waitFor();
  assert.deepEqual(
    seen.told.flatMap(({ command }) => (command ? [command.join(" ")] : [])),
    ["npm install", "npm run start"],
  );
  await page.context().close();
});

for (const [what, files, codes, told] of /** @type {const} */ ([
  ["an install that fails", {}, { "pnpm install": 1 }, "“pnpm install” ended with code 1. The log says why."],
  ["a desktop that ends", {}, { "pnpm install": 0, "pnpm run dev": 130 }, "“pnpm run dev” ended with code 130."],
  ["a package.json without a script", { "package.json": "{}" }, {}, "has no script “dev” or “start”"],
  ["a package.json that is none", { "package.json": "{" }, {}, "package.json is no JSON"],
])) {
  test(`${what} is told in a sentence, and Run is there again`, { skip }, async () => {
    const { id } = await desktop(files);
    const page = await open({}, EXPECTED);
    await stub(page, { codes: { ...codes } });
    await page.goto(at(id));
    await page.getByRole("button", { name: "Run" }).click();
    await page.getByRole("status").getByText(told).waitFor();
    assert.equal(await page.getByRole("button", { name: "Run" }).isDisabled(), false);
    await page.context().close();
  });
}

test("a runtime that cannot be reached is told in a sentence; so is a browser that cannot run it", {
  skip,
}, async () => {
  const { id } = await desktop();
  const alone = await open({}, /^request: https:\/\/stackblitz\.com\/|Failed to load resource: net::/);
  await alone.context().route(/^https:\/\/stackblitz\.com\//, (route) => route.abort("namenotresolved"));
  await alone.goto(at(id));
  await alone.getByRole("button", { name: "Run" }).click();
  await alone.getByText("cannot be reached from here").waitFor();
  assert.deepEqual(await serious(alone), []);
  await look(alone, "unreachable");
  await alone.context().close();

  const old = await open();
  await old.addInitScript(() => Object.defineProperty(globalThis, "crossOriginIsolated", { value: false }));
  await old.goto(at(id));
  await old.getByRole("button", { name: "Run" }).click();
  await old.getByText("This browser cannot run desktops").waitFor();
  await old.context().close();
});

test("only a page of the runtime is shown, whatever it says of itself", { skip }, async () => {
  const { id } = await desktop();
  for (const url of [
    "https://evil.example/",
    `${server.url}/api/status`,
    "http://a.webcontainer.io/",
    "javascript:alert(1)",
    "https://webcontainer.io.evil.example/",
  ]) {
    const page = await open({}, EXPECTED);
    await stub(page, { url });
    await page.goto(at(id));
    await page.getByRole("button", { name: "Run" }).click();
    await page.getByText("Log", { exact: true }).click();
    await page.locator(".log").getByText(`Not shown: ${url} is no page of the runtime.`).waitFor();
    assert.equal(await page.locator("iframe[title='The running desktop']").count(), 0);
    await page.context().close();
  }
});
