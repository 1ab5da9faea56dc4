// What following costs, in our Worker alone: the floor tells nobody. From a write to the events of it, what followers add to a
// write, and what sockets cost on which nothing happens.
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

const ROOT = "/root/clawd";
const ROUNDS = 100;
const IDLE_MS = 15_000;
const IDLE_SOCKETS = 100;
const FOLLOWERS = [0, 1, 10, 100];

/** Sockets that follow a user; each tells when an event has come. */
async function followers(server, user, count, told) {
  const url = server.socketUrl(user);
  const opening = Array.from({ length: count }, async () => {
    const socket = new WebSocket(url);
    const { promise, resolve, reject } = Promise.withResolvers();
    socket.onmessage = ({ data }) => {
      if (data.includes('"ok":false')) reject(new Error(data));
      else if (data.includes('"type":"res"')) resolve();
      else told(performance.now());
    };
    socket.onopen = () => socket.send('{"type":"req","id":"1","method":"files.subscribe"}');
    await promise;
    return socket;
  });
  return Promise.all(opening);
}

const write = (server, user, name) =>
  server.send("PUT", server.target(user, "/content", { path: `${ROOT}/${name}` }), { body: randomBytes(1024) });

/** Writes in front of some followers: what a write takes, and how long after its answer the last of them has been told. */
async function writes(server, count, median) {
  const user = `user_followed_${count}`;
  let seen = 0;
  let heard = () => {};
  const sockets = await followers(server, user, count, (at) => {
    seen += 1;
    if (seen === count) heard(at);
  });
  const [taken, after, cpu] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    seen = 0;
    const { promise, resolve } = Promise.withResolvers();
    heard = resolve;
    const began = server.cpu();
    const { ms } = await write(server, user, "file.bin");
    const answered = performance.now();
    const told = count === 0 ? answered : await promise;
    taken.push(ms);
    after.push(told - answered);
    cpu.push(server.cpu() - began);
  }
  for (const socket of sockets) socket.close();
  return { taken: median(taken), after: median(after), cpu: median(cpu) };
}

/** The rows of the tables. */
export async function live(server, median) {
  await writes(server, 0, median);
  const rows = [];
  for (const count of FOLLOWERS) {
    const { taken, after, cpu } = await writes(server, count, median);
    const told = count === 0 ? "–" : after.toFixed(2);
    rows.push([`a write of 1 KiB with ${count} followers`, taken.toFixed(2), told, cpu.toFixed(2)]);
  }
  return rows;
}

/** The processor time that a server takes while nothing happens, with followers and without, in milliseconds a minute. */
export async function idle(server) {
  const rest = async () => {
    const began = server.cpu();
    await sleep(IDLE_MS);
    return ((server.cpu() - began) * 60_000) / IDLE_MS;
  };
  // What was there before is asleep by then.
  await sleep(IDLE_MS);
  const without = await rest();
  const sockets = await followers(server, "user_idle", IDLE_SOCKETS, () => {});
  await sleep(IDLE_MS);
  const row = [`${IDLE_SOCKETS} idle followers`, without.toFixed(1), (await rest()).toFixed(1)];
  for (const socket of sockets) socket.close();
  return [row];
}
