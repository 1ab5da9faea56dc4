// What history costs, in our Worker alone: the floor keeps none. Each operation beside the same one with little behind it.
import { randomBytes } from "node:crypto";

const ROOT = "/root/clawd";
const VERSIONS = 1000;
const FILES = 10_000;
const CHANGED = 100;
const user = "user_history";

const post = (server, endpoint, value) =>
  server.send("POST", server.target(user, endpoint).replace("/api/files/api", "/api"), {
    headers: { "content-type": "application/json" },
    body: Buffer.from(JSON.stringify(value)),
  });
const put = (server, path) =>
  server.send("PUT", server.target(user, "/content", { path: `${ROOT}/${path}` }), { body: randomBytes(1024) });

/** Some writes to one file: what the median took, and how many rows it wrote. */
async function writes(server, path, median) {
  const seen = [];
  for (let round = 0; round < 30; round++) seen.push(await put(server, path));
  return { ms: median(seen.map(({ ms }) => ms)), written: median(seen.map(({ written }) => written)) };
}

/** The rows of the table: what; the ratio; milliseconds and rows written with little behind it, and with much. */
export async function history(server, median) {
  await writes(server, "warm.txt", median);
  const fresh = await writes(server, "fresh.txt", median);
  for (let round = 0; round < VERSIONS; round++) await put(server, "old.txt");
  const old = await writes(server, "old.txt", median);

  for (let n = 0; n < 100; n++) await put(server, `tree/0/${n}.txt`);
  const early = await post(server, "/api/checkpoints", {});
  const folders = FILES / 100;
  for (let n = 1; n < folders; n++) await post(server, "/copy", { from: `${ROOT}/tree/0`, to: `${ROOT}/tree/${n}` });
  const late = await post(server, "/api/checkpoints", {});
  const restore = async (changed) => {
    const { id } = JSON.parse((await post(server, "/api/checkpoints", {})).said);
    for (let n = 0; n < changed; n++) await put(server, `tree/${n % folders}/${n}.txt`);
    return post(server, `/api/checkpoints/${id}/restore`, {});
  };
  const [one, many] = [await restore(1), await restore(CHANGED)];
  return [
    ["a write, with few and with 1,000 versions behind it", fresh, old],
    ["a checkpoint, of 100 and of 10,000 files", early, late],
    ["a restore among 10,000 files, of 1 and of 100 changed", one, many],
  ].map(([name, little, much]) => [
    name,
    (much.ms / little.ms).toFixed(2),
    ...[little.ms, much.ms].map((ms) => ms.toFixed(2)),
    little.written,
    much.written,
  ]);
}
