// Which paths are valid, with which words the others are refused, and that a valid name comes back byte for byte from every verb.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT } from "./client.mjs";
import { names, ok, refused } from "./expect.mjs";
import { serve } from "./harness.mjs";

const server = serve();

const CHARACTERS = "Invalid characters in path";
const OUTSIDE = "Path must be within workspace";
const TRAVERSAL = "Path traversal not allowed";
const LONG = "Path too long";

/** @typedef {import("./client.mjs").Client} Client */

/** Every way to hand a path to the Worker. @type {Record<string, (client: Client, path: string) => Promise<import("./client.mjs").Answer>>} */
const WAYS = {
  list: (client, path) => client.list(path),
  read: (client, path) => client.read(path),
  stat: (client, path) => client.stat(path),
  content: (client, path) => client.content(path),
  put: (client, path) => client.put(path, "x"),
  download: (client, path) => client.download(path),
  write: (client, path) => client.write(path, "x"),
  mkdir: (client, path) => client.mkdir(path),
  "move from": (client, path) => client.move(path, `${ROOT}/to`),
  "move to": (client, path) => client.move(`${ROOT}/file`, path),
  "copy from": (client, path) => client.copy(path, `${ROOT}/to`),
  "copy to": (client, path) => client.copy(`${ROOT}/file`, path),
  remove: (client, path) => client.remove(path),
  "remove for good": (client, path) => client.remove(path, { permanent: true }),
  "restore to": async (client, path) => {
    ok(await client.write(`${ROOT}/victim`, "x"));
    const { trashPath } = ok(await client.remove(`${ROOT}/victim`));
    const answer = await client.restore(trashPath, path);
    ok(await client.remove(trashPath));
    return answer;
  },
};

/** Every way refuses this path, in these words, and nothing comes of it. @param {string} path @param {string | RegExp} text */
async function refusedEverywhere(path, text) {
  const client = server.client();
  ok(await client.write(`${ROOT}/file`, "kept"));
  for (const [way, go] of Object.entries(WAYS)) {
    const { status, body } = await go(client, path);
    assert.equal(status, 400, `${way}: ${JSON.stringify(body)}`);
    assert.match(body.error, typeof text === "string" ? new RegExp(`^${text}$`) : text, way);
  }
  assert.deepEqual(
    ok(await client.list(ROOT, { recursive: true })).files.map((/** @type {any} */ { path: at }) => at),
    [`${ROOT}/file`],
  );
}

for (const [path, text] of /** @type {[string, string][]} */ ([
  [`${ROOT}/a\0b`, CHARACTERS],
  [`${ROOT}/\u0001`, CHARACTERS],
  [`${ROOT}/a\tb`, CHARACTERS],
  [`${ROOT}/a\nb`, CHARACTERS],
  [`${ROOT}/a\r`, CHARACTERS],
  [`${ROOT}/\u001f/b`, CHARACTERS],
  [`${ROOT}/\u007f`, CHARACTERS],
  [`${ROOT}/a\u0085b`, CHARACTERS],
  [`${ROOT}/a\u009f`, CHARACTERS],
  // In this order: characters before the root, the root before the traversal, the traversal before the length.
  ["/etc/\0", CHARACTERS],
  [`${ROOT}/../\n`, CHARACTERS],
  [`${ROOT}/${"n".repeat(256)}\0`, CHARACTERS],
  ["/etc/passwd", OUTSIDE],
  ["/", OUTSIDE],
  ["/root", OUTSIDE],
  ["/root/clawd-evil", OUTSIDE],
  ["/root/clawd-evil/a", OUTSIDE],
  ["/root/clawdx", OUTSIDE],
  ["/ROOT/clawd/a", OUTSIDE],
  ["/root/Clawd", OUTSIDE],
  ["/root/.clawdbot/x", OUTSIDE],
  ["root/clawd/a", OUTSIDE],
  ["notes.md", OUTSIDE],
  ["./a", OUTSIDE],
  ["../root/clawd/a", OUTSIDE],
  ["/root/../etc", OUTSIDE],
  ["/root/x/../clawd/a", OUTSIDE],
  ["\\root\\clawd\\a", OUTSIDE],
  [" /root/clawd/a", OUTSIDE],
  [`/etc/${"n".repeat(5000)}`, OUTSIDE],
  [`file://${ROOT}/a`, OUTSIDE],
  [`${ROOT}/..`, TRAVERSAL],
  [`${ROOT}/../`, TRAVERSAL],
  [`${ROOT}/../clawd/a`, TRAVERSAL],
  [`${ROOT}/a/../b`, TRAVERSAL],
  [`${ROOT}/a/..`, TRAVERSAL],
  [`${ROOT}/a/.././b`, TRAVERSAL],
  [`${ROOT}/../${"n".repeat(256)}`, TRAVERSAL],
  [`${ROOT}/../../etc/passwd`, TRAVERSAL],
  [`${ROOT}/${"n".repeat(256)}`, LONG],
  [`${ROOT}/${"n".repeat(256)}/a`, LONG],
  [`${ROOT}/${"é".repeat(128)}`, LONG],
  [`${ROOT}/${"😀".repeat(64)}`, LONG],
  [`${ROOT}/${"a/".repeat(20)}${`${"n".repeat(200)}/`.repeat(20)}${"x".repeat(200)}`, LONG],
])) {
  test(`${JSON.stringify(path).slice(0, 48)} is refused everywhere: ${text}`, () => refusedEverywhere(path, text));
}

for (const name of ["a%2Fb", "a%2fb", "%00", "a%00b", "..%2F", "..%2Fetc", "..%2f..%2fetc", "%2e%2e", "%2E%2E%2F"]) {
  test(`${name}, which another decoding would make something else of, is refused everywhere`, () =>
    refusedEverywhere(`${ROOT}/${name}`, /./));
}

test("an encoded query is decoded once: slashes are separators, NUL and dots are refused", async () => {
  const client = server.client();
  ok(await client.write(`${ROOT}/dir/file.txt`, "x"));
  const read = (/** @type {string} */ raw) =>
    client.raw({ method: "GET", target: client.target("/read", `&path=${raw}`) });
  ok(await read("%2Froot%2Fclawd%2Fdir%2Ffile.txt"));
  ok(await read("/root/clawd/dir/file.txt"));
  ok(await read("/root/clawd%2F%64ir/./file%2Etxt"));
  refused(await read("/root/clawd/dir%00/file.txt"), 400, CHARACTERS);
  refused(await read("/root/clawd/dir/file.txt%0A"), 400, CHARACTERS);
  refused(await read("/root/clawd/..%2Fdir/file.txt"), 400, TRAVERSAL);
  refused(await read("/root/clawd/dir/%2e%2e/dir/file.txt"), 400, TRAVERSAL);
  refused(await read("/root/clawd/dir/%2e%2e%2f%2e%2e%2fetc%2fpasswd"), 400, TRAVERSAL);
  refused(await read("/root%2Fclawd-evil"), 400, OUTSIDE);
  refused(await read("/root/clawd/%252e%252e/dir"), 400);
  refused(await read("/root/clawd/dir%252Ffile.txt"), 400);
});

test("a plus in a query is a space, and an encoded plus is a plus", async () => {
  const client = server.client();
  ok(await client.write(`${ROOT}/a b.txt`, "space"));
  ok(await client.write(`${ROOT}/a+b.txt`, "plus"));
  const read = async (/** @type {string} */ name) =>
    ok(await client.raw({ method: "GET", target: client.target("/read", `&path=${ROOT}/${name}`) })).content;
  assert.equal(await read("a+b.txt"), "space");
  assert.equal(await read("a%20b.txt"), "space");
  assert.equal(await read("a%2Bb.txt"), "plus");
  assert.equal(await read("a%2bb.txt"), "plus");
});

test("bytes that are not UTF-8 are no name", async () => {
  const client = server.client();
  for (const raw of ["a%ff", "%c3", "%ed%a0%80", "%c0%af"]) {
    const target = client.target("/content", `&path=${ROOT}/${raw}`);
    refused(await client.raw({ method: "PUT", target, body: "x" }), 400);
  }
  assert.deepEqual(names(ok(await client.list())), []);
});

test("a path of 4,096 bytes is kept, one byte more is refused", async () => {
  const client = server.client();
  const parents = `${ROOT}/${`${"d".repeat(254)}/`.repeat(15)}`;
  const path = `${parents}${"f".repeat(200)}/${"x".repeat(4096 - parents.length - 201)}`;
  assert.equal(Buffer.byteLength(path), 4096);
  ok(await client.write(path, "long"));
  assert.equal(ok(await client.read(path)).content, "long");
  refused(await client.write(`${path}x`, "longer"), 400, LONG);
  const { trashPath } = ok(await client.remove(path));
  assert.equal(ok(await client.restore(trashPath)).path, path);
});

test("names of dots that are not .. are names", async () => {
  const client = server.client();
  for (const name of ["...", "..md", "notes..md", "a..", "....", ".a."]) {
    ok(await client.write(`${ROOT}/${name}/..${name}`, name));
    assert.equal(ok(await client.read(`${ROOT}/${name}/..${name}`)).content, name);
  }
});

test("the two forms of an accent are two names, and so are two cases", async () => {
  const client = server.client();
  const forms = ["é.txt", "e\u0301.txt", "É.txt", "E\u0301.txt", "ﬁ", "fi", "Å", "\u212B"];
  for (const name of forms) ok(await client.write(`${ROOT}/${name}`, name));
  for (const name of forms) assert.equal(ok(await client.read(`${ROOT}/${name}`)).content, name);
  assert.deepEqual(new Set(names(ok(await client.list()))), new Set(forms));
});

/** The file name that a browser saves under, as RFC 6266 reads it. @param {string} header */
function fileName(header) {
  assert.match(header, /^attachment(;|$)/);
  assert.match(header, /^[\x20-\x7e]*$/, "a header is ASCII");
  const found = /^attachment((?:\s*;\s*[a-z*]+=(?:"(?:[^"\\]|\\.)*"|[^;"\s]+))*)$/i.exec(header);
  assert.ok(found, header);
  const params = Object.fromEntries(
    [...(found[1] ?? "").matchAll(/([a-z*]+)=("(?:[^"\\]|\\.)*"|[^;"\s]+)/gi)].map(([, name, value]) => [
      name?.toLowerCase(),
      value,
    ]),
  );
  const extended = params["filename*"];
  if (extended === undefined) return params.filename.replace(/^"|"$/g, "").replace(/\\(.)/g, "$1");
  assert.match(extended, /^UTF-8''(?:[A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-F]{2})*$/i);
  return decodeURIComponent(extended.slice("UTF-8''".length));
}

for (const name of [
  "plain.txt",
  "e\u0301.txt",
  "é.txt",
  "👩‍👩‍👧‍👦 🏳️‍🌈.md",
  "שלום مرحبا.txt",
  "a\u202Etxt.exe",
  "\u200B\uFEFFx",
  "日本語",
  "n".repeat(255),
  `${"é".repeat(127)}x`,
  `${"😀".repeat(63)}abc`,
  " lead and trail ",
  "a  b",
  "a+b c+.txt",
  "%",
  "100%",
  "%%",
  "%zz",
  "a%20b",
  "%41",
  "\"double\" 'single' `back`",
  "back\\slash\\",
  '"',
  "\\",
  'a\\"b',
  "?#&=;@",
  "a;filename=evil.exe",
  "<script>alert(1)</script>".replace("/", "-"),
  "*:|",
  "~",
  "-rf",
  "$HOME $(id)",
  "__proto__",
  "constructor",
  "null",
  "CON",
  "a,b",
  "=?UTF-8?B?YQ==?=",
  "[1] {2}",
  "line\u2028end\u2029",
  "\u00A0",
  "\uE000\uFFFE",
  "\u{10FFFF}",
  "İI ı ß ẞ",
  ".hidden",
  "trailing.",
]) {
  test(`the name ${JSON.stringify(name).slice(0, 40)} comes back exactly from every verb`, async () => {
    const client = server.client();
    const [path, moved, copied] = [
      `${ROOT}/${name}`,
      `${ROOT}/in ${name.slice(0, 40)}/${name}`,
      `${ROOT}/copy/${name}`,
    ];
    assert.equal(ok(await client.write(path, name)).path, path);
    const { path: read, content } = ok(await client.read(path));
    assert.deepEqual([read, content], [path, name]);
    assert.equal(ok(await client.stat(path)).name, name);
    assert.deepEqual(
      ok(await client.list()).files.map((/** @type {any} */ file) => [file.name, file.path]),
      [[name, path]],
    );
    assert.equal((await client.content(path)).bytes.toString(), name);
    const downloaded = await client.download(path);
    assert.equal(downloaded.bytes.toString(), name);
    assert.equal(fileName(String(downloaded.headers["content-disposition"])), name);
    assert.equal(ok(await client.put(path, name)).path, path);
    assert.equal(ok(await client.move(path, moved)).to, moved);
    assert.equal(ok(await client.copy(moved, copied)).to, copied);
    assert.equal(ok(await client.read(copied)).content, name);
    const { trashPath, trashedAt } = ok(await client.remove(moved));
    assert.equal(trashPath, `${ROOT}/.trash/${name}.${Date.parse(trashedAt)}`);
    assert.deepEqual(
      ok(await client.trash()).files.map((/** @type {any} */ file) => [file.originalPath, file.trashPath]),
      [[moved, trashPath]],
    );
    assert.equal(ok(await client.read(trashPath)).content, name);
    assert.equal(ok(await client.restore(trashPath)).path, moved);
    assert.equal(ok(await client.read(moved)).content, name);
    ok(await client.remove(copied, { permanent: true }));
    assert.deepEqual(names(ok(await client.list(`${ROOT}/copy`))), []);
    assert.equal(ok(await client.mkdir(`${ROOT}/dirs/${name}/${name}`)).path, `${ROOT}/dirs/${name}/${name}`);
    assert.deepEqual(names(ok(await client.list(`${ROOT}/dirs/${name}`))), [name]);
  });
}
