// A trap (a Rust panic, say) ends the wasm instance and all its futures: a deadline written in Rust would end with them. So this
// file, the only JavaScript of the Worker, answers 503 for whatever Rust no longer can; the next call finds a new instance.
import { DurableObject } from "cloudflare:workers";
import Rust, { Workspace as RustWorkspace } from "../build/index.js";

const SLOW = /^P(OS|U)T [^?]*\/api\/(files\/(upload|content|write)|media)\b|[?&]wait=/; // uploads, long polls
const limit = ({ headers, method, url }) => (headers.has("Upgrade") || SLOW.test(`${method} ${url}`) ? 0 : 30_000);
const pending = new Set();
let dead = false; // what `worker` calls `criticalError`: set in its panic hook, cleared once it has made a new instance
const set = (now) => {
  dead = now;
  if (now) for (const giveUp of pending) giveUp(new Error("The wasm instance ended"));
};
Object.defineProperty(globalThis.__worker_init_state, "criticalError", { get: () => dead, set });
// A trap without a panic, or a JavaScript exception thrown through wasm; but late timers of an earlier instance end nothing.
addEventListener("error", ({ error }) => set(dead || !/previous wasm instance/i.test(error?.message)));

async function answer(call, request, env, limitMs) {
  const { promise, reject: giveUp } = Promise.withResolvers();
  if (limitMs) setTimeout(giveUp, limitMs); // ends with the request: nothing to clear
  try {
    const first = Promise.race([call(), promise]); // before it is pending: the call itself may replace a dead instance
    pending.add(giveUp);
    return await first.finally(() => pending.delete(giveUp));
  } catch (error) {
    if (!request) throw error; // an alarm: the platform repeats it
    const origin = env.ALLOWED_ORIGINS?.split(",").find((allowed) => allowed === request.headers.get("Origin"));
    const headers = { "Retry-After": "1", Vary: "Origin", ...(origin && { "Access-Control-Allow-Origin": origin }) };
    return Response.json({ error: "The service was interrupted; please try again" }, { status: 503, headers });
  }
}
export default { fetch: (req, env, ctx) => answer(() => new Rust(ctx, env).fetch(req), req, env, limit(req)) };
export class Workspace extends DurableObject {
  rust = new RustWorkspace(this.ctx, this.env);
  fetch(request) {
    return answer(() => this.rust.fetch(request), request, this.env);
  }
  alarm() {
    return answer(() => this.rust.alarm());
  }
}
