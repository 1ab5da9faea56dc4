import { useEffect, useState } from "react";
import { type ChatSession, isSameChat } from "../../../client/index.ts";
import { exactly, when } from "../state/format.ts";
import { go, hrefOf } from "../state/route.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Icon, IconButton } from "../ui/Icon.tsx";
import { ScreenHead } from "../ui/ScreenHead.tsx";
import { Conversation } from "./Conversation.tsx";
import { useChatLine } from "./useChatLine.ts";

const MAIN = "main";

/** Chats with the agent: which there are, and the one that is open. */
export default function ChatScreen({ path, onMenu }: { path: string; onMenu: () => void }) {
  const line = useChatLine();
  const { sessions, error } = useSessions(line.state);
  const open = path || MAIN;
  const isKnown = (key: string) => sessions.some((session) => isSameChat(session.key, key));
  // The main one is there whether anything was said in it or not.
  const begun: ChatSession[] = [
    { key: open, title: "New chat", updatedAt: null },
    { key: MAIN, title: "Main", updatedAt: null },
  ];
  const listed = [...begun.filter(({ key }, at) => !isKnown(key) && !(at === 0 && isSameChat(key, MAIN))), ...sessions];
  const begin = () => go({ screen: "chat", path: `chat-${crypto.randomUUID().slice(0, 8)}` });
  return (
    <div className={path ? "page-frame chat-open" : "page-frame"}>
      <ScreenHead title="Chat" onMenu={onMenu}>
        <button type="button" className="button" disabled={line.state !== "ready"} onClick={begin}>
          <Icon name="plus" />
          New chat
        </button>
      </ScreenHead>
      <div className="chat-frame">
        <nav className="chat-list" aria-label="Chats">
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
          <Conversation key={open} sessionKey={open} line={line} />
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

/** The chats that are kept; asked for again when the line to the agent is another. */
function useSessions(round: unknown) {
  const { client } = useWorkspace();
  const [sessions, setSessions] = useState<readonly ChatSession[]>([]);
  const [error, setError] = useState<Error | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round is a new question
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
  }, [client, round]);
  return { sessions, error };
}
