// The visitor's own signed URL. Looking at what is public needs none; what is private, and forking, do.
//
// Where it comes from, in this order: the fragment (`#gateway=…`, or its three parameters), which a browser sends nowhere and
// which is removed at once (but nobody else's in place of what this tab knew); what this tab knew already; another open page of this origin, such as the dashboard that opened this one (see
// `neighbour.ts`); the visitor, who is asked. It stays in this tab, and leaves it only as the query of calls of the API.

import { ask } from "./neighbour.ts";

/** The three parameters of a signed URL, as a query. */
export interface Gateway {
  readonly query: string;
  /** Whose workspace it opens. */
  readonly userId: string;
}

/** The dashboard of this origin keeps it under the same name, so that a tab that goes on there needs no other. */
const KEPT_AS = "holdfast:gateway";
const SIGNED = ["userId", "exp", "sig"] as const;

/** Why a text is no signed URL for this service, in a sentence. */
export class NotAGateway extends Error {
  override name = "NotAGateway";
}

/** Takes a signed URL apart: `wss://HOST/ws?userId=…&exp=…&sig=…`, `https:` likewise. Another host's is nobody's business here. */
export function parseGateway(text: string): Gateway {
  const trimmed = text.trim();
  const url = URL.canParse(trimmed) ? new URL(trimmed) : undefined;
  if (url === undefined || !/^(wss?|https?):$/.test(url.protocol)) {
    throw new NotAGateway("This is no URL. It begins with wss:// or https://.");
  }
  if (url.host !== location.host)
    throw new NotAGateway(`This URL is for ${url.host}, and this page is ${location.host}.`);
  const signed = new URLSearchParams();
  for (const name of SIGNED) {
    const value = url.searchParams.get(name);
    if (!value) throw new NotAGateway(`A signed URL has userId, exp and sig; this one has no ${name}.`);
    signed.set(name, value);
  }
  if (Number(signed.get("exp")) * 1000 < Date.now()) throw new NotAGateway("This URL has expired; ask for a new one.");
  return { query: signed.toString(), userId: signed.get("userId") ?? "" };
}

/** What the address of this page said, which it says no longer. */
export interface Arrival {
  readonly gateway: Gateway | undefined;
  /** Where the visitor's own desktop is: here, or at an origin that may call this service. */
  readonly returnTo: string;
}

/** Reads the fragment and removes it, and a query too: somebody may have signed this address by mistake. */
export function arrive(allowedOrigins: readonly string[]): Arrival {
  const said = new URLSearchParams(location.hash.slice(1));
  if (location.hash !== "" || location.search !== "") history.replaceState(null, "", location.pathname);
  const text = said.has("sig") ? gatewayUrl(said) : said.get("gateway");
  return { gateway: parsed(text), returnTo: destination(said.get("return"), allowedOrigins) };
}

/** The URL of this service that a query belongs to, as hosts hand it out. */
function gatewayUrl(query: string | URLSearchParams): string {
  return `${location.origin.replace(/^http/, "ws")}/ws?${query}`;
}

function destination(text: string | null, allowedOrigins: readonly string[]): string {
  const url = text !== null && URL.canParse(text, location.href) ? new URL(text, location.href) : undefined;
  const isKnown = url !== undefined && (url.origin === location.origin || allowedOrigins.includes(url.origin));
  return isKnown ? url.href : "/";
}

function parsed(text: string | null): Gateway | undefined {
  try {
    return text === null ? undefined : parseGateway(text);
  } catch {
    return undefined;
  }
}

/** The visitor's signed URL, once it is known. */
export class Access {
  #gateway: Gateway | undefined;
  #other: Gateway | undefined;
  #asking: Promise<void> | undefined;

  /** A link may bring anybody's. Where this tab knows that of another user, it stays with that: the visitor decides. */
  constructor(arrived: Gateway | undefined) {
    const kept = parsed(sessionStorage.getItem(KEPT_AS));
    const isAnothers = arrived !== undefined && kept !== undefined && arrived.userId !== kept.userId;
    this.#gateway = isAnothers ? kept : (arrived ?? kept);
    if (isAnothers) this.#other = arrived;
    else if (arrived !== undefined) this.#keep(arrived);
  }

  /** Whose URL the link brought, if it is not taken since this tab knows another user's. */
  get offered(): string | undefined {
    return this.#other?.userId;
  }

  /** Takes what the link brought: the visitor wants it. */
  takeOffered(): void {
    if (this.#other !== undefined) this.#keep(this.#other);
    this.#other = undefined;
  }

  /** It, if it is known; other pages of this origin are asked once. */
  async find(): Promise<Gateway | undefined> {
    this.#asking ??= this.#gateway === undefined ? this.#ask() : undefined;
    await this.#asking;
    return this.#gateway;
  }

  async #ask(): Promise<void> {
    const found = parsed(await ask());
    if (found !== undefined) this.#keep(found);
  }

  /** Takes what the visitor has typed. Throws `NotAGateway`. */
  take(text: string): void {
    this.#keep(parseGateway(text));
  }

  /** It was refused, or is somebody else's. Now only the visitor can say another: those who were asked would say the same. */
  forget(): void {
    this.#gateway = undefined;
    this.#asking = Promise.resolve();
    sessionStorage.removeItem(KEPT_AS);
  }

  #keep(gateway: Gateway): void {
    this.#gateway = gateway;
    sessionStorage.setItem(KEPT_AS, gatewayUrl(gateway.query));
  }
}
