import * as vscode from "vscode";
import { formatSeconds, singleLine } from "../base";
import { commands, views } from "../contributions";
import { type Attempt, describeAttempt, type SessionState } from "../sessions";
import type { WindowSession } from "./window-session";

/** The *Attempts* view: the score log, newest first. */
export class AttemptsTree implements vscode.TreeDataProvider<Attempt>, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changes.event;
  private readonly parts: vscode.Disposable[];

  constructor(private readonly current: WindowSession) {
    this.parts = [
      vscode.window.createTreeView(views.attempts, { treeDataProvider: this }),
      this.changes,
      current.onDidChange(() => this.changes.fire()),
    ];
  }

  getChildren(): Attempt[] {
    return [...(this.current.session?.state.attempts ?? [])].reverse();
  }

  getTreeItem(attempt: Attempt): vscode.TreeItem {
    return attemptItem(attempt, this.current.session?.state);
  }

  /** Only what the pointer rests on needs its tooltip: those of hundreds of attempts take longer than their rows. */
  resolveTreeItem(item: vscode.TreeItem, attempt: Attempt): vscode.TreeItem {
    const state = this.current.session?.state;
    if (state !== undefined) {
      item.tooltip = attemptTooltip(attempt, state);
    }
    return item;
  }

  dispose(): void {
    vscode.Disposable.from(...this.parts).dispose();
  }
}

/** The row of an attempt. */
export function attemptItem(attempt: Attempt, state: SessionState | undefined): vscode.TreeItem {
  const item = new vscode.TreeItem(String(attempt.number));
  item.id = `attempt-${attempt.number}`;
  item.contextValue = contextValue(attempt, state);
  item.command = { command: commands.showAttempt, title: vscode.l10n.t("Show Attempt"), arguments: [attempt] };
  if (state !== undefined) {
    describe(item, attempt, state);
  }
  return item;
}

/** So many parts of a scoring's message a tooltip has. */
const mostSaid = 20;

/** `kept`: there is a snapshot; `later`: also one before it; `comparable`: another attempt is the best one. */
function contextValue({ number, outcome, snapshot }: Attempt, state: SessionState | undefined): string {
  const words = [
    snapshot === null ? "" : "kept",
    number > 0 ? "later" : "",
    state?.created.scoring.visible === true && state.best !== null && state.best !== number ? "comparable" : "",
  ];
  return [`attempt.${outcome.kind}`, ...words.filter((word) => word !== "")].join(" ");
}

function describe(item: vscode.TreeItem, attempt: Attempt, state: SessionState): void {
  const { scoreWithUnit, normalised, note, isBest } = describeAttempt(attempt, state);
  const time = attempt.elapsedMs === null ? vscode.l10n.t("start") : formatSeconds(attempt.elapsedMs);
  item.description = [time, normalised, scoreWithUnit, note].filter((part) => part !== "").join("   ");
  item.iconPath = icon(attempt, isBest);
  const words = [
    vscode.l10n.t("Attempt {0}", attempt.number),
    isBest ? vscode.l10n.t("best") : "",
    attempt.elapsedMs === null ? vscode.l10n.t("starting solution") : vscode.l10n.t("{0} into the session", time),
    normalised === "" ? note : vscode.l10n.t("score {0}, normalised {1}", scoreWithUnit, normalised),
  ];
  item.accessibilityInformation = { label: words.filter((part) => part !== "").join(", ") };
}

/** What is said of an attempt that the pointer rests on: when it began, its score, and its scorer's message. */
export function attemptTooltip(attempt: Attempt, state: SessionState): string {
  const { scoreWithUnit, normalised, note } = describeAttempt(attempt, state);
  const message = attempt.outcome.kind === "scored" && state.created.scoring.visible ? Object.entries(attempt.outcome.message) : [];
  const said = message.slice(0, mostSaid).map(([name, value]) => singleLine(`${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`, 300));
  const unsaid = message.length - said.length;
  return [
    vscode.l10n.t("Attempt {0}, started {1}", attempt.number, new Date(attempt.startedAt).toLocaleString()),
    normalised === "" ? note : vscode.l10n.t("Score {0}, normalised {1}", scoreWithUnit, normalised),
    ...said,
    ...(unsaid > 0 ? [vscode.l10n.t("and {0} more", unsaid)] : []),
  ].join("\n");
}

function icon(attempt: Attempt, isBest: boolean): vscode.ThemeIcon {
  switch (attempt.outcome.kind) {
    case "running":
      return new vscode.ThemeIcon("loading~spin");
    case "invalid":
      return new vscode.ThemeIcon("circle-slash");
    case "lost":
    case "failed":
      return new vscode.ThemeIcon("warning");
    case "hidden":
      return new vscode.ThemeIcon(attempt.kind === "start" ? "circle-outline" : "circle-filled");
    case "scored":
      return new vscode.ThemeIcon(isBest ? "star-full" : attempt.kind === "start" ? "circle-outline" : "circle-filled");
  }
}
