import { useCallback, useEffect, useRef, useState } from "react";
import { type ChatEvent, type ChatMessage, isSameChat, textOfMessage } from "../../../client/index.ts";
import { useStore } from "../state/store.ts";
import { whyOf } from "../state/toasts.ts";
import { useWorkspace } from "../state/workspace.ts";
import type { Line } from "./useChatLine.ts";

/** So many of the last messages are shown. */
const SHOWN = 200;

/** A message as it is shown. */
export interface Said {
  id: string;
  isAgent: boolean;
  text: string;
  at?: number | string;
  /** `running` while the agent says it, `cut` if the line broke then, `sending` while it is on its way there. */
  state?: "running" | "cut" | "sending" | "failed";
  error?: string;
}

export interface Conversation {
  /** Null until they are known. */
  messages: readonly Said[] | null;
  error: Error | null;
  reload: () => void;
  send: (text: string, id?: string) => Promise<void>;
}

/** What is said in one chat: what is kept of it, and what comes while somebody looks. */
export function useConversation(sessionKey: string, { state, line, hear }: Line): Conversation {
  const { client, unsent } = useWorkspace();
  const failures = unsent.failed(sessionKey);
  const failed = useStore(failures);
  const [messages, setMessages] = useState<readonly Said[] | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [round, setRound] = useState(0);
  const isKnown = useRef(false);
  const reload = useCallback(() => setRound((now) => now + 1), []);

  // The gateway knows the newest; without it, what the bucket has is what there is.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round is a new attempt
  useEffect(() => {
    // A line that has broken says nothing new.
    if (state === "connecting" && isKnown.current) return;
    const stop = new AbortController();
    const kept = () => client.chats.history(sessionKey, { signal: stop.signal, limit: SHOWN });
    const known = async () => {
      const told = await line?.ask<{ messages?: ChatMessage[] }>("chat.history", { sessionKey, limit: SHOWN });
      return Array.isArray(told?.messages) ? { messages: told.messages } : kept();
    };
    (state === "ready" ? known().catch(kept) : kept()).then(
      ({ messages: told }) => {
        if (stop.signal.aborted) return;
        setError(null);
        isKnown.current = true;
        setMessages((before) => merged(shown(told), before ?? []));
      },
      (cause) => !stop.signal.aborted && setError(cause),
    );
    return () => stop.abort();
  }, [client, sessionKey, line, state, round]);

  // Nobody knows what becomes of what was being said: what is kept may tell, or the next line.
  useEffect(() => {
    if (state !== "ready") setMessages((all) => all?.map(cut) ?? null);
  }, [state]);

  const take = useRef((_event: ChatEvent) => {});
  take.current = (event) => {
    if (!isSameChat(event.sessionKey, sessionKey)) return;
    const id = `run-${event.runId ?? ""}`;
    const text = event.message ? textOfMessage(event.message) : undefined;
    if (event.state === "final" && text === undefined) reload();
    setMessages((all) => withEvent(all ?? [], id, event, text));
  };
  useEffect(() => hear((event) => take.current(event)), [hear]);

  const send = async (text: string, id: string = crypto.randomUUID()) => {
    const said = { id, isAgent: false, text, at: Date.now() };
    const without = <T extends { id: string }>(all: readonly T[]) => all.filter((other) => other.id !== id);
    failures.set(without);
    setMessages((all) => [...without(all ?? []), { ...said, state: "sending" }]);
    try {
      if (!line) throw new Error("There is no line to the agent");
      await line.send(sessionKey, text, id);
      setMessages((all) => (all ?? []).map((other) => (other.id === id ? said : other)));
    } catch (cause) {
      // It outlives this look at the chat: who comes back finds it, and can send it again.
      setMessages((all) => without(all ?? []));
      failures.set((all) => [...all, { id, text, at: said.at, error: whyOf(cause) }]);
    }
  };
  const all = messages && [...messages, ...failed.map((each): Said => ({ ...each, isAgent: false, state: "failed" }))];
  return { messages: all, error, reload, send };
}

/** A run's message as it grows, and as it ends. */
function withEvent(all: readonly Said[], id: string, event: ChatEvent, text: string | undefined): readonly Said[] {
  const before = all.find((said) => said.id === id);
  const others = all.filter((said) => said.id !== id);
  const said: Said = {
    id,
    isAgent: true,
    text: text ?? before?.text ?? "",
    at: event.message?.timestamp ?? Date.now(),
  };
  if (event.state === "delta") return [...others, { ...said, state: "running" }];
  if (event.state === "error") {
    return [...others, { ...said, state: "failed", error: event.errorMessage ?? "The agent could not answer" }];
  }
  // Without its words they come with the next look.
  return said.text === "" ? others : [...others, said];
}

const wasKept = ({ id }: Said) => id.startsWith("kept-");

function cut(said: Said): Said {
  return said.state === "running" ? { ...said, state: "cut" } : said;
}

/** What is kept, and behind it what was said here and is not kept yet. */
function merged(kept: readonly Said[], before: readonly Said[]): Said[] {
  const isKept = ({ isAgent, text }: Said) => kept.some((said) => said.isAgent === isAgent && said.text === text);
  const [old, here] = [before.filter(wasKept), before.filter((said) => !wasKept(said))];
  const isNew = ({ text }: Said) => !old.some((said) => said.isAgent && said.text === text);
  const answers = kept.filter((said) => said.isAgent && isNew(said));
  const isWhole = ({ text }: Said) => answers.some((answer) => answer.text.startsWith(text));
  const isOver = (said: Said) => (said.state === "cut" ? isWhole(said) : said.state === undefined && isKept(said));
  return [...kept, ...here.filter((said) => !isOver(said))];
}

function shown(messages: readonly ChatMessage[]): Said[] {
  return messages.flatMap((message, index): Said[] => {
    const text = textOfMessage(message);
    if ((message.role !== "user" && message.role !== "assistant") || text === "") return [];
    const at = message.timestamp;
    return [{ id: `kept-${index}`, isAgent: message.role === "assistant", text, ...(at !== undefined && { at }) }];
  });
}
