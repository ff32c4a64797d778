/**
 * The rows of a CSV file (RFC 4180): cells in quotes may hold commas, line breaks and doubled quotes. Lines may end in any way;
 * empty lines are no rows.
 */
export function csvRows(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let from = text.startsWith("\uFEFF") ? 1 : 0;
  const endRow = (): void => {
    if (row.length > 1 || row[0] !== "") {
      rows.push(row);
    }
    row = [];
  };
  while (from < text.length || row.length > 0) {
    const { cell, end } = text.charAt(from) === '"' ? quotedCell(text, from + 1) : plainCell(text, from);
    row.push(cell);
    const next = text.charAt(end);
    from = end + 1;
    if (next !== ",") {
      endRow();
      if (next === "\r" && text.charAt(from) === "\n") {
        from += 1;
      }
    }
  }
  return rows;
}

const cellEnd = /[,\r\n]/g;

function plainCell(text: string, from: number): { cell: string; end: number } {
  cellEnd.lastIndex = from;
  const end = cellEnd.exec(text)?.index ?? text.length;
  return { cell: text.slice(from, end), end };
}

function quotedCell(text: string, from: number): { cell: string; end: number } {
  let cell = "";
  for (let at = from; ; ) {
    const quote = text.indexOf('"', at);
    if (quote < 0) {
      return { cell: cell + text.slice(at), end: text.length };
    }
    cell += text.slice(at, quote);
    if (text.charAt(quote + 1) !== '"') {
      const rest = plainCell(text, quote + 1);
      return { cell: cell + rest.cell, end: rest.end };
    }
    cell += '"';
    at = quote + 2;
  }
}

/** Writes a cell (RFC 4180). */
export function csvCell(value: string | number | null): string {
  const text = value === null ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
