import type { Chart } from "chart.js";
import { type AnalysisCharts, analysisExports, type AnalysisView, type FromAnalysis, type ToAnalysis } from "../../src/protocol";
import { currentTheme, onThemeChange } from "../shared/theme";
import "./analysis.css";
import { drawBoxes, type Drawing, drawRates, drawSample, drawTotals, drawTrajectories } from "./charts";
import { RunList } from "./run-list";
import { referenceStyle, type SeriesStyle, seriesStyles } from "./series-style";
import { counted, dataOf, table, turned } from "./tables";

const host = acquireVsCodeApi();
const send = (message: FromAnalysis): void => host.postMessage(message);
const openRun = (run: number, step?: number): void => send({ type: "openRun", run, step });

const root = document.getElementById("analysis");
host.setState({ path: root?.dataset["path"] ?? "" });
let view: AnalysisView | undefined;
let charts: AnalysisCharts | undefined;
let isLogarithmic = true;
let drawn: Chart[] = [];
const runList = new RunList((query, from) => send({ type: "listRuns", task: charts?.task ?? "", query, from }), openRun);
/** Which parts the person has opened; they stay open when something else is shown. */
const opened = new Set<string>();

/** Says how far reading is; it stays while the text changes, and so does the button beside it. */
const progress = element("p", "progress");
progress.setAttribute("role", "status");

function clear(): void {
  view = undefined;
  charts = undefined;
  render();
}

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
    figure("Score so far", behind(charts.lines.length, charts.lineCount, "as thin lines"), dataOf.lines(view, charts.trajectories), charts.trajectories.length > 0, (canvas) => drawTrajectories(canvas, drawing)),
    figure("Best of as many runs as fit in a total time", "", dataOf.lines(view, charts.totals), true, (canvas) => drawTotals(canvas, drawing)),
    figure("Results by task", behind(charts.dots.length, charts.runCount, "as dots; boxes are of all"), dataOf.boxes(view, charts), charts.boxes.length <= 400, (canvas) => drawBoxes(canvas, drawing)),
    figure("Attempts per hour", "", dataOf.rates(view, charts), charts.rates.length > 0, (canvas) => drawRates(canvas, drawing)),
  ];
  const grid = element("div", "grid", ...figures.map(({ part }) => part));
  root?.replaceChildren(
    element("h1", "", view.title),
    element("p", "", view.method),
    toolbar(view, charts),
    legend(view),
    grid,
    element("h2", "", `Figures of ${scope}`),
    // Few series stand side by side, many below each other.
    table(`Figures of ${scope}`, charts.figures.length <= 7 ? turned(charts.figures) : charts.figures),
    ...(view.violations.length === 0 ? [] : [element("h2", "", "Violations"), ...view.violations.map((line) => element("p", "", line))]),
    folded("runs", `Runs: ${counted(charts.runCount)}`, () => [runList.show()]),
    ...remarks(view),
  );
  drawn = figures.flatMap(({ draw }) => draw());
}

/** How many runs are drawn one by one, where not all are. */
function behind(shown: number, of: number, how: string): string {
  return shown === of || shown === 0 ? "" : `${counted(shown)} of ${counted(of)} runs ${how}`;
}

function figure(title: string, note: string, data: string[][], isDrawn: boolean, draw: (canvas: HTMLCanvasElement) => Chart): { part: HTMLElement; draw: () => Chart[] } {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${title}. The table below holds the same.`);
  const area = element("div", "chart", isDrawn ? canvas : element("p", "", "There is nothing to draw: no score log is known, or there are too many tasks. The table holds what there is."));
  const caption = element("figcaption", "", title, ...(note === "" ? [] : [element("span", "note", note)]));
  const part = element("figure", "", caption, area, folded(title, "Data", () => [table(title, data)]));
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
  const exports = analysisExports.map((format) => button(format.toUpperCase(), () => send({ type: "save", format })));
  const again = button("Read Again", () => send({ type: "reload" }));
  return element("div", "toolbar", choice, scale, again, element("span", "space"), element("span", "exports", "Save as", ...exports));
}

function legend(shown: AnalysisView): HTMLElement {
  const theme = currentTheme();
  const entry = (style: SeriesStyle, label: string): HTMLElement => element("span", "entry", drawSample(style), element("span", "", label));
  const series = seriesStyles(shown.series, theme).map((style, place) => entry(style, shown.series[place]?.label ?? ""));
  return element("div", "legend", ...series, entry(referenceStyle(theme), "reference"));
}

function remarks(shown: AnalysisView): HTMLElement[] {
  return [true, false].flatMap((isLeftOut) => {
    const own = shown.remarks.filter((remark) => remark.isLeftOut === isLeftOut);
    const count = own.reduce((sum, remark) => sum + remark.count, 0);
    const title = isLeftOut ? `Left out: ${counted(count)}` : `Counted, with a remark: ${counted(count)}`;
    return own.length === 0 ? [] : [folded(isLeftOut ? "left-out" : "notes", title, () => own.map((remark) => remarkPart(remark)))];
  });
}

function remarkPart({ count, reason, places }: AnalysisView["remarks"][number]): HTMLElement {
  const more = count > places.length ? [element("li", "", `and ${counted(count - places.length)} more, which the JSON export lists`)] : [];
  return element("div", "remark", element("div", "", `${counted(count)} × ${reason}`), element("ul", "", ...places.map((place) => element("li", "", place)), ...more));
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
      if (!progress.isConnected) {
        clear();
        root?.replaceChildren(
          progress,
          button("Cancel", () => send({ type: "cancel" })),
        );
      }
      progress.textContent = data.text;
      break;
    case "problem":
      clear();
      root?.replaceChildren(
        element("p", "problem", data.text),
        button("Read Again", () => send({ type: "reload" })),
      );
      break;
    case "analysis":
      ({ view, charts } = data);
      render();
      break;
    case "charts":
      ({ charts } = data);
      render();
      break;
    case "runs":
      if (data.page.task === charts?.task) {
        runList.fill(data.page);
      }
      break;
  }
});
onThemeChange(render);
send({ type: "ready" });
