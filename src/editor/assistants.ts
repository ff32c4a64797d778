import * as vscode from "vscode";
import type { Session } from "../sessions";
import { isAssistant, type Manifest } from "./known-assistants";
import type { Log } from "./log";
import type { WindowSession } from "./window-session";

/** An AI assistant in this editor, as the journal has it. */
export type Assistant = NonNullable<Session["state"]["assistants"]>[number];

/** The assistants that are installed and enabled in this window. */
export function assistantsOf(extensions: readonly vscode.Extension<unknown>[], own: string): Assistant[] {
  return extensions
    .filter((extension) => extension.id.toLowerCase() !== own.toLowerCase() && isAssistant(extension.id, extension.packageJSON as Manifest))
    .map((extension) => {
      const { version } = extension.packageJSON as Manifest;
      return { id: extension.id, version: typeof version === "string" ? version : "", active: extension.isActive };
    })
    .sort((one, other) => (one.id < other.id ? -1 : 1));
}

/** Records which assistants the editor has, with the expert's consent: when a session is opened, when the consent is given, and when extensions change. */
export function recordAssistants(window: WindowSession, own: string, log: Log): vscode.Disposable {
  const record = (): void => {
    const { session } = window;
    if (session?.recordings.isOn === true) {
      session.recordAssistants(assistantsOf(vscode.extensions.all, own)).catch((error: unknown) => log.note(`assistants: ${String(error)}`));
    }
  };
  let lookedAt = -Infinity;
  return vscode.Disposable.from(
    vscode.extensions.onDidChange(record),
    window.onDidChange(() => {
      // No event tells that an extension has become active, so it is looked for now and then.
      if (window.session?.recordings.isOn !== true) {
        lookedAt = -Infinity;
      } else if (Date.now() - lookedAt > lookEvery) {
        lookedAt = Date.now();
        record();
      }
    }),
  );
}

/** In ms. */
const lookEvery = 60_000;
