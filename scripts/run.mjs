// What every script stands on: the repository's root, children that own the terminal, and failures told in a sentence instead of a
// stack. Plain Node 20, no packages.
import { spawn, spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** A path inside the repository. */
export const at = (...path) => join(ROOT, ...path);
export const say = (line) => console.log(`holdfast: ${line}`);

/** A failure that a person can act on: its message is printed alone. */
export class Failure extends Error {}

/** Runs a command to its end; resolves with what it printed if `capture` is set. An unsuccessful end is a `Failure`. */
export function run(command, args, { env = process.env, capture = false, hint = "" } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, env, stdio: ["inherit", capture ? "pipe" : "inherit", "inherit"] });
    let printed = "";
    child.stdout?.on("data", (data) => {
      printed += data;
      process.stdout.write(data);
    });
    const fail = (why) => reject(new Failure(`\`${[command, ...args].join(" ")}\` ${why}. ${hint}`.trim()));
    child.on("error", (error) => fail(`did not start (${error.message})`));
    child.on("close", (code, signal) => (code === 0 ? resolve(printed) : fail(`ended with ${signal ?? code}`)));
  });
}

/** What a quick command prints, or null when it is missing or fails. */
export function ask(command, args, env = process.env) {
  const { status, stdout } = spawnSync(command, args, { cwd: ROOT, env, encoding: "utf8", stdio: "pipe" });
  return status === 0 ? stdout.trim() : null;
}

/** Runs every step, `[name, command, args]` or `[name, work]`, also after one has failed, and fails with the names of those that did. */
export async function runAll(steps, env) {
  const failed = [];
  for (const [name, command, args] of steps) {
    say(name);
    const work = typeof command === "function" ? command() : run(command, args, { env });
    await work.catch((error) => {
      console.error(`holdfast: ${error.message}`);
      failed.push(name);
    });
  }
  if (failed.length > 0) throw new Failure(`Failed: ${failed.join(", ")}.`);
  say("all well");
}

/** Runs `main` with the command line's arguments if this module is the program, not when it is imported. */
export async function script(meta, main) {
  if (fileURLToPath(meta.url) !== realpathSync(process.argv[1])) return;
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.error(`holdfast: ${error.message}`);
    process.exitCode = 1;
  }
}
