import { useEffect, useRef, useState } from "react";
import { type ChatSession, isSameChat } from "../../../client/index.ts";
import { exactly, when } from "../state/format.ts";
import { go, hrefOf } from "../state/route.ts";
import { useStore } from "../state/store.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Icon, IconButton } from "../ui/Icon.tsx";
import { ScreenHead } from "../ui/ScreenHead.tsx";
import { Conversation } from "./Conversation.tsx";
import { type Line, useChatLine } from "./useChatLine.ts";

const MAIN = "main";

/** Chats with the agent: which there are, and the one that is open. */
export default function ChatScreen({ path, onMenu }: { path: string; onMenu: () => void }) {
  const line = useChatLine();
  const { sessions, error } = useSessions(line);
  const open = path || MAIN;
  const isAmong = (all: readonly ChatSession[] | null, key: string) => !!all?.some((one) => isSameChat(one.key, key));
  const { begun } = useWorkspace();
  const fresh = useStore(begun.list).filter(({ key }) => !isAmong(sessions, key));
  const titles = begun.titles();
  const known = [...fresh, ...(sessions ?? []).map((chat) => named(chat, titles))];
  // The main one is there whether anything was said in it or not.
  const always: ChatSession[] = [
    { key: open, title: "New chat", updatedAt: null },
    { key: MAIN, title: "Main", updatedAt: null },
  ];
  const listed = [
    ...always.filter(({ key }, at) => !isAmong(known, key) && !(at === 0 && isSameChat(key, MAIN))),
    ...known,
  ];
  /** From its first words on, a chat is listed. */
  const onSaid = (text: string) => {
    const isNew = sessions !== null || begun.isFresh(open);
    if (isNew && !isAmong(known, open) && !isSameChat(open, MAIN)) begun.begin(open, text);
  };
  const entries = useRef<HTMLElement>(null);
  const isKnown = sessions !== null;
  // Among many, the one that is open is seen.
  // biome-ignore lint/correctness/useExhaustiveDependencies: each is another place in the list
  useEffect(() => {
    entries.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [open, isKnown]);
  const begin = () => go({ screen: "chat", path: begun.newKey() });
  return (
    <div className={path ? "page-frame chat-open" : "page-frame"}>
      <ScreenHead title="Chat" onMenu={onMenu}>
        <button type="button" className="button" disabled={line.state !== "ready"} onClick={begin}>
          <Icon name="plus" />
          New chat
        </button>
      </ScreenHead>
      <div className="chat-frame">
        <nav className="chat-list" aria-label="Chats" ref={entries}>
          {error && (
            <p className="problem" role="alert">
              {error.message}
            </p>
          )}
          {listed.map(({ key, title, updatedAt }) => (
            <a
              key={key}
              href={hrefOf({ screen: "chat", path: key })}
              className="chat-entry"
              aria-current={isSameChat(key, open) ? "page" : undefined}
            >
              <span className="name" dir="auto">
                {titleOf({ key, title })}
              </span>
              {updatedAt && (
                <span className="quiet" title={exactly(updatedAt)}>
                  {when(updatedAt)}
                </span>
              )}
            </a>
          ))}
        </nav>
        <div className="chat-main">
          <div className="chat-back">
            <IconButton
              icon="chevron"
              label="Back to the chats"
              className="back-button"
              onClick={() => go({ screen: "chat", path: "" })}
            />
            <span className="name" dir="auto">
              {titleOf(listed.find(({ key }) => isSameChat(key, open)))}
            </span>
          </div>
          <Conversation key={open} sessionKey={open} line={line} onSaid={onSaid} />
        </div>
      </div>
    </div>
  );
}

/** What a chat is called: the main one has a name, whatever is kept of it. */
function titleOf(chat: Pick<ChatSession, "key" | "title"> | undefined): string {
  if (!chat || (isSameChat(chat.key, MAIN) && isSameChat(chat.title ?? MAIN, MAIN))) return "Main";
  return chat.title ?? chat.key;
}

/** A chat that is kept without a title has that of its first words, if it was begun here. */
function named(chat: ChatSession, titles: ReadonlyMap<string, string>): ChatSession {
  return chat.title === chat.key ? { ...chat, title: titles.get(chat.key) ?? chat.key } : chat;
}

/** The chats that are kept; null until they are known. Asked for again when the line is another, and when something was said. */
function useSessions({ state, hear }: Line) {
  const { client } = useWorkspace();
  const [said, setSaid] = useState(0);
  useEffect(() => hear((event) => event.state === "final" && setSaid((count) => count + 1)), [hear]);
  const [sessions, setSessions] = useState<readonly ChatSession[] | null>(null);
  const [error, setError] = useState<Error | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each is a new question
  useEffect(() => {
    const stop = new AbortController();
    client.chats.sessions({ signal: stop.signal }).then(
      (answer) => {
        setSessions(answer.sessions);
        setError(null);
      },
      (cause) => !stop.signal.aborted && setError(cause),
    );
    return () => stop.abort();
  }, [client, state, said]);
  return { sessions, error };
}
