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

/** A message that was sent and did not arrive. */
export interface Failed {
  id: string;
  text: string;
  at: number;
  error: string;
}

export class UnsentMessages {
  readonly #chats = new Map<string, { next: Store<Unsent>; failed: Store<readonly Failed[]> }>();

  /** Whether there is nothing that would be lost with the page. */
  get isEmpty(): boolean {
    return [...this.#chats.values()].every(({ next, failed }) => {
      const { text, attachments } = next.get();
      return text.trim() === "" && attachments.length === 0 && failed.get().length === 0;
    });
  }

  /** The message that is being written to a chat. */
  next(sessionKey: string): Store<Unsent> {
    return this.#of(sessionKey).next;
  }

  /** Messages of a chat that wait to be sent again. */
  failed(sessionKey: string): Store<readonly Failed[]> {
    return this.#of(sessionKey).failed;
  }

  #of(sessionKey: string) {
    let found = this.#chats.get(sessionKey);
    if (!found) {
      found = { next: new Store(NOTHING), failed: new Store<readonly Failed[]>([]) };
      this.#chats.set(sessionKey, found);
    }
    return found;
  }
}
