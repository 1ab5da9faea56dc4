// For backends: the URL that one of their pages is given. By the platform's own cryptography, so it runs in Node, Deno, Bun and Workers
// alike. The secret never leaves the backend.

import { SCHEMES } from "./gateway.ts";

/** What the Worker takes for a user. */
export const USER_ID = /^user_[A-Za-z0-9_-]{1,128}$/;

export interface MintOptions {
  /** Where the service is: `https://holdfast.example`. */
  base: string;
  userId: string;
  /** SIGNING_SECRET, as it is given to the Worker. */
  secret: string;
  /** How long the URL opens the workspace, in whole seconds; an hour. */
  ttlSeconds?: number;
}

/** The gateway URL of a user: `wss://HOST/ws?userId=…&exp=…&sig=…`. */
export async function mint({ base, userId, secret, ttlSeconds = 3600 }: MintOptions): Promise<string> {
  if (!USER_ID.test(userId)) throw new TypeError("A user id is user_ and 1 to 128 letters, digits, _ or -");
  if (secret === "") throw new TypeError("The secret is empty");
  if (!Number.isSafeInteger(ttlSeconds) || ttlSeconds <= 0)
    throw new TypeError("How long the URL is to last must be a whole number of seconds, more than none");
  const { protocol, host } = new URL(base);
  const scheme = SCHEMES[protocol];
  if (scheme === undefined) throw new TypeError("The base begins with https:// or http://");
  const exp = Math.floor(Date.now() / 1000) + ttlSeconds;
  const text = new TextEncoder();
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", text.encode(secret), hmac, false, ["sign"]);
  const signed = new Uint8Array(await crypto.subtle.sign("HMAC", key, text.encode(`${userId}.${exp}`)));
  const sig = btoa(String.fromCharCode(...signed))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
  return `${scheme.replace("http", "ws")}//${host}/ws?userId=${userId}&exp=${exp}&sig=${sig}`;
}
