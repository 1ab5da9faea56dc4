// The client under Node, against the Worker: every kind of call, how it fails, and what it repeats.

import assert from "node:assert/strict";
import http from "node:http";
import { test } from "node:test";
import { connect, parseGateway } from "../dashboard/client/index.ts";
import { mint } from "../dashboard/client/mint.ts";
import { gatewayUrl, ROOT } from "./client.mjs";
import { fails } from "./dashboard-client.mjs";
import { eventually, ok } from "./expect.mjs";
import { SECRET, serve } from "./harness.mjs";
import { filesOf, unzipped } from "./zips.mjs";

const server = serve();

/** A client of a new user. @param {import("../dashboard/client/http.ts").ConnectOptions} [options] */
function open(options) {
  const userId = server.user();
  return {
    userId,
    holdfast: connect(gatewayUrl(server.url, server.signed(userId)), options),
    raw: server.client(userId),
  };
}

test("files are written, listed, read, moved, copied, trashed and restored", async () => {
  const { files } = open().holdfast;
  await files.mkdir(`${ROOT}/notes`);
  assert.equal((await files.write(`${ROOT}/notes/ä b.md`, "é")).size, 2);
  const { etag } = await files.upload(`${ROOT}/bytes.bin`, new Blob([new Uint8Array([0, 255])]));
  assert.deepEqual(
    new Uint8Array(await (await files.content(`${ROOT}/bytes.bin`)).arrayBuffer()),
    new Uint8Array([0, 255]),
  );
  assert.equal((await files.stat(`${ROOT}/bytes.bin`)).etag, etag);
  assert.equal((await files.read(`${ROOT}/notes/ä b.md`)).content, "é");
  assert.equal(
    await (await files.content(`${ROOT}/bytes.bin`, { range: [1, 1] })).arrayBuffer().then((b) => b.byteLength),
    1,
  );
  await files.move(`${ROOT}/bytes.bin`, `${ROOT}/notes/moved.bin`);
  await files.copy(`${ROOT}/notes`, `${ROOT}/copy`);
  const { trashPath = "" } = await files.remove(`${ROOT}/notes`);
  assert.deepEqual(
    (await files.listAll()).map(({ name }) => name),
    ["copy"],
  );
  assert.equal((await files.trash()).files.length, 1);
  assert.equal((await files.restore(trashPath)).path, `${ROOT}/notes`);
  await files.remove(`${ROOT}/copy`, { permanent: true });
  assert.equal((await files.emptyTrash()).count, 0);
  assert.deepEqual(
    (await files.listAll(ROOT, { recursive: true })).map(({ name }) => name),
    ["notes", "moved.bin", "ä b.md"],
  );
});

test("files and folders come as one zip, however many are named; a refusal and an abort are told", async () => {
  const { files } = open().holdfast;
  const names = Array.from({ length: 200 }, (_, at) => `${"n".repeat(80)}-${at}`);
  await Promise.all(names.map((name) => files.write(`${ROOT}/many/${name}`, name)));
  const get = async (/** @type {string[]} */ paths) => {
    const response = await files.zip(paths);
    const bytes = Buffer.from(await response.arrayBuffer());
    assert.equal(Number(response.headers.get("Content-Length")), bytes.length);
    return filesOf(unzipped(bytes));
  };
  assert.equal(Object.keys(await get([`${ROOT}/many`])).length, 200);
  assert.deepEqual(Object.keys(await get(names.map((name) => `${ROOT}/many/${name}`))).sort(), names.toSorted());
  await fails(files.zip([`${ROOT}/none`]), 404, /^Path not found$/);
  await assert.rejects(files.zip([ROOT], { signal: AbortSignal.abort() }), { name: "AbortError" });
});

test("a listing of many pages is whole, and one that has not changed is not sent again", async () => {
  const { holdfast } = open();
  for (let at = 0; at < 7; at += 1) await holdfast.files.write(`${ROOT}/${at}.txt`, "x");
  assert.equal((await holdfast.files.listAll(ROOT, { limit: 3 })).length, 7);
  const { etag } = await holdfast.files.list(ROOT);
  assert.ok(etag);
  assert.equal(await holdfast.files.list(ROOT, { unless: etag }), null);
  await holdfast.files.write(`${ROOT}/0.txt`, "y");
  assert.notEqual(await holdfast.files.list(ROOT, { unless: etag }), null);
});

test("an error has its status and its sentence, and an abort stays an abort", async () => {
  const { files } = open().holdfast;
  await fails(files.read(`${ROOT}/none`), 404, /^File not found$/);
  await fails(files.list("/etc"), 400, /^Path must be within workspace$/);
  await files.write(`${ROOT}/a`, "1");
  await fails(files.write(`${ROOT}/a`, "2", { ifNoneMatch: "*" }), 412, /not what it was expected/);
  await fails(files.upload(`${ROOT}/a`, new Blob(["2"]), { ifMatch: '"old"' }), 412, /not what it was expected/);
  await assert.rejects(files.list(ROOT, { signal: AbortSignal.abort() }), { name: "AbortError" });
  const nowhere = connect("ws://127.0.0.1:1/ws?userId=user_a&exp=1&sig=x");
  await fails(nowhere.files.mkdir(`${ROOT}/a`), 0, /cannot be reached/);
});

test("what an agent does in a turn is told and undone; checkpoints, versions and differences", async () => {
  const { files, history } = open({ actor: "agent" }).holdfast;
  await files.write(`${ROOT}/a.md`, "one\n");
  const { id } = await history.takeCheckpoint("before");
  await files.write(`${ROOT}/a.md`, "two\n", { turn: "turn-1" });
  await files.write(`${ROOT}/b.md`, "new", { turn: "turn-1" });
  const [turn] = (await history.turns()).turns;
  assert.deepEqual([turn?.turn, turn?.actor, turn?.changes], ["turn-1", "agent", 2]);
  assert.deepEqual(
    (await history.turn("turn-1")).changes.map(({ change }) => change),
    ["write", "create"],
  );
  assert.match((await history.diff(`${ROOT}/a.md`)).diff ?? "", /-one\n\+two/);
  const undone = await history.undo("turn-1");
  assert.deepEqual([undone.restored, undone.trashed, undone.conflicts], [1, 1, []]);
  const [, second] = (await history.versions(`${ROOT}/a.md`)).versions;
  await history.restoreVersion(`${ROOT}/a.md`, second?.version ?? 0);
  assert.equal((await files.read(`${ROOT}/a.md`)).content, "two\n");
  assert.equal((await history.checkpointChanges(id)).total, 1);
  await history.restoreCheckpoint(id);
  assert.equal((await files.read(`${ROOT}/a.md`)).content, "one\n");
  assert.equal((await history.checkpoints()).checkpoints.length, 1);
  await history.deleteCheckpoint(id);
  assert.equal((await history.usage()).live.files, 1);
});

test("media are kept, listed, shared, traced and removed", async () => {
  const { media, files } = open().holdfast;
  const png =
    "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNk+M9Qz0AEYBxVSF+FAAhKDveksOjmAAAAAElFTkSuQmCC";
  const kept = await media.ingest({ base64: png, filenameHint: "a.png", scope: { appId: "paint" } });
  const again = await media.upload(new Blob([Buffer.from(png, "base64")], { type: "image/png" }));
  assert.equal(again.id, kept.id);
  await files.upload(`${ROOT}/a.png`, new Blob([Buffer.from(png, "base64")]));
  assert.deepEqual(
    (await media.list({ appId: "paint", type: "image" })).items.map(({ id }) => id),
    [kept.id],
  );
  assert.equal((await media.item(kept.id)).width, 10);
  assert.equal((await fetch(media.contentUrl(kept.id))).status, 200);
  assert.deepEqual((await media.uses(kept.id)).files, [{ path: `${ROOT}/a.png` }]);
  assert.ok((await media.share(kept.id)).publicUrl);
  await media.remove(kept.id);
  await fails(media.item(kept.id), 404, /not found/);
});

/** A server that fails as it is told, then passes on. @param {(request: http.IncomingMessage, nth: number) => [number, object] | null} script */
async function failing(script) {
  let asked = 0;
  const front = http.createServer((request, response) => {
    asked += 1;
    const [status, body] = script(request, asked) ?? [200, { status: "alive" }];
    if (status === 0) return request.socket.destroy();
    response.writeHead(status, { "content-type": "application/json", "retry-after": "0" });
    response.end(JSON.stringify(body));
  });
  // A test that fails leaves it open: nobody waits for that.
  front.unref();
  front.on("connection", (socket) => socket.unref());
  await new Promise((resolve) => front.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (front.address());
  return { url: `ws://127.0.0.1:${port}/ws?userId=user_a&exp=1&sig=x`, asked: () => asked, close: () => front.close() };
}

test("what changes nothing is tried again, what changes something never is", async () => {
  const front = await failing((_, nth) => (nth === 1 ? [0, {}] : nth === 2 ? [503, { error: "Later" }] : null));
  assert.equal((await connect(front.url).workspace.keepalive()).status, "alive");
  assert.equal(front.asked(), 3);
  front.close();
  const down = await failing(() => [503, { error: "Later" }]);
  await fails(connect(down.url).files.mkdir(`${ROOT}/a`), 503, /^Later$/);
  assert.equal(down.asked(), 1);
  await fails(connect(down.url).workspace.keepalive(), 503, /^Later$/);
  assert.equal(down.asked(), 5);
  down.close();
});

test("an expired URL is renewed once for all who wait, and other refusals are not", async () => {
  const userId = server.user();
  const late = gatewayUrl(server.url, server.signed(userId, { exp: "1000000000" }));
  let renewals = 0;
  const renew = async () => {
    renewals += 1;
    return gatewayUrl(server.url, server.signed(userId));
  };
  const { files } = connect(late, { renew });
  await Promise.all([
    files.list(),
    files.mkdir(`${ROOT}/a`),
    files.upload(`${ROOT}/b`, new Blob(["x"])),
    files.trash(),
  ]);
  assert.equal(renewals, 1);
  await fails(connect(late).files.list(), 401, /Unauthorized/);
  const wrong = gatewayUrl(server.url, server.signed(userId, { secret: "another" }));
  await fails(connect(wrong, { renew }).files.list(), 401, /Unauthorized/);
  assert.equal(renewals, 1);
});

test("a backend mints what the Worker takes, and refuses what it would not", async () => {
  const url = await mint({ base: server.url, userId: "user_minted", secret: SECRET });
  assert.equal(parseGateway(url).userId, "user_minted");
  assert.equal((await connect(url).workspace.keepalive()).userId, "user_minted");
  await assert.rejects(mint({ base: server.url, userId: "minted", secret: SECRET }), TypeError);
  await assert.rejects(mint({ base: server.url, userId: "user_a", secret: "" }), TypeError);
  assert.throws(() => parseGateway("wss://host/ws?userId=user_a&exp=1"), /sig/);
});

test("whoever watches hears of what others do, until they stop", async () => {
  const { holdfast, raw } = open();
  const heard = [];
  /** @type {string[]} */
  const states = [];
  const onState = (/** @type {string} */ state) => states.push(state);
  const watching = holdfast.watch(ROOT, (news) => heard.push(news), { pollMs: 50, onState });
  // What is written before it has begun is no news.
  await eventually(
    async () => states,
    ({ length }) => length > 0,
  );
  ok(await raw.write(`${ROOT}/a`, "x"));
  await eventually(
    async () => heard.length,
    (count) => count > 0,
  );
  watching.stop();
  const { length } = heard;
  ok(await raw.write(`${ROOT}/b`, "x"));
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(heard.length, length);
});
