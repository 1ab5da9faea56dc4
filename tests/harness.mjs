// The Worker on real workerd, through Miniflare: what wrangler.toml binds, a known secret, a temporary folder for its state.
//
// Every signed answer that passes through here is held to what wire.md promises of *every* answer (CORS, JSON errors,
// Server-Timing, safe raw bytes, no 500), every answer at all to openapi.json, and every log line to never holding a signature;
// `stop()` fails otherwise.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before } from "node:test";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions, unstable_readConfig, unstable_splitSqlQuery } from "wrangler";
import { Client, gatewayUrl, listeners, ORIGIN, ROOT, sign } from "./client.mjs";
import { COST, eventually, ok } from "./expect.mjs";
import { faults } from "./openapi.mjs";

/** @typedef {import("./client.mjs").Exchange} Exchange @typedef {import("./client.mjs").Answer} Answer */
/** @typedef {Record<string, string | null>} Overrides  Variables and secrets over wrangler.toml's; null removes one. */

export const SECRET = "test-secret-key-12345";

const REPOSITORY = resolve(import.meta.dirname, "..");
const MIGRATIONS = join(REPOSITORY, "migrations");
const CONFIG = join(REPOSITORY, "wrangler.toml");
const SCRIPT = "holdfast";
const CLASS = "Workspace";

export const EXPOSED = ["etag", "content-disposition", "content-range", "location", "retry-after", "server-timing"];

/** The glue between the runtime and the wasm, which a test may have changed to make the Worker fail. */
export const GLUE = join(REPOSITORY, "build/index.js");

/** What the Worker consists of, listed one by one: Miniflare bundles nothing and guesses nothing. */
const modules = (/** @type {string | undefined} */ glue, /** @type {string | undefined} */ around) => [
  ...(around === undefined ? [] : [{ type: "ESModule", path: around }]),
  { type: "ESModule", path: join(REPOSITORY, "src/entry.mjs") },
  { type: "ESModule", path: GLUE, contents: glue ?? readFileSync(GLUE, "utf8") },
  { type: "CompiledWasm", path: join(REPOSITORY, "build/index_bg.wasm") },
];

// Reading wrangler.toml is not worth a line of output.
process.env.WRANGLER_LOG ??= "error";

/** Without its static assets, the Worker answers every address itself: what the specs of its routes hold it to. */
const withoutPage = (/** @type {any} */ { assets, ...options }) => options;

/** @returns {ConstructorParameters<typeof Miniflare>[0]} */
function options(
  /** @type {Overrides} */ overrides,
  /** @type {string} */ folder,
  /** @type {(line: string) => void} */ log,
  /** @type {string | undefined} */ glue,
  /** @type {string | undefined} */ around,
  /** @type {boolean} */ hasPage,
) {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(CONFIG);
  // Not `workerOptions.bindings`: those hold the developer's own .dev.vars too.
  const { vars } = unstable_readConfig({ config: CONFIG }, { hideWarnings: true });
  const given = { ...vars, SIGNING_SECRET: SECRET, ...overrides };
  return convertV4MiniflareOptions({
    ...(hasPage ? workerOptions : withoutPage(workerOptions)),
    name: SCRIPT,
    modulesRoot: REPOSITORY,
    modules: /** @type {any} */ (modules(glue, around)),
    modulesRules: undefined,
    bindings: /** @type {any} */ (Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null))),
    host: "127.0.0.1",
    port: 0,
    cf: false,
    log: new Log(LogLevel.NONE),
    logRequests: false,
    handleStructuredLogs: ({ level, message }) => log(`${level}: ${message}`),
    handleUncaughtError: (error) => log(`uncaught: ${error.stack}`),
    resourcePersistencePath: folder,
    unsafeInspectDurableObjects: true,
  });
}

let users = 0;

/** Who hears what comes over `fetch`. @type {Set<(url: URL, method: string, response: Response) => void>} */
const fetchers = new Set();
const plainFetch = globalThis.fetch;

globalThis.fetch = async (input, init) => {
  const { url, method } = input instanceof Request ? input : { url: String(input), method: init?.method ?? "GET" };
  const response = await plainFetch(input, init);
  for (const overhear of fetchers) overhear(new URL(url), method, response);
  return response;
};

export class Server {
  #overrides;
  #glue;
  #around;
  #hasPage;
  #folder = mkdtempSync(join(tmpdir(), "holdfast-"));
  /** @type {Miniflare | undefined} */
  #miniflare;
  /** @type {Set<string>} */
  #signatures = new Set();
  /** @type {Set<string>} */
  #broken = new Set();
  /** Answers whose bodies are on their way to be looked at. @type {Promise<void>[]} */
  #coming = [];
  /** Hears what comes over `node:http`, by whomever it was asked for. */
  #listen = (/** @type {string} */ base, /** @type {Exchange} */ exchange, /** @type {Answer} */ answer) =>
    this.#isOurs(new URL(exchange.target.replace(/^\/*/, "/"), base)) && this.#judge(exchange, answer);
  /** Where the Worker answers; another one after a restart. */
  url = "";
  /** Every line that the runtime wrote. @type {string[]} */
  logs = [];

  /**
   * @param {Overrides} [overrides] @param {string} [glue] the text to run in place of the built one
   * @param {string} [around] the path of a main module that wraps the Worker's own
   * @param {boolean} [hasPage] whether the dashboard is served as well
   */
  constructor(overrides = {}, glue, around, hasPage = false) {
    this.#overrides = overrides;
    this.#hasPage = hasPage;
    this.#glue = glue;
    this.#around = around;
  }

  async start() {
    const log = (/** @type {string} */ line) => this.logs.push(line);
    this.#miniflare = new Miniflare(
      options(this.#overrides, this.#folder, log, this.#glue, this.#around, this.#hasPage),
    );
    try {
      this.url = (await this.#miniflare.ready).origin;
      await this.#migrate();
    } catch (error) {
      // Whoever could not start is not stopped by anybody: its process would keep this one alive.
      await this.#miniflare.dispose().catch(() => {});
      throw error;
    }
    listeners.add(this.#listen);
    fetchers.add(this.#overhear);
  }

  /** Applies the catalogue's migrations, as `npm start` and a deployment do; after a restart they are there. */
  async #migrate() {
    const catalog = await this.catalog();
    if ((await catalog.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'published'").all()).results.length > 0)
      return;
    for (const name of readdirSync(MIGRATIONS).sort()) {
      const statements = unstable_splitSqlQuery(readFileSync(join(MIGRATIONS, name), "utf8"));
      await catalog.batch(statements.map((statement) => catalog.prepare(statement)));
    }
  }

  /** The process that runs the Worker, to be killed. Each spec file is a process of its own: its children are its own. */
  runtimes() {
    const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,comm="], { encoding: "utf8" }).split("\n");
    const processes = lines.map((line) => line.trim().split(/\s+/));
    const ours = processes.filter(([, parent, name]) => Number(parent) === process.pid && /workerd/.test(name ?? ""));
    return ours.map(([pid]) => Number(pid));
  }

  /** The same state in a new process, perhaps with other variables. */
  async restart(/** @type {Overrides} */ overrides = this.#overrides) {
    await this.#miniflare?.dispose();
    this.#overrides = overrides;
    await this.start();
  }

  /** Ends the process and fails if any answer or log line broke what all of them promise. */
  async stop() {
    listeners.delete(this.#listen);
    fetchers.delete(this.#overhear);
    await Promise.all(this.#coming);
    await this.#miniflare?.dispose();
    rmSync(this.#folder, { recursive: true, force: true });
    assert.deepEqual(this.leaks(), [], "a log line holds a signature");
    assert.deepEqual([...this.#broken], [], "an answer broke what every answer promises");
  }

  /** The log lines that hold a signature made here, or anything that looks like one. */
  leaks() {
    return this.logs.filter((line) => /[?&]sig=/.test(line) || [...this.#signatures].some((sig) => line.includes(sig)));
  }

  /** A user that no other test has. */
  user() {
    users += 1;
    return `user_${process.pid}_${users}`;
  }

  /** @param {string} userId @param {{ exp?: string, secret?: string }} [how] */
  signed(userId, { exp = String(Math.floor(Date.now() / 1000) + 3600), secret = SECRET } = {}) {
    const sig = sign(userId, exp, secret);
    this.#signatures.add(sig);
    return { userId, exp, sig };
  }

  /** A signed client of this user; of a new one when none is named. @param {string} [userId] */
  client(userId = this.user(), /** @type {{ exp?: string, secret?: string }} */ how = {}) {
    const signed = this.signed(userId, how);
    return new Client(gatewayUrl(this.url, signed), (exchange, answer) => this.#check(exchange, answer, signed.sig));
  }

  /** Runs SQL inside the user's object. @returns {Promise<any[]>} */
  async sql(/** @type {string} */ userId, /** @type {string} */ statement, /** @type {any[]} */ ...params) {
    assert.ok(this.#miniflare);
    const storage = await this.#miniflare.unsafeGetDurableObjectStorage(SCRIPT, CLASS, { name: userId });
    return storage.exec(statement, ...params);
  }

  /**
   * Fills a directory of the root with copies of the one file in it, `name-00001` onwards, by SQL: ten thousand requests
   * would say no more. Ids and revs lie far above what the test itself can reach.
   */
  async plant(/** @type {string} */ userId, /** @type {string} */ directory, /** @type {number} */ count) {
    const columns = (await this.sql(userId, "SELECT name FROM pragma_table_info('node')")).map(({ name }) => name);
    const planted = {
      id: "1000000000 + i",
      rev: "1000000000 + i",
      name: "printf('name-%05d', i)",
      fold: "printf('name-%05d', i)",
    };
    const values = columns.map((name) => planted[/** @type {keyof planted} */ (name)] ?? `n.${name}`);
    await this.sql(
      userId,
      `INSERT INTO node (${columns.join()})
       WITH RECURSIVE counter(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counter WHERE i < ?)
       SELECT ${values.join()} FROM counter, node n JOIN node d ON d.id = n.parent WHERE d.parent = 1 AND d.name = ? AND n.kind = 1`,
      count,
      directory,
    );
  }

  /** Ends the user's object; the next request opens it anew. */
  async evict(/** @type {string} */ userId) {
    assert.ok(this.#miniflare);
    await this.#miniflare.unsafeEvictDurableObject(SCRIPT, CLASS, { name: userId });
  }

  /** Puts the user's object to sleep as the platform does after a while: its sockets stay. */
  async sleep(/** @type {string} */ userId) {
    assert.ok(this.#miniflare);
    await this.#miniflare.unsafeEvictDurableObject(SCRIPT, CLASS, { name: userId, webSockets: "hibernate" });
  }

  /**
   * Asks until time has done its work. Time is written, not waited for: each round makes every step of the alarm due,
   * every doomed blob old and every upload late, then makes a directory, since any mutation re-arms the alarm.
   * @template T @param {string} userId @param {() => Promise<T>} ask @param {(answer: T) => boolean} done
   */
  swept(userId, ask, done) {
    const client = this.client(userId);
    let round = 0;
    return eventually(async () => {
      await this.sql(userId, "UPDATE timer SET due_ms = 1");
      await this.sql(userId, "UPDATE blob SET doomed_ms = 1 WHERE state = 1");
      await this.sql(userId, "UPDATE upload SET expires_ms = 1 WHERE expires_ms > 1");
      round += 1;
      ok(await client.mkdir(`${ROOT}/.rounds/${process.hrtime.bigint()}-${round}`));
      return ask();
    }, done);
  }

  /** The catalogue, as its binding has it. @returns {Promise<any>} */
  async catalog() {
    assert.ok(this.#miniflare);
    return this.#miniflare.getD1Database("CATALOG");
  }

  /** Has the clock strike: what the Worker does by the hour. */
  async strike() {
    assert.ok(this.#miniflare);
    const worker = /** @type {any} */ (await this.#miniflare.getWorker());
    return worker.scheduled({ cron: "17 * * * *" });
  }

  /** A bucket, as its binding has it. @returns {Promise<any>} */
  async r2(/** @type {string} */ binding = "DATA") {
    assert.ok(this.#miniflare);
    return this.#miniflare.getR2Bucket(binding);
  }

  /** Everything in a bucket, each key with its size. @returns {Promise<Map<string, number>>} */
  async objects(/** @type {string} */ binding = "DATA", /** @type {string} */ prefix = "") {
    const bucket = await this.r2(binding);
    const found = new Map();
    for (let cursor, page; !page || page.truncated; cursor = page.cursor) {
      page = await bucket.list({ prefix, cursor });
      for (const { key, size } of page.objects) found.set(key, size);
    }
    return found;
  }

  /** The keys of everything in a bucket. */
  async bucket(/** @type {string} */ binding) {
    return [...(await this.objects(binding)).keys()];
  }

  /** Whether an address is answered by the Worker itself, not by what is served beside it or put around it. */
  #isOurs(/** @type {URL} */ url) {
    if (this.#around !== undefined && url.pathname.startsWith("/__")) return false;
    return url.origin === this.url && (!this.#hasPage || /^\/(api|ws|media|d)(\/|$)/.test(url.pathname));
  }

  /** Holds an answer to the description of the API. */
  #judge(/** @type {Exchange} */ exchange, /** @type {Answer} */ answer) {
    const route = `${exchange.method} ${exchange.target.split("?")[0]} ${answer.status}`;
    for (const fault of faults(exchange, answer)) this.#broken.add(`${route}: openapi.json: ${fault}`);
  }

  /** Hears what comes over `fetch`, as the dashboard's client asks. */
  #overhear = (/** @type {URL} */ url, /** @type {string} */ method, /** @type {Response} */ response) => {
    const type = response.headers.get("content-type") ?? "";
    if (!this.#isOurs(url) || !(type.startsWith("application/json") || response.body === null)) return;
    const exchange = { method, target: `${url.pathname}${url.search}` };
    const headers = { "content-type": type };
    // A body that is given up half-way was not an answer.
    const bytes = response.clone().arrayBuffer();
    const judge = (/** @type {ArrayBuffer} */ body) =>
      this.#judge(exchange, { status: response.status, headers, bytes: Buffer.from(body), body: undefined });
    this.#coming.push(bytes.then(judge, () => {}));
  };

  /** @type {(exchange: Exchange, answer: Answer, sig: string) => void} */
  #check({ method, target, headers = {} }, answer, sig) {
    const route = `${method} ${target.split("?")[0]} ${answer.status}`;
    const promise = (/** @type {unknown} */ kept, /** @type {string} */ what) => {
      if (!kept) this.#broken.add(`${route}: ${what}`);
    };
    const header = (/** @type {string} */ name) => String(answer.headers[name] ?? "");
    promise(answer.status !== 500, `500 ${answer.bytes.toString("utf8", 0, 200)}`);
    // Where Rust itself was interrupted, nobody is left who knows the cost.
    const interrupted = answer.status === 503 && header("retry-after") !== "";
    // Whose signature is refused has signed nothing, and is told no cost.
    const isSigned = answer.status !== 401 || (method !== "HEAD" && answer.body?.details === undefined);
    promise(interrupted || !isSigned || COST.test(header("server-timing")), `Server-Timing ${header("server-timing")}`);
    if (headers.origin === ORIGIN) {
      promise(header("access-control-allow-origin") === ORIGIN, "no Access-Control-Allow-Origin");
      const exposed = header("access-control-expose-headers")
        .toLowerCase()
        .split(/\s*,\s*/);
      promise(
        EXPOSED.every((name) => exposed.includes(name)),
        `exposes ${exposed}`,
      );
    }
    if (answer.status >= 400 && method !== "HEAD")
      promise(typeof answer.body?.error === "string", "an error that is not JSON");
    if (answer.status === 200 && /\/(content|download|zip)\?/.test(target) && /^(GET|HEAD)$/.test(method)) {
      promise(header("x-content-type-options") === "nosniff", "no nosniff");
      promise(/^sandbox\b/.test(header("content-security-policy")), `CSP ${header("content-security-policy")}`);
    }
    promise(!JSON.stringify(answer.headers).includes(sig) && !answer.bytes.includes(sig), "echoes the signature");
  }
}

/** @param {Overrides} [overrides] @param {string} [glue] @param {string} [around] */
export async function start(overrides, glue, around) {
  const server = new Server(overrides, glue, around);
  await server.start();
  return server;
}

/**
 * One Miniflare for a whole spec: started, and prepared, before its tests; stopped, and held to its promises, after them.
 * @param {Overrides} [overrides] @param {() => Promise<void>} [prepare]
 * @param {{ page?: boolean }} [more] `page` serves the dashboard as well
 */
export function serve(overrides, prepare, { page = false } = {}) {
  const server = new Server(overrides, undefined, undefined, page);
  // One hook, not two: at the top of a file the runner starts them all at once.
  before(async () => {
    await server.start();
    await prepare?.();
  });
  // A hook that fails keeps those behind it from being run, and a browser that is left open keeps the spec from ending.
  after(() =>
    server.stop().catch((error) => {
      console.error(error);
      process.exitCode = 1;
    }),
  );
  return server;
}
