// A trap ends the wasm instance and all its futures, deadlines too: so this, the only JavaScript, answers 503 for them.
import { DurableObject } from "cloudflare:workers";
import Rust, { Workspace as RustWorkspace } from "../build/index.js";

const SLOW = /^P(OS|U)T [^?]*\/api\/(files\/(upload|content|write)|media|ai)\b|[?&]wait=/; // uploads, long polls
const limit = ({ headers, method, url }) => (headers.has("Upgrade") || SLOW.test(`${method} ${url}`) ? 0 : 30_000);
const EXPOSED = "ETag, Content-Disposition, Content-Range, Location, Server-Timing";
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
    // The call comes first: it may itself replace a dead instance, which ends all that is pending.
    return await Promise.race([call(), pending.add(giveUp) && promise]).finally(() => pending.delete(giveUp));
  } catch (error) {
    if (!request) throw error; // an alarm: the platform repeats it
    const origin = env.ALLOWED_ORIGINS?.split(",").find((allowed) => allowed === request.headers.get("Origin"));
    const cors = origin && { "Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": EXPOSED };
    const headers = { "Retry-After": "1", Vary: "Origin", ...cors };
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
