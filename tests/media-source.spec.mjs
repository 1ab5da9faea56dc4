// Sources that redirect, lie, stall, fail or never end; and addresses that are not fetched at all.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cost, ok, refused } from "./expect.mjs";
import { start } from "./harness.mjs";
import { ingest, mediaLeft, withProvider } from "./media.mjs";
import { Provider } from "./provider.mjs";
import { png, wav } from "./samples.mjs";

const world = withProvider(() => ({ MEDIA_URL_MAX_BYTES: String(20 * 2 ** 20) }));
/** One that has no time: for sources that stall, since a loaded machine takes its time for others too. */
const hasty = withProvider(() => ({ MEDIA_FETCH_SECONDS: "2" }));
const MIB = 2 ** 20;

/** An ingest that fails and leaves nothing behind. @param {string} sourceUrl @param {number} status @param {RegExp} text */
async function fails(sourceUrl, status, text, { server } = world) {
  const userId = server.user();
  const answer = await ingest(server.client(userId), { sourceUrl });
  refused(answer, status, text);
  assert.deepEqual(await mediaLeft(server, userId), []);
  return answer;
}

for (const sourceUrl of [
  "http://127.0.0.1:1/a",
  "https://127.0.0.1/a",
  "https://[::1]/a",
  "https://2130706433/a",
  "https://example.com/a.png",
  "https://fal.media.example.com/a.png",
  "https://user:pw@fal.media/a.png",
  "https://fal.media:8080/a.png",
  "https://fal.media./a.png",
  "https://fal\\.media/a.png",
  "https://storage.googleapis.com/somebody/a.png",
  "file:///etc/passwd",
  "ftp://fal.media/a.png",
  "fal.media/a.png",
]) {
  test(`${sourceUrl} is not fetched`, async () => {
    const answer = await ingest(world.server.client(), { sourceUrl });
    refused(answer, 400, /^(sourceUrl|The host of sourceUrl) /);
    assert.deepEqual(cost(answer), { read: 0, written: 0, bucket: 0 });
  });
}

test("a redirect is followed, five of them at the most, relative ones too", async () => {
  const { provider } = world;
  const client = world.server.client();
  let url = provider.at({ body: png() }, "end.png");
  for (const [hop, status] of [301, 302, 303, 307, 308].entries()) {
    const location = hop % 2 ? url : new URL(url).pathname;
    url = provider.at({ status, headers: { location } });
  }
  assert.equal(ok(await ingest(client, { sourceUrl: url })).contentType, "image/png");
  const before = provider.asked.length;
  await fails(provider.at({ status: 302, headers: { location: url } }), 502, /redirects too often/);
  assert.equal(provider.asked.length - before, 6);
});

for (const location of [
  "http://127.0.0.1:1/",
  "https://127.0.0.1/",
  "//localhost/",
  "https://example.com/",
  "http://169.254.169.254/latest/meta-data/",
  "file:///etc/passwd",
  "https://fal.media@127.0.0.1/",
  "../../x",
]) {
  test(`a redirect to ${location} is not followed`, async () => {
    await fails(world.provider.at({ status: 302, headers: { location } }), 400, /sourceUrl/);
  });
}

test("a redirect to another origin of this machine is not followed", async () => {
  const other = new Provider();
  await other.start();
  try {
    const secret = other.at({ body: png() });
    await fails(world.provider.at({ status: 302, headers: { location: secret } }), 400, /sourceUrl/);
    assert.equal(other.asked.length, 0);
  } finally {
    other.stop();
  }
});

test("a redirect without a location leads nowhere", async () => {
  await fails(world.provider.at({ status: 302 }), 502, /./);
});

for (const status of [204, 206, 400, 401, 403, 404, 410, 429, 500, 503]) {
  test(`a source that answers ${status} fails with 502 and says so`, async () => {
    const url = world.provider.at({
      status,
      ...(status === 204 ? {} : { body: png() }),
      headers: { "retry-after": "0" },
    });
    await fails(url, 502, new RegExp(`answered ${status}`));
  });
}

test("a source that cannot be reached fails with 502", async () => {
  const gone = new Provider();
  await gone.start();
  const { origin } = gone;
  gone.stop();
  const server = await start({ MEDIA_EXTRA_ORIGINS: origin });
  try {
    const answer = await ingest(server.client(), { sourceUrl: `${origin}/a.png?token=secret` });
    refused(answer, 502, /cannot be reached/);
    assert.ok(!answer.body.error.includes("secret"), "no query is told");
    assert.ok(!server.logs.some((line) => line.includes("secret")), "nor logged");
  } finally {
    await server.stop();
  }
});

test("an answer without bytes, or of another kind, is refused", async () => {
  await fails(world.provider.at({ body: "" }), 400, /no bytes/);
  const page = { body: "<!doctype html><title>Not found</title>", headers: { "content-type": "image/png" } };
  await fails(world.provider.at(page, "a.png"), 415, /known/);
  await fails(
    world.provider.at({ body: '{"error":"expired"}', headers: { "content-type": "image/png" } }),
    415,
    /known/,
  );
});

for (const size of [1000, 10 * MIB]) {
  test(`a source that promises more than it sends of ${size} bytes leaves nothing`, async () => {
    const url = world.provider.at((_, response) => {
      response.writeHead(200, { "content-length": String(size + 1000) });
      response.write(wav(size), () => response.destroy());
    });
    await fails(url, 502, /cut off/);
  });

  test(`a source that breaks off after ${size} bytes of no stated length leaves nothing`, async () => {
    const url = world.provider.at((_, response) => {
      response.writeHead(200, { "transfer-encoding": "chunked" });
      response.write(wav(size), () => response.destroy());
    });
    await fails(url, 502, /cut off/);
  });

  test(`a source that stalls after ${size} bytes is given up in time`, async () => {
    const began = Date.now();
    const url = hasty.provider.at((_, response) => {
      response.writeHead(200, { "content-length": String(size * 2) });
      response.write(wav(size));
    });
    await fails(url, 502, /too long|cut off/, hasty);
    // By default it would be two minutes.
    assert.ok(Date.now() - began < 60_000, `took ${Date.now() - began} ms`);
  });
}

test("a source that does not even begin is given up in time", async () => {
  await fails(
    hasty.provider.at(() => {}),
    502,
    /took too long/,
    hasty,
  );
});

test("a source that sends more than it promises is cut where it promised", async () => {
  const bytes = png();
  const url = world.provider.at((request) => {
    const { socket } = request;
    socket.end(
      Buffer.concat([
        Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${bytes.length}\r\nconnection: close\r\n\r\n`),
        bytes,
        Buffer.from("<script>more"),
      ]),
    );
  });
  const userId = world.server.user();
  assert.equal(ok(await ingest(world.server.client(userId), { sourceUrl: url })).size, bytes.length);
});

test("an endless source is cut off at the limit", async () => {
  let sent = 0;
  const url = world.provider.at((_, response) => {
    response.writeHead(200, { "content-type": "audio/wav" });
    response.write(wav(1000));
    const noise = Buffer.alloc(256 * 1024, 7);
    const more = () => {
      while (!response.destroyed && response.write(noise)) sent += noise.length;
      if (!response.destroyed) response.once("drain", more);
    };
    more();
  });
  const { body } = await fails(url, 413, /too large/);
  assert.equal(body.maxSize, 20 * MIB);
  assert.ok(body.size > 20 * MIB && body.size < 21 * MIB, "noticed at once");
  assert.ok(sent < 60 * MIB, `${sent} bytes were taken`);
});

test("a compressed answer is kept as what it holds", async () => {
  const { gzipSync } = await import("node:zlib");
  const bytes = wav(9 * MIB);
  const url = world.provider.at({ body: gzipSync(bytes), headers: { "content-encoding": "gzip" } });
  assert.equal(ok(await ingest(world.server.client(), { sourceUrl: url })).size, bytes.length);
});

test("the source is asked without anything of ours", async () => {
  const url = world.provider.at({ body: png() });
  ok(await ingest(world.server.client(), { sourceUrl: url }));
  const asked = world.provider.asked.at(-1);
  for (const name of ["cookie", "authorization", "origin", "referer"])
    assert.equal(asked?.headers[name], undefined, name);
});
