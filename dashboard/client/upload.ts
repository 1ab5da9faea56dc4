// One file on its way up. Browsers tell the progress of an `XMLHttpRequest` alone; elsewhere `fetch` sends it and the progress
// is told at its end. An upload is never repeated by itself: it overwrites, and somebody may have written in between.

import { errorOfText, HoldfastError, unanswered } from "./error.ts";
import type { ChangeOptions, Http } from "./http.ts";
import type { Written } from "./types.ts";

export interface Progress {
  sent: number;
  total: number;
}

export interface UploadOptions extends ChangeOptions {
  onProgress?: (progress: Progress) => void;
}

/** What was written, with the tag of it: what the next change can be bound to. */
export type Uploaded = Written & { etag: string | null };

export function upload(http: Http, path: string, body: Blob, options: UploadOptions): Promise<Uploaded> {
  const headers = { ...http.headers(options), "Content-Type": body.type || "application/octet-stream" };
  if (typeof XMLHttpRequest === "undefined" || options.onProgress === undefined) {
    return sendAtOnce(http, path, headers, body, options);
  }
  return http.renewed(() => send(http.url("/api/files/content", { path }), headers, body, options));
}

async function sendAtOnce(
  http: Http,
  path: string,
  headers: Record<string, string>,
  body: Blob,
  { onProgress, signal }: UploadOptions,
): Promise<Uploaded> {
  const sending = { params: { path }, headers, body, ...(signal && { signal }) };
  const response = await http.send("PUT", "/api/files/content", sending);
  onProgress?.({ sent: body.size, total: body.size });
  return { ...((await response.json()) as Written), etag: response.headers.get("ETag") };
}

function send(url: string, headers: Record<string, string>, body: Blob, options: UploadOptions): Promise<Uploaded> {
  const { signal, onProgress } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded }) => onProgress?.({ sent: Math.min(loaded, body.size), total: body.size });
    request.onabort = () => reject(signal?.reason ?? new DOMException("The upload was cancelled", "AbortError"));
    request.onerror = () => reject(unanswered(new HoldfastError(0, "The connection broke before the file was there")));
    request.onload = () => {
      if (request.status !== 200) return reject(errorOfText(request.status, request.responseText));
      resolve({ ...(JSON.parse(request.responseText) as Written), etag: request.getResponseHeader("ETag") });
    };
    request.onloadend = () => signal?.removeEventListener("abort", abort);
    signal?.addEventListener("abort", abort, { once: true });
    request.send(body);
  });
}
