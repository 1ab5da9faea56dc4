// Public addresses in a browser: a page of another site shows, plays and seeks what they hold.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Browser, CHROMIUM } from "./browser.mjs";
import { ok } from "./expect.mjs";
import { serve } from "./harness.mjs";
import { ingestBytes } from "./media.mjs";
import { png, svg, wav } from "./samples.mjs";
import { encodeFrames, webm } from "./webm.mjs";

const skip = CHROMIUM ? false : "no Chromium on this machine; set CHROMIUM to one";
const server = serve();
const browser = new Browser();
before(() => (skip ? undefined : browser.start()));
after(() => (skip ? undefined : browser.stop()));

/** @param {Buffer} bytes @returns {Promise<string>} */
const publish = async (bytes) => ok(await ingestBytes(server.client(), bytes)).publicUrl;

/** Seeks a sound or a film of another site and says where it arrived. */
async function seek(/** @type {string} */ url, /** @type {"audio" | "video"} */ kind, /** @type {number} */ to) {
  return browser.run(
    (url, kind, to) =>
      new Promise((resolve, reject) => {
        const media = /** @type {HTMLVideoElement} */ (document.createElement(kind));
        media.crossOrigin = "anonymous";
        media.onerror = () => reject(new Error(`${media.error?.code}: ${media.error?.message}`));
        media.onloadeddata = () => {
          media.currentTime = to;
        };
        media.onseeked = async () => {
          const canvas = document.createElement("canvas");
          canvas.width = canvas.height = 1;
          const pen = canvas.getContext("2d");
          // Also a proof of CORS: a tainted canvas could not be read. The place is reached before its frame is painted.
          let red = 0;
          for (let round = 0; round < 400 && kind === "video" && Math.abs(red - to * 8) >= 8; round += 1) {
            if (round > 0) await new Promise((later) => setTimeout(later, 50));
            pen?.drawImage(media, 0, 0, 1, 1, 0, 0, 1, 1);
            [red] = pen?.getImageData(0, 0, 1, 1).data ?? [0];
          }
          const { currentTime, duration, seekable } = media;
          resolve({ currentTime, duration, seekable: seekable.length && seekable.end(0), red });
        };
        document.body.append(media);
        media.src = url;
      }),
    url,
    kind,
    to,
  );
}

test("an <img> of another site shows a picture", { skip }, async () => {
  const url = await publish(png(64, 32));
  const size = await browser.run(
    (url) =>
      new Promise((resolve, reject) => {
        const image = new Image();
        image.onload = () => resolve([image.naturalWidth, image.naturalHeight]);
        image.onerror = () => reject(new Error("the picture did not load"));
        image.src = url;
      }),
    url,
  );
  assert.deepEqual(size, [64, 32]);
});

test("an <img> shows a picture in text, and a frame of it runs nothing", { skip }, async () => {
  const url = await publish(svg());
  const shown = await browser.run(async (url) => {
    const image = new Image();
    image.src = url;
    await image.decode();
    const frame = document.createElement("iframe");
    frame.src = url;
    document.body.append(frame);
    await new Promise((resolve) => setTimeout(resolve, 500));
    return [image.naturalWidth, document.title];
  }, url);
  assert.deepEqual(shown, [4, "page"]);
});

test("an <audio> of another site plays a sound from its middle", { skip }, async () => {
  // Ten minutes, longer than a browser reads ahead.
  const url = await publish(wav(10 * 60 * 8000 + 44));
  const { currentTime, duration, seekable } = /** @type {any} */ (await seek(url, "audio", 500));
  assert.deepEqual([Math.round(currentTime), Math.round(duration), Math.round(seekable)], [500, 600, 600]);
});

test("a <video> of another site shows the frame that was sought", { skip }, async () => {
  const [seconds, width, height] = [30, 320, 240];
  const frames = await browser.run(encodeFrames, seconds, width, height);
  assert.equal(frames.length, seconds);
  const url = await publish(
    webm(
      frames.map((frame) => Buffer.from(frame, "base64")),
      width,
      height,
    ),
  );
  for (const to of [25, 3]) {
    const { currentTime, duration, seekable, red } = /** @type {any} */ (await seek(url, "video", to));
    assert.deepEqual([currentTime, duration, seekable], [to, seconds, seconds]);
    assert.ok(Math.abs(red - to * 8) < 8, `the frame of second ${red / 8}`);
  }
});
