import * as vscode from "vscode";
import { formatMinutes, formatSeconds } from "../base";
import { statusBarItems, views } from "../contributions";
import { describeAttempt, elapsedAt, pauseLength, remainingAt, type Session } from "../sessions";
import { boxInShort } from "./box-rows";
import { type ClockTicks, lastMinutes } from "./clock-ticks";
import type { WindowSession } from "./window-session";

/** The clock in the status bar: time left and the best score; by the second near the end. */
export class ClockStatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem(statusBarItems.clock, vscode.StatusBarAlignment.Left, 1000);
  private readonly parts: vscode.Disposable[];
  private toldWhyNotExpired = false;

  constructor(
    private readonly current: WindowSession,
    ticks: ClockTicks,
  ) {
    this.item.name = vscode.l10n.t("Baseliner Clock");
    this.item.command = `${views.session}.focus`;
    this.parts = [this.item, current.onDidChange(() => this.render()), ticks.onDidTick(() => this.tick())];
  }

  private tick(): void {
    const { session } = this.current;
    session?.expireIfDue().then(
      () => {
        this.toldWhyNotExpired = false;
      },
      (error: unknown) => {
        // Tried again with every tick, told once.
        if (!this.toldWhyNotExpired) {
          this.toldWhyNotExpired = true;
          this.current.tellUnlessClosing(session, error);
        }
      },
    );
    this.render();
  }

  private render(): void {
    const { session } = this.current;
    if (session === undefined) {
      this.item.hide();
      return;
    }
    const { clock } = session.state;
    const remaining = remainingAt(clock, Date.now());
    const left = remaining <= lastMinutes ? formatSeconds(remaining) : formatMinutes(Math.ceil(remaining / 60_000) * 60_000);
    const best = bestNormalised(session.state);
    this.item.text = [clockText(clock.state, left), best === undefined ? undefined : vscode.l10n.t("best {0}", best), boxInShort(session)]
      .filter((part) => part !== undefined)
      .join(" · ");
    this.item.tooltip = clockTooltip(session.state, Date.now());
    this.item.accessibilityInformation = { label: `${this.item.text.replace(/\$\([^)]*\)\s*/g, "")}. ${clockTooltip(session.state, Date.now())}`, role: "button" };
    const nearEnd = clock.state === "running" && remaining <= lastMinutes;
    this.item.backgroundColor = nearEnd ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
    this.item.show();
  }

  dispose(): void {
    vscode.Disposable.from(...this.parts).dispose();
  }
}

function clockText(state: Session["state"]["clock"]["state"], left: string): string {
  switch (state) {
    case "not-started":
      return `$(watch) ${vscode.l10n.t("{0} · not started", left)}`;
    case "running":
      return `$(watch) ${vscode.l10n.t("{0} left", left)}`;
    case "paused":
      return `$(debug-pause) ${vscode.l10n.t("paused · {0} left", left)}`;
    case "expired":
      return `$(watch) ${vscode.l10n.t("time is up")}`;
    case "submitted":
      return `$(check) ${vscode.l10n.t("submitted")}`;
  }
}

/** What the clock in the status bar says when it is pointed at, at `now` (UTC, ms). */
export function clockTooltip(state: Session["state"], now: number): string {
  const pauses = state.clock.pauses.length;
  const paused = state.clock.pauses.reduce((sum, pause) => sum + pauseLength(pause, now), 0);
  const last = state.attempts.findLast((attempt) => attempt.outcome.kind !== "running");
  const best = bestNormalised(state);
  return [
    vscode.l10n.t("Elapsed {0} of {1}", formatMinutes(elapsedAt(state.clock, now)), formatMinutes(state.clock.limitMs)),
    pauses === 0 ? undefined : vscode.l10n.t("{0} pauses, {1} in all", pauses, formatMinutes(paused)),
    !state.created.scoring.visible ? vscode.l10n.t("Scores are hidden in this task") : best === undefined ? vscode.l10n.t("No score of your own yet") : vscode.l10n.t("Best score {0}", best),
    last === undefined ? undefined : vscode.l10n.t("Last scored {0} min ago", Math.max(0, Math.floor((now - last.startedAt) / 60_000))),
  ]
    .filter((line) => line !== undefined)
    .join("\n");
}

function bestNormalised(state: Session["state"]): string | undefined {
  const best = state.attempts.find((attempt) => attempt.number === state.best && attempt.kind !== "start");
  const normalised = best === undefined ? "" : describeAttempt(best, state).normalised;
  return normalised === "" ? undefined : normalised;
}
