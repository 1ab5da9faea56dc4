// kill -9, over and over, in the middle of everything: what was acknowledged is there, what was not has happened whole or
// not at all, and the bucket's books add up.

import assert from "node:assert/strict";
import { createHash, randomBytes, randomInt } from "node:crypto";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ROOT } from "./client.mjs";
import { inParallel, ok } from "./expect.mjs";
import { upload } from "./form.mjs";
import { serve } from "./harness.mjs";
import { accounted, onlyLive } from "./ledger.mjs";

const KILLS = 100;
/** How many kills there are between two looks at the books: they cost as much as the kills. */
const KILLS_PER_AUDIT = 10;
/** What is done and when it is cut off comes from here; KILL_SEED=… does it again, as far as the machine lets it. */
const SEED = Number(process.env.KILL_SEED ?? randomInt(2 ** 31));

// Few versions, so that there is always something to sweep.
const server = serve({ VERSIONS_PER_FILE: "2" });

/** @typedef {import("./client.mjs").Client} Client */
/** @typedef {import("./client.mjs").Answer} Answer */
/** What is in a folder: each path below it with its size, or null for a directory. @typedef {Map<string, number | null>} Tree */

/** Whole numbers by chance, always the same for a seed: mulberry32. */
class Chance {
  #state;

  constructor(/** @type {number} */ seed) {
    this.#state = seed;
  }

  pick(/** @type {number} */ below) {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  }

  /** @template T @param {T[]} items @returns {T} */
  one(items) {
    return /** @type {T} */ (items[this.pick(items.length)]);
  }
}

/** Everything that was ever sent, by its size: no two have the same, so a listing tells them apart. @type {Map<number, string>} */
const sent = new Map();
const hash = (/** @type {Buffer} */ bytes) => createHash("sha256").update(bytes).digest("hex");

/** Bytes of a size that no others have: inline, or in the bucket by one put or in parts. */
function fresh(/** @type {Chance} */ chance, /** @type {boolean} */ isLarge) {
  const inParts = isLarge && chance.pick(20) === 0;
  const [least, spread] = inParts ? [8_400_000, 200_000] : isLarge ? [1_050_000, 300_000] : [0, 60_000];
  let size = least + chance.pick(spread);
  while (sent.has(size)) size += 1;
  const bytes = randomBytes(size);
  sent.set(size, hash(bytes));
  return bytes;
}

/** Names at several depths, so that one call makes several entries: all of them, or none. */
const NAMES = ["a.bin", "b.bin", "d/e/f.bin", "d/e/g.bin", "d/h.bin"];
const ENTRIES_MAX = 40;

/** The names of all directories above a name. */
const above = (/** @type {string} */ name) => [...name.matchAll(/\//g)].map(({ index }) => name.slice(0, index));
const isWithin = (/** @type {string} */ name, /** @type {string} */ top) => name === top || name.startsWith(`${top}/`);

/** Puts an entry into a tree, with the directories above it. */
function put(/** @type {Tree} */ tree, /** @type {string} */ name, /** @type {number | null} */ size) {
  for (const directory of above(name)) tree.set(directory, null);
  tree.set(name, size);
}

/** Copies what is at a place, with all below it. */
function copy(/** @type {Tree} */ tree, /** @type {string} */ from, /** @type {string} */ to) {
  for (const [name, size] of [...tree]) if (isWithin(name, from)) put(tree, to + name.slice(from.length), size);
}

function remove(/** @type {Tree} */ tree, /** @type {string} */ top) {
  for (const name of [...tree.keys()]) if (isWithin(name, top)) tree.delete(name);
}

/** Ways to send bytes. @type {((client: Client, path: string, bytes: Buffer) => Promise<Answer>)[]} */
const WAYS = [
  (client, path, bytes) => client.put(path, bytes),
  (client, path, bytes) => client.put(path, [bytes]),
  (client, path, bytes) => upload(client, path, bytes),
  (client, path, bytes) => client.write(path, bytes.toString("base64"), { encoding: "base64" }),
];

/** One caller, who does one thing at a time in a folder of its own, and remembers what was acknowledged. */
class Lane {
  /** What was acknowledged. @type {Tree} */
  tree = new Map();
  /** What it is if the last call has been done although its answer never came. @type {Tree | undefined} */
  perhaps;
  acknowledged = 0;
  #serial = 0;

  /** @param {Chance} chance @param {string} userId @param {string} name @param {boolean} isLarge */
  constructor(chance, userId, name, isLarge) {
    this.chance = chance;
    this.userId = userId;
    this.folder = `${ROOT}/${name}`;
    this.isLarge = isLarge;
  }

  /** Works until the process is killed. @param {() => boolean} isKilled */
  async work(isKilled) {
    const client = server.client(this.userId);
    while (!isKilled()) {
      const after = new Map(this.tree);
      const call = this.#next(client, after);
      this.perhaps = after;
      const answer = await call().catch((error) => assert.ok(isKilled(), `nobody was killed, but ${error}`));
      if (!answer) return;
      ok(answer);
      this.tree = after;
      this.perhaps = undefined;
      this.acknowledged += 1;
    }
  }

  /** Something to do, and in `after` what comes of it. @param {Client} client @param {Tree} after @returns {() => Promise<Answer>} */
  #next(client, after) {
    const { chance } = this;
    const at = (/** @type {string} */ name) => `${this.folder}/${name}`;
    const files = [...after].flatMap(([name, size]) => (size === null ? [] : [name]));
    const directories = [...after].flatMap(([name, size]) => (size === null ? [name] : []));
    const isFull = after.size > ENTRIES_MAX;
    const choice = files.length < 2 ? 0 : chance.pick(isFull ? 3 : 10) + (isFull ? 7 : 0);
    const target = chance.one([`m${this.#serial++}`, `n${this.#serial++}/o`]);
    const top = chance.one([...files, ...directories]);
    if (choice < 5) {
      // A name that a directory has been moved away from, or to, is a file's or nobody's.
      const name = chance.one([...NAMES.filter((name) => after.get(name) !== null), ...files]);
      const bytes = fresh(chance, this.isLarge);
      const way = chance.one(WAYS);
      put(after, name, bytes.length);
      return () => way(client, at(name), bytes);
    }
    if (choice === 5) {
      const [from, over] = [chance.one(files), chance.one(files)];
      copy(after, from, over);
      if (from !== over) remove(after, from);
      return () => client.move(at(from), at(over), { overwrite: true });
    }
    if (choice === 6 && directories.length > 0) {
      const from = chance.one(directories);
      copy(after, from, target);
      return () => client.copy(at(from), at(target));
    }
    if (choice < 8) {
      copy(after, top, target);
      remove(after, top);
      return () => client.move(at(top), at(target));
    }
    remove(after, top);
    return () => client.remove(at(top), choice === 8 ? { permanent: true } : {});
  }

  /** Holds what is there to what was acknowledged; to the byte, as far as it has not been read before. @param {Set<number>} read */
  async check(read) {
    const client = server.client(this.userId);
    const answer = await client.list(this.folder, { recursive: true });
    /** @type {{ path: string, type: string, size: number }[]} */
    const files = answer.status === 404 ? [] : ok(answer).files;
    const name = (/** @type {string} */ path) => path.slice(this.folder.length + 1);
    const found = new Map(files.map(({ path, type, size }) => [name(path), type === "file" ? size : null]));
    const sorted = (/** @type {Tree} */ tree) => [...tree].sort(([a], [b]) => (a < b ? -1 : 1));
    const isDone = this.perhaps && JSON.stringify(sorted(found)) === JSON.stringify(sorted(this.perhaps));
    if (!isDone)
      assert.deepEqual(sorted(found), sorted(this.tree), `${this.folder}: neither as it was nor as it was to be`);
    for (const { path, type, size } of files) {
      if (type !== "file" || read.has(size)) continue;
      const { status, bytes } = await client.content(path);
      assert.deepEqual([status, bytes.length, hash(bytes)], [200, size, sent.get(size)], path);
      read.add(size);
    }
    this.tree = found;
    this.perhaps = undefined;
  }
}

/** Every transaction of the feed is whole, and nothing is newer than the last rev that was given. */
async function wholeFeed(/** @type {string} */ userId) {
  const torn = "SELECT txn FROM change GROUP BY txn HAVING min(rev) <> txn OR max(rev) - min(rev) + 1 <> count(*)";
  assert.deepEqual(await server.sql(userId, torn), []);
  const [{ gaps, newest, rev }] = await server.sql(
    userId,
    `SELECT max(rev) - min(rev) + 1 - count(*) AS gaps, max(max(rev), (SELECT max(rev) FROM node)) AS newest,
       (SELECT v FROM meta WHERE k = 'rev') AS rev FROM change`,
  );
  assert.ok(!gaps, `${gaps} revs are missing from the feed`);
  assert.ok(newest <= rev, `${newest} was given, but the last is said to be ${rev}`);
}

/** The books of one user; then time passes, so that the alarm is at work when the next kill comes. */
async function audit(/** @type {string} */ userId) {
  await wholeFeed(userId);
  await accounted(server, userId);
  await server.sql(userId, "UPDATE blob SET doomed_ms = 1 WHERE state = 1");
  await server.sql(userId, "UPDATE upload SET expires_ms = 1");
  await server.sql(userId, "UPDATE timer SET due_ms = 1");
}

test(`after ${KILLS} kills every acknowledged change is there, and nothing is half`, async (context) => {
  context.diagnostic(`KILL_SEED=${SEED}`);
  const users = [server.user(), server.user(), server.user()];
  const lanes = users.flatMap((userId, n) =>
    ["small", "large"].map((name, m) => new Lane(new Chance(SEED + 2 * n + m), userId, name, name === "large")),
  );
  const chance = new Chance(SEED - 1);
  const read = new Set();
  const acknowledged = () => lanes.reduce((sum, lane) => sum + lane.acknowledged, 0);
  let cut = 0;
  for (let kill = 1; kill <= KILLS; kill += 1) {
    let isKilled = false;
    const work = Promise.all(lanes.map((lane) => lane.work(() => isKilled)));
    const least = acknowledged() + chance.pick(9);
    await Promise.race([sleep(10 + chance.pick(170)), work]); // a lane that fails ends the wait
    // On a machine that does little in such a time, kills are counted out by what was done.
    while (acknowledged() < least) await Promise.race([sleep(5), work]);
    const [runtime, ...more] = server.runtimes();
    assert.ok(runtime && more.length === 0, "one process to kill");
    isKilled = true;
    process.kill(runtime, "SIGKILL");
    await work;
    await server.restart();
    cut += lanes.filter(({ perhaps }) => perhaps).length;
    await inParallel(lanes, (lane) => lane.check(read));
    if (kill % KILLS_PER_AUDIT === 0) await inParallel(users, audit);
  }
  const said = `${acknowledged()} changes acknowledged, ${cut} cut off`;
  context.diagnostic(said);
  assert.ok(acknowledged() > 3 * KILLS && cut > 3 * KILLS, `only ${said}`);
  for (const userId of users) await onlyLive(server, userId);
  for (const lane of lanes) await lane.check(new Set());
});
