import { useEffect, useState } from "react";
import { HoldfastError, type Stat } from "../../../client/index.ts";
import { useStore } from "../state/store.ts";
import { useWorkspace } from "../state/workspace.ts";

export interface Known {
  stat: Stat | null;
  error: HoldfastError | null;
}

/** What is known of a file, kept up to date. It stays the same object while the content does. */
export function useStat(path: string): Known {
  const { client, news, listings } = useWorkspace();
  const heard = useStore(news);
  const [known, setKnown] = useState<Known>({ stat: null, error: null });
  // biome-ignore lint/correctness/useExhaustiveDependencies: news are why it is asked again
  useEffect(() => {
    const stop = new AbortController();
    const reached = listings.asking();
    client.files.stat(path, { signal: stop.signal }).then(
      (stat) => setKnown((now) => (now.stat?.etag === stat.etag && !now.error ? now : { stat, error: null })),
      (cause) => {
        if (!(cause instanceof HoldfastError)) return;
        reached(cause);
        // What is shown stays while nobody answers.
        setKnown((now) => (cause.isOffline && now.stat ? now : { stat: now.stat, error: cause }));
      },
    );
    return () => stop.abort();
  }, [client, listings, path, heard]);
  return known;
}
