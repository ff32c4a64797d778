/**
 * The controls that webviews use, from the toolkit the project is built with.
 * Only this file names it: another library with the same tag names takes its
 * place here.
 */
import { provideVSCodeDesignSystem, vsCodeButton, vsCodeCheckbox } from "@vscode/webview-ui-toolkit";

/** Registers the custom elements; to be called once, before they are used. */
export function registerControls(): void {
  provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeCheckbox());
}
