// One file on its way into the tree.

import type { ConditionalOptions, Http } from "./http.ts";
import { bring, type TransferOptions } from "./transfer.ts";
import type { Written } from "./types.ts";

export interface UploadOptions extends ConditionalOptions, TransferOptions {}

/** What was written, with the tag of it: what the next change can be bound to. */
export type Uploaded = Written & { etag: string | null };

export async function upload(http: Http, path: string, body: Blob, options: UploadOptions): Promise<Uploaded> {
  const headers = { ...http.headers(options), "Content-Type": body.type || "application/octet-stream" };
  const { answer, etag } = await bring<Written>(http, "/api/files/content", { path }, headers, body, options);
  return { ...answer, etag };
}
