// JSON as it was written: what JavaScript's own numbers and objects would lose of it.

/** A number that JavaScript would write in another way: longer than it counts exactly, or with zeros at its end. */
export class Written {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/** What newer engines tell of each value. */
type Reviver = (key: string, value: unknown, context?: { source?: string }) => unknown;

const asWritten: Reviver = (_key, value, context) =>
  typeof value === "number" && context?.source !== undefined && context.source !== String(value)
    ? new Written(context.source)
    : value;

/** Parses a text. Throws for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, asWritten);
  } catch (cause) {
    // Looking at each value, the engine calls itself, and comes to no end of what is nested very deeply.
    if (cause instanceof RangeError) return JSON.parse(text);
    throw cause;
  }
}

/** Strings, with the colon that makes a key of one; and where objects begin and end. */
const SIGNS = /"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?|[{}]/g;

/** A key that an object of a valid text has more than once; null if there is none. */
export function doubledKey(text: string): string | null {
  const open: Set<string>[] = [];
  for (const [sign, inner = "", colon] of text.matchAll(SIGNS)) {
    if (sign === "{") open.push(new Set());
    else if (sign === "}") open.pop();
    else if (colon !== undefined) {
      const key = inner.includes("\\") ? String(JSON.parse(`"${inner}"`)) : inner;
      const known = open.at(-1);
      if (known?.has(key)) return key;
      known?.add(key);
    }
  }
  return null;
}
