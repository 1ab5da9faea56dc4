// A trap ends the wasm instance and all its futures, deadlines too: so this, the only JavaScript, answers 503 for them.
import { DurableObject } from "cloudflare:workers";
import Rust, { Workspace as RustWorkspace } from "../build/index.js";

const SHOWN = {
  "Access-Control-Expose-Headers": "ETag, Content-Disposition, Content-Range, Location, Retry-After, Server-Timing",
};
const SAFE = { Vary: "Origin", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer" };
const cors = (to, env) => env.ALLOWED_ORIGINS?.split(/[\s,]+/).includes(to) && { "Access-Control-Allow-Origin": to };
const pending = new Set(); // what gives up a request; added after its call, which may itself replace a dead instance
let dead = false; // what `worker` calls `criticalError`: set in its panic hook, cleared once it has made a new instance
const set = (now) => {
  dead = now;
  if (now) for (const giveUp of pending) giveUp(new Error("The wasm instance ended"));
};
Object.defineProperty(globalThis.__worker_init_state, "criticalError", { get: () => dead, set });
// A trap without a panic, or a JavaScript exception thrown through wasm; but late timers of an older instance end nothing.
addEventListener("error", ({ error }) => set(dead || !/previous wasm instance/i.test(error?.message)));
async function answer(call, req, env) {
  const { promise, reject: giveUp } = Promise.withResolvers(); // after 30 s, but for uploads, long polls and sockets
  if (!/^(POST|PUT|undef)|[?&]wait=|^[^?]*\/ws\?/.test(`${req?.method} ${req?.url}`)) setTimeout(giveUp, 30_000);
  try {
    return await Promise.race([call(), pending.add(giveUp) && promise]).finally(() => pending.delete(giveUp));
  } catch (error) {
    set(dead || error instanceof WebAssembly.RuntimeError);
    if (!req?.headers) throw req?.close?.(1011, "Interrupted") ?? error; // an alarm is repeated, a socket's client returns
    const headers = { "Retry-After": "1", ...SAFE, ...SHOWN, ...cors(req.headers.get("Origin"), env) };
    return Response.json({ error: "The service was interrupted; please try again" }, { status: 503, headers });
  }
}
// After a trap the glue's constructor makes a new instance; else the way past its proxies is several times shorter.
const on = (name) => (it, env, ctx) =>
  answer(() => (dead ? new Rust(ctx, env)[name](it) : Rust.prototype[name].call({ env, ctx }, it)), it, env);
export default { fetch: on("fetch"), scheduled: on("scheduled") };
export class Workspace extends DurableObject {
  rust = new RustWorkspace(this.ctx, this.env);
}
for (const name of ["perform", "alarm", "fetch", "wait", "webSocketMessage", "webSocketClose", "webSocketError"])
  Workspace.prototype[name] = function (...args) {
    const call = () => this.rust[name](...args);
    return name === "perform" ? call() : answer(call, args[0], this.env); // its trap rejects the Worker's call: 503
  };
