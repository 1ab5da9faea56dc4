// A film that can be sought in: key frames in WebM, with an index before them.

/** @param {string} id @param {Buffer[]} parts */
function element(id, ...parts) {
  const body = Buffer.concat(parts);
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(body.length) | (1n << 56n));
  return Buffer.concat([Buffer.from(id, "hex"), size, body]);
}

/** A number in eight bytes, so that no length depends on it. @param {number} value */
function number(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

/** @param {number} value */
function real(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

/** One frame of VP8 each second. @param {Buffer[]} frames @param {number} width @param {number} height */
export function webm(frames, width, height) {
  const text = (/** @type {string} */ value) => Buffer.from(value, "latin1");
  const head = element(
    "1a45dfa3",
    element("4286", number(1)),
    element("42f7", number(1)),
    element("42f2", number(4)),
    element("42f3", number(8)),
    element("4282", text("webm")),
    element("4287", number(2)),
    element("4285", number(2)),
  );
  const info = element(
    "1549a966",
    element("2ad7b1", number(1_000_000)),
    element("4489", real(frames.length * 1000)),
    element("4d80", text("test")),
    element("5741", text("test")),
  );
  const video = element("e0", element("b0", number(width)), element("ba", number(height)));
  const track = element(
    "ae",
    element("d7", number(1)),
    element("73c5", number(1)),
    element("83", number(1)),
    element("86", text("V_VP8")),
    video,
  );
  const tracks = element("1654ae6b", track);
  const clusters = frames.map((frame, second) =>
    element("1f43b675", element("e7", number(second * 1000)), element("a3", Buffer.from([0x81, 0, 0, 0x80]), frame)),
  );
  const cues = (/** @type {number} */ start) => {
    let at = start;
    const points = clusters.map((cluster, second) => {
      const point = element(
        "bb",
        element("b3", number(second * 1000)),
        element("b7", element("f7", number(1)), element("f1", number(at))),
      );
      at += cluster.length;
      return point;
    });
    return element("1c53bb6b", ...points);
  };
  const before = info.length + tracks.length;
  return Buffer.concat([head, element("18538067", info, tracks, cues(before + cues(0).length), ...clusters)]);
}

/**
 * Frames of noise for it, one a second, as base64: made by a browser, in which this runs.
 * @param {number} seconds @param {number} width @param {number} height
 */
export async function encodeFrames(seconds, width, height) {
  /** @type {Promise<string>[]} */
  const frames = [];
  const encoder = new VideoEncoder({
    output: (chunk) => {
      const bytes = new Uint8Array(chunk.byteLength);
      chunk.copyTo(bytes);
      frames.push(Promise.resolve(/** @type {any} */ (bytes).toBase64()));
    },
    error: (error) => frames.push(Promise.reject(error)),
  });
  encoder.configure({ codec: "vp8", width, height, bitrate: 20_000_000 });
  const canvas = new OffscreenCanvas(width, height);
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  for (let second = 0; second < seconds; second++) {
    const noise = pen.createImageData(width, height);
    crypto.getRandomValues(new Uint8Array(noise.data.buffer, 0, Math.min(noise.data.length, 65_536)));
    pen.putImageData(noise, 0, 0);
    // The colour of the corner says which frame it is.
    pen.fillStyle = `rgb(${second * 8} 0 0)`;
    pen.fillRect(0, 0, width, height / 2);
    const frame = new VideoFrame(canvas, { timestamp: second * 1_000_000 });
    encoder.encode(frame, { keyFrame: true });
    frame.close();
  }
  await encoder.flush();
  return Promise.all(frames);
}
