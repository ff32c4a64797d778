import * as vscode from "vscode";
import { singleLine } from "../base";
import type { Session, Survey } from "../sessions";

/** Something was left out by Escape, and with it the rest. */
class LeftOut extends Error {}

/** Asks the exit survey, a question at a time. Null where all of it was left out; what was answered before Escape is kept. */
export async function askSurvey(session: Session): Promise<Survey | null> {
  const answers: { -readonly [Name in keyof Survey]: Survey[Name] } = { predicted: null, minutesLost: null, lostTo: "", clear: null, comments: "" };
  const { scoring } = session.state.created;
  const unit = singleLine(scoring.unit, 40);
  let isAnswered = false;
  try {
    const predicted = await askNumber(1, vscode.l10n.t("Which score do you expect to have reached?"), unit === "" ? vscode.l10n.t("a number") : vscode.l10n.t("in {0}", unit), -Infinity);
    answers.predicted = predicted;
    isAnswered = predicted !== null;
    const minutes = await askNumber(2, vscode.l10n.t("How many minutes were lost to the environment?"), vscode.l10n.t("connection, setup, tools; 0 for none"), 0);
    answers.minutesLost = minutes;
    isAnswered ||= minutes !== null;
    if (minutes !== null && minutes > 0) {
      answers.lostTo = await askText(3, vscode.l10n.t("What were they lost to?"));
    }
    const clear = await askClear(4);
    answers.clear = clear;
    isAnswered ||= clear !== null;
    answers.comments = await askText(5, vscode.l10n.t("Anything else that should be known?"));
  } catch (error) {
    if (!(error instanceof LeftOut)) {
      throw error;
    }
  }
  return isAnswered || answers.lostTo !== "" || answers.comments !== "" ? answers : null;
}

const title = (step: number): string => vscode.l10n.t("Submitted · Exit Survey ({0} of 5)", step);
const leaveOut = (): string => vscode.l10n.t("Enter leaves this one out, Escape the rest");

/** Null where it was left empty. */
async function askNumber(step: number, question: string, placeHolder: string, least: number): Promise<number | null> {
  const text = await vscode.window.showInputBox({
    title: title(step),
    prompt: `${question} ${leaveOut()}.`,
    placeHolder,
    ignoreFocusOut: true,
    validateInput: (value) => (isNumber(value, least) ? undefined : vscode.l10n.t("Not a number such as 12.5.")),
  });
  if (text === undefined) {
    throw new LeftOut();
  }
  return text.trim() === "" ? null : Number(text.replace(",", "."));
}

function isNumber(text: string, least: number): boolean {
  const number = Number(text.replace(",", "."));
  return text.trim() === "" || (Number.isFinite(number) && number >= least);
}

async function askText(step: number, question: string): Promise<string> {
  const text = await vscode.window.showInputBox({ title: title(step), prompt: `${question} ${leaveOut()}.`, ignoreFocusOut: true });
  if (text === undefined) {
    throw new LeftOut();
  }
  return text.trim();
}

async function askClear(step: number): Promise<Survey["clear"]> {
  const choices = [
    { label: vscode.l10n.t("Yes"), clear: "yes" as const },
    { label: vscode.l10n.t("Partly"), clear: "partly" as const },
    { label: vscode.l10n.t("No"), clear: "no" as const },
    { label: vscode.l10n.t("Leave out"), clear: null },
  ];
  const picked = await vscode.window.showQuickPick(choices, { title: title(step), placeHolder: vscode.l10n.t("Was it clear what you were to do?"), ignoreFocusOut: true });
  if (picked === undefined) {
    throw new LeftOut();
  }
  return picked.clear;
}
