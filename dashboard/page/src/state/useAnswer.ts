import { useCallback, useEffect, useRef, useState } from "react";
import { useStore } from "./store.ts";
import { useWorkspace } from "./workspace.ts";

export interface Answer<T> {
  value: T | null;
  error: Error | null;
  again: () => void;
}

/**
 * What a question is answered, asked again whenever something may have changed: in the workspace, or in what is published and
 * installed. What was answered before stays until then.
 */
export function useAnswer<T>(
  key: string,
  ask: (signal: AbortSignal) => Promise<T>,
  of: "workspace" | "store" = "workspace",
): Answer<T> {
  const workspace = useWorkspace();
  const heard = useStore(of === "store" ? workspace.shop.news : workspace.news);
  const [round, setRound] = useState(0);
  const [answer, setAnswer] = useState<{ key: string; value: T | null; error: Error | null }>({
    key,
    value: null,
    error: null,
  });
  const latest = useRef(ask);
  latest.current = ask;
  // biome-ignore lint/correctness/useExhaustiveDependencies: news and new rounds are why it is asked again
  useEffect(() => {
    const stop = new AbortController();
    // Whether anybody can be reached is said beside the name of the page.
    const reached = workspace.listings.asking();
    latest.current(stop.signal).then(
      (value) => {
        if (stop.signal.aborted) return;
        reached(null);
        setAnswer({ key, value, error: null });
      },
      (error) => {
        if (stop.signal.aborted) return;
        reached(error);
        setAnswer((now) => ({ key, value: now.key === key ? now.value : null, error }));
      },
    );
    return () => stop.abort();
  }, [key, heard, round]);
  const again = useCallback(() => setRound((now) => now + 1), []);
  const isOfKey = answer.key === key;
  return { value: isOfKey ? answer.value : null, error: isOfKey ? answer.error : null, again };
}
