// What the specs of installing share.

import { randomBytes } from "node:crypto";
import { ROOT } from "./client.mjs";
import { inParallel, ok } from "./expect.mjs";
import { call } from "./media.mjs";
import { fill } from "./publishing.mjs";
import { sha256 } from "./samples.mjs";
import { publisher } from "./store.mjs";

/** @typedef {import("./client.mjs").Client} Client */

/** Every entry of a workspace below a folder, with the hash of each file. @returns {Promise<Record<string, string>>} */
export async function tree(/** @type {Client} */ client, folder = ROOT) {
  const { files } = ok(await client.list(folder, { recursive: true }));
  const entries = await inParallel(files, async (/** @type {any} */ { path, type }) => {
    if (type === "directory") return [path.slice(folder.length), "directory"];
    return [path.slice(folder.length), sha256((await client.content(path)).bytes)];
  });
  return Object.fromEntries(entries);
}

export const text = async (/** @type {Client} */ client, /** @type {string} */ path) =>
  (await client.content(`${ROOT}/${path}`)).bytes.toString();

export const json = async (/** @type {Client} */ client, /** @type {string} */ path) =>
  JSON.parse(await text(client, path));

export const install = (
  /** @type {Client} */ client,
  /** @type {string} */ id,
  /** @type {any} */ json = {},
  /** @type {Record<string, string>} */ headers = {},
) => call(client, "POST", `/api/apps/${id}/install`, { json, headers });

export const uninstall = (/** @type {Client} */ client, /** @type {string} */ id) =>
  call(client, "DELETE", `/api/apps/${id}/install`);

export const REGISTRY = "public/apps/registry.json";

/** An app that was published from a workspace, with another in the same one. */
export async function publishedNotes(/** @type {import("./harness.mjs").Server} */ server) {
  const author = await publisher(server);
  const large = randomBytes(2 ** 20 + 1000);
  await fill(author.client, {
    "package.json": '{"dependencies":{"react":"^18.0.0","zustand":"^4.5.0","d3":"^7.0.0"}}',
    "pnpm-lock.yaml": `importers:\n  .:\n    dependencies:\n      zustand:\n        specifier: ^4.5.0\n        version: 4.5.7\n`,
    [REGISTRY]: '[{"id":"notes","name":"Notes","icon":"📝","path":"/src/apps/notes/index.tsx"}]',
    "src/apps/notes/index.tsx": 'import React from "react";\nimport { create } from "zustand";\nimport "./lib/a";\n',
    "src/apps/notes/lib/a.ts": "export const a = 1;\n",
    "src/apps/notes/lib/b.ts": 'import "d3";\n',
    "src/apps/notes/old/gone.ts": "export {};\n",
    "src/apps/notes/large.bin": large,
    "src/apps/notes/é name.txt": "é",
  });
  const said = ok(await call(author.client, "POST", "/api/publish/app", { json: { appId: "notes" } }));
  return { ...author, id: said.id };
}
