import * as vscode from "vscode";
import { openAssignmentLink } from "./assignment-link";
import type { Editor } from "./commands";
import { openTranscriptLink } from "./replay/transcript-link";

/** Opens links to this extension: `vscode://baseliner.baseliner/assignment?…` and `/transcript?…`. */
export function registerLinks(editor: Editor): vscode.Disposable {
  return vscode.window.registerUriHandler({
    handleUri: async (uri) => {
      try {
        await (uri.path === "/transcript" ? openTranscriptLink(editor.replays, uri) : openAssignmentLink(editor, uri));
      } catch (error) {
        await editor.log.tell(error);
      }
    },
  });
}
