import { useMemo, useState } from "react";
import { count } from "../state/format.ts";
import { doubledKey, parseJson, Written } from "./json.ts";

/** Entries shown of one array or object before it is asked for more. */
const STEP = 200;

export default function JsonTree({ text }: { text: string }) {
  const parsed = useMemo(() => {
    try {
      return { value: parseJson(text), doubled: doubledKey(text) };
    } catch (error) {
      return { problem: error instanceof Error ? error.message : String(error) };
    }
  }, [text]);
  return (
    <div className="json" tabIndex={0} role="region" aria-label="JSON">
      {"problem" in parsed ? (
        <>
          <p className="problem">This is no JSON: {parsed.problem}</p>
          <pre>{text}</pre>
        </>
      ) : (
        <>
          {parsed.doubled !== null && (
            <p className="quiet">
              The key {JSON.stringify(parsed.doubled)} is there more than once in one object: the last one is shown
              here, all of them in the source.
            </p>
          )}
          <Value name={null} value={parsed.value} depth={0} />
        </>
      )}
    </div>
  );
}

function Value({ name, value, depth }: { name: string | null; value: unknown; depth: number }) {
  const label = name === null ? null : <span className="json-name">{name}: </span>;
  if (value instanceof Written)
    return (
      <div className="json-line">
        {label}
        <span className="json-number">{value.source}</span>
      </div>
    );
  if (typeof value === "object" && value !== null) return <Fold label={label} value={value} depth={depth} />;
  const kind = value === null ? "null" : typeof value;
  return (
    <div className="json-line">
      {label}
      <span className={`json-${kind}`}>{JSON.stringify(value)}</span>
    </div>
  );
}

/** An array or object; what is in it is drawn once it is opened. */
function Fold({ label, value, depth }: { label: React.ReactNode; value: object; depth: number }) {
  const [isOpen, setOpen] = useState(depth < 2);
  const [shown, setShown] = useState(STEP);
  const isArray = Array.isArray(value);
  const entries = Object.entries(value);
  const sum = isArray ? `[${count(entries.length, "entry", "entries")}]` : `{${count(entries.length, "key")}}`;
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {label}
        <span className="json-sum">{sum}</span>
      </summary>
      {isOpen &&
        entries.slice(0, shown).map(([key, one]) => <Value key={key} name={key} value={one} depth={depth + 1} />)}
      {isOpen && entries.length > shown && (
        <button type="button" className="link" onClick={() => setShown(shown + STEP)}>
          {count(entries.length - shown, "more", "more")}
        </button>
      )}
    </details>
  );
}
