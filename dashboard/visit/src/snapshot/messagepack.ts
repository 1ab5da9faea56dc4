// MessagePack, as far as a snapshot has to be read: maps, texts, bytes, flags; anything else is passed over.

import { Malformed } from "./tree.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** How many pairs the map here has. */
  map(): number {
    const kind = this.#byte();
    if ((kind & 0xf0) === 0x80) return kind & 0x0f;
    if (kind === 0xde) return this.#number(2);
    if (kind === 0xdf) return this.#number(4);
    throw new Malformed("is not a tree");
  }

  text(): string {
    const length = textLength(this.#byte(), this);
    if (length === undefined) throw new Malformed("is not a tree");
    return this.#decode(this.#take(length));
  }

  /** Bytes, or the text that older writers put in their place. */
  content(): Uint8Array | string {
    const kind = this.#byte();
    if (kind >= 0xc4 && kind <= 0xc6) return this.#take(this.#number(2 ** (kind - 0xc4)));
    const length = textLength(kind, this);
    if (length === undefined) throw new Malformed("is not a tree");
    return this.#decode(this.#take(length));
  }

  flag(): boolean {
    const kind = this.#byte();
    if (kind !== 0xc2 && kind !== 0xc3) throw new Malformed("is not a tree");
    return kind === 0xc3;
  }

  /** Passes over one value, whatever it is, without going down into it. */
  skip(): void {
    for (let left = 1; left > 0; left -= 1) {
      const kind = this.#byte();
      const length = textLength(kind, this);
      if (length !== undefined) this.#take(length);
      else if (kind <= 0x7f || kind >= 0xe0 || kind === 0xc0 || kind === 0xc2 || kind === 0xc3) continue;
      else if (kind <= 0x8f) left += 2 * (kind & 0x0f);
      else if (kind <= 0x9f) left += kind & 0x0f;
      else if (kind >= 0xc4 && kind <= 0xc6) this.#take(this.#number(2 ** (kind - 0xc4)));
      // An extension: a byte for its type beside its data.
      else if (kind >= 0xc7 && kind <= 0xc9) this.#take(this.#number(2 ** (kind - 0xc7)) + 1);
      else if (kind >= 0xd4 && kind <= 0xd8) this.#take(2 ** (kind - 0xd4) + 1);
      else if (kind === 0xca || kind === 0xcb) this.#take(kind === 0xca ? 4 : 8);
      else if (kind >= 0xcc && kind <= 0xd3) this.#take(2 ** ((kind - 0xcc) % 4));
      else if (kind === 0xdc || kind === 0xdd) left += this.#number(kind === 0xdc ? 2 : 4);
      else if (kind === 0xde || kind === 0xdf) left += 2 * this.#number(kind === 0xde ? 2 : 4);
      else throw new Malformed("has a byte that means nothing");
    }
  }

  /** A length of so many bytes, the highest first. */
  number(bytes: number): number {
    return this.#number(bytes);
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new Malformed("ends in the middle");
    this.#at += 1;
    return byte;
  }

  #number(bytes: number): number {
    if (this.#at + bytes > this.#bytes.length) throw new Malformed("ends in the middle");
    const at = this.#at;
    this.#at += bytes;
    if (bytes === 1) return this.#view.getUint8(at);
    return bytes === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new Malformed("ends in the middle");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  #decode(bytes: Uint8Array): string {
    try {
      return utf8.decode(bytes);
    } catch {
      throw new Malformed("has text that is no text");
    }
  }
}

/** The length of a text with this header; none if it is no text's. */
function textLength(kind: number, reader: Reader): number | undefined {
  if ((kind & 0xe0) === 0xa0) return kind & 0x1f;
  return kind >= 0xd9 && kind <= 0xdb ? reader.number(2 ** (kind - 0xd9)) : undefined;
}
