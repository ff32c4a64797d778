import type { FromScores, ScoresView, ToScores } from "../../src/protocol";
import { registerControls } from "../shared/controls";
import { onThemeChange } from "../shared/theme";
import { ScoresChart } from "./chart";
import "./scores.css";
import { scoresTable } from "./table";

const host = acquireVsCodeApi();
const send = (message: FromScores): void => host.postMessage(message);
const openAttempt = (attempt: number): void => send({ type: "openAttempt", attempt });

registerControls();
const root = document.getElementById("scores");
let chart: ScoresChart | undefined;
let shown: ScoresView | undefined;

function render(view: ScoresView): void {
  shown = view;
  const heading = document.createElement("h1");
  heading.textContent = view.title;
  const parts: Node[] = [heading];
  chart?.dispose();
  chart = undefined;
  if (!view.visible) {
    parts.push(paragraph("Scores are hidden in this task. Attempts are recorded all the same."));
  } else if (view.rows.length === 0) {
    parts.push(paragraph("No attempts yet. The starting solution is scored first, off the clock."));
  } else {
    chart = new ScoresChart(view, openAttempt);
    parts.push(chart.element);
  }
  if (view.rows.length > 0) {
    parts.push(scoresTable(view, openAttempt));
  }
  root?.replaceChildren(...parts);
  chart?.draw();
}

function paragraph(text: string): HTMLElement {
  const element = document.createElement("p");
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
