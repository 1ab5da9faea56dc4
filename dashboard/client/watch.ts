// Changes made elsewhere, as they happen.
//
// Where the Worker says nothing by itself, whoever watches is told every five seconds to look again, and only while somebody
// looks at the page.

import { type Http, pause } from "./http.ts";
import type { Change } from "./types.ts";

const POLL_MS = 5000;

/** How news come: pushed, or asked for. */
export type WatchState = "live" | "polling";

export interface News {
  /** What has changed, in order; null when it is only known that something may have. */
  changes: Change[] | null;
}

export interface WatchOptions {
  signal?: AbortSignal;
  onState?: (state: WatchState) => void;
  /** How often to ask where nothing is pushed. */
  pollMs?: number;
}

export interface Watch {
  stop(): void;
}

export function watch(_http: Http, _path: string, onNews: (news: News) => void, options: WatchOptions = {}): Watch {
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  options.signal?.addEventListener("abort", stop, { once: true });
  if (options.signal?.aborted) stop();
  options.onState?.("polling");
  poll(onNews, options.pollMs ?? POLL_MS, stopped.signal).catch(() => undefined);
  return { stop };
}

/** Says every few seconds that something may have changed; ends when it is stopped. Whoever hears it asks on a condition. */
async function poll(onNews: (news: News) => void, pollMs: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    await pause(pollMs, signal);
    await visible(signal);
    if (signal.aborted) return;
    onNews({ changes: null });
  }
}

/** Resolves as soon as somebody looks at the page; at once where there is none. */
function visible(signal: AbortSignal): Promise<void> {
  if (typeof document === "undefined" || document.visibilityState === "visible") return Promise.resolve();
  return new Promise((resolve) => {
    const look = () => {
      if (document.visibilityState !== "visible" && !signal.aborted) return;
      document.removeEventListener("visibilitychange", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
    signal.addEventListener("abort", look, { once: true });
  });
}
