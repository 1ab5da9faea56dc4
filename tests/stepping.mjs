// The Worker whose requests can be stopped between any two of the things that they ask of others: before one is asked, and
// before its answer is heard. Nothing is made up; time just stands still, so that the process can be killed there.
//
// A request with `x-stop-at: 7` stops at its seventh step and says so in the log; one that has fewer tells how many in
// `x-steps`.

import worker, { Workspace } from "../src/entry.mjs";

const BINDINGS = ["WORKSPACE", "DATA", "MEDIA", "BUNDLES", "CATALOG"];

/** Says what is next, and comes back unless it ends there. @typedef {(what: string) => Promise<void>} Step */

/** @param {any} target @param {string} name @param {Step} step */
const stepping = (target, name, step) =>
  new Proxy(target, {
    get(_, member) {
      const value = target[member];
      if (typeof value !== "function") return value;
      // What answers at once asks nobody yet.
      if (member === "prepare") return value.bind(target);
      if (member === "getByName") return (/** @type {string} */ id) => stepping(target.getByName(id), name, step);
      return async (/** @type {any[]} */ ...parts) => {
        await step(`before ${name}.${String(member)}`);
        const answer = await target[member](...parts);
        await step(`after ${name}.${String(member)}`);
        return answer;
      };
    },
  });

export default {
  async fetch(/** @type {Request} */ request, /** @type {any} */ env, /** @type {any} */ context) {
    const end = Number(request.headers.get("x-stop-at"));
    if (!end) return worker.fetch(request, env, context);
    let steps = 0;
    const step = async (/** @type {string} */ what) => {
      steps += 1;
      if (steps !== end) return;
      console.log(`stopped at ${end}: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 600_000));
    };
    const around = { ...env };
    for (const name of BINDINGS) around[name] = stepping(env[name], name, step);
    const answer = await worker.fetch(request, around, context);
    const headers = new Headers(answer.headers);
    headers.set("x-steps", String(steps));
    return new Response(answer.body, { status: answer.status, headers });
  },
  scheduled: worker.scheduled,
};

export { Workspace };
