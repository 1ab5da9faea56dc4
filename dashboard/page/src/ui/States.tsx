import type { ReactNode } from "react";
import { Icon, type IconName } from "./Icon.tsx";

/** A place with nothing in it: what it is, and what to do. */
export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <Icon name={icon} size={32} />
      <p className="empty-title">{title}</p>
      {children && <div className="empty-more">{children}</div>}
    </div>
  );
}

/** Something that could not be had, with the sentence why. */
export function Failed({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  return (
    <div className="empty" role="alert">
      <Icon name="warning" size={32} />
      <p className="empty-title">{error.message}</p>
      {onRetry && (
        <button type="button" className="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Lines where text will be. It comes late, so that what is quick never flickers. */
export function Loading({ rows = 8, label = "Loading" }: { rows?: number; label?: string }) {
  return (
    <div className="loading" role="progressbar" aria-label={label}>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className={`loading-row width-${row % 4}`} />
      ))}
    </div>
  );
}

/** The end of a list of which there is more. */
export function ShowMore({ next, isAsking }: { next: () => Promise<void>; isAsking: boolean }) {
  return (
    <button type="button" className="button more" disabled={isAsking} onClick={() => void next()}>
      {isAsking ? "Looking…" : "Show more"}
    </button>
  );
}
