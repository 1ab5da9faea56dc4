import { useRef, useState } from "react";
import { sayError } from "./toasts.ts";
import { type Answer, useAnswer } from "./useAnswer.ts";

interface Page<T> {
  items: readonly T[];
  /** Where the next one begins; undefined behind the last. */
  cursor?: string | undefined;
}

export interface Pages<T> extends Answer<readonly T[]> {
  /** Asks for the next page, if there is one. */
  next?: () => Promise<void>;
  isAsking: boolean;
}

/**
 * What a question is answered in pages: the first as `useAnswer` has it, the others when they are asked for. They are of this
 * question alone: a page that comes when another one is asked already is of no use.
 */
export function usePages<T extends { id: string }>(
  key: string,
  ask: (more: { signal?: AbortSignal; cursor?: string }) => Promise<Page<T>>,
  of: "workspace" | "store" = "workspace",
): Pages<T> {
  const { value, error, again } = useAnswer(key, (signal) => ask({ signal }), of);
  const [later, setLater] = useState<{ key: string } & Page<T>>();
  const [asking, setAsking] = useState<string>();
  const current = useRef(key);
  current.current = key;
  const more = later?.key === key ? later : null;
  const cursor = more ? more.cursor : value?.cursor;
  const next = async () => {
    setAsking(key);
    try {
      const page = await ask({ cursor: cursor ?? "" });
      if (current.current === key)
        setLater({ key, items: [...(more?.items ?? []), ...page.items], cursor: page.cursor });
    } catch (cause) {
      if (current.current === key) sayError("Looking for more", cause);
    } finally {
      setAsking((now) => (now === key ? undefined : now));
    }
  };
  const first = value?.items ?? [];
  // What has moved from one page to the other meanwhile is there once.
  const items = [...new Map([...first, ...(more?.items ?? [])].map((item) => [item.id, item])).values()];
  return {
    value: value && items,
    error,
    again,
    isAsking: asking === key,
    ...(value && cursor !== undefined && { next }),
  };
}
