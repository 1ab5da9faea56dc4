// The Worker that tells the log what it asks of the object, the buckets and the catalogue, and nothing of whom; and the word that
// a request has in `x-say`, so that somebody can tell how far the log is.

import worker, { Workspace } from "../src/entry.mjs";

const BINDINGS = ["WORKSPACE", "DATA", "MEDIA", "BUNDLES", "CATALOG"];

/** @param {any} target @param {string} name */
const telling = (target, name) =>
  new Proxy(target, {
    get(_, member) {
      const value = target[member];
      if (typeof value !== "function") return value;
      if (member === "getByName") return (/** @type {string} */ id) => telling(target.getByName(id), name);
      return (/** @type {any[]} */ ...parts) => {
        const verb = name === "WORKSPACE" ? ` ${Object.keys(JSON.parse(parts[0]).verb)[0]}` : "";
        console.log(`asked ${name}.${String(member)}${verb}`);
        return target[member](...parts);
      };
    },
  });

export default {
  fetch(/** @type {Request} */ request, /** @type {any} */ env, /** @type {any} */ context) {
    const word = request.headers.get("x-say");
    if (word !== null) console.log(word);
    const around = { ...env };
    for (const name of BINDINGS) around[name] = telling(env[name], name);
    return worker.fetch(request, around, context);
  },
  scheduled: worker.scheduled,
};

export { Workspace };
