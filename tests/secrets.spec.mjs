// The signing secret: rotated, under its older name, missing. Each has a Worker of its own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { send, sign } from "./client.mjs";
import { ok, refused } from "./expect.mjs";
import { SECRET, start } from "./harness.mjs";

const [USER, LATER] = ["user_abc123", "4102444800"];

/** A listing whose URL is signed with this secret. @param {import("./harness.mjs").Server} server @param {string} [secret] */
function ask(server, secret = SECRET) {
  const query = new URLSearchParams({ userId: USER, exp: LATER, sig: sign(USER, LATER, secret) });
  return send(server.url, { method: "GET", target: `/api/files/list?${query}` });
}

/** @param {import("./client.mjs").Answer} answer */
function unauthorized(answer) {
  refused(answer, 401, "Unauthorized");
  assert.deepEqual(answer.body, { error: "Unauthorized", details: "Invalid signature" });
}

test("while rotating, URLs of both secrets are accepted and of no other", async () => {
  const old = "previous";
  const young = "sécret 🗝 bm90IGRlY29kZWQ=="; // its UTF-8 bytes are the key, whatever they look like
  const rotating = await start({ SIGNING_SECRET: young, SIGNING_SECRET_PREVIOUS: old });
  try {
    ok(await ask(rotating, young));
    ok(await ask(rotating, old));
    for (const other of [SECRET, "", young.trim().slice(0, -1), "not decoded"]) {
      unauthorized(await ask(rotating, other));
    }
  } finally {
    await rotating.stop();
  }
});

test("an empty previous secret accepts nothing", async () => {
  const rotated = await start({ SIGNING_SECRET_PREVIOUS: "" });
  try {
    ok(await ask(rotated));
    unauthorized(await ask(rotated, ""));
  } finally {
    await rotated.stop();
  }
});

test("the secret's older name is accepted", async () => {
  const older = await start({ SIGNING_SECRET: null, MOLTBOT_SIGNING_SECRET: "older" });
  try {
    ok(await ask(older, "older"));
    unauthorized(await ask(older));
  } finally {
    await older.stop();
  }
});

for (const [what, overrides] of /** @type {[string, import("./harness.mjs").Overrides][]} */ ([
  ["no secret", { SIGNING_SECRET: null }],
  ["an empty secret", { SIGNING_SECRET: "" }],
  ["an empty secret under both names", { SIGNING_SECRET: "", MOLTBOT_SIGNING_SECRET: "" }],
  ["only a previous secret", { SIGNING_SECRET: null, SIGNING_SECRET_PREVIOUS: SECRET }],
])) {
  test(`a Worker with ${what} refuses to serve and says why`, async () => {
    const open = await start(overrides);
    try {
      for (const secret of ["", SECRET]) {
        const answer = await ask(open, secret);
        refused(answer, 503, /secret/i);
      }
    } finally {
      await open.stop();
    }
  });
}
