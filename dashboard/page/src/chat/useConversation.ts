import { useCallback, useEffect, useRef, useState } from "react";
import { type ChatEvent, type ChatMessage, isSameChat, textOfMessage } from "../../../client/index.ts";
import { useStore } from "../state/store.ts";
import { whyOf } from "../state/toasts.ts";
import { useWorkspace } from "../state/workspace.ts";
import { cut, merged, type Said, shown, withEvent } from "./said.ts";
import type { Line } from "./useChatLine.ts";

/** So many of the last messages are shown: no more are told. */
const SHOWN = 200;

export interface Conversation {
  /** Null until they are known. */
  messages: readonly Said[] | null;
  /** Whether what was said before them is not shown. */
  isCut: boolean;
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
  const [isCut, setCut] = useState(false);
  const isKnown = useRef(false);
  /** Whether what is being answered was said here. */
  const isAsked = useRef(false);
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
        setCut(told.length >= SHOWN);
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
    // What is answered may have been said elsewhere, in another tab say: only what is kept has it.
    const isNew = !messages?.some((said) => said.id === id);
    if ((event.state === "final" && text === undefined) || (isNew && !isAsked.current)) reload();
    if (event.state !== "delta") isAsked.current = false;
    setMessages((all) => withEvent(all ?? [], id, event, text));
  };
  useEffect(() => hear((event) => take.current(event)), [hear]);

  const send = async (text: string, id: string = crypto.randomUUID()) => {
    const said = { id, isAgent: false, text, at: Date.now() };
    const without = <T extends { id: string }>(all: readonly T[]) => all.filter((other) => other.id !== id);
    failures.set(without);
    isAsked.current = true;
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
  return { messages: all, isCut, error, reload, send };
}
