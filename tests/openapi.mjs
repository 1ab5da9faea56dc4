// The description of the API (openapi.json), by which every answer is judged that passes through the harness: its route and
// method, its status, its type, and each member of its JSON. Here a shape is closed: a member that it does not have is a fault.

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";

/** @typedef {import("./client.mjs").Exchange} Exchange @typedef {import("./client.mjs").Answer} Answer */

export const text = readFileSync(join(resolve(import.meta.dirname, ".."), "openapi.json"), "utf8");
/** @type {any} */
export const description = JSON.parse(text);

const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema(closed(description), "api");
/** @type {Map<string, import("ajv").ValidateFunction>} */
const validators = new Map();

/** The same with no member beyond those that a shape names. @returns {any} */
function closed(/** @type {any} */ value) {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, closed(member)]));
  const isOpen = value.type !== "object" || value.properties === undefined || "additionalProperties" in value;
  return isOpen ? members : { ...members, additionalProperties: false };
}

const routes = Object.keys(description.paths).map((path) => ({ path, segments: path.split("/") }));

/** The described path that an address is of; what is written out goes before what is left open. */
export function pathOf(/** @type {string} */ target) {
  const [path = ""] = target.split(/[?#]/);
  const segments = path.split("/");
  const fits = routes.filter((route) => {
    const isRest = route.path === "/media/{key}";
    if (isRest ? segments.length < 3 : segments.length !== route.segments.length) return false;
    return route.segments.every((wanted, index) => {
      const given = segments[index] ?? "";
      return /^\{.*\}$/.test(wanted) ? isRest || given !== "" : wanted === given;
    });
  });
  const open = (/** @type {string} */ path) => path.split("{").length;
  return fits.sort((one, other) => open(one.path) - open(other.path))[0]?.path;
}

/** The member that a JSON pointer leads to, and where that is, once it is no reference any more. */
function follow(/** @type {string} */ pointer) {
  const parts = pointer.split("/").slice(1);
  const value = parts.reduce((at, part) => at?.[part.replaceAll("~1", "/").replaceAll("~0", "~")], description);
  return value?.$ref === undefined ? { value, pointer } : follow(value.$ref.slice(1));
}

const pointed = (/** @type {string} */ part) => part.replaceAll("~", "~0").replaceAll("/", "~1");

/**
 * What an answer has that the description has not; nothing if all is well.
 * @param {Pick<Exchange, "method" | "target">} exchange @param {Pick<Answer, "status" | "headers" | "bytes">} answer @returns {string[]}
 */
export function faults({ method, target }, { status, headers, bytes }) {
  if (method === "OPTIONS") return [];
  const path = pathOf(target);
  if (path === undefined) return status === 404 ? [] : [`no such route is described`];
  const operation = `/paths/${pointed(path)}/${(method === "HEAD" ? "GET" : method).toLowerCase()}`;
  if (follow(operation).value === undefined) return status === 405 ? [] : [`the method is not described`];
  const responses = follow(`${operation}/responses`).value;
  const described = [String(status), `${Math.floor(status / 100)}XX`].find((each) => each in responses);
  if (described === undefined) return [`the status is not described`];
  if (method === "HEAD" || bytes.length === 0) return [];
  const response = follow(`${operation}/responses/${described}`);
  const type = String(headers["content-type"]).split(";")[0] ?? "";
  const known = [type, "*/*"].find((each) => each in (response.value.content ?? {}));
  if (known === undefined) return [`${type} is not described`];
  const schema = `${response.pointer}/content/${pointed(known)}/schema`;
  if (follow(schema).value === undefined || !/json$/.test(type)) return [];
  const lines = type === "application/x-ndjson" ? bytes.toString().split("\n").filter(Boolean) : [bytes.toString()];
  return lines.flatMap((line) => unfit(schema, JSON.parse(line)));
}

/** What is wrong with a value, by the schema that a pointer leads to. @returns {string[]} */
export function unfit(/** @type {string} */ pointer, /** @type {unknown} */ value) {
  const validate = validators.get(pointer) ?? ajv.compile({ $ref: `api#${encodeURI(pointer)}` });
  validators.set(pointer, validate);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath || "it"} ${message} ${JSON.stringify(params)}`,
  );
}
