import * as vscode from "vscode";
import { singleLine } from "../base";
import type { Session } from "../sessions";

/**
 * Says once what holds in a session (what may be used, what is recorded), and asks for consent where terminals are to be recorded.
 * Nothing is asked where the assignment says nothing of either.
 */
export async function agreeOnConditions(session: Session): Promise<void> {
  const { policy, recording } = session.state.created.conditions;
  const rules = policyLines(policy);
  if (!recording && rules.length === 0) {
    return;
  }
  if (!recording) {
    await vscode.window.showInformationMessage(vscode.l10n.t("What holds in this session"), { modal: true, detail: rules.join("\n") });
    return;
  }
  if (session.state.consent === null) {
    await askForConsent(session, rules);
  }
}

/** Asks anew whether terminals may be recorded. */
export async function askForConsent(session: Session, rules = policyLines(session.state.created.conditions.policy)): Promise<void> {
  const record = vscode.l10n.t("Record");
  const dont = vscode.l10n.t("Do Not Record");
  const detail = [
    ...(rules.length === 0 ? [] : [...rules, ""]),
    vscode.l10n.t("With your consent, what terminals on the box show is recorded into the session folder on this computer, and is part of what you hand in."),
    "",
    vscode.l10n.t("Kept either way: your files at each scoring, scores and their output, notes, and the times of clock and connection."),
    "",
    vscode.l10n.t("Neither your keys nor your screen are recorded. You can take your consent back at any time in the Session view."),
  ].join("\n");
  // The first button is what Enter presses: consent is given on purpose.
  const chosen = await vscode.window.showInformationMessage(vscode.l10n.t("May terminals be recorded in this session?"), { modal: true, detail }, dont, record);
  if (chosen !== undefined) {
    await session.giveConsent(chosen === record);
  }
}

/** Gives the consent or takes it back. */
export async function changeConsent(session: Session): Promise<void> {
  if (session.state.consent === true) {
    await session.giveConsent(false);
  } else {
    await askForConsent(session);
  }
}

/** What may be used, in the words of the assignment: it may be anyone's text. */
export function policyLines({ internet, aiTools }: Session["state"]["created"]["conditions"]["policy"]): string[] {
  return [
    ...(internet === null ? [] : [vscode.l10n.t("Internet: {0}", singleLine(internet, 300))]),
    ...(aiTools === null ? [] : [vscode.l10n.t("AI tools: {0}", singleLine(aiTools, 300))]),
  ];
}
