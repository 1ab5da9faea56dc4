// What an answer says: the one place where bodies are read to their end.

import { HoldfastError, unanswered } from "./error.ts";

/** A body as text. One that is cut half-way is no answer. */
export async function textOf(response: Response): Promise<string> {
  return response.text().catch((cause: unknown) => Promise.reject(unanswered(cause)));
}

/** A body as JSON. */
export async function jsonOf<T>(response: Response): Promise<T> {
  return parsed(await textOf(response));
}

/** A body as JSON, with the tag of what it is about. */
export async function taggedOf<T>(response: Response): Promise<T & { etag: string | null }> {
  return { ...(await jsonOf<T>(response)), etag: response.headers.get("ETag") };
}

/** What an answer's text holds. Every answer is an object: what is none was said by something in between, such as a hotel's log-in. */
export function parsed<T>(text: string): T {
  const value = objectIn(text);
  if (value === null) throw new HoldfastError(0, "What answered is not the server: something in between did");
  return value as T;
}

/** What an answer that is no success says of itself. A body that is not ours (a proxy's page, say) is never shown. */
export async function errorOf(response: Response): Promise<HoldfastError> {
  return errorOfText(response.status, await response.text().catch(() => ""), response.headers.get("Retry-After"));
}

export function errorOfText(status: number, text: string, retryAfter: string | null): HoldfastError {
  const body = objectIn(text) ?? {};
  const sentence = typeof body.error === "string" ? body.error : `The server answered ${status}`;
  return new HoldfastError(status, sentence, body, waitOf(retryAfter));
}

/** What `Retry-After` asks for: seconds, or a date. */
function waitOf(retryAfter: string | null): number | undefined {
  if (!retryAfter) return undefined;
  const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now();
  return Number.isFinite(ms) ? Math.max(ms, 0) : undefined;
}

function objectIn(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
