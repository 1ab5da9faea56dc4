import { useCallback, useRef } from "react";
import { exactly, when } from "../state/format.ts";
import { Boundary } from "../ui/Boundary.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Empty, Failed, Loading } from "../ui/States.tsx";
import { Composer } from "./Composer.tsx";
import { MessageText } from "./MessageText.tsx";
import type { Said } from "./said.ts";
import type { Line } from "./useChatLine.ts";
import { useConversation } from "./useConversation.ts";
import { useDropZone } from "./useDropZone.ts";
import { useUnsent } from "./useUnsent.ts";

/** So near to the end, whoever reads is taken along. */
const NEAR_PX = 120;

interface ConversationProps {
  sessionKey: string;
  line: Line;
  onSaid: (text: string) => void;
}

/** One chat: what was said, and where to say more. */
export function Conversation({ sessionKey, line, onSaid }: ConversationProps) {
  const { messages, isCut, error, reload, send } = useConversation(sessionKey, line);
  const next = useUnsent(sessionKey);
  const { isOver, zone } = useDropZone(next.drop);
  const isMute = line.state === "none";
  const scroll = useRef<HTMLDivElement>(null);
  const isNear = useRef(true);
  // What is said grows by words and by pictures that come late: whoever was at the end stays there.
  const grown = useCallback((list: HTMLElement | null) => {
    if (!list) return;
    const watch = new ResizeObserver(() => {
      const frame = scroll.current;
      if (frame && isNear.current) frame.scrollTop = frame.scrollHeight;
    });
    watch.observe(list);
    // The place for it shrinks when more is being written.
    if (scroll.current) watch.observe(scroll.current);
    return () => watch.disconnect();
  }, []);
  return (
    <div className="conversation" {...(isMute ? {} : zone)}>
      {isOver && (
        <div className="drop-zone">
          <Icon name="upload" size={32} />
          Drop to attach to your message
        </div>
      )}
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
          <Empty icon="chat" title="Nothing has been said here yet">
            {!isMute && "Ask your agent something. Files that you drop here go along."}
          </Empty>
        ) : (
          <ol className="said-list" ref={grown}>
            {isCut && <li className="quiet chat-note">The latest messages are shown, and none from before them.</li>}
            {messages.map((said) => (
              <Message key={said.id} said={said} onAgain={() => void send(said.text, said.id)} />
            ))}
          </ol>
        )}
      </div>
      {isMute ? (
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
            next={next}
            onSend={(text) => {
              isNear.current = true;
              onSaid(text);
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
        {state === "cut" && " · cut off when the line broke"}
        {state === "sending" && " · sending…"}
      </p>
      <div className="said-text">
        <Boundary of={text} source={text}>
          <MessageText text={text} isAgent={isAgent} />
        </Boundary>
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
