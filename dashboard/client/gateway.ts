// The one URL that a client is given, `wss://HOST/ws?userId=…&exp=…&sig=…`, and the others that follow from it.

/** What requests go by, by what a URL begins with. */
export const SCHEMES: Readonly<Record<string, "https:" | "http:">> = {
  "https:": "https:",
  "wss:": "https:",
  "http:": "http:",
  "ws:": "http:",
};

const SIGNED = ["userId", "exp", "sig"] as const;

/** A gateway URL taken apart. Its query is a credential: it belongs into requests, and nowhere else. */
export interface Gateway {
  /** `https://HOST` */
  readonly origin: string;
  readonly userId: string;
  /** When the signature expires, in milliseconds since 1970, by the Worker's clock. */
  readonly expiresMs: number;
  /** `userId=…&exp=…&sig=…` */
  readonly query: string;
}

/** Takes a gateway URL apart. `http(s)` and any path will do: what counts are the host and the three parameters. */
export function parseGateway(gatewayUrl: string): Gateway {
  // Not by what `URL` says of it: that repeats the text, and with it a credential.
  if (!URL.canParse(gatewayUrl))
    throw new TypeError("A gateway URL is wss://HOST/ws?userId=…&exp=…&sig=…; this is no URL");
  const url = new URL(gatewayUrl);
  const scheme = SCHEMES[url.protocol];
  // `localhost:8787` is an address to people, and to `URL` something of the scheme `localhost`.
  if (scheme === undefined) throw new TypeError("A gateway URL begins with wss://, ws://, https:// or http://");
  const signed = new URLSearchParams();
  for (const name of SIGNED) {
    const value = url.searchParams.get(name);
    if (!value) throw new TypeError(`A gateway URL has ${SIGNED.join(", ")}; this one has no ${name}`);
    signed.set(name, value);
  }
  return {
    origin: `${scheme}//${url.host}`,
    userId: signed.get("userId") ?? "",
    expiresMs: Number(signed.get("exp")) * 1000,
    query: signed.toString(),
  };
}

export type Params = Record<string, string | number | boolean | readonly string[] | undefined>;

/** Whether all of them can be told as they are: half of a surrogate pair cannot. */
export function isWellFormed(params: Params): boolean {
  return !Object.values(params).some((value) => /\p{Surrogate}/u.test(String(value)));
}

/** A part of a path. Half a character names nothing, and is not found. */
export function segment(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, "\ufffd"));
}

/** The address of a route, signed. Parameters that are undefined are left out; a list is one for each. */
export function address(gateway: Gateway, path: string, params: Params = {}): string {
  const query = new URLSearchParams(gateway.query);
  for (const [name, value] of Object.entries(params))
    for (const one of typeof value === "object" ? value : [value])
      if (one !== undefined) query.append(name, String(one));
  return `${gateway.origin}${path}?${query}`;
}

/** The address of the socket. */
export function socketAddress(gateway: Gateway): string {
  return `${gateway.origin.replace(/^http/, "ws")}/ws?${gateway.query}`;
}
