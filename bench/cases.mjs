// What is measured. A case is prepared once on each server; `once` does the same thing on either and answers how long it took.
import { randomBytes, randomFillSync } from "node:crypto";
import { recording, SOURCE } from "./source.mjs";

const KIB = 1024;
const MIB = 1024 * KIB;
const ROOT = "/root/clawd";
const USERS = 8;

const sized = (bytes) => (bytes < MIB ? `${bytes / KIB} KiB` : `${bytes / MIB} MiB`);
const put = (server, user, path, body) => server.send("PUT", server.target(user, "/content", { path }), { body });
const get = (server, user, path) => server.send("GET", server.target(user, "/content", { path }));
const post = (server, user, endpoint, body, type) =>
  server.send("POST", server.target(user, endpoint), { headers: { "content-type": type }, body });
const json = (value) => Buffer.from(JSON.stringify(value));

/** Other bytes each time: what is kept already would not be stored again. */
const fresh = (body, at = 0) => randomFillSync(body, at, 16);

function form(path, size) {
  const field = (name) => `--bench\r\nContent-Disposition: form-data; name="${name}"`;
  const head = `${field("path")}\r\n\r\n${path}\r\n${field("file")}; filename="a"\r\nContent-Type: text/plain\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(head), randomBytes(size), Buffer.from("\r\n--bench--\r\n")]);
  return fresh(body, head.length);
}

/** A case of one request after the other. `rounds` is how many there are for each that `--rounds` asks for. */
const sequential = (name, aim, rounds, once, prepare = () => {}) => ({ name, aim, rounds, once, prepare, unit: "ms" });

const user = "user_bench";
const aimOf = (size) => (size > MIB ? 1.1 : 1.25);
const roundsOf = (size) => (size < MIB ? 1 : size === MIB ? 0.5 : size < 50 * MIB ? 0.15 : 0.08);

const puts = [KIB, 64 * KIB, MIB, 10 * MIB, 50 * MIB].map((size) => {
  const body = randomBytes(size);
  const path = (round) => `${ROOT}/put-${size}/${round}.txt`;
  const once = (server, round) => put(server, user, path(round), body);
  return { ...sequential(`put ${sized(size)}`, aimOf(size), roundsOf(size), once), before: () => fresh(body) };
});

const gets = [KIB, 64 * KIB, MIB, 10 * MIB, 50 * MIB].map((size) => {
  const path = `${ROOT}/get/${size}.txt`;
  const prepare = (server) => put(server, user, path, randomBytes(size));
  const once = async (server) => {
    const answer = await get(server, user, path);
    if (answer.size !== size) throw new Error(`${server.name}: ${answer.size} bytes of ${size}`);
    return answer;
  };
  return sequential(`get ${sized(size)}`, aimOf(size), roundsOf(size), once, prepare);
});

const forms = [MIB, 10 * MIB, 50 * MIB].map((size) => {
  let body;
  const once = (server) => post(server, user, "/upload", body, "multipart/form-data; boundary=bench");
  const before = (round) => {
    body = form(`${ROOT}/form-${size}/${round}.txt`, size);
  };
  return { ...sequential(`form ${sized(size)}`, aimOf(size), roundsOf(size), once), before };
});

const lists = [300, 10_000].map((count) => {
  const owner = `user_list_${count}`;
  const target = (server) => server.target(owner, "/list", { path: `${ROOT}/many` });
  const prepare = async (server) => {
    await put(server, owner, `${ROOT}/many/one.txt`, randomBytes(5));
    await plant(server, owner, count - 1);
  };
  const rounds = count > 1000 ? 0.15 : 0.5;
  return sequential(
    `list ${count.toLocaleString("en")}`,
    1.25,
    rounds,
    (server) => server.send("GET", target(server)),
    prepare,
  );
});

/** Fills the directory of the one file there is, by SQL: ten thousand requests would say no more. */
async function plant(server, owner, count) {
  const table = server.name === "floor" ? "file" : "node";
  const name = "printf('name-%05d.txt', i)";
  const planted = {
    file: { path: `'${ROOT}/many/' || ${name}` },
    node: { id: "1000000000 + i", rev: "1000000000 + i", name, fold: name },
  }[table];
  const columns = (await server.sql(owner, `SELECT name FROM pragma_table_info('${table}')`)).map(({ name }) => name);
  const only = table === "file" ? "t.path LIKE '%/one.txt'" : "t.name = 'one.txt'";
  await server.sql(
    owner,
    `INSERT INTO ${table} (${columns})
     WITH RECURSIVE counter(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counter WHERE i < ${count})
     SELECT ${columns.map((column) => planted[column] ?? `t.${column}`)} FROM counter, ${table} t WHERE ${only}`,
  );
}

const stat = sequential(
  "stat",
  1.25,
  1,
  (server) => server.send("GET", server.target(user, "/stat", { path: `${ROOT}/stat/a.txt` })),
  (server) => put(server, user, `${ROOT}/stat/a.txt`, randomBytes(KIB)),
);

const move = sequential(
  "move",
  1.25,
  0.5,
  (server, round) => {
    const [from, to] = [round, round + 1].map((name) => `${ROOT}/move/${name}.txt`);
    return post(server, user, "/move", json({ from, to }), "application/json");
  },
  (server) => put(server, user, `${ROOT}/move/0.txt`, randomBytes(KIB)),
);

const remove = sequential("delete", 1.25, 0.5, async (server, round) => {
  const path = `${ROOT}/delete/${round}.txt`;
  await put(server, user, path, randomBytes(KIB));
  return server.send("DELETE", server.target(user, "/", { path }));
});

/** A page that is open at eight people's: of eight requests of each, two write. */
const parallel = {
  name: `${USERS} users`,
  aim: 0.6,
  rounds: 0.05,
  unit: "requests/s",
  prepare: (server) => each((owner) => all(20, (file) => put(server, owner, shared(file), randomBytes(KIB)))),
  async once(server, round) {
    const requests = 32;
    const began = performance.now();
    await each(async (owner) => {
      for (let index = 0; index < requests; index++) {
        const path = shared((round + index) % 20);
        if (index % 4 === 0) await put(server, owner, path, randomBytes(KIB));
        else if (index % 8 === 1) await server.send("GET", server.target(owner, "/list", { path: `${ROOT}/shared` }));
        else if (index % 4 === 2) await server.send("GET", server.target(owner, "/stat", { path }));
        else await get(server, owner, path);
      }
    });
    return { ms: (1000 * USERS * requests) / (performance.now() - began) };
  },
};
const shared = (file) => `${ROOT}/shared/${file}.txt`;
const each = (one) => Promise.all(Array.from({ length: USERS }, (_, index) => one(`user_parallel_${index}`)));
const all = async (count, one) => {
  for (let index = 0; index < count; index++) await one(index);
};

const media = (server, endpoint, value) =>
  server.send("POST", server.target(user, endpoint).replace("/api/files", "/api/media"), { body: json(value) });
const ingest = (server, size) => media(server, "/ingest", { sourceUrl: `${SOURCE}/${size}` });

/** Media by their address: fetched from this machine, hashed, stored. */
const ingests = [MIB, 50 * MIB].map((size) => ({
  ...sequential(`ingest ${sized(size)}`, aimOf(size), roundsOf(size), (server) => ingest(server, size)),
  before: () => recording(size),
}));

/** Media by a signed PUT. The signing is not measured. */
const uploads = [MIB, 50 * MIB].map((size) => {
  let body;
  const once = async (server) => {
    const { said } = await media(server, "/sign", { contentType: "audio/wav", size });
    const { pathname, search } = new URL(JSON.parse(said).url);
    return server.send("PUT", `${pathname}${search}`, { body });
  };
  const before = () => {
    body = recording(size);
  };
  return { ...sequential(`upload ${sized(size)}`, aimOf(size), roundsOf(size), once), before };
});

export const CASES = [...puts, ...gets, ...forms, stat, ...lists, move, remove, parallel, ...ingests, ...uploads];

/** What a stream of a size leaves behind at its highest. `prepare` runs in an earlier process with the same state. */
export const STREAMS = [
  { name: "memory put", once: (server, size) => put(server, user, `${ROOT}/a.txt`, randomBytes(size)) },
  {
    name: "memory get",
    prepare: (server, size) => put(server, user, `${ROOT}/a.txt`, randomBytes(size)),
    once: (server) => get(server, user, `${ROOT}/a.txt`),
  },
  {
    name: "memory form",
    once: (server, size) =>
      post(server, user, "/upload", form(`${ROOT}/a.txt`, size), "multipart/form-data; boundary=bench"),
  },
];

STREAMS.push({
  name: "memory ingest",
  once: (server, size) => {
    recording(size);
    return ingest(server, size);
  },
});

/** One small request of each kind, so that neither side's first time is measured. */
export async function warmUp(server) {
  await put(server, user, `${ROOT}/warm.txt`, randomBytes(KIB));
  await get(server, user, `${ROOT}/warm.txt`);
}

export const hello = (server, owner) => server.send("GET", server.target(owner, "/list", { path: ROOT }));
