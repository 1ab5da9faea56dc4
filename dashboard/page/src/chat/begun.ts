// Chats that were begun here. What is kept of a chat is kept later, and has no title: it is called by the first words that were said.

import type { ChatSession } from "../../../client/index.ts";
import { nameOf } from "../state/paths.ts";
import { remember, remembered } from "../state/remembered.ts";
import { Store } from "../state/store.ts";

const TITLE_MAX = 60;

/** What a chat is called that begins so; files that go along count only where nothing else is said. */
export function firstWords(message: string): string {
  const [, attached = ""] = /^\[Attached: (.*)\]$/m.exec(message) ?? [];
  const words = message.replace(/^\[Attached: .*\]$/gm, "").trim();
  const signs = [...(words || nameOf(attached)).replace(/\s+/g, " ")];
  return signs.length > TITLE_MAX ? `${signs.slice(0, TITLE_MAX).join("").trimEnd()}…` : signs.join("");
}

export class BegunChats {
  readonly #under: string;
  readonly #fresh = new Set<string>();
  /** Those that were begun since the page was opened, newest first. */
  readonly list = new Store<readonly ChatSession[]>([]);

  constructor(userId: string) {
    this.#under = `holdfast:chats:${userId}`;
  }

  /** A key for a chat that nobody knows yet. */
  newKey(): string {
    const key = `chat-${crypto.randomUUID().slice(0, 8)}`;
    this.#fresh.add(key);
    return key;
  }

  /** Whether a chat was made here. */
  isFresh(key: string): boolean {
    return this.#fresh.has(key);
  }

  begin(key: string, message: string): void {
    const title = firstWords(message);
    remember(this.#under, key, title);
    this.list.set((all) => [{ key, title, updatedAt: new Date().toISOString() }, ...all]);
  }

  /** What chats are called that were begun in this browser, by their keys. */
  titles(): ReadonlyMap<string, string> {
    return new Map(remembered(this.#under));
  }
}
