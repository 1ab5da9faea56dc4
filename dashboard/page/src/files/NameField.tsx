import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { nameProblem, splitName } from "../state/paths.ts";

interface NameFieldProps {
  name: string;
  taken: ReadonlySet<string>;
  label: string;
  onName: (name: string) => void;
  onCancel: () => void;
}

/** A name as it is typed: Enter and leaving keep it, Escape does not; what cannot be one says why. */
export function NameField({ name, taken, label, onName, onCancel }: NameFieldProps) {
  const [text, setText] = useState(name);
  const field = useRef<HTMLInputElement>(null);
  const isOver = useRef(false);
  useEffect(() => {
    field.current?.focus();
    // The extension stays unless somebody means it.
    field.current?.setSelectionRange(0, splitName(name)[0].length);
  }, [name]);
  const problem = nameProblem(text) ?? (taken.has(text) ? "Something here has that name" : null);
  const end = (isKept: boolean) => {
    if (isOver.current) return;
    if (isKept && problem !== null) return;
    isOver.current = true;
    if (isKept) onName(text);
    else onCancel();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "Enter") end(true);
    if (event.key === "Escape") end(false);
  };
  return (
    <span className="name-field">
      <input
        ref={field}
        className="input"
        aria-label={label}
        aria-invalid={problem !== null}
        spellCheck={false}
        autoComplete="off"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        onBlur={() => end(problem === null && text !== name)}
        onClick={(event) => event.stopPropagation()}
        onDoubleClick={(event) => event.stopPropagation()}
      />
      {problem && (
        <span className="name-problem" role="alert">
          {problem}
        </span>
      )}
    </span>
  );
}
