// Following a workspace: by socket, over its breaks, without one, and over a reset; and a page that shows it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connect } from "../dashboard/client/index.ts";
import { gatewayUrl, ROOT, send } from "./client.mjs";
import { browse, row, skip } from "./dashboard.mjs";
import { eventually, ok } from "./expect.mjs";
import { serve } from "./harness.mjs";

/** Set where the Worker has no feed to follow: then the page looks every few seconds, which other specs hold it to. */
let unheard = false;
const server = serve(
  {},
  async () => {
    const { pathname, search } = server.client().url("/changes");
    unheard = (await send(server.url, { method: "GET", target: pathname + search })).status === 404;
  },
  { page: true },
);
const inPage = browse(server);

/** Every socket that a client here has opened. @type {WebSocket[]} */
const sockets = [];
const { WebSocket } = globalThis;
before(() => {
  globalThis.WebSocket = class extends WebSocket {
    /** @param {string} url */
    constructor(url) {
      super(url);
      sockets.push(this);
    }
  };
});
after(() => {
  globalThis.WebSocket = WebSocket;
});

/** Follows a new user's workspace. @param {string} [path] @param {import("../dashboard/client/http.ts").ConnectOptions} [options] */
async function follow(path = ROOT, options = {}) {
  const userId = server.user();
  const raw = server.client(userId);
  ok(await raw.mkdir(`${ROOT}/notes`));
  /** @type {import("../dashboard/client/index.ts").News[]} */
  const news = [];
  /** @type {string[]} */
  const states = [];
  const { watch } = connect(gatewayUrl(server.url, server.signed(userId)), options);
  const watching = watch(path, (one) => news.push(one), { onState: (state) => states.push(state) });
  await eventually(
    async () => states,
    (all) => all.includes("live"),
  );
  const changes = () => news.flatMap((one) => one.changes ?? []);
  return { raw, news, states, watching, changes };
}

test("every change is told once and in order, though sockets break again and again", async (t) => {
  if (unheard) return t.skip("this Worker tells of no changes");
  const { raw, changes, watching } = await follow();
  for (let at = 0; at < 60; at += 1) {
    ok(await raw.write(`${ROOT}/notes/${at}.txt`, "x"));
    if (at % 20 === 10) sockets.at(-1)?.close();
  }
  await eventually(
    async () => changes().length,
    (count) => count >= 60,
  );
  const revs = changes().map(({ rev }) => rev);
  assert.deepEqual(
    revs,
    [...new Set(revs)].sort((a, b) => a - b),
  );
  assert.deepEqual(
    changes().map(({ path }) => path),
    Array.from({ length: 60 }, (_, at) => `${ROOT}/notes/${at}.txt`),
  );
  watching.stop();
});

test("only what is at or below the path is told", async (t) => {
  if (unheard) return t.skip("this Worker tells of no changes");
  const { raw, changes, watching } = await follow(`${ROOT}/notes`);
  ok(await raw.write(`${ROOT}/other.txt`, "x"));
  ok(await raw.write(`${ROOT}/notes/in.txt`, "x"));
  await eventually(
    async () => changes().length,
    (count) => count > 0,
  );
  assert.deepEqual(
    changes().map(({ path }) => path),
    [`${ROOT}/notes/in.txt`],
  );
  watching.stop();
});

test("where no socket gets through, requests that wait tell as soon", async (t) => {
  if (unheard) return t.skip("this Worker tells of no changes");
  const own = globalThis.WebSocket;
  // @ts-expect-error: as on a machine that has none
  globalThis.WebSocket = undefined;
  try {
    /** What was asked, and how much of it was asked before the first answer with a change in it. @type {string[]} */
    const asked = [];
    let askedBefore = 0;
    const { raw, changes, watching } = await follow(ROOT, {
      fetch: async (url, init) => {
        asked.push(String(url));
        const response = await fetch(url, init);
        const told = await response.clone().json();
        if (told.changes?.length > 0) askedBefore ||= asked.length;
        return response;
      },
    });
    const waiting = await eventually(
      async () => asked.findIndex((url) => /[?&]wait=/.test(url)),
      (at) => at >= 0,
    );
    ok(await raw.write(`${ROOT}/notes/a.txt`, "x"));
    await eventually(
      async () => changes().length,
      (count) => count === 1,
    );
    assert.equal(askedBefore, waiting + 1, "the request that waited has told it");
    watching.stop();
  } finally {
    globalThis.WebSocket = own;
  }
});

test("after a reset all has to be looked at again, and following goes on", async (t) => {
  if (unheard) return t.skip("this Worker tells of no changes");
  const { raw, news, changes, watching } = await follow();
  const { search } = raw.url("");
  ok(await raw.raw({ method: "POST", target: `/api/reset-workspace${search}`, body: "{}" }));
  await eventually(
    async () => news,
    (all) => all.some((one) => one.changes === null),
  );
  ok(await raw.write(`${ROOT}/after.txt`, "x"));
  await eventually(
    async () => changes(),
    (all) => all.some(({ path }) => path === `${ROOT}/after.txt`),
  );
  watching.stop();
});

test("a page says that it is live, and shows what others do at once", { skip }, (t) => {
  if (unheard) return t.skip("this Worker tells of no changes");
  return inPage(async ({ page, client }) => {
    await page.getByText("Live", { exact: true }).waitFor();
    /** @type {string[]} */
    const asked = [];
    page.on("request", (request) => request.url().includes("/api/files/changes") && asked.push(request.url()));
    ok(await client.write(`${ROOT}/notes/a.txt`, "x"));
    await row(page, "notes").waitFor();
    ok(await client.move(`${ROOT}/notes`, `${ROOT}/moved`));
    await row(page, "moved").waitFor();
    await row(page, "notes").waitFor({ state: "detached" });
    await page.getByRole("treeitem", { name: "moved" }).waitFor();
    assert.deepEqual(asked, [], "it was told, and has not looked");
  });
});
