import { useMemo } from "react";
import { count } from "../state/format.ts";
import { Empty } from "../ui/States.tsx";
import { parseCsv } from "./csv.ts";

const SHOWN_ROWS = 1000;
const SHOWN_COLUMNS = 100;

export default function CsvTable({ text }: { text: string }) {
  const { rows, isCut } = useMemo(() => parseCsv(text, SHOWN_ROWS + 1), [text]);
  const [heads, ...body] = rows;
  if (heads === undefined) return <Empty icon="table" title="There is nothing in it" />;
  return (
    <div className="csv" tabIndex={0} role="region" aria-label="Table">
      <table>
        <thead>
          <tr>
            <th className="row-number">#</th>
            {heads.slice(0, SHOWN_COLUMNS).map((cell, index) => (
              <th key={index} dir="auto">
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {body.map((row, index) => (
            <tr key={index}>
              <td className="row-number">{index + 1}</td>
              {row.slice(0, SHOWN_COLUMNS).map((cell, column) => (
                <td key={column} dir="auto" className={/^-?[\d.,]+%?$/.test(cell) ? "number" : ""}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {isCut && <p className="quiet">The first {count(SHOWN_ROWS, "row")}</p>}
    </div>
  );
}
