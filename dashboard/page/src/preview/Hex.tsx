import { useEffect, useMemo, useRef, useState } from "react";
import type { Stat } from "../../../client/index.ts";
import { size } from "../state/format.ts";
import { useWorkspace } from "../state/workspace.ts";
import { Failed, Loading } from "../ui/States.tsx";
import { useVirtual } from "../ui/useVirtual.ts";

const SHOWN_BYTES = 256 * 1024;
const ROW_BYTES = 16;
const ROW_PX = 20;

/** Bytes that are nothing else, sixteen to a line. */
export function Hex({ stat }: { stat: Stat }) {
  const { client } = useWorkspace();
  const [bytes, setBytes] = useState<Uint8Array | null>(null);
  const [error, setError] = useState<Error | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another tag is another file
  useEffect(() => {
    const stop = new AbortController();
    client.files
      .content(stat.path, { signal: stop.signal, ...(stat.size > SHOWN_BYTES && { range: [0, SHOWN_BYTES - 1] }) })
      .then(async (response) => setBytes(new Uint8Array(await response.arrayBuffer())))
      .catch((cause) => !stop.signal.aborted && setError(cause));
    return () => stop.abort();
  }, [client, stat.path, stat.etag, stat.size]);
  if (error) return <Failed error={error} />;
  if (bytes === null) return <Loading rows={6} />;
  return (
    <>
      <div className="view-bar">
        <span className="view-note">
          {bytes.length < stat.size ? `The first ${size(bytes.length)} of ${size(stat.size)}` : `${bytes.length} bytes`}
        </span>
      </div>
      <Lines bytes={bytes} />
    </>
  );
}

function Lines({ bytes }: { bytes: Uint8Array }) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = Math.ceil(bytes.length / ROW_BYTES);
  const { first, last } = useVirtual(scroller, rows, ROW_PX);
  const lines = useMemo(
    () => Array.from({ length: Math.max(0, last - first) }, (_, index) => line(bytes, (first + index) * ROW_BYTES)),
    [bytes, first, last],
  );
  return (
    <div className="hex" ref={scroller} tabIndex={0} role="region" aria-label="Bytes">
      <div style={{ height: rows * ROW_PX }}>
        <pre style={{ transform: `translateY(${first * ROW_PX}px)` }}>{lines.join("\n")}</pre>
      </div>
    </div>
  );
}

function line(bytes: Uint8Array, from: number): string {
  const row = [...bytes.subarray(from, from + ROW_BYTES)];
  const codes = row.map((byte) => byte.toString(16).padStart(2, "0"));
  const left = codes.slice(0, 8).join(" ").padEnd(23);
  const right = codes.slice(8).join(" ").padEnd(23);
  const text = row.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : "·")).join("");
  return `${from.toString(16).padStart(8, "0")}  ${left}  ${right}  ${text}`;
}
