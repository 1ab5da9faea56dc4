// A client of the socket, written from the contract alone. It says who it is by the one URL that it was given.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { eventually } from "./expect.mjs";

/** A ping that the runtime answers by itself, and the answer. */
export const PING = '{"type":"req","id":"ping","method":"ping"}';
export const PONG = '{"type":"res","id":"ping","ok":true,"payload":{}}';

export class Socket {
  #socket;
  #asked = 0;
  /** @type {Map<string, (frame: any) => void>} */
  #waiting = new Map();
  /** Every event's name and payload. @type {{ event: string, payload: any, at: number }[]} */
  events = [];
  /** Every frame as it came. @type {string[]} */
  frames = [];
  /** @type {{ code: number, reason: string } | undefined} */
  closed;
  /** Called for each change. @type {(change: any) => void} */
  onchange = () => {};

  /** @param {string | URL} url */
  constructor(url) {
    this.#socket = new WebSocket(url);
    this.#socket.addEventListener("message", ({ data }) => this.#take(String(data)));
    this.#socket.addEventListener("close", ({ code, reason }) => {
      this.closed = { code, reason };
      for (const answer of this.#waiting.values()) answer({ ok: false, error: { message: "closed" } });
    });
    this.#socket.addEventListener("error", () => {});
  }

  #take(/** @type {string} */ text) {
    this.frames.push(text);
    const frame = JSON.parse(text);
    if (frame.type === "event") {
      this.events.push({ event: frame.event, payload: frame.payload, at: performance.now() });
      if (frame.event === "files.changed") this.onchange(frame.payload);
    } else {
      this.#waiting.get(frame.id)?.(frame);
      this.#waiting.delete(frame.id);
    }
  }

  /** Once it is open, or closed again. */
  async open() {
    await eventually(
      async () => this.#socket.readyState,
      (state) => state !== WebSocket.CONNECTING,
    );
    return this;
  }

  send(/** @type {string | ArrayBuffer} */ frame) {
    this.#socket.send(frame);
  }

  /** One request and its frame. @returns {Promise<any>} */
  ask(/** @type {string} */ method, /** @type {any} */ params = undefined) {
    // Nobody would ever answer, and the test would hang.
    if (this.closed) return Promise.resolve({ ok: false, error: { message: "closed", ...this.closed } });
    this.#asked += 1;
    const id = `ask-${this.#asked}`;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.send(JSON.stringify({ type: "req", id, method, params }));
    });
  }

  /** The payload of a request that goes well. */
  async get(/** @type {string} */ method, /** @type {any} */ params = undefined) {
    const frame = await this.ask(method, params);
    assert.equal(frame.ok, true, JSON.stringify(frame));
    return frame.payload;
  }

  /** What has changed, as far as it has been told. */
  changes() {
    return this.events.filter(({ event }) => event === "files.changed").map(({ payload }) => payload);
  }

  /** Waits until it has been told so many changes. */
  told(/** @type {number} */ count) {
    return eventually(
      async () => this.changes(),
      (changes) => changes.length >= count,
    );
  }

  /** Asks whether anybody is there, as the runtime answers by itself. */
  pinged() {
    const pongs = () => this.frames.filter((frame) => frame === PONG).length;
    const before = pongs();
    this.send(PING);
    // Whatever else comes meanwhile.
    return eventually(
      async () => pongs(),
      (count) => count > before,
    );
  }

  /** Waits for its end. */
  ended() {
    return eventually(
      async () => this.closed,
      (closed) => closed !== undefined,
    );
  }

  async close() {
    this.#socket.close();
    await this.ended();
  }
}

/** A reader that subscribes and then leaves what it is sent where it is. The platform's own client always reads, so this one is bytes. */
export class StubbornReader {
  #tcp;
  #url;

  /** @param {URL} url */
  constructor(url) {
    this.#url = url;
    this.#tcp = connect(Number(url.port), url.hostname).on("error", () => {});
  }

  /** Follows everything, until the first answer has come, and reads no more. */
  async follow() {
    const { pathname, search, host } = this.#url;
    const key = randomBytes(16).toString("base64");
    this.#tcp.write(
      `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    const [hello] = await once(this.#tcp, "data");
    assert.match(String(hello), /^HTTP\/1.1 101 /);
    this.#tcp.write(masked(Buffer.from('{"type":"req","id":"1","method":"files.subscribe"}')));
    const [answer] = await once(this.#tcp, "data");
    assert.match(String(answer), /"ok":true/);
    this.#tcp.pause();
  }

  /** Sends short frames, one after the other. @param {string[]} frames */
  send(...frames) {
    this.#tcp.write(Buffer.concat(frames.map((frame) => masked(Buffer.from(frame)))));
  }

  /** Is lost, without a goodbye. */
  lose() {
    this.#tcp.destroy();
  }

  /** Reads all that is left: with which code it ends, and the last rev before that. */
  async rest() {
    /** @type {Buffer[]} */
    const chunks = [];
    this.#tcp.on("data", (chunk) => chunks.push(chunk));
    this.#tcp.resume();
    const frames = await eventually(
      async () => [...framesOf(Buffer.concat(chunks))],
      (all) => all.at(-1)?.opcode === 8 && all.at(-1)?.isWhole === true,
    );
    this.#tcp.destroy();
    const last = frames.at(-1);
    assert.ok(last);
    const told = frames.slice(0, -1).map(({ payload }) => JSON.parse(payload.toString()));
    return { code: last.payload.readUInt16BE(), last: told.at(-1)?.payload?.rev ?? 0 };
  }
}

/** A short frame of a client's. */
function masked(/** @type {Buffer} */ payload, opcode = 0x81) {
  assert.ok(payload.length < 126);
  const mask = randomBytes(4);
  const hidden = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([Buffer.from([opcode, 0x80 | payload.length]), mask, hidden]);
}

/** The frames of either side, one after the other; the last may not be whole. */
export function* framesOf(/** @type {Buffer} */ bytes) {
  for (let at = 0; at + 2 <= bytes.length; ) {
    const opcode = bytes.readUInt8(at) & 15;
    const [hides, short] = [bytes.readUInt8(at + 1) >> 7, bytes.readUInt8(at + 1) & 127];
    const head = 2 + (short < 126 ? 0 : short === 126 ? 2 : 8);
    if (at + head > bytes.length) return;
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    const begin = at + head + 4 * hides;
    const mask = bytes.subarray(at + head, begin);
    const payload = bytes.subarray(begin, begin + length).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
    at = begin + length;
    yield { opcode, payload: Buffer.from(payload), isWhole: at <= bytes.length, rest: bytes.subarray(at) };
  }
}
