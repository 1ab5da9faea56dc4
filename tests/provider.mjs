// A provider on this machine: it answers what a test has told it to, and remembers what it was asked.

import http from "node:http";
import { after, before } from "node:test";

/**
 * @typedef {{ status?: number, headers?: Record<string, string>, body?: Buffer | string }} Reply
 * @typedef {(request: http.IncomingMessage, response: http.ServerResponse, body: string) => void} Handler
 */

export class Provider {
  /** @type {Map<string, Reply | Handler>} */
  #routes = new Map();
  #server = http.createServer((request, response) => this.#answer(request, response));
  /** @type {{ method?: string, path: string, headers: http.IncomingHttpHeaders, body: string }[]} */
  asked = [];
  #count = 0;

  async start() {
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", () => resolve(undefined)));
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  get origin() {
    return `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (this.#server.address()).port}`;
  }

  /** Has a new path answer this, and answers its address. @param {Reply | Handler} reply @param {string} [name] */
  at(reply, name = "file.bin") {
    this.#count += 1;
    return this.on(`/${this.#count}/${name}`, reply);
  }

  /** Has this path answer this. @param {string} path @param {Reply | Handler} reply */
  on(path, reply) {
    this.#routes.set(path, reply);
    return `${this.origin}${path}`;
  }

  /** How often a path was asked for. @param {string} url */
  hits(url) {
    const { pathname } = new URL(url);
    return this.asked.filter(({ path }) => path.split("?")[0] === pathname).length;
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
  async #answer(request, response) {
    let body = "";
    for await (const chunk of request) body += chunk;
    const path = request.url ?? "/";
    this.asked.push({ method: request.method, path, headers: request.headers, body });
    const reply = this.#routes.get(path.split("?")[0] ?? "/");
    response.on("error", () => {});
    if (typeof reply === "function") return reply(request, response, body);
    const { status = 200, headers = {}, body: bytes = "" } = reply ?? { status: 404 };
    response.writeHead(status, { "content-length": String(Buffer.byteLength(bytes)), ...headers });
    response.end(bytes);
  }
}

/** A provider for a whole spec. */
export function provide() {
  const provider = new Provider();
  before(() => provider.start());
  after(() => provider.stop());
  return provider;
}
