// Which workspace this is. The link's query is a credential: it is taken out of the address before anything else happens, and
// lives in this tab's session alone.

import { parseGateway } from "../../../client/index.ts";
import { ask } from "../../../visit/src/access/neighbour.ts";
import { Store } from "./store.ts";
import { sayError } from "./toasts.ts";

const KEY = "holdfast:gateway";

export interface Session {
  /** The gateway URL, if there is one. */
  gatewayUrl: string | null;
  /** Set while requests wait for a new one. */
  isExpired: boolean;
  /** Set while another tab of this page is asked for one. */
  isAsking?: boolean;
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

const holdsLink = () => /[?#&]sig=/.test(location.search + location.hash);

/** Takes the link out of the address, or finds what this tab had before. */
export function openSession(): void {
  const given = holdsLink() ? gatewayOf(takeLink()) : null;
  if (given) sessionStorage.setItem(KEY, given);
  const gatewayUrl = given ?? sessionStorage.getItem(KEY);
  session.set({ gatewayUrl, isExpired: false, isAsking: gatewayUrl === null });
  if (gatewayUrl === null) void askNeighbour();
  // Pasted over the address of an open page, a link loads nothing: it is taken here.
  addEventListener("hashchange", () => {
    const problem = holdsLink() ? enter(takeLink()) : null;
    if (problem) sayError("Opening the link", new Error(problem));
  });
}

/** A tab that was opened from another one has what that one has. It goes from one to the other, and is in no address. */
async function askNeighbour(): Promise<void> {
  const found = gatewayOf((await ask().catch(() => null)) ?? "");
  // Meanwhile a link may have been given.
  if (session.get().gatewayUrl !== null) return;
  if (found) sessionStorage.setItem(KEY, found);
  session.set({ gatewayUrl: found, isExpired: false });
}

/** The address with the link in it; from here on it is without. */
function takeLink(): string {
  const link = location.href;
  const place = /[#&]sig=/.test(location.hash) ? "" : location.hash;
  history.replaceState(null, "", location.pathname + place);
  return link;
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
  if (before.gatewayUrl !== null && !isSame) {
    location.reload();
    return null;
  }
  // Those who wait have a client already: it takes the new URL, and the page stays as it is.
  if (isSame && waiting.length > 0) session.set({ ...before, isExpired: false });
  else session.set({ gatewayUrl, isExpired: false });
  for (const resolve of waiting) resolve(gatewayUrl);
  waiting = [];
  return null;
}
