// A line to the host's gateway, over the Worker's socket: requests with answers, and what the agent says while it says it. A line that
// breaks is opened again, with growing pauses. The token of the gateway is the Worker's to add; the page never has it.

import { failureOf, HoldfastError } from "./error.ts";
import { type Frame, keepAlive, parseFrame } from "./frame.ts";
import type { CallOptions } from "./http.ts";
import { backOff, orAbort, pause } from "./patience.ts";
import { tell } from "./tell.ts";

/** Closed by the Worker: the query of the address is not right any more; the account was deleted. */
const EXPIRED = 4401;
const DELETED = 4410;
/** How long an answer is waited for. */
const ANSWER_MS = 30_000;
/** Who we are to the gateway, in the versions of its protocol that are known here. */
const HELLO = {
  minProtocol: 3,
  maxProtocol: 3,
  client: { id: "webchat-ui", version: "0.1.0", platform: "web", mode: "webchat" },
  role: "operator",
  scopes: ["operator.read", "operator.write"],
  caps: [],
};

/** `none`: this Worker has no gateway, or nobody is there any more; the line is not opened again. */
export type ChatLineState = "connecting" | "ready" | "none";

/** A piece of news of a chat. In `delta` the message is all that was said so far. */
export interface ChatEvent {
  runId?: string;
  sessionKey: string;
  state: "delta" | "final" | "aborted" | "error";
  message?: { role?: string; content?: unknown; timestamp?: number };
  errorMessage?: string;
}

export interface ChatLineOptions {
  /** Is told how the line is, and why it does not come about where that is known: the link has expired, say. */
  onState: (state: ChatLineState, reason?: HoldfastError) => void;
  onChat: (event: ChatEvent) => void;
}

type Answer = (frame: Frame) => void;
type Outcome = "none" | "was-ready" | "expired" | "failed";

export class ChatLine {
  readonly #address: () => string;
  readonly #renew: () => Promise<unknown>;
  readonly #options: ChatLineOptions;
  readonly #closed = new AbortController();
  readonly #waiting = new Map<string, Answer>();
  #socket: WebSocket | undefined;
  #asked = 0;

  /** By what `address` says; where that has expired, `renew` is awaited first. */
  constructor(address: () => string, renew: () => Promise<unknown>, options: ChatLineOptions) {
    this.#address = address;
    this.#renew = renew;
    this.#options = options;
    // Not at once: whoever is told may want to use what this makes.
    queueMicrotask(() => void this.#run());
  }

  close(): void {
    this.#closed.abort();
    this.#socket?.close();
  }

  /**
   * Asks the gateway. Throws a `HoldfastError` with its sentence, status 0 if the line broke before it answered; or the reason of the
   * signal, by which nothing is taken back: it is only not waited for.
   */
  ask<T>(method: string, params: object, { signal }: CallOptions = {}): Promise<T> {
    return orAbort(this.#ask(method, params), signal);
  }

  #ask<T>(method: string, params: object): Promise<T> {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return Promise.reject(broken());
    this.#asked += 1;
    const id = `chat-${this.#asked}`;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => this.#answer({ id, ok: false }), ANSWER_MS);
      this.#waiting.set(id, ({ ok, payload, error }) => {
        clearTimeout(late);
        if (ok) resolve(payload as T);
        else if (error?.message) reject(new HoldfastError(error.status ?? 502, error.message));
        else reject(broken());
      });
      socket.send(JSON.stringify({ type: "req", id, method, params }));
    });
  }

  /** Says something in a chat. With the same key it is said once, however often it is sent. */
  send(
    sessionKey: string,
    message: string,
    idempotencyKey: string,
    options: CallOptions = {},
  ): Promise<{ runId?: string }> {
    return this.ask("chat.send", { sessionKey, message, idempotencyKey }, options);
  }

  #answer(frame: Frame): void {
    const answer = this.#waiting.get(frame.id ?? "");
    this.#waiting.delete(frame.id ?? "");
    answer?.(frame);
  }

  #tell(...told: [state: ChatLineState, reason?: HoldfastError]): void {
    if (!this.#closed.signal.aborted) tell(this.#options.onState, ...told);
  }

  async #run(): Promise<void> {
    this.#tell("connecting");
    for (let failures = 0; !this.#closed.signal.aborted; failures += 1) {
      const outcome = await this.#once().catch(() => "failed" as const);
      if (outcome === "none") return this.#tell("none");
      const refusal = outcome === "expired" ? await this.#renewed() : undefined;
      if (refusal) this.#tell("connecting", refusal);
      else this.#tell("connecting");
      if (outcome === "was-ready") failures = 0;
      await pause(backOff(failures), this.#closed.signal).catch(() => undefined);
    }
  }

  /** Why there is no new address, if there is none. */
  async #renewed(): Promise<HoldfastError | undefined> {
    try {
      await this.#renew();
      return undefined;
    } catch (error) {
      return failureOf(error);
    }
  }

  /** One socket, from its opening to its end. */
  #once(): Promise<Outcome> {
    return new Promise((resolve) => {
      // A machine may have none at all.
      if (typeof WebSocket === "undefined") return resolve("none");
      const socket = new WebSocket(this.#address());
      this.#socket = socket;
      let outcome: Outcome = "failed";
      const alive = keepAlive(socket, () => end());
      socket.onopen = () => {
        this.ask("connect", HELLO).then(
          () => {
            outcome = "was-ready";
            this.#tell("ready");
          },
          (error: unknown) => {
            if (error instanceof HoldfastError && error.status === 501) outcome = "none";
            socket.close();
          },
        );
      };
      socket.onmessage = ({ data }) => {
        alive.heard();
        this.#take(data);
      };
      const end = (code?: number) => {
        alive.stop();
        socket.onmessage = null;
        socket.onclose = null;
        socket.close();
        if (code === EXPIRED) outcome = "expired";
        if (code === DELETED) outcome = "none";
        for (const id of [...this.#waiting.keys()]) this.#answer({ id, ok: false });
        // What was refused in this moment is told first.
        setTimeout(() => resolve(outcome));
      };
      socket.onclose = ({ code }) => end(code);
    });
  }

  #take(data: unknown): void {
    const frame = parseFrame(data);
    if (!frame) return;
    if (frame.type === "res") this.#answer(frame);
    const isChat = frame.type === "event" && frame.event === "chat";
    if (isChat && typeof frame.payload === "object" && frame.payload !== null)
      tell(this.#options.onChat, frame.payload as ChatEvent);
  }
}

function broken(): HoldfastError {
  return new HoldfastError(0, "The line to the agent broke");
}
