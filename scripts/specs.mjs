// Runs spec files, and those that drive a browser once more where they fail: what a person would see does not depend on the
// moment at which a loaded machine lets a test look, but a test may. What fails twice fails; what passes then is named, to be
// mended. Everything else has one try.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { at, Failure, run, say } from "./run.mjs";

/** More than this is no chance. */
const RETRIED_MAX = 3;
const DRIVES_A_BROWSER = /from "\.\/(browser|dashboard|visit)\.mjs"/;

/** Runs them, two at a time. */
export async function runSpecs(specs, env) {
  const failed = await failing(specs, 2, env);
  if (failed.length === 0) return;
  const inPages = failed.filter((spec) => DRIVES_A_BROWSER.test(readFileSync(at(spec), "utf8")));
  if (inPages.length < failed.length || failed.length > RETRIED_MAX) throw new Failure(`Failed: ${failed.join(", ")}.`);
  say(`once more, alone: ${failed.join(", ")}`);
  const again = await failing(failed, 1, env);
  if (again.length > 0) throw new Failure(`Failed twice: ${again.join(", ")}.`);
  say(`flaky, failed once and then passed: ${failed.join(", ")}`);
}

/** Runs them, and says which of them failed. */
async function failing(specs, concurrency, env) {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-specs-"));
  const list = join(folder, "failed");
  const told = ["--test-reporter=spec", "--test-reporter-destination=stdout"];
  const listed = [`--test-reporter=${at("scripts", "failed.mjs")}`, `--test-reporter-destination=${list}`];
  try {
    await run("node", ["--test", `--test-concurrency=${concurrency}`, ...told, ...listed, ...specs], { env });
    return [];
  } catch {
    const named = readFileSync(list, "utf8").split("\n").filter(Boolean);
    // A failure that belongs to no spec is one of all.
    return named.length > 0 && named.every((spec) => specs.includes(spec)) ? named : specs;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
