import * as vscode from "vscode";
import type { Session } from "../sessions";

/** Asks why the clock is to be paused: one key for a usual reason, or any other as text. */
export async function pauseClock(session: Session): Promise<void> {
  const usual = [vscode.l10n.t("Break"), vscode.l10n.t("Meal"), vscode.l10n.t("End of the day"), vscode.l10n.t("Meeting"), vscode.l10n.t("Technical problem")];
  const picker = vscode.window.createQuickPick();
  picker.title = vscode.l10n.t("Pause Clock");
  picker.placeholder = vscode.l10n.t("Why? Press a number or Enter, or type another reason. It goes on record.");
  const choices = usual.map((reason, index) => ({ label: reason, description: String(index + 1) }));
  picker.items = choices;
  const reason = await new Promise<string | undefined>((resolve) => {
    picker.onDidChangeValue((value) => {
      const numbered = /^[1-9]$/.test(value) ? usual[Number(value) - 1] : undefined;
      if (numbered !== undefined) {
        resolve(numbered);
        return;
      }
      const typed = value.trim();
      picker.items = typed === "" || usual.includes(typed) ? choices : [...choices, { label: typed, description: vscode.l10n.t("this reason"), alwaysShow: true }];
    });
    picker.onDidAccept(() => {
      const [item] = picker.activeItems;
      resolve(item === undefined ? picker.value.trim() || undefined : item.label);
    });
    picker.onDidHide(() => resolve(undefined));
    picker.show();
  });
  picker.dispose();
  if (reason !== undefined) {
    await session.pauseClock(reason);
  }
}
