// The page's reader of snapshots, alone: what the format says it takes, and that it takes nothing else.

import assert from "node:assert/strict";
import { test } from "node:test";
import { build } from "esbuild";

const entry = new URL("../dashboard/visit/src/snapshot/decode.ts", import.meta.url).pathname;
const { outputFiles } = await build({ entryPoints: [entry], bundle: true, format: "esm", write: false });
const [{ text: script = "" } = {}] = outputFiles;
/** @type {typeof import("../dashboard/visit/src/snapshot/decode.ts")} */
const { decode } = await import(`data:text/javascript;base64,${Buffer.from(script).toString("base64")}`);

/** @typedef {import("../dashboard/visit/src/snapshot/tree.ts").Entry} Entry */

const hex = (/** @type {string} */ text) => Uint8Array.from(Buffer.from(text.replace(/\s/g, ""), "hex"));
const json = (/** @type {unknown} */ value) => new TextEncoder().encode(JSON.stringify(value));
const text = (/** @type {string} */ value) => Buffer.concat([Buffer.from([0xa0 | value.length]), Buffer.from(value)]);

/** A tree as plain values: a file is its bytes as Latin-1, a link its target in an array. @param {Entry} entry @returns {any} */
function plain(entry) {
  if (entry.kind === "file") return Buffer.from(entry.bytes).toString("latin1");
  if (entry.kind === "link") return [entry.target];
  return Object.fromEntries([...entry.children].map(([name, child]) => [name, plain(child)]));
}

/** A snapshot of one file, `a`, with this as its body. */
const file = (/** @type {string} */ body) => hex(`81a16481a16181a166${body}`);
/** A snapshot of these children, one after the other, each a name and what is under it. */
const children = (/** @type {number} */ count, /** @type {Buffer} */ bytes) =>
  Uint8Array.from(Buffer.concat([hex("81a164"), Buffer.from([0x80 | count]), bytes]));
const EMPTY = Buffer.from(hex("81a16480"));

const EXAMPLE =
  "81a16486a5612e74787481a16681a163c40368690aa16481a16482a16281a16681a163c40200ffa16e81a16480a16581a16480a4782e736881a16681a163c40323210aa17a81a16681a163c400a2c3a981a16681a163c402c3bc";

test("the example of the format is read as what it is", () => {
  assert.deepEqual(plain(decode(hex(EXAMPLE))), {
    "a.txt": "hi\n",
    d: { b: "\0\xff", n: {} },
    e: {},
    "x.sh": "#!\n",
    z: "",
    é: "Ã¼",
  });
  assert.deepEqual(plain(decode(hex("81a16480"))), {});
});

test("files are views of the snapshot's own bytes: nothing is copied", () => {
  const bytes = hex(EXAMPLE);
  const entry = decode(bytes).children.get("a.txt");
  assert.ok(entry?.kind === "file" && entry.bytes.buffer === bytes.buffer);
});

test("every piece of every header may be missing, and each time it is said", () => {
  const whole = hex(EXAMPLE);
  for (let length = 0; length < whole.length; length += 1) {
    assert.throws(() => decode(whole.subarray(0, length)), { name: "Malformed" }, String(length));
  }
  assert.throws(() => decode(Uint8Array.from([...whole, 0])), { message: "goes on behind its end" });
});

test("lengths of one, two and four bytes are read", () => {
  for (const size of [0xff, 0x100, 0xffff, 0x10000, 102_400]) {
    const header =
      size < 0x100
        ? [0xc4, size]
        : size < 0x10000
          ? [0xc5, size >> 8, size & 255]
          : [0xc6, 0, size >> 16, (size >> 8) & 255, size & 255];
    const bytes = Uint8Array.from(Buffer.concat([file("81a163"), Buffer.from(header), Buffer.alloc(size, 7)]));
    const read = decode(bytes).children.get("a");
    assert.ok(read?.kind === "file" && read.bytes.length === size, String(size));
  }
  const long = "n".repeat(200);
  const name = Buffer.concat([Buffer.from([0xd9, 200]), Buffer.from(long)]);
  assert.deepEqual(plain(decode(children(1, Buffer.concat([name, EMPTY])))), { [long]: {} });
  const many = Array.from({ length: 20 }, (_, at) => Buffer.concat([text(`n${at}`), EMPTY]));
  const wide = Buffer.concat([hex("81a164de0014"), ...many]);
  assert.equal(decode(Uint8Array.from(wide)).children.size, 20);
});

test("what older writers did is understood: links, Latin-1 text, text for bytes, members nobody knows", () => {
  assert.deepEqual(plain(decode(file("81a16ca22e2e"))), { a: [".."] });
  // A link beside content counts for nothing.
  assert.deepEqual(plain(decode(file("82a163c40178a16ca22e2e"))), { a: "x" });
  assert.deepEqual(plain(decode(file("82a163a4c3bfc280a162c3"))), { a: "\xff\x80" });
  assert.deepEqual(plain(decode(file("82a162c3a163a4c3bfc280"))), { a: "\xff\x80" });
  assert.deepEqual(plain(decode(file("82a163a2c3bfa162c2"))), { a: "\xc3\xbf" });
  for (const unknown of [
    "c0",
    "05",
    "ff",
    "c3",
    "cb0000000000000000",
    "cd0102",
    "d40100",
    "c7020100ff",
    "a3616263",
    "c403010203",
    "93c00105",
    "81a16181a161c0",
    "dc0002c0c0",
    "de0001a161c0",
    "d9016e",
    "ca00000000",
    "d30000000000000000",
  ]) {
    assert.deepEqual(plain(decode(file(`82a178${unknown}a163c40178`))), { a: "x" }, unknown);
  }
});

test("JSON says the same", () => {
  const tree = {
    d: { "a.txt": { f: { c: "hü" } }, b: { f: { c: "\xff\x00", b: true } }, l: { f: { l: "../x" } }, e: { d: {} } },
  };
  assert.deepEqual(plain(decode(json(tree))), { "a.txt": "hÃ¼", b: "\xff\0", l: ["../x"], e: {} });
  for (const bad of [
    [],
    { d: [] },
    { d: { a: 1 } },
    { d: { a: {} } },
    { d: { a: { f: {} } } },
    { d: { a: { f: { c: 1 } } } },
    { f: { c: "" } },
    { d: { a: { d: {}, f: { c: "" } } } },
    { d: { a: { f: { c: "ā", b: true } } } },
    { d: { "a/b": { d: {} } } },
  ]) {
    assert.throws(() => decode(json(bad)), { name: "Malformed" }, JSON.stringify(bad));
  }
  assert.throws(() => decode(new TextEncoder().encode('{"d":{"__proto__":{"d":{}}}}')), {
    message: "has a name that is none",
  });
  assert.throws(() => decode(new TextEncoder().encode('{"d":')), { message: "is no JSON" });
});

test("names that are none are refused", () => {
  for (const name of ["", ".", "..", "a/b", "/", "a\0", "__proto__"]) {
    assert.throws(
      () => decode(children(1, Buffer.concat([text(name), EMPTY]))),
      { message: "has a name that is none" },
      JSON.stringify(name),
    );
  }
  for (const name of ["...", "a b", "constructor", "<b>", "C:"]) {
    assert.deepEqual(plain(decode(children(1, Buffer.concat([text(name), EMPTY])))), { [name]: {} });
  }
  const twice = Buffer.concat([text("a"), EMPTY, text("a"), EMPTY]);
  assert.throws(() => decode(children(2, twice)), { message: "has a name twice" });
  assert.throws(() => decode(hex("81a16481a2fffe81a16480")), { message: "has text that is no text" });
});

test("what is no tree is refused, and so is one without end", () => {
  for (const [bytes, message] of /** @type {const} */ ([
    ["c0", "is not a tree"],
    ["80", "has an entry that is nothing"],
    ["81a16681a163c400", "is a file and no directory"],
    ["82a16480a16480", "has an entry that is two things at once"],
    ["81a16481a161 82a16480a16681a163c400", "has an entry that is two things at once"],
    ["81a16481a161 81a16680", "has a file without content"],
    ["81a16481a161 81a16682a163c400a163c400", "has a file with two contents"],
    ["81a16481a161 81a16681a163 05", "is not a tree"],
    ["81a16481a161 81a16681a163 c6ffffffff", "ends in the middle"],
    ["81a164dfffffffff", "ends in the middle"],
    ["81a178 ddffffffff", "ends in the middle"],
    ["81a178 c1", "has a byte that means nothing"],
  ])) {
    assert.throws(() => decode(hex(bytes)), { message }, bytes);
  }
});

test("48 names deep is fine, and 49 is too deep, in both forms", () => {
  const deep = (/** @type {number} */ depth) => hex(`${"81a16481a161".repeat(depth)}81a16480`);
  const deepJson = (/** @type {number} */ depth) =>
    new TextEncoder().encode(`${'{"d":{"a":'.repeat(depth)}{"d":{}}${"}}".repeat(depth)}`);
  for (const form of [deep, deepJson]) {
    assert.equal(decode(form(48)).kind, "directory");
    assert.throws(() => decode(form(49)), { message: "is too deep" });
    assert.throws(() => decode(form(3000)), { message: "is too deep" });
  }
  // A value that is passed over is no reason to go down.
  assert.throws(() => decode(hex(`81a178${"91".repeat(100_000)}`)), { message: "ends in the middle" });
});
