import { join } from "node:path";
import * as vscode from "vscode";
import type { Session } from "../sessions";

/** Shows the instructions, rendered, beside what is being edited. */
export async function showInstructions(session: Session, column: vscode.ViewColumn = vscode.ViewColumn.Beside): Promise<void> {
  // The built-in preview runs no scripts and loads nothing from outside, so text from a box may be shown in it.
  await vscode.commands.executeCommand("vscode.openWith", vscode.Uri.file(session.instructions), "vscode.markdown.preview.editor", {
    viewColumn: column,
    preserveFocus: true,
    preview: false,
  });
}

/** The layout a session begins with: the files the task names on the left; on the right the instructions, unless they come with the clock. */
export async function showTaskBesideInstructions(session: Session): Promise<void> {
  for (const path of session.state.created.task.open) {
    await vscode.window.showTextDocument(vscode.Uri.file(join(session.folder.workspace, path)), {
      viewColumn: vscode.ViewColumn.One,
      preview: false,
    });
  }
  if (session.hidesInstructions) {
    return;
  }
  const beside = session.state.created.task.open.length > 0;
  await showInstructions(session, beside ? vscode.ViewColumn.Two : vscode.ViewColumn.One);
}
