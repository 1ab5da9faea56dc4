// A gateway as hosts have them, over the bare protocol: it speaks first, takes a `connect` with its token, and answers requests.

import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { after } from "node:test";
import { eventually } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { framesOf } from "./live.mjs";

/** What RFC 6455 has a server prove that it knows. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
export const CHALLENGE = { type: "event", event: "connect.challenge", payload: { nonce: "n-1" } };

/** @typedef {import("node:stream").Duplex} Duplex */

export class Gateway {
  #server = createServer((_, response) => response.writeHead(404).end());
  /** @type {Set<Duplex>} */
  #peers = new Set();
  /** Every frame that has arrived. @type {any[]} */
  heard = [];
  /** The headers of every socket. @type {import("node:http").IncomingHttpHeaders[]} */
  opened = [];
  /** What every new socket waits for. @type {Promise<void>} */
  #open = Promise.resolve();

  constructor() {
    this.#server.on("upgrade", (request, peer) => {
      peer.on("error", () => {});
      this.#open.then(() => this.#take(request, peer));
    });
  }

  /** Opens no socket until what it answers is called. @returns {() => void} */
  hold() {
    const { promise, resolve } = Promise.withResolvers();
    this.#open = promise;
    return () => resolve(undefined);
  }

  /** Where it answers, from now on. @param {number} [port] */
  async start(port = 0) {
    const listen = async () => {
      this.#server.listen(port, "127.0.0.1");
      return once(this.#server, "listening").then(
        () => "listening",
        ({ code }) => code,
      );
    };
    // A port that was given back may be somebody's end of a connection for a moment.
    await eventually(listen, (said) => said === "listening");
    return /** @type {import("node:net").AddressInfo} */ (this.#server.address()).port;
  }

  async stop() {
    for (const peer of this.#peers) peer.destroy();
    this.#peers.clear();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** How many sockets are open. */
  get size() {
    return this.#peers.size;
  }

  #take(/** @type {import("node:http").IncomingMessage} */ { headers }, /** @type {Duplex} */ peer) {
    this.opened.push(headers);
    // It may have gone while it waited.
    if (peer.destroyed) return;
    this.#peers.add(peer);
    peer.on("end", () => peer.end());
    peer.on("close", () => this.#peers.delete(peer));
    const accept = createHash("sha1").update(`${headers["sec-websocket-key"]}${GUID}`).digest("base64");
    peer.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    peer.write(frame(JSON.stringify(CHALLENGE)));
    /** @type {Buffer} */
    let left = Buffer.alloc(0);
    peer.on("data", (chunk) => {
      left = Buffer.concat([left, chunk]);
      for (const { opcode, payload, isWhole, rest } of framesOf(left)) {
        if (!isWhole) break;
        if (opcode === 1) this.#hear(peer, JSON.parse(payload.toString()));
        if (opcode === 8) peer.end(frame(payload, 8));
        left = rest;
      }
    });
  }

  #hear(/** @type {Duplex} */ peer, /** @type {any} */ heard) {
    this.heard.push(heard);
    const payload = { echo: heard.method };
    peer.write(frame(JSON.stringify({ type: "res", id: heard.id, ok: true, payload })));
  }

  /** Leaves what pages send where it is. */
  pause() {
    for (const peer of this.#peers) peer.pause();
  }

  /** Reads on. */
  resume() {
    for (const peer of this.#peers) peer.resume();
  }

  /** Says something to every page. */
  say(/** @type {any} */ value) {
    for (const peer of this.#peers) peer.write(frame(JSON.stringify(value)));
  }

  /** Ends every socket with a code and a reason. */
  end(/** @type {number} */ code, /** @type {string} */ reason) {
    const head = Buffer.alloc(2);
    head.writeUInt16BE(code);
    for (const peer of this.#peers) peer.write(frame(Buffer.concat([head, Buffer.from(reason)]), 8));
  }
}

/** A frame of a server's. */
function frame(/** @type {string | Buffer} */ payload, opcode = 1) {
  const bytes = Buffer.from(payload);
  const head =
    bytes.length < 126 ? Buffer.from([0x80 | opcode, bytes.length]) : Buffer.from([0x80 | opcode, 126, 0, 0]);
  if (bytes.length >= 126) head.writeUInt16BE(bytes.length, 2);
  return Buffer.concat([head, bytes]);
}

/** A gateway, and a Worker with the page before it, for a whole spec. */
export async function serveBehindGateway() {
  const gateway = new Gateway();
  const port = await gateway.start();
  after(() => gateway.stop());
  const origin = `ws://127.0.0.1:${port}/`;
  const server = serve({ GATEWAY_ORIGIN: origin, GATEWAY_TOKEN: "gateway-token" }, undefined, { page: true });
  return { gateway, server };
}
