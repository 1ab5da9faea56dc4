// `/d/{id}` over HTTP: one shell for every id, what link previews read, and the headers on which the page's safety stands.

import assert from "node:assert/strict";
import { test } from "node:test";
import { send } from "./client.mjs";
import { ok, refused } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { call } from "./media.mjs";
import { anyone, as, publisher, release, shelve } from "./store.mjs";

const vars = { CATALOG_CACHE_SECONDS: "0", MEDIA_CDN_BASE: "https://media.example/base" };
const server = serve(vars, undefined, { page: true });
const MISSING = "0".repeat(32);

const page = (/** @type {string} */ id, method = "GET") => anyone(server, `/d/${id}`, {}, method);
const desktop = async (/** @type {Parameters<typeof shelve>[2]} */ about = {}) => {
  const { userId, client, handle } = await publisher(server);
  return { ...(await shelve(server, userId, { kind: "desktops", ...about })), client, handle };
};

test("the page is isolated, runs its own script only, and is framed by nobody", async () => {
  const { id } = await desktop();
  const { status, headers } = await page(id);
  assert.equal(status, 200);
  assert.equal(headers["content-type"], "text/html; charset=utf-8");
  assert.equal(headers["cross-origin-opener-policy"], "same-origin");
  assert.equal(headers["cross-origin-embedder-policy"], "credentialless");
  assert.equal(headers["x-content-type-options"], "nosniff");
  assert.equal(headers["referrer-policy"], "no-referrer");
  const policy = new Map(
    String(headers["content-security-policy"])
      .split("; ")
      .map((part) => [part.split(" ")[0], part.split(" ").slice(1).join(" ")]),
  );
  assert.equal(policy.get("default-src"), "'none'");
  assert.equal(policy.get("script-src"), "'self'");
  assert.equal(policy.get("img-src"), "'self' blob: data: https://media.example");
  assert.equal(policy.get("connect-src"), "'self' https://stackblitz.com");
  assert.equal(policy.get("frame-ancestors"), "'none'");
  assert.equal(policy.get("form-action"), "'none'");
  assert.equal(policy.get("base-uri"), "'none'");
  assert.equal(policy.get("require-trusted-types-for"), "'script'");
  assert.equal(policy.get("trusted-types"), "'none'");
});

test("private, missing, withdrawn and no id at all are one and the same answer, whoever asks", async () => {
  const mine = await desktop({ visibility: "private" });
  const yanked = await desktop();
  ok(await as(yanked.client, `/api/desktops/${yanked.id}/versions/1.0.0`, "DELETE"));
  const gone = await desktop();
  ok(await as(gone.client, `/api/desktops/${gone.id}`, "DELETE"));
  const app = await publisher(server).then(({ userId }) => shelve(server, userId));
  const bare = await page(MISSING);
  assert.equal(bare.status, 404);
  assert.match(bare.bytes.toString(), /<main id="page">/);
  for (const id of [mine.id, yanked.id, gone.id, app.id, "nonsense", "%ff", "..%2f", `${MISSING}0`]) {
    const answer = await page(id);
    assert.deepEqual([id, answer.status, answer.bytes.toString()], [id, 404, bare.bytes.toString()]);
    assert.deepEqual({ ...answer.headers, date: "" }, { ...bare.headers, date: "" });
  }
  // A signature in the address of a page is not looked at: it has no business there.
  const query = new URLSearchParams(server.signed(mine.userId));
  const signed = await send(server.url, { method: "GET", target: `/d/${mine.id}?${query}` });
  assert.deepEqual([signed.status, signed.bytes.toString()], [404, bare.bytes.toString()]);
});

test("every visible desktop has the same shell, but for what link previews read", async () => {
  const pages = await Promise.all([desktop({ title: "One" }), desktop({ title: "Two", visibility: "unlisted" })]);
  const shells = await Promise.all(
    [...pages.map(({ id }) => id), MISSING].map(async (id) => {
      const html = (await page(id)).bytes.toString();
      return html.replace(/<title>.*$/m, "");
    }),
  );
  assert.equal(new Set(shells).size, 1);
});

test("a link preview has the title, whose it is and what it is; an unlisted one is kept out of search engines", async () => {
  const { id, handle } = await desktop({ title: "Garden", description: "Beds, seeds and a calendar." });
  const html = (await page(id)).bytes.toString();
  assert.match(html, /<title>Garden · Holdfast<\/title>/);
  assert.match(html, /<meta property="og:title" content="Garden" \/>/);
  assert.match(html, /<meta property="og:description" content="Beds, seeds and a calendar." \/>/);
  assert.ok(html.includes(`<meta property="og:url" content="${server.url}/d/${id}" />`));
  assert.ok(!html.includes("noindex"));
  const unlisted = await desktop({ title: "Hidden", visibility: "unlisted" });
  const hidden = (await page(unlisted.id)).bytes.toString();
  assert.ok(hidden.includes('<meta name="robots" content="noindex" />'));
  assert.ok(hidden.includes(`content="A desktop by ${unlisted.handle}, with 2 files."`) && handle !== unlisted.handle);
});

test("what users write is text in the page, and a long description is cut between characters", async () => {
  const title = "\"><script>alert(1)</script><b x='";
  const { id } = await desktop({ title, description: `</head>${"😀".repeat(400)}` });
  const html = (await page(id)).bytes.toString();
  assert.equal(html.match(/<script/g)?.length, 1);
  assert.ok(html.includes('content="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;b x=&#39;"'));
  assert.ok(html.includes(`content="&lt;/head&gt;${"😀".repeat(293)}…"`));
});

test("an icon is a preview's picture where it is an address of one", async () => {
  const { id, client } = await desktop();
  const icon = async (/** @type {string} */ text) => {
    ok(await as(client, `/api/desktops/${id}`, "PATCH", { icon: text }));
    return (await page(id)).bytes.toString().match(/og:image" content="([^"]*)"/)?.[1];
  };
  assert.equal(await icon("https://media.example/a.png?x=1&y=2"), "https://media.example/a.png?x=1&amp;y=2");
  for (const none of ["🌱", "http://media.example/a.png", "javascript:alert(1)", "data:image/png;base64,AA"]) {
    assert.equal(await icon(none), undefined, none);
  }
});

test("a change of mind is seen at once where nothing is remembered, and browsers are told what to keep", async () => {
  const { id, client } = await desktop({ title: "Before" });
  assert.match((await page(id)).bytes.toString(), /Before/);
  ok(await as(client, `/api/desktops/${id}`, "PATCH", { title: "After" }));
  const renamed = await page(id);
  assert.match(renamed.bytes.toString(), /After/);
  assert.equal(renamed.headers["cache-control"], "no-cache");
  ok(await as(client, `/api/desktops/${id}`, "PATCH", { visibility: "private" }));
  assert.equal((await page(id)).status, 404);
  await server.restart({ CATALOG_CACHE_SECONDS: "20" });
  for (const known of [(await desktop()).id, MISSING]) {
    assert.equal((await page(known)).headers["cache-control"], "public, max-age=10");
  }
  await server.restart();
});

test("HEAD tells the same without a body, a new version keeps the address, and other methods are refused", async () => {
  const made = await desktop();
  const { "content-length": length, ...head } = (await page(made.id, "HEAD")).headers;
  const whole = await page(made.id);
  assert.deepEqual([head["content-security-policy"], head.etag], [whole.headers["content-security-policy"], undefined]);
  assert.ok(length === undefined || Number(length) === whole.bytes.length || Number(length) === 0);
  await release(server, made, { version: "1.1.0" });
  assert.equal((await page(made.id)).status, 200);
  refused(await anyone(server, `/d/${made.id}`, {}, "POST"), 405);
});

test("without a catalogue the page still comes, says so by its status, and is not kept", async () => {
  const { userId } = await publisher(server);
  const catalog = await server.catalog();
  await catalog.exec("ALTER TABLE published RENAME TO elsewhere");
  try {
    const { status, headers, bytes } = await page(MISSING);
    assert.deepEqual([status, headers["cache-control"]], [503, "no-store"]);
    assert.match(bytes.toString(), /<main id="page">/);
  } finally {
    await catalog.exec("ALTER TABLE elsewhere RENAME TO published");
  }
  ok(await call(server.client(userId), "GET", "/api/keepalive"));
});

test("the page's files are static, and what is not one of them is no page", async () => {
  for (const [name, type] of /** @type {const} */ ([
    ["page.js", /javascript/],
    ["page.css", /css/],
    ["icon.svg", /svg/],
  ])) {
    const { status, headers } = await anyone(server, `/visit/${name}`);
    assert.equal(status, 200, name);
    assert.match(headers["content-type"] ?? "", type);
    assert.ok(headers.etag, name);
  }
  refused(await anyone(server, "/visit/nothing.js"), 404);
});
