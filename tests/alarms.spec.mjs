// What happens by itself: the trash expires, old versions go, and everything else outlives its process.
//
// Time is not waited for but written: rows are aged by SQL, then any mutation re-arms the alarm, which runs at once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { eventually, names, ok, refused } from "./expect.mjs";
import { start } from "./harness.mjs";

const FILE = `${ROOT}/file.txt`;

/** @typedef {import("./harness.mjs").Server} Server */

/** A Worker of these settings for one test. @param {import("./harness.mjs").Overrides} overrides @param {(server: Server) => Promise<void>} body */
const under = (overrides, body) => async () => {
  const server = await start(overrides);
  try {
    await body(server);
  } finally {
    await server.stop();
  }
};

const one = async (/** @type {Server} */ server, /** @type {string} */ userId, /** @type {string} */ statement) =>
  Object.values((await server.sql(userId, statement))[0] ?? {})[0];

test(
  "a workspace of which nothing is asked has nothing to do",
  under({}, async (server) => {
    const userId = server.user();
    ok(await server.client(userId).write(FILE, "x"));
    const due = `SELECT count(*) FROM timer WHERE due_ms <= ${Date.now() + 60_000}`;
    await eventually(
      () => one(server, userId, due),
      (count) => count === 0,
    );
  }),
);

test(
  "trash that has expired goes by itself, and what has not stays",
  under({ VERSIONS_DAYS: "0" }, async (server) => {
    const userId = server.user();
    const client = server.client(userId);
    ok(await client.write(FILE, "expired"));
    ok(await client.write(`${ROOT}/dir/inner`, "expired too"));
    ok(await client.write(`${ROOT}/kept.txt`, "kept"));
    const file = ok(await client.remove(FILE)).trashPath;
    const dir = ok(await client.remove(`${ROOT}/dir`)).trashPath;
    const kept = ok(await client.remove(`${ROOT}/kept.txt`)).trashPath;
    await server.sql(
      userId,
      "UPDATE trash SET deleted_ms = 1, expires_ms = 2 WHERE original_path NOT LIKE '%kept.txt'",
    );
    await server.swept(
      userId,
      async () => ok(await client.trash()).files,
      ({ length }) => length === 1,
    );
    for (const path of [file, dir, `${dir}/inner`]) refused(await client.stat(path), 404, "Path not found");
    refused(await client.restore(file), 404);
    const bytes = await server.swept(
      userId,
      () => one(server, userId, "SELECT v FROM meta WHERE k = 'stored_bytes'"),
      (left) => Number(left) === 4,
    );
    assert.equal(Number(bytes), 4);
    ok(await client.restore(kept));
    assert.equal(ok(await client.read(`${ROOT}/kept.txt`)).content, "kept");
  }),
);

test(
  "the days that the trash keeps an entry are configuration",
  under({ TRASH_DAYS: "2" }, async (server) => {
    const client = server.client();
    ok(await client.write(FILE, "x"));
    const { trashedAt, expiresAt } = ok(await client.remove(FILE));
    assert.equal(Date.parse(expiresAt) - Date.parse(trashedAt), 2 * 24 * 60 * 60 * 1000);
  }),
);

test(
  "with no days to keep, the trash is emptied by the alarm without anyone asking",
  under({ TRASH_DAYS: "0" }, async (server) => {
    const client = server.client();
    ok(await client.write(FILE, "x"));
    const { trashPath } = ok(await client.remove(FILE));
    await eventually(
      async () => (await client.stat(trashPath)).status,
      (status) => status === 404,
    );
    assert.deepEqual(ok(await client.trash()).files, []);
  }),
);

/** Ten versions of one file, each of its own bytes. @param {import("./client.mjs").Client} client */
async function tenVersions(client) {
  for (let n = 0; n < 10; n += 1) ok(await client.write(FILE, `version ${n} ${"x".repeat(1000)}`));
}

test(
  "by default the versions of a file survive a sweep",
  under({}, async (server) => {
    const userId = server.user();
    const client = server.client(userId);
    await tenVersions(client);
    // A thing that the sweep does take, to see that it ran.
    ok(await client.write(`${ROOT}/gone`, "gone"));
    ok(await client.remove(`${ROOT}/gone`));
    await server.sql(userId, "UPDATE trash SET deleted_ms = 1, expires_ms = 2");
    await server.swept(
      userId,
      async () => ok(await client.trash()).files,
      ({ length }) => length === 0,
    );
    const versions = await one(
      server,
      userId,
      "SELECT count(DISTINCT blob) FROM past JOIN blob ON blob.id = past.blob",
    );
    assert.ok(Number(versions) >= 9, String(versions));
  }),
);

test(
  "no more versions of a file are kept than configured, and the newest of them",
  under({ VERSIONS_PER_FILE: "3" }, async (server) => {
    const userId = server.user();
    const client = server.client(userId);
    await tenVersions(client);
    const { rev } = ok(await client.stat(FILE));
    const kept = await server.swept(
      userId,
      () => server.sql(userId, "SELECT from_rev, to_rev FROM past WHERE blob IS NOT NULL ORDER BY to_rev"),
      ({ length }) => length <= 3,
    );
    assert.equal(kept.length, 3);
    assert.equal(kept.at(-1)?.to_rev, rev);
    await server.swept(
      userId,
      () => one(server, userId, "SELECT count(*) FROM blob"),
      (count) => Number(count) === 4,
    );
    assert.equal(ok(await client.read(FILE)).content.slice(0, 9), "version 9");
  }),
);

test(
  "with no days to keep, a sweep leaves the present only",
  under({ VERSIONS_DAYS: "0" }, async (server) => {
    const userId = server.user();
    const client = server.client(userId);
    await tenVersions(client);
    await server.swept(
      userId,
      () => one(server, userId, "SELECT count(*) FROM past WHERE size > 1000"),
      (count) => Number(count) === 0,
    );
    await server.swept(
      userId,
      () => one(server, userId, "SELECT count(*) FROM blob"),
      (count) => Number(count) === 1,
    );
    assert.equal(ok(await client.read(FILE)).content.slice(0, 9), "version 9");
  }),
);

test(
  "retention never leaves half of a transaction in the feed",
  under({ VERSIONS_DAYS: "0" }, async (server) => {
    const userId = server.user();
    const client = server.client(userId);
    ok(await client.write(`${ROOT}/first`, "x"));
    // Three entries, and rows, in one transaction, which is the newest when the alarm comes.
    ok(await client.write(`${ROOT}/a/b/c`, "x"));
    await eventually(
      () => server.sql(userId, "SELECT rev FROM change WHERE path LIKE '%first'"),
      ({ length }) => length === 0,
    );
    const split = "SELECT txn, count(*) AS rows FROM change GROUP BY txn HAVING min(rev) <> txn";
    assert.deepEqual(await server.sql(userId, split), []);
  }),
);

test(
  "a full workspace refuses more, still lets go, and has the room again",
  under({ QUOTA_BYTES: "100000", VERSIONS_DAYS: "0" }, async (server) => {
    const userId = server.user();
    const client = server.client(userId);
    const bytes = (/** @type {number} */ fill) => Buffer.alloc(60_000, fill);
    ok(await client.put(`${ROOT}/one`, bytes(1)));
    const { status, body } = await client.put(`${ROOT}/two`, bytes(2));
    assert.ok((status >= 400 && status < 500) || status === 507, String(status));
    assert.equal(typeof body.error, "string");
    assert.deepEqual(names(ok(await client.list())), ["one"]);
    ok(await client.copy(`${ROOT}/one`, `${ROOT}/copy`)); // equal bytes take no room
    for (const name of ["one", "copy"]) ok(await client.remove(`${ROOT}/${name}`, { permanent: true }));
    const put = () => client.put(`${ROOT}/two`, bytes(2));
    await server.swept(
      userId,
      async () => (await put()).status,
      (answered) => answered === 200,
    );
  }),
);

test(
  "files, directories, trash and their times survive a restart",
  under({}, async (server) => {
    const userId = server.user();
    const client = server.client(userId);
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, n) => (n * 31) % 256));
    ok(await client.write(`${ROOT}/dir/sub/text.md`, "text"));
    ok(await client.put(`${ROOT}/dir/bytes.bin`, bytes));
    ok(await client.mkdir(`${ROOT}/empty`));
    ok(await client.write(FILE, "trashed"));
    const { trashPath } = ok(await client.remove(FILE));
    const [tree, trash, stat] = [
      ok(await client.list(ROOT, { recursive: true })),
      ok(await client.trash()),
      ok(await client.stat(`${ROOT}/dir/bytes.bin`)),
    ];
    await server.restart();
    const again = server.client(userId);
    assert.deepEqual(ok(await again.list(ROOT, { recursive: true })), tree);
    assert.deepEqual(ok(await again.trash()), trash);
    assert.deepEqual(ok(await again.stat(`${ROOT}/dir/bytes.bin`)), stat);
    assert.deepEqual((await again.content(`${ROOT}/dir/bytes.bin`)).bytes, bytes);
    ok(await again.restore(trashPath));
    assert.equal(ok(await again.read(FILE)).content, "trashed");
    const later = ok(await again.stat(FILE));
    assert.ok(later.rev > stat.rev);
  }),
);

test(
  "what was due while the Worker was down is done when the object is next opened",
  under({}, async (server) => {
    const userId = server.user();
    const client = server.client(userId);
    ok(await client.write(FILE, "x"));
    ok(await client.remove(FILE));
    await server.sql(userId, "UPDATE trash SET deleted_ms = 1, expires_ms = 2");
    await server.sql(userId, "UPDATE timer SET due_ms = 1");
    await server.restart();
    const again = server.client(userId);
    await eventually(
      async () => ok(await again.trash()).files,
      ({ length }) => length === 0,
    );
  }),
);

test(
  "a workspace of a newer schema is refused with 503 and left as it is",
  under({}, async (server) => {
    const userId = server.user();
    const client = server.client(userId);
    ok(await client.write(FILE, "x"));
    const { trashPath } = ok(await client.remove(FILE));
    ok(await client.write(FILE, "y"));
    const all = async () => ({
      node: await server.sql(userId, "SELECT * FROM node ORDER BY id"),
      change: await server.sql(userId, "SELECT * FROM change ORDER BY rev"),
      trash: await server.sql(userId, "SELECT * FROM trash ORDER BY node"),
      blob: await server.sql(userId, "SELECT id, size, state FROM blob ORDER BY id"),
      meta: await server.sql(userId, "SELECT * FROM meta ORDER BY k"),
    });
    const schema = await one(server, userId, "SELECT v FROM meta WHERE k = 'schema'");
    await server.sql(userId, "UPDATE meta SET v = 999 WHERE k = 'schema'");
    // From here on nobody opens it; an alarm that was under way may still have written until now.
    await server.evict(userId);
    const before = await all();
    for (const answer of [
      await client.list(),
      await client.read(FILE),
      await client.stat(FILE),
      await client.trash(),
      await client.content(FILE),
      await client.write(FILE, "z"),
      await client.put(FILE, "z"),
      await client.mkdir(`${ROOT}/d`),
      await client.move(FILE, `${ROOT}/m`),
      await client.copy(FILE, `${ROOT}/c`),
      await client.remove(FILE),
      await client.remove(FILE, { permanent: true }),
      await client.restore(trashPath, `${ROOT}/r`),
      await client.emptyTrash(),
    ])
      refused(answer, 503);
    assert.deepEqual(await all(), before);
    ok(await server.client().list()); // other users are not concerned
    await server.sql(userId, "UPDATE meta SET v = ? WHERE k = 'schema'", schema);
    await server.evict(userId);
    assert.equal(ok(await client.read(FILE)).content, "y");
    assert.deepEqual(names(ok(await client.list())), ["file.txt"]);
  }),
);
