// Writes dashboard/client/api.ts, the shapes of the API as TypeScript, from openapi.json. Nothing is written when nothing has changed.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { hash } from "./hash.mjs";
import { at, script } from "./run.mjs";
import { setUp } from "./setup.mjs";

const DESCRIPTION = "openapi.json";
const TARGET = at("dashboard/client/api.ts");

export async function writeApiTypes() {
  const head = `// Made from openapi.json by scripts/api-types.mjs (${hash([DESCRIPTION, "scripts/api-types.mjs"]).slice(0, 16)}).\n`;
  if (existsSync(TARGET) && readFileSync(TARGET, "utf8").startsWith(head)) return;
  const { compile } = await import("json-schema-to-typescript"); // a package: there only once everything is set up
  // What it knows as definitions it gives a name of its own.
  const text = readFileSync(at(DESCRIPTION), "utf8").replaceAll("#/components/schemas/", "#/definitions/");
  const { schemas } = JSON.parse(text, anything).components;
  const types = await compile({ type: "object", additionalProperties: false, definitions: schemas }, "Api", {
    additionalProperties: false,
    bannerComment: "",
    format: false,
    unreachableDefinitions: true,
  });
  const plain = types
    .replace(/export interface Api \{\s*\}\n/, "")
    .replace(
      /( \* ?\n)? \* This interface was referenced by `Api`'s JSON-Schema\n \* via the `definition` "\w+"\.\n/g,
      "",
    )
    .replaceAll("/**\n */\n", "");
  writeFileSync(TARGET, `${head}\n${plain}`);
}

/** Where nothing is said of a value but what it means, it can be anything: not only an object. */
function anything(_name, value) {
  const keys = Object.keys(Object(value));
  return keys.length === 1 && typeof value.description === "string" ? { ...value, tsType: "unknown" } : value;
}

await script(import.meta, async () => {
  await setUp();
  await writeApiTypes();
});
