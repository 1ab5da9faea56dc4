import { useEffect, useState } from "react";
import type { Stat } from "../../../client/index.ts";
import { size } from "../state/format.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Empty, Failed, Loading } from "../ui/States.tsx";

const SHOWN_MAX_BYTES = 30 * 1024 * 1024;

/** A PDF in the browser's own viewer. It gets the bytes, not the address: what the Worker serves is sandboxed, and viewers do not run there. */
export function PdfView({ stat }: { stat: Stat }) {
  const { client } = useWorkspace();
  const [url, setUrl] = useState<string | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const isShown = stat.size <= SHOWN_MAX_BYTES && navigator.pdfViewerEnabled;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another tag is another file
  useEffect(() => {
    if (!isShown) return;
    const stop = new AbortController();
    let made: string | undefined;
    setError(null);
    client.files
      .content(stat.path, { signal: stop.signal })
      .then(async (response) => {
        const bytes = await response.arrayBuffer();
        if (stop.signal.aborted) return;
        made = URL.createObjectURL(new Blob([bytes], { type: "application/pdf" }));
        setUrl(made);
      })
      .catch((cause) => !stop.signal.aborted && setError(cause));
    return () => {
      stop.abort();
      if (made) URL.revokeObjectURL(made);
    };
  }, [client, stat.path, stat.etag, isShown]);
  if (error) return <Failed error={error} />;
  if (!isShown)
    return (
      <Empty icon="text" title={`A PDF of ${size(stat.size)}`}>
        Download it to read it.
      </Empty>
    );
  return url ? <iframe className="pdf" src={url} title={stat.name} /> : <Loading rows={6} />;
}
