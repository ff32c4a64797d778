import { stat } from "node:fs/promises";
import { join } from "node:path";
import * as vscode from "vscode";
import { labelText } from "../base";
import { type Attempt, attemptFolder, describeAttempt, type Session, SessionError, type SessionState } from "../sessions";
import { showChanges } from "./attempt-changes";
import type { AttemptDetails } from "./attempt-details";
import type { AttemptFiles } from "./attempt-files";
import { restoreAttempt } from "./restore-attempt";
import type { KeptAttempt, SnapshotDocuments } from "./snapshot-documents";
import type { WindowSession } from "./window-session";

/** The parts of the editor that show attempts. */
export interface AttemptParts {
  readonly current: WindowSession;
  readonly snapshots: SnapshotDocuments;
  readonly attemptFiles: AttemptFiles;
  readonly attemptDetails: AttemptDetails;
}

type AttemptCommand = "showAttempt" | "showAttemptOutput" | "showAttemptChanges" | "showAttemptChangesToBest" | "browseAttemptFiles" | "closeAttemptFiles" | "restoreAttempt";

/** What the commands about one attempt do. Each takes a row of the view, or anything with its `number`, or asks which. */
export function attemptActions({ current, snapshots, attemptFiles, attemptDetails }: AttemptParts): Record<AttemptCommand, (chosen: unknown) => Promise<void>> {
  /** Acts on an attempt whose workspace was kept. */
  const withKept = (title: string, act: (session: Session, attempt: KeptAttempt) => Promise<void>) => async (chosen: unknown): Promise<void> => {
    const session = current.require();
    const attempt = await attemptOf(session, chosen, title);
    if (attempt !== undefined) {
      await act(session, kept(attempt));
    }
  };
  return {
    showAttempt: async (chosen) => {
      const attempt = await attemptOf(current.require(), chosen, vscode.l10n.t("Show Attempt"));
      if (attempt !== undefined) {
        await attemptDetails.show(attempt.number);
      }
    },
    showAttemptOutput: (chosen) => showAttemptOutput(current.require(), chosen),
    showAttemptChanges: withKept(vscode.l10n.t("Show Changes Since Previous Attempt"), async (session, attempt) => {
      const previous = previousKept(session, attempt);
      if (previous === undefined) {
        throw new SessionError("no-snapshot", vscode.l10n.t("There is no attempt before attempt {0} to compare it with.", attempt.number));
      }
      await showChanges(session, snapshots, previous, attempt);
    }),
    showAttemptChangesToBest: withKept(vscode.l10n.t("Show Changes to Best Attempt"), async (session, attempt) => {
      await showChanges(session, snapshots, ...inOrder(attempt, bestKept(session)));
    }),
    browseAttemptFiles: withKept(vscode.l10n.t("Browse Attempt Files"), (session, attempt) => attemptFiles.show(session, attempt, previousKept(session, attempt))),
    closeAttemptFiles: () => attemptFiles.close(),
    restoreAttempt: withKept(vscode.l10n.t("Restore Attempt"), (session, attempt) => restoreAttempt(session, snapshots, attempt)),
  };
}

/** @throws {SessionError} `no-snapshot` */
function kept(attempt: Attempt): KeptAttempt {
  if (!isKept(attempt)) {
    throw new SessionError("no-snapshot", vscode.l10n.t("No snapshot was taken of the workspace at attempt {0}.", attempt.number));
  }
  return attempt;
}

function isKept(attempt: Attempt): attempt is KeptAttempt {
  return attempt.snapshot !== null;
}

/** The last attempt before this one whose workspace was kept. */
function previousKept({ state }: Session, attempt: Attempt): KeptAttempt | undefined {
  return state.attempts.filter(isKept).findLast(({ number }) => number < attempt.number);
}

/** The best attempt; where scores are hidden, which one it is stays hidden too. @throws {SessionError} `no-snapshot` */
function bestKept({ state }: Session): KeptAttempt {
  const best = state.created.scoring.visible ? state.attempts.find(({ number }) => number === state.best) : undefined;
  if (best === undefined) {
    throw new SessionError("no-snapshot", state.created.scoring.visible ? vscode.l10n.t("There is no valid attempt to compare with yet.") : vscode.l10n.t("Scores are hidden in this task, and so is which attempt is the best."));
  }
  return kept(best);
}

function inOrder(one: KeptAttempt, other: KeptAttempt): [KeptAttempt, KeptAttempt] {
  return one.number <= other.number ? [one, other] : [other, one];
}

async function showAttemptOutput(session: Session, chosen: unknown): Promise<void> {
  const attempt = await attemptOf(session, chosen, vscode.l10n.t("Show Attempt Output"));
  if (attempt === undefined) {
    return;
  }
  const folder = attemptFolder(session.folder.root, attempt.number);
  for (const name of ["stdout.log", "stderr.log"]) {
    const size = (await stat(join(folder, name)).catch(() => undefined))?.size ?? 0;
    if (size > 0) {
      await vscode.window.showTextDocument(vscode.Uri.file(join(folder, name)), { preview: true });
      return;
    }
  }
  const text = session.state.created.scoring.visible
    ? vscode.l10n.t("Attempt {0} printed nothing.", attempt.number)
    : vscode.l10n.t("What attempt {0} printed stays on the box, because scores are hidden in this task.", attempt.number);
  void vscode.window.showInformationMessage(text);
}

/** The attempt that a row stands for, as it is now; asked for where there is none. */
async function attemptOf(session: Session, chosen: unknown, title: string): Promise<Attempt | undefined> {
  // A row that was drawn before the last change holds an attempt of the same number.
  const number = typeof chosen === "object" && chosen !== null && "number" in chosen ? chosen.number : undefined;
  const same = session.state.attempts.find((attempt) => attempt.number === number);
  if (same !== undefined) {
    return same;
  }
  return (await vscode.window.showQuickPick(attemptPicks(session.state), { title, placeHolder: vscode.l10n.t("Which attempt?") }))?.attempt;
}

/** The attempts to choose from, newest first. */
export function attemptPicks(state: SessionState): (vscode.QuickPickItem & { readonly attempt: Attempt })[] {
  return [...state.attempts].reverse().map((attempt) => {
    const { normalised, note } = describeAttempt(attempt, state);
    return { label: vscode.l10n.t("Attempt {0}", attempt.number), description: labelText([normalised, note].join("  "), 300), attempt };
  });
}
