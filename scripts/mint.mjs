// Mints the signed query of a user: what the backend of a host does for each page that it serves. Needs nothing but Node.
import { createHmac } from "node:crypto";

/** The three parameters that let `userId` in until `exp`, in Unix seconds. The secret never leaves the backend. */
export function mint(userId, exp, secret) {
  const sig = createHmac("sha256", secret).update(`${userId}.${exp}`).digest("base64url");
  return `userId=${userId}&exp=${exp}&sig=${sig}`;
}

/** The one URL that a client is given; every HTTP URL has the same host and the same query. */
export function gatewayUrl(base, userId, secret, ttlSeconds = 3600) {
  const query = mint(userId, Math.floor(Date.now() / 1000) + ttlSeconds, secret);
  return `${base.replace(/^http/, "ws").replace(/\/+$/, "")}/ws?${query}`;
}
