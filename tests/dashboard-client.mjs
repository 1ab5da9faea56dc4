// What the dashboard's client says when something is refused, and a server to refuse it.

import assert from "node:assert/strict";
import http from "node:http";
import { HoldfastError } from "../dashboard/client/index.ts";

/** @param {Promise<unknown>} work @param {number} status @param {RegExp} sentence */
export const fails = (work, status, sentence) =>
  assert.rejects(work, (error) => {
    assert.ok(error instanceof HoldfastError, String(error));
    assert.equal(error.status, status);
    assert.match(error.message, sentence);
    return true;
  });

/**
 * A server that answers as it is told, in place of the Worker: for what a Worker never says, or only on a bad day.
 * @param {http.RequestListener} answer
 */
export async function front(answer) {
  let asked = 0;
  const server = http.createServer((request, response) => {
    asked += 1;
    answer(request, response);
  });
  // A test that fails leaves it open: nobody waits for that.
  server.unref();
  server.on("connection", (socket) => socket.unref());
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return {
    server,
    origin: `http://127.0.0.1:${port}`,
    url: `ws://127.0.0.1:${port}/ws?userId=user_a&exp=9999999999&sig=x`,
    asked: () => asked,
    close,
  };
}

/** Answers with JSON. @param {http.ServerResponse} response @param {number} status @param {object} body */
export function say(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
