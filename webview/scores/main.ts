import { type FromScores, type ScoresView, type SortedBy, type ToScores, usualOrder } from "../../src/protocol";
import { registerControls } from "../shared/controls";
import { onThemeChange } from "../shared/theme";
import type { TimeAxis } from "./axis";
import { ScoresChart, summary } from "./chart";
import { legendOf } from "./legend";
import "./scores.css";
import { scoresTable } from "./table";

/** What stays as the person has set it when the panel is hidden or the window reloaded. */
interface Choices {
  readonly by: SortedBy;
  readonly axis: TimeAxis;
}

const host = acquireVsCodeApi<Choices>();
const send = (message: FromScores): void => host.postMessage(message);
let choices: Choices = host.getState() ?? { by: usualOrder, axis: "with-pauses" };
let shown: ScoresView | undefined;

registerControls();
const root = document.getElementById("scores");
const heading = document.createElement("h1");
const status = document.createElement("p");
status.className = "spoken-only";
status.setAttribute("role", "status");
const hint = document.createElement("p");
const tools = document.createElement("div");
tools.className = "tools";
const legend = document.createElement("div");
const table = document.createElement("div");
const chart = new ScoresChart((attempt) => send({ type: "openAttempt", attempt }));
const workingTime = control("vscode-checkbox", "Leave out pauses");
const copy = control("vscode-button", "Copy Table");
copy.setAttribute("appearance", "secondary");
copy.title = "Copies all attempts with exact numbers, as tab-separated values";
tools.append(legend, workingTime, copy);
root?.append(heading, status, hint, chart.element, tools, table);

workingTime.addEventListener("change", () => choose({ ...choices, axis: "checked" in workingTime && workingTime.checked === true ? "working-time" : "with-pauses" }));
copy.addEventListener("click", () => send({ type: "copyTable", by: choices.by }));

function choose(next: Choices): void {
  choices = next;
  host.setState(next);
  if (shown !== undefined) {
    render(shown);
  }
}

/** Puts a view on the page. What has the keyboard keeps it. */
function render(view: ScoresView): void {
  const before = shown;
  shown = view;
  heading.textContent = view.title;
  const hasChart = view.visible && view.rows.length > 0;
  hint.textContent = view.rows.length === 0 ? "No attempts yet. The starting solution is scored first, off the clock." : view.visible ? "" : "Scores are hidden in this task. Attempts are recorded all the same.";
  hint.hidden = hint.textContent === "";
  chart.element.hidden = !hasChart;
  tools.hidden = view.rows.length === 0;
  workingTime.hidden = !hasChart || view.pauses.length === 0;
  workingTime.toggleAttribute("checked", choices.axis === "working-time");
  legend.replaceChildren(...(hasChart ? [legendOf(view)] : []));
  if (hasChart) {
    chart.draw(view, view.pauses.length === 0 ? "working-time" : choices.axis);
  }
  const sameRows = before !== undefined && table.dataset["by"] === JSON.stringify(choices.by) && JSON.stringify(before.rows) === JSON.stringify(view.rows);
  if (!sameRows) {
    drawTable(view);
    announce(before, view);
  }
}

function drawTable(view: ScoresView): void {
  const focus = document.activeElement instanceof HTMLElement ? document.activeElement.dataset["focus"] : undefined;
  table.dataset["by"] = JSON.stringify(choices.by);
  const actions = { open: (attempt: number) => send({ type: "openAttempt", attempt }), sort: (by: SortedBy) => choose({ ...choices, by }) };
  table.replaceChildren(...(view.rows.length === 0 ? [] : [scoresTable(view, choices.by, actions)]));
  if (focus !== undefined) {
    table.querySelector<HTMLElement>(`[data-focus="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true });
  }
}

/** Tells a screen reader of an attempt that has just ended. */
function announce(before: ScoresView | undefined, view: ScoresView): void {
  const last = view.rows.at(-1);
  const known = before?.rows.find(({ attempt }) => attempt === last?.attempt);
  if (before === undefined) {
    status.textContent = view.visible ? summary(view) : "";
  } else if (last !== undefined && last.outcome !== "running" && known?.outcome !== last.outcome) {
    status.textContent = [`Attempt ${last.attempt}`, last.normalised === null ? "" : `normalised ${last.normalised.toFixed(2)}`, last.note].filter((part) => part !== "").join(", ");
  }
}

function control(name: string, text: string): HTMLElement {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}

window.addEventListener("message", (event: MessageEvent<ToScores>) => render(event.data.view));
onThemeChange(() => {
  if (shown !== undefined) {
    render(shown);
  }
});
send({ type: "ready" });
