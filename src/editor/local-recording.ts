import * as vscode from "vscode";
import { errorOf } from "../base";
import type { Session, TerminalRecorder } from "../sessions";

/**
 * Records a terminal on this computer that the extension has opened: each command that is run in it and what that
 * prints, as VS Code's shell integration tells them. What it does not tell is not recorded: the prompt,
 * what is being edited before it is run, and everything in a shell that it does not know.
 */
export function recordLocalTerminal(terminal: vscode.Terminal, name: string, session: Session): void {
  const recorder = session.recordings.terminal(name, { columns: 80, rows: 24 });
  const parts: vscode.Disposable[] = [];
  parts.push(
    vscode.window.onDidStartTerminalShellExecution((started) => {
      if (started.terminal === terminal) {
        void recordCommand(started.execution, recorder);
      }
    }),
    vscode.window.onDidEndTerminalShellExecution((ended) => {
      if (ended.terminal === terminal) {
        void recorder.mark(vscode.l10n.t("ended with {0}", ended.exitCode ?? "?"));
      }
    }),
    vscode.window.onDidCloseTerminal((closed) => {
      if (closed === terminal) {
        vscode.Disposable.from(...parts).dispose();
        void recorder.close();
      }
    }),
  );
}

async function recordCommand(execution: vscode.TerminalShellExecution, recorder: TerminalRecorder): Promise<void> {
  // Reading begins before anything is awaited, or its first output would be missed.
  const output = execution.read();
  try {
    await recorder.output(`$ ${execution.commandLine.value.replaceAll("\n", "\r\n")}\r\n`);
    for await (const text of output) {
      await recorder.output(text);
    }
  } catch (error) {
    await recorder.mark(errorOf(error).message);
  }
}
