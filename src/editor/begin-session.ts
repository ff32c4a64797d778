import * as vscode from "vscode";
import { errorOf } from "../base";
import { isConnectionProblem } from "../boxes";
import { views } from "../contributions";
import { missingOnBox, type Session } from "../sessions";
import { lacksText } from "./box-lacks";
import { showInstructions, showTaskBesideInstructions } from "./instructions";
import { agreeOnConditions, askForConsent } from "./session-conditions";

/**
 * At the first opening: the instructions beside the code, what holds in the session, what the box has; and the starting solution is scored off the clock.
 */
export async function greet(session: Session): Promise<void> {
  if (session.state.clock.state === "submitted" && session.access.kind === "writer") {
    // The editor ended while the survey was being asked.
    const { finishSubmission } = await import("./submit-session");
    await finishSubmission(session);
    return;
  }
  const isNew = session.state.attempts.length === 0 && session.state.clock.state === "not-started";
  if (!isNew || session.access.kind !== "writer") {
    return;
  }
  // One question at a time: a box may ask for a passphrase before it is reached, or not.
  const asked = session.connectBox().catch(() => undefined);
  await Promise.all([unlessOutOfReach(checkAndScore(session)), Promise.all([layOut(session), asked]).then(() => agreeOnConditions(session))]);
}

/** The box is looked at before the scoring makes it busy. */
async function checkAndScore(session: Session): Promise<void> {
  const unchecked = session.state.boxCheck === null ? await session.checkBox().then(() => undefined, errorOf) : undefined;
  if (unchecked !== undefined && isConnectionProblem(unchecked)) {
    throw unchecked;
  }
  await session.score();
  if (unchecked !== undefined) {
    throw unchecked;
  }
}

/** Whoever opened the session tells why the box is out of reach. */
async function unlessOutOfReach(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isConnectionProblem(error)) {
      throw error;
    }
  }
}

async function layOut(session: Session): Promise<void> {
  await vscode.commands.executeCommand(`${views.session}.focus`);
  await showTaskBesideInstructions(session);
}

/** Starts the clock, after what should be said before; instructions that come with the clock are shown. */
export async function startClock(session: Session): Promise<void> {
  const missing = session.state.clock.state === "not-started" ? missingOnBox(session.state) : [];
  if (missing.length > 0) {
    const anyway = vscode.l10n.t("Start Anyway");
    const chosen = await vscode.window.showWarningMessage(
      vscode.l10n.t("The box lacks what the task asks for."),
      { modal: true, detail: vscode.l10n.t("Missing: {0}.\n\nAsk who gave you the assignment before you spend working time on it.", lacksText(missing)) },
      anyway,
    );
    if (chosen !== anyway) {
      return;
    }
  }
  if (session.state.created.conditions.recording && session.state.consent === null) {
    await askForConsent(session);
  }
  const wereHidden = session.hidesInstructions;
  await session.startClock();
  if (wereHidden) {
    await showInstructions(session);
  }
}
