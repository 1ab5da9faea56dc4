// Small real files of each kind, made here: a test says what it needs, and no binary is committed.

import { createHash, randomBytes } from "node:crypto";
import { crc32, deflateSync } from "node:zlib";

/** @param {string} type @param {Buffer} data */
function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** A PNG of one colour, another one each time. @param {number} [width] @param {number} [height] */
export function png(width = 3, height = 2, colour = randomBytes(3)) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.concat([Buffer.from([0]), ...Array.from({ length: width }, () => colour)]);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: height }, () => row)));
  const parts = [chunk("IHDR", header), chunk("IDAT", pixels), chunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), ...parts]);
}

/** A WAV of noise with exactly this many bytes. @param {number} [size] */
export function wav(size = 1000) {
  const header = Buffer.alloc(44);
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(size - 8, 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(8000, 24);
  header.writeUInt32LE(8000, 28);
  header.writeUInt16LE(1, 32);
  header.writeUInt16LE(8, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(size - 44, 40);
  return Buffer.concat([header, randomBytes(size - 44)]);
}

/** An MP3 of silence, as frames without a header. */
export function mp3() {
  const frame = Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0x64]), Buffer.alloc(413)]);
  return Buffer.concat([...Array.from({ length: 4 }, () => frame), randomBytes(8)]);
}

/** A GLB without a scene. */
export function glb() {
  const json = Buffer.from(JSON.stringify({ asset: { version: "2.0", generator: randomBytes(6).toString("hex") } }));
  const padded = Buffer.concat([json, Buffer.alloc((4 - (json.length % 4)) % 4, " ")]);
  const header = Buffer.alloc(20);
  header.write("glTF", 0, "latin1");
  header.writeUInt32LE(2, 4);
  header.writeUInt32LE(20 + padded.length, 8);
  header.writeUInt32LE(padded.length, 12);
  header.write("JSON", 16, "latin1");
  return Buffer.concat([header, padded]);
}

/** A picture in text that would run, if it could. */
export function svg() {
  const script = `<script>document.title = "${randomBytes(6).toString("hex")}"</script>`;
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4">${script}<rect width="4" height="4"/></svg>`,
  );
}

/** The head of an MP4, which is enough to know it by. */
export function mp4(brand = "isom") {
  return Buffer.concat([Buffer.from(`\0\0\0\x20ftyp${brand}\0\0\x02\0${brand}mp42`, "latin1"), randomBytes(400)]);
}

/** @param {Buffer} bytes */
export const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
