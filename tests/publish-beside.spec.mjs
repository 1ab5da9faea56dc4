// What lies beside a bundle: of an app nothing of the desktop that it was made on, of a desktop nothing that stays out.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { manifest as appManifest, tar } from "./archives.mjs";
import { pack } from "./bundles.mjs";
import { ok, refused } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { call } from "./media.mjs";
import { fill, publish, shelved, treeOf } from "./publishing.mjs";
import { anyone } from "./store.mjs";

/** @typedef {import("./harness.mjs").Server} Server */

const server = serve({ CATALOG_CACHE_SECONDS: "0" });

const PRIVATE = "private-registry.example";
const json = JSON.stringify({
  name: "acme-internal-desk",
  scripts: { deploy: `NPM_${"TOKEN"}=${randomBytes(20).toString("base64url")}x9 ship` },
  dependencies: { react: "^18.0.0", "@acme/billing": `git+https://${PRIVATE}/billing.git`, d3: "^7.0.0" },
});
const lock = `lockfileVersion: '9.0'

importers:

  .:
    dependencies:
      '@acme/billing':
        specifier: git+https://${PRIVATE}/billing.git
        version: https://${PRIVATE}/billing.tgz
      d3:
        specifier: ^7.0.0
        version: 7.9.0
      react:
        specifier: ^18.0.0
        version: 18.3.1

packages:

  react@18.3.1:
    resolution: {tarball: https://${PRIVATE}/react.tgz}
`;
const code = { "src/apps/notes/index.tsx": 'import "react";\n' };

/** All that anybody can have of a thing, and all that lies in the bucket of its owner. @param {string} at @param {string} userId */
async function everything(at, userId) {
  const bucket = await server.r2("BUNDLES");
  const kept = await Promise.all(
    (await shelved(server, userId)).map(async (key) => Buffer.from(await (await bucket.get(key))?.arrayBuffer())),
  );
  const told = await Promise.all(
    ["", "/manifest", "/package.json", "/pnpm-lock.yaml"].map(async (of) => (await anyone(server, at + of)).bytes),
  );
  return Buffer.concat([...kept, ...told]).toString("latin1");
}

test("an app brings of the desktop that it was made on the versions of its own packages alone, however it is sent", async () => {
  const files = { ...code, "package.json": json, "pnpm-lock.yaml": lock };
  const snapshot = pack(treeOf(files));
  const archive = gzipSync(
    tar([
      appManifest("notes", { dependencies: { react: "^18.0.0" } }),
      ...Object.entries(files).map(([path, body]) => ({ path, body })),
    ]),
  );
  for (const how of ["workspace", "snapshot", "archive", "base64"]) {
    const userId = server.user();
    const client = server.client(userId);
    const about = /** @type {any} */ ({ appId: "notes", name: "Notes" });
    if (how === "workspace") await fill(client, files);
    if (how === "base64") about.blobBase64 = archive.toString("base64");
    if (how === "snapshot" || how === "archive") {
      const body = how === "snapshot" ? snapshot : archive;
      about.upload = ok(await call(client, "PUT", "/api/publish/uploads", { body })).upload;
    }
    const said = ok(await publish(client, "app", about));
    const at = `/api/apps/${said.id}`;
    refused(await anyone(server, `${at}/package.json`), 404, "This version was published without package.json");
    const left = (await anyone(server, `${at}/pnpm-lock.yaml`)).bytes.toString();
    assert.match(left, /react.*\n.*18.*\n.*18\.3\.1/);
    const all = await everything(at, userId);
    for (const secret of ["acme", PRIVATE, "d3", "7.9.0", "deploy"])
      assert.ok(!all.includes(secret), `${secret} is in what came of ${how}`);
    assert.deepEqual(
      (await shelved(server, userId)).map((key) => key.split("/").at(-1)),
      ["app.tar.gz", "manifest.json", "pnpm-lock.yaml"],
    );
  }
});

test("a desktop tells nothing of what stays out: no packages, no versions, no apps", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const registry = [
    { id: "notes", name: "Notes", path: "/src/apps/notes/index.tsx" },
    { id: "draft", name: "Project Nightingale", path: "/src/apps/draft/index.tsx" },
    { id: "gone", name: "Gone", path: "/src/apps/gone/index.tsx" },
  ];
  const files = {
    ...code,
    "src/apps/draft/index.tsx": "export {};\n",
    "package.json": json.replace("ship", ""),
    "pnpm-lock.yaml": lock,
    "public/apps/registry.json": JSON.stringify(registry),
  };
  const allow = ["package.json", "pnpm-lock.yaml"];
  const some = { title: "Some", exclude: ["package.json", "pnpm-lock.yaml", "src/apps/draft", "registry.json"] };
  await fill(client, files);
  const { upload } = ok(await call(client, "PUT", "/api/publish/uploads", { body: pack(treeOf(files)) }));
  for (const more of [{}, { upload }]) {
    const said = ok(await publish(client, "desktop", { ...some, ...more }));
    const at = `/api/desktops/${said.id}`;
    const manifest = ok(await anyone(server, `${at}/manifest`));
    assert.deepEqual([manifest.apps, manifest.dependencies, manifest.lockfileHash], [[], {}, undefined]);
    for (const name of ["package.json", "pnpm-lock.yaml"]) refused(await anyone(server, `${at}/${name}`), 404);
    const all = await everything(at, userId);
    for (const secret of ["acme", PRIVATE, "Nightingale"]) assert.ok(!all.includes(secret), secret);
  }
  // Published, they are there; and looked through like everything else.
  refused(await publish(client, "desktop", { title: "All" }), 422);
  const all = ok(await publish(client, "desktop", { title: "All", exclude: ["src/apps/draft"], allow }));
  const manifest = ok(await anyone(server, `/api/desktops/${all.id}/manifest`));
  assert.deepEqual(manifest.apps, [{ id: "notes", name: "Notes", entry: "/src/apps/notes/index.tsx" }]);
  assert.equal(manifest.dependencies.react, "18.3.1");
  assert.equal((await anyone(server, `/api/desktops/${all.id}/pnpm-lock.yaml`)).bytes.toString(), lock);
});
