// Which workspace this is. The link's query is a credential: it is taken out of the address before anything else happens, and
// lives in this tab's session alone.

import { parseGateway } from "../../../client/index.ts";
import { Store } from "./store.ts";

const KEY = "holdfast:gateway";

export interface Session {
  /** The gateway URL, if there is one. */
  gatewayUrl: string | null;
  /** Set while requests wait for a new one. */
  isExpired: boolean;
}

export const session = new Store<Session>({ gatewayUrl: null, isExpired: false });

let waiting: ((gatewayUrl: string) => void)[] = [];

/** A gateway URL from a link as people have them: ours, or the gateway's own. Null if it is none. */
export function gatewayOf(link: string): string | null {
  try {
    const url = new URL(link.trim(), location.href);
    if (url.hash.includes("sig=")) url.search = url.hash.slice(1);
    const { origin, query } = parseGateway(url.href);
    return `${origin.replace(/^http/, "ws")}/ws?${query}`;
  } catch {
    return null;
  }
}

/** Takes the link out of the address, or finds what this tab had before. */
export function openSession(): void {
  const given = /[?#&]sig=/.test(location.search + location.hash) ? gatewayOf(location.href) : null;
  if (/[?&]sig=/.test(location.search) || /[#&]sig=/.test(location.hash)) {
    const hash = location.hash.includes("sig=") ? "" : location.hash;
    history.replaceState(null, "", location.pathname + hash);
  }
  if (given) sessionStorage.setItem(KEY, given);
  session.set({ gatewayUrl: given ?? sessionStorage.getItem(KEY), isExpired: false });
}

/** Waits for a new link; what the client calls when the signature has expired. */
export function renew(): Promise<string> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    session.set((now) => ({ ...now, isExpired: true }));
  });
}

/** A new link for the same workspace lets waiting requests go on; one for another begins anew. The answer is a sentence if it is none. */
export function enter(link: string): string | null {
  const gatewayUrl = gatewayOf(link);
  if (gatewayUrl === null) return "This is no link to a workspace: it has userId, exp and sig in it.";
  const { expiresMs, userId, origin } = parseGateway(gatewayUrl);
  if (origin !== location.origin) return `This link is for ${origin}. Open it there.`;
  if (expiresMs < Date.now()) return "This link has expired too.";
  const before = session.get();
  sessionStorage.setItem(KEY, gatewayUrl);
  const isSame = before.gatewayUrl !== null && parseGateway(before.gatewayUrl).userId === userId;
  if (before.gatewayUrl !== null && !isSame) location.reload();
  // Those who wait have a client already: it takes the new URL, and the page stays as it is.
  if (isSame && waiting.length > 0) session.set({ ...before, isExpired: false });
  else session.set({ gatewayUrl, isExpired: false });
  for (const resolve of waiting) resolve(gatewayUrl);
  waiting = [];
  return null;
}
