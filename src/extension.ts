import type * as vscode from "vscode";
import { activateBaseliner } from "./editor";

/** Entry point of the extension. Resolves when the session of this window, if it has one, is open. */
export async function activate(context: vscode.ExtensionContext): Promise<void> {
  await activateBaseliner(context);
}
