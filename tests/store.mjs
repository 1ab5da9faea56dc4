// Published things without publishing: rows of the catalogue and objects of its bucket, as the last step of a publish leaves them.

import { randomBytes } from "node:crypto";
import { send } from "./client.mjs";
import { call } from "./media.mjs";
import { sha256 } from "./samples.mjs";

/** @typedef {import("./harness.mjs").Server} Server */

const KINDS = { apps: 0, desktops: 1 };
const VISIBILITIES = { public: 0, unlisted: 1, private: 2 };
const BUNDLES = { apps: "app.tar.gz", desktops: "snapshot.bin" };
const PART = 100_000;

/** A version as the catalogue stores it. */
export const number = (/** @type {string} */ version) =>
  version.split(".").reduce((sum, part) => sum * PART + Number(part), 0);

let clock = Date.UTC(2026, 0, 1);
let things = 0;

/** Runs a statement in the catalogue. @returns {Promise<any[]>} */
export async function sql(
  /** @type {Server} */ server,
  /** @type {string} */ statement,
  /** @type {any[]} */ ...params
) {
  const catalog = await server.catalog();
  return (
    await catalog
      .prepare(statement)
      .bind(...params)
      .all()
  ).results;
}

/** A user with a handle. */
export async function publisher(/** @type {Server} */ server, handle = `handle-${process.pid}-${things++}`) {
  const userId = server.user();
  await sql(server, "INSERT INTO users (id, handle, created_ms) VALUES (?, ?, 1)", userId, handle);
  return { userId, handle, client: server.client(userId) };
}

/** What nothing but their form is asked of. */
const MANIFESTS = {
  apps: {
    schemaVersion: 1,
    name: "A thing",
    entry: "/src/apps/thing/index.tsx",
    dependencies: {},
    peerDependencies: {},
    devDependencies: {},
  },
  desktops: {
    schemaVersion: 1,
    title: "A thing",
    owner: "somebody",
    apps: [],
    dependencies: {},
    files: [],
    snapshotHash: "0".repeat(64),
  },
};

/**
 * Publishes a thing of a user, with one version and its objects; each is newer than the one before.
 * @param {Server} server @param {string} userId
 * @param {{ kind?: "apps" | "desktops", title?: string, visibility?: "public" | "unlisted" | "private", tags?: string[],
 *   description?: string, version?: string, localId?: string, bytes?: Buffer, lockfile?: boolean }} [about]
 */
export async function shelve(server, userId, about = {}) {
  const { kind = "apps", visibility = "public", tags = [], description = null, version = "1.0.0" } = about;
  things += 1;
  clock += 1000;
  const { localId = `thing-${things}`, title = `Thing ${things}`, bytes = randomBytes(1000), lockfile = true } = about;
  const id = randomBytes(16).toString("hex");
  await sql(
    server,
    `INSERT INTO published (id, kind, owner_id, local_id, title, fold, icon, description, tags, visibility, created_ms, updated_ms)
     VALUES (?, ?, ?, ?, ?, ?, '📝', ?, ?, ?, ?, ?)`,
    ...[id, KINDS[kind], userId, localId, title, title.toLowerCase(), description, JSON.stringify(tags)],
    ...[VISIBILITIES[visibility], clock, clock],
  );
  const thing = { id, kind, userId, localId, title, hashes: /** @type {Record<string, string>} */ ({}) };
  return release(server, thing, { version, bytes, lockfile });
}

/**
 * One more version of a thing.
 * @template {{ id: string, kind: "apps" | "desktops", userId: string, localId: string }} T
 * @param {Server} server @param {T} thing @param {{ version: string, bytes?: Buffer, lockfile?: boolean }} about
 */
export async function release(server, thing, { version, bytes = randomBytes(1000), lockfile = true }) {
  const manifest = Buffer.from(JSON.stringify({ ...MANIFESTS[thing.kind], id: thing.localId, description: version }));
  const prefix = `${thing.kind}/${thing.userId}/${thing.localId}/${version}`;
  const bucket = await server.r2("BUNDLES");
  await bucket.put(`${prefix}/${BUNDLES[thing.kind]}`, bytes);
  await bucket.put(`${prefix}/manifest.json`, manifest);
  if (lockfile) {
    await bucket.put(`${prefix}/package.json`, "{}");
    await bucket.put(`${prefix}/pnpm-lock.yaml`, "lockfileVersion: '9.0'\n");
  }
  await sql(
    server,
    `INSERT INTO versions (item, number, size_bytes, files, bundle_hash, content_hash, manifest_hash, deps_hash, artifacts, created_ms)
     SELECT seq, ?2, ?3, 2, ?4, ?4, ?5, ?6, ?7, ?8 FROM published WHERE id = ?1`,
    ...[thing.id, number(version), bytes.length, sha256(bytes), sha256(manifest)],
    ...[lockfile ? sha256(Buffer.from("deps")) : null, lockfile ? 3 : 0, clock],
  );
  await sql(
    server,
    "UPDATE published SET current = max(coalesce(current, 0), ?2) WHERE id = ?1",
    thing.id,
    number(version),
  );
  return { ...thing, version, bytes, manifest, hash: sha256(bytes), prefix };
}

/** Asks as nobody in particular, from a page that is not ours. */
export function anyone(
  /** @type {Server} */ server,
  /** @type {string} */ target,
  /** @type {Record<string, string>} */ headers = {},
  method = "GET",
) {
  return send(server.url, { method, target, headers: { origin: "https://elsewhere.example", ...headers } });
}

/** Asks as a user. @param {import("./client.mjs").Client} client @param {string} target @param {string} [method] @param {any} [body] */
export function as(client, target, method = "GET", body = undefined) {
  const [path, query = ""] = target.split("?");
  return call(client, method, path ?? "", { params: Object.fromEntries(new URLSearchParams(query)), json: body });
}

/** @typedef {(target: string, headers?: Record<string, string>, method?: string) => Promise<import("./client.mjs").Answer>} Ask */

/** @param {import("./client.mjs").Client} client @returns {Ask} */
export const signed =
  (client) =>
  (target, headers = {}, method = "GET") => {
    const [path = "", query = ""] = target.split("?");
    const { search } = client.url("");
    return client.raw({ method, target: `${path}${search}${query && `&${query}`}`, headers });
  };

/** Words of the search, each a test's own. */
export const word = () =>
  `w${randomBytes(6)
    .toString("hex")
    .replace(/\d/g, (digit) => "ghijklmnop"[Number(digit)] ?? "")}`;
