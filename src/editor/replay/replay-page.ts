import { randomBytes } from "node:crypto";
import * as vscode from "vscode";

/**
 * The page of a replay panel. Nothing may be loaded but its own script and style sheet, and nothing runs but that
 * script: what a transcript holds is text only.
 */
export function replayPage(webview: vscode.Webview, dist: vscode.Uri): string {
  const nonce = randomBytes(16).toString("base64");
  const file = (name: string): string => webview.asWebviewUri(vscode.Uri.joinPath(dist, name)).toString();
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${replayPolicy(nonce, webview.cspSource)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${file("replay.css")}">
<title>${vscode.l10n.t("Transcript")}</title>
</head>
<body>
<div id="replay"></div>
<script nonce="${nonce}" src="${file("replay.js")}"></script>
</body>
</html>`;
}

/** The policy of the page's content. */
export function replayPolicy(nonce: string, source: string): string {
  return `default-src 'none'; style-src ${source}; script-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'`;
}
