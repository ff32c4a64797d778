import * as vscode from "vscode";
import { commands } from "../contributions";
import type { ClockTicks } from "./clock-ticks";
import type { WindowSession } from "./window-session";

/** At most so often a note is asked for, in ms. */
const promptEvery = 60 * 60_000;

/** Where the assignment wants research notes, asks for one when there was none for an hour of a running clock. */
export class NotePrompts implements vscode.Disposable {
  private readonly subscription: vscode.Disposable;

  constructor(
    private readonly current: WindowSession,
    private readonly asked: vscode.Memento,
    ticks: ClockTicks,
  ) {
    this.subscription = ticks.onDidTick(({ isMinute }) => {
      if (isMinute) {
        void this.look();
      }
    });
  }

  private async look(): Promise<void> {
    const { session } = this.current;
    if (session?.access.kind !== "writer" || !session.state.created.conditions.researchNotes) {
      return;
    }
    const { clock, created, notes } = session.state;
    const key = `notePrompt.${created.id}`;
    const last = Math.max(clock.startedAt ?? 0, notes.at(-1)?.at ?? 0, this.asked.get<number>(key, 0));
    if (clock.state !== "running" || Date.now() - last < promptEvery) {
      return;
    }
    // Remembered over a reload, so that nobody is asked twice for the same hour.
    await this.asked.update(key, Date.now());
    const add = vscode.l10n.t("Add Note");
    const chosen = await vscode.window.showInformationMessage(vscode.l10n.t("What did you try and learn in the last hour? A line is enough."), add, vscode.l10n.t("Not Now"));
    if (chosen === add) {
      await vscode.commands.executeCommand(commands.addNote);
    }
  }

  dispose(): void {
    this.subscription.dispose();
  }
}
