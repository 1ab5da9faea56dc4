// `npm run bench [-- FILTER…] [--rounds N] [--worker DIR] [--out FILE]`: our Worker beside a bare one (`floor.mjs`) on the same workerd,
// request by request in turn, so that whatever else the machine does hits both. It prints a table; build first: `npm run build`.
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { at, Failure, script } from "../scripts/run.mjs";
import { CASES, hello, STREAMS, warmUp } from "./cases.mjs";
import { history } from "./history.mjs";
import { idle, live } from "./live.mjs";
import { mirror } from "./mirror.mjs";
import { page } from "./page.mjs";
import { floor, holdfast, Server } from "./servers.mjs";

const MIB = 1024 * 1024;
/** What a stream of 100 MiB may grow more than one of 50 MiB, beyond what the floor does. */
const GROWTH_AIM_MIB = 16;
const say = (text) => process.stderr.write(text);

const sorted = (numbers) => numbers.toSorted((a, b) => a - b);
const quantile = (numbers, part) => sorted(numbers)[Math.min(numbers.length - 1, Math.floor(numbers.length * part))];
const median = (numbers) => quantile(numbers, 0.5);
const number = (value) => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);

/** Both servers, in turn; who is first changes every round. */
async function inTurn(servers, rounds, once) {
  const seen = servers.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const index of round % 2 ? [1, 0] : [0, 1]) seen[index].push(await once(servers[index], round));
  }
  return seen;
}

async function compare(servers, { name, aim, unit, rounds, prepare, before, once }, wanted) {
  const counted = Math.max(5, Math.round(rounds * wanted));
  const warm = Math.max(2, Math.round(counted / 10));
  say(`${name}: ${counted} rounds\n`);
  for (const server of servers) await prepare(server);
  let prepared = -1;
  const seen = await inTurn(servers, warm + counted, async (server, round) => {
    if (round !== prepared) await before?.(round);
    prepared = round;
    const began = server.cpu();
    const { ms } = await once(server, round);
    return { ms, cpu: server.cpu() - began };
  });
  const [ours, bare] = seen.map((values) => values.slice(warm).map(({ ms }) => ms));
  const [oursCpu, bareCpu] = seen.map((values) => median(values.slice(warm).map(({ cpu }) => cpu)));
  const ratio = median(ours) / median(bare);
  const faster = unit === "ms" ? "≤" : "≥";
  const met = unit === "ms" ? ratio <= aim : ratio >= aim;
  // Of times the slow end is told, of rates too.
  const tail = unit === "ms" ? 0.95 : 0.05;
  const shown = [median(ours), median(bare), quantile(ours, tail), quantile(bare, tail)].map(number);
  return [
    name,
    ratio.toFixed(2),
    `${faster} ${aim} ${met ? "✓" : "✗"}`,
    bareCpu > 0 ? (oursCpu / bareCpu).toFixed(2) : "–",
    ...shown,
    unit,
    counted,
  ];
}

/** The highest memory during one stream, over what it was before, each in a process of its own. */
async function peak(worker, { prepare, once }, size) {
  const server = await new Server(worker).start();
  try {
    if (prepare) {
      await prepare(server, size);
      await server.restart();
    }
    await warmUp(server);
    const before = server.memory().now;
    server.forgetPeak();
    await once(server, size);
    return server.memory().peak - before;
  } finally {
    await server.stop();
  }
}

async function memory(workers, stream, rounds) {
  say(`${stream.name}: ${rounds} rounds\n`);
  const sizes = [50 * MIB, 100 * MIB];
  const peaks = workers.map(() => sizes.map(() => []));
  for (let round = 0; round < rounds; round++) {
    for (const [s, size] of sizes.entries()) {
      for (const [w, worker] of workers.entries()) peaks[w][s].push(await peak(worker, stream, size));
    }
  }
  const [[ours50, ours100], [bare50, bare100]] = peaks.map((of) => of.map(median));
  const [ours, bare] = [ours100 - ours50, bare100 - bare50];
  const met = ours <= bare + GROWTH_AIM_MIB;
  const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(0)}`;
  const shown = [signed(ours - bare), `≤ +${GROWTH_AIM_MIB} ${met ? "✓" : "✗"}`, signed(ours), signed(bare)];
  return [stream.name, ...shown, ...[ours50, bare50, ours100, bare100].map((value) => value.toFixed(0)), rounds];
}

/** From the start of the process to the first answer of an object that is new. */
async function startUp(workers, rounds) {
  say(`start: ${rounds} rounds\n`);
  const [ours, bare] = await inTurn(workers, rounds, async (worker, round) => {
    const began = performance.now();
    const server = await new Server(worker).start();
    try {
      const ready = performance.now();
      await hello(server, `user_new_${round}`);
      const first = performance.now();
      await hello(server, `user_newer_${round}`);
      return { whole: first - began, first: first - ready, object: performance.now() - first };
    } finally {
      await server.stop();
    }
  });
  const row = (name, part) => {
    const [a, b] = [ours, bare].map((seen) => median(seen.map((times) => times[part])));
    return [name, (a / b).toFixed(2), ...[a, b, a - b].map(number), rounds];
  };
  return [
    row("start of workerd to first answer", "whole"),
    row("first answer", "first"),
    row("first answer of another new object", "object"),
  ];
}

function sizes(folder) {
  return ["build/index_bg.wasm", "build/index.js", "src/entry.mjs"].map((path) => {
    const bytes = readFileSync(join(folder, path));
    return [path, ...[bytes.length, gzipSync(bytes, { level: 9 }).length].map((size) => (size / 1024).toFixed(1))];
  });
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, index) => (index ? "--:" : "---"))), ...rows.map(line)].join("\n");
}

function parse(args) {
  const options = {
    rounds: { type: "string", default: "100" },
    worker: { type: "string", default: at() },
    out: { type: "string" },
  };
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new Failure(`${error.message}. Usage: npm run bench [-- FILTER…] [--rounds N] [--worker DIR] [--out FILE]`);
  }
}

await script(import.meta, async (args) => {
  const { values, positionals } = parse(args);
  const wanted = Number(values.rounds);
  if (!(Number.isInteger(wanted) && wanted > 0)) throw new Failure("--rounds is a whole number above 0.");
  const folder = resolve(values.worker);
  const isWanted = (name) => positionals.length === 0 || positionals.some((filter) => name.includes(filter));
  const ours = holdfast(folder);
  const workers = [ours, floor(ours)];
  const report = [];
  const add = (text) => {
    console.log(`${text}\n`);
    report.push(text);
  };

  const cases = CASES.filter(({ name }) => isWanted(name));
  if (cases.length > 0) {
    // One after the other: so each knows which process is its own.
    const servers = [];
    for (const worker of workers) servers.push(await new Server(worker).start());
    const rows = [];
    try {
      for (const server of servers) await warmUp(server);
      for (const one of cases) rows.push(await compare(servers, one, wanted));
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
    }
    const head = [
      "case",
      "ours / floor",
      "aim",
      "CPU, ours / floor",
      "ours",
      "floor",
      "ours, slowest 5 %",
      "floor, slowest 5 %",
      "unit",
      "rounds",
    ];
    add(table(head, rows));
  }
  const streams = STREAMS.filter(({ name }) => isWanted(name) && process.platform === "linux");
  if (streams.length > 0) {
    const rows = [];
    for (const stream of streams) rows.push(await memory(workers, stream, Math.max(1, Math.round(wanted / 30))));
    const head = ["peak, MiB", "ours − floor", "aim", "ours, 50 → 100 MiB", "floor, 50 → 100 MiB"];
    add(table([...head, "ours at 50", "floor at 50", "ours at 100", "floor at 100", "rounds"], rows));
  }
  if (isWanted("page")) {
    say("page\n");
    add(table(["the dashboard in a browser", "ms"], await page(median)));
  }
  if (isWanted("history")) {
    say("history\n");
    const server = await new Server(ours).start();
    try {
      await warmUp(server);
      const head = [
        "history, ours alone",
        "much / little",
        "little, ms",
        "much, ms",
        "rows written",
        "rows written, much",
      ];
      add(table(head, await history(server, median)));
    } finally {
      await server.stop();
    }
  }
  if (isWanted("copy")) {
    say("copy\n");
    const server = await new Server(holdfast(folder, { copies: true })).start();
    try {
      await warmUp(server);
      add(table(["the bucket copy, ours alone", "behind for, ms", "changes"], await mirror(server)));
    } finally {
      await server.stop();
    }
  }
  if (isWanted("live")) {
    say("live\n");
    const server = await new Server(ours).start();
    try {
      await warmUp(server);
      const head = ["live, ours alone", "a write, ms", "its answer to the last event, ms", "CPU, ms"];
      add(table(head, await live(server, median)));
      add(table(["CPU while nothing happens, ms a minute", "without", "with"], await idle(server)));
    } finally {
      await server.stop();
    }
  }
  if (isWanted("start")) {
    const rows = await startUp(workers, Math.max(3, Math.round(wanted / 10)));
    add(table(["start, ms", "ours / floor", "ours", "floor", "ours − floor", "rounds"], rows));
  }
  if (isWanted("size")) add(table(["size, KiB", "raw", "gzip"], sizes(folder)));
  if (report.length === 0) throw new Failure("There is no such case.");

  add(`${process.platform} ${process.arch}, ${cpus().length} cores, load ${loadavg()[0].toFixed(1)} at the end.`);
  if (values.out) writeFileSync(values.out, `${report.join("\n\n")}\n`);
});
