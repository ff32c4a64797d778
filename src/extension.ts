import type * as vscode from "vscode";
import { activateBaseliner } from "./editor";

let close: (() => Promise<void>) | undefined;

/** Entry point of the extension. Resolves when the session of this window, if it has one, is open. */
export async function activate(context: vscode.ExtensionContext): Promise<void> {
  close = await activateBaseliner(context);
}

/** Lets the session go, so that the window that comes next can have it at once. */
export async function deactivate(): Promise<void> {
  await close?.();
}
