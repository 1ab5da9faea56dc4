// A client of the wire, written from the contract alone: it gets one gateway URL, derives every other URL from it the way
// the dashboard does, and knows nothing of the Worker behind it.
//
// Everything goes through `node:http`, because `fetch` normalises the very URLs that these tests must send as they are.

import { createHmac } from "node:crypto";
import http from "node:http";

/**
 * @typedef {{ status: number, headers: http.IncomingHttpHeaders, bytes: Buffer, body: any }} Answer
 *   `body` is the parsed JSON of an answer that says it is JSON, and undefined otherwise.
 * @typedef {{ method: string, target: string, headers?: Record<string, string>, body?: Body, unsent?: boolean }} Exchange
 *   `unsent` promises a body by its headers and never sends a byte of it.
 * @typedef {string | Buffer | Buffer[] | undefined} Body  An array is sent chunked, without a Content-Length.
 */

/** The origin that a development Worker allows, sent with every request as a browser would. */
export const ORIGIN = "http://localhost:3000";

export const ROOT = "/root/clawd";

// The server closes idle connections after five seconds: let go of them before it does.
const IDLE_MS = 2000;
const agent = new http.Agent({ keepAlive: true, timeout: IDLE_MS });
/** When a connection was last in use. */
let usedAt = 0;

/** Lets go of idle connections also where this process was kept from it, by its own work or by a loaded machine. */
function letGo() {
  const now = performance.now();
  if (now - usedAt > IDLE_MS) for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
  usedAt = now;
}

/** Who hears every answer that comes through here. @type {Set<(base: string, exchange: Exchange, answer: Answer) => void>} */
export const listeners = new Set();

/** The signature of wire.md §1: over `{userId}.{exp}`, the key being the secret's own bytes. */
export function sign(/** @type {string} */ userId, /** @type {string} */ exp, /** @type {string} */ secret) {
  return createHmac("sha256", Buffer.from(secret, "utf8")).update(`${userId}.${exp}`, "utf8").digest("base64url");
}

/** The one URL that a host's backend hands to a client. */
export function gatewayUrl(
  /** @type {string} */ base,
  /** @type {{ userId: string, exp: string, sig: string }} */ signed,
) {
  const url = new URL("/ws", base.replace(/^http/, "ws"));
  for (const [name, value] of Object.entries(signed)) url.searchParams.set(name, value);
  return url.toString();
}

/**
 * One request and its whole answer. An answer that comes before the body was sent counts: that is how a limit speaks.
 * @param {string} base @param {Exchange} exchange @returns {Promise<Answer>}
 */
export function send(base, exchange) {
  const { method, target, headers = {}, body, unsent = false } = exchange;
  const { hostname, port } = new URL(base);
  letGo();
  return new Promise((resolve, reject) => {
    const request = http.request({ hostname, port, method, path: target, headers, agent: unsent ? undefined : agent });
    request.on("error", reject);
    request.on("response", (response) => {
      /** @type {Buffer[]} */
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        usedAt = performance.now();
        const answer = answered(response, Buffer.concat(chunks));
        for (const listen of listeners) listen(base, exchange, answer);
        resolve(answer);
        if (unsent) request.destroy();
      });
    });
    if (unsent) return request.flushHeaders();
    if (Array.isArray(body)) for (const chunk of body) request.write(chunk);
    else if (body !== undefined) {
      request.setHeader("content-length", Buffer.byteLength(body));
      request.write(body);
    }
    request.end();
  });
}

/** @returns {Answer} */
function answered(/** @type {http.IncomingMessage} */ response, /** @type {Buffer} */ bytes) {
  const json = bytes.length > 0 && /^application\/json\b/.test(response.headers["content-type"] ?? "");
  let body;
  // A file's own bytes may be JSON by name only.
  if (json)
    try {
      body = JSON.parse(bytes.toString("utf8"));
    } catch {
      body = undefined;
    }
  return { status: response.statusCode ?? 0, headers: response.headers, bytes, body };
}

/** @typedef {(exchange: Exchange, answer: Answer) => void} Observer */

export class Client {
  #gateway;
  #observe;

  /** @param {string} gateway `ws(s)://HOST/ws?userId=…&exp=…&sig=…` @param {Observer} [observe] sees every answer */
  constructor(gateway, observe = () => {}) {
    this.#gateway = gateway;
    this.#observe = observe;
  }

  /** The dashboard's `buildUrl`: same host, the same three parameters, the scheme swapped; spaces become `+`. */
  url(/** @type {string} */ endpoint, /** @type {Record<string, string | number | boolean>} */ params = {}) {
    const gateway = new URL(this.#gateway);
    const scheme = gateway.protocol === "wss:" ? "https:" : "http:";
    const url = new URL(`${scheme}//${gateway.host}/api/files${endpoint}`);
    for (const name of ["userId", "exp", "sig"]) url.searchParams.set(name, gateway.searchParams.get(name) ?? "");
    for (const [name, value] of Object.entries(params)) url.searchParams.set(name, String(value));
    return url;
  }

  /** The signed query with `raw` appended as it is, for what `URLSearchParams` would have encoded. */
  target(/** @type {string} */ endpoint, /** @type {string} */ raw = "") {
    const { pathname, search } = this.url(endpoint);
    return `${pathname}${search}${raw}`;
  }

  /** @param {Omit<Exchange, "target"> & { target: string }} exchange */
  async raw(exchange) {
    const whole = { ...exchange, headers: { origin: ORIGIN, ...exchange.headers } };
    const answer = await this.#heard(whole);
    this.#observe(whole, answer);
    return answer;
  }

  /**
   * A server that refuses a large body before its end closes the connection, and who is still writing may be told by a
   * broken pipe instead of the answer: then it asks again, until it hears why.
   * @param {Exchange} exchange
   */
  async #heard(exchange) {
    const parts = /** @type {any[]} */ ([exchange.body ?? ""]).flat();
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    for (let left = length > 2 ** 20 ? 20 : 0; ; left -= 1) {
      try {
        return await send(new URL(this.#gateway.replace(/^ws/, "http")).origin, exchange);
      } catch (error) {
        if (left === 0 || !["EPIPE", "ECONNRESET"].includes(/** @type {any} */ (error).code)) throw error;
      }
    }
  }

  /**
   * @param {string} method @param {string} endpoint
   * @param {{ params?: Record<string, any>, headers?: Record<string, string>, body?: Body, unsent?: boolean }} [more]
   */
  request(method, endpoint, { params, ...more } = {}) {
    const { pathname, search } = this.url(endpoint, params);
    return this.raw({ method, target: `${pathname}${search}`, ...more });
  }

  /** @param {string} endpoint @param {unknown} value @param {Record<string, string>} [headers] */
  post(endpoint, value, headers = {}) {
    return this.request("POST", endpoint, {
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(value),
    });
  }

  /** @param {string} [path] @param {Record<string, any>} [params] */
  list(path, params = {}) {
    return this.request("GET", "/list", { params: path === undefined ? params : { path, ...params } });
  }
  /** @param {string} path @param {string} [encoding] */
  read(path, encoding) {
    return this.request("GET", "/read", { params: encoding === undefined ? { path } : { path, encoding } });
  }
  /** @param {string} path @param {string} content @param {Record<string, any>} [more] @param {Record<string, string>} [headers] */
  write(path, content, more = {}, headers = {}) {
    return this.post("/write", { path, content, ...more }, headers);
  }
  /** @param {string} path */
  stat(path) {
    return this.request("GET", "/stat", { params: { path } });
  }
  /** @param {string} path @param {Record<string, string>} [headers] */
  mkdir(path, headers) {
    return this.post("/mkdir", { path }, headers);
  }
  /** @param {string} from @param {string} to @param {Record<string, any>} [more] */
  move(from, to, more = {}) {
    return this.post("/move", { from, to, ...more });
  }
  /** @param {string} from @param {string} to @param {Record<string, any>} [more] */
  copy(from, to, more = {}) {
    return this.post("/copy", { from, to, ...more });
  }
  /** @param {string} path @param {Record<string, any>} [params] */
  remove(path, params = {}) {
    // The dashboard's `buildUrl('')`: the slash stays.
    return this.request("DELETE", "/", { params: { path, ...params } });
  }
  trash() {
    return this.request("GET", "/trash");
  }
  /** @param {string} trashPath @param {string} [to] */
  restore(trashPath, to) {
    return this.post("/restore", to === undefined ? { trashPath } : { trashPath, to });
  }
  emptyTrash() {
    return this.post("/trash/empty", {});
  }
  /** @param {string} path @param {string} [method] */
  content(path, method = "GET") {
    return this.request(method, "/content", { params: { path } });
  }
  /** @param {string} path @param {Body} body @param {Record<string, string>} [headers] */
  put(path, body, headers) {
    return this.request("PUT", "/content", { params: { path }, body, headers });
  }
  /** @param {string} path @param {string} [method] */
  download(path, method = "GET") {
    return this.request(method, "/download", { params: { path } });
  }
}
