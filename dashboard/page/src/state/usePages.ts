import { useMemo, useRef, useState } from "react";
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
 * What a question is answered in pages: the first as `useAnswer` has it, the others when they are asked for. Asked again, as many
 * pages as there were are new. They are of this question alone: a page that comes when another one is asked already is of no use.
 */
export function usePages<T extends { id: string }>(
  key: string,
  ask: (more: { signal?: AbortSignal; cursor?: string }) => Promise<Page<T>>,
  of: "workspace" | "store" = "workspace",
): Pages<T> {
  /** How many pages of which question are shown. */
  const wanted = useRef({ key, pages: 1 });
  if (wanted.current.key !== key) wanted.current = { key, pages: 1 };
  const all = async (signal: AbortSignal): Promise<Page<T>> => {
    const shown = wanted.current;
    const { items, ...first } = await ask({ signal });
    const whole = { items: [...items], cursor: first.cursor };
    for (let page = 1; page < shown.pages && whole.cursor !== undefined; page += 1) {
      const next = await ask({ signal, cursor: whole.cursor });
      whole.items.push(...next.items);
      whole.cursor = next.cursor;
    }
    return whole;
  };
  const { value, error, again } = useAnswer(key, all, of);
  const [later, setLater] = useState<{ behind: Page<T> | null } & Page<T>>();
  const [asking, setAsking] = useState<string>();
  const current = useRef({ key, value });
  current.current = { key, value };
  // An answer that is newer has all of it.
  const more = later?.behind === value ? later : null;
  const cursor = more ? more.cursor : value?.cursor;
  const next = async () => {
    setAsking(key);
    try {
      const page = await ask({ cursor: cursor ?? "" });
      if (current.current.key !== key) return;
      wanted.current.pages += 1;
      const items = [...(more?.items ?? []), ...page.items];
      setLater({ behind: current.current.value, items, cursor: page.cursor });
    } catch (cause) {
      if (current.current.key === key) sayError("Looking for more", cause);
    } finally {
      setAsking((now) => (now === key ? undefined : now));
    }
  };
  const items = useMemo(() => {
    const all = value && [...value.items, ...(more?.items ?? [])];
    // What has moved from one page to the other meanwhile is there once.
    return all && [...new Map(all.map((item) => [item.id, item])).values()];
  }, [value, more]);
  return {
    value: items,
    error,
    again,
    isAsking: asking === key,
    ...(value && cursor !== undefined && { next }),
  };
}
