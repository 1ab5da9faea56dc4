// Tables as text: cells in quotes where they have to be, separated by whatever the first line uses.

export interface Table {
  rows: string[][];
  /** There is more of it. */
  isCut: boolean;
}

const SEPARATORS = [",", ";", "\t", "|"];

/** The separator that the first line has most of, outside of quotes. */
export function separatorOf(text: string): string {
  const [line = ""] = text.replace(/"[^"]*"/g, "").split(/\r?\n/, 1);
  const counts = SEPARATORS.map((separator) => line.split(separator).length);
  return SEPARATORS[counts.indexOf(Math.max(...counts))] ?? ",";
}

/** The first rows of a table. Quotes that nothing closes end with the text. */
export function parseCsv(text: string, maxRows: number): Table {
  const separator = separatorOf(text);
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let isQuoted = false;
  const endRow = () => {
    row.push(cell);
    rows.push(row);
    row = [];
    cell = "";
  };
  let at = text.startsWith("\ufeff") ? 1 : 0;
  for (; at < text.length && rows.length < maxRows; at += 1) {
    const letter = text[at];
    if (isQuoted) {
      if (letter !== '"') cell += letter;
      else if (text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else isQuoted = false;
    } else if (letter === '"' && cell === "") isQuoted = true;
    else if (letter === separator) {
      row.push(cell);
      cell = "";
    } else if (letter === "\n") endRow();
    else if (letter !== "\r" || text[at + 1] !== "\n") cell += letter;
  }
  const isCut = at < text.length;
  if (!isCut && (cell !== "" || row.length > 0)) endRow();
  return { rows, isCut };
}
