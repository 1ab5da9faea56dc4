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
  dependencies: { react: "^18.0.0", "@acme/billing": `git+https://${PRIVATE}/billing.git`, "d3-force": "^7.0.0" },
});
const lock = `lockfileVersion: '9.0'

importers:

  .:
    dependencies:
      '@acme/billing':
        specifier: git+https://${PRIVATE}/billing.git
        version: https://${PRIVATE}/billing.tgz
      d3-force:
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
    for (const secret of ["acme", PRIVATE, "d3-force", "7.9.0", "deploy"])
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

test("of very much that stays out the first thousand is told, and how much it is", async () => {
  const client = server.client(server.user());
  const out = Object.fromEntries(Array.from({ length: 1_001 }, (_, n) => [`src/apps/notes/.env.${n}`, "A=1"]));
  const body = pack(treeOf({ ...code, ...out }));
  const { upload } = ok(await call(client, "PUT", "/api/publish/uploads", { body }));
  for (const [kind, about] of /** @type {const} */ ([
    ["app", { appId: "notes", upload }],
    ["desktop", { title: "Mine", upload }],
  ])) {
    const said = ok(await publish(client, kind, about));
    assert.deepEqual([said.excluded.length, said.excludedTotal, said.files], [1_000, 1_001, 1]);
  }
  await fill(client, code);
  assert.equal("excludedTotal" in ok(await publish(client, "desktop", { title: "Mine" })), false);
});

test("behind the last version there is none, and that is said", async () => {
  const client = server.client(server.user());
  await fill(client, code);
  const last = { appId: "notes", version: "99999.99999.99999" };
  ok(await publish(client, "app", last));
  const { error } = refused(await publish(client, "app", { appId: "notes" }), 400);
  assert.match(error, /^No version follows 99999\.99999\.99999/);
  await fill(client, { "src/apps/notes/index.tsx": "export {};\n" });
  assert.equal(refused(await publish(client, "app", last), 409).nextVersion, undefined);
  ok(await publish(client, "app", { appId: "notes", version: "3.0.0" }));
});

test("what is published with 10,000 files in 100 directories is forked by others", async () => {
  const [author, other] = [server.client(server.user()), server.client(server.user())];
  const files = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`d${n % 100}/f${n}`, "x"]));
  const { upload } = ok(await call(author, "PUT", "/api/publish/uploads", { body: pack(treeOf(files)) }));
  const said = ok(await publish(author, "desktop", { title: "Large", upload }));
  assert.equal(said.files, 10_000);
  const forked = await call(other, "POST", `/api/desktops/${said.id}/fork`, { json: { into: "/root/clawd/theirs" } });
  assert.equal(ok(forked).files, 10_000);
});

test("an app begins with what the request or the registry says, and never with what is not there", async () => {
  const [author, other] = [server.client(server.user()), server.client(server.user())];
  const path = "/src/apps/notes/main.tsx";
  await fill(author, { "src/apps/notes/main.tsx": "export default 1;\n", "src/apps/notes/App.tsx": "export {};\n" });
  const { error } = refused(await publish(author, "app", { appId: "notes" }), 400);
  assert.match(error, /has none of index\.tsx.*manifest\.entry/);
  for (const entry of ["/src/apps/notes/gone.tsx", "/src/apps/other/main.tsx", "main.tsx"])
    refused(await publish(author, "app", { appId: "notes", manifest: { entry } }), 400);
  const said = ok(await publish(author, "app", { appId: "notes", manifest: { entry: path } }));
  assert.equal(ok(await call(other, "POST", `/api/apps/${said.id}/install`)).entry, path);
  await fill(author, { "public/apps/registry.json": JSON.stringify([{ id: "notes", name: "Notes", path }]) });
  const again = ok(await publish(author, "app", { appId: "notes", version: "2.0.0" }));
  assert.equal(ok(await anyone(server, `/api/apps/${again.id}/manifest`)).entry, path);
});
