// Messages to the agent that are not sent yet: whoever looks at something else meanwhile finds them again.

import { Store } from "./store.ts";

/** A file that goes with a message: one from outside, or one that is in the workspace already. */
export interface Attachment {
  id: number;
  name: string;
  /** What has to be sent, and how much of it has been. */
  file?: File;
  sent: number;
  /** Where it is, once it is there. */
  path?: string;
  type?: "file" | "directory";
  error?: string;
}

export interface Unsent {
  text: string;
  attachments: readonly Attachment[];
}

export const NOTHING: Unsent = { text: "", attachments: [] };

export class UnsentMessages {
  readonly #chats = new Map<string, Store<Unsent>>();

  /** Whether there is nothing that would be lost with the page. */
  get isEmpty(): boolean {
    return [...this.#chats.values()].every((chat) => {
      const { text, attachments } = chat.get();
      return text.trim() === "" && attachments.length === 0;
    });
  }

  of(sessionKey: string): Store<Unsent> {
    let found = this.#chats.get(sessionKey);
    if (!found) {
      found = new Store(NOTHING);
      this.#chats.set(sessionKey, found);
    }
    return found;
  }
}
