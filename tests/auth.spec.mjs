// Who may call: wire.md §1, word by word. The Worker has the vectors' own secret.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ROOT, send, sign } from "./client.mjs";
import { names, ok, refused } from "./expect.mjs";
import { SECRET, serve } from "./harness.mjs";

const server = serve();
const VECTORS = JSON.parse(readFileSync(new URL("vectors/signing.json", import.meta.url), "utf8"));
const LATER = "4102444800";

const MISSING = "Missing required params (userId, exp, sig)";
const FORMAT = "Invalid exp format";
const EXPIRED = "URL expired";
const USER = "Invalid userId format";
const SIGNATURE = "Invalid signature";

const now = () => Math.floor(Date.now() / 1000);

/** A listing asked with exactly this query. @param {string | Record<string, string>} query */
function ask(query, method = "GET") {
  const search = typeof query === "string" ? query : new URLSearchParams(query).toString();
  return send(server.url, { method, target: `/api/files/list?${search}` });
}

/** @param {import("./client.mjs").Answer} answer @param {string} details */
function unauthorized(answer, details) {
  refused(answer, 401, "Unauthorized");
  assert.deepEqual(answer.body, { error: "Unauthorized", details });
}

/** Everything signed rightly, with this user and expiry. */
const signed = (/** @type {string} */ userId, exp = LATER, secret = SECRET) => ({
  userId,
  exp,
  sig: sign(userId, exp, secret),
});

test("every valid vector may call, every expired one is told so", async () => {
  assert.equal(VECTORS.secret, SECRET);
  for (const vector of VECTORS.valid) {
    assert.equal(sign(vector.userId, vector.exp, VECTORS.secret), vector.sig);
    ok(await ask(vector));
  }
  for (const vector of VECTORS.expired) unauthorized(await ask(vector), EXPIRED);
});

for (const name of ["userId", "exp", "sig"]) {
  test(`a query without ${name} lacks a required parameter`, async () => {
    const query = new URLSearchParams(signed("user_abc123"));
    query.delete(name);
    unauthorized(await ask(query.toString()), MISSING);
  });
}

test("who is refused for how they are called is told so whatever they ask, and no cost: they have signed nothing", async () => {
  const client = server.client("no user!");
  for (const answer of [await client.put(`${ROOT}/a`, Buffer.from("a")), await client.list(ROOT)]) {
    unauthorized(answer, USER);
    assert.equal(answer.headers["server-timing"], undefined);
  }
});

test("no query at all lacks the required parameters, on every route and method", async () => {
  const routes = [
    ["GET", "list"],
    ["GET", "read"],
    ["POST", "write"],
    ["GET", "download"],
    ["GET", "content"],
    ["PUT", "content"],
    ["GET", "stat"],
    ["DELETE", ""],
    ["POST", "mkdir"],
    ["POST", "move"],
    ["POST", "copy"],
    ["GET", "trash"],
    ["POST", "restore"],
    ["POST", "trash/empty"],
  ];
  for (const [method = "", endpoint] of routes) {
    unauthorized(await send(server.url, { method, target: `/api/files/${endpoint}` }), MISSING);
  }
  unauthorized(await send(server.url, { method: "DELETE", target: "/api/files" }), MISSING);
});

for (const exp of [
  "abc",
  "12a",
  "+4102444800",
  "-1",
  "4102444800.0",
  " 4102444800",
  "4102444800 ",
  "4e9",
  "0xf4865700",
  "٤١٠٢٤٤٤٨٠٠",
  "４１０２４４４８００",
]) {
  test(`the expiry ${JSON.stringify(exp)} is not made of ASCII digits, even when it is signed`, async () => {
    unauthorized(await ask(signed("user_abc123", exp)), FORMAT);
  });
}

test("the raw expiry string is what is signed: leading zeros count", async () => {
  ok(await ask(signed("user_abc123", `000${LATER}`)));
  unauthorized(await ask({ ...signed("user_abc123", LATER), exp: `0${LATER}` }), SIGNATURE);
});

test("an expiry beyond any integer is answered, not crashed on", async () => {
  const { status } = await ask(signed("user_abc123", "9".repeat(40)));
  assert.ok(status === 200 || status === 401, String(status));
});

test("a URL is still valid in the second in which it expires, and no longer in the next", async () => {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const second = now();
    const { status } = await ask(signed("user_abc123", String(second)));
    if (now() !== second) continue; // the clock moved on between: the answer proves nothing
    assert.equal(status, 200);
    unauthorized(await ask(signed("user_abc123", String(second - 1))), EXPIRED);
    return;
  }
  assert.fail("no request was answered within one second of the clock");
});

test("a user id of 1 to 128 letters, digits, _ and - is accepted", async () => {
  for (const userId of ["user_a", "user_-", "user__", `user_${"Z9_-".repeat(32)}`]) ok(await ask(signed(userId)));
});

for (const userId of [
  "user_",
  "alice",
  "User_abc",
  "USER_abc",
  " user_abc",
  "user_abc ",
  "user_a.b",
  "user_a/b",
  "user_../b",
  "user_a b",
  "user_a\0",
  "user_a\n",
  "user_é",
  "user_😀",
  "xuser_abc",
  `user_${"a".repeat(129)}`,
]) {
  test(`the user id ${JSON.stringify(userId).slice(0, 40)} is refused, even when it is signed`, async () => {
    unauthorized(await ask(signed(userId)), USER);
  });
}

test("the checks run in order: missing, format, expiry, user id, signature", async () => {
  const bad = { userId: "nobody", exp: "soon", sig: "forged" };
  unauthorized(await ask({ userId: bad.userId, exp: bad.exp }), MISSING);
  unauthorized(await ask({ userId: bad.userId, sig: bad.sig }), MISSING);
  unauthorized(await ask(bad), FORMAT);
  unauthorized(await ask({ ...bad, exp: "1700000000" }), EXPIRED);
  unauthorized(await ask({ ...bad, exp: LATER }), USER);
  unauthorized(await ask({ ...bad, exp: LATER, userId: "user_abc123" }), SIGNATURE);
});

test("a signature is the one string of 43 characters, in no other shape", async () => {
  // A user whose signature holds both characters in which the two base64 alphabets differ.
  let userId = "user_0";
  for (let n = 0; !/-.*_|_.*-/.test(sign(userId, LATER, SECRET)); n += 1) userId = `user_${n}`;
  const right = signed(userId);
  const { sig } = right;
  const digest = createHmac("sha256", SECRET).update(`${userId}.${LATER}`);
  const hex = digest.digest("hex");
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const turned = (/** @type {number} */ at, /** @type {number} */ by) => {
    const letter = alphabet[alphabet.indexOf(sig[at] ?? "") ^ by];
    return sig.slice(0, at) + letter + sig.slice(at + 1);
  };
  ok(await ask(right));
  const wrong = {
    "first character": turned(0, 1),
    "middle character": turned(21, 32),
    "last character": turned(42, 32),
    "unused bits of the last character": turned(42, 1),
    short: sig.slice(0, 42),
    "one character": sig.slice(0, 1),
    long: `${sig}A`,
    padded: `${sig}=`,
    "other alphabet": sig.replaceAll("-", "+").replaceAll("_", "/"),
    hex,
    "upper case": sig.toUpperCase(),
    "lower case": sig.toLowerCase(),
    "space before": ` ${sig}`,
    "space after": `${sig} `,
    "43 other characters": "!".repeat(43),
    "43 letters beyond ASCII": "é".repeat(43),
    zero: "A".repeat(43),
    huge: "A".repeat(8000),
    "another user's": sign("user_other", LATER, SECRET),
    "another expiry's": sign(userId, "4102444801", SECRET),
    "another secret's": sign(userId, LATER, `${SECRET}6`),
    "an empty secret's": sign(userId, LATER, ""),
  };
  for (const [shape, forged] of Object.entries(wrong)) {
    assert.notEqual(forged, sig, shape);
    unauthorized(await ask({ ...right, sig: forged }), SIGNATURE);
  }
});

test("percent-encoding is decoded once; broken encoding is a refusal, not a crash", async () => {
  const { exp, sig } = signed("user_abc123");
  ok(await ask(`userId=user%5Fabc%3123&exp=${exp}&sig=${sig}`));
  for (const broken of ["%", "%z", "%zz", "%ff", "%c3%28"]) {
    refused(await ask(`userId=user_abc123&exp=${exp}&sig=${broken}`), 401);
    refused(await ask(`userId=user_${broken}&exp=${exp}&sig=${sig}`), 401);
  }
});

test("a parameter given twice never opens the other user's workspace", async () => {
  const [victim, thief] = [server.user(), server.user()];
  ok(await server.client(victim).write(`${ROOT}/secret.txt`, "mine"));
  const { exp, sig } = signed(thief);
  for (const ids of [`userId=${thief}&userId=${victim}`, `userId=${victim}&userId=${thief}`]) {
    const answer = await ask(`${ids}&exp=${exp}&sig=${sig}`);
    if (answer.status !== 401) assert.deepEqual(names(ok(answer)), []);
  }
});

test("a refused request changes nothing", async () => {
  const userId = server.user();
  const client = server.client(userId);
  ok(await client.write(`${ROOT}/kept.txt`, "kept"));
  const forged = new URLSearchParams({ ...signed(userId), sig: sign(userId, LATER, "guess") });
  const headers = { "content-type": "application/json" };
  const attempt = (/** @type {string} */ method, /** @type {string} */ target, /** @type {any} */ body) =>
    send(server.url, { method, target: `${target}?${forged}`, headers, body: body && JSON.stringify(body) });
  unauthorized(await attempt("POST", "/api/files/write", { path: `${ROOT}/kept.txt`, content: "gone" }), SIGNATURE);
  unauthorized(await attempt("POST", "/api/files/move", { from: `${ROOT}/kept.txt`, to: `${ROOT}/x` }), SIGNATURE);
  forged.set("path", `${ROOT}/kept.txt`);
  unauthorized(await attempt("DELETE", "/api/files", undefined), SIGNATURE);
  assert.equal(ok(await client.read(`${ROOT}/kept.txt`)).content, "kept");
});

test("two users never see each other's files, trash or names", async () => {
  const [one, two] = [server.client(), server.client()];
  const path = `${ROOT}/same.txt`;
  ok(await one.write(path, "one"));
  assert.deepEqual(names(ok(await two.list())), []);
  refused(await two.read(path), 404, "File not found");
  ok(await two.write(path, "two"));
  assert.equal(ok(await one.read(path)).content, "one");
  assert.equal(ok(await two.read(path)).content, "two");
  const { trashPath } = ok(await one.remove(path));
  assert.deepEqual(ok(await two.trash()).files, []);
  refused(await two.restore(trashPath), 404);
  assert.equal(ok(await two.emptyTrash()).count, 0);
  assert.equal(ok(await one.trash()).files.length, 1);
  assert.equal(ok(await two.read(path)).content, "two");
});

test("user ids that differ only in case are two users, each with a signature of their own", async () => {
  const base = server.user();
  const [upper, lower] = [`${base}_A`, `${base}_a`];
  ok(await server.client(upper).write(`${ROOT}/f`, "upper"));
  assert.deepEqual(names(ok(await server.client(lower).list())), []);
  unauthorized(await ask({ ...signed(upper), userId: lower }), SIGNATURE);
});

test("HEAD with a bad signature is 401 without a body", async () => {
  const answer = await ask({ ...signed("user_abc123"), sig: "x" }, "HEAD");
  assert.equal(answer.status, 401);
  assert.equal(answer.bytes.length, 0);
});

test("no refusal repeats the signature, a forged one neither", async () => {
  const query = new URLSearchParams({ ...signed("user_abc123"), sig: `${sign("user_abc123", LATER, SECRET)}forged` });
  const client = server.client();
  const answers = [
    await ask(query.toString()),
    await send(server.url, { method: "GET", target: `/api/files/nowhere?${query}` }),
    await send(server.url, { method: "PATCH", target: `/api/files/list?${query}` }),
    await send(server.url, { method: "GET", target: `/nowhere?${query}` }),
    await client.request("GET", "/nowhere"),
    await client.request("POST", "/write", { body: "{" }),
  ];
  for (const { headers, bytes } of answers) {
    const said = JSON.stringify(headers) + bytes.toString("utf8");
    for (const secret of [query.get("sig") ?? "", "sig="]) assert.ok(!said.includes(secret), said);
  }
  assert.deepEqual(server.leaks(), []);
});
