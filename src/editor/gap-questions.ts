import * as vscode from "vscode";
import { formatMinutes } from "../base";
import type { Gap, Session } from "../sessions";
import type { WindowSession } from "./window-session";

/** Asks about gaps in the working time as soon as they are found. Who does not answer finds the question in the Session view. */
export class GapQuestions implements vscode.Disposable {
  private readonly subscription: vscode.Disposable;
  private readonly asked = new Set<string>();

  constructor(private readonly current: WindowSession) {
    this.subscription = current.onDidChange(() => this.look());
  }

  private look(): void {
    const { session } = this.current;
    if (session?.access.kind !== "writer") {
      return;
    }
    for (const gap of session.state.clock.gaps) {
      const key = `${session.state.created.id}.${gap.entry}`;
      if (!this.asked.has(key)) {
        this.asked.add(key);
        askAboutGap(session, gap).catch((error: unknown) => this.current.tellUnlessClosing(session, error));
      }
    }
  }

  dispose(): void {
    this.subscription.dispose();
  }
}

/** What happened, as a clause with its times. */
export function gapText({ cause, from, until }: Gap): string {
  const length = formatMinutes(until - from);
  const times = `${clockTime(from)}–${clockTime(until)}`;
  switch (cause) {
    case "closed":
      return vscode.l10n.t("The editor was closed for {0} ({1}) while the clock ran.", length, times);
    case "slept":
      return vscode.l10n.t("This computer slept for {0} ({1}) while the clock ran.", length, times);
    case "clock-jumped":
      return vscode.l10n.t("This computer's clock went ahead by {0} at once ({1}): it was set, or the computer stood still.", length, times);
  }
}

function clockTime(at: number): string {
  return new Date(at).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
}

/** Puts one gap to the expert. */
async function askAboutGap(session: Session, gap: Gap): Promise<void> {
  const work = vscode.l10n.t("Work");
  const pause = vscode.l10n.t("Break");
  const chosen = await vscode.window.showWarningMessage(vscode.l10n.t("{0} Count it as work or as a break?", gapText(gap)), work, pause);
  if (chosen !== undefined) {
    await session.answerGap(gap, chosen === work ? "work" : "break");
  }
}

/**
 * Puts all open gaps to the expert, one after the other, where something has to wait for the answers.
 * @returns whether all are answered
 */
export async function answerGaps(session: Session): Promise<boolean> {
  for (let [gap] = session.state.clock.gaps; gap !== undefined; [gap] = session.state.clock.gaps) {
    const picked = await vscode.window.showQuickPick(
      [
        { label: vscode.l10n.t("Work"), description: vscode.l10n.t("it stays counted"), countedAs: "work" as const },
        { label: vscode.l10n.t("Break"), description: vscode.l10n.t("{0} are given back; what was scored meanwhile is work", formatMinutes(gap.until - gap.from)), countedAs: "break" as const },
      ],
      { title: gapText(gap), placeHolder: vscode.l10n.t("Was it work or a break? The answer goes on record."), ignoreFocusOut: true },
    );
    if (picked === undefined) {
      return false;
    }
    await session.answerGap(gap, picked.countedAs);
  }
  return true;
}
