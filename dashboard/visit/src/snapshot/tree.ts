// What a snapshot says: a tree of names. Maps, not objects: no name means anything here.

export type Entry = Directory | File | Link;
export interface Directory {
  readonly kind: "directory";
  readonly children: Map<string, Entry>;
}
export interface File {
  readonly kind: "file";
  /** A view of the snapshot's own bytes, but for older forms, which had to be decoded. */
  readonly bytes: Uint8Array;
}
/** Older writers knew links. Nothing here follows one. */
export interface Link {
  readonly kind: "link";
  readonly target: string;
}

/** Why bytes are no snapshot, as a sentence goes on after "The snapshot": `has a name twice`. */
export class Malformed extends Error {
  override name = "Malformed";
}

/** The most names in a path: the runtime's decoder goes no deeper. */
const DEPTH_MAX = 48;
/** The most entries. Published are up to 10,000 files and as many directories; beyond, a page would stand still. */
const ENTRIES_MAX = 50_000;

/** What is counted while a snapshot is read. */
export class Bounds {
  #entries = 0;

  /** One more entry, so deep. */
  enter(depth: number): void {
    this.#entries += 1;
    if (this.#entries > ENTRIES_MAX) throw new Malformed("has too many entries");
    if (depth > DEPTH_MAX) throw new Malformed("is too deep");
  }
}

/** Adds a child under a name that is one: the runtime would stumble over the others, or put files elsewhere. */
export function add(children: Map<string, Entry>, name: string, entry: Entry): void {
  const isName = name !== "" && name !== "." && name !== ".." && name !== "__proto__" && !/[/\0]/.test(name);
  if (!isName) throw new Malformed("has a name that is none");
  if (children.has(name)) throw new Malformed("has a name twice");
  children.set(name, entry);
}

/** Text in which each character stands for the byte of its number: what older writers did to bytes. */
export function latin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 0xff) throw new Malformed("has bytes that are none");
    bytes[at] = code;
  }
  return bytes;
}
