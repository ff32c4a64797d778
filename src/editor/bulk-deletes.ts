import * as vscode from "vscode";
import { singleLine } from "../base";
import type { Session } from "../sessions";
import type { WindowSession } from "./window-session";

/** As many of the files are named in the question. */
const namedFiles = 10;

/** Asks, once for the same files, whether many deletes of one side are to be carried out on the other. */
export function watchBulkDeletes(current: WindowSession): vscode.Disposable {
  return current.onDidOpen((session) => {
    session.mirror?.on("question", () => {
      const show = vscode.l10n.t("Decide…");
      void vscode.window.showWarningMessage(questionOf(session), show).then(
        (chosen) => (chosen === show ? answerBulkDelete(session).catch((error: unknown) => current.tellUnlessClosing(session, error)) : undefined),
        () => undefined,
      );
    });
  });
}

/** Lets the person decide about the bulk delete that waits, if one does. @throws {MirrorError} */
export async function answerBulkDelete(session: Session): Promise<void> {
  const question = session.mirror?.question;
  if (question === undefined) {
    return;
  }
  const remove = question.side === "here" ? vscode.l10n.t("Delete Them Here Too") : vscode.l10n.t("Delete Them on the Box Too");
  const bringBack = vscode.l10n.t("Bring Them Back");
  const more = question.paths.length - namedFiles;
  const files = question.paths.slice(0, namedFiles).map((path) => singleLine(path));
  const chosen = await vscode.window.showWarningMessage(
    questionOf(session),
    { modal: true, detail: [...files, ...(more > 0 ? [vscode.l10n.t("and {0} more", more)] : [])].join("\n") },
    bringBack,
    remove,
  );
  if (chosen !== undefined) {
    await session.mirror?.answer(chosen === remove ? "delete" : "bring-back");
  }
}

function questionOf(session: Session): string {
  const question = session.mirror?.question;
  const count = question?.paths.length ?? 0;
  return question?.side === "here"
    ? vscode.l10n.t("{0} files are gone from the box. Nothing was deleted here yet.", count)
    : vscode.l10n.t("{0} files are gone from your workspace. Nothing was deleted on the box yet.", count);
}
