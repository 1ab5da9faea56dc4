// How a desktop is started, from what is in it.

import type { Directory } from "../snapshot/tree.ts";

export interface Plan {
  readonly manager: "pnpm" | "npm";
  readonly script: string;
}

/** In this order: what is meant for developing, and what else starts something. */
const SCRIPTS = ["dev", "start"];

/** Throws with a sentence where there is nothing to start. */
export function planOf(tree: Directory): Plan {
  const file = tree.children.get("package.json");
  if (file?.kind !== "file")
    throw new Error("This desktop has no package.json, so there is nothing to start. Its files can be looked at.");
  const scripts = scriptsOf(new TextDecoder().decode(file.bytes));
  const script = SCRIPTS.find((name) => scripts.includes(name));
  if (script === undefined) throw new Error("The desktop's package.json has no script “dev” or “start”.");
  const isNpm = tree.children.has("package-lock.json") && !tree.children.has("pnpm-lock.yaml");
  return { manager: isNpm ? "npm" : "pnpm", script };
}

function scriptsOf(text: string): string[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error("The desktop's package.json is no JSON.");
  }
  const scripts: unknown = typeof json === "object" && json !== null && "scripts" in json ? json.scripts : undefined;
  return typeof scripts === "object" && scripts !== null ? Object.keys(scripts) : [];
}
