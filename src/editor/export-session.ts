import { basename, dirname, join } from "node:path";
import * as vscode from "vscode";
import { messageText, systemTime } from "../base";
import { type Exported, type ExportFormat, exportSession, exportSuffix, type Session } from "../sessions";

interface FormatItem extends vscode.QuickPickItem {
  readonly format: ExportFormat;
  /** How such files are called in the dialog. */
  readonly fileKind: string;
  readonly ending: string;
}

/** Asks for a format and a place, and exports the session there. A person can cancel it; nothing is left behind then. */
export async function exportWithQuestions(session: Session): Promise<void> {
  const chosen = await vscode.window.showQuickPick(formats(), { title: vscode.l10n.t("Export Session"), placeHolder: vscode.l10n.t("What for?"), matchOnDetail: true });
  if (chosen === undefined) {
    return;
  }
  const { root } = session.folder;
  const to = await vscode.window.showSaveDialog({
    title: vscode.l10n.t("Export Session"),
    defaultUri: vscode.Uri.file(join(dirname(root), `${basename(root)}${exportSuffix[chosen.format]}`)),
    saveLabel: vscode.l10n.t("Export"),
    ...(chosen.ending === "" ? {} : { filters: { [chosen.fileKind]: [chosen.ending] } }),
  });
  if (to === undefined) {
    return;
  }
  const exported = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t("Exporting the session"), cancellable: true },
    (progress, cancelled) => exportCancellably(session, chosen.format, to.fsPath, progress, cancelled),
  );
  if (exported !== undefined) {
    await tell(exported);
  }
}

async function exportCancellably(session: Session, format: ExportFormat, to: string, progress: vscode.Progress<{ message: string }>, cancelled: vscode.CancellationToken): Promise<Exported | undefined> {
  const stop = new AbortController();
  const listening = cancelled.onCancellationRequested(() => stop.abort());
  try {
    return await exportSession(session.folder.root, format, systemTime, { to, replace: true, signal: stop.signal, progress: (message) => progress.report({ message }) });
  } catch (error) {
    if (cancelled.isCancellationRequested) {
      return undefined;
    }
    throw error;
  } finally {
    listening.dispose();
  }
}

/** Where it is, and what is wrong with it. */
async function tell({ path, problems, sha256 }: Exported): Promise<void> {
  const show = vscode.l10n.t("Show in Folder");
  const copy = vscode.l10n.t("Copy Checksum");
  const buttons = sha256 === undefined ? [show] : [show, copy];
  const [problem] = problems;
  const name = messageText(basename(path));
  const pressed =
    problem === undefined
      ? await vscode.window.showInformationMessage(vscode.l10n.t("Exported to {0}.", name), ...buttons)
      : await vscode.window.showWarningMessage(vscode.l10n.t("Exported to {0}, but the record is not whole: {1}", name, messageText(problem)), ...buttons);
  if (pressed === show) {
    await vscode.commands.executeCommand("revealFileInOS", vscode.Uri.file(path));
  } else if (pressed === copy && sha256 !== undefined) {
    await vscode.env.clipboard.writeText(sha256);
  }
}

function formats(): FormatItem[] {
  return [
    { format: "zip", label: vscode.l10n.t("$(file-zip) Record (zip)"), detail: vscode.l10n.t("Everything of the session in one file that can be checked by itself: to hand in"), fileKind: "Zip", ending: "zip" },
    { format: "folder", label: vscode.l10n.t("$(folder) Record (folder)"), detail: vscode.l10n.t("The same as a folder"), fileKind: "", ending: "" },
    { format: "inspect", label: vscode.l10n.t("$(eye) Inspect log (.eval)"), detail: vscode.l10n.t("Scores, notes and clock for Inspect AI and its viewer"), fileKind: "Inspect", ending: "eval" },
    { format: "csv", label: vscode.l10n.t("$(table) Score log (CSV)"), detail: vscode.l10n.t("One row for each attempt, in RE-Bench's columns"), fileKind: "CSV", ending: "csv" },
    { format: "json", label: vscode.l10n.t("$(json) Session (JSON)"), detail: vscode.l10n.t("The journal and what it comes to, in one document"), fileKind: "JSON", ending: "json" },
  ];
}
