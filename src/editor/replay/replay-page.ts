import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as vscode from "vscode";
import type { ToReplay } from "../../protocol";
import { embedded, embeddedScript } from "./embedded";
import type { OpeningMarks } from "./opening-marks";

/**
 * The page of a replay panel. Nothing may be loaded but its own scripts, and nothing runs but those: what a transcript
 * holds is text only. Script, style sheet and what it opens with are in the page itself, because each file that a page
 * asks for goes through VS Code's own threads, which are busy while an editor opens.
 */
export function replayPage(webview: vscode.Webview, dist: vscode.Uri, opening: readonly ToReplay[], marks: OpeningMarks): string {
  const nonce = randomBytes(16).toString("base64");
  const { script, style } = filesIn(dist.fsPath);
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${replayPolicy(nonce, webview.cspSource)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${vscode.l10n.t("Transcript")}</title>
</head>
<body>
<div id="replay"></div>
<script type="application/json" id="style">${embedded(style)}</script>
<script type="application/json" id="opening">${embedded(opening)}</script>
<script type="application/json" id="marks">${embedded(marks.all)}</script>
<script nonce="${nonce}" data-colours="${webview.asWebviewUri(vscode.Uri.joinPath(dist, "replay-colours.js")).toString()}">${script}</script>
</body>
</html>`;
}

/** The policy of the page's content. */
export function replayPolicy(nonce: string, source: string): string {
  return `default-src 'none'; style-src ${source}; script-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'`;
}

let files: { readonly folder: string; readonly script: string; readonly style: string } | undefined;

/** The page's own files, read once. */
function filesIn(folder: string): { readonly script: string; readonly style: string } {
  if (files?.folder !== folder) {
    const read = (name: string): string => readFileSync(join(folder, name), "utf8");
    files = { folder, script: embeddedScript(read("replay.js")), style: read("replay.css") };
  }
  return files;
}
