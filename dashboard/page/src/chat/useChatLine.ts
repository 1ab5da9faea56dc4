import { useEffect, useState } from "react";
import type { ChatEvent, ChatLine, ChatLineState } from "../../../client/index.ts";
import { useWorkspace } from "../state/workspace.ts";

export interface Line {
  state: ChatLineState;
  /** Null before the first moment of it. */
  line: ChatLine | null;
  /** Has what is said told until the answer is called. */
  hear: (listener: (event: ChatEvent) => void) => () => void;
}

/** A line to the agent for as long as somebody looks at chats. */
export function useChatLine(): Line {
  const { client } = useWorkspace();
  const [state, setState] = useState<ChatLineState>("connecting");
  const [line, setLine] = useState<ChatLine | null>(null);
  const [listeners] = useState(() => new Set<(event: ChatEvent) => void>());
  useEffect(() => {
    const opened = client.chats.line({
      onState: setState,
      onChat: (event) => {
        for (const listener of listeners) listener(event);
      },
    });
    setLine(opened);
    return () => opened.close();
  }, [client, listeners]);
  const [hear] = useState(() => (listener: (event: ChatEvent) => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  });
  return { state, line, hear };
}
