import * as vscode from "vscode";
import { formatMinutes } from "../base";
import { dueReminder, remainingAt } from "../sessions";
import type { ClockTicks } from "./clock-ticks";
import type { WindowSession } from "./window-session";

/** Tells once in a session how much time is left, at two hours, half an hour and five minutes; once also when it is up. */
export class ClockReminders implements vscode.Disposable {
  private readonly parts: vscode.Disposable;
  private state: string | undefined;

  constructor(
    private readonly current: WindowSession,
    private readonly memory: vscode.Memento,
    ticks: ClockTicks,
  ) {
    this.parts = vscode.Disposable.from(
      current.onDidChange(() => this.look()),
      ticks.onDidTick(() => this.look()),
    );
  }

  private look(): void {
    const { session } = this.current;
    if (session?.access.kind !== "writer") {
      this.state = undefined;
      return;
    }
    const { clock, created } = session.state;
    const before = this.state;
    this.state = clock.state;
    if (before === "running" && clock.state === "expired") {
      this.tellTimeIsUp(created.conditions.afterTime);
    }
    const key = `timeTold.${created.id}`;
    const now = Date.now();
    const due = dueReminder(clock, now, this.memory.get<number>(key));
    if (due !== undefined) {
      // Remembered over a reload of the window.
      void this.memory.update(key, due);
      const left = formatMinutes(Math.ceil(remainingAt(clock, now) / 60_000) * 60_000);
      void vscode.window.showInformationMessage(vscode.l10n.t("{0} left.", left));
    }
  }

  private tellTimeIsUp(afterTime: "close" | "mark"): void {
    const text =
      afterTime === "mark"
        ? vscode.l10n.t("The time is up. You can go on scoring; such attempts are marked and are never the result.")
        : vscode.l10n.t("The time is up and scoring is closed. What was valid by now is the result; submit when you are ready.");
    void vscode.window.showInformationMessage(text);
  }

  dispose(): void {
    this.parts.dispose();
  }
}
