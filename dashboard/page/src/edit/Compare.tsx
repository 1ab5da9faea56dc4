import { useEffect, useRef } from "react";
import { mountCompare } from "./compare.ts";

interface CompareProps {
  theirs: string;
  mine: string;
  name: string;
  onSave: (text: string) => void;
}

/** Theirs and mine in one text: each difference is accepted or rejected, or written anew. */
export function Compare({ theirs, mine, name, onSave }: CompareProps) {
  const frame = useRef<HTMLDivElement>(null);
  const compared = useRef<{ text: () => string; destroy: () => void } | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is typed into it stays until theirs is another one
  useEffect(() => {
    if (!frame.current) return;
    const made = mountCompare(frame.current, { theirs, mine, name });
    compared.current = made;
    return () => made.destroy();
  }, [theirs, name]);
  return (
    <div className="compare">
      <p className="compare-note quiet">
        Red is theirs, green is yours. Reject takes theirs.
        <button type="button" className="button primary" onClick={() => onSave(compared.current?.text() ?? mine)}>
          Save this
        </button>
      </p>
      <div className="code" ref={frame} />
    </div>
  );
}
