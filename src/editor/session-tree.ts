import * as vscode from "vscode";
import { formatMinutes, singleLine } from "../base";
import { commands, views } from "../contributions";
import { describeAttempt, elapsedAt, type Session } from "../sessions";
import { type BoxRow, boxRows } from "./box-rows";
import { EveryMinute } from "./every-minute";
import type { WindowSession } from "./window-session";

/** The *Session* view: the clock, the box, the best score, and what can be done next. */
export class SessionTree implements vscode.TreeDataProvider<vscode.TreeItem>, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changes.event;
  private readonly view: vscode.TreeView<vscode.TreeItem>;
  private readonly parts: vscode.Disposable[];

  constructor(private readonly current: WindowSession) {
    this.view = vscode.window.createTreeView(views.session, { treeDataProvider: this });
    this.parts = [this.view, this.changes, current.onDidChange(() => this.refresh()), new EveryMinute(current, () => this.refresh())];
  }

  private refresh(): void {
    const created = this.current.session?.state.created;
    this.view.description = created === undefined ? "" : `${created.task.id} · ${created.task.profile}`;
    this.changes.fire();
  }

  getTreeItem(item: vscode.TreeItem): vscode.TreeItem {
    return item;
  }

  getChildren(): vscode.TreeItem[] {
    const { session } = this.current;
    if (session === undefined) {
      return [];
    }
    return [
      ...accessRow(session),
      clockRow(session),
      bestRow(session),
      ...boxRows(session).map(itemOf),
      ...integrityRow(session),
      row("instructions", vscode.l10n.t("Instructions"), singleLine(session.state.created.task.title), "book", {
        command: commands.showInstructions,
        title: vscode.l10n.t("Show Instructions"),
      }),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.parts).dispose();
  }
}

function accessRow(session: Session): vscode.TreeItem[] {
  const { access } = session;
  if (access.kind === "writer" || access.reason === "closed") {
    return [];
  }
  if (access.reason === "untrusted") {
    return [
      row("untrusted", vscode.l10n.t("Restricted"), vscode.l10n.t("trust this workspace to score"), "shield", {
        command: "workbench.trust.manage",
        title: vscode.l10n.t("Manage Workspace Trust"),
      }),
    ];
  }
  return [row(`reader.${access.reason}`, vscode.l10n.t("Read-only"), access.text, "lock")];
}

function clockRow(session: Session): vscode.TreeItem {
  const { clock } = session.state;
  const elapsed = formatMinutes(elapsedAt(clock, Date.now()));
  const limit = formatMinutes(clock.limitMs);
  const texts: Record<typeof clock.state, string> = {
    "not-started": vscode.l10n.t("not started · {0}", limit),
    running: vscode.l10n.t("{0} of {1}", elapsed, limit),
    paused: vscode.l10n.t("paused at {0} of {1}", elapsed, limit),
    expired: vscode.l10n.t("time is up · {0}", limit),
    submitted: vscode.l10n.t("submitted at {0} of {1}", elapsed, limit),
  };
  const icon = clock.state === "paused" ? "debug-pause" : clock.state === "submitted" ? "check" : "watch";
  const writable = session.access.kind === "writer" ? clock.state : "read";
  return row(`clock.${writable}`, vscode.l10n.t("Clock"), texts[clock.state], icon);
}

function bestRow(session: Session): vscode.TreeItem {
  const { state } = session;
  const best = state.attempts.find((attempt) => attempt.number === state.best);
  const { scoring } = state.created;
  if (!scoring.visible) {
    return row("best", vscode.l10n.t("Best"), vscode.l10n.t("scores are hidden in this task"), "star-empty");
  }
  if (best === undefined) {
    return row("best", vscode.l10n.t("Best"), vscode.l10n.t("no valid score yet"), "star-empty");
  }
  const { scoreWithUnit, normalised } = describeAttempt(best, state);
  const origin = best.kind === "start" ? vscode.l10n.t("starting solution") : vscode.l10n.t("attempt {0}", best.number);
  return row("best", vscode.l10n.t("Best"), `${normalised} · ${scoreWithUnit} · ${origin}`, best.kind === "start" ? "star-empty" : "star-full");
}

function integrityRow(session: Session): vscode.TreeItem[] {
  const changes = session.state.integrityChanges;
  if (changes.length === 0) {
    return [];
  }
  const files = new Set(changes.flatMap(({ changed, added, removed }) => [...changed, ...added, ...removed]));
  const item = row("integrity", vscode.l10n.t("Scoring files changed"), singleLine([...files].join(", ")), "warning");
  item.tooltip = vscode.l10n.t("Files that decide the score differ from those the session began with. This is on record.");
  return [item];
}

function itemOf({ contextValue, label, description, icon, tooltip, command }: BoxRow): vscode.TreeItem {
  const item = row(contextValue, label, description, icon, command);
  item.tooltip = tooltip ?? item.tooltip;
  return item;
}

function row(contextValue: string, label: string, description: string, icon: string, command?: vscode.Command): vscode.TreeItem {
  const item = new vscode.TreeItem(label);
  item.id = contextValue.split(".")[0] ?? contextValue;
  item.contextValue = contextValue;
  item.description = description;
  item.tooltip = `${label}: ${description}`;
  item.iconPath = new vscode.ThemeIcon(icon);
  item.accessibilityInformation = { label: `${label}: ${description}` };
  if (command !== undefined) {
    item.command = command;
  }
  return item;
}
