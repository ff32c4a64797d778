import type { ReplayNamedUsage, ReplayProgress, ReplayRun, ReplayTool, ReplayUsageSum } from "../../src/protocol";
import { element, textButton } from "./dom";
import { visibleLine } from "./body/visible";
import { formatCount, formatDollars, formatDuration, formatTokens, plural, sumInFull } from "./formats";
import { ask } from "./host";

/** So long after an answer it is asked anew while there is more to come, in ms; where answers take long, so many times as long. */
const askAfter = 500;
const timesAsLong = 10;

/** A column of a table. */
interface Column<Row> {
  readonly name: string;
  readonly title?: string;
  readonly isNumber?: boolean;
  readonly cell: (row: Row) => Node | string;
  /** By what rows are sorted; those without come last. */
  readonly value: (row: Row) => number | string | undefined;
}

/** The run in numbers: what it is, what it took, and its models, agents and tools, each in a table that sorts. */
export class RunPane {
  readonly element = element("div", { class: "run" });
  private readonly sorting = new Map<string, { readonly column: string; readonly isDown: boolean }>();
  private run: ReplayRun | undefined;
  private asked = 0;
  private timer: number | undefined;
  private tookLast = 0;
  /** What is drawn, so that nothing is drawn anew that is the same. */
  private drawn = "";

  constructor(
    private readonly progress: () => ReplayProgress,
    private readonly step: (direction: 1 | -1) => void,
    private readonly showSamples: () => void,
    private readonly showFields: (ordinal: number) => void,
    private readonly goTo: (ordinal: number) => void,
  ) {}

  /** Shows before long that there is more of the transcript. */
  changed(): void {
    this.timer ??= window.setTimeout(() => void this.show(), Math.max(askAfter, timesAsLong * this.tookLast));
  }

  /** Shows what is known by now, and goes on until all is. */
  async show(): Promise<void> {
    window.clearTimeout(this.timer);
    this.timer = undefined;
    const asked = ++this.asked;
    const began = performance.now();
    const run = await ask("run", {}).catch(() => undefined);
    if (run === undefined || asked !== this.asked || !this.element.isConnected) {
      return;
    }
    this.tookLast = performance.now() - began;
    this.run = run;
    this.draw();
    if (run.summed < 1) {
      this.changed();
    }
  }

  private draw(): void {
    const { run } = this;
    const progress = this.progress();
    const shown = JSON.stringify([run, progress.facts, progress.formatTitle, [...this.sorting]]);
    if (run === undefined || shown === this.drawn) {
      return;
    }
    this.drawn = shown;
    // Who sorts by keys goes on at the same heading.
    const focused = document.activeElement instanceof HTMLElement && this.element.contains(document.activeElement) ? document.activeElement.dataset["key"] : undefined;
    const scroll = this.element.parentElement?.scrollTop ?? 0;
    this.element.replaceChildren(this.facts(run, progress), ...this.usages("Models", "model", run.models, false), ...this.usages("Agents", "agent", run.agents, true), ...this.tools(run.tools));
    if (this.element.parentElement !== null) {
      this.element.parentElement.scrollTop = scroll;
    }
    if (focused !== undefined) {
      [...this.element.querySelectorAll<HTMLElement>("[data-key]")].find(({ dataset }) => dataset["key"] === focused)?.focus();
    }
  }

  private facts(run: ReplayRun, { formatTitle, facts }: ReplayProgress): HTMLElement {
    const list = element("dl", { class: "facts" });
    const add = (name: string, ...value: readonly (Node | string | undefined)[]): void => list.append(element("dt", {}, name), element("dd", {}, ...value));
    add("format", formatTitle);
    // A cost that the log tells of is told with the others, in dollars, and as many samples as there are with what leads to them.
    const isTold = (name: string, value: string): boolean => (name === "cost" && run.recorded?.cost !== undefined) || (name === "samples" && run.samples > 1 && value === String(run.samples));
    for (const { name, value } of facts.filter((fact) => !isTold(fact.name, fact.value))) {
      add(visibleLine(name), element("bdi", {}, visibleLine(value)));
    }
    if (run.took !== undefined) {
      add("time", formatDuration(run.took));
    }
    const { configuration } = run;
    if (configuration !== undefined) {
      add("configuration", textButton(`event ${formatCount(configuration + 1)}`, "Show all that the log says of the run", () => this.showFields(configuration)));
    }
    add("events", formatCount(run.events));
    if (run.samples > 1) {
      add("samples", textButton(formatCount(run.samples), "The list of samples (q)", () => this.showSamples()));
    }
    add("problems", run.problems === 0 ? "none" : textButton(formatCount(run.problems), "Go to the next problem (p)", () => this.step(1)));
    if (run.summed < 1) {
      add("models took", `… (${Math.floor(run.summed * 100)} % looked at)`);
    } else if (run.usage.answers > 0) {
      add("answers", formatCount(run.usage.answers));
      addUsage(run.usage, add);
    }
    if (run.unread > 0) {
      add("not counted", `${plural(run.unread, "event")} too large to be looked at`);
    }
    const { recorded } = run;
    if (recorded !== undefined && run.summed === 1) {
      const tokens = (recorded.input ?? 0) + (recorded.output ?? 0) === 0 ? "" : `${formatCount(recorded.input ?? 0)} → ${formatCount(recorded.output ?? 0)} tokens`;
      const text = [tokens, recorded.cost === undefined || recorded.cost === 0 ? "" : formatDollars(recorded.cost)].filter((part) => part !== "").join(" · ");
      const isSame = (one: number | undefined, sum: number): boolean => one === undefined || Math.abs(one - sum) <= 1e-9 * Math.abs(sum);
      const agrees = (run.usage.input === 0 || isSame(recorded.input, run.usage.input)) && isSame(recorded.output, run.usage.output) && (run.usage.withCost === 0 || isSame(recorded.cost, run.usage.cost));
      if (text !== "") {
        add("the log says", text, run.usage.answers === 0 ? undefined : element("span", { class: agrees ? "note" : "note bad" }, agrees ? ", the same" : ", not what its answers say"));
      }
    }
    return list;
  }

  private usages(title: string, what: string, rows: readonly ReplayNamedUsage[], onlySeveral: boolean): HTMLElement[] {
    if (rows.length < (onlySeveral ? 2 : 1) || this.run?.summed !== 1) {
      return [];
    }
    const columns: Column<ReplayNamedUsage>[] = [
      { name: what, cell: ({ name }) => element("bdi", {}, name === "" ? (what === "agent" ? "main" : "not said") : visibleLine(name)), value: ({ name }) => name },
      { name: "answers", isNumber: true, cell: ({ usage }) => formatCount(usage.answers), value: ({ usage }) => usage.answers },
      { name: "in", isNumber: true, title: "tokens given", cell: ({ usage }) => (usage.input === 0 ? "" : figure(usage, usage.input)), value: ({ usage }) => usage.input },
      { name: "out", isNumber: true, title: "tokens made", cell: ({ usage }) => figure(usage, usage.output), value: ({ usage }) => usage.output },
      { name: "cost", isNumber: true, cell: ({ usage }) => costCell(usage), value: ({ usage }) => usage.cost || undefined },
    ];
    return this.table(title, rows, columns);
  }

  private tools(tools: readonly ReplayTool[]): HTMLElement[] {
    const columns: Column<ReplayTool>[] = [
      { name: "tool", cell: ({ name }) => element("bdi", {}, name === "" ? "no name" : visibleLine(name)), value: ({ name }) => name },
      { name: "calls", isNumber: true, cell: ({ calls }) => formatCount(calls), value: ({ calls }) => calls },
      { name: "failed", isNumber: true, cell: ({ failed }) => (failed === 0 ? "" : formatCount(failed)), value: ({ failed }) => failed || undefined },
      { name: "time", isNumber: true, cell: ({ took }) => (took === undefined ? "" : formatDuration(took)), value: ({ took }) => took },
    ];
    const several = tools.filter(({ calls, times }) => calls > 1 && times !== undefined);
    return [...(tools.length === 0 ? [] : this.table("Tools", tools, columns)), ...(several.length === 0 ? [] : this.times(several))];
  }

  /** In a table of their own: beside the others there is no room for them where the pane is as wide as it is at first. */
  private times(tools: readonly ReplayTool[]): HTMLElement[] {
    const columns: Column<ReplayTool>[] = [
      { name: "tool", cell: ({ name }) => element("bdi", {}, name === "" ? "no name" : visibleLine(name)), value: ({ name }) => name },
      { name: "median", isNumber: true, title: "time that half of the calls did not exceed", cell: ({ times }) => (times === undefined ? "" : formatDuration(times.median)), value: ({ times }) => times?.median },
      { name: "95 %", isNumber: true, title: "time that 95 % of the calls did not exceed", cell: ({ calls, times }) => (times === undefined || calls < 20 ? "" : formatDuration(times.percentile95)), value: ({ calls, times }) => (calls < 20 ? undefined : times?.percentile95) },
      { name: "longest", isNumber: true, title: "time of the longest call", cell: ({ times }) => (times === undefined ? "" : textButton(formatDuration(times.longest), `Go to event ${formatCount(times.longestAt + 1)}, where it ended`, () => this.goTo(times.longestAt))), value: ({ times }) => times?.longest },
    ];
    return this.table("Time of a call", tools, columns);
  }

  /** A table with those columns that say something. */
  private table<Row>(title: string, rows: readonly Row[], all: readonly Column<Row>[]): HTMLElement[] {
    const columns = all.filter((column, number) => number === 0 || rows.some((row) => column.value(row) !== undefined));
    const sorted = this.sorting.get(title);
    const by = columns.find(({ name }) => name === sorted?.column);
    const shown = by === undefined ? rows : [...rows].sort((one, other) => compared(by.value(one), by.value(other), sorted?.isDown === true));
    const heads = columns.map(({ name, title: meaning, isNumber }) => {
      const isBy = sorted?.column === name;
      const button = textButton(name, `Sort by ${meaning ?? name}`, () => this.sort(title, name, isNumber === true), "sort");
      button.dataset["key"] = `${title} ${name}`;
      if (isBy) {
        button.append(element("span", { "aria-hidden": "true" }, sorted.isDown ? " ↓" : " ↑"));
      }
      return element("th", { class: isNumber === true ? "value" : "name", "aria-sort": isBy ? (sorted.isDown ? "descending" : "ascending") : "none" }, button);
    });
    const body = shown.map((row) => element("tr", {}, ...columns.map(({ cell, isNumber }) => element("td", { class: isNumber === true ? "value" : "name" }, cell(row)))));
    return [element("h3", {}, title, " ", element("span", { class: "count" }, formatCount(rows.length))), element("table", { class: "scores", "aria-label": title }, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...body))];
  }

  /** By a column: numbers from the largest, names from the first; the other way round where it is sorted by that already; then as it was. */
  private sort(title: string, column: string, isNumber: boolean): void {
    const before = this.sorting.get(title);
    if (before?.column !== column) {
      this.sorting.set(title, { column, isDown: isNumber });
    } else if (before.isDown === isNumber) {
      this.sorting.set(title, { column, isDown: !isNumber });
    } else {
      this.sorting.delete(title);
    }
    this.draw();
  }
}

function addUsage(usage: ReplayUsageSum, add: (name: string, ...value: readonly string[]) => void): void {
  const of = (count: number): string => (count === usage.answers ? "" : ` (of ${plural(count, "answer")})`);
  if (usage.withTokens > 0) {
    // No answer is given to nothing: then the log tells only what came out.
    add("tokens in", usage.input === 0 ? "not recorded" : `${formatCount(usage.input)}${usage.cached > 0 ? `, ${formatCount(usage.cached)} of them cached` : ""}${of(usage.withTokens)}`);
    add("tokens out", `${formatCount(usage.output)}${usage.reasoning > 0 ? `, ${formatCount(usage.reasoning)} of them reasoning` : ""}`);
  }
  if (usage.cost > 0) {
    add("cost", `${formatDollars(usage.cost)}${of(usage.withCost)}`);
  }
}

function costCell({ cost }: ReplayUsageSum): string {
  return cost > 0 ? formatDollars(cost) : "";
}

function figure(usage: ReplayUsageSum, tokens: number): HTMLElement {
  return element("span", { title: sumInFull(usage) }, usage.withTokens === 0 ? "" : formatTokens(tokens));
}

/** In which order two values stand; those that are not there come last either way. */
function compared(one: number | string | undefined, other: number | string | undefined, isDown: boolean): number {
  if (one === undefined || other === undefined) {
    return Number(one === undefined) - Number(other === undefined);
  }
  const order = typeof one === "number" && typeof other === "number" ? one - other : String(one).localeCompare(String(other), "en", { numeric: true });
  return isDown ? -order : order;
}
