import type { Chart } from "chart.js";
import type { AnalysisCharts, AnalysisView, FromAnalysis, ToAnalysis } from "../../src/protocol";
import { currentTheme, onThemeChange } from "../shared/theme";
import "./analysis.css";
import { drawBoxes, type Drawing, drawRates, drawTotals, drawTrajectories } from "./charts";
import { seriesStyles } from "./series-style";
import { dataOf, table } from "./tables";

const host = acquireVsCodeApi();
const send = (message: FromAnalysis): void => host.postMessage(message);
const openRun = (run: number): void => send({ type: "openRun", run });

const root = document.getElementById("analysis");
host.setState({ path: root?.dataset["path"] ?? "" });
let view: AnalysisView | undefined;
let charts: AnalysisCharts | undefined;
let isLogarithmic = true;
let drawn: Chart[] = [];
/** Which parts the person has opened; they stay open when something else is shown. */
const opened = new Set<string>();

function render(): void {
  for (const chart of drawn) {
    chart.destroy();
  }
  drawn = [];
  if (view === undefined || charts === undefined) {
    return;
  }
  const drawing: Drawing = { view, charts, isLogarithmic, openRun };
  const scope = charts.task === "" ? "all tasks, each counting the same" : (view.tasks.find(({ name }) => name === charts?.task)?.title ?? charts.task);
  const figures = [
    figure("Score so far", dataOf.lines(view, charts.trajectories), charts.trajectories.length > 0, (canvas) => drawTrajectories(canvas, drawing)),
    figure("Best of as many runs as fit in a total time", dataOf.lines(view, charts.totals), true, (canvas) => drawTotals(canvas, drawing)),
    figure("Results by task", dataOf.boxes(view, charts), charts.boxes.length <= 400, (canvas) => drawBoxes(canvas, drawing)),
    figure("Attempts per hour", dataOf.rates(view, charts), charts.rates.length > 0, (canvas) => drawRates(canvas, drawing)),
  ];
  const grid = element("div", "grid", ...figures.map(({ part }) => part));
  const shownRuns = charts.runs.length < charts.runCount ? `${charts.runs.length} of ${charts.runCount} runs, spread evenly; exports hold all` : `${charts.runCount} runs`;
  root?.replaceChildren(
    element("h1", "", view.title),
    element("p", "", view.method),
    toolbar(view, charts),
    legend(view),
    grid,
    element("h2", "", `Figures of ${scope}`),
    table(`Figures of ${scope}`, charts.figures),
    ...(view.violations.length === 0 ? [] : [element("h2", "", "Violations"), ...view.violations.map((line) => element("p", "", line))]),
    folded("runs", `Runs: ${shownRuns}`, () => (charts === undefined ? [] : [runTable(charts)])),
    ...remarks(view),
  );
  drawn = figures.flatMap(({ draw }) => draw());
}

function figure(title: string, data: string[][], isDrawn: boolean, draw: (canvas: HTMLCanvasElement) => Chart): { part: HTMLElement; draw: () => Chart[] } {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${title}. The table below holds the same.`);
  const area = element("div", "chart", isDrawn ? canvas : element("p", "", "There is nothing to draw: no score log is known, or there are too many tasks. The table holds what there is."));
  const part = element("figure", "", element("figcaption", "", title), area, folded(title, "Data", () => [table(title, data)]));
  return { part, draw: () => (isDrawn ? [draw(canvas)] : []) };
}

function toolbar(shown: AnalysisView, { task }: AnalysisCharts): HTMLElement {
  const choice = document.createElement("select");
  choice.setAttribute("aria-label", "Task");
  choice.append(...[{ name: "", title: "All tasks" }, ...shown.tasks].map(({ name, title }) => new Option(title, name, false, name === task)));
  choice.addEventListener("change", () => send({ type: "showTask", task: choice.value }));
  const scale = button(isLogarithmic ? "Time: logarithmic" : "Time: linear", () => {
    isLogarithmic = !isLogarithmic;
    render();
  });
  const exports = [
    button("CSV", () => send({ type: "save", format: "csv" })),
    button("JSON", () => send({ type: "save", format: "json" })),
    button("SVG", () => send({ type: "save", format: "svg" })),
    button("PNG", savePicture),
  ];
  return element("div", "toolbar", choice, scale, element("span", "space"), element("span", "", "Save as"), ...exports, button("Read Again", () => send({ type: "reload" })));
}

function legend(shown: AnalysisView): HTMLElement {
  const styles = seriesStyles(shown.series, currentTheme());
  const parts = shown.series.map(({ label }, place) => {
    const style = styles[place];
    const line = document.createElement("span");
    line.className = "line";
    line.style.borderTop = `${style?.width ?? 2}px ${(style?.dash.length ?? 0) > 0 ? "dashed" : "solid"} ${style?.colour ?? "currentColor"}`;
    return element("span", "entry", line, element("span", "", label));
  });
  return element("div", "legend", ...parts);
}

function runTable(shown: AnalysisCharts): HTMLElement {
  const head = ["Run", "Task", "Group", "Result", "Percentile", "Experts need", "Attempts", "First improvement", ""];
  return table(
    "Runs",
    [head, ...shown.runs.map(({ cells }) => cells)],
    shown.runs.map(({ run }) => () => openRun(run)),
  );
}

function remarks(shown: AnalysisView): HTMLElement[] {
  return [true, false].flatMap((isLeftOut) => {
    const own = shown.remarks.filter((remark) => remark.isLeftOut === isLeftOut);
    const count = own.reduce((sum, remark) => sum + remark.count, 0);
    const title = isLeftOut ? `Left out: ${count}` : `Counted, with a remark: ${count}`;
    return own.length === 0 ? [] : [folded(isLeftOut ? "left-out" : "notes", title, () => own.map((remark) => remarkPart(remark)))];
  });
}

function remarkPart({ count, reason, places }: AnalysisView["remarks"][number]): HTMLElement {
  const more = count > places.length ? [element("li", "", `and ${count - places.length} more, which the JSON export lists`)] : [];
  return element("div", "remark", element("div", "", `${count} × ${reason}`), element("ul", "", ...places.map((place) => element("li", "", place)), ...more));
}

/** A part that is made when it is opened. */
function folded(name: string, title: string, content: () => HTMLElement[]): HTMLElement {
  const details = document.createElement("details");
  details.append(element("summary", "", title));
  const fill = (): void => {
    if (details.open && details.children.length === 1) {
      details.append(...content());
    }
    if (details.open) {
      opened.add(name);
    } else {
      opened.delete(name);
    }
  };
  details.open = opened.has(name);
  fill();
  details.addEventListener("toggle", fill);
  return details;
}

/** All charts in one picture, as they are on the screen. */
function savePicture(): void {
  const canvases = drawn.map((chart) => chart.canvas);
  const width = Math.max(...canvases.map((canvas) => canvas.width));
  const height = Math.max(...canvases.map((canvas) => canvas.height));
  const picture = document.createElement("canvas");
  picture.width = 2 * width;
  picture.height = Math.ceil(canvases.length / 2) * height;
  const context = picture.getContext("2d");
  if (context === null) {
    return;
  }
  context.fillStyle = currentTheme().background;
  context.fillRect(0, 0, picture.width, picture.height);
  canvases.forEach((canvas, index) => context.drawImage(canvas, (index % 2) * width, Math.floor(index / 2) * height));
  send({ type: "savePicture", png: picture.toDataURL("image/png").split(",")[1] ?? "" });
}

function button(text: string, act: () => void): HTMLElement {
  const made = document.createElement("button");
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}

function element(tag: string, className: string, ...content: (Node | string)[]): HTMLElement {
  const made = document.createElement(tag);
  if (className !== "") {
    made.className = className;
  }
  made.append(...content);
  return made;
}

window.addEventListener("message", ({ data }: MessageEvent<ToAnalysis>) => {
  switch (data.type) {
    case "progress":
    case "problem":
      view = undefined;
      render();
      root?.replaceChildren(element("p", data.type, data.text));
      break;
    case "analysis":
      ({ view, charts } = data);
      render();
      break;
    case "charts":
      ({ charts } = data);
      render();
      break;
  }
});
onThemeChange(render);
send({ type: "ready" });
