// What would be published of a desktop: told as publishing it does, and nothing is published by it.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { ok, refused } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { call } from "./media.mjs";
import { fill, publish, shelved } from "./publishing.mjs";
import { anyone } from "./store.mjs";

const server = serve({ CATALOG_CACHE_SECONDS: "0" });

/** @param {import("./client.mjs").Client} client @param {string} [query] */
const preview = (client, query = "") => {
  const { search } = client.url("");
  return client.raw({ method: "GET", target: `/api/publish/desktop/preview${search}${query}` });
};

const paths = (/** @type {{ path: string }[]} */ told) => told.map(({ path }) => path.slice(ROOT.length + 1)).sort();
const below = (/** @type {string[]} */ told) => told.map((path) => path.slice(ROOT.length + 1)).sort();

const DESK = {
  "package.json": '{"dependencies":{"react":"^18.0.0"}}',
  "pnpm-lock.yaml": "lockfileVersion: '9.0'\n",
  "public/apps/registry.json":
    '[{"id":"notes","name":"Notes","icon":"N","path":"/src/apps/notes/index.tsx"},{"id":"gone","name":"Gone","path":"/src/apps/gone/index.tsx"}]',
  "src/apps/notes/index.tsx": "export default () => null;\n",
  "drafts/a,b.md": "one",
  "drafts/c.md": "two",
  "SOUL.md": "mine",
  "memory/today.md": "mine",
  ".env": "A=1",
  "dist/out.js": "made",
  "c.log": "c",
};

test("a preview says what publishing then says, with the same patterns, and publishes nothing", async () => {
  const userId = server.user();
  const client = server.client(userId);
  await fill(client, DESK);
  const all = ok(await preview(client));
  assert.deepEqual(Object.keys(all).sort(), [
    "excluded",
    "files",
    "filesTotal",
    "findings",
    "lockfileHash",
    "manifest",
    "ok",
    "size",
    "unscanned",
  ]);
  assert.deepEqual(paths(all.excluded), [".env", "SOUL.md", "dist", "memory"]);
  assert.deepEqual(all.manifest, {
    id: null,
    apps: [{ id: "notes", name: "Notes", icon: "N", entry: "/src/apps/notes/index.tsx" }],
    dependencies: { react: "^18.0.0" },
  });

  // A pattern in each parameter, so that a comma is one of its letters; as paths of the workspace or below its root.
  const soul = encodeURIComponent(`${ROOT}/SOUL.md`);
  const told = ok(await preview(client, `&desktopId=desk&exclude=drafts%2Fa,b.md&exclude=*.log&include=${soul}`));
  assert.deepEqual(await shelved(server, userId), []);
  const said = ok(
    await publish(client, "desktop", {
      title: "Desk",
      desktopId: "desk",
      exclude: ["drafts/a,b.md", "*.log"],
      include: ["SOUL.md"],
    }),
  );
  assert.deepEqual([told.excluded, told.lockfileHash], [said.excluded, said.lockfileHash]);
  assert.equal(told.manifest.id, "desk");
  const manifest = ok(await call(client, "GET", `/api/desktops/${said.id}/manifest`));
  assert.deepEqual(
    [told.manifest.apps, told.manifest.dependencies, below(told.files), told.filesTotal],
    [
      manifest.apps,
      manifest.dependencies,
      manifest.files.map((/** @type {{ path: string }} */ { path }) => path),
      said.files,
    ],
  );
  assert.equal(
    told.size,
    manifest.files.reduce((/** @type {number} */ sum, /** @type {{ size: number }} */ { size }) => sum + size, 0),
  );
});

test("what looks like a credential is told before anything is sent; what is too much to be looked through is named", async () => {
  const client = server.client();
  await fill(client, {
    "a.bin": randomBytes(20 * 2 ** 20),
    "b.bin": randomBytes(20 * 2 ** 20),
    "key.ts": `\nconst key = "${"gh"}p_${"aB3dE5fG7hI9".repeat(3)}";\n`,
  });
  const told = ok(await preview(client));
  assert.deepEqual(told.findings, [{ path: `${ROOT}/key.ts`, line: 2, rule: "github-token" }]);
  assert.deepEqual(below(told.unscanned), ["b.bin"]);
  assert.equal(told.filesTotal, 3);
  const refusal = refused(await publish(client, "desktop", { title: "Desk" }), 422);
  assert.deepEqual(refusal.findings, told.findings);
  const { findings } = ok(await preview(client, "&exclude=key.ts"));
  assert.deepEqual(findings, []);
});

test("of many files the first are told, and how many there are", async () => {
  const client = server.client();
  await fill(client, Object.fromEntries(Array.from({ length: 1_001 }, (_, at) => [`many/${at}.txt`, ""])));
  const { files, filesTotal } = ok(await preview(client));
  assert.deepEqual([files.length, filesTotal], [1_000, 1_001]);
});

test("a preview is refused with a sentence as a publish is", async () => {
  const client = server.client();
  for (const [query, status, sentence] of /** @type {const} */ ([
    ["&desktopId=a%20b", 400, "desktopId must be 1 to 64 of A-Z, a-z, 0-9, '_' and '-'"],
    ["&exclude=%2F", 400, '"/" is not a pattern of paths'],
    [`&${Array.from({ length: 101 }, () => "include=a").join("&")}`, 400, "At most 100 patterns can be given"],
    ["&path=%2Fetc", 400, "Path must be within workspace"],
    [`&path=${encodeURIComponent(`${ROOT}/.trash`)}`, 400, "What is in the trash is not published"],
  ]))
    assert.equal(refused(await preview(client, query), status).error, sentence, query);
  assert.equal((await anyone(server, "/api/publish/desktop/preview")).status, 401);
});
