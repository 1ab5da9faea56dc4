// A source of media on this machine: `/{size}` is a recording of that many bytes, the next one each time it is made.
import { randomBytes, randomFillSync } from "node:crypto";
import http from "node:http";

const made = new Map();

/** A recording of noise, never the same twice: what is kept already would not be stored again. */
export function recording(size) {
  const bytes = made.get(size) ?? randomBytes(size);
  bytes.write("RIFF", 0, "latin1");
  bytes.writeUInt32LE(size - 8, 4);
  bytes.write("WAVEfmt ", 8, "latin1");
  randomFillSync(bytes, 64, 16);
  made.set(size, bytes);
  return bytes;
}

const server = http.createServer((request, response) => {
  const size = Number(request.url.slice(1));
  response.writeHead(200, { "content-type": "audio/wav", "content-length": String(size) });
  response.end(made.get(size) ?? recording(size));
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
// It lives as long as the process has something else to do.
server.unref();

export const SOURCE = `http://127.0.0.1:${server.address().port}`;
