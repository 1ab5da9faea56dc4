// `npm test`: sets up, then runs every suite: `native`, Rust on this machine, and `http`, the built Worker in real workerd.
// `npm test -- http files` runs the specs of one suite whose name contains "files"; `npm test -- native trash` does it by test name.
import { readdirSync } from "node:fs";
import { CHROMIUM } from "../tests/browser.mjs";
import { build } from "./build.mjs";
import { at, Failure, runAll, say, script } from "./run.mjs";
import { setUp } from "./setup.mjs";
import { runSpecs } from "./specs.mjs";

await script(import.meta, async ([suite, ...filters]) => {
  if (![undefined, "native", "http"].includes(suite)) throw new Failure("The suites are `native` and `http`.");
  const specs = readdirSync(at("tests"), { recursive: true })
    .filter((path) => path.endsWith(".spec.mjs") && filters.every((filter) => path.includes(filter)))
    .map((path) => `tests/${path}`);
  if (suite !== "native" && specs.length === 0) throw new Failure("There is no such spec in tests/.");
  const env = await setUp();
  const steps = [];
  if (suite !== "http") steps.push(["suite native: cargo test", "cargo", ["test", "--workspace", "--", ...filters]]);
  if (suite !== "native") {
    await build("quick", env);
    if (!CHROMIUM) say("no Chromium on this machine: its pages are not tested. Install one, or set CHROMIUM to one.");
    steps.push([`suite http: ${specs.length} specs in workerd`, () => runSpecs(specs, env)]);
  }
  await runAll(steps, env);
});
