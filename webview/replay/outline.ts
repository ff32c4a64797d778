import { type OutlineFigure, type OutlineKind, outlineFigures, type ReplayPart, type ReplayUsageSum } from "../../src/protocol";
import { element, select, settled } from "./dom";
import { formatCount, formatDollars, formatDuration, formatTokens, nameAndEpoch, plural, sumInFull } from "./formats";
import { visibleLine } from "./body/visible";
import { ask } from "./host";

const rowHeight = 22;
const page = 100;
/** So often it is asked anew until it is known what models took, in ms. */
const askEvery = 500;
const names: Readonly<Record<OutlineKind, string>> = { turns: "Turns", spans: "Spans", agents: "Agents", branches: "Branches", samples: "Samples" };

/** What is told of each part beside its name, and who hears of what models took in all. */
interface Figures {
  readonly figure: OutlineFigure;
  changed(figure: OutlineFigure): void;
  sum(all: ReplayUsageSum): void;
}

/** The outline: the parts of the transcript by turns, spans, agents, branches or samples. Rows have one height. */
export class Outline {
  readonly element: HTMLElement;
  private readonly head = element("div", { class: "pane-head" });
  private readonly list = element("div", { class: "outline-list", role: "tree", tabindex: 0, "aria-label": "Outline" });
  private readonly column = element("div", { class: "outline-column", role: "presentation" });
  /** The rows that are drawn, with what they show. */
  private drawn = new Map<number, { readonly shown: string; readonly row: HTMLElement }>();
  private parts = new Map<number, ReplayPart>();
  private count = 0;
  private named = 0;
  private at = -1;
  private modes: readonly OutlineKind[] = ["turns"];
  private readonly refetch = settled(300, () => void this.fetch(true));
  private fetching = false;
  private figure: OutlineFigure;
  /** What parts are, for telling whether one is still the same. */
  private readonly texts = new WeakMap<ReplayPart, string>();
  private timer: number | undefined;
  /** How high the list is and how far it is scrolled, in pixels: asking for them while the page changes has the browser lay it out at once. */
  private viewHeight = 0;
  private scrollTop = 0;

  constructor(
    private mode: OutlineKind,
    private readonly go: (ordinal: number) => void,
    private readonly changedMode: (mode: OutlineKind) => void,
    /** How many findings there are from one event to before another, but for dismissed ones. */
    private readonly findingsIn: (from: number, to: number) => number,
    private readonly figures: Figures,
  ) {
    this.figure = figures.figure;
    this.list.append(this.column);
    this.element = element("nav", { class: "outline pane", "aria-label": "Outline" }, this.head, this.list);
    this.list.addEventListener(
      "scroll",
      () => {
        this.scrollTop = this.list.scrollTop;
        void this.draw();
      },
      { passive: true },
    );
    this.list.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("click", (event) => {
      const row = event.target instanceof Element ? event.target.closest("[data-part]") : null;
      this.choose(Number(row?.getAttribute("data-part") ?? -1));
    });
    new ResizeObserver(() => {
      this.viewHeight = this.list.clientHeight;
      this.scrollTop = this.list.scrollTop;
      void this.draw();
    }).observe(this.list);
    this.drawHead();
  }

  get kind(): OutlineKind {
    return this.mode;
  }

  /** Shows that the transcript has grown, or is another one. */
  changed(): void {
    this.refetch();
  }

  /** Findings or decisions about them have changed. */
  remark(): void {
    void this.draw(false);
  }

  /** Marks the part that the current event lies in. */
  stand(part: number): void {
    if (part !== this.at) {
      this.at = part;
      if (this.count === 0) {
        return;
      }
      const top = part * rowHeight;
      if (part >= 0 && (top < this.scrollTop || top + rowHeight > this.scrollTop + this.viewHeight)) {
        this.scrollTo(top - this.viewHeight / 3);
      }
      void this.draw();
    }
  }

  private scrollTo(top: number): void {
    this.scrollTop = Math.round(Math.max(0, Math.min(top, this.count * rowHeight - this.viewHeight)));
    this.list.scrollTop = this.scrollTop;
  }

  private key(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      event.stopPropagation();
      this.choose(Math.max(0, Math.min(this.count - 1, this.at + step)));
    }
  }

  private choose(number: number): void {
    const part = this.parts.get(number);
    if (part !== undefined) {
      this.stand(number);
      this.go(part.ordinal);
    }
  }

  private drawHead(): void {
    const title = this.modes.length < 2 ? element("span", { class: "pane-title" }, names[this.mode]) : select("Outline by", this.modes.map((mode): [string, string] => [mode, names[mode]]), this.mode, (value) => this.setMode(value as OutlineKind));
    this.head.replaceChildren(title, element("span", { class: "count" }, formatCount(this.named)), element("span", { class: "space" }), this.choice());
  }

  private choice(): HTMLSelectElement {
    const choice = select("What is told of each part", outlineFigures.map((figure): [string, string] => [figure, figure === "nothing" ? "–" : figure]), this.figure, (value) => {
      this.figure = value as OutlineFigure;
      this.figures.changed(this.figure);
      this.makeRoom();
      void this.draw(false);
    });
    choice.classList.add("figures");
    return choice;
  }

  private setMode(mode: OutlineKind): void {
    this.mode = mode;
    this.at = -1;
    this.scrollTo(0);
    this.changedMode(mode);
    void this.fetch(true);
  }

  private async fetch(anew: boolean): Promise<void> {
    if (this.element.hidden || (this.fetching && !anew)) {
      return;
    }
    this.fetching = true;
    const from = Math.max(0, Math.floor(this.scrollTop / rowHeight) - page);
    try {
      const { mode } = this;
      const { count, named, parts, modes, summed, all } = await ask("outline", { mode, from, to: from + 3 * page });
      if (mode !== this.mode) {
        return;
      }
      if (anew) {
        this.parts = new Map();
      }
      if (summed === 1) {
        this.figures.sum(all);
      } else {
        window.clearTimeout(this.timer);
        this.timer = window.setTimeout(() => void this.fetch(true), askEvery);
      }
      parts.forEach((part, number) => this.parts.set(from + number, part));
      this.makeRoom();
      if (count !== this.count || modes.join() !== this.modes.join()) {
        this.count = count;
        this.named = named;
        this.modes = modes;
        this.drawHead();
      }
    } catch {
      // The transcript is not open any more, or not yet.
    } finally {
      this.fetching = false;
    }
    await this.draw(false);
  }

  /** A column in which nothing stands takes no room from what the parts are called. */
  private makeRoom(): void {
    this.list.classList.toggle("bare", ![...this.parts.values()].some((part) => figureOf(part, this.figure) !== ""));
  }

  /** Draws the rows that are to be seen. */
  private async draw(fetches = true): Promise<void> {
    const first = Math.max(0, Math.floor(this.scrollTop / rowHeight) - 10);
    const last = Math.min(this.count, first + Math.ceil(this.viewHeight / rowHeight) + 20);
    const height = `${this.count * rowHeight}px`;
    if (this.column.style.height !== height) {
      this.column.style.height = height;
    }
    let isMissing = false;
    const before = this.drawn;
    this.drawn = new Map();
    for (let number = first; number < last; number++) {
      const part = this.parts.get(number);
      isMissing ||= part === undefined;
      this.drawn.set(number, this.rowOf(number, part, before.get(number)));
      before.delete(number);
    }
    before.forEach(({ row }) => row.remove());
    let next = this.column.firstElementChild;
    for (const { row } of this.drawn.values()) {
      if (row === next) {
        next = next.nextElementSibling;
      } else {
        this.column.insertBefore(row, next);
      }
    }
    const active = this.at >= first && this.at < last ? `part-${this.at}` : "";
    // Said anew, it would be told anew.
    if (this.list.getAttribute("aria-activedescendant") !== active) {
      this.list.setAttribute("aria-activedescendant", active);
    }
    if (isMissing && fetches) {
      await this.fetch(false);
    }
  }

  /** The row of a part: the one that is there, where it shows the same. While playing, this is asked many times a second. */
  private rowOf(number: number, part: ReplayPart | undefined, drawn: { readonly shown: string; readonly row: HTMLElement } | undefined): { readonly shown: string; readonly row: HTMLElement } {
    const findings = part === undefined ? 0 : this.findingsIn(part.ordinal, part.end);
    const shown = [part === undefined ? "" : this.textOf(part), findings, this.count, this.figure].join("\n");
    const isHere = number === this.at;
    if (drawn?.shown === shown) {
      drawn.row.classList.toggle("here", isHere);
      if (drawn.row.ariaCurrent !== String(isHere)) {
        drawn.row.ariaCurrent = String(isHere);
      }
      return drawn;
    }
    drawn?.row.remove();
    return { shown, row: this.row(number, part, findings, isHere) };
  }

  private textOf(part: ReplayPart): string {
    const text = this.texts.get(part) ?? JSON.stringify(part);
    this.texts.set(part, text);
    return text;
  }

  private row(number: number, part: ReplayPart | undefined, findings: number, isHere: boolean): HTMLElement {
    const label = part === undefined ? "" : visibleLine(part.label);
    const signs = [
      { class: "bad", sign: "!", title: (part?.errors ?? 0) > 0 ? "something failed" : "" },
      { class: "finding-sign", sign: "▲", title: findings > 0 ? plural(findings, "finding") : "" },
      { class: "diamond", sign: "◆", title: (part?.scores ?? 0) > 0 ? "score" : "" },
    ].filter(({ title }) => title !== "");
    const figure = part === undefined ? "" : figureOf(part, this.figure);
    const facts = part === undefined ? [] : [part.took === undefined ? "" : `took ${formatDuration(part.took)}`, part.usage === undefined || part.usage.answers === 0 ? "" : sumInFull(part.usage), part.context === undefined ? "" : `context at its end: ${plural(part.context, "token")}`].filter((fact) => fact !== "");
    const row = element(
      "div",
      { class: ["part", isHere ? "here" : "", part?.number === 0 ? "heading" : ""].filter((name) => name !== "").join(" "), role: "treeitem", id: `part-${number}`, "data-part": number, "aria-current": String(isHere), "aria-level": (part?.depth ?? 0) + 1, "aria-setsize": this.count, "aria-posinset": number + 1, "aria-label": [label, part?.score ?? "", figure, ...signs.map(({ title }) => title)].filter((word) => word !== "").join(", "), title: [label, ...facts].join("\n"), "aria-description": facts.slice(this.figure === "time" && part?.took !== undefined ? 1 : 0).join(", ") },
      element("span", { class: "number" }, part === undefined || part.number === 0 ? "" : formatCount(part.number)),
      ...(part === undefined ? [element("bdi", { class: "label" }, "…")] : labelsOf(label, part.number === 0)),
      ...signs.map(({ class: name, sign, title }) => element("span", { class: name, title }, sign)),
      part === undefined || part.score === "" ? undefined : element("bdi", { class: "result" }, visibleLine(part.score)),
      this.figure === "nothing" ? undefined : element("span", { class: "figure" }, figure),
      this.figure === "time" && part?.within !== undefined ? barOf(part.within) : undefined,
    );
    row.style.top = `${number * rowHeight}px`;
    row.style.paddingInlineStart = `${8 + (part?.depth ?? 0) * 12}px`;
    return row;
  }
}

function labelsOf(label: string, isSample: boolean): HTMLElement[] {
  const [name = label, epoch = ""] = isSample ? nameAndEpoch(label) : [label];
  return epoch === "" ? [element("bdi", { class: "label" }, label)] : [element("bdi", { class: "label short" }, name), element("bdi", { class: "epoch" }, epoch)];
}

/** When a part was, as a bar under it in the time of its sample. */
function barOf([from, to]: readonly [number, number]): HTMLElement {
  const bar = element("span", { class: "lies", role: "presentation" });
  bar.style.setProperty("--from", from.toFixed(4));
  bar.style.setProperty("--share", (to - from).toFixed(4));
  return bar;
}

function figureOf({ took, usage, context }: ReplayPart, figure: OutlineFigure): string {
  switch (figure) {
    case "time":
      return took === undefined || took === 0 ? "" : formatDuration(took);
    case "tokens":
      return usage === undefined || usage.withTokens === 0 ? "" : formatTokens(usage.input + usage.output);
    case "cost":
      return usage === undefined || usage.cost === 0 ? "" : formatDollars(usage.cost);
    case "context":
      return context === undefined ? "" : formatTokens(context);
    case "nothing":
      return "";
  }
}
