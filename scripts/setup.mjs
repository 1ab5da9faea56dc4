// Brings a machine that has rustup and Node ≥ 20 to where everything else works; where it already does, this takes a fraction of a
// second. Versions come from the two lock files and `rust-toolchain.toml` alone; what is compiled stays in cargo's home.
import { createHash, randomBytes } from "node:crypto";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { ask, at, Failure, run, say, script } from "./run.mjs";

const CARGO_HOME = process.env.CARGO_HOME || join(homedir(), ".cargo");
const OPENSSL =
  "It needs a C compiler and, on Linux, pkg-config and OpenSSL's headers (Debian: pkg-config, libssl-dev).";
const read = (...path) => readFileSync(at(...path), "utf8");

/** Does what is missing, and answers with the environment in which every later step runs. */
export async function setUp() {
  await rust();
  await packages();
  const env = withNode();
  // `worker-build` is released with `worker`; the command line of wasm-bindgen must equal its library.
  env.WORKER_BUILD_BIN = await cargoTool("worker-build", "worker-build", locked("worker"), OPENSSL);
  env.WASM_BINDGEN_BIN = await cargoTool("wasm-bindgen-cli", "wasm-bindgen", locked("wasm-bindgen"));
  env.WASM_OPT_BIN = at("node_modules/binaryen/bin/wasm-opt");
  env.ESBUILD_BIN = at("node_modules/esbuild/bin/esbuild");
  env.WRANGLER_SEND_METRICS = "false";
  env.WRANGLER_HIDE_BANNER = "true";
  env.CLOUDFLARE_CF_FETCH_ENABLED = "false"; // nothing is asked of the platform in development
  developmentSecret();
  return env;
}

async function rust() {
  const wanted = read("rust-toolchain.toml");
  const channel = wanted.match(/^channel = "(.+)"/m)[1];
  const [targets, components] = ["targets", "components"].map((key) =>
    wanted.match(new RegExp(`^${key} = \\[(.*)\\]`, "m"))[1].match(/[\w-]+/g),
  );
  if (ask("rustup", ["--version"]) === null) {
    throw new Failure(
      "Rust is missing. Install it with rustup (https://rustup.rs), open a new terminal and try again.",
    );
  }
  const sysroot = ask("rustup", ["run", channel, "rustc", "--print", "sysroot"]);
  const parts = sysroot && readFileSync(join(sysroot, "lib/rustlib/components"), "utf8").split("\n");
  const has = (name) => parts?.some((part) => part.startsWith(name) || part.startsWith(`rust-std-${name}`));
  if (targets.every(has) && components.every(has)) return;
  say(`installing Rust ${channel} with ${[...targets, ...components].join(", ")}`);
  const flags = [
    ...targets.flatMap((name) => ["--target", name]),
    ...components.flatMap((name) => ["--component", name]),
  ];
  await run("rustup", ["toolchain", "install", channel, "--no-self-update", "--profile", "minimal", ...flags]);
}

async function packages() {
  const stamp = at("node_modules/.holdfast-lock");
  const lock = createHash("sha256").update(read("package-lock.json")).digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  say("installing npm packages");
  // No install script is needed: binaries are packages of their own. Not `npm ci`: it refuses a lock that lacks the binaries of another
  // platform, and some were not to be had where ours was written. Every version is pinned all the same.
  const args = ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const npm = process.env.npm_execpath;
  await (npm?.endsWith("npm-cli.js") ? run(process.execPath, [npm, ...args]) : run("npm", args));
  writeFileSync(stamp, lock);
}

/** An environment whose first Node is one that wrangler accepts: that of our packages, else the machine's. */
function withNode() {
  const env = { ...process.env, PATH: at("node_modules/.bin") + delimiter + process.env.PATH };
  const version = ask("node", ["--version"], env) ?? "none";
  const [major, minor] = version.slice(1).split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 12)) return env;
  throw new Failure(
    `wrangler needs Node 22.12 or newer, and npm has none for this machine. Install one (now: ${version}).`,
  );
}

function locked(crate) {
  const found = read("Cargo.lock").match(new RegExp(`name = "${crate}"\\r?\\nversion = "([^"]+)"`));
  if (!found) throw new Failure(`Cargo.lock names no \`${crate}\`.`);
  return found[1];
}

/** The path of a tool of exactly this version: compiled here before, the person's own, or compiled now. */
async function cargoTool(crate, program, version, hint) {
  const folder = join(CARGO_HOME, "holdfast-tools", `${crate}-${version}`);
  const ours = join(folder, "bin", program);
  for (const tool of [ours, join(CARGO_HOME, "bin", program), program]) {
    if (ask(tool, ["--version"])?.split(" ").at(-1) === version) return tool;
  }
  say(`compiling ${crate} ${version}: this takes a few minutes, once`);
  const env = { ...process.env, PATH: join(folder, "bin") + delimiter + process.env.PATH }; // or cargo would advise to add it
  await run("cargo", ["install", "--locked", "--root", folder, `${crate}@${version}`], { env, hint });
  return ours;
}

function developmentSecret() {
  const file = at(".dev.vars");
  if (existsSync(file) && /^\s*(MOLTBOT_)?SIGNING_SECRET\s*=/m.test(readFileSync(file, "utf8"))) return;
  say("writing a random development secret to .dev.vars");
  appendFileSync(file, `SIGNING_SECRET=${randomBytes(32).toString("base64url")}\n`, { mode: 0o600 });
}

await script(import.meta, async () => {
  await setUp();
  say("everything is set up");
});
