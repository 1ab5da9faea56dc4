// Builds the Worker into build/, and its pages into dashboard/dist/. `quick`, for `wrangler dev` and the tests, keeps the names, so that a panic has a readable stack;
// `release`, for deploying, drops them. Nothing runs when nothing has changed, and a build that was cut short never counts.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hash } from "./hash.mjs";
import { buildPage } from "./page.mjs";
import { at, Failure, run, say, script } from "./run.mjs";
import { setUp } from "./setup.mjs";
import { buildVisit } from "./visit.mjs";

const INPUTS = [
  "Cargo.toml",
  "Cargo.lock",
  "rust-toolchain.toml",
  "package-lock.json",
  "scripts/build.mjs",
  "scripts/hash.mjs",
  "src",
  "durable_objects",
];
const OUTPUTS = ["build/index.js", "build/index_bg.wasm"];
const STAMP = at("build/.stamp");

export async function build(profile, env) {
  await buildPage(env);
  await buildVisit(); // into what the page's build has emptied
  await buildWorker(profile, env);
}

async function buildWorker(profile, env) {
  // Of folders, what Rust sees in them.
  const inputs = hash(INPUTS, { salt: profile, wanted: (name) => !name.endsWith(".mjs") });
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === `${inputs} ${hash(OUTPUTS)}`) return;
  say(`building the Worker (${profile})`);
  rmSync(STAMP, { force: true });
  await run(env.WORKER_BUILD_BIN, ["--profile", profile], { env });
  if (profile === "release") await dropNames(at("build/index_bg.wasm"), env);
  // The outputs' hash is in it, so that whatever interrupts or races this build, a mixture is not taken for good.
  writeFileSync(STAMP, `${inputs} ${hash(OUTPUTS)}`);
}

/** worker-build has wasm-opt keep the names: a tenth of the size, or more. The features are the ones that it allows. */
async function dropNames(wasm, env) {
  const proposals =
    "mutable-globals sign-ext nontrapping-float-to-int bulk-memory multivalue reference-types exception-handling";
  const features = proposals.split(" ").map((name) => `--enable-${name}`);
  await run(env.WASM_OPT_BIN, [wasm, "-o", `${wasm}.small`, "--strip-debug", ...features], { env });
  renameSync(`${wasm}.small`, wasm);
}

await script(import.meta, async ([profile]) => {
  // wrangler's `[build]` says which command it is for; on its own, `npm run build` is for deploying.
  const wanted = profile ?? (process.env.WRANGLER_COMMAND === "dev" ? "quick" : "release");
  if (!["quick", "release"].includes(wanted)) throw new Failure("The profile is `quick` or `release`.");
  await build(wanted, await setUp());
});
