// Running a desktop: how far it is, what it prints, and the desktop itself in a frame that reaches nothing of this page.

import { sentenceOf } from "../access/api.ts";
import type { Bundle } from "../desktop/bundle.ts";
import { button, el, fill } from "../ui/dom.ts";
import { size } from "../ui/words.ts";
import { Log } from "./log.ts";

const STEPS = [
  ["fetch", "Fetch"],
  ["boot", "Boot"],
  ["mount", "Mount"],
  ["install", "Install"],
  ["start", "Start"],
] as const;
type Step = (typeof STEPS)[number][0];

/** Whose pages may be shown: those of the runtime's previews. */
const PREVIEWS = [".webcontainer.io", ".webcontainer-api.io"];

export class RunPanel {
  readonly element: HTMLElement;
  readonly #bundle: Bundle;
  readonly #onEnd: () => void;
  readonly #status = el("p", { class: "status", role: "status" });
  readonly #steps = el("ol", { class: "steps", "aria-label": "Progress" });
  readonly #log = new Log(el("pre", { class: "log", tabindex: 0, role: "region", "aria-label": "Log" }));
  readonly #details = el("details", { hidden: true }, el("summary", {}, "Log"), this.#log.element);
  readonly #heading = el("h2", { id: "running", tabindex: -1 });
  readonly #stage = el("div", { class: "stage", hidden: true });
  readonly #stop = button("Stop", () => this.#running?.abort(), { class: "button danger" });
  readonly #whole = button("Full screen", () => void this.#stage.requestFullscreen(), { hidden: true });
  #running: AbortController | undefined;

  /** `onEnd` is called when nothing runs any more. */
  constructor(bundle: Bundle, onEnd: () => void) {
    this.#bundle = bundle;
    this.#onEnd = onEnd;
    this.element = el(
      "section",
      { class: "panel run", "aria-labelledby": "running", hidden: true },
      el("header", {}, this.#heading, el("div", { class: "actions" }, this.#whole, this.#stop)),
      this.#steps,
      this.#status,
      this.#stage,
      this.#details,
    );
  }

  async start(): Promise<void> {
    if (this.#running !== undefined) return;
    const running = new AbortController();
    this.#running = running;
    this.element.hidden = false;
    this.#stop.hidden = false;
    this.#log.clear();
    this.#details.hidden = true;
    this.#heading.textContent = "Running";
    this.#heading.focus();
    try {
      const missing = whatIsMissing();
      if (missing !== undefined) throw new Error(missing);
      await Promise.race([this.#run(running.signal), stopped(running.signal)]);
    } catch (error) {
      this.#end(running.signal.aborted ? "Stopped." : sentenceOf(error), running.signal.aborted);
    }
  }

  async #run(signal: AbortSignal): Promise<never> {
    this.#step("fetch", "Fetching the desktop…");
    const tree = await this.#bundle.tree((received, total) => {
      if (!signal.aborted) this.#say(`Fetching the desktop: ${size(received)} of ${size(total)}…`);
    });
    const bytes = await this.#bundle.copy();
    signal.throwIfAborted();
    const { run } = await import("./runtime.ts").catch(() => {
      throw new Error("The part of this page that runs desktops cannot be loaded. Reload the page to try again.");
    });
    const words = {
      boot: "Starting the runtime…",
      mount: "Putting the files there…",
      install: "Installing packages. The first time, this takes a minute or two…",
      start: "Starting the desktop…",
    };
    const hooks = {
      step: (step: keyof typeof words) => this.#step(step, words[step]),
      log: (text: string) => this.#print(text),
      ready: (url: string) => !signal.aborted && this.#show(url),
    };
    return await run(bytes, tree, hooks, signal);
  }

  #show(text: string): void {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url?.protocol !== "https:" || !PREVIEWS.some((host) => url.hostname.endsWith(host))) {
      this.#print(`\nNot shown: ${text} is no page of the runtime.\n`);
      return;
    }
    // Scripts and an origin of its own, which is not ours; it cannot navigate this page, open others or ask for devices.
    const frame = el("iframe", {
      title: "The running desktop",
      src: url.href,
      sandbox: "allow-scripts allow-same-origin allow-forms allow-modals allow-downloads",
      allow: "cross-origin-isolated",
      referrerpolicy: "no-referrer",
    });
    fill(this.#stage, frame);
    this.#stage.hidden = false;
    this.#whole.hidden = !document.fullscreenEnabled;
    this.#step(
      undefined,
      "It runs here, in your browser. What you change in it is gone when you stop it; fork it to keep it.",
    );
  }

  #end(sentence: string, isWanted: boolean): void {
    this.#running = undefined;
    fill(this.#stage);
    this.#stage.hidden = true;
    this.#whole.hidden = true;
    this.#stop.hidden = true;
    fill(this.#steps);
    this.#say(sentence);
    this.#heading.textContent = "Not running";
    this.#status.classList.toggle("wrong", !isWanted);
    if (!isWanted) this.#details.open = true;
    this.#onEnd();
  }

  /** The step that it is at; none when all are done. */
  #step(now: Step | undefined, sentence: string): void {
    const at = now === undefined ? STEPS.length : STEPS.findIndex(([step]) => step === now);
    const items = STEPS.map(([, label], index) => {
      const state = index < at ? "done" : index === at ? "now" : "next";
      return el("li", { class: state, "aria-current": state === "now" && "step" }, label);
    });
    fill(this.#steps, ...items);
    this.#say(sentence);
  }

  #print(text: string): void {
    this.#details.hidden = false;
    this.#log.add(text);
  }

  #say(sentence: string): void {
    this.#status.classList.remove("wrong");
    this.#status.textContent = sentence;
  }
}

/** Fails once somebody says stop. */
function stopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

/** Why this browser cannot run desktops, in a sentence; none if it can. */
function whatIsMissing(): string | undefined {
  if (!isSecureContext) return "Desktops run on pages that were loaded over https only.";
  if (!crossOriginIsolated || typeof SharedArrayBuffer === "undefined") {
    return "This browser cannot run desktops: it has no isolated shared memory. Current Chrome, Edge and Firefox on a computer have it. Files can still be looked at, and forked.";
  }
  if (!navigator.onLine)
    return "There is no network, and the runtime comes over it. Files that are here can still be looked at.";
  return undefined;
}
