// Zips as they are asked for, and as others read them: a reader of our own, from the format's description alone, and those that
// machines have.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, inflateRawSync } from "node:zlib";
import { ROOT, send } from "./client.mjs";
import { eventually, ok } from "./expect.mjs";

/** @typedef {import("./client.mjs").Client} Client */
/** @typedef {import("./harness.mjs").Server} Server */
/** @typedef {{ name: string, bytes: Buffer, mode: number, modified: number, hasDescriptor: boolean }} Zipped */

/** What is in a zip, by its directory; everything that is said twice has to be the same. @param {Buffer} zip @returns {Zipped[]} */
export function unzipped(zip) {
  const end = zip.length - 22;
  assert.equal(zip.readUInt32LE(end), 0x06054b50, "it ends as a zip does");
  const [count, length, start] = [zip.readUInt16LE(end + 10), zip.readUInt32LE(end + 12), zip.readUInt32LE(end + 16)];
  assert.equal(start + length, end);
  const entries = [];
  for (let at = start; at < end; ) {
    const [method, crc, packed, size] = [
      zip.readUInt16LE(at + 10),
      ...[16, 20, 24].map((by) => zip.readUInt32LE(at + by)),
    ];
    const [nameLength, extraLength] = [zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30)];
    const local = zip.readUInt32LE(at + 42);
    const name = zip.toString("utf8", at + 46, at + 46 + nameLength);
    const extra = zip.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength);
    assert.equal(zip.readUInt16LE(at + 8) & 0x800, 0x800, "names are UTF-8");
    assert.equal(extra.toString("latin1", 0, 2), "UT");
    assert.equal(zip.readUInt32LE(local), 0x04034b50);
    const hasDescriptor = (zip.readUInt16LE(local + 6) & 8) !== 0;
    const content = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    assert.equal(zip.toString("utf8", local + 30, local + 30 + zip.readUInt16LE(local + 26)), name);
    const told = hasDescriptor ? content + Number(packed) + 4 : local + 14;
    assert.deepEqual(
      [0, 4, 8].map((by) => zip.readUInt32LE(told + by)),
      [crc, packed, size],
    );
    const raw = zip.subarray(content, content + Number(packed));
    const bytes = method === 0 ? raw : inflateRawSync(raw);
    assert.equal(bytes.length, size);
    assert.equal(crc32(bytes), crc, name);
    entries.push({
      name,
      bytes,
      mode: zip.readUInt16LE(at + 40),
      modified: extra.readInt32LE(5) * 1000,
      hasDescriptor,
    });
    at += 46 + nameLength + extraLength + zip.readUInt16LE(at + 32);
  }
  assert.equal(entries.length, count);
  return entries;
}

/** Files by name, with their bytes. @param {Zipped[]} entries @returns {Record<string, Buffer>} */
export const filesOf = (entries) =>
  Object.fromEntries(entries.filter(({ name }) => !name.endsWith("/")).map(({ name, bytes }) => [name, bytes]));

const PYTHON = `
import hashlib, json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    assert archive.testzip() is None
    print(json.dumps([[one.filename, one.file_size, one.external_attr >> 16, hashlib.sha256(archive.read(one)).hexdigest()] for one in archive.infolist()]))
    if len(sys.argv) > 2: archive.extractall(sys.argv[2])
`;

/**
 * Hands a zip to a program of this machine, as a file, beside an empty folder.
 * @template T @param {Buffer} zip @param {(file: string, folder: string) => T} work @returns {T}
 */
export function withFile(zip, work) {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-zip-"));
  try {
    writeFileSync(join(folder, "it.zip"), zip);
    return work(join(folder, "it.zip"), join(folder, "out"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The readers that this machine has. */
export const HAS = {
  python: runs("python3", "--version"),
  infoZip: runs("unzip", "-v"),
  libarchive: runs("bsdtar", "--version"),
};

/** @param {string} program @param {string} argument */
function runs(program, argument) {
  try {
    execFileSync(program, [argument], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const run = (/** @type {string} */ program, /** @type {string[]} */ ...args) =>
  execFileSync(program, args, { encoding: "utf8", maxBuffer: 64 * 2 ** 20, stdio: ["ignore", "pipe", "pipe"] });

/** What Python's reader finds: name, size, mode and SHA-256 of each entry. @param {string} file @param {string[]} to */
export const python = (file, ...to) => JSON.parse(run("python3", "-c", PYTHON, file, ...to));
/** Tests it, and unpacks it. @param {string} file @param {string} to */
export const infoZip = (file, to) => run("unzip", "-q", file, "-d", to);
/** The names that libarchive finds. @param {string} file */
export const libarchive = (file) => run("bsdtar", "-tf", file).trimEnd().split("\n");

/**
 * A body that is read as slowly as somebody likes: nothing is taken before it is asked for.
 * @param {URL | string} url
 */
export async function slowly(url) {
  const { promise, resolve, reject } = Promise.withResolvers();
  const request = get(url, { agent: false }, resolve).on("error", reject);
  /** @type {import("node:http").IncomingMessage} */
  const response = await promise;
  response.pause();
  const rest = async () => {
    const chunks = [];
    for await (const chunk of response) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  return { response, rest, leave: () => request.destroy() };
}

/** What was asked of others, in the words of `asking.mjs`, in some lines of a log: each with how often. @param {readonly string[]} lines */
export function asked(lines) {
  const said = lines.map((line) => /asked (\S+)( \S+)?$/.exec(line)).filter((found) => found !== null);
  const counts = Object.groupBy(said, ([, what, verb]) => `${what}${verb ?? ""}`);
  return Object.fromEntries(Object.entries(counts).map(([what, times]) => [what, times?.length]));
}

/** Asks for a zip. @param {Client} client @param {string[]} paths below the root @param {string} [method] @param {Record<string, string>} [headers] */
export const zip = (client, paths, method = "GET", headers = {}) =>
  client.raw({ method, target: target(client, paths), headers });

/** The address of one. @param {Client} client @param {string[]} paths */
export const target = (client, paths) =>
  client.target("/zip", paths.map((path) => `&path=${encodeURIComponent(join(ROOT, path))}`).join(""));

/** What a request asks of others, by `asking.mjs`, once it is over. @template T @param {Server} server @param {string} userId @param {() => Promise<T>} work */
export async function asking(server, userId, work) {
  await allLogged(server);
  const from = server.logs.length;
  const result = await work();
  await released(server, userId);
  await allLogged(server);
  return { result, asked: asked(server.logs.slice(from)) };
}

let said = 0;

/** Waits until the log has all that was asked until now: it comes by a way of its own. @param {Server} server */
export async function allLogged(server) {
  said += 1;
  const word = `said ${said}.`;
  ok(await send(server.url, { method: "GET", target: "/api/status", headers: { "x-say": word } }));
  await eventually(
    async () => server.logs.at(-1),
    () => server.logs.some((line) => line.endsWith(word)),
  );
}

/** Waits until nothing is held any more. @param {Server} server @param {string} userId */
export async function released(server, userId) {
  await eventually(
    () => server.sql(userId, "SELECT label FROM checkpoint"),
    ({ length }) => length === 0,
  );
}
