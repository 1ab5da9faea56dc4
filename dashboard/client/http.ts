// Requests: signed, renewed when the signature has expired, and repeated where that is safe.

import { errorOf, HoldfastError, unanswered } from "./error.ts";
import { address, type Gateway, type Params, parseGateway } from "./gateway.ts";

/** How often a request that changes nothing is tried, and how long is waited before the second time. */
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 10_000;
/** Answers that say "not now" rather than "no". */
const PASSING = [429, 502, 503, 504];

export interface ConnectOptions {
  /** Gets a new gateway URL once the old one has expired. Requests wait for it and are sent again. */
  renew?: () => Promise<string>;
  /** Who is said to make the changes, such as `dashboard` or `app:notes`: 1 to 128 visible ASCII characters. */
  actor?: string;
  /** In place of the global `fetch`. */
  fetch?: typeof fetch;
}

/** What every call takes. */
export interface CallOptions {
  signal?: AbortSignal;
}

/** What every change takes besides. */
export interface ChangeOptions extends CallOptions {
  /** A unit of work, which can be undone as a whole. */
  turn?: string;
  actor?: string;
  /** Only if it is still this one: a tag, or `*` for "if it is there". Otherwise 412. */
  ifMatch?: string;
  /** Only if it is not this one: `*` for "if nothing is there". */
  ifNoneMatch?: string;
}

export interface Sending extends ChangeOptions {
  params?: Params;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  json?: unknown;
  body?: BodyInit;
}

export class Http {
  #gateway: Gateway;
  readonly #options: ConnectOptions;
  #renewing: Promise<void> | undefined;

  constructor(gatewayUrl: string, options: ConnectOptions) {
    this.#gateway = parseGateway(gatewayUrl);
    this.#options = options;
  }

  get gateway(): Gateway {
    return this.#gateway;
  }

  /** A signed address, for an `<img>` or a download. It stops working when the signature expires. */
  url(path: string, params?: Params): string {
    return address(this.#gateway, path, params);
  }

  /** The headers of a change. */
  headers({ turn, actor = this.#options.actor, ifMatch, ifNoneMatch }: ChangeOptions): Record<string, string> {
    const headers: Record<string, string> = {};
    if (actor !== undefined) headers["X-Actor"] = actor;
    if (turn !== undefined) headers["X-Turn"] = turn;
    if (ifMatch !== undefined) headers["If-Match"] = ifMatch;
    if (ifNoneMatch !== undefined) headers["If-None-Match"] = ifNoneMatch;
    return headers;
  }

  /** The answer's JSON. Throws a `HoldfastError`, or the `AbortError` of its signal. */
  async json<T>(method: string, path: string, request: Sending = {}): Promise<T> {
    const response = await this.send(method, path, request);
    return (await response.json().catch((cause: unknown) => Promise.reject(unanswered(cause)))) as T;
  }

  /** The answer, if it is a success or a 304. */
  async send(method: string, path: string, request: Sending = {}): Promise<Response> {
    const isSafe = method === "GET" || method === "HEAD";
    const headers = { ...(isSafe ? {} : this.headers(request)), ...request.headers };
    if (request.json !== undefined) headers["Content-Type"] = "application/json";
    const init: RequestInit = { method, headers, signal: request.signal ?? null };
    if (request.json !== undefined) init.body = JSON.stringify(request.json);
    else if (request.body !== undefined) init.body = request.body;
    return this.renewed(() => this.#patiently(isSafe ? ATTEMPTS : 1, path, request, init));
  }

  /** Runs a request, and once more with a new URL if it failed because the old one had expired. */
  async renewed<T>(work: () => Promise<T>): Promise<T> {
    const used = this.#gateway;
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof HoldfastError && error.isExpired) || this.#options.renew === undefined) throw error;
      if (used === this.#gateway) await this.#renew(this.#options.renew);
      return work();
    }
  }

  /** One renewal for however many requests need it. */
  #renew(renew: () => Promise<string>): Promise<void> {
    this.#renewing ??= renew()
      .then((url) => {
        this.#gateway = parseGateway(url);
      })
      .finally(() => {
        this.#renewing = undefined;
      });
    return this.#renewing;
  }

  async #patiently(attempts: number, path: string, request: Sending, init: RequestInit): Promise<Response> {
    const get = this.#options.fetch ?? fetch;
    for (let left = attempts - 1; ; left -= 1) {
      const outcome = await get(this.url(path, request.params), init).catch(unanswered);
      if (outcome instanceof Response && (outcome.ok || outcome.status === 304)) return outcome;
      const error = outcome instanceof Response ? await errorOf(outcome) : outcome;
      const passes = error instanceof HoldfastError && (error.isOffline || PASSING.includes(error.status));
      if (left === 0 || !passes) throw error;
      const told = outcome instanceof Response ? Number(outcome.headers.get("Retry-After")) * 1000 : 0;
      await pause(Math.min(Math.max(told || 0, backOff(attempts - 1 - left)), LONGEST_PAUSE_MS), request.signal);
    }
  }
}

/** How long to wait after the nth failure in a row: doubling, and never the same for all clients. */
export function backOff(failures: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);
}

/** Waits, unless it is told not to. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
