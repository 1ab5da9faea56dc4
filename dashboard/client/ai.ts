// For apps in a frame: calls of providers, which the host makes, and pictures of an app's own, which it keeps. The frame has no
// credential; it says what it wants, and the host decides.

import type { Ingested, PersistedAsset, Scope } from "./types.ts";

/** A song takes minutes. */
const TIMEOUT_MS = 10 * 60_000;

export type AIProvider = "fal" | "eleven";

export interface AskOptions {
  /** Whom to ask; the topmost window. */
  host?: Window;
  signal?: AbortSignal;
  timeoutMs?: number;
}

/** What a provider answered, in its own shape: with addresses that last in place of those that expire. */
export type AIResult = Record<string, unknown> & { persistedAssets?: PersistedAsset[] };

let asked = 0;

/** Which app this is, as the host has put it into the frame's address: `?id=…&name=…`. */
export function scopeOf(search: string): Scope {
  const query = new URLSearchParams(search);
  const [appId, appName] = [query.get("id"), query.get("name")];
  return { ...(appId && { appId }), ...(appName && { appName }) };
}

/** Has the host call a provider. What it answers is the model's to say: name its shape, if it is known. */
export async function aiRequest<Shape extends object = AIResult>(
  provider: AIProvider,
  model: string,
  input: unknown,
  options: AskOptions = {},
): Promise<Shape & Pick<AIResult, "persistedAssets">> {
  const answer = await ask("AI_REQUEST", "AI_RESPONSE", { provider, model, input }, options);
  return answer.result as Shape & Pick<AIResult, "persistedAssets">;
}

/** Has the host keep what the app has made itself, a canvas say; answers with its lasting address. */
export async function persistBlob(
  blob: Blob,
  metadata: Record<string, string> = {},
  options: AskOptions = {},
): Promise<Ingested> {
  const payload = { base64: await base64Of(blob), contentType: blob.type, metadata };
  const answer = await ask("MEDIA_INGEST", "MEDIA_INGEST_RESPONSE", { payload }, options);
  return answer.result as Ingested;
}

interface HostAnswer {
  type?: string;
  id?: string;
  ok?: boolean;
  result?: unknown;
  error?: string;
}

function ask(type: string, answerType: string, message: object, options: AskOptions): Promise<HostAnswer> {
  const { host = window.top ?? window, signal, timeoutMs = TIMEOUT_MS } = options;
  asked += 1;
  const id = `${type}-${Date.now()}-${asked}`;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const end = () => {
      clearTimeout(timer);
      removeEventListener("message", hear);
      signal?.removeEventListener("abort", abort);
    };
    const abort = () => {
      end();
      reject(signal?.reason);
    };
    const hear = ({ source, data }: MessageEvent<HostAnswer | null>) => {
      // Only the one who was asked can answer.
      if (source !== host || data?.type !== answerType || data.id !== id) return;
      end();
      if (data.ok) resolve(data);
      else reject(new Error(data.error ?? "The host did not say why"));
    };
    const timer = setTimeout(() => {
      end();
      reject(new Error("The host did not answer"));
    }, timeoutMs);
    addEventListener("message", hear);
    signal?.addEventListener("abort", abort, { once: true });
    // To any origin: an app does not know its host's, and what it asks for is no secret.
    host.postMessage({ type, id, ...message, scope: scopeOf(location.search) }, "*");
  });
}

async function base64Of(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  // In pieces: a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
