// A publish killed at every step: nobody sees anything of it, the clock finds what it has left, and the next one makes the same.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { eventually, inParallel, ok } from "./expect.mjs";
import { Server } from "./harness.mjs";
import { call } from "./media.mjs";
import { fill, nothingHeld, shelved, shelves } from "./publishing.mjs";
import { sha256 } from "./samples.mjs";
import { anyone, as, sql } from "./store.mjs";

const server = new Server({ CATALOG_CACHE_SECONDS: "0" }, undefined, join(import.meta.dirname, "stepping.mjs"));
before(() => server.start());
after(() => server.stop());

/** On the edge of everything: in the database, in the bucket, and beside the bundle. */
const FILES = {
  "package.json": '{"dependencies":{"react":"^18.0.0"}}',
  "pnpm-lock.yaml": "importers:\n  .:\n    dependencies:\n      react:\n        version: 18.3.1\n",
  "src/apps/notes/index.tsx": 'import "react";\n',
  "src/apps/notes/small.txt": "small",
  "src/apps/notes/large.bin": randomBytes(1_050_000),
  "src/apps/notes/picture.bin": randomBytes(70_000),
};

/** What is published, and how its bytes are told from others: an app's by its tar. */
const KINDS = {
  app: {
    lists: "apps",
    beside: ["manifest", "pnpm-lock.yaml"],
    about: { appId: "notes", name: "Notes" },
    identity: (/** @type {Buffer} */ bytes) => sha256(gunzipSync(bytes)),
  },
  desktop: {
    lists: "desktops",
    beside: ["manifest", "package.json", "pnpm-lock.yaml"],
    about: { title: "Mine", desktopId: "mine" },
    identity: sha256,
  },
};

let words = 0;

/** @typedef {keyof typeof KINDS} Kind */

/** A workspace to be published, how, and the handle that it is found by. @param {Kind} kind */
async function author(kind) {
  const userId = server.user();
  await fill(server.client(userId), FILES);
  words += 1;
  const handle = `killed-${words}-at-some-step`;
  ok(await as(server.client(userId), "/api/profile", "PUT", { handle }));
  const publish = (/** @type {number} */ stopAt = 0) => {
    const headers = stopAt ? { "x-stop-at": String(stopAt) } : {};
    const json = { ...KINDS[kind].about, version: "1.0.0" };
    return call(server.client(userId), "POST", `/api/publish/${kind}`, { json, headers });
  };
  return { userId, handle, publish };
}

/** @typedef {Awaited<ReturnType<typeof author>>} Author */

/** Which of them are published, with the ids. @param {Author[]} authors @returns {Promise<(string | undefined)[]>} */
async function published(authors) {
  const rows = await sql(
    server,
    "SELECT owner_id, id FROM published UNION SELECT p.owner_id, p.id FROM versions v JOIN published p ON p.seq = v.item",
  );
  return authors.map(({ userId }) => rows.find(({ owner_id }) => owner_id === userId)?.id);
}

/** What is published is found and had whole, and what is not, is not. @param {Kind} kind @param {Author} author @param {string | undefined} id @param {string} identity */
async function seen(kind, { userId, handle }, id, identity) {
  const { lists } = KINDS[kind];
  const find = `/api/${lists}?search=${handle}`;
  for (const list of [await anyone(server, find), await as(server.client(userId), find)])
    assert.deepEqual(
      ok(list)[lists].map((/** @type {any} */ row) => row.id),
      id ? [id] : [],
    );
  if (!id) return;
  const at = `/api/${lists}/${id}`;
  const bytes = await anyone(server, `${at}/${kind === "app" ? "bundle" : "snapshot"}`);
  assert.equal(bytes.status, 200);
  assert.equal(bytes.headers.etag, `"${sha256(bytes.bytes)}"`);
  assert.equal(KINDS[kind].identity(bytes.bytes), identity);
  for (const beside of KINDS[kind].beside) assert.equal((await anyone(server, `${at}/${beside}`)).status, 200, beside);
}

/** Time passes, for what the authors' workspaces hold. @param {Author[]} authors */
const holdsEnd = (authors) =>
  inParallel(authors, ({ userId }) =>
    server.sql(userId, "UPDATE checkpoint SET until_ms = 1 WHERE until_ms IS NOT NULL"),
  );

for (const kind of /** @type {const} */ (["app", "desktop"])) {
  test(`of a publish of ${kind === "app" ? "an app" : "a desktop"} that is killed at any step there is nothing or all, and the next one makes the same`, async (context) => {
    const model = await author(kind);
    const whole = await model.publish(1_000_000);
    const reference = ok(whole);
    const steps = Number(whole.headers["x-steps"]);
    const { pathname } = new URL(reference.url);
    const identity = KINDS[kind].identity((await anyone(server, pathname)).bytes);
    const keys = (await shelved(server, model.userId)).map((key) => key.replace(model.userId, ""));
    assert.ok(steps > 20 && keys.length === 1 + KINDS[kind].beside.length, `${steps} steps, ${keys}`);

    // Each of them stops at a step of its own; then all are killed at once.
    const authors = await inParallel(Array.from({ length: steps }), () => author(kind));
    const said = server.logs.length;
    const stopped = () => server.logs.slice(said).filter((line) => line.includes("stopped at"));
    const deaths = authors.map((author, n) =>
      author.publish(n + 1).then(
        () => assert.fail(`nothing stopped at step ${n + 1}`),
        (error) => error.code,
      ),
    );
    await eventually(
      async () => stopped().length,
      (count) => count === steps,
    );
    const [runtime, ...more] = server.runtimes();
    assert.ok(runtime && more.length === 0, "one process to kill");
    process.kill(runtime, "SIGKILL");
    await Promise.all(deaths);
    await server.restart();
    context.diagnostic(
      stopped()
        .map((line) => line.replace(/.*stopped at /, ""))
        .join(", "),
    );

    const before = await published(authors);
    await inParallel(authors.keys(), (n) => seen(kind, /** @type {Author} */ (authors[n]), before[n], identity));
    const first = before.findIndex(Boolean);
    assert.ok(first > steps / 2, `the first that is seen stopped at step ${first + 1}`);
    assert.ok(before.slice(first).every(Boolean), "from some step on it is seen");
    const left = await shelves(server);
    assert.ok(
      authors.slice(0, first).some(({ userId }) => left.has(userId)),
      "some died with bytes in the bucket",
    );

    const { id: _, url: __, visitUrl: ___, manifestHash: ____, ...expected } = reference;
    const again = async (/** @type {Author[]} */ some) => {
      await holdsEnd(some);
      const said = await inParallel(some, async ({ publish }) => ok(await publish()));
      const ids = await published(some);
      await inParallel(some.keys(), async (n) => {
        await seen(kind, /** @type {Author} */ (some[n]), ids[n], identity);
        const { id, url, visitUrl, manifestHash, ...made } = said[n];
        assert.equal(id, ids[n]);
        // The manifest of a desktop says whose it is; that of an app says nothing of its owner.
        if (kind === "app") assert.equal(manifestHash, reference.manifestHash);
        assert.deepEqual(made, expected);
      });
    };
    const shelf = (/** @type {Map<string, string[]>} */ all, /** @type {Author} */ { userId }) =>
      (all.get(userId) ?? []).map((key) => key.replace(userId, ""));

    // Half of them come again before the clock strikes, half after.
    const [early, late] = [authors.filter((_, n) => n % 2), authors.filter((_, n) => n % 2 === 0)];
    await again(early);
    await holdsEnd(late);
    await sql(server, "UPDATE attempts SET started_ms = 1");
    await server.strike();
    assert.deepEqual(await sql(server, "SELECT * FROM attempts"), []);
    const swept = await shelves(server);
    for (const [n, author] of authors.entries())
      assert.deepEqual(shelf(swept, author), before[n] || early.includes(author) ? keys : [], `after step ${n + 1}`);
    await again(late);
    const all = await shelves(server);
    for (const author of authors) assert.deepEqual(shelf(all, author), keys);
    await inParallel(authors, ({ userId }) => nothingHeld(server, userId));
  });
}
