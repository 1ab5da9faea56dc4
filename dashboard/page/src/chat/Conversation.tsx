import { useEffect, useRef } from "react";
import { exactly, when } from "../state/format.ts";
import { Empty, Failed, Loading } from "../ui/States.tsx";
import { Composer } from "./Composer.tsx";
import { MessageText } from "./MessageText.tsx";
import type { Line } from "./useChatLine.ts";
import { type Said, useConversation } from "./useConversation.ts";

/** So near to the end, whoever reads is taken along. */
const NEAR_PX = 120;

/** One chat: what was said, and where to say more. */
export function Conversation({ sessionKey, line }: { sessionKey: string; line: Line }) {
  const { messages, error, reload, send } = useConversation(sessionKey, line);
  const scroll = useRef<HTMLDivElement>(null);
  const isNear = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: every change of what is said may reach further
  useEffect(() => {
    const frame = scroll.current;
    if (frame && isNear.current) frame.scrollTop = frame.scrollHeight;
  }, [messages]);
  return (
    <div className="conversation">
      <div
        className="said-frame"
        role="log"
        aria-label="Messages"
        tabIndex={0}
        ref={scroll}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          isNear.current = scrollHeight - scrollTop - clientHeight < NEAR_PX;
        }}
      >
        {error && !messages?.length ? (
          <Failed error={error} onRetry={reload} />
        ) : messages === null ? (
          <Loading />
        ) : messages.length === 0 ? (
          <Empty icon="chat" title="Nothing has been said here yet" />
        ) : (
          <ol className="said-list">
            {messages.map((said) => (
              <Message key={said.id} said={said} onAgain={() => void send(said.text, said.id)} />
            ))}
          </ol>
        )}
      </div>
      {line.state === "none" ? (
        <p className="quiet chat-note">Chats are shown as they were kept; this service has no line to your agent.</p>
      ) : (
        <>
          {line.state === "connecting" && (
            <p className="quiet chat-note" role="status">
              Looking for your agent…
            </p>
          )}
          <Composer
            isReady={line.state === "ready"}
            onSend={(text) => {
              isNear.current = true;
              return send(text);
            }}
          />
        </>
      )}
    </div>
  );
}

function Message({ said, onAgain }: { said: Said; onAgain: () => void }) {
  const { isAgent, text, at, state, error } = said;
  return (
    <li className={isAgent ? "said agent" : "said own"}>
      <p className="quiet said-by">
        {isAgent ? "Agent" : "You"}
        {at !== undefined && <time title={exactly(at)}> {when(at)}</time>}
        {state === "running" && <span role="status"> is writing…</span>}
        {state === "sending" && " · sending…"}
      </p>
      <div className="said-text">
        <MessageText text={text} isAgent={isAgent} />
      </div>
      {state === "failed" && (
        <p className="problem" role="alert">
          {error}{" "}
          {!isAgent && (
            <button type="button" className="link" onClick={onAgain}>
              Send again
            </button>
          )}
        </p>
      )}
    </li>
  );
}
