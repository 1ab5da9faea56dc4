// The runtime, which is loaded only when somebody says Run: a WebContainer, in this browser. It has the published bytes, and
// nothing of this page or its visitor.
//
// Every error of this module is a sentence that is shown.

import { WebContainer, type WebContainerProcess } from "@webcontainer/api";
import type { Directory } from "../snapshot/tree.ts";
import { planOf } from "./plan.ts";

export type Step = "boot" | "mount" | "install" | "start";

export interface Hooks {
  step(step: Step): void;
  log(text: string): void;
  /** A server inside it listens; this is where it shows itself. */
  ready(url: string): void;
}

const RUNTIME = "https://stackblitz.com/headless";
const BOOT_MS = 60_000;

/**
 * Boots, mounts exactly these bytes (which are gone from here then), installs, starts, and goes on until what was started
 * ends, which is an error. Once the signal says stop, nothing of it is left; nobody waits for this promise then.
 */
export async function run(
  bytes: Uint8Array<ArrayBuffer>,
  tree: Directory,
  hooks: Hooks,
  signal: AbortSignal,
): Promise<never> {
  const { manager, script } = planOf(tree);
  hooks.step("boot");
  await reach(signal);
  const container = await boot();
  if (signal.aborted) container.teardown();
  signal.throwIfAborted();
  signal.addEventListener("abort", () => container.teardown());
  container.on("error", ({ message }) => hooks.log(`\n${message}\n`));
  container.on("server-ready", (_port, url) => hooks.ready(url));
  hooks.step("mount");
  await container.mount(bytes);
  signal.throwIfAborted();
  hooks.step("install");
  const code = await end(await container.spawn(manager, ["install"]), hooks);
  signal.throwIfAborted();
  if (code !== 0) throw new Error(`“${manager} install” ended with code ${code}. The log says why.`);
  hooks.step("start");
  const ended = await end(await container.spawn(manager, ["run", script]), hooks);
  throw new Error(`“${manager} run ${script}” ended with code ${ended}. The log says why.`);
}

/** Asks whether there is a way to the runtime at all: a frame that does not load says nothing. */
async function reach(signal: AbortSignal): Promise<void> {
  await fetch(RUNTIME, { mode: "no-cors", credentials: "omit", signal }).catch(() => {
    throw new Error(
      "The runtime (stackblitz.com) cannot be reached from here. Files can still be looked at, and forked.",
    );
  });
}

async function boot(): Promise<WebContainer> {
  const booting = WebContainer.boot({ coep: "credentialless", workdirName: "desktop" });
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error("The runtime does not answer. Reload the page to try again.")), BOOT_MS);
  });
  try {
    return await Promise.race([booting, late]);
  } catch (error) {
    // Should it still come, it is not wanted any more.
    booting.then((container) => container.teardown()).catch(() => {});
    throw error;
  }
}

/** Passes on what a process prints, and answers with the code that it ends with. */
async function end(process: WebContainerProcess, hooks: Hooks): Promise<number> {
  const reader = process.output.getReader();
  const print = async () => {
    for (let part = await reader.read(); !part.done; part = await reader.read()) hooks.log(part.value);
  };
  // What is printed ends with the process, however that ends.
  print().catch(() => {});
  return process.exit;
}
