import * as vscode from "vscode";
import { singleLine } from "../base";
import type { Session } from "../sessions";
import type { SnapshotChange } from "../workspace";
import { type KeptAttempt, type SnapshotDocuments, snapshotUri } from "./snapshot-documents";

/**
 * Shows what changed from one attempt to another: one file in a diff editor, several in one editor for all of them.
 * @throws {SnapshotReadError}
 */
export async function showChanges(session: Session, documents: SnapshotDocuments, before: KeptAttempt, after: KeptAttempt): Promise<void> {
  const changes = await documents.filesOf(session).changes(before.snapshot, after.snapshot);
  const readable = changes.filter(({ onlyMode }) => !onlyMode);
  const title = vscode.l10n.t("Attempt {0} ↔ {1}", before.number, after.number);
  const [first] = readable;
  if (first === undefined) {
    const text = changes.length === 0 ? vscode.l10n.t("No file differs between attempts {0} and {1}.", before.number, after.number) : modeText(changes);
    void vscode.window.showInformationMessage(text);
    return;
  }
  const sides = (change: SnapshotChange): [vscode.Uri | undefined, vscode.Uri | undefined] => [
    change.before === undefined ? undefined : snapshotUri(before, change.path),
    change.after === undefined ? undefined : snapshotUri(after, change.path),
  ];
  const [left, right] = sides(first);
  if (readable.length === 1 && left !== undefined && right !== undefined) {
    await vscode.commands.executeCommand("vscode.diff", left, right, `${singleLine(first.path)} (${title})`, { preview: true });
  } else {
    const label = ({ path }: SnapshotChange): vscode.Uri => vscode.Uri.joinPath(vscode.Uri.file(session.folder.workspace), path);
    await vscode.commands.executeCommand("vscode.changes", title, readable.map((change) => [label(change), ...sides(change)]));
  }
  if (changes.length > readable.length) {
    void vscode.window.showInformationMessage(modeText(changes.filter(({ onlyMode }) => onlyMode)));
  }
}

/** Files whose bytes are the same, and which can be executed only on one side. */
function modeText(changes: readonly SnapshotChange[]): string {
  const names = singleLine(changes.map(({ path }) => path).join(", "), 300);
  return changes.length === 1 ? vscode.l10n.t("Only whether {0} is executable differs.", names) : vscode.l10n.t("Whether these files are executable differs: {0}.", names);
}
