// The feed over HTTP: pages of what has changed since a rev, and waiting for it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ROOT } from "./client.mjs";
import { cost, keys, ok, refused } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve();

/** @typedef {import("./client.mjs").Client} Client */

/** @param {Client} client @param {Record<string, any>} [params] */
const changes = (client, params = {}) => client.request("GET", "/changes", { params });

test("who begins is told the newest rev, and from there every change once and in order", async () => {
  const client = server.client();
  assert.deepEqual(ok(await changes(client)), { changes: [], rev: 2, more: false });
  ok(await client.write(`${ROOT}/d/a`, "1"));
  ok(await client.write(`${ROOT}/d/a`, "22"));
  ok(await client.copy(`${ROOT}/d`, `${ROOT}/e`));
  ok(await client.remove(`${ROOT}/e`));
  const all = ok(await changes(client, { since: 2 }));
  assert.deepEqual(keys(all), ["changes", "more", "rev"]);
  assert.deepEqual(
    all.changes.map((/** @type {any} */ { rev, kind, path, from }) => [rev, kind, path, from]),
    [
      [3, "mkdir", `${ROOT}/d`, undefined],
      [4, "create", `${ROOT}/d/a`, undefined],
      [5, "write", `${ROOT}/d/a`, undefined],
      [6, "copy", `${ROOT}/e`, `${ROOT}/d`],
      [7, "copy", `${ROOT}/e/a`, `${ROOT}/d/a`],
      [8, "trash", `${ROOT}/e`, undefined],
    ],
  );
  assert.deepEqual([all.rev, all.more], [8, false]);
  const told = [];
  for (let rev = 2, more = true; more; ) {
    const page = ok(await changes(client, { since: rev, limit: 1 }));
    told.push(page.changes.map((/** @type {any} */ change) => change.rev));
    ({ rev, more } = page);
  }
  assert.deepEqual(told, [[3, 4], [5], [6, 7], [8]], "a page never splits a transaction");
  const some = ok(await changes(client, { since: 2, path: `${ROOT}/e/a` }));
  assert.deepEqual(
    some.changes.map((/** @type {any} */ change) => change.rev),
    [6, 7, 8],
  );
  assert.deepEqual(ok(await changes(client, { since: 7, limit: 0 })), { changes: [], rev: 7, more: true });
  const asked = await changes(client, { since: 7 });
  assert.ok(cost(asked).read < 20 && cost(asked).written === 0, JSON.stringify(cost(asked)));
});

test("what cannot be understood is refused, and what is lost is gone with the rev to list again from", async () => {
  const userId = server.user();
  const client = server.client(userId);
  for (const [params, text] of /** @type {[Record<string, any>, string][]} */ ([
    [{ since: "x" }, "since must be a whole number from 0"],
    [{ since: -1 }, "since must be a whole number from 0"],
    [{ since: 2, limit: 10_001 }, "limit must be a whole number from 0 to 10000"],
    [{ since: 2, wait: 31 }, "wait must be a whole number from 0 to 30"],
    [{ since: 2, path: "/etc" }, "Path must be within workspace"],
  ]))
    refused(await changes(client, params), 400, text);
  for (const name of ["a", "b", "c"]) ok(await client.write(`${ROOT}/${name}`, "1"));
  await server.sql(userId, "DELETE FROM change WHERE rev <= 4");
  assert.equal(refused(await changes(client, { since: 3 }), 410).rev, 5);
  assert.equal(ok(await changes(client, { since: 4 })).changes.length, 1);
  assert.equal(refused(await changes(client, { since: 6 }), 410).rev, 5);
  const reset = { method: "POST", target: client.target("").replace("/api/files", "/api/reset-workspace") };
  ok(await client.raw(reset));
  const { rev } = refused(await changes(client, { since: 5 }), 410);
  assert.deepEqual(ok(await changes(client, { since: rev })), { changes: [], rev, more: false });
  assert.equal(refused(await changes(client, { since: 5, wait: 30 }), 410).rev, rev);
});

test("a wait ends with the first change that is asked for, or with its time", async () => {
  const client = server.client();
  const begun = performance.now();
  const [any, there, none] = [
    changes(client, { since: 2, wait: 30 }),
    changes(client, { since: 2, wait: 30, path: `${ROOT}/there` }),
    changes(client, { wait: 1 }),
  ];
  const quiet = ok(await none);
  assert.deepEqual(quiet, { changes: [], rev: 2, more: false });
  assert.ok(performance.now() - begun > 990);
  ok(await client.write(`${ROOT}/here`, "1"));
  assert.deepEqual(
    ok(await any).changes.map((/** @type {any} */ change) => change.path),
    [`${ROOT}/here`],
  );
  ok(await client.write(`${ROOT}/here`, "2"));
  await sleep(100);
  ok(await client.write(`${ROOT}/there`, "3"));
  const told = ok(await there);
  assert.deepEqual(
    told.changes.map((/** @type {any} */ change) => [change.path, change.rev]),
    [[`${ROOT}/there`, 5]],
  );
  assert.equal(told.rev, 5);
  assert.ok(performance.now() - begun < 25_000);
});

test("who waits for something older is answered at once, and a wait ends by a reset", async () => {
  const client = server.client();
  ok(await client.write(`${ROOT}/a`, "1"));
  const begun = performance.now();
  assert.equal(ok(await changes(client, { since: 2, wait: 30 })).changes.length, 1);
  // With the rev said, it ends like that even if it comes after the reset.
  const waiting = changes(client, { since: 3, wait: 30 });
  await sleep(200);
  ok(await client.raw({ method: "POST", target: client.target("").replace("/api/files", "/api/reset-workspace") }));
  assert.equal(refused(await waiting, 410).rev, 4);
  assert.ok(performance.now() - begun < 25_000);
});
