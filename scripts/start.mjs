// `npm start`: sets up, builds, runs the Worker on PORT (8787) with its state kept in .wrangler/state, and says how to call it once it
// answers. Ctrl-C or SIGTERM ends all of it. No account, no questions.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "./build.mjs";
import { gatewayUrl } from "./mint.mjs";
import { at, Failure, run, script } from "./run.mjs";
import { setUp } from "./setup.mjs";
import { developmentSecret } from "./sign.mjs";

const DAY = 86_400;
const STATE = ".wrangler/state";
const PARENT = process.ppid; // npm, which may be killed without a word to us

/** Refuses a port that another program has, on either loopback address. */
async function mustBeFree(port) {
  for (const host of ["127.0.0.1", "::1"]) {
    await new Promise((resolve, reject) => {
      const server = createServer();
      server.on("error", ({ code }) => {
        const taken = `Port ${port} is taken. Stop what uses it, or choose another: PORT=${port + 1} npm start`;
        code === "EADDRINUSE" ? reject(new Failure(taken)) : resolve(); // a machine without IPv6, say
      });
      server.listen(port, host, () => server.close(resolve));
    });
  }
}

/** wrangler in a process group of its own, so that ending the group ends its workerd processes too. */
function wrangler(port, env) {
  const args = ["dev", "--port", port, "--persist-to", STATE, "--show-interactive-dev-session=false"];
  const child = spawn("node", [at("node_modules/wrangler/bin/wrangler.js"), ...args], {
    cwd: at(),
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  // It logs paths without queries. Should it ever quote a URL, the signature is a credential.
  const passOn = (stream) => (text) => stream.write(String(text).replace(/\bsig=[\w-]+/g, "sig=…"));
  child.stdout.on("data", passOn(process.stdout));
  child.stderr.on("data", passOn(process.stderr));
  const signal = (name) => {
    try {
      process.kill(-child.pid, name);
    } catch {} // it has ended
  };
  const server = { ended: false, stopping: false };
  const stop = () => {
    server.stopping = true;
    signal("SIGTERM");
    setTimeout(signal, 4000, "SIGKILL").unref();
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(name, stop);
  process.on("exit", () => signal("SIGKILL"));
  setInterval(() => process.ppid !== PARENT && stop(), 500).unref();
  server.end = new Promise((resolve) => child.on("exit", resolve)).then(() => (server.ended = true));
  return server;
}

/** Brings the local catalogue up to date. What has been applied is not applied again, and says little. */
async function migrate(env) {
  const args = ["d1", "migrations", "apply", "CATALOG", "--local", "--persist-to", STATE];
  await run("wrangler", args, {
    env: { ...env, CI: "1", WRANGLER_LOG: "warn" },
    hint: "The catalogue is not up to date.",
  });
}

function greet(base) {
  const url = gatewayUrl(base, "user_demo", developmentSecret(), DAY);
  const query = url.slice(url.indexOf("?") + 1);
  const file = "/root/clawd/hello.txt";
  console.log(`
Holdfast is ready. The workspace of user_demo, good for a day, in a browser:

  ${base}/#${query}

Its gateway URL, for a client:

  ${url}

Write a file, list the workspace, read the file:

  curl -X POST '${base}/api/files/write?${query}' -H 'Content-Type: application/json' -d '{"path":"${file}","content":"Hello from curl"}'
  curl '${base}/api/files/list?${query}'
  curl '${base}/api/files/read?path=${file}&${query}'
`);
}

await script(import.meta, async () => {
  const port = Number(process.env.PORT || 8787);
  if (!(Number.isInteger(port) && port > 0 && port < 65_536)) throw new Failure("PORT is a number from 1 to 65535.");
  await mustBeFree(port);
  const env = await setUp();
  await build("quick", env);
  await migrate(env);
  const base = `http://localhost:${port}`;
  const server = wrangler(port, env);
  let ready = false;
  while (!server.ended && !ready) {
    ready = await fetch(`${base}/api/status`, { signal: AbortSignal.timeout(2000) }).catch(() => false);
    await sleep(100);
  }
  if (ready && !server.stopping) greet(base);
  await server.end;
  if (!server.stopping) throw new Failure("wrangler ended by itself; what it printed says why.");
});
