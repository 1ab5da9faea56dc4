// A trap ends the wasm instance with every future in it. Whoever was being served is answered all the same, and the next
// request, to the same objects, is served as if nothing had been.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import http from "node:http";
import { test } from "node:test";
import { ORIGIN, ROOT } from "./client.mjs";
import { eventually, ok, refused } from "./expect.mjs";
import { GLUE, start } from "./harness.mjs";

const HALF = "half of a body is here";

/** The built glue, but for the import that hands a request's URL to Rust: it traps on the URLs of this user. */
function trapping(/** @type {string} */ userId) {
  const glue = readFileSync(GLUE, "utf8");
  const found = /__wbg_url_\w+:\s*function\(\w+,\s*(\w+)\)\s*\{/.exec(glue);
  assert.ok(found, "the import that hands over a URL is in the glue");
  const [head, request] = found;
  const said = `if (${request}.method === "PUT" && ${request}.url.includes("half.bin")) console.warn("${HALF}");`;
  const trap = `if (${request}.url.includes("${userId}")) throw new WebAssembly.RuntimeError("unreachable");`;
  return glue.replace(head, () => `${head} ${said} ${trap}`);
}

test("a trapped request and the innocent ones beside it are answered 503, and those after it as ever", async () => {
  const unlucky = "user_unlucky";
  const server = await start({}, trapping(unlucky));
  try {
    const innocent = server.client();
    ok(await innocent.write(`${ROOT}/kept.txt`, "kept"));
    for (let round = 0; round < 3; round += 1) {
      // In flight: half of its body is sent, the other half never comes.
      const seen = server.logs.length;
      const target = innocent.url("/content", { path: `${ROOT}/half.bin` });
      const request = http.request(target, { method: "PUT", headers: { origin: ORIGIN, "content-length": "1000" } });
      const beside = new Promise((resolve, reject) => request.on("response", resolve).on("error", reject));
      await new Promise((resolve) => request.write(Buffer.alloc(500), resolve));
      await eventually(
        async () => server.logs.slice(seen),
        (lines) => lines.some((line) => line.includes(HALF)),
      );
      ok(await innocent.read(`${ROOT}/kept.txt`));

      const trapped = await server.client(unlucky).list();
      refused(trapped, 503);
      assert.match(String(trapped.headers["retry-after"]), /^\d+$/);
      const { statusCode, headers } = await beside;
      assert.equal(statusCode, 503);
      assert.match(String(headers["retry-after"]), /^\d+$/);
      assert.equal(headers["access-control-allow-origin"], ORIGIN);
      request.destroy();

      assert.equal(ok(await innocent.read(`${ROOT}/kept.txt`)).content, "kept");
      ok(await innocent.write(`${ROOT}/after${round}.txt`, "after"));
      refused(await innocent.stat(`${ROOT}/half.bin`), 404, "Path not found");
      ok(await server.client().list());
    }
    assert.notDeepEqual(server.logs, [], "what the runtime says is seen here: or no leak in it would be");
  } finally {
    await server.stop();
  }
});
