import type { Excluded as Left } from "../../../client/index.ts";
import { count } from "../state/format.ts";
import { useWorkspace } from "../state/workspace.ts";

/** So many are listed; all are counted. */
const SHOWN = 200;

/** What goes along once it is asked for by name; the rest never does. */
const CAN_BE_PUT_IN = /^(made by tools|a file of the agent)/;

interface ExcludedProps {
  excluded: readonly Left[];
  total?: number | undefined;
  /** Offers to put it in all the same. */
  onPutIn?: (path: string) => void;
}

/** What is left out of a publish, and why. */
export function Excluded({ excluded, total = excluded.length, onPutIn }: ExcludedProps) {
  const { root } = useWorkspace();
  if (excluded.length === 0) return null;
  return (
    <details className="more-list">
      <summary>{count(total, "entry", "entries")} left out</summary>
      <ul>
        {excluded
          .slice(0, SHOWN)
          .map(({ path, reason }) => ({
            reason,
            short: path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path,
          }))
          .map(({ short, reason }) => (
            <li key={short}>
              <span>
                <code>{short}</code> <span className="quiet">{reason}</span>
              </span>
              {onPutIn && CAN_BE_PUT_IN.test(reason) && (
                <button type="button" className="link" aria-label={`Put in ${short}`} onClick={() => onPutIn(short)}>
                  Put in
                </button>
              )}
            </li>
          ))}
        {total > SHOWN && <li className="quiet">and {total - SHOWN} more</li>}
      </ul>
    </details>
  );
}
