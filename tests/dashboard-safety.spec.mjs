// What a page must never do with what users and agents put into files: run it, ask others for it, or lose it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { visible } from "../dashboard/page/src/state/paths.ts";
import { ROOT } from "./client.mjs";
import { browse, row, shown, skip, visit } from "./dashboard.mjs";
import { eventually, ok } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve({}, undefined, { page: true });
const inPage = browse(server);

/** Each of them would say so if it ran: a dialog, or a request to elsewhere, fails every test here. */
const SCRIPTS = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "<svg onload=alert(1)>",
  "<iframe srcdoc='<script>parent.alert(1)</script>'>",
  "<a href='javascript:alert(1)'>click</a>",
  "<details open ontoggle=alert(1)>",
  "<style>@import 'https://evil.example/x.css'</style>",
  "<link rel=stylesheet href=https://evil.example/y.css>",
  "<form action=https://evil.example><button id=go>go</button></form>",
  "<base href=https://evil.example/>",
  "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
  '"><img src=x onerror=alert(1)>',
  "{{constructor.constructor('alert(1)')()}}",
];

const MARKDOWN = [
  ...SCRIPTS,
  "[click](javascript:alert(1))",
  "[click](JaVaScRiPt:alert(1))",
  "[click](java\tscript:alert(1))",
  "[click](&#106;avascript:alert(1))",
  "[click](data:text/html,<script>alert(1)</script>)",
  "[click](vbscript:alert(1))",
  "[click](//evil.example/x)",
  "[click](\\\\evil.example\\x)",
  "[out](../../../../etc/passwd)",
  "![pixel](https://evil.example/pixel.png)",
  "![pixel](//evil.example/pixel.png)",
  '![x](x" onerror=alert(1) y)',
  "![x](javascript:alert(1))",
  "<https://evil.example/auto>",
  "[ref]: javascript:alert(1)\n\n[ref]",
].join("\n\n");

const NAMES = [
  "<img src=x onerror=alert(1)>.txt",
  '"onmouseover="alert(1).txt',
  "'; alert(1); '.md",
  "$(touch owned).txt",
  "a&amp;b.txt",
  "%3Cscript%3E.txt",
  "‮txt.exe",
  "e\u0301 and é.txt",
  " leading and trailing .txt ",
  "#hash?query&x=1.txt",
  "__proto__",
  "constructor",
  "🦀.rs",
  `${"x".repeat(251)}.txt`,
];

test("hostile names are shown as they are, opened, renamed and deleted", { skip }, () =>
  inPage(
    async ({ page, client }) => {
      const all = await shown(page);
      assert.deepEqual(all.toSorted(), NAMES.map(visible).toSorted());
      for (const name of NAMES) {
        await row(page, name).click();
        await page
          .locator(".preview-title h2", { hasText: visible(name).trim().slice(0, 20) })
          .first()
          .waitFor();
        await page
          .getByText(`content of ${NAMES.indexOf(name)}.`, { exact: false })
          .first()
          .waitFor();
      }
      await page.getByRole("button", { name: "Close preview" }).click();
      await page.getByRole("grid").focus();
      await page.keyboard.press("ControlOrMeta+a");
      await page.keyboard.press("Delete");
      await page.getByText("Nothing is here yet").waitFor();
      await page.getByRole("link", { name: "Trash" }).click();
      await page.getByText("<img src=x onerror=alert(1)>.txt").waitFor();
      await page.getByRole("link", { name: "Activity" }).click();
      await page.getByText(/^You: Moved \d+ entries to the trash/).click();
      await page.getByText("deleted <img src=x onerror=alert(1)>.txt").waitFor();
      assert.equal(ok(await client.trash()).files.length, NAMES.length);
    },
    undefined,
    async (client) => {
      for (const [at, name] of NAMES.entries()) ok(await client.put(`${ROOT}/${name}`, `content of ${at}.`));
    },
  ),
);

test("nothing in a Markdown file runs, leaves the page by itself, or leads anywhere but out by https", { skip }, () =>
  inPage(
    async ({ page }) => {
      await visit(page, "#/files/hostile.md");
      await page.locator(".markdown").waitFor();
      const inside = await page.locator(".markdown").evaluate((article) => ({
        elements: [...new Set([...article.querySelectorAll("*")].map((element) => element.localName))].sort(),
        handlers: [...article.querySelectorAll("*")].flatMap((element) =>
          [...element.attributes].filter(({ name }) => name.startsWith("on")).map(({ name }) => name),
        ),
        links: [...article.querySelectorAll("a")].map((link) =>
          link.origin === location.origin && link.hash.startsWith("#/") ? "here" : link.protocol,
        ),
        pictures: [...article.querySelectorAll("img")].map((image) => new URL(image.src).host === location.host),
      }));
      assert.deepEqual(
        inside.elements.filter((name) => !["a", "p", "span", "img", "code", "pre"].includes(name)),
        [],
      );
      assert.deepEqual(inside.handlers, []);
      assert.deepEqual(new Set(inside.links), new Set(["here", "https:"]));
      assert.ok(inside.pictures.every(Boolean));
      for (const link of await page.locator(".markdown a[href^=http]").all())
        assert.equal(await link.getAttribute("rel"), "noopener noreferrer");
      await page.getByRole("button", { name: "Source" }).click();
      await page.getByText("<svg onload=alert(1)>").first().waitFor();
    },
    undefined,
    async (client) => {
      ok(await client.write(`${ROOT}/hostile.md`, MARKDOWN));
    },
  ),
);

test("pictures, pages, tables and data with scripts in them are shown, and nothing runs", { skip }, () =>
  inPage(
    async ({ page }) => {
      await visit(page, "#/files/evil.svg");
      await page.locator(".image-stage img").waitFor();
      await visit(page, "#/files/page.html");
      await page.getByText("<script>alert(1)</script>").first().waitFor();
      await visit(page, "#/files/table.csv");
      await page.getByRole("cell", { name: "<img src=x onerror=alert(1)>", exact: true }).waitFor();
      await page.getByRole("cell", { name: "=cmd|' /C calc'!A0" }).waitFor();
      await visit(page, "#/files/data.json");
      await page.getByText("__proto__").first().waitFor();
      await visit(page, "#/files/broken.json");
      await page.getByText("This is no JSON").waitFor();
      await visit(page, "#/files/bytes.txt");
      await page.getByRole("region", { name: "Bytes" }).waitFor();
      await visit(page, "#/files/not.png");
      await page.getByText("This picture cannot be shown").waitFor();
      await visit(page, "#/files/none.txt");
      await page.getByText("none.txt is not here").waitFor();
      await visit(page, "#/files/%E0%A4%A/x");
      await row(page, "evil.svg").waitFor();
    },
    undefined,
    async (client) => {
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="alert(1)"><script>alert(1)</script><image href="https://evil.example/x.png"/></svg>`;
      ok(await client.write(`${ROOT}/evil.svg`, svg));
      ok(await client.write(`${ROOT}/page.html`, SCRIPTS.join("\n")));
      ok(await client.write(`${ROOT}/table.csv`, `a,b\n<img src=x onerror=alert(1)>,"=cmd|' /C calc'!A0"\n"open,`));
      ok(await client.write(`${ROOT}/data.json`, '{"__proto__":{"x":"<script>alert(1)</script>"},"a":[1,2]}'));
      ok(await client.write(`${ROOT}/broken.json`, "{<script>"));
      ok(await client.put(`${ROOT}/bytes.txt`, Buffer.from([0, 159, 146, 150])));
      ok(await client.put(`${ROOT}/not.png`, "<script>alert(1)</script>"));
    },
  ),
);

test("the page's own policy: no scripts but its own, no HTML of strings, nobody else's frames", { skip }, () =>
  inPage(async ({ page, forgive }) => {
    forgive(/requires 'TrustedHTML'/);
    const answer = await page.request.get(server.url);
    const policy = answer.headers()["content-security-policy"] ?? "";
    for (const rule of [
      "default-src 'none'",
      "script-src 'self'",
      "trusted-types 'none'",
      "base-uri 'none'",
      "connect-src 'self'",
    ])
      assert.ok(policy.includes(rule), rule);
    assert.equal(answer.headers()["referrer-policy"], "no-referrer");
    assert.equal(answer.headers()["x-content-type-options"], "nosniff");
    const refused = await page.evaluate(() => {
      try {
        document.body.innerHTML = "<b>x</b>";
        return "made";
      } catch (error) {
        return error instanceof TypeError ? "refused" : String(error);
      }
    });
    assert.equal(refused, "refused");
    assert.equal((await page.request.get(`${server.url}/assets/none.js`)).status(), 404);
    assert.equal((await page.request.get(`${server.url}/.stamp`)).status(), 404);
  }),
);

test("a link that is none, that has expired or that is of elsewhere says so", { skip }, () =>
  inPage(async ({ page: first, context, userId }) => {
    // Else it would be handed the link of that one.
    await first.close();
    const page = await context.newPage();
    await page.goto(server.url);
    await page.getByRole("heading", { name: "Holdfast" }).waitFor();
    const late = server.signed(userId, { exp: "1000000000" });
    for (const [link, sentence] of /** @type {const} */ ([
      ["hello", "This is no link"],
      [`https://elsewhere.example/#userId=${userId}&exp=9999999999&sig=x`, "https://elsewhere.example"],
      [`${server.url}/#userId=${late.userId}&exp=${late.exp}&sig=${late.sig}`, "has expired too"],
    ])) {
      await page.getByRole("textbox", { name: "Link" }).fill(link);
      await page.getByRole("button", { name: "Open" }).click();
      await page.getByText(sentence).waitFor();
    }
    const { exp, sig } = server.signed(userId, { secret: "another" });
    await page.getByRole("textbox", { name: "Link" }).fill(`${server.url}/#userId=${userId}&exp=${exp}&sig=${sig}`);
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByText("Invalid signature").waitFor();
  }),
);

test("a link that is pasted over an open page is taken at once, and opens what it is for", { skip }, () =>
  inPage(async ({ page }) => {
    const other = server.user();
    ok(await server.client(other).write(`${ROOT}/other.txt`, "x"));
    const query = server.client(other).url("/list").search.slice(1);
    await page.goto(`${server.url}/#${query}`);
    await row(page, "other.txt").waitFor();
    assert.ok(!page.url().includes("sig="), page.url());
    await page.reload();
    await row(page, "other.txt").waitFor();
    await page.goBack();
    assert.ok(!page.url().includes("sig="), page.url());
  }),
);

test("an answer that was on its way when the network went does not say that there is one", { skip }, () =>
  inPage(
    async ({ page, context }) => {
      await row(page, "notes").waitFor();
      let release = () => {};
      const held = new Promise((resolve) => {
        release = () => resolve(undefined);
      });
      let came = false;
      let isOffline = true;
      await page.route("**/api/files/list?*notes*", async (route) => {
        if (came) return isOffline ? route.abort("internetdisconnected") : route.continue();
        const response = await route.fetch();
        came = true;
        await held;
        await route.fulfill({ response });
      });
      await visit(page, "#/files/notes/");
      await eventually(
        async () => came,
        (is) => is,
      );
      await context.setOffline(true);
      await page.getByText("Offline", { exact: true }).waitFor();
      release();
      await row(page, "in.txt").waitFor();
      assert.equal(await page.getByText("Offline", { exact: true }).count(), 1);
      isOffline = false;
      await context.setOffline(false);
      await page.getByText("Offline", { exact: true }).waitFor({ state: "detached" });
    },
    undefined,
    async (client) => {
      ok(await client.write(`${ROOT}/notes/in.txt`, "x"));
    },
  ),
);

test("offline, what was seen stays and says that it may be old; back again, all is of now", { skip }, () =>
  inPage(
    async ({ page, context, client }) => {
      await row(page, "a.txt").waitFor();
      await context.setOffline(true);
      await page.getByText("Offline").waitFor();
      await row(page, "a.txt").waitFor();
      await row(page, "a.txt").click();
      await page.keyboard.press("Delete");
      await page.getByText("The server cannot be reached").first().waitFor();
      ok(await client.write(`${ROOT}/b.txt`, "b"));
      await context.setOffline(false);
      await row(page, "b.txt").waitFor();
      await page.getByText("Offline").waitFor({ state: "detached" });
      await row(page, "a.txt").waitFor();
    },
    undefined,
    async (client) => {
      ok(await client.write(`${ROOT}/a.txt`, "a"));
    },
  ),
);
