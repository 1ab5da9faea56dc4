import { useLayoutEffect, useRef } from "react";
import { useStore } from "../state/store.ts";
import { dismiss, toasts } from "../state/toasts.ts";
import { Icon, IconButton } from "./Icon.tsx";

/** What has happened, at the foot of the page; read out as it comes. */
export function Toasts() {
  const shown = useStore(toasts);
  // Who pressed a button here goes on where they were, not at the start of the page, once the button is gone.
  const cameFrom = useRef<HTMLElement | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a button goes with what is shown
  useLayoutEffect(() => {
    if (document.activeElement === document.body) cameFrom.current?.focus();
    if (!document.activeElement?.closest(".toasts")) cameFrom.current = null;
  }, [shown]);
  return (
    <div
      className="toasts"
      role="status"
      aria-live="polite"
      onFocus={({ relatedTarget }) => {
        if (relatedTarget instanceof HTMLElement && !relatedTarget.closest(".toasts")) cameFrom.current = relatedTarget;
      }}
      onBlur={({ relatedTarget }) => {
        if (!(relatedTarget instanceof HTMLElement && relatedTarget.closest(".toasts"))) cameFrom.current = null;
      }}
    >
      {shown.map(({ id, text, kind, action, actions }) => (
        <div key={id} className={`toast ${kind}`}>
          {(kind === "error" || kind === "question") && <Icon name="warning" />}
          <span className="toast-text">{text}</span>
          {(actions ?? (action ? [action] : [])).map(({ label, run }) => (
            <button
              key={label}
              type="button"
              className="link"
              onClick={({ detail }) => {
                // The second click of a double-click is not for what has come in the place of the first one's.
                if (detail > 1) return;
                if (kind !== "doing") dismiss(id);
                run();
              }}
            >
              {label}
            </button>
          ))}
          <IconButton icon="close" label="Dismiss" onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
