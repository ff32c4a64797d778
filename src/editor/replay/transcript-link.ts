import { stat } from "node:fs/promises";
import { isAbsolute } from "node:path";
import * as vscode from "vscode";
import { BaselinerError } from "../../base";
import type { ReplayEditors } from "./replay-editor";

class TranscriptLinkError extends BaselinerError<"invalid" | "missing"> {}

/** A link longer than this is none of ours, in UTF-16 units. */
const longestLink = 8192;

/**
 * Opens `vscode://baseliner.baseliner/transcript?file=…&event=…`. Anyone can write such a link: a file is only opened
 * to be read here, and no network share is touched for one.
 */
export async function openTranscriptLink(replays: ReplayEditors, uri: vscode.Uri): Promise<void> {
  const query = new URLSearchParams(uri.query);
  const file = query.get("file") ?? "";
  if (uri.query.length > longestLink || !isAbsolute(file) || /^[\\/]{2}/.test(file) || file.includes("\0")) {
    throw new TranscriptLinkError("invalid", vscode.l10n.t("This link names no transcript on this computer; ask who gave it to you."));
  }
  if (!(await stat(file).catch(() => undefined))?.isFile()) {
    throw new TranscriptLinkError("missing", vscode.l10n.t("The transcript of this link is not on this computer; get the file first, then open it with Replay Transcript."));
  }
  await replays.show(vscode.Uri.file(file), query.get("event") ?? undefined);
}
