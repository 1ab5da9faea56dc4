// Reading a snapshot, strictly, in the forms that a runtime mounts: MessagePack, and JSON. The first byte tells them apart.
//
//   directory := {"d": {name: directory | file, …}}      file := {"f": {"c": bytes, "b"?: flag} | {"l": target}}

import { Reader } from "./messagepack.ts";
import { add, Bounds, type Directory, type Entry, latin1, Malformed } from "./tree.ts";

const JSON_START = 0x7b;

/** The tree of a snapshot. Throws `Malformed`. */
export function decode(bytes: Uint8Array): Directory {
  const root = bytes[0] === JSON_START ? ofJson(bytes) : ofMessagePack(bytes);
  if (root.kind !== "directory") throw new Malformed("is a file and no directory");
  return root;
}

function ofMessagePack(bytes: Uint8Array): Entry {
  const reader = new Reader(bytes);
  const root = readEntry(reader, new Bounds(), 0);
  if (!reader.isAtEnd) throw new Malformed("goes on behind its end");
  return root;
}

function readEntry(reader: Reader, bounds: Bounds, depth: number): Entry {
  bounds.enter(depth);
  let entry: Entry | undefined;
  for (let left = reader.map(); left > 0; left -= 1) {
    const key = reader.text();
    if (key !== "d" && key !== "f") reader.skip();
    else if (entry !== undefined) throw new Malformed("has an entry that is two things at once");
    else entry = key === "d" ? readDirectory(reader, bounds, depth) : readFile(reader);
  }
  if (entry === undefined) throw new Malformed("has an entry that is nothing");
  return entry;
}

function readDirectory(reader: Reader, bounds: Bounds, depth: number): Directory {
  const children = new Map<string, Entry>();
  for (let left = reader.map(); left > 0; left -= 1) {
    add(children, reader.text(), readEntry(reader, bounds, depth + 1));
  }
  return { kind: "directory", children };
}

function readFile(reader: Reader): Entry {
  const members: { content?: Uint8Array | string; target?: string; isLatin1?: boolean } = {};
  const seen = new Set<string>();
  for (let left = reader.map(); left > 0; left -= 1) {
    const key = reader.text();
    if (["c", "l", "b"].includes(key) && seen.has(key)) throw new Malformed("has a file with two contents");
    seen.add(key);
    if (key === "c") members.content = reader.content();
    else if (key === "l") members.target = reader.text();
    else if (key === "b") members.isLatin1 = reader.flag();
    else reader.skip();
  }
  return fileOf(members.content, members.target, members.isLatin1 ?? false);
}

/** A file has content, and a link beside it counts for nothing; without content it is a link. */
function fileOf(content: Uint8Array | string | undefined, target: string | undefined, isLatin1: boolean): Entry {
  if (content instanceof Uint8Array) return { kind: "file", bytes: content };
  if (content !== undefined) {
    return { kind: "file", bytes: isLatin1 ? latin1(content) : new TextEncoder().encode(content) };
  }
  if (target !== undefined) return { kind: "link", target };
  throw new Malformed("has a file without content");
}

function ofJson(bytes: Uint8Array): Entry {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new Malformed("is no JSON");
  }
  return entryOf(value, new Bounds(), 0);
}

function entryOf(value: unknown, bounds: Bounds, depth: number): Entry {
  bounds.enter(depth);
  const { d, f } = membersOf(value);
  if ((d === undefined) === (f === undefined)) throw new Malformed("has an entry that is not one thing");
  if (f !== undefined) {
    const { c, l, b } = membersOf(f);
    const isText = (member: unknown): member is string | undefined =>
      member === undefined || typeof member === "string";
    if (!isText(c) || !isText(l)) throw new Malformed("is not a tree");
    return fileOf(c, l, b === true);
  }
  const children = new Map<string, Entry>();
  for (const [name, child] of Object.entries(membersOf(d))) add(children, name, entryOf(child, bounds, depth + 1));
  return { kind: "directory", children };
}

function membersOf(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Malformed("is not a tree");
  return value as Record<string, unknown>;
}
