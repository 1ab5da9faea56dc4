// Checkpoints and turns over HTTP: an agent's worst turn is taken back by one call.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { cost, inParallel, keys, names, ok, refused, TIME } from "./expect.mjs";
import { fsck } from "./fsck.mjs";
import { serve } from "./harness.mjs";
import { accounted } from "./ledger.mjs";

const server = serve();

/** @typedef {import("./client.mjs").Client} Client */

/** A route beside the files'. @param {Client} client @param {string} method @param {string} path @param {any} [value] @param {Record<string, string>} [headers] */
const api = (client, method, path, value, headers = {}) => {
  const { search } = client.url("");
  const [route, query] = path.split("?");
  const target = `/api/${route}${search}${query ? `&${query}` : ""}`;
  return value === undefined
    ? client.raw({ method, target, headers })
    : client.raw({
        method,
        target,
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(value),
      });
};

/** Everything in the tree, each file with its tag. @param {Client} client */
async function tree(client) {
  const { files } = ok(await client.list(ROOT, { recursive: true }));
  return Promise.all(
    files.map(async (/** @type {any} */ file) => {
      const { etag } = file.type === "file" ? ok(await client.stat(file.path)) : { etag: null };
      return [file.path, etag];
    }),
  );
}

const agent = { "x-actor": "agent", "x-turn": "turn/7" };

test("a turn that changed, moved and deleted 300 files is undone by one call with every byte back", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const file = (/** @type {number} */ n) => `${ROOT}/project/dir${n % 10}/file${n}.txt`;
  const large = (/** @type {number} */ n) => `${n}`.repeat(1_100_000 / `${n}`.length);
  await inParallel(
    Array.from({ length: 300 }, (_, n) => n),
    async (n) => ok(n % 100 === 0 ? await client.put(file(n), large(n)) : await client.write(file(n), `content ${n}`)),
  );
  const before = await tree(client);
  for (let n = 0; n < 300; n += 1) {
    const path = file(n);
    const to = { from: path, to: `${ROOT}/elsewhere/file${n}` };
    if (n % 3 === 0) ok(await client.put(path, "destroyed", agent));
    else if (n % 3 === 1) ok(await client.post("/move", to, agent));
    else ok(await client.request("DELETE", "", { params: { path }, headers: agent }));
  }
  ok(await client.request("DELETE", "", { params: { path: `${ROOT}/project/dir3` }, headers: agent }));
  const undone = ok(await api(client, "POST", "turns/turn%2F7/undo"));
  assert.deepEqual(undone.conflicts, []);
  assert.deepEqual(await tree(client), before);
  for (const n of [0, 1, 2, 100, 299]) {
    const content = (await client.content(file(n))).bytes.toString();
    assert.equal(content, n % 100 === 0 ? large(n) : `content ${n}`);
  }
  await accounted(server, userId);
  const { problems } = await fsck(server, userId);
  assert.deepEqual(problems, []);
  const again = ok(await api(client, "POST", `turns/${undone.turn}/undo`));
  assert.deepEqual(again.conflicts, []);
  assert.equal((await client.content(file(0))).bytes.toString(), "destroyed");
  const { turns } = ok(await api(client, "GET", "turns"));
  assert.deepEqual(
    turns.map((/** @type {any} */ one) => [one.turn, one.undoes, one.undone]),
    [
      [again.turn, undone.turn, false],
      [undone.turn, "turn/7", true],
      ["turn/7", undefined, false],
    ],
  );
});

test("what somebody else has changed since is a conflict, and is taken with force", async () => {
  const client = server.client();
  for (const name of ["mine", "theirs"]) ok(await client.write(`${ROOT}/${name}`, "1"));
  for (const name of ["mine", "theirs", "made"]) ok(await client.write(`${ROOT}/${name}`, "2", {}, agent));
  ok(await client.write(`${ROOT}/theirs`, "3"));
  const undone = ok(await api(client, "POST", "turns/turn%2F7/undo", {}));
  assert.deepEqual(keys(undone), ["conflicts", "conflictsTotal", "restored", "success", "trashed", "turn"]);
  const [conflict] = undone.conflicts;
  assert.deepEqual([conflict.path, conflict.reason, undone.conflicts.length], [`${ROOT}/theirs`, "changed-since", 1]);
  assert.deepEqual([undone.restored, undone.trashed, undone.conflictsTotal], [1, 1, 1]);
  assert.deepEqual(names(ok(await client.list(ROOT))), ["mine", "theirs"]);
  assert.equal(ok(await client.read(`${ROOT}/theirs`)).content, "3");
  ok(await api(client, "POST", "turns/turn%2F7/undo", { force: true }));
  assert.equal(ok(await client.read(`${ROOT}/theirs`)).content, "1");
  refused(await api(client, "POST", "turns/turn%2F7/undo", { force: "yes" }), 400);
  refused(await api(client, "POST", "turns/never/undo"), 404);
});

test("turns say what they did", async () => {
  const client = server.client();
  ok(await client.write(`${ROOT}/a`, "1", {}, agent));
  ok(await client.write(`${ROOT}/b`, "1", {}, { "x-turn": "other" }));
  ok(await client.post("/move", { from: `${ROOT}/a`, to: `${ROOT}/c` }, agent));
  const { turns } = ok(await api(client, "GET", "turns"));
  assert.deepEqual(keys(turns[0]), ["actor", "changes", "first", "firstAt", "lastAt", "turn", "undone"]);
  assert.deepEqual(
    turns.map((/** @type {any} */ one) => [one.turn, one.actor, one.changes]),
    [
      ["turn/7", "agent", 2],
      ["other", null, 1],
    ],
  );
  assert.match(turns[0].firstAt, TIME);
  const page = ok(await api(client, "GET", "turns?limit=1"));
  assert.equal(ok(await api(client, "GET", `turns?limit=1&cursor=${page.cursor}`)).turns[0].turn, "other");
  const did = ok(await api(client, "GET", "turns/turn%2F7"));
  assert.deepEqual(
    did.changes.map((/** @type {any} */ one) => [one.change, one.path, one.from]),
    [
      ["create", `${ROOT}/a`, undefined],
      ["move", `${ROOT}/c`, `${ROOT}/a`],
    ],
  );
  const first = ok(await api(client, "GET", "turns/turn%2F7?limit=1"));
  assert.equal(ok(await api(client, "GET", `turns/turn%2F7?cursor=${first.cursor}`)).changes.length, 1);
  refused(await api(client, "GET", "turns/never"), 404);
  refused(await api(client, "GET", "turns/%FF"), 404);
});

test("a checkpoint brings the tree back, keeps what is deleted for good, and lets it go in the end", async () => {
  const userId = server.user();
  const client = server.client(userId);
  ok(await client.write(`${ROOT}/keep/small`, "small"));
  ok(await client.put(`${ROOT}/keep/large`, "large".repeat(300_000)));
  const checkpoint = ok(await api(client, "POST", "checkpoints", { label: "before" }));
  assert.deepEqual(keys(checkpoint), ["createdAt", "id", "label"]);
  const before = await tree(client);
  ok(await client.write(`${ROOT}/keep/small`, "other"));
  ok(await client.remove(`${ROOT}/keep`, { permanent: true }));
  ok(await client.write(`${ROOT}/new`, "new"));
  const left = () => server.sql(userId, "SELECT count(*) AS nodes FROM node WHERE parent = -1");
  await server.swept(userId, left, ([{ nodes }]) => nodes === 0);
  ok(await client.remove(`${ROOT}/.rounds`, { permanent: true }));
  const { changes, total } = ok(await api(client, "GET", `checkpoints/${checkpoint.id}/changes`));
  assert.deepEqual(
    changes.map((/** @type {any} */ one) => [one.change, one.path, one.type, one.rewritten]),
    [
      ["deleted", `${ROOT}/keep`, "directory", false],
      ["created", `${ROOT}/new`, "file", false],
    ],
  );
  assert.equal(total, 2);
  const page = ok(await api(client, "GET", `checkpoints/${checkpoint.id}/changes?limit=1`));
  const next = ok(await api(client, "GET", `checkpoints/${checkpoint.id}/changes?limit=1&cursor=${page.cursor}`));
  assert.deepEqual([...page.changes, ...next.changes, next.cursor], [...changes, undefined]);
  const restored = ok(await api(client, "POST", `checkpoints/${checkpoint.id}/restore`));
  assert.deepEqual([restored.trashed, restored.conflicts], [1, []]);
  assert.deepEqual(await tree(client), before);
  ok(await client.remove(`${ROOT}/keep`, { permanent: true }));
  ok(await api(client, "DELETE", `checkpoints/${checkpoint.id}`));
  assert.deepEqual(ok(await api(client, "GET", "checkpoints")).checkpoints, []);
  await server.swept(
    userId,
    () => server.objects("DATA", `users/${userId}/blobs/`),
    ({ size }) => size === 0,
  );
  await accounted(server, userId);
  refused(await api(client, "POST", `checkpoints/${checkpoint.id}/restore`), 404, "Checkpoint not found");
});

test("every change of history keeps who made it and in which turn", async () => {
  const userId = server.user();
  const client = server.client(userId);
  ok(await client.write(`${ROOT}/a`, "1", {}, { "x-turn": "first" }));
  const { version } = ok(await client.request("GET", "/versions", { params: { path: `${ROOT}/a` } })).versions[0];
  ok(await client.write(`${ROOT}/a`, "2"));
  const by = { "x-actor": "app:time-machine", "x-turn": "mine" };
  const { id } = ok(await api(client, "POST", "checkpoints", {}, by));
  ok(await client.post("/versions/restore", { path: `${ROOT}/a`, version }, by));
  const restored = ok(await api(client, "POST", `checkpoints/${id}/restore`, {}, by));
  const undone = ok(await api(client, "POST", "turns/first/undo", { force: true }, by));
  ok(await api(client, "DELETE", `checkpoints/${id}`, undefined, by));
  assert.deepEqual([restored.turn, undone.turn], ["mine", "mine"]);
  const changes = await server.sql(userId, "SELECT kind, actor FROM change WHERE turn = 'mine' ORDER BY rev");
  assert.deepEqual(
    changes.map(({ kind, actor }) => [kind, actor]),
    ["checkpoint", "write", "revert", "trash", "drop-checkpoint"].map((kind) => [kind, "app:time-machine"]),
  );
});

test("one folder comes back and the rest stays", async () => {
  const client = server.client();
  ok(await client.write(`${ROOT}/a/file`, "1"));
  ok(await client.write(`${ROOT}/b/file`, "1"));
  const { id } = ok(await api(client, "POST", "checkpoints"));
  for (const name of ["a", "b"]) ok(await client.write(`${ROOT}/${name}/file`, "2"));
  ok(await client.move(`${ROOT}/a`, `${ROOT}/x/a`));
  ok(await api(client, "POST", `checkpoints/${id}/restore`, { path: `${ROOT}/a` }));
  assert.equal(ok(await client.read(`${ROOT}/a/file`)).content, "1");
  assert.equal(ok(await client.read(`${ROOT}/b/file`)).content, "2");
  refused(await api(client, "POST", `checkpoints/${id}/restore`, { path: `${ROOT}/none` }), 404, "Path not found");
  refused(await api(client, "POST", `checkpoints/${id}/restore`, { path: "/etc" }), 400);
  refused(await api(client, "POST", "checkpoints/x/restore"), 400);
  refused(await api(client, "POST", "checkpoints", { label: "x".repeat(201) }), 400);
});

test("a checkpoint of 10,000 entries costs what one of ten costs, and a restore what has changed", async () => {
  const rows = [];
  for (const count of [10, 10_000]) {
    const userId = server.user();
    const client = server.client(userId);
    ok(await client.write(`${ROOT}/flat/file`, "x"));
    await server.plant(userId, "flat", count);
    await server.sql(userId, "UPDATE meta SET v = 2000000000 WHERE k = 'rev'");
    await server.sql(userId, "UPDATE node SET children_rev = 2000000000 WHERE kind = 0");
    const taken = await api(client, "POST", "checkpoints");
    const spent = [cost(taken)];
    for (let n = 1; n <= 5; n += 1) ok(await client.write(`${ROOT}/flat/name-0000${n}`, `${n}`));
    const restored = await api(client, "POST", `checkpoints/${ok(taken).id}/restore`);
    assert.equal(ok(restored).restored, 5);
    spent.push(cost(restored));
    rows.push(spent.map(({ read, written }) => [read, written]));
  }
  const [ten, many] = rows;
  for (const [n, [read, written]] of (many ?? []).entries()) {
    const [fewRead = 0, fewWritten = 0] = ten?.[n] ?? [];
    assert.ok(
      Math.abs((read ?? 0) - fewRead) <= 12 && Math.abs((written ?? 0) - fewWritten) <= 4,
      JSON.stringify(rows),
    );
  }
  assert.ok((many?.[0]?.[1] ?? 99) < 10, `a checkpoint wrote ${many?.[0]}`);
  assert.ok((many?.[1]?.[1] ?? 999) < 150, `five files back wrote ${many?.[1]}`);
});

test("usage tells what is stored as what, without reading the tree", async () => {
  const userId = server.user();
  const client = server.client(userId);
  ok(await client.write(`${ROOT}/flat/a`, "12345"));
  ok(await client.write(`${ROOT}/flat/a`, "123"));
  ok(await client.write(`${ROOT}/b`, "1234567"));
  ok(await client.remove(`${ROOT}/b`));
  const { copy, ...usage } = ok(await api(client, "GET", "usage"));
  assert.equal(copy.rev, 7);
  assert.deepEqual(usage, {
    live: { bytes: 3, files: 1 },
    trash: { bytes: 7, files: 1 },
    versions: { bytes: 5, files: 1 },
    media: { bytes: 0, files: 0 },
    published: { bytes: 0, files: 0 },
    quota: { bytes: 2 ** 30, left: 2 ** 30 - 15, reserved: 0, leaving: 0 },
  });
  const before = cost(await api(client, "GET", "usage")).read;
  await server.plant(userId, "flat", 5_000);
  const after = cost(await api(client, "GET", "usage")).read;
  assert.ok(after <= before + 4 && after < 60, `${before} rows, and ${after} with 5,000 files more`);
});
