import type { Excluded as Left } from "../../../client/index.ts";
import { count } from "../state/format.ts";
import { useWorkspace } from "../state/workspace.ts";

/** So many are listed; all are counted. */
const SHOWN = 200;

/** What is left out of a publish, and why. */
export function Excluded({
  excluded,
  total = excluded.length,
}: {
  excluded: readonly Left[];
  total?: number | undefined;
}) {
  const { root } = useWorkspace();
  if (excluded.length === 0) return null;
  return (
    <details className="more-list">
      <summary>{count(total, "entry", "entries")} left out</summary>
      <ul>
        {excluded.slice(0, SHOWN).map(({ path, reason }) => (
          <li key={path}>
            <code>{path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path}</code>{" "}
            <span className="quiet">{reason}</span>
          </li>
        ))}
        {total > SHOWN && <li className="quiet">and {total - SHOWN} more</li>}
      </ul>
    </details>
  );
}
