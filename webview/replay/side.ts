import type { ReplayFile, ReplayScoreRow } from "../../src/protocol";
import { element, settled, textButton } from "./dom";
import { visibleLine } from "./body/visible";
import { formatBytes, formatCount, formatSeconds } from "./formats";
import { ask, send } from "./host";

type Tab = "files" | "scores";

const signs: Readonly<Record<ReplayFile["change"], readonly [sign: string, meaning: string]>> = {
  added: ["A", "made or first seen"],
  changed: ["M", "changed"],
  removed: ["D", "deleted"],
  same: [" ", "as it was"],
  unknown: ["?", "not known"],
};

/** The side: files as they are after the current event, and all scores. Findings and a review will stand here, too. */
export class Side {
  readonly element: HTMLElement;
  private readonly tabs: ReadonlyMap<Tab, HTMLButtonElement>;
  private readonly content = element("div", { class: "pane-body", tabindex: -1 });
  private ordinal = 0;
  /** The event that files are compared with; -1 is before the first. */
  private base = -1;
  private asked = 0;
  private readonly refetch = settled(150, () => void this.fetch());

  constructor(
    private tab: Tab,
    private readonly go: (ordinal: number) => void,
    private readonly changedTab: (tab: Tab) => void,
  ) {
    const names: readonly (readonly [Tab, string])[] = [["files", "Files"], ["scores", "Scores"]];
    this.tabs = new Map(
      names.map(([name, text]) => {
        const button = element("button", { class: "tab", role: "tab", type: "button" }, text);
        button.addEventListener("click", () => this.show(name));
        return [name, button];
      }),
    );
    this.element = element("aside", { class: "side pane", "aria-label": "Files and scores" }, element("div", { class: "pane-head", role: "tablist" }, ...this.tabs.values()), this.content);
    this.mark();
  }

  get current(): Tab {
    return this.tab;
  }

  show(tab: Tab): void {
    this.tab = tab;
    this.changedTab(tab);
    this.mark();
    void this.fetch();
  }

  /** The current event is another one. */
  stand(ordinal: number): void {
    this.ordinal = ordinal;
    if (this.tab === "files") {
      this.refetch();
    } else {
      this.markScore();
    }
  }

  changed(): void {
    this.refetch();
  }

  /** Compares files with this event from now on; with nothing, where it is the one already. */
  compareWith(ordinal: number): void {
    this.base = this.base === ordinal ? -1 : ordinal;
    this.show("files");
  }

  private mark(): void {
    for (const [name, button] of this.tabs) {
      button.setAttribute("aria-selected", String(name === this.tab));
    }
  }

  private async fetch(): Promise<void> {
    if (this.element.hidden) {
      return;
    }
    const asked = ++this.asked;
    try {
      if (this.tab === "files") {
        const { files } = await ask("files", { ordinal: this.ordinal, base: this.base });
        if (asked === this.asked) {
          this.drawFiles(files);
        }
      } else {
        const { rows, hasMore } = await ask("scores", {});
        if (asked === this.asked) {
          this.drawScores(rows, hasMore);
        }
      }
    } catch {
      // Another event was gone to meanwhile.
    }
  }

  private drawFiles(files: readonly ReplayFile[]): void {
    const compared = this.base < 0 ? element("span", {}, "compared with the start") : element("span", {}, "compared with ", textButton(`event ${formatCount(this.base + 1)}`, "Go to the event", () => this.go(this.base)), " ", textButton("×", "Compare with the start", () => this.compareWith(this.base)));
    const set = this.base === this.ordinal ? undefined : textButton("compare from here", "Compare files with this event from now on (b)", () => this.compareWith(this.ordinal));
    const rows = files.map((file) => this.fileRow(file));
    this.content.replaceChildren(
      element("div", { class: "hint" }, `After event ${formatCount(this.ordinal + 1)}, `, compared, ". ", set),
      ...(rows.length === 0 ? [element("p", { class: "hint" }, "No edits of files up to here. Files are rebuilt from the edits that the transcript holds.")] : rows),
    );
  }

  private fileRow(file: ReplayFile): HTMLElement {
    const [sign, meaning] = signs[file.change];
    const slash = file.path.lastIndexOf("/");
    const open = textButton("", file.kind === "known" ? `Open ${file.path} as it is here` : file.path, () => send({ type: "openFile", ordinal: this.ordinal, path: file.path }), "file-name");
    open.append(element("bdi", {}, visibleLine(file.path.slice(slash + 1))), element("bdi", { class: "folder" }, visibleLine(slash > 0 ? file.path.slice(0, slash) : "")));
    const canDiff = file.kind !== "unknown" && file.change !== "same";
    return element(
      "div",
      { class: `file ${file.change}` },
      element("span", { class: "sign-of-change", title: meaning }, sign),
      open,
      element("span", { class: "count" }, file.kind === "known" ? formatBytes(file.bytes) : ""),
      canDiff ? textButton("diff", "Show the difference in the diff editor", () => send({ type: "diffFile", from: this.base, to: this.ordinal, path: file.path })) : element("span", { class: "no-diff" }),
      textButton(`#${formatCount(file.since + 1)}`, "Go to the event that changed it last", () => this.go(file.since)),
      file.why === "" ? undefined : element("div", { class: "why" }, visibleLine(file.why)),
    );
  }

  private drawScores(rows: readonly ReplayScoreRow[], hasMore: boolean): void {
    if (rows.length === 0) {
      this.content.replaceChildren(element("p", { class: "hint" }, "No scores in this transcript."));
      return;
    }
    const hasNormalised = rows.some(({ normalised }) => normalised !== "");
    const table = element(
      "table",
      { class: "scores" },
      element("thead", {}, element("tr", {}, element("th", {}, "event"), element("th", {}, "time"), element("th", {}, "score"), hasNormalised ? element("th", {}, "normalised") : undefined, element("th", {}, "name"))),
      element(
        "tbody",
        {},
        ...rows.map((row) =>
          element(
            "tr",
            { "data-ordinal": row.ordinal },
            element("td", {}, textButton(formatCount(row.ordinal + 1), "Go to the event", () => this.go(row.ordinal))),
            element("td", {}, row.elapsed === undefined ? "" : formatSeconds(row.elapsed)),
            element("td", { class: "value" }, visibleLine(row.score.slice(0, 40))),
            hasNormalised ? element("td", { class: "value" }, row.normalised) : undefined,
            element("td", { class: "name" }, element("bdi", {}, `${row.isFinal ? "◆ " : ""}${visibleLine(row.name.slice(0, 100))}`)),
          ),
        ),
      ),
    );
    this.content.replaceChildren(table, ...(hasMore ? [element("p", { class: "hint" }, `The first ${formatCount(rows.length)} scores.`)] : []));
    this.markScore();
  }

  private markScore(): void {
    for (const row of this.content.querySelectorAll("tr[data-ordinal]")) {
      row.classList.toggle("here", Number(row.getAttribute("data-ordinal")) === this.ordinal);
    }
  }
}
