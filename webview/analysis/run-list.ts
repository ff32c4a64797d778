import type { AnalysisRunPage } from "../../src/protocol";
import { counted, table } from "./tables";

/** So long after the last key a search is sent, in ms. */
const pauseOfTyping = 200;

/** The table of runs, a page of it at a time, with a field that finds runs by name, task or group. */
export class RunList {
  private readonly part = document.createElement("div");
  private readonly field = document.createElement("input");
  private readonly place = document.createElement("span");
  private readonly back = pageButton("Previous", () => this.ask(this.page.from - this.page.rows.length));
  private readonly on = pageButton("Next", () => this.ask(this.page.from + this.page.rows.length));
  private readonly rows = document.createElement("div");
  private page: AnalysisRunPage = { task: "", query: "", from: 0, found: 0, rows: [] };
  private typing: number | undefined;

  constructor(
    private readonly list: (query: string, from: number) => void,
    private readonly openRun: (run: number) => void,
  ) {
    this.field.type = "search";
    this.field.placeholder = "Name, task or group";
    this.field.setAttribute("aria-label", "Find runs");
    this.field.addEventListener("input", () => {
      window.clearTimeout(this.typing);
      this.typing = window.setTimeout(() => this.ask(0), pauseOfTyping);
    });
    this.place.setAttribute("role", "status");
    const bar = document.createElement("div");
    bar.className = "toolbar";
    bar.append(this.field, this.back, this.on, this.place);
    this.part.append(bar, this.rows);
  }

  /** The list, whose first page is asked for anew: tasks change, and studies are read again. */
  show(): HTMLElement {
    this.ask(0);
    return this.part;
  }

  fill(page: AnalysisRunPage): void {
    if (page.query !== this.field.value) {
      return;
    }
    this.page = page;
    const { from, found, rows } = page;
    this.place.textContent = found === 0 ? "No run found" : `${counted(from + 1)} to ${counted(from + rows.length)} of ${counted(found)}`;
    this.back.disabled = from === 0;
    this.on.disabled = from + rows.length >= found;
    const head = ["Run", "Task", "Group", "Result", "Percentile", "Experts need", "Attempts", "First improvement", ""];
    this.rows.replaceChildren(
      table(
        "Runs",
        [head, ...rows.map(({ cells }) => cells)],
        rows.map(({ run }) => () => this.openRun(run)),
      ),
    );
  }

  private ask(from: number): void {
    this.list(this.field.value, Math.max(0, from));
  }
}

function pageButton(text: string, act: () => void): HTMLButtonElement {
  const button = document.createElement("button");
  button.textContent = text;
  button.addEventListener("click", act);
  return button;
}
