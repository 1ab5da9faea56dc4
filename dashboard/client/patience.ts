// Trying again, and waiting: with growing pauses, and never longer than whoever asks wants to wait.

import { HoldfastError, unanswered } from "./error.ts";

/** How often what can be repeated is tried. */
export const ATTEMPTS = 4;
/** How long is waited before the second time. */
const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 10_000;
/** Answers that say "not now" rather than "no". */
const PASSING = [429, 502, 503, 504];

/** Does something up to so many times, until it succeeds or fails for good. Throws a `HoldfastError`, or the reason of the signal. */
export async function patiently<T>(attempts: number, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await work();
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      const error = unanswered(cause);
      const passes = error instanceof HoldfastError && (error.isOffline || PASSING.includes(error.status));
      const { retryAfterMs = 0 } = error as Partial<HoldfastError>;
      // Sooner than it is asked for, it is not tried again; whoever has the time can wait for it.
      if (tried >= attempts || !passes || retryAfterMs > LONGEST_PAUSE_MS) throw error;
      await pause(Math.max(retryAfterMs, backOff(tried - 1)), signal);
    }
  }
}

/** How long to wait after the nth failure in a row: doubling, and never the same for all clients. */
export function backOff(failures: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);
}

/** Waits, unless it is told not to. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const waiting = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return orAbort(waiting, signal).finally(() => clearTimeout(timer));
}

/** What comes of something, unless the signal comes first. Others may go on waiting for it. */
export function orAbort<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/** Does something that is given up after a while as if there were no network: an answer that never comes, after a sleep say. */
export async function within<T>(
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const mine = new AbortController();
  const stop = () => mine.abort(signal.reason);
  const timer = setTimeout(() => mine.abort(new HoldfastError(0, "The server did not answer in time")), ms);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await work(mine.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}
