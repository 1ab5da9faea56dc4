import { useStore } from "../state/store.ts";
import { dismiss, toasts } from "../state/toasts.ts";
import { Icon, IconButton } from "./Icon.tsx";

/** What has happened, at the foot of the page; read out as it comes. */
export function Toasts() {
  const shown = useStore(toasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map(({ id, text, kind, action, actions }) => (
        <div key={id} className={`toast ${kind}`}>
          {(kind === "error" || kind === "question") && <Icon name="warning" />}
          <span className="toast-text">{text}</span>
          {(actions ?? (action ? [action] : [])).map(({ label, run }) => (
            <button key={label} type="button" className="link" onClick={run}>
              {label}
            </button>
          ))}
          <IconButton icon="close" label="Dismiss" onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
