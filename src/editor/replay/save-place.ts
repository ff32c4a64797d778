import { basename } from "node:path";
import * as vscode from "vscode";
import { isPartOf } from "./part-of-transcript";
import type { ReplayDocument } from "./replay-document";

/** Where the person wants something of a transcript saved; undefined where nowhere. VS Code asks before a file is written over; a transcript never is. */
export async function savePlace({ uri }: Pick<ReplayDocument, "uri">, options: vscode.SaveDialogOptions): Promise<vscode.Uri | undefined> {
  const to = await vscode.window.showSaveDialog(options);
  if (to !== undefined && (await isPartOf(uri.fsPath, to.fsPath))) {
    void vscode.window.showErrorMessage(vscode.l10n.t("{0} is the transcript itself, which is never written over. Nothing was saved; choose another name.", basename(to.fsPath)));
    return undefined;
  }
  return to;
}
