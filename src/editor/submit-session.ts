import * as vscode from "vscode";
import { messageText } from "../base";
import { isConnectionProblem } from "../boxes";
import { type Attempt, describeAttempt, type Readiness, type Session } from "../sessions";
import { askSurvey } from "./exit-survey";
import { answerGaps } from "./gap-questions";

/** Submits the session after all that has to be said before; the survey comes when the result is fixed. */
export async function submit(session: Session): Promise<void> {
  if (session.state.clock.state === "submitted") {
    await finishSubmission(session);
    return;
  }
  await vscode.workspace.saveAll(false);
  const readiness = await look(session);
  if (readiness === undefined || !(await answerGaps(session))) {
    return;
  }
  const yes = vscode.l10n.t("Submit");
  const detail = [...resultLines(session, readiness), "", vscode.l10n.t("The clock stops for good, and after a short survey nothing can be added.")];
  const chosen = await vscode.window.showWarningMessage(vscode.l10n.t("Submit this session?"), { modal: true, detail: detail.join("\n") }, yes);
  if (chosen !== yes) {
    return;
  }
  await session.submit({ survey: () => askSurvey(session), withoutBox: readiness === "without-box" });
}

/** Asks the survey of a session that was submitted before an end of the editor, and closes its record. */
export async function finishSubmission(session: Session): Promise<void> {
  await session.submit({ survey: () => askSurvey(session) });
}

/** What the session is like; where the box is out of reach the expert decides. Undefined where nothing is to be submitted now. */
async function look(session: Session): Promise<Readiness | "without-box" | undefined> {
  try {
    return await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: vscode.l10n.t("Checking the session") }, () => session.readiness());
  } catch (error) {
    if (!isConnectionProblem(error)) {
      throw error;
    }
    const without = vscode.l10n.t("Submit Without the Box");
    const detail = [
      messageText(error instanceof Error ? error.message : ""),
      "",
      vscode.l10n.t("Without the box, what lies only there is not brought over, a scoring that goes on there stays without an end, and nothing more is scored."),
    ].join("\n");
    const chosen = await vscode.window.showWarningMessage(vscode.l10n.t("The box is out of reach."), { modal: true, detail }, without);
    return chosen === without ? "without-box" : undefined;
  }
}

function resultLines(session: Session, readiness: Readiness | "without-box"): string[] {
  const { state } = session;
  const best = state.attempts.find((attempt) => attempt.number === state.best);
  const willBeScored = readiness !== "without-box" && readiness.willBeScored;
  const problems = readiness === "without-box" ? [] : readiness.problems;
  return [
    resultText(best, session),
    ...(willBeScored ? [vscode.l10n.t("Your files are scored once more as they are now, and that counts too.")] : []),
    ...(problems.length === 0 ? [] : ["", vscode.l10n.t("The record is not whole: {0}", messageText(problems.slice(0, 3).join(" ")))]),
  ];
}

function resultText(best: Attempt | undefined, { state }: Session): string {
  if (!state.created.scoring.visible) {
    return vscode.l10n.t("Scores are hidden in this task; which attempt is the result is told by whoever gave it to you.");
  }
  if (best === undefined) {
    return vscode.l10n.t("There is no valid score yet.");
  }
  const { normalised, scoreWithUnit } = describeAttempt(best, state);
  return vscode.l10n.t("Attempt {0} is the result: {1}, normalised {2}.", best.number, scoreWithUnit, normalised);
}
