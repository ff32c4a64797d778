import { join } from "node:path";
import * as vscode from "vscode";
import { messageText } from "../base";
import { type Session, SessionError } from "../sessions";
import { planRestore, RestoredFiles, type RestoreStep, type SnapshotFiles } from "../workspace";
import type { KeptAttempt, SnapshotDocuments } from "./snapshot-documents";

/** Larger files are not brought back, in bytes; snapshots leave out what is larger than the task's limit anyway. */
const largestFile = 1024 * 1024 * 1024;

/**
 * Brings the workspace back to what it was when an attempt was scored. Texts are edited, so that Undo takes them back; the rest is
 * written, and said to be. What was there before is kept as a snapshot and can be had back whole.
 * @throws {SessionError}, {SnapshotError}, {SnapshotReadError}, {LocalTreeError}; what was there before is then kept as a snapshot
 */
export async function restoreAttempt(session: Session, documents: SnapshotDocuments, attempt: KeptAttempt): Promise<void> {
  const { before, steps } = await restore(session, documents.filesOf(session), { attempt: attempt.number, commit: attempt.snapshot });
  void offerToTakeBack(session, documents, attempt, before, steps);
}

async function restore(session: Session, files: SnapshotFiles, target: { attempt: number | null; commit: string }): Promise<{ before: string; steps: RestoreStep[] }> {
  // What is only in an editor yet is to be had back too.
  await vscode.workspace.saveAll(false);
  let steps: RestoreStep[] = [];
  const before = await session.restore(target, async (now, commit) => {
    steps = await planRestore(await files.changes(now, commit), (entry) => files.read(entry, largestFile));
    await carryOut(session, steps);
  });
  return { before, steps };
}

async function offerToTakeBack(session: Session, documents: SnapshotDocuments, attempt: KeptAttempt, before: string, steps: readonly RestoreStep[]): Promise<void> {
  if (steps.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t("The workspace is already as it was at attempt {0}.", attempt.number));
    return;
  }
  const takeBack = vscode.l10n.t("Take It Back");
  const chosen = await vscode.window.showInformationMessage(restoredText(attempt.number, steps), takeBack);
  if (chosen === takeBack) {
    await restore(session, documents.filesOf(session), { attempt: null, commit: before });
  }
}

/** What was done, and what Undo does not bring back. */
export function restoredText(attempt: number, steps: readonly RestoreStep[]): string {
  const paths = new Set(steps.map(({ path }) => path));
  const written = new Set(steps.filter((step) => !isEdit(step)).map(({ path }) => path));
  const count = paths.size === 1 ? vscode.l10n.t("1 file") : vscode.l10n.t("{0} files", paths.size);
  const done = vscode.l10n.t("The workspace is as it was at attempt {0}: {1} changed.", attempt, count);
  if (written.size === 0) {
    return `${done} ${vscode.l10n.t("Undo in an editor takes it back.")}`;
  }
  const names = [...written].slice(0, 3).join(", ") + (written.size > 3 ? vscode.l10n.t(" and {0} more", written.size - 3) : "");
  return messageText(`${done} ${vscode.l10n.t("Undo does not bring back what is no text: {0}.", names)}`, 1000);
}

function isEdit(step: RestoreStep): boolean {
  return step.do === "delete" || step.do === "create" || step.do === "replace-text";
}

/** Makes the steps, and what of them the editor did otherwise than byte by byte once more on the disk. */
async function carryOut(session: Session, steps: readonly RestoreStep[]): Promise<void> {
  const onDisk = new RestoredFiles(session.folder.workspace, join(session.folder.root, "restoring"));
  for (const step of steps.filter(({ do: what }) => what === "remove")) {
    await onDisk.make(step);
  }
  const edits: RestoreStep[] = [];
  for (const step of steps.filter(isEdit)) {
    if (await onDisk.isOpen(step.path)) {
      edits.push(step);
    }
  }
  await edit(session.folder.workspace, edits);
  for (const step of steps.filter(isEdit)) {
    // Formatting on save, line ends, an encoding of the person's: what counts is what was scored.
    if (!(await onDisk.isDone(step))) {
      await onDisk.make(step);
    }
  }
  for (const step of steps.filter(({ do: what }) => what === "put" || what === "set-executable")) {
    await onDisk.make(step);
  }
}

/** One edit of the workspace, which one Undo takes back, and saves it. */
async function edit(workspace: string, steps: readonly RestoreStep[]): Promise<void> {
  const whole = new vscode.WorkspaceEdit();
  const documents: vscode.TextDocument[] = [];
  for (const step of steps) {
    const uri = vscode.Uri.file(join(workspace, step.path));
    if (step.do === "delete") {
      whole.deleteFile(uri, { ignoreIfNotExists: true });
    } else if (step.do === "create") {
      whole.createFile(uri, { contents: step.content, ignoreIfExists: true });
    } else if (step.do === "replace-text") {
      const document = await vscode.workspace.openTextDocument(uri);
      documents.push(document);
      whole.replace(uri, new vscode.Range(0, 0, document.lineCount, 0), step.content.toString("utf8").replace(/^\uFEFF/, ""));
    }
  }
  if (whole.size > 0 && !(await vscode.workspace.applyEdit(whole))) {
    throw new SessionError("not-recorded", vscode.l10n.t("The editor refused to change the files, so nothing was restored."));
  }
  for (const document of documents) {
    await document.save();
  }
}
