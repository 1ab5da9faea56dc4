// What an agent gives a tool, held against the tool's schema: an argument that nobody reads would be a wish that is not heard.

import { HoldfastError } from "./error.ts";

/** The part of JSON Schema that the tools speak. */
export type ArgumentSchema = { description?: string } & (
  | { type: "string"; enum?: readonly string[] }
  | { type: "boolean" }
  | { type: "array"; items: { type: "string" }; maxItems?: number }
);

export interface InputSchema {
  type: "object";
  properties: Readonly<Record<string, ArgumentSchema>>;
  required: readonly string[];
  additionalProperties: false;
}

export type Input = Readonly<Record<string, unknown>>;

/** The arguments, if they are what the schema says; a 400 with a sentence otherwise. None at all are none. */
export function checked(given: unknown, { properties, required }: InputSchema): Input {
  if (given !== undefined && (typeof given !== "object" || given === null || Array.isArray(given)))
    throw new HoldfastError(400, "The arguments must be an object");
  const input: [string, unknown][] = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
  for (const [name, value] of input) {
    const schema = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (schema === undefined) {
      const known = Object.keys(properties).join(", ");
      throw new HoldfastError(400, `There is no argument ${name}; there are ${known}`);
    }
    const wanted = wantedOf(schema, value);
    if (wanted !== null) throw new HoldfastError(400, `${name} must be ${wanted}`);
  }
  for (const name of required)
    if (!input.some(([one, value]) => one === name && value !== "")) throw new HoldfastError(400, `${name} required`);
  return Object.fromEntries(input);
}

/** What a value must be; null if it is. */
function wantedOf(schema: ArgumentSchema, value: unknown): string | null {
  if (schema.type === "boolean") return typeof value === "boolean" ? null : "true or false";
  if (schema.type === "string") {
    if (schema.enum) return schema.enum.some((one) => one === value) ? null : `one of ${schema.enum.join(", ")}`;
    return typeof value === "string" ? null : "a text";
  }
  if (!Array.isArray(value) || value.some((each) => typeof each !== "string")) return "a list of texts";
  const { maxItems = Number.POSITIVE_INFINITY } = schema;
  return value.length <= maxItems ? null : `a list of at most ${maxItems}`;
}
