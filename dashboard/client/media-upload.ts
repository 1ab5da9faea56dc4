// One item of media on its way up, by addresses that were signed for it: at once, or in parts if it is large. All of it can be
// repeated: equal bytes are kept once, and so is a part.

import { errorOf, jsonOf } from "./answer.ts";
import { HoldfastError } from "./error.ts";
import type { Http } from "./http.ts";
import { ATTEMPTS, patiently } from "./patience.ts";
import { tell } from "./tell.ts";
import { type TransferOptions, transfer } from "./transfer.ts";
import type { Ingested, SignedUpload, UploadedPart } from "./types.ts";

/** Brings all bytes. What fails or is cancelled half-way is given up there too, so that no part of it is kept. */
export async function uploadMedia(
  http: Http,
  media: Blob,
  signed: SignedUpload,
  options: TransferOptions,
): Promise<Ingested> {
  if (signed.url !== undefined)
    return (await transfer<Ingested>(http, signed.url, {}, media, options, ATTEMPTS)).answer;
  try {
    return await inParts(http, media, signed, options);
  } catch (error) {
    // Whether it gets there or not, the reason is the first one: what is left of it ends by itself in time.
    if (signed.abortUrl !== undefined) await post(http, signed.abortUrl, {}).catch(() => undefined);
    throw error;
  }
}

async function inParts(http: Http, media: Blob, signed: SignedUpload, options: TransferOptions): Promise<Ingested> {
  const { parts: urls = [], partSize = media.size, completeUrl } = signed;
  if (completeUrl === undefined) throw new HoldfastError(0, "The server did not say where the bytes are to be brought");
  const { signal, onProgress } = options;
  const parts: UploadedPart[] = [];
  for (const [index, url] of urls.entries()) {
    const from = index * partSize;
    const onPart = ({ sent }: { sent: number }) => tell(onProgress, { sent: from + sent, total: media.size });
    const told = { ...(signal && { signal }), ...(onProgress && { onProgress: onPart }) };
    const part = media.slice(from, from + partSize);
    const { answer } = await transfer<UploadedPart>(http, url, {}, part, told, ATTEMPTS);
    parts.push(answer);
  }
  return post<Ingested>(http, completeUrl, { parts }, signal);
}

function post<T>(http: Http, url: string, json: object, signal?: AbortSignal): Promise<T> {
  const init = { method: "POST", body: JSON.stringify(json), signal: signal ?? null };
  const once = async () => {
    const response = await http.fetch(url, init);
    if (!response.ok) throw await errorOf(response);
    return jsonOf<T>(response);
  };
  return patiently(ATTEMPTS, once, signal);
}
