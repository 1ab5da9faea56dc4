// The two Workers, each in a Miniflare of its own: one workerd process, no proxy of wrangler's before it, the state in a temporary folder.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions, unstable_readConfig } from "wrangler";
import { sign } from "../tests/client.mjs";
import { SOURCE } from "./source.mjs";

process.env.WRANGLER_LOG ??= "error";

const SECRET = "bench-secret";
const CLASS = "Workspace";
const FLOOR = join(import.meta.dirname, "floor.mjs");
const MIB = 1024 * 1024;
/** Answers up to this length are kept: the address of an upload is one. */
const SAID_MAX_BYTES = 16 * 1024;
/** What would be refused by default is measured too: files of 100 MiB, and many of them. */
const LIMITS = {
  MAX_FILE_BYTES: String(128 * MIB),
  QUOTA_BYTES: String(1024 * 1024 * MIB),
  MEDIA_EXTRA_ORIGINS: SOURCE,
};

/**
 * Our Worker, as it has been built in a folder. The floor keeps no copy for sandboxes, and here the bucket shares a thread with the
 * Worker: what is copied after one answer would be taken for the time of the next, so it is measured by itself.
 */
export function holdfast(folder, { copies = false } = {}) {
  const config = join(folder, "wrangler.toml");
  const { workerOptions } = unstable_getMiniflareWorkerOptions(config);
  // Not `workerOptions.bindings`: those hold the developer's own .dev.vars too.
  const { vars } = unstable_readConfig({ config }, { hideWarnings: true });
  const files = { ESModule: ["src/entry.mjs", "build/index.js"], CompiledWasm: ["build/index_bg.wasm"] };
  const modules = Object.entries(files).flatMap(([type, paths]) =>
    paths.map((path) => ({ type, path: join(folder, path) })),
  );
  return {
    ...workerOptions,
    name: "holdfast",
    modulesRoot: folder,
    modules,
    bindings: { ...vars, ...LIMITS, BUCKET_COPY: copies ? "on" : "off" },
  };
}

/** The bare one, with the same bindings and the same compatibility date. */
export function floor(ours) {
  const modules = [{ type: "ESModule", path: FLOOR }];
  return { ...ours, name: "floor", modulesRoot: import.meta.dirname, modules, bindings: {} };
}

export class Server {
  #agent = new http.Agent({ keepAlive: true, timeout: 4000 });
  #folder = mkdtempSync(join(tmpdir(), "holdfast-bench-"));
  #children = [];
  #address;

  constructor(worker) {
    this.name = worker.name;
    this.worker = { ...worker, bindings: { ...worker.bindings, SIGNING_SECRET: SECRET } };
  }

  async start() {
    const before = new Set(children());
    this.miniflare = new Miniflare(
      convertV4MiniflareOptions({
        ...this.worker,
        modulesRules: undefined,
        host: "127.0.0.1",
        port: 0,
        cf: false,
        log: new Log(LogLevel.NONE),
        logRequests: false,
        handleStructuredLogs: ({ level, message }) => level === "error" && console.error(`${this.name}: ${message}`),
        resourcePersistencePath: this.#folder,
        unsafeInspectDurableObjects: true,
        // Past Miniflare's own Worker, which would stand before ours and make both sides look more alike than they are.
        unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
      }),
    );
    await this.miniflare.ready;
    const { hostname, port } = await this.miniflare.unsafeGetDirectURL(this.name);
    this.#address = { hostname, port };
    this.#children = children().filter((pid) => !before.has(pid));
    return this;
  }

  async restart() {
    await this.miniflare.dispose();
    return this.start();
  }

  async stop() {
    this.#agent.destroy();
    await this.miniflare.dispose();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The URL of a route for a user, without the host. */
  target(user, endpoint, params = {}) {
    const exp = String(Math.floor(Date.now() / 1000) + 3600);
    const query = new URLSearchParams({ userId: user, exp, sig: sign(user, exp, SECRET), ...params });
    return `/api/files${endpoint}?${query}`;
  }

  /** The one URL that a user's page is given. */
  socketUrl(user) {
    const { hostname, port } = this.#address;
    return `ws://${hostname}:${port}/ws?${this.target(user, "").split("?")[1]}`;
  }

  /** One request to the last byte of its answer: what it took in milliseconds, and how many bytes came. */
  send(method, target, { headers = {}, body } = {}) {
    const { promise, resolve, reject } = Promise.withResolvers();
    const length = body === undefined ? {} : { "content-length": body.length };
    const began = performance.now();
    const request = http.request({
      ...this.#address,
      method,
      path: target,
      headers: { ...headers, ...length },
      agent: this.#agent,
    });
    request.on("error", reject);
    request.on("response", (response) => {
      let size = 0;
      const head = [];
      response.on("data", (chunk) => {
        size += chunk.length;
        if (response.statusCode !== 200 || size < SAID_MAX_BYTES) head.push(chunk);
      });
      response.on("error", reject);
      response.on("end", () => {
        const ms = performance.now() - began;
        const said = Buffer.concat(head).toString();
        const written = Number(/rows-written;desc="(\d+)"/.exec(response.headers["server-timing"])?.[1]);
        if (response.statusCode === 200) return resolve({ ms, size, said, written });
        reject(
          new Error(
            `${this.name}: ${method} ${target.split("?")[0]} answered ${response.statusCode} ${said.slice(0, 300)}`,
          ),
        );
      });
    });
    request.end(body);
    return promise;
  }

  /** Runs SQL in a user's object. */
  async sql(user, statement, ...params) {
    const storage = await this.miniflare.unsafeGetDurableObjectStorage(this.name, CLASS, { name: user });
    return storage.exec(statement, ...params);
  }

  /** Resident memory of the process, now and at its highest since `forgetPeak`, in MiB. Linux alone tells. */
  memory() {
    const total = { now: 0, peak: 0 };
    for (const pid of this.#children) {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      const kib = (field) => Number(status.match(new RegExp(`^${field}:\\s+(\\d+)`, "m"))?.[1] ?? 0);
      total.now += kib("VmRSS") / 1024;
      total.peak += kib("VmHWM") / 1024;
    }
    return total;
  }

  /** The CPU time of the thread that serves, in milliseconds: what other programs do hardly shows in it. Linux alone tells. */
  cpu() {
    const spent = (pid) => Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
    return this.#children.reduce((sum, pid) => sum + spent(pid), 0);
  }

  forgetPeak() {
    for (const pid of this.#children) writeFileSync(`/proc/${pid}/clear_refs`, "5");
  }
}

/** The processes that this one has started. */
function children() {
  if (process.platform !== "linux") return [];
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => {
    try {
      // "pid (program) state parent …"
      return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ")[1] === String(process.pid);
    } catch {
      return false; // it has just ended
    }
  });
}
