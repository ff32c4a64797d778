import { type ScoreRow, type ScoresView, type SortColumn, type SortedBy, sortRows } from "../../src/protocol";

/** What a person can do with the table. */
export interface TableActions {
  readonly open: (attempt: number) => void;
  readonly sort: (by: SortedBy) => void;
}

/** The attempts as a table that can be sorted. Text goes in as text only. A row is opened by its number, by a click or by Enter. */
export function scoresTable(view: ScoresView, by: SortedBy, actions: TableActions): HTMLElement {
  const table = document.createElement("table");
  const caption = table.createCaption();
  caption.textContent = "Attempts";
  caption.className = "spoken-only";
  const header = table.createTHead().insertRow();
  const columns: [SortColumn | undefined, string][] = [
    ["attempt", "Attempt"],
    ["time", "Time"],
    ["normalised", "Normalised"],
    ["score", view.unit === "" ? "Score" : `Score (${view.unit})`],
    [undefined, "Note"],
  ];
  for (const [column, text] of view.visible ? columns : columns.filter(([column]) => column !== "normalised" && column !== "score")) {
    header.append(headerCell(column, text, by, actions));
  }
  const body = table.createTBody();
  for (const row of sortRows(view.rows, by)) {
    body.append(rowOf(row, view, actions));
  }
  return table;
}

function headerCell(column: SortColumn | undefined, text: string, by: SortedBy, { sort }: TableActions): HTMLElement {
  const cell = document.createElement("th");
  cell.scope = "col";
  if (column === undefined) {
    cell.textContent = text;
    return cell;
  }
  cell.className = column;
  const isSorted = by.column === column;
  cell.setAttribute("aria-sort", !isSorted ? "none" : by.descending ? "descending" : "ascending");
  const button = document.createElement("button");
  button.dataset["focus"] = `sort ${column}`;
  const arrow = document.createElement("span");
  arrow.setAttribute("aria-hidden", "true");
  arrow.textContent = !isSorted ? "" : by.descending ? "↓" : "↑";
  button.append(arrow, text);
  button.addEventListener("click", () => sort({ column, descending: isSorted ? !by.descending : column !== "time" }));
  cell.append(button);
  return cell;
}

function rowOf(row: ScoreRow, view: ScoresView, { open }: TableActions): HTMLElement {
  const element = document.createElement("tr");
  element.classList.toggle("best", row.isBest);
  const number = document.createElement("th");
  number.scope = "row";
  number.className = "attempt";
  const button = document.createElement("button");
  button.dataset["focus"] = `attempt ${row.attempt}`;
  button.textContent = String(row.attempt);
  button.setAttribute("aria-label", `Attempt ${row.attempt}${row.isBest ? ", best" : ""}`);
  number.append(button);
  element.append(number);
  const cells: [string, string][] = [
    ["time", row.time],
    ...(view.visible ? ([["normalised", row.normalised?.toFixed(2) ?? "–"], ["score", view.unit === "" ? row.scoreText : row.scoreText.replace(` ${view.unit}`, "")]] satisfies [string, string][]) : []),
    ["note", row.note],
  ];
  for (const [name, text] of cells) {
    const cell = element.insertCell();
    cell.className = name;
    cell.textContent = text;
  }
  element.title = row.message.join("\n");
  // Text can still be selected and copied: only a plain click opens.
  element.addEventListener("click", () => {
    if (getSelection()?.isCollapsed !== false) {
      open(row.attempt);
    }
  });
  return element;
}
