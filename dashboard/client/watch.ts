// Changes made elsewhere, as they happen: over the socket; where none gets through, by requests that wait for a change; and where the
// Worker tells of no changes at all, by looking again every few seconds while somebody looks at the page. Whatever breaks, following
// goes on at the rev where it was, so nothing is missed and nothing told twice.

import { failureOf, HoldfastError } from "./error.ts";
import { socketAddress } from "./gateway.ts";
import type { Http } from "./http.ts";
import { backOff, pause, within } from "./patience.ts";
import { followSocket } from "./socket.ts";
import { tell } from "./tell.ts";
import type { Change, Changes } from "./types.ts";

const FEED = "/api/files/changes";
const POLL_MS = 5000;
/** How long a request waits for a change: less than what is between here and there lets it. */
const WAIT_SECONDS = 25;
/** How much longer an answer may take: a line that was cut while the machine slept never brings one. */
const ANSWER_MS = 60_000;
/** Sockets that fail in a row before requests take their place, and for how long. */
const SOCKETS_TRIED = 2;
/** One that ends before this has failed, too, whatever it has told. */
const SOCKET_LASTS_MS = 10_000;
const WITHOUT_SOCKET_MS = 60_000;
/** After this many looks, the Worker is asked again whether it tells of changes by now. */
const POLLS_PER_QUESTION = 12;

/**
 * How news come: pushed, asked for, not at all just now; or never again, since the path cannot be followed, or the account was
 * deleted.
 */
export type WatchState = "live" | "polling" | "offline" | "refused" | "gone";

export interface News {
  /** What has changed, in order; null when it is only known that something may have. */
  changes: Change[] | null;
}

export interface WatchOptions {
  signal?: AbortSignal;
  /** Is told how news come, and why they do not. */
  onState?: (state: WatchState, reason?: HoldfastError) => void;
  /** How often to look again where nothing is told. */
  pollMs?: number;
}

export interface Watch {
  stop(): void;
}

/** Follows an entry and all that is in it, until it is stopped. */
export function watch(http: Http, path: string, onNews: (news: News) => void, options: WatchOptions = {}): Watch {
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  options.signal?.addEventListener("abort", stop, { once: true, signal: stopped.signal });
  if (options.signal?.aborted) stop();
  const follower = new Follower(http, path, onNews, options, stopped.signal);
  follower.run().catch(() => undefined); // it ends by being stopped
  return { stop };
}

class Follower {
  readonly #http: Http;
  readonly #path: string;
  readonly #onNews: (news: News) => void;
  readonly #options: WatchOptions;
  readonly #signal: AbortSignal;
  /** Everything up to this rev has been told. */
  #rev: number | undefined;
  #state: WatchState | undefined;
  #reason: HoldfastError | undefined;

  constructor(http: Http, path: string, onNews: (news: News) => void, options: WatchOptions, signal: AbortSignal) {
    this.#http = http;
    this.#path = path;
    this.#onNews = onNews;
    this.#options = options;
    this.#signal = signal;
  }

  async run(): Promise<void> {
    let failures = 0;
    let sockets = typeof WebSocket === "undefined" ? SOCKETS_TRIED : 0;
    while (!this.#signal.aborted) {
      try {
        // By a request first: it says where things stand, and renews a signature that has expired.
        await this.#ask(0);
        if (sockets < SOCKETS_TRIED) {
          sockets = (await this.#socket()) ? 0 : sockets + 1;
          await pause(backOff(sockets), this.#signal);
        } else {
          await this.#waitForChanges();
          if (typeof WebSocket !== "undefined") sockets = 0;
        }
        failures = 0;
      } catch (error) {
        if (this.#signal.aborted) return;
        const reason = failureOf(error);
        if (isGone(reason)) return this.#tell("gone", reason);
        if (reason.status === 400) return this.#tell("refused", reason);
        if (isUntold(reason)) await this.#poll();
        else {
          this.#tell("offline", reason);
          await pause(backOff(failures), this.#signal);
          failures += 1;
        }
      }
    }
  }

  #tell(state: WatchState, reason?: HoldfastError): void {
    if (state === this.#state && reason?.status === this.#reason?.status) return;
    this.#state = state;
    this.#reason = reason;
    if (reason) tell(this.#options.onState, state, reason);
    else tell(this.#options.onState, state);
  }

  /** Tells what is new, unless it has been told. */
  #take(changes: Change[], rev: number): void {
    const known = this.#rev ?? rev;
    const fresh = changes.filter((change) => change.rev > known);
    this.#rev = Math.max(rev, known);
    if (fresh.length > 0) tell(this.#onNews, { changes: fresh });
  }

  /** Asks what has changed, waiting for it if it has not. Where the feed no longer reaches, all has to be looked at again. */
  async #ask(waitSeconds: number): Promise<void> {
    for (;;) {
      const params = { path: this.#path, since: this.#rev, wait: waitSeconds || undefined };
      try {
        const ask = (signal: AbortSignal) => this.#http.json<Changes>("GET", FEED, { params, signal });
        const page = await within(waitSeconds * 1000 + ANSWER_MS, ask, this.#signal);
        this.#take(page.changes, page.rev);
        if (!page.more) return;
      } catch (error) {
        const rev = error instanceof HoldfastError && error.status === 410 ? error.body.rev : undefined;
        if (typeof rev !== "number") throw error;
        this.#lost(rev);
      }
    }
  }

  #lost(rev: number): void {
    this.#rev = rev;
    tell(this.#onNews, { changes: null });
  }

  /** Follows a socket until it ends; answers whether it has done for a while what it is for. */
  async #socket(): Promise<boolean> {
    let begunMs = Number.POSITIVE_INFINITY;
    const following = followSocket(
      socketAddress(this.#http.gateway),
      { path: this.#path, since: this.#rev },
      this.#signal,
      {
        onBegin: (rev) => {
          begunMs = Date.now();
          this.#rev ??= rev;
          this.#tell("live");
        },
        onChanges: (changes) => this.#take(changes, changes.at(-1)?.rev ?? 0),
        onLost: (rev) => this.#lost(rev),
      },
    );
    // A page's policy may forbid it to open one at all.
    await following.catch(() => undefined);
    return Date.now() - begunMs >= SOCKET_LASTS_MS;
  }

  /** Without a socket, for a while. */
  async #waitForChanges(): Promise<void> {
    this.#tell("live");
    const end = Date.now() + WITHOUT_SOCKET_MS;
    while (Date.now() < end && !this.#signal.aborted) await this.#ask(WAIT_SECONDS);
  }

  /** Says that something may have changed, every few seconds. Whoever hears it asks on a condition. */
  async #poll(): Promise<void> {
    this.#tell("polling");
    for (let left = POLLS_PER_QUESTION; left > 0; left -= 1) {
      await pause(this.#options.pollMs ?? POLL_MS, this.#signal);
      await visible(this.#signal);
      if (this.#signal.aborted) return;
      tell(this.#onNews, { changes: null });
    }
  }
}

/** The Worker has no feed to ask. */
function isUntold({ status }: HoldfastError): boolean {
  return status === 404 || status === 405;
}

/** A 410 that names no rev to go on from is of the account itself. */
function isGone({ status }: HoldfastError): boolean {
  return status === 410;
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
