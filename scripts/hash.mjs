// What tells whether a build has to run: one hash over names and bytes.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { at } from "./run.mjs";

/** Of files, and of what is in folders and `wanted` by its name. What is not there is passed by. */
export function hash(paths, { salt = "", wanted = (_name) => true } = {}) {
  const sum = createHash("sha256").update(salt);
  const visit = (path) => {
    if (!existsSync(at(path))) return;
    if (!statSync(at(path)).isDirectory()) sum.update(`\0${path}\0`).update(readFileSync(at(path)));
    else for (const name of readdirSync(at(path)).sort()) if (wanted(name)) visit(`${path}/${name}`);
  };
  paths.forEach(visit);
  return sum.digest("hex");
}
