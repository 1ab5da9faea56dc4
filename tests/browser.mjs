// A browser, driven through its debugging protocol: what a page sees, without a library in between.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./expect.mjs";

/** Where a Chromium is, if there is one: named by `CHROMIUM`, or where systems put it. */
export const CHROMIUM = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].find((path) => path && existsSync(path));

/** How long a browser may take to be there, on a machine that has much to do. */
const START_MS = 120_000;

/** How long a page may take until it shows what is waited for: a verifier's whole walk on a machine that has much else to do. */
export const WAIT_MS = 90_000;

export class Browser {
  #folder = mkdtempSync(join(tmpdir(), "holdfast-browser-"));
  /** @type {import("node:child_process").ChildProcess | undefined} */
  #process;
  /** @type {WebSocket | undefined} */
  #socket;
  #page = http.createServer((_, response) => {
    // The strictest page there is: whatever it embeds must allow it.
    response.writeHead(200, {
      "content-type": "text/html",
      "cross-origin-embedder-policy": "require-corp",
      "cross-origin-opener-policy": "same-origin",
    });
    response.end("<!doctype html><title>page</title><body></body>");
  });
  #sent = 0;

  /** @type {Map<number, (answer: any) => void>} */
  #waiting = new Map();

  /** Has the page's origin before there is a browser: its port, which nobody else gets from then on. */
  async listen() {
    if (!this.#page.listening) {
      // Where no test begins, nobody waits for it.
      this.#page.unref();
      await new Promise((resolve) => this.#page.listen(0, "127.0.0.1", () => resolve(undefined)));
    }
    return /** @type {import("node:net").AddressInfo} */ (this.#page.address()).port;
  }

  /** Opens a page of an origin that is nobody else's. */
  async start() {
    const port = await this.listen();
    const args = ["--headless=new", "--no-sandbox", "--disable-gpu", "--mute-audio", "--remote-debugging-port=0"];
    const more = ["--autoplay-policy=no-user-gesture-required", `--user-data-dir=${this.#folder}`];
    // By this name, the page is of another site than the Worker, which is at 127.0.0.1.
    this.#process = spawn(String(CHROMIUM), [...args, ...more, `http://localhost:${port}/`], { stdio: "ignore" });
    const active = join(this.#folder, "DevToolsActivePort");
    const isSaid = async () => existsSync(active) && readFileSync(active, "utf8").includes("\n");
    await eventually(isSaid, Boolean, START_MS);
    const [debugging] = readFileSync(active, "utf8").split("\n");
    // It says its port before it listens there.
    const pages = async () => {
      const answer = await fetch(`http://127.0.0.1:${debugging}/json/list`).catch(() => undefined);
      return answer ? answer.json() : [];
    };
    const isThere = (/** @type {any[]} */ list) => list.some(({ url }) => url.includes(`:${port}/`));
    const found = await eventually(pages, isThere, START_MS);
    const page = found.find((/** @type {any} */ { url }) => url.includes(`:${port}/`));
    this.#socket = new WebSocket(page.webSocketDebuggerUrl);
    this.#socket.onmessage = ({ data }) => {
      const { id, ...answer } = JSON.parse(data);
      this.#waiting.get(id)?.(answer);
    };
    await new Promise((resolve, reject) => Object.assign(this.#socket ?? {}, { onopen: resolve, onerror: reject }));
    // What is there before the page is no place to begin: whatever runs in it ends when the page comes.
    const ready = () => this.run(() => `${document.readyState} ${document.title}`).catch(() => "");
    await eventually(ready, (state) => state === "complete page", START_MS);
  }

  /**
   * Runs a function in the page, and answers what it answers.
   * @template {any[]} A @template T @param {(...args: A) => T | Promise<T>} work @param {A} args @returns {Promise<T>}
   */
  async run(work, ...args) {
    const expression = `(${work})(...${JSON.stringify(args)})`;
    const params = { expression, awaitPromise: true, returnByValue: true };
    this.#sent += 1;
    const id = this.#sent;
    const { result, error } = await new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket?.send(JSON.stringify({ id, method: "Runtime.evaluate", params }));
    });
    if (error) throw new Error(error.message);
    if (result.exceptionDetails) throw new Error(result.exceptionDetails.exception?.description ?? "the page failed");
    return result.result.value;
  }

  async stop() {
    this.#socket?.close();
    const browser = this.#process;
    // One that never began, or has ended by itself, says nothing any more.
    if (browser?.pid !== undefined && browser.exitCode === null && browser.signalCode === null) {
      const ended = once(browser, "exit");
      browser.kill();
      await ended;
    }
    this.#page.closeAllConnections();
    this.#page.close();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
