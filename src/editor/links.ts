import type * as vscode from "vscode";
import { openAssignmentLink } from "./assignment-link";
import type { Editor } from "./commands";

/** Opens a link to this extension: `vscode://baseliner.baseliner/assignment?…` or `/transcript?…`. Errors are told, not thrown. */
export async function openLink(editor: Editor, uri: vscode.Uri): Promise<void> {
  try {
    await (uri.path === "/transcript" ? (await editor.reviewing.get()).openLink(uri) : openAssignmentLink(editor, uri));
  } catch (error) {
    await editor.log.tell(error);
  }
}
