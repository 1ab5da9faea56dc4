// Archives as others write them, honest and hostile: tar and zip, from the formats' descriptions alone.

import { crc32, gzipSync } from "node:zlib";

/** @typedef {{ path: string, body?: Buffer | string, type?: string, size?: number }} Entry  `type` is the tar's own letter; `size` a lie. */

const text = (/** @type {Buffer} */ block, /** @type {number} */ at, /** @type {string} */ value) =>
  block.write(value, at, "utf8");

/** One entry of a tar: a header, the bytes, and what fills them up. */
function entry(/** @type {Entry} */ { path, body = "", type = path.endsWith("/") ? "5" : "0", size }) {
  const bytes = Buffer.from(body);
  const header = Buffer.alloc(512);
  text(header, 0, path);
  text(header, 100, "0000644\0");
  text(header, 108, "0000000\0");
  text(header, 116, "0000000\0");
  text(header, 124, `${(size ?? bytes.length).toString(8).padStart(11, "0")}\0`);
  text(header, 136, "00000000000\0");
  header.fill(" ", 148, 156);
  text(header, 156, type);
  if (type === "1" || type === "2") text(header, 157, "/etc/passwd");
  text(header, 257, "ustar\u000000");
  const sum = header.reduce((sum, byte) => sum + byte, 0);
  text(header, 148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

/** A tar. @param {Entry[]} entries */
export const tar = (entries) => Buffer.concat([...entries.map(entry), Buffer.alloc(1024)]);

/** A zip that packs nothing. @param {Entry[]} entries */
export function zip(entries) {
  const locals = [];
  const table = [];
  let offset = 0;
  for (const { path, body = "" } of entries) {
    const [name, bytes] = [Buffer.from(path), Buffer.from(body)];
    const about = Buffer.alloc(26);
    about.writeUInt16LE(20, 0);
    about.writeUInt16LE(0x800, 2);
    about.writeUInt32LE(crc32(bytes), 10);
    about.writeUInt32LE(bytes.length, 14);
    about.writeUInt32LE(bytes.length, 18);
    about.writeUInt16LE(name.length, 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), about, name, bytes]);
    table.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00", "latin1"), about, tail, name]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(table);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

/** What an app says of itself. @param {string} id @param {Record<string, any>} [more] */
export const manifest = (id, more = {}) => ({
  path: "app.manifest.json",
  body: JSON.stringify({
    schemaVersion: 1,
    id,
    name: "Notes",
    entry: `/src/apps/${id}/index.tsx`,
    dependencies: {},
    peerDependencies: {},
    devDependencies: {},
    ...more,
  }),
});

/** An app's archive, gzipped, with a manifest and a file to begin with. @param {string} id @param {Entry[]} [entries] @param {(entries: Entry[]) => Buffer} [pack] */
export const app = (id, entries = [], pack = tar) =>
  gzipSync(pack([manifest(id), { path: `src/apps/${id}/index.tsx`, body: "export default 1;\n" }, ...entries]), {
    level: 1,
  });
