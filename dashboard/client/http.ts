// Requests: signed, renewed when the signature has expired, and repeated where that is safe.

import { errorOf, jsonOf } from "./answer.ts";
import { HoldfastError } from "./error.ts";
import { address, type Gateway, isWellFormed, type Params, parseGateway } from "./gateway.ts";
import { ATTEMPTS, orAbort, patiently } from "./patience.ts";

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
  signal?: AbortSignal | undefined;
}

/** What changes of a workspace take besides. */
export interface ChangeOptions extends CallOptions {
  /** A unit of work, which can be undone as a whole. */
  turn?: string | undefined;
  actor?: string | undefined;
}

/** What the changes take that can be bound to what is there: all others refuse it, since they would do it unasked. */
export interface ConditionalOptions extends ChangeOptions {
  /** Only if it is still this one: a tag, or `*` for "if it is there". Otherwise 412. */
  ifMatch?: string | undefined;
  /** Only if it is not this one: `*` for "if nothing is there". */
  ifNoneMatch?: string | undefined;
}

/** Those changes. */
export const CONDITIONAL: readonly string[] = [
  "DELETE /api/files",
  "POST /api/files/copy",
  "POST /api/files/move",
  "POST /api/files/versions/restore",
  "POST /api/files/write",
  "PUT /api/files/content",
];

export interface Sending extends ConditionalOptions {
  params?: Params;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  json?: unknown;
  body?: NonNullable<RequestInit["body"]>;
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

  /** The same for a request, which must be about what was named: half a character would become another one, and so another file. */
  target(path: string, params: Params = {}): string {
    if (!isWellFormed(params)) throw new HoldfastError(400, "Invalid characters in path");
    return this.url(path, params);
  }

  /** The headers of a change. */
  headers({ turn, actor = this.#options.actor, ifMatch, ifNoneMatch }: ConditionalOptions): Record<string, string> {
    const headers: Record<string, string> = {};
    if (actor !== undefined) headers["X-Actor"] = actor;
    if (turn !== undefined) headers["X-Turn"] = turn;
    if (ifMatch !== undefined) headers["If-Match"] = ifMatch;
    if (ifNoneMatch !== undefined) headers["If-None-Match"] = ifNoneMatch;
    // What no header can hold, `fetch` would refuse as if the server could not be reached.
    for (const [name, value] of Object.entries(headers))
      if (!/^[\x20-\xff]*$/.test(value)) throw new HoldfastError(400, `${name} must be visible ASCII characters`);
    return headers;
  }

  /** By the `fetch` that the client was given. */
  fetch(url: string, init: RequestInit): Promise<Response> {
    // Called by itself: a browser's own refuses to be a method.
    const get = this.#options.fetch ?? fetch;
    return get(url, init);
  }

  /** Whether the client was given a `fetch` of its own: then nothing goes out by any other way. */
  get hasOwnFetch(): boolean {
    return this.#options.fetch !== undefined;
  }

  /** The answer's JSON. Throws a `HoldfastError`, or the reason of its signal. */
  json<T>(method: string, path: string, request: Sending = {}): Promise<T> {
    return this.read<T>(method, path, request, jsonOf);
  }

  /** The answer as it begins, if it is a success or a 304: a body that breaks off later is for the reader to notice. */
  send(method: string, path: string, request: Sending = {}): Promise<Response> {
    return this.read(method, path, request, async (response) => response);
  }

  /** What is read of the answer, if it is a success or a 304. A look whose body is cut half-way is one that failed, and is repeated. */
  async read<T>(method: string, path: string, request: Sending, read: (response: Response) => Promise<T>): Promise<T> {
    const isSafe = method === "GET" || method === "HEAD";
    const isBound = request.ifMatch !== undefined || request.ifNoneMatch !== undefined;
    if (isBound && !CONDITIONAL.includes(`${method} ${path}`)) throw new TypeError("This call takes no condition");
    const headers = { ...(isSafe ? {} : this.headers(request)), ...request.headers };
    if (request.json !== undefined) headers["Content-Type"] = "application/json";
    const init: RequestInit = { method, headers, signal: request.signal ?? null };
    if (request.json !== undefined) init.body = JSON.stringify(request.json);
    else if (request.body !== undefined) init.body = request.body;
    const once = async () => {
      const response = await this.fetch(this.target(path, request.params), init);
      if (response.ok || response.status === 304) return read(response);
      throw await errorOf(response);
    };
    const { signal } = request;
    return this.renewed(() => patiently(isSafe ? ATTEMPTS : 1, once, signal), signal);
  }

  /** Runs a request, and once more with a new URL if it failed because the old one had expired. */
  async renewed<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const used = this.#gateway;
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof HoldfastError && error.isExpired) || this.#options.renew === undefined) throw error;
      if (used === this.#gateway) await orAbort(this.#renew(this.#options.renew), signal);
      return work();
    }
  }

  /** Asks first, where the URL seems to have expired: whether it has, only the Worker's clock says, and that renews it. */
  async freshen(signal?: AbortSignal): Promise<void> {
    if (this.#options.renew === undefined || this.#gateway.expiresMs > Date.now()) return;
    await this.json("GET", "/api/status", { signal });
  }

  /** One renewal for however many requests need it; it goes on when one of them is given up. */
  #renew(renew: () => Promise<string>): Promise<void> {
    this.#renewing ??= this.#ask(renew).finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #ask(renew: () => Promise<string>): Promise<void> {
    let renewed: Gateway;
    try {
      renewed = parseGateway(await renew());
    } catch (cause) {
      if (cause instanceof HoldfastError) throw cause;
      const error = new HoldfastError(401, "The link has expired, and no new one could be had");
      error.cause = cause;
      throw error;
    }
    // Somebody else has logged in meanwhile: what was meant for one workspace may not be done in another.
    if (renewed.userId !== this.#gateway.userId) throw new HoldfastError(401, "The new link is of another user");
    this.#gateway = renewed;
  }
}
