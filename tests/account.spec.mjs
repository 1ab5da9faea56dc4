// Deleting an account where the host has not said its secret, and while uploads are under way.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import http from "node:http";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ORIGIN, ROOT, send } from "./client.mjs";
import { eventually, names, ok, refused } from "./expect.mjs";
import { start } from "./harness.mjs";

for (const secret of [null, ""]) {
  test(`without a secret of the host (${JSON.stringify(secret)}) no account is deleted, whatever is sent`, async () => {
    const server = await start({ HOST_SECRET: secret });
    try {
      const userId = server.user();
      const client = server.client(userId);
      ok(await client.write(`${ROOT}/a`, "x"));
      for (const authorization of ["", "Bearer ", "Bearer undefined", "Bearer null", "Bearer x"]) {
        const target = `/api/account?userId=${userId}`;
        refused(await send(server.url, { method: "DELETE", target, headers: { authorization } }), 503);
      }
      assert.deepEqual(names(ok(await client.list())), ["a"]);
    } finally {
      await server.stop();
    }
  });
}

for (const length of [true, false]) {
  test(`an upload ${length ? "with" : "without"} its length that is under way when its account goes leaves nothing`, async () => {
    const server = await start({ HOST_SECRET: "secret" });
    try {
      const userId = server.user();
      const client = server.client(userId);
      ok(await client.write(`${ROOT}/a`, "x"));
      const bytes = randomBytes(12 * 2 ** 20);
      const headers = { origin: ORIGIN, ...(length ? { "content-length": String(bytes.length) } : {}) };
      const request = http.request(client.url("/content", { path: `${ROOT}/b` }), { method: "PUT", headers });
      const status = new Promise((resolve, reject) => {
        request.on("response", (response) => resolve(response.resume().statusCode)).on("error", reject);
      });
      request.write(bytes.subarray(0, 10 * 2 ** 20));
      await eventually(
        () => server.sql(userId, "SELECT key FROM upload"),
        ({ length }) => length === 1,
      );
      await sleep(300);
      const target = `/api/account?userId=${userId}`;
      ok(await send(server.url, { method: "DELETE", target, headers: { authorization: "Bearer secret" } }));
      // The alarm has looked by now.
      await eventually(
        () => server.sql(userId, "SELECT key FROM upload"),
        ({ length }) => length === 0,
      );
      request.end(bytes.subarray(10 * 2 ** 20));
      assert.ok([410, 503].includes(Number(await status)), `answered ${await status}`);
      await eventually(
        async () => [...(await server.objects("DATA", `users/${userId}/`)).keys()],
        ({ length }) => length === 0,
      );
    } finally {
      await server.stop();
    }
  });
}
