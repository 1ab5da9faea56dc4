// A publish is one moment's tree, whatever is written meanwhile; and a large one takes no more memory and calls than it may.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT } from "./client.mjs";
import { ok } from "./expect.mjs";
import { Server } from "./harness.mjs";
import { call } from "./media.mjs";
import { canonical, fill, mounted, nothingHeld, publish, shelved, treeOf } from "./publishing.mjs";
import { sha256 } from "./samples.mjs";
import { anyone } from "./store.mjs";

// It counts what a request asks of others.
const server = new Server({ CATALOG_CACHE_SECONDS: "0" }, undefined, join(import.meta.dirname, "stepping.mjs"));
before(() => server.start());
after(() => server.stop());

test("what is published while a hundred writes go on is exactly the tree between two of them", async () => {
  const userId = server.user();
  const client = server.client(userId);
  /** @type {Record<string, string>} */
  const files = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`d${n % 10}/f${n}`, `${n}`.repeat(2000)]));
  await fill(client, files);
  const hashes = [sha256(canonical(treeOf(files)))];
  let isPublishing = true;
  /** @type {{ began: number, ended: number, said: any }[]} */
  const all = [];
  const published = (async () => {
    while (isPublishing) {
      const began = hashes.length - 1;
      const said = ok(await publish(client, "desktop", { title: "Busy", desktopId: "busy" }));
      all.push({ began, ended: hashes.length, said });
    }
  })();
  published.catch(() => {}); // it is awaited below
  // Each write changes one thing, and all of them together the whole tree: what comes first in it, last, and in between.
  // Where publishing is slow beside writing there are more, until one of three has neither the first tree nor the last.
  for (let turn = 0; turn < 100 || (all.length < 3 && turn < 5000); turn += 1) {
    const names = Object.keys(files);
    const name = String(names[(turn * 37) % names.length]);
    const act = turn % 4;
    if (act === 0) {
      files[turn % 8 === 0 ? `a-first-${turn}` : `z-last-${turn}`] = `new in ${turn}`;
      ok(await client.put(`${ROOT}/${Object.keys(files).at(-1)}`, `new in ${turn}`));
    } else if (act === 1) {
      files[name] = `changed in ${turn}`;
      ok(await client.put(`${ROOT}/${name}`, `changed in ${turn}`));
    } else if (act === 2) {
      files[`m${turn}/moved`] = String(files[name]);
      delete files[name];
      ok(await client.move(`${ROOT}/${name}`, `${ROOT}/m${turn}/moved`));
    } else {
      delete files[name];
      ok(await client.remove(`${ROOT}/${name}`, { permanent: turn % 8 === 3 }));
    }
    // What is empty now is a directory still.
    hashes.push(sha256(canonical(treeOf(files, directories(files)))));
  }
  isPublishing = false;
  await published;
  let between = 0;
  for (const { began, ended, said } of all) {
    const { headers } = await anyone(server, `/api/desktops/${said.id}/snapshot?version=${said.version}`, {}, "HEAD");
    // A write is counted once its answer is here: its tree may have been there before.
    const index = hashes.indexOf(String(headers.etag).slice(1, -1));
    assert.ok(index >= began && index <= ended, `${said.version} is tree ${index}, of ${began} to ${ended}`);
    if (index > 0 && index < hashes.length - 1) between += 1;
  }
  assert.ok(between > 0, `${all.length} publishes, none of them between the first write and the last`);
  await nothingHeld(server, userId);
});

const seen = new Set();
/** Every directory that there has ever been: none was deleted. @param {Record<string, string>} files @returns {string[]} */
function directories(files) {
  for (const path of Object.keys(files)) if (path.includes("/")) seen.add(path.split("/")[0]);
  return [...seen];
}

/** The highest that the memory of the process goes while `work` runs, above what it has before, in MiB. Linux alone tells. */
async function growth(/** @type {() => Promise<any>} */ work) {
  const [pid] = server.runtimes();
  const kib = (/** @type {string} */ field) =>
    Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  const before = kib("VmRSS");
  const result = await work();
  return { result, grown: (kib("VmHWM") - before) / 1024 };
}

/** A folder of files of a size, of a hundred contents, by SQL: ten thousand requests would say no more. @param {string} userId @param {number} count @param {number} size */
async function planted(userId, count, size) {
  const contents = Array.from({ length: 100 }, () => randomBytes(size));
  const name = (/** @type {number} */ n) => `name-${String(n).padStart(5, "0")}`;
  await fill(server.client(userId), {
    "many/name-00000": contents[0] ?? "",
    ...Object.fromEntries(contents.map((bytes, n) => [`seed/${name(n)}`, bytes])),
  });
  await server.plant(userId, "many", count);
  await server.sql(
    userId,
    `UPDATE node SET rev = (SELECT v FROM meta WHERE k = 'rev'), blob = (
       SELECT s.blob FROM node s JOIN node d ON d.id = s.parent
        WHERE d.parent = 1 AND d.name = 'seed' AND s.name = printf('name-%05d', (node.id - 1000000000) % 100))
     WHERE id > 1000000000`,
  );
  const many = Object.fromEntries(
    Array.from({ length: count + 1 }, (_, n) => [`many/${name(n)}`, contents[n % 100] ?? ""]),
  );
  return { ...many, ...Object.fromEntries(contents.map((bytes, n) => [`seed/${name(n)}`, bytes])) };
}

const COUNT = 9899;

test("desktops of 100 and 200 MB in 10,000 files are published in bounded memory and calls, and are right", {
  skip: process.platform !== "linux" && "only Linux tells the memory of a process",
}, async (context) => {
  const json = { title: "Large", desktopId: "large" };
  const headers = { "x-stop-at": "1000000" };
  const grown = [];
  for (const size of [10_000, 20_000]) {
    const userId = server.user();
    const files = await planted(userId, COUNT, size);
    const client = server.client(userId);
    const began = performance.now();
    const { result, grown: more } = await growth(() => call(client, "POST", "/api/publish/desktop", { json, headers }));
    const said = ok(result);
    assert.equal(said.files, Object.keys(files).length);
    assert.ok(said.size > size * said.files && said.size < (size + 100) * said.files);
    const asked = Number(result.headers["x-steps"]) / 2;
    context.diagnostic(
      `${said.files} files: ${Math.round(more)} MiB more, asked ${asked} times, ${Math.round(performance.now() - began)} ms`,
    );
    assert.ok(asked <= 200, `others were asked ${asked} times`);
    grown.push(more);
    const got = await anyone(server, `/api/desktops/${said.id}/snapshot?version=${said.version}`);
    assert.equal(got.status, 200);
    assert.ok(canonical(treeOf(files)).equals(got.bytes), "byte for byte");
    assert.equal(
      mounted(got.bytes).many ? Object.keys(/** @type {any} */ (mounted(got.bytes)).many).length : 0,
      COUNT + 1,
    );
    const manifest = ok(await anyone(server, `/api/desktops/${said.id}/manifest?version=${said.version}`));
    assert.equal(manifest.snapshotHash, sha256(got.bytes));
    assert.equal(manifest.files.length, said.files);
    assert.equal((await shelved(server, userId)).length, 2);
    await nothingHeld(server, userId);
  }
  // The first takes what the collector of garbage leaves lying about, of the Worker, the object and the buckets, which are one
  // process here; twice as much hardly takes more.
  const [once = 0, twice = 0] = grown;
  assert.ok(once < 300 && twice < 100, `${once} MiB for 100 MB, ${twice} MiB more for 200 MB`);
});
