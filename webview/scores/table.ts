import type { ScoresView } from "../../src/protocol";

/** The attempts as a table, newest first. Text goes in as text only. Enter or a double click opens an attempt's output. */
export function scoresTable(view: ScoresView, openAttempt: (attempt: number) => void): HTMLElement {
  const grid = document.createElement("vscode-data-grid");
  grid.setAttribute("aria-label", "Attempts, newest first");
  grid.setAttribute("generate-header", "none");
  grid.setAttribute("grid-template-columns", "7em 6.5em 8.5em 9.5em 1fr");
  const score = view.unit === "" ? "Score" : `Score (${view.unit})`;
  grid.append(row(["Attempt", "Time", "Normalised", score, ""], "header"));
  for (const attempt of [...view.rows].reverse()) {
    const element = row(
      [String(attempt.attempt), attempt.time, attempt.normalised?.toFixed(2) ?? "", attempt.score, attempt.note],
      "default",
    );
    const open = (): void => openAttempt(attempt.attempt);
    element.addEventListener("dblclick", open);
    element.addEventListener("keydown", (event) => {
      if (event instanceof KeyboardEvent && event.key === "Enter") {
        open();
      }
    });
    grid.append(element);
  }
  return grid;
}

function row(cells: readonly string[], type: "header" | "default"): HTMLElement {
  const element = document.createElement("vscode-data-grid-row");
  element.setAttribute("row-type", type);
  for (const [column, text] of cells.entries()) {
    const cell = document.createElement("vscode-data-grid-cell");
    cell.setAttribute("grid-column", String(column + 1));
    if (type === "header") {
      cell.setAttribute("cell-type", "columnheader");
    }
    cell.textContent = text;
    element.append(cell);
  }
  return element;
}
