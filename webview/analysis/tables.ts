import type { AnalysisCharts, AnalysisView } from "../../src/protocol";

/** A table whose first row is its head. Text goes in as text only. A row with an action does it on Enter or a click on its first cell. */
export function table(label: string, rows: readonly (readonly string[])[], actions: readonly (() => void)[] = []): HTMLElement {
  const element = document.createElement("table");
  element.setAttribute("aria-label", label);
  const [head = [], ...body] = rows;
  element.createTHead().append(row(head, "th"));
  const lines = element.createTBody();
  for (const [index, cells] of body.entries()) {
    const line = row(cells, "td");
    const action = actions[index];
    const first = line.cells[0];
    if (action !== undefined && first !== undefined) {
      const button = document.createElement("button");
      button.className = "link";
      button.textContent = first.textContent;
      button.addEventListener("click", action);
      first.replaceChildren(button);
    }
    lines.append(line);
  }
  const scroll = document.createElement("div");
  scroll.className = "scroll";
  scroll.append(element);
  return scroll;
}

/** The same table with its columns as rows. */
export function turned(rows: readonly (readonly string[])[]): string[][] {
  return (rows[0] ?? []).map((_, column) => rows.map((cells) => cells[column] ?? ""));
}

function row(cells: readonly string[], kind: "th" | "td"): HTMLTableRowElement {
  const line = document.createElement("tr");
  for (const text of cells) {
    const cell = document.createElement(kind);
    cell.textContent = text;
    line.append(cell);
  }
  return line;
}

/** A number with its thousands apart. */
export function counted(count: number): string {
  return new Intl.NumberFormat("en").format(count);
}

const number = (value: number | null): string => (value === null ? "" : value.toFixed(3));

/** The data behind each chart, first row the head. */
export const dataOf = {
  lines: (view: AnalysisView, lines: AnalysisCharts["trajectories"]): string[][] => [
    ["Series", "Hours", "Score", "Low", "High", ""],
    ...lines.flatMap(({ series, points }) => points.map(({ x, y, low, high, note }) => [view.series[series]?.label ?? "", x.toFixed(3), number(y), number(low), number(high), note])),
  ],
  boxes: (view: AnalysisView, charts: AnalysisCharts): string[][] => [
    ["Task", "Series", "Runs", "Lowest", "Lower quartile", "Median", "Upper quartile", "Highest"],
    ...charts.boxes.map(({ task, series, n, lowest, quartiles, highest }) => [task, view.series[series]?.label ?? "", counted(n), number(lowest), ...quartiles.map(number), number(highest)]),
  ],
  rates: (view: AnalysisView, charts: AnalysisCharts): string[][] => [
    ["Series", "Attempts per hour", "Low", "High", "Runs"],
    ...charts.rates.map(({ series, value, low, high, n }) => [view.series[series]?.label ?? "", number(value), number(low), number(high), counted(n)]),
  ],
};
