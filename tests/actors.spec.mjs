// X-Actor and X-Turn: who made a change, and in which turn of the conversation, as the feed keeps them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { names, ok, refused } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve();
const FILE = `${ROOT}/file.txt`;

test("an actor and a turn are kept with the change that they made", async () => {
  const userId = server.user();
  const client = server.client(userId);
  ok(await client.write(FILE, "x", {}, { "x-actor": "agent", "x-turn": "turn-7!~" }));
  ok(await client.mkdir(`${ROOT}/dir`, { "x-actor": `a${"b".repeat(127)}` }));
  ok(await client.write(FILE, "y"));
  const changes = await server.sql(userId, "SELECT path, actor, turn FROM change ORDER BY rev");
  assert.deepEqual(
    changes.map(({ path }) => path.split("/").at(-1)),
    ["file.txt", "dir", "file.txt"],
  );
  assert.deepEqual(changes.map(({ actor, turn }) => [actor, turn]).slice(0, 2), [
    ["agent", "turn-7!~"],
    [`a${"b".repeat(127)}`, null],
  ]);
  assert.equal(changes[2].turn, null);
});

test("every verb that changes something keeps the turn that asked for it", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const trashed = async () => ok(await client.trash()).files[0].trashPath;
  const to = { from: FILE, to: `${ROOT}/to.txt` };
  /** @type {[string, string, () => object | Promise<object>][]} */
  const verbs = [
    ["PUT", "/content", () => ({ params: { path: FILE }, body: "x" })],
    ["POST", "/write", () => ({ body: JSON.stringify({ path: FILE, content: "y" }) })],
    ["POST", "/mkdir", () => ({ body: JSON.stringify({ path: `${ROOT}/dir` }) })],
    ["POST", "/copy", () => ({ body: JSON.stringify({ ...to, to: `${ROOT}/copy.txt` }) })],
    ["POST", "/move", () => ({ body: JSON.stringify(to) })],
    ["DELETE", "/", () => ({ params: { path: to.to } })],
    ["POST", "/restore", async () => ({ body: JSON.stringify({ trashPath: await trashed() }) })],
    ["DELETE", "", () => ({ params: { path: to.to, permanent: true } })],
    ["DELETE", "", () => ({ params: { path: `${ROOT}/copy.txt` } })],
    ["POST", "/trash/empty", () => ({})],
  ];
  for (const [n, [method, endpoint, request]] of verbs.entries()) {
    const headers = { "x-actor": "agent", "x-turn": `turn-${n}` };
    ok(await client.request(method, endpoint, { headers, ...(await request()) }));
    const changes = await server.sql(userId, "SELECT DISTINCT actor FROM change WHERE turn = ?", `turn-${n}`);
    assert.deepEqual(changes, [{ actor: "agent" }], `${method} ${endpoint}`);
  }
  assert.deepEqual(await server.sql(userId, "SELECT 1 FROM change WHERE turn IS NULL"), []);
});

for (const value of ["", "two words", "a".repeat(129), "caf\u00E9", "tab\there", ".", ".."]) {
  test(`the actor or turn ${JSON.stringify(value).slice(0, 20)} is refused and nothing is written`, async () => {
    const client = server.client();
    for (const name of ["x-actor", "x-turn"]) refused(await client.write(FILE, "x", {}, { [name]: value }), 400);
    assert.deepEqual(names(ok(await client.list())), []);
  });
}
