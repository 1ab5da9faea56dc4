import { useStore } from "../state/store.ts";
import { dismiss, toasts } from "../state/toasts.ts";
import { Icon, IconButton } from "./Icon.tsx";

/** What has happened, at the foot of the page; read out as it comes. */
export function Toasts() {
  const shown = useStore(toasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map(({ id, text, kind, action }) => (
        <div key={id} className={`toast ${kind}`}>
          {kind === "error" && <Icon name="warning" />}
          <span className="toast-text">{text}</span>
          {action && (
            <button type="button" className="link" onClick={action.run}>
              {action.label}
            </button>
          )}
          <IconButton icon="close" label="Dismiss" onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
