// Bundles as their formats are described, written from the description alone.

/** @typedef {{ [name: string]: Buffer | Tree }} Tree */

/**
 * The snapshot of a tree: in the canonical form, or with children in the order in which they are given.
 * @param {Tree | Map<string, any>} tree @returns {Buffer}
 */
export function pack(tree, isSorted = true) {
  const header = (/** @type {number[]} */ kinds, /** @type {number} */ length, /** @type {number} */ shortMax = -1) => {
    if (length <= shortMax) return Buffer.from([(kinds[3] ?? 0) | length]);
    const [one = 0, two = 0, four = 0] = kinds;
    if (length < 2 ** 8 && one) return Buffer.from([one, length]);
    if (length < 2 ** 16) return Buffer.from([two, length >> 8, length & 255]);
    return Buffer.from([four, length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255]);
  };
  /** @type {[string, any][]} */
  const entries = [...(tree instanceof Map ? tree : Object.entries(tree))];
  if (isSorted) entries.sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  const children = entries.flatMap(([name, child]) => {
    const bytes = Buffer.from(name);
    const content = Buffer.isBuffer(child)
      ? [Buffer.from("\x81\xa1f\x81\xa1c", "latin1"), header([0xc4, 0xc5, 0xc6], child.length), child]
      : [pack(child, isSorted)];
    return [header([0xd9, 0xda, 0xdb, 0xa0], bytes.length, 31), bytes, ...content];
  });
  return Buffer.concat([
    Buffer.from("\x81\xa1d", "latin1"),
    header([0, 0xde, 0xdf, 0x80], entries.length, 15),
    ...children,
  ]);
}
