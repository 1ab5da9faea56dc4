// What the bucket copy costs, in our Worker alone: how long it is behind after changes of some sizes. The floor keeps none.
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

const ROOT = "/root/clawd";
const MIB = 1024 * 1024;
const FOLDERS = 10;
const FILES = 100;
const user = "user_mirror";

const target = (server, endpoint) => server.target(user, endpoint).replace("/api/files/api", "/api");
const post = (server, endpoint, value) =>
  server.send("POST", target(server, endpoint), {
    headers: { "content-type": "application/json" },
    body: Buffer.from(JSON.stringify(value)),
  });
const put = (server, path, size) =>
  server.send("PUT", server.target(user, "/content", { path: `${ROOT}/${path}` }), { body: randomBytes(size) });

/** How long it takes from the first keepalive until nothing is left to do, and how much that was, in milliseconds. */
async function round(server, changes) {
  await changes();
  const start = performance.now();
  let first;
  for (;;) {
    const { copy } = JSON.parse((await server.send("GET", target(server, "/api/keepalive"))).said);
    first ??= copy.pending;
    if (copy.pending === 0) return { ms: performance.now() - start, pending: first };
    await sleep(2);
  }
}

/** The rows of the table: what; milliseconds; how many changes there were. */
export async function mirror(server) {
  const rounds = [
    ["nothing to do", async () => {}],
    ["one file of 1 KiB", () => put(server, "one.txt", 1024)],
    ["one file of 50 MiB", () => put(server, "large.bin", 50 * MIB)],
    [
      `${FILES} new files of 1 KiB`,
      async () => {
        for (let n = 0; n < FILES; n++) await put(server, `0/${n}.txt`, 1024);
      },
    ],
    [
      `${FOLDERS * FILES} files by copies`,
      async () => {
        for (let n = 0; n < FOLDERS; n++) await post(server, "/copy", { from: `${ROOT}/0`, to: `${ROOT}/all/${n}` });
      },
    ],
    ["one of them changed", () => put(server, "all/5/50.txt", 1024)],
    [`a folder of ${FOLDERS * FILES} moved`, () => post(server, "/move", { from: `${ROOT}/all`, to: `${ROOT}/moved` })],
  ];
  const rows = [];
  for (const [name, changes] of rounds) {
    const { ms, pending } = await round(server, changes);
    rows.push([name, ms.toFixed(0), pending]);
  }
  return rows;
}
