// Publishing as a user does it, and what comes of it: in the bucket, in others' readers, and in the workspace.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { decode, encode } from "@msgpack/msgpack";
import { ROOT } from "./client.mjs";
import { eventually, inParallel, ok } from "./expect.mjs";
import { call } from "./media.mjs";

/** @typedef {import("./client.mjs").Client} Client */
/** @typedef {import("./harness.mjs").Server} Server */
/** A folder: names with bytes, or with folders. @typedef {{ [name: string]: Buffer | Tree }} Tree */

/** @param {Client} client @param {"app" | "desktop"} kind @param {any} json */
export const publish = (client, kind, json) => call(client, "POST", `/api/publish/${kind}`, { json });

/** What would be published of an app. @param {Client} client @param {string} appId @param {Record<string, string>} [params] */
export const preview = (client, appId = "studio", params = {}) =>
  call(client, "GET", "/api/publish/app/preview", { params: { appId, ...params } });

/** Files of a workspace, by path below its root. @param {Client} client @param {Record<string, string | Buffer>} files */
export const fill = (client, files) =>
  inParallel(Object.entries(files), async ([path, body]) => {
    ok(await client.put(`${ROOT}/${path}`, body));
  });

/** What lies in the bucket of published things, by whose it is. @param {Server} server */
export async function shelves(server) {
  const keys = (await server.bucket("BUNDLES")).sort();
  return Map.groupBy(keys, (key) => key.split("/")[1] ?? "");
}

/** What lies there of one user's. @param {Server} server @param {string} userId */
export const shelved = async (server, userId) => (await shelves(server)).get(userId) ?? [];

/** Waits until nothing is held for a publish any more: it is let go of beside the answer. @param {Server} server @param {string} userId */
export async function nothingHeld(server, userId) {
  await eventually(
    () => server.sql(userId, "SELECT label FROM checkpoint"),
    ({ length }) => length === 0,
  );
}

/** The tree of files by their paths. @param {Record<string, string | Buffer>} files @param {string[]} [directories] */
export function treeOf(files, directories = []) {
  const tree = /** @type {Tree} */ (Object.create(null));
  const folder = (/** @type {string[]} */ names) =>
    names.reduce((at, name) => /** @type {Tree} */ ((at[name] ??= Object.create(null))), tree);
  for (const path of directories) folder(path.split("/"));
  for (const [path, bytes] of Object.entries(files)) {
    const names = path.split("/");
    folder(names.slice(0, -1))[String(names.at(-1))] = Buffer.from(bytes);
  }
  return tree;
}

/** What a page makes of a snapshot: the tree that it would mount. @param {Buffer} bytes @returns {Tree} */
export function mounted(bytes) {
  const tree = (/** @type {any} */ node) => {
    if (node.d) {
      const children = Object.keys(node.d).map((name) => [name, tree(node.d[name])]);
      return Object.assign(Object.create(null), Object.fromEntries(children));
    }
    assert.deepEqual([Object.keys(node), Object.keys(node.f)], [["f"], ["c"]]);
    assert.ok(node.f.c instanceof Uint8Array, "bytes, and no text");
    return Buffer.from(node.f.c);
  };
  return tree(decode(bytes));
}

/**
 * The same in the one form that there is: children sorted by the bytes of their names. Each name, each content and the head of
 * each map is as the library encodes it; the library itself sorts by UTF-16, and JavaScript puts names like `10` first.
 * @param {Tree} tree @returns {Buffer}
 */
export function canonical(tree) {
  const names = Object.keys(tree).sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  const children = names.flatMap((name) => {
    const child = tree[name];
    return [
      encode(name),
      Buffer.isBuffer(child) ? encode({ f: { c: new Uint8Array(child) } }) : canonical(child ?? {}),
    ];
  });
  const head = encode(Object.fromEntries(names.map((_, index) => [index, null])));
  const length = names.length < 16 ? 1 : names.length < 2 ** 16 ? 3 : 5;
  return Buffer.concat([encode({ d: null }).subarray(0, -1), head.subarray(0, length), ...children]);
}

/** Whether a program is there; a test that wants it says that it is skipped. */
export function has(/** @type {string} */ program) {
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
