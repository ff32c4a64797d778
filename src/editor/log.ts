import * as vscode from "vscode";
import { BaselinerError, messageOf, messageText } from "../base";

/** The extension's log and the one way an error reaches a person. */
export class Log implements vscode.Disposable {
  private readonly channel = vscode.window.createOutputChannel("Baseliner", { log: true });

  /** Tells an error: one sentence where it is one a person can act on; otherwise with a way to the log. */
  async tell(error: unknown): Promise<void> {
    if (error instanceof BaselinerError) {
      this.channel.warn(`${error.name} (${error.reason}): ${error.message}`);
      await vscode.window.showErrorMessage(messageText(error.message));
      return;
    }
    this.channel.error(error instanceof Error ? error : messageOf(error));
    const show = vscode.l10n.t("Show Log");
    const chosen = await vscode.window.showErrorMessage(
      vscode.l10n.t("Baseliner met an unexpected error: {0}. What was recorded is kept.", messageText(messageOf(error))),
      show,
    );
    if (chosen === show) {
      this.show();
    }
  }

  note(text: string): void {
    this.channel.info(text);
  }

  show(): void {
    this.channel.show();
  }

  dispose(): void {
    this.channel.dispose();
  }
}
