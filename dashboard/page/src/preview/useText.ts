import { useEffect, useState } from "react";
import { useWorkspace } from "../state/workspace.ts";

/** What is shown of a text; a longer one is shown from its beginning, and not edited here. */
export const TEXT_MAX_BYTES = 2 * 1024 * 1024;

export interface TextFile {
  text: string;
  etag: string;
  /** There is more of it. */
  isCut: boolean;
}

export type Loaded =
  | { state: "loading" }
  | { state: "text"; file: TextFile }
  | { state: "binary" }
  | { state: "failed"; error: Error };

/** Reads bytes as text, if they are: UTF-8 without NUL, whatever the file is called. */
export function decode(bytes: ArrayBuffer, isCut: boolean): string | null {
  const all = new Uint8Array(bytes);
  if (all.subarray(0, 8192).includes(0)) return null;
  try {
    // A cut may be within a character: then `stream` leaves it out. A byte order mark is kept: it is part of the file.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(all, { stream: isCut });
  } catch {
    return null;
  }
}

/** The text of a file, and again whenever its tag changes; what was shown stays until the new one is there. */
export function useText(path: string, etag: string | undefined, size: number): Loaded {
  const { client } = useWorkspace();
  const [loaded, setLoaded] = useState<Loaded>({ state: "loading" });
  useEffect(() => {
    if (etag === undefined) return;
    const stop = new AbortController();
    const isCut = size > TEXT_MAX_BYTES;
    const range: { range?: [number, number] } = isCut ? { range: [0, TEXT_MAX_BYTES - 1] } : {};
    client.files
      .content(path, { signal: stop.signal, ...range })
      .then(async (response) => {
        const text = decode(await response.arrayBuffer(), isCut);
        const found = response.headers.get("ETag") ?? etag;
        setLoaded(text === null ? { state: "binary" } : { state: "text", file: { text, etag: found, isCut } });
      })
      .catch((error) => {
        if (!stop.signal.aborted) setLoaded((now) => (now.state === "text" ? now : { state: "failed", error }));
      });
    return () => stop.abort();
  }, [client, path, etag, size]);
  return loaded;
}
