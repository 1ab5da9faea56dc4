// Bytes on their way up. What changes the tree goes once, since somebody may have been faster. Browsers tell the progress of an `XMLHttpRequest` alone; elsewhere `fetch` brings them and the progress is told at the end.

import { errorOfText, parsed, textOf } from "./answer.ts";
import { HoldfastError } from "./error.ts";
import type { Params } from "./gateway.ts";
import type { CallOptions, Http } from "./http.ts";
import { patiently } from "./patience.ts";
import { tell } from "./tell.ts";

export interface Progress {
  sent: number;
  total: number;
}

export interface TransferOptions extends CallOptions {
  onProgress?: (progress: Progress) => void;
}

interface Answered {
  status: number;
  text: string;
  etag: string | null;
  retryAfter: string | null;
}

/**
 * Brings bytes to a route of the workspace, once. A refusal that comes while they are on their way breaks the line before it can be
 * read, so a URL that has expired is renewed before.
 */
export async function bring<T>(
  http: Http,
  path: string,
  params: Params,
  headers: Record<string, string>,
  body: Blob,
  options: TransferOptions,
): Promise<{ answer: T; etag: string | null }> {
  await http.freshen(options.signal);
  return http.renewed(() => transfer<T>(http, http.target(path, params), headers, body, options), options.signal);
}

/** Brings bytes to an address by `PUT`, up to so many times; gives what was answered, and the tag of it. */
export function transfer<T>(
  http: Http,
  url: string,
  headers: Record<string, string>,
  body: Blob,
  options: TransferOptions,
  attempts = 1,
): Promise<{ answer: T; etag: string | null }> {
  const isTold = options.onProgress !== undefined && typeof XMLHttpRequest !== "undefined" && !http.hasOwnFetch;
  const work = async () => {
    const { status, text, etag, retryAfter } = await (isTold
      ? byRequest(url, headers, body, options)
      : byFetch(http, url, headers, body, options));
    if (status !== 200) throw errorOfText(status, text, retryAfter);
    return { answer: parsed<T>(text), etag };
  };
  return patiently(attempts, work, options.signal);
}

async function byFetch(
  http: Http,
  url: string,
  headers: Record<string, string>,
  body: Blob,
  { onProgress, signal }: TransferOptions,
): Promise<Answered> {
  const response = await http.fetch(url, { method: "PUT", headers, body, signal: signal ?? null });
  const text = await textOf(response);
  if (response.ok) tell(onProgress, { sent: body.size, total: body.size });
  const { status, headers: told } = response;
  return { status, text, etag: told.get("ETag"), retryAfter: told.get("Retry-After") };
}

function byRequest(
  url: string,
  headers: Record<string, string>,
  body: Blob,
  { onProgress, signal }: TransferOptions,
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded }) =>
      tell(onProgress, { sent: Math.min(loaded, body.size), total: body.size });
    request.onabort = () => reject(signal?.reason ?? new DOMException("The upload was cancelled", "AbortError"));
    request.onerror = () => reject(new HoldfastError(0, "The connection broke before the file was there"));
    request.onload = () => {
      const { status, responseText: text } = request;
      const [etag, retryAfter] = [request.getResponseHeader("ETag"), request.getResponseHeader("Retry-After")];
      resolve({ status, text, etag, retryAfter });
    };
    request.onloadend = () => signal?.removeEventListener("abort", abort);
    signal?.addEventListener("abort", abort, { once: true });
    request.send(body);
  });
}
