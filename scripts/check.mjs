// `npm run check`: the formatting of everything, clippy's opinion for both targets, with warnings as errors, and the types of the dashboard.
import { writeApiTypes } from "./api-types.mjs";
import { runAll, script } from "./run.mjs";
import { setUp } from "./setup.mjs";

const clippy = (...target) => ["clippy", "--quiet", "--locked", "--workspace", ...target, "--", "-D", "warnings"];

await script(import.meta, async () => {
  const env = await setUp();
  await writeApiTypes();
  const steps = [
    ["format of Rust", "cargo", ["fmt", "--all", "--check"]],
    ["clippy, native", "cargo", clippy("--all-targets")],
    ["clippy, wasm32", "cargo", clippy("--target", "wasm32-unknown-unknown")],
    ["types of the page of a desktop", "tsc", ["--project", "dashboard/visit"]],
    ["format and lint of JavaScript", "biome", ["check", "--error-on-warnings"]],
    ["types of the dashboard", "tsc", ["-p", "dashboard"]],
  ];
  await runAll(steps, env);
});
