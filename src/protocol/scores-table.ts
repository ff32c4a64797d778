import type { ScoreRow, ScoresView } from "./scores";

/** The columns of the score table that it can be sorted by. */
export const sortColumns = ["attempt", "time", "normalised", "score"] as const;

export type SortColumn = (typeof sortColumns)[number];

/** The order of the score table. */
export interface SortedBy {
  readonly column: SortColumn;
  readonly descending: boolean;
}

/** Newest first. */
export const usualOrder: SortedBy = { column: "attempt", descending: true };

export function isSortColumn(value: unknown): value is SortColumn {
  return sortColumns.some((column) => column === value);
}

/** The rows in an order. Those without a value stand last either way; equal ones newest first. */
export function sortRows(rows: readonly ScoreRow[], { column, descending }: SortedBy): ScoreRow[] {
  const valueOf: Record<SortColumn, (row: ScoreRow) => number | null> = {
    attempt: (row) => row.attempt,
    // The starting solution comes before all that is on the clock.
    time: (row) => row.elapsedMs ?? -1,
    normalised: (row) => row.normalised,
    score: (row) => row.score,
  };
  const value = valueOf[column];
  return [...rows].sort((one, other) => {
    const [a, b] = [value(one), value(other)];
    if (a === null || b === null || a === b) {
      return Number(a === null) - Number(b === null) || other.attempt - one.attempt;
    }
    return descending ? b - a : a - b;
  });
}

/** The table as tab-separated values with exact numbers, to be pasted into a spreadsheet. */
export function scoresAsTsv(view: ScoresView, by: SortedBy): string {
  const number = (value: number | null): string => (value === null ? "" : String(value));
  const header = ["attempt", "time", "working time (s)", "normalised", "best so far", view.unit === "" ? "score" : `score (${view.unit})`, "outcome", "note"];
  const lines = sortRows(view.rows, by).map((row) => [
    String(row.attempt),
    row.time,
    row.elapsedMs === null ? "" : (row.elapsedMs / 1000).toFixed(3),
    number(row.normalised),
    number(row.best),
    number(row.score),
    row.outcome,
    row.note,
  ]);
  return [header.map(cell), ...lines.map(([attempt = "", time = "", seconds = "", normalised = "", best = "", score = "", ...texts]) => [attempt, time, seconds, normalised, best, score, ...texts.map(cell)])]
    .map((cells) => `${cells.join("\t")}\n`)
    .join("");
}

/** A text in one cell. What a spreadsheet would take for a formula gets an apostrophe in front: a solution may have written it. */
function cell(text: string): string {
  const plain = text.replace(/[\t\r\n]+/g, " ");
  return /^\s*[=+\-@]/.test(plain) ? `'${plain}` : plain;
}
