// One file on its way into the tree.

import type { ConditionalOptions, Http } from "./http.ts";
import { type TransferOptions, transfer } from "./transfer.ts";
import type { Written } from "./types.ts";

export interface UploadOptions extends ConditionalOptions, TransferOptions {}

/** What was written, with the tag of it: what the next change can be bound to. */
export type Uploaded = Written & { etag: string | null };

export async function upload(http: Http, path: string, body: Blob, options: UploadOptions): Promise<Uploaded> {
  const headers = { ...http.headers(options), "Content-Type": body.type || "application/octet-stream" };
  const work = () => transfer<Written>(http, http.target("/api/files/content", { path }), headers, body, options);
  const { answer, etag } = await http.renewed(work, options.signal);
  return { ...answer, etag };
}
