// The one error of this client.

import type { ErrorBody } from "./api.ts";

/** Why a request failed: its status, and the sentence that the Worker said, fit to be shown to a person. */
export class HoldfastError extends Error {
  override name = "HoldfastError";
  /** The HTTP status; 0 when no answer came at all. */
  readonly status: number;
  /** The whole of the answer: `details`, `hint`, `etag`, `size` and `maxSize`, where they are told. */
  readonly body: Readonly<Partial<ErrorBody> & Record<string, unknown>>;
  /** How long the server wants to be left alone, where it says so and a browser lets it be read. */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, sentence: string, body: Record<string, unknown> = {}, retryAfterMs?: number) {
    super(sentence);
    this.status = status;
    this.body = body;
    this.retryAfterMs = retryAfterMs;
  }

  /** The signed URL has expired, and only that: another 401 is not mended by renewing it. */
  get isExpired(): boolean {
    return this.status === 401 && this.body.details === "URL expired" && this.body.provider === undefined;
  }

  /** The condition of a change no longer holds: somebody else was faster. */
  get isConflict(): boolean {
    return this.status === 412;
  }

  /** Nobody answered, or not to the end: there is no network, or the Worker is gone. */
  get isOffline(): boolean {
    return this.status === 0;
  }
}

/** What went wrong, where nobody has given it up. */
export function failureOf(cause: unknown): HoldfastError {
  const error = unanswered(cause);
  return error instanceof HoldfastError ? error : new HoldfastError(0, "The request was given up");
}

/** What a request becomes when no answer came; an abort stays what it is. */
export function unanswered(cause: unknown): Error {
  if (cause instanceof HoldfastError || (cause instanceof Error && cause.name === "AbortError")) return cause;
  const error = new HoldfastError(0, "The server cannot be reached");
  error.cause = cause;
  return error;
}
