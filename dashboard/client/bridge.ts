// For hosts: answers what the apps in their frames ask for. A frame gets results and lasting addresses; never the host's signed URL, nor
// any sentence that could hold it.

import type { Holdfast } from "./connect.ts";
import { HoldfastError } from "./error.ts";
import { typeOfName } from "./media-types.ts";
import type { Ingest, Scope } from "./types.ts";

export interface BridgeOptions {
  /** The origins whose messages are answered, exactly as a browser says them. A frame without one (`null`) is answered only if that is listed. */
  origins: readonly string[];
  /** What the host knows of a frame: it has the last word on its scope. */
  scopeOf?: (source: MessageEventSource) => Scope | undefined;
  /** Called when a frame asks for an app to be installed; the host asks the person. */
  onInstall?: (appId: string, source: MessageEventSource) => void;
}

export interface Bridge {
  detach(): void;
}

interface Asked {
  type: string;
  id: string;
  provider?: unknown;
  model?: unknown;
  input?: unknown;
  payload?: unknown;
  scope?: unknown;
  appId?: unknown;
}

/** Answers `AI_REQUEST`, `MEDIA_INGEST` and `FYOS_INSTALL_APP` messages of a window until it is detached. */
export function attachBridge(host: Window, client: Holdfast, options: BridgeOptions): Bridge {
  const hear = (event: MessageEvent<unknown>) => {
    const { source, origin, data } = event;
    if (!options.origins.includes(origin) || source === null || !isAsked(data)) return;
    const reply = (answer: object) => {
      // To the window that asked, and only while it still is of that origin; a frame without an origin has no other address.
      const target = origin === "null" ? "*" : origin;
      source.postMessage(answer, { targetOrigin: target });
    };
    const scope = { ...scopeIn(data.scope), ...options.scopeOf?.(source) };
    if (data.type === "AI_REQUEST") void generate(client, data, scope, reply);
    else if (data.type === "MEDIA_INGEST") void ingest(client, data, scope, reply);
    else if (data.type === "FYOS_INSTALL_APP" && typeof data.appId === "string")
      options.onInstall?.(data.appId, source);
  };
  host.addEventListener("message", hear);
  return { detach: () => host.removeEventListener("message", hear) };
}

const WITHOUT_ID = "FYOS_INSTALL_APP";

function isAsked(data: unknown): data is Asked {
  if (typeof data !== "object" || data === null || !("type" in data) || typeof data.type !== "string") return false;
  return data.type === WITHOUT_ID || ("id" in data && typeof data.id === "string");
}

const SCOPE_KEYS = ["desktopId", "appId", "appName", "threadId", "requestId"] as const;

/** The texts of a scope, and nothing else that a frame may have put there. */
function scopeIn(given: unknown): Scope {
  if (typeof given !== "object" || given === null) return {};
  const texts = SCOPE_KEYS.map((key) => [key, (given as Record<string, unknown>)[key]] as const);
  return Object.fromEntries(texts.filter(([, text]) => typeof text === "string")) as Scope;
}

type Reply = (answer: object) => void;

async function generate(client: Holdfast, asked: Asked, scope: Scope, reply: Reply): Promise<void> {
  const { id, provider, model, input } = asked;
  const type = "AI_RESPONSE";
  try {
    if (provider !== "fal" && provider !== "eleven") throw new HoldfastError(400, "Unknown provider");
    const name = typeof model === "string" ? model : undefined;
    const result = await client.media.generate(provider, name, input, scope);
    reply({ type, id, ok: true, result, persistedAssets: result.persistedAssets ?? [] });
  } catch (error) {
    reply({ type, id, ok: false, error: sentenceOf(error) });
  }
}

async function ingest(client: Holdfast, { id, payload }: Asked, scope: Scope, reply: Reply): Promise<void> {
  const type = "MEDIA_INGEST_RESPONSE";
  try {
    const result = await client.media.ingest({ ...(payload as Ingest), scope });
    reply({ type, id, ok: true, result });
  } catch (error) {
    reply({ type, id, ok: false, error: sentenceOf(error) });
  }
}

/** Our own sentences hold no address; those of a browser might. */
function sentenceOf(error: unknown): string {
  return error instanceof HoldfastError ? error.message : "The request failed";
}

/** What a host with a file system of its own calls after each write: media among them are kept and get a record. */
export function onFileWrite(client: Holdfast, scope: Scope = {}) {
  return async (path: string, content: Blob): Promise<void> => {
    if (typeOfName(path) === undefined) return;
    await client.media.upload(content, { scope, metadata: { path }, name: path });
  };
}
