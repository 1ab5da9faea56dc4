// A desktop that means harm, visited by somebody who is signed in: scripts in its names, HTML, SVG and Markdown neither run in the
// page nor call the API, whatever is opened.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { ok } from "./expect.mjs";
import { as, publisher, shelve, sql } from "./store.mjs";
import { look, publish, serious, skip, visitors } from "./visit.mjs";

/** @typedef {import("playwright-core").Page} Page */

const { server, open, gateway, at } = visitors();

/** Harm: it leaves a mark, and deletes what it can find a signature for. */
const HARM =
  "top.pwned=1;fetch('/api/files?path=/root/clawd/mine.txt&'+(sessionStorage.getItem('holdfast:gateway')||'').split('?')[1],{method:'DELETE'})";
const SCRIPT = `<script>${HARM}</script>`;
const IMG = `<img src=x onerror="${HARM}">`;
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40" onload="${HARM}">${SCRIPT}<script href="/visit/page.js"/><foreignObject width="40" height="40"><body xmlns="http://www.w3.org/1999/xhtml">${IMG.replace(">", "/>")}</body></foreignObject><image href="https://evil.example/pixel.png"/><use href="https://evil.example/a.svg#a"/></svg>`;

const FILES = {
  "page.html": `<!doctype html>${SCRIPT}${IMG}<meta http-equiv="refresh" content="0;url=https://evil.example/">`,
  "README.md": `# Hello\n\n${SCRIPT}\n\n${IMG}\n\n[click](javascript:${encodeURIComponent(HARM)})\n`,
  "picture.svg": SVG,
  "not-a-picture.png": `<html>${SCRIPT}`,
  "polyglot.gif": `GIF89a/*${SCRIPT}*/=1;${HARM}`,
  "app.js": HARM,
  "style.css": "@import 'https://evil.example/a.css';",
  '"><img src=x onerror=top.pwned=1>.txt': "in a name",
  "<script>top.pwned=1<\\script>": "in a name",
  "javascript:top.pwned=1": "in a name",
  "safe\u202etxt.exe": "turned round",
  "constructor/toString/x": "an object's",
  "'-top.pwned=1-'.txt": "in a name",
};

const ABOUT = {
  title: '"><img src=x onerror=top.pwned=1><script>top.pwned=1</script>',
  description: `${SCRIPT}</bdi></p>\u202e${IMG}`,
  icon: `data:image/svg+xml,${encodeURIComponent(SVG)}`,
  tags: ["<b onclick=top.pwned=1>", '"><svg onload=top.pwned=1>'],
};

const REGISTRY = [
  { id: "a", name: IMG, icon: "https://evil.example/pixel.png", path: "javascript:top.pwned=1" },
  { id: "b", name: "<b>", icon: `data:image/svg+xml,${encodeURIComponent(SVG)}`, path: "/page.html" },
  { id: "nowhere", name: "A file that is not published", path: "/../../api/files" },
  { id: "c", name: "c", icon: `//evil.example/a.png`, path: "/page.html" },
];

/** The page has not been touched, and nobody has been asked for anything but this desktop. */
async function untouched(/** @type {Page} */ page, /** @type {string[]} */ asked, /** @type {string} */ id) {
  assert.equal(await page.evaluate(() => /** @type {any} */ (globalThis).pwned), undefined);
  assert.equal(page.url(), at(id));
  const others = asked.filter(
    (url) => !new RegExp(`^/(d|api/desktops)/${id}(/|$)|^/visit/`).test(new URL(url).pathname),
  );
  assert.deepEqual(others, []);
}

test("whatever is opened, it neither scripts the page nor calls the API with the visitor's powers", {
  skip,
}, async () => {
  const author = server.client(server.user());
  const { id } = await publish(author, { ...FILES, "public/apps/registry.json": JSON.stringify(REGISTRY) }, ABOUT);
  const victim = server.user();
  const client = server.client(victim);
  ok(await client.write(`${ROOT}/mine.txt`, "mine"));

  const page = await open({}, /Failed to load resource: the server responded with a status of 404/);
  /** @type {string[]} */
  const asked = [];
  page.on("request", (request) => request.url().startsWith("http") && asked.push(request.url()));
  await page.goto(`${at(id)}#gateway=${encodeURIComponent(gateway(victim))}`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  assert.equal(await page.locator("h1").textContent(), ABOUT.title);
  assert.equal(await page.locator(".app").count(), REGISTRY.length - 1, "all but the one that leads nowhere");
  assert.deepEqual(await serious(page), []);

  for (const app of await page.locator(".app").all()) await app.click();
  const search = page.getByRole("searchbox", { name: "Find a file" });
  let opened = 0;
  for (const path of Object.keys(FILES)) {
    const shown = path.replace("\u202e", "\ufffd");
    await search.fill(path);
    await page.locator(".rows").getByRole("button", { name: shown }).first().click();
    await page.locator(".preview h3").getByText(shown, { exact: true }).waitFor();
    await page.locator(".shown > *:not(:text('Fetching'))").first().waitFor();
    opened += 1;
    await untouched(page, asked, id);
  }
  assert.equal(opened, Object.keys(FILES).length);
  await look(page, "hostile");

  // Text is text, with nothing made of it.
  await search.fill("README.md");
  await page.locator(".row").first().click();
  await page.locator(".shown pre").getByText("# Hello").waitFor();
  assert.equal(await page.locator(".shown pre").textContent(), FILES["README.md"]);
  assert.equal(await page.locator(".shown pre *").count(), 0);
  for (const tag of [
    "main script",
    "main b",
    "iframe",
    "main [onload]",
    "main [onerror]",
    "main a[href^='javascript']",
  ]) {
    assert.equal(await page.locator(tag).count(), 0, tag);
  }

  // A picture that is a page is of nobody's origin, even when somebody opens it by itself.
  await search.fill("picture.svg");
  await page.locator(".row").first().click();
  const source = await page.getByRole("img", { name: "Picture picture.svg" }).getAttribute("src");
  assert.match(String(source), /^data:image\/svg\+xml,/);
  await untouched(page, asked, id);
  assert.equal(ok(await client.read(`${ROOT}/mine.txt`)).content, "mine");
  await page.context().close();
});

test("the policy itself refuses what got past everything else: markup from text, scripts, other hosts", {
  skip,
}, async () => {
  const { id } = await publish(server.client(server.user()), { "a.txt": "a" });
  const page = await open({}, /./);
  await page.goto(at(id));
  await page.getByRole("heading", { level: 1 }).waitFor();
  const outcome = await page.evaluate(async () => {
    const attempt = async (/** @type {() => unknown} */ work) => {
      try {
        return String(await work());
      } catch (error) {
        return /** @type {any} */ (error).name;
      }
    };
    const script = (/** @type {(element: HTMLScriptElement) => void} */ prepare) =>
      new Promise((resolve) => {
        const element = document.createElement("script");
        prepare(element);
        element.onerror = () => resolve("refused");
        document.head.append(element);
        setTimeout(() => resolve(String(/** @type {any} */ (globalThis).ran ?? "refused")), 300);
      });
    return {
      html: await attempt(() => {
        document.body.insertAdjacentHTML("beforeend", "<b>x</b>");
      }),
      // In a task of its own: what the debugger runs itself is exempt.
      evaluated: await attempt(
        () =>
          new Promise((resolve, reject) =>
            setTimeout(() => attempt(() => Function("return 1")()).then(resolve, reject)),
          ),
      ),
      inline: await attempt(() => script((element) => element.append("globalThis.ran = 'inline'"))),
      elsewhere: await attempt(() => fetch("https://evil.example/")),
      beacon: await attempt(
        () =>
          new Promise((resolve) =>
            Object.assign(new Image(), {
              onerror: () => resolve("refused"),
              onload: () => resolve("loaded"),
              src: "https://evil.example/p.png",
            }),
          ),
      ),
    };
  });
  assert.deepEqual(outcome, {
    html: "TypeError",
    evaluated: "EvalError",
    inline: "refused",
    elsewhere: "TypeError",
    beacon: "refused",
  });
  await page.context().close();
});

test("a snapshot made by hand is shown as what it is: links are not followed, control characters are not obeyed", {
  skip,
}, async () => {
  const { userId } = await publisher(server);
  const hex = (/** @type {string} */ text) => Buffer.from(text.replace(/ /g, ""), "hex");
  const name = (/** @type {string} */ text) =>
    Buffer.concat([Buffer.from([0xa0 | Buffer.byteLength(text)]), Buffer.from(text)]);
  const bytes = Buffer.concat([
    hex("81a164 84"),
    ...[name("link"), hex("81a166 81a16c"), name("../../etc/passwd")],
    ...[name("a\nb\u202ec"), hex("81a166 81a163 c40178")],
    ...[name("old.txt"), hex("81a166 82a163 a4c3bfc280 a162c3")],
    ...[name("folder"), hex("81a164 80")],
  ]);
  const { id } = await shelve(server, userId, { kind: "desktops", bytes });
  const page = await open();
  await page.goto(at(id));
  const row = (/** @type {RegExp} */ text) => page.locator(".rows").getByRole("button", { name: text });
  await row(/^link/).click();
  await page.getByText("A link to ../../etc/passwd. Links are not followed.").waitFor();
  await row(/^a\ufffdb\ufffdc/).click();
  assert.equal(await page.locator(".shown pre").textContent(), "x");
  await row(/^old.txt/).click();
  await page.getByText("no text and no picture").waitFor();
  await page.context().close();

  // And one that is none is told to be, with where it fails.
  const broken = await shelve(server, userId, { kind: "desktops", bytes: hex("81a164 81 a22e2e 81a164 80") });
  const other = await open();
  await other.goto(at(broken.id));
  await other.getByText("The snapshot has a name that is none.").waitFor();
  await other.context().close();
});

test("what an owner takes back is gone for the visitor", { skip }, async () => {
  const client = server.client(server.user());
  const { id } = await publish(client, { "a.txt": "a" });
  const page = await open();
  await page.goto(at(id));
  await page.getByRole("heading", { level: 1 }).waitFor();
  ok(await as(client, `/api/desktops/${id}`, "DELETE"));
  await page.reload();
  await page.getByRole("heading", { name: "Nothing to see here" }).waitFor();
  assert.deepEqual(await sql(server, "SELECT 1 FROM published WHERE id = ? AND removed_ms IS NULL", id), []);
  await page.context().close();
});
