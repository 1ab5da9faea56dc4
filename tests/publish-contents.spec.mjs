// What of a workspace is published and what is not: credentials and what looks like
// them, what is left out, and names that readers stumble over.

import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { ROOT } from "./client.mjs";
import { ok, refused } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { fill, mounted, preview, publish, shelved } from "./publishing.mjs";
import { anyone } from "./store.mjs";

const server = serve({ CATALOG_CACHE_SECONDS: "0" });

const noise = (
  /** @type {number} */ length,
  alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
) => Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join("");
const base64url = (/** @type {unknown} */ json) => Buffer.from(JSON.stringify(json)).toString("base64url");
const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Credentials as people leave them in files, put together here so that none stands in this one. @type {Record<string, () => string>} */
const HOSTILE = {
  "private-key": () =>
    `-----BEGIN ${"RSA PRIVATE"} KEY-----\n${noise(64)}\n${noise(64)}\n${noise(40)}\n-----END ${"RSA PRIVATE"} KEY-----\n`,
  "aws-key": () => `aws_access_key_id = ${"AK"}IA${noise(16, UPPER)}\n`,
  "github-token": () => `export const token = "${"gh"}p_${noise(36)}";\n`,
  "slack-token": () => `const slack = '${"xo"}xb-${noise(12, "0123456789")}-${noise(12, "0123456789")}-${noise(24)}'\n`,
  "openai-key": () => `{"key":"${"s"}k-proj-${noise(48)}"}\n`,
  "provider-key": () => `FAL_KEY=${randomUUID()}:${noise(32, "0123456789abcdef")}\n`,
  "address-password": () => `DATABASE_URL=postgres://app:${noise(20)}@db.example.com:5432/app\n`,
  "google-key": () => `fetch("https://maps.googleapis.com/?key=${"AI"}za${noise(35)}")\n`,
  jwt: () =>
    `Authorization: Bearer ${base64url({ alg: "HS256", typ: "JWT" })}.${base64url({ sub: "1234567890", name: noise(10), iat: 1516239022 })}.${noise(43)}\n`,
  "bearer-token": () => `headers: { Authorization: "Bear${"er"} ${noise(40)}" }\n`,
  "secret-assignment": () => `export const STRIPE_WEBHOOK_${"SECRET"} = "${noise(40)}";\n`,
};

/** What looks like one, and is none. */
const BENIGN = {
  "tokenizer.ts": 'export const tokens = ["a", "b"];\nexport type Token = string;\n',
  "secrets.ts": "export const SECRET_COUNT = 3; // how many there are\n",
  "env.ts": "export const API_KEY = process.env.API_KEY;\nexport const TOKEN = import.meta.env.VITE_TOKEN ?? '';\n",
  "placeholder.ts":
    'const API_KEY = "your-api-key-here";\nconst MY_TOKEN = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";\nconst THE_SECRET = "<replace me with your own secret>";\n',
  "headers.ts": `export const headers = { Authorization: \`Bearer \${token}\` };\n`,
  "types.ts": "export const API_KEY: string = process.env.API_KEY ?? 'your-api-key';\n",
  ".npmrc": "//packages.example.com/:_authToken=$" + "{NPM_TOKEN}\n",
  "public.pem": `-----BEGIN PUBLIC KEY-----\n${noise(64)}\n-----END PUBLIC KEY-----\n`,
  "certificate.pem": `-----BEGIN CERTIFICATE-----\n${noise(64)}\n-----END CERTIFICATE-----\n`,
  "words.md":
    "A key begins with AKIA, a token with ghp_, another with xoxb-, sk- or AIza; a JWT with eyJ.\n-----BEGIN PRIVATE KEY-----\nis how one begins.\n",
  "hash.json": `{"integrity":"sha512-${randomBytes(64).toString("base64")}","commit":"${randomBytes(20).toString("hex")}"}\n`,
  "picture.svg": `<image href="data:image/png;base64,${randomBytes(3000).toString("base64")}"/>\n`,
  "risk-assessment.css": ".task-sk-button-primary-large-rounded-outline-ghost-extra { color: red }\n",
  "noise.bin": randomBytes(300_000),
};

test("each kind of credential stops a publish of either kind, wherever in a file it is, and is never repeated", async () => {
  const userId = server.user();
  const client = server.client(userId);
  const files = { "src/apps/studio/index.tsx": "export default 1;\n" };
  await fill(client, files);
  for (const [rule, make] of Object.entries(HOSTILE)) {
    const credential = make();
    // At the start, behind many lines, across the pieces in which a file is read, and in a file of the bucket's.
    for (const before of [0, 1000, 262_000, 1_100_000]) {
      const lines = Math.ceil(before / 20);
      const path = "src/apps/studio/file.txt";
      await fill(client, { [path]: `${"nothing to see here\n".repeat(lines)}${credential}the end\n` });
      for (const answer of [
        await publish(client, "app", { appId: "studio" }),
        await publish(client, "desktop", { title: "Mine", desktopId: "mine" }),
      ]) {
        const { findings } = refused(answer, 422);
        assert.deepEqual(findings, [{ path: `${ROOT}/${path}`, line: lines + 1, rule }], `${rule} behind ${before}`);
        for (const part of credential.split(/[^A-Za-z0-9_-]+/).filter(({ length }) => length > 15))
          assert.ok(!answer.bytes.includes(part), "a refusal does not hold what it found");
        assert.ok(!server.logs.some((line) => line.includes(credential.trim())), "nor does the log");
      }
      ok(await client.remove(`${ROOT}/${path}`, { permanent: true }));
    }
  }
  assert.deepEqual(await shelved(server, userId), []);
  // Allowed by name it goes; another file of the same is not allowed by that.
  const [, make] = Object.entries(HOSTILE)[2] ?? [];
  assert.ok(make);
  await fill(client, { "src/apps/studio/a.txt": make(), "src/apps/studio/b.txt": make() });
  const { findings } = refused(
    await publish(client, "app", { appId: "studio", allow: ["src/apps/studio/a.txt"] }),
    422,
  );
  assert.deepEqual(
    findings.map((/** @type {any} */ { path }) => path),
    [`${ROOT}/src/apps/studio/b.txt`],
  );
  for (const allow of [["*"], ["src/**"], ["a.txt"], ["src/apps/studio"], ["SRC/APPS/STUDIO/B.TXT"]])
    refused(await publish(client, "app", { appId: "studio", allow }), 422);
  ok(
    await publish(client, "app", {
      appId: "studio",
      allow: ["src/apps/studio/a.txt", `${ROOT}/src/apps/studio/b.txt`],
    }),
  );
});

test("what only looks like a credential is published", async () => {
  const client = server.client(server.user());
  await fill(client, {
    "src/apps/studio/index.tsx": "export default 1;\n",
    ...Object.fromEntries(Object.entries(BENIGN).map(([name, text]) => [`src/apps/studio/${name}`, text])),
  });
  const said = ok(await publish(client, "app", { appId: "studio" }));
  assert.equal(said.files, Object.keys(BENIGN).length + 1);
  ok(await publish(client, "desktop", { title: "Benign" }));
});

/** The paths of a mounted tree, directories with a slash behind them. @param {any} tree @returns {string[]} */
const pathsOf = (tree, above = "") =>
  Object.entries(tree).flatMap(([name, child]) =>
    Buffer.isBuffer(child) ? [above + name] : [`${above}${name}/`, ...pathsOf(child, `${above}${name}/`)],
  );

test("what is made, private, deleted or not to be read by anyone stays where it is, and is told", async () => {
  const client = server.client(server.user());
  const deep = (/** @type {number} */ depth) => Array.from({ length: depth }, () => "d").join("/");
  const made = "node_modules .git .pnpm .vite .next dist build out coverage .turbo .cache pnpm-store tmp".split(" ");
  const agent = ["SOUL.md", "USER.md", "IDENTITY.md", "MEMORY.md", "AGENTS.md", "TOOLS.md", "HEARTBEAT.md"];
  const kept = {
    "src/distance.ts": "",
    "src/builder/a.ts": "",
    "docs/SOUL.md": "",
    "src/memory/a.ts": "",
    ".envrc": "",
    "src/.environment": "",
    ".gitignore": "",
    "日本語/файл.txt": "",
    "مرحبا/a": "",
    "😀/🏳️‍🌈.txt": "",
    "a\u200bb/zero-width": "",
    [`deep/${deep(46)}/file`]: "",
  };
  const out = {
    ...Object.fromEntries(
      made.flatMap((name) => [
        [`${name}/x`, ""],
        [`src/apps/studio/${name}/deep/x`, ""],
      ]),
    ),
    ...Object.fromEntries(agent.map((name) => [name, ""])),
    "memory/today.md": "",
    "uploads/a.png": "",
    ".env": "A=1",
    ".env.local": "A=1",
    "src/.ENV.Production": "A=1",
    "src/.env/inside": "A=1",
    "src/.trash/kept-by-somebody": "",
    "src/__proto__/x": "",
    "src/a/__proto__": "",
    [`deeper/${deep(47)}/file`]: "",
  };
  await fill(client, { ...kept, ...out });
  ok(await client.mkdir(`${ROOT}/gone`));
  ok(await client.put(`${ROOT}/gone/secret.txt`, "deleted"));
  ok(await client.remove(`${ROOT}/gone`));
  const said = ok(await publish(client, "desktop", { title: "Left out" }));
  const { bytes } = await anyone(server, new URL(said.url).pathname);
  const paths = pathsOf(mounted(bytes));
  assert.deepEqual(paths.filter((path) => !path.endsWith("/")).sort(), Object.keys(kept).sort());
  const told = said.excluded.map((/** @type {{ path: string }} */ { path }) => path.slice(ROOT.length + 1));
  const expected = [
    ...made.flatMap((name) => [name, `src/apps/studio/${name}`]),
    ...agent,
    "memory",
    "uploads",
    ".env",
    ".env.local",
    "src/.ENV.Production",
    "src/.env",
    "src/.trash",
  ];
  for (const path of expected) assert.ok(told.includes(path), `${path} is told`);
  assert.deepEqual(
    told
      .filter((/** @type {string} */ path) => !expected.includes(path))
      .every((/** @type {string} */ path) => /__proto__|^deeper\/|^\.trash$/.test(path)),
    true,
    String(told),
  );
  for (const path of [`deeper/${deep(47)}/file`, "src/__proto__/x", "src/a/__proto__"])
    assert.ok(
      told.some((/** @type {string} */ out) => path === out || path.startsWith(`${out}/`)),
      `${path} is told`,
    );
  for (const line of said.excluded) assert.match(line.reason, /\w+ \w+|deleted|link/);

  // Asked for by name some of it goes; what never goes does not, whatever is asked for.
  const again = ok(
    await publish(client, "desktop", {
      title: "Asked for",
      include: ["SOUL.md", "memory", "dist", ".env", ".env.*", ".trash", "**", "src/.env/inside"],
    }),
  );
  const more = pathsOf(mounted((await anyone(server, new URL(again.url).pathname)).bytes));
  for (const path of ["SOUL.md", "memory/today.md", "dist/x", "src/apps/studio/dist/deep/x"])
    assert.ok(more.includes(path), path);
  assert.deepEqual(
    more.filter((path) => /\.env(\.|\/|$)|\.trash|__proto__|secret\.txt|kept-by/i.test(path)),
    [],
  );
});

test("an app has none of that either, and a path that is no desktop of this user's is refused", async () => {
  const client = server.client(server.user());
  await fill(client, {
    "src/apps/studio/index.tsx": "export default 1;\n",
    "src/apps/studio/.env": "A=1",
    "src/apps/studio/dist/x.js": "made",
    "src/apps/studio/node_modules/x/index.js": "made",
    "src/apps/studio/__proto__": "x",
    "nested/src/apps/inner/index.tsx": 'import "react";\n',
  });
  const said = ok(await publish(client, "app", { appId: "studio" }));
  const { bytes } = await anyone(server, new URL(said.url).pathname);
  const tar = gunzipSync(bytes).toString("latin1");
  for (const name of [".env", "dist/x.js", "node_modules", "__proto__"]) assert.ok(!tar.includes(name), name);
  ok(await publish(client, "app", { appId: "inner", path: `${ROOT}/nested` }));

  ok(await client.remove(`${ROOT}/nested`));
  const { items, files = items } = ok(await client.trash());
  const trashed = (files ?? [])[0]?.trashPath ?? `${ROOT}/.trash/nested`;
  for (const path of [
    "/",
    "/root",
    "/etc",
    `${ROOT}/..`,
    `${ROOT}/../other`,
    `${ROOT}/%2e%2e/x`,
    "relative",
    `${ROOT}/.trash`,
    trashed,
  ]) {
    for (const answer of [
      await publish(client, "app", { appId: "inner", path }),
      await publish(client, "desktop", { title: "Outside", path }),
      await preview(client, "inner", { path }),
    ])
      refused(answer, 400);
  }
  refused(await publish(client, "desktop", { title: "Nowhere", path: `${ROOT}/nowhere` }), 404);
  refused(await publish(client, "app", { appId: "nowhere" }), 404);
  for (const appId of [
    "",
    "..",
    "../studio",
    "a/b",
    "a b",
    "x".repeat(65),
    "é",
    "%2e%2e",
    "studio\0",
    5,
    null,
    ["studio"],
    { a: 1 },
  ])
    refused(await publish(client, "app", { appId }), 400);
  for (const desktopId of ["", "..", "a/b", "x".repeat(65), 5, ["a"]])
    refused(await publish(client, "desktop", { title: "Mine", desktopId }), 400);
  for (const version of [
    "1",
    "1.0",
    "v1.0.0",
    "1.0.0-beta",
    "1.0.0/../../x",
    "01.0.0",
    "100000.0.0",
    "0.0.0",
    "-1.0.0",
    1,
  ])
    refused(await publish(client, "app", { appId: "studio", version }), 400);
});
