import { useEffect, useRef } from "react";
import { mountCompare } from "./compare.ts";

interface CompareProps {
  theirs: string;
  mine: string;
  name: string;
  onChange: (text: () => string) => void;
  onSave: (text: string) => void;
}

/** Theirs and mine in one text: each difference is accepted or rejected, or written anew. */
export function Compare({ theirs, mine, name, onChange, onSave }: CompareProps) {
  const frame = useRef<HTMLDivElement>(null);
  const compared = useRef<ReturnType<typeof mountCompare> | null>(null);
  const shown = useRef(theirs);
  const latest = useRef(onChange);
  latest.current = onChange;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is typed into it stays, whatever theirs becomes
  useEffect(() => {
    if (!frame.current) return;
    const made = mountCompare(frame.current, { theirs, mine, name, onChange: (text) => latest.current(text) });
    compared.current = made;
    return () => made.destroy();
  }, [name]);
  useEffect(() => {
    if (shown.current === theirs) return;
    shown.current = theirs;
    compared.current?.setTheirs(theirs);
  }, [theirs]);
  return (
    <div className="compare">
      <p className="compare-note quiet">
        Red is theirs, green is yours.
        <button type="button" className="button primary" onClick={() => onSave(compared.current?.text() ?? mine)}>
          Save this
        </button>
      </p>
      <div className="code" ref={frame} />
    </div>
  );
}
