// The Worker around a bucket that fails on demand. Only the failures are made up: what does not fail is the bucket itself.
//
// `PUT /__faults?userId=` says which operations on a user's keys fail from now on, and answers how often those that were
// said before have failed; `GET` answers that alone.

import worker, { Workspace as Real } from "../src/entry.mjs";

/**
 * @typedef {{ operation: string, kind: Kind, skip?: number, times?: number, hits?: number }} Fault
 *   It fails after `skip` calls that go well, `times` times or, without, from then on.
 * @typedef {"error" | "deaf" | "lost" | "lie" | "late" | "never" | "missing" | "shorter" | "cut"} Kind
 *   error: nothing is done, and says so; deaf: the same, and a body is left unread; lost: it is done, but nobody hears of it;
 *   lie: nothing is done, and it says that it was; late: it is done after a while; never: there is no answer at all.
 *   Of a get: missing: there is no object; shorter: it has a byte less; cut: its bytes break off.
 */

const LATE_MS = 1000;
const NEVER_MS = 600_000;

/** @type {Map<string, Fault[]>} */
const faults = new Map();
const sleep = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What this call of an operation is to suffer, if anything. @returns {Kind | undefined} */
function suffered(/** @type {string} */ operation, /** @type {string} */ key) {
  const ofUser = faults.get(key.split("/")[1] ?? "") ?? [];
  const fault = ofUser.find((fault) => fault.operation === operation);
  if (!fault || fault.times === 0) return undefined;
  if (fault.skip) {
    fault.skip -= 1;
    return undefined;
  }
  if (fault.times) fault.times -= 1;
  fault.hits = (fault.hits ?? 0) + 1;
  return fault.kind;
}

/**
 * One operation, as it went. @param {string} operation @param {string} key @param {() => Promise<any>} work
 * @param {{ body?: any, lie?: any }} [more]
 */
async function perform(operation, key, work, { body, lie } = {}) {
  const kind = suffered(operation, key);
  if (kind === "never") await sleep(NEVER_MS);
  if (kind === "late") await sleep(LATE_MS);
  const isStream = body instanceof ReadableStream;
  if (kind === "error" && isStream) await body.cancel();
  if (kind === "error" || kind === "deaf" || kind === "never")
    throw new Error(`${operation}: We encountered an internal error. Please try again. (10001)`);
  if (kind === "lie") {
    if (isStream) await body.pipeTo(new WritableStream());
    return lie;
  }
  const result = await work();
  if (kind === "lost") throw new Error(`${operation}: Network connection lost.`);
  if (kind === "missing") return null;
  if (kind === "shorter") return lying(result, { size: result.size - 1 });
  if (kind === "cut") return lying(result, { body: cut(result.body) });
  return result;
}

/** An object, but for some of its members. @param {any} object @param {Record<string, unknown>} lies */
const lying = (object, lies) =>
  new Proxy(object, {
    get: (_, name) => {
      const value = lies[String(name)] ?? object[name];
      return typeof value === "function" ? value.bind(object) : value;
    },
  });

/** A stream that fails after some of its bytes. */
function cut(/** @type {ReadableStream} */ body) {
  let seen = 0;
  return body.pipeThrough(
    new TransformStream({
      transform(chunk, controller) {
        seen += chunk.length;
        if (seen > 300_000) throw new Error("Network connection lost.");
        controller.enqueue(chunk);
      },
    }),
  );
}

/** @param {any} upload */
const multipart = (upload) => ({
  key: upload.key,
  uploadId: upload.uploadId,
  uploadPart: (/** @type {number} */ partNumber, /** @type {any} */ body) =>
    perform("uploadPart", upload.key, () => upload.uploadPart(partNumber, body), {
      body,
      lie: { partNumber, etag: "0".repeat(32) },
    }),
  complete: (/** @type {any} */ parts) => perform("complete", upload.key, () => upload.complete(parts), { lie: {} }),
  abort: () => perform("abort", upload.key, () => upload.abort()),
});

/** Called as the real one is: the runtime's bindings are told by the name of their class. */
class R2Bucket {
  #real;
  constructor(/** @type {any} */ real) {
    this.#real = real;
  }
  put(/** @type {string} */ key, /** @type {any} */ body, /** @type {any} */ options) {
    return perform("put", key, () => this.#real.put(key, body, options), { body, lie: {} });
  }
  get(/** @type {string} */ key, /** @type {any} */ options) {
    return perform("get", key, () => this.#real.get(key, options));
  }
  head(/** @type {string} */ key) {
    return perform("head", key, () => this.#real.head(key));
  }
  delete(/** @type {string | string[]} */ keys) {
    return perform("delete", String([keys].flat()[0]), () => this.#real.delete(keys));
  }
  list(/** @type {any} */ options) {
    return perform("list", options.prefix, () => this.#real.list(options));
  }
  async createMultipartUpload(/** @type {string} */ key, /** @type {any} */ options) {
    const create = () => this.#real.createMultipartUpload(key, options);
    return multipart(await perform("createMultipartUpload", key, create));
  }
  resumeMultipartUpload(/** @type {string} */ key, /** @type {string} */ uploadId) {
    return multipart(this.#real.resumeMultipartUpload(key, uploadId));
  }
}

const around = (/** @type {any} */ env) => ({ ...env, DATA: new R2Bucket(env.DATA) });

export default {
  async fetch(/** @type {Request} */ request, /** @type {any} */ env, /** @type {any} */ context) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname !== "/__faults") return worker.fetch(request, around(env), context);
    const userId = String(searchParams.get("userId"));
    const before = faults.get(userId) ?? [];
    if (request.method === "PUT") faults.set(userId, await request.json());
    return Response.json(before);
  },
};

export class Workspace extends Real {
  constructor(/** @type {any} */ state, /** @type {any} */ env) {
    super(state, around(env));
  }
}
