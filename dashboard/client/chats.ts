// Chats with the agent: what was said, from the bucket; and through the host's gateway, where there is one, what is being said.

import { ChatLine, type ChatLineOptions } from "./chat-line.ts";
import { socketAddress } from "./gateway.ts";
import type { CallOptions, Http } from "./http.ts";
import type { ChatHistory, ChatSessions } from "./types.ts";

export class Chats {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** The chats there are, newest first. */
  sessions(options: CallOptions = {}): Promise<ChatSessions> {
    return this.#http.json("GET", "/ws/api/sessions", options);
  }

  /** The last messages of a chat, as the bucket has them; none of a chat that nobody knows. */
  history(sessionKey: string, { signal, limit }: CallOptions & { limit?: number } = {}): Promise<ChatHistory> {
    const request = { params: { sessionKey, limit }, ...(signal && { signal }) };
    return this.#http.json("GET", "/ws/api/history", request);
  }

  /** A line to the gateway, until it is closed. */
  line(options: ChatLineOptions): ChatLine {
    return new ChatLine(
      () => socketAddress(this.#http.gateway),
      // What renews is a request: a socket can only be closed.
      () => this.#http.json("GET", "/api/status"),
      options,
    );
  }
}

/** Whether two keys name one chat: the main one has two. */
export function isSameChat(one: string, other: string): boolean {
  const plain = (key: string) => (key === "agent:main:main" ? "main" : key);
  return plain(one) === plain(other);
}

/** What a message says in words. */
export function textOfMessage({ content }: { content?: unknown }): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  const texts = content.map((part: { type?: unknown; text?: unknown } | null) =>
    part?.type === "text" && typeof part.text === "string" ? part.text : "",
  );
  return texts.filter((text) => text !== "").join("\n\n");
}
