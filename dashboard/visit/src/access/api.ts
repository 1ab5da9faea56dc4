// Calls of the API: of this origin, and of no other. Without a signature where anyone may ask.

import type { Access, Gateway } from "./gateway.ts";

/** A failure: the status, and the sentence that the service said. */
export class Failed extends Error {
  override name = "Failed";
  /** 0 when no answer came at all. */
  readonly status: number;

  constructor(status: number, sentence: string) {
    super(sentence);
    this.status = status;
  }

  /** What it says to the visitor. */
  get sentence(): string {
    return this.isRefusal ? "Your signed URL was refused: it has expired, or is not of this service." : this.message;
  }

  /** What was shown as a signature is none, or none any more. */
  get isRefusal(): boolean {
    return this.status === 401;
  }
}

export class Api {
  readonly #access: Access;
  /** What is looked at has turned out to be this visitor's own. */
  #isPrivate = false;

  constructor(access: Access) {
    this.#access = access;
  }

  /**
   * What anyone may read; where that is nothing, what this visitor may. So a signature is sent only where it is needed.
   * Throws `Failed`, or the `AbortError` of the signal.
   */
  async look(path: string, params: Record<string, string> = {}, signal?: AbortSignal): Promise<Response> {
    const ask = (gateway?: Gateway) => send(path, params, gateway, { ...(signal && { signal }) });
    if (!this.#isPrivate) {
      const error = await ask().catch((error: unknown) => error);
      if (error instanceof Response) return error;
      if (!(error instanceof Failed && error.status === 404)) throw error;
    }
    const gateway = await this.#access.find();
    const response = await this.#signed(() => ask(gateway));
    this.#isPrivate = true;
    return response;
  }

  /** A change that this visitor makes. Throws `Failed` with 401 if nobody knows who that is. */
  async change(path: string, body: unknown): Promise<unknown> {
    const gateway = await this.#access.find();
    if (gateway === undefined) throw new Failed(401, "Unauthorized");
    const headers = { "Content-Type": "application/json", "X-Actor": "visitor" };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    return this.#signed(async () => (await send(path, {}, gateway, init)).json());
  }

  async #signed<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Failed && error.isRefusal) this.#access.forget();
      throw error;
    }
  }
}

async function send(
  path: string,
  params: Record<string, string>,
  gateway: Gateway | undefined,
  init: RequestInit,
): Promise<Response> {
  const query = new URLSearchParams(gateway?.query);
  for (const [name, value] of Object.entries(params)) query.set(name, value);
  const response = await fetch(query.size > 0 ? `${path}?${query}` : path, init).catch((cause: unknown) => {
    if (cause instanceof Error && cause.name === "AbortError") throw cause;
    throw new Failed(0, "The service cannot be reached. Is there a network?");
  });
  if (response.ok) return response;
  // A body that is not ours, a proxy's page say, is never shown.
  const said: unknown = await response.json().catch(() => undefined);
  const sentence = typeof said === "object" && said !== null && "error" in said ? said.error : undefined;
  throw new Failed(
    response.status,
    typeof sentence === "string" ? sentence : `The service answered ${response.status}.`,
  );
}

/** What a failure says to the visitor, whatever it is. */
export function sentenceOf(error: unknown): string {
  if (error instanceof Failed) return error.sentence;
  return error instanceof Error ? error.message : String(error);
}
