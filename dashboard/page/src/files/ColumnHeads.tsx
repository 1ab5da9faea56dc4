import type { Sort, SortKey } from "../state/paths.ts";
import { Icon } from "../ui/Icon.tsx";

const COLUMNS: readonly { key: SortKey; label: string }[] = [
  { key: "name", label: "Name" },
  { key: "size", label: "Size" },
  { key: "modified", label: "Modified" },
];

export function ColumnHeads({ sort, onSort }: { sort: Sort; onSort: (sort: Sort) => void }) {
  return (
    <div role="row" aria-rowindex={1} className="list-heads" data-head>
      {COLUMNS.map(({ key, label }) => {
        const isSorted = sort.key === key;
        const order = sort.isDescending ? "descending" : "ascending";
        return (
          <div key={key} role="columnheader" aria-sort={isSorted ? order : "none"} className={`cell-${key}`}>
            <button
              type="button"
              className="head"
              onClick={() => onSort({ key, isDescending: isSorted ? !sort.isDescending : key !== "name" })}
            >
              {label}
              {isSorted && <Icon name="chevron" size={10} className={sort.isDescending ? "down" : "upward"} />}
            </button>
          </div>
        );
      })}
    </div>
  );
}
