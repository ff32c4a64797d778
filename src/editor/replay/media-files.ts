import { basename, dirname, join } from "node:path";
import * as vscode from "vscode";
import { BaselinerError, formatBytes, messageOf, singleLine } from "../../base";
import { playedExtension } from "../../base/media-types";
import { pictureScheme } from "../../contributions";
import type { ReplayMedia } from "../../protocol";
import { fileNameOf } from "./media-names";
import type { ReplayDocument } from "./replay-document";
import { eventMedia } from "./replay-records";
import { savePlace } from "./save-place";

class MediaFileError extends BaselinerError<"not-written"> {}

/** Plays audio or a video of an event in VS Code's own preview, beside the transcript. */
export async function playMedia(document: ReplayDocument, { ordinal, key, mediaType }: ReplayMedia): Promise<void> {
  const extension = playedExtension(mediaType);
  if (extension === undefined || (await found(document, ordinal, key)) === undefined) {
    return;
  }
  const uri = vscode.Uri.from({ scheme: pictureScheme, path: `/${singleLine(basename(document.uri.fsPath))} ${ordinal + 1}.${extension}`, query: JSON.stringify({ transcript: document.uri.toString(), ordinal, key, isMedia: true }) });
  await vscode.commands.executeCommand("vscode.open", uri, { preview: true, viewColumn: vscode.ViewColumn.Beside });
}

/** Saves audio, a video or a document of an event where the person wants it. Nothing opens it. @throws {MediaFileError} */
export async function saveMedia(document: ReplayDocument, { ordinal, key, mediaType, name }: ReplayMedia): Promise<void> {
  const bytes = await found(document, ordinal, key);
  if (bytes === undefined) {
    return;
  }
  const place = vscode.Uri.file(join(dirname(document.uri.fsPath), fileNameOf(name, mediaType, `${basename(document.uri.fsPath)} ${ordinal + 1}`)));
  const to = await savePlace(document, { title: vscode.l10n.t("Save From the Transcript"), defaultUri: place });
  if (to !== undefined) {
    try {
      await vscode.workspace.fs.writeFile(to, bytes);
    } catch (error) {
      throw new MediaFileError("not-written", vscode.l10n.t("{0} cannot be written: {1}. The transcript is as it was; save it in another place.", basename(to.fsPath), messageOf(error)), { cause: error });
    }
    vscode.window.setStatusBarMessage(vscode.l10n.t("{0} saved", formatBytes(bytes.length)), 4000);
  }
}

async function found(document: ReplayDocument, ordinal: number, key: string): Promise<Uint8Array | undefined> {
  const bytes = await eventMedia(document, ordinal, key);
  if (bytes === undefined) {
    void vscode.window.showInformationMessage(vscode.l10n.t("The record of this event does not hold these bytes."));
  }
  return bytes;
}
