// Pages of other origins: what a host and an app are to the Worker. Each server serves one script, bundled from what is in pages/.

import http from "node:http";
import { join } from "node:path";
import { buildSync } from "esbuild";

/** @param {string} name */
function bundle(name) {
  const { outputFiles } = buildSync({
    entryPoints: [join(import.meta.dirname, "pages", `${name}.mjs`)],
    bundle: true,
    write: false,
    format: "iife",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  return outputFiles[0]?.text ?? "";
}

/** Serves a page with its script at an origin of its own. @param {string} name */
export async function servePage(name) {
  const script = bundle(name);
  const server = http.createServer((request, response) => {
    const isScript = request.url === "/script.js";
    response.writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html" });
    response.end(isScript ? script : `<!doctype html><title>${name}</title><body><script src="/script.js"></script>`);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { origin: `http://localhost:${port}`, stop };
}
