import { readFile } from "node:fs/promises";
import { findNodeAtLocation, parseTree } from "jsonc-parser";
import * as vscode from "vscode";
import { taskFileName, TaskError, type TaskProblem } from "../tasks";

/**
 * What is wrong with a `task.json` that was to be used, in the Problems panel.
 * While the file is open the editor's own JSON validation shows what the schema
 * finds, so that nothing stands there twice.
 */
export class TaskProblems implements vscode.Disposable {
  private readonly diagnostics = vscode.languages.createDiagnosticCollection("baseliner");
  private readonly known = new Map<string, readonly TaskProblem[]>();
  private readonly parts: vscode.Disposable[];

  constructor() {
    const again = (document: vscode.TextDocument): void => {
      if (document.uri.fsPath.endsWith(taskFileName)) {
        void this.publish(document.uri.fsPath);
      }
    };
    this.parts = [
      this.diagnostics,
      vscode.workspace.onDidOpenTextDocument(again),
      vscode.workspace.onDidCloseTextDocument(again),
      // What was wrong may be mended; it is said again when the task is used again.
      vscode.workspace.onDidSaveTextDocument((document) => this.forget(document.uri.fsPath)),
    ];
  }

  /** Shows the problems of a task that could not be loaded; anything else is left alone. */
  async report(error: unknown): Promise<void> {
    if (error instanceof TaskError) {
      this.known.set(error.file, error.problems);
      await this.publish(error.file);
    }
  }

  private async publish(file: string): Promise<void> {
    const problems = this.known.get(file);
    if (problems === undefined) {
      return;
    }
    const isOpen = vscode.workspace.textDocuments.some((document) => document.uri.fsPath === file && !document.isClosed);
    const text = await readFile(file, "utf8").catch(() => "");
    const shown = problems.filter((problem) => !isOpen || problem.kind === "content");
    this.diagnostics.set(
      vscode.Uri.file(file),
      shown.map((problem) => diagnostic(problem, text)),
    );
  }

  private forget(file: string): void {
    if (this.known.delete(file)) {
      this.diagnostics.delete(vscode.Uri.file(file));
    }
  }

  dispose(): void {
    vscode.Disposable.from(...this.parts).dispose();
  }
}

function diagnostic(problem: TaskProblem, text: string): vscode.Diagnostic {
  const place = problem.path.length === 0 ? "" : `${problem.path.join(".")}: `;
  const found = new vscode.Diagnostic(rangeOf(problem, text), `${place}${problem.message}`, vscode.DiagnosticSeverity.Error);
  found.source = "baseliner";
  return found;
}

/** The range of the value the problem is about; of the nearest one around it where it is missing. */
function rangeOf(problem: TaskProblem, text: string): vscode.Range {
  if (problem.offset !== undefined) {
    return new vscode.Range(positionAt(text, problem.offset), positionAt(text, problem.offset + 1));
  }
  const root = parseTree(text);
  for (let depth = problem.path.length; root !== undefined && depth > 0; depth -= 1) {
    const node = findNodeAtLocation(root, problem.path.slice(0, depth));
    if (node !== undefined) {
      return new vscode.Range(positionAt(text, node.offset), positionAt(text, node.offset + node.length));
    }
  }
  return new vscode.Range(0, 0, 0, 1);
}

function positionAt(text: string, offset: number): vscode.Position {
  const before = text.slice(0, offset).split("\n");
  return new vscode.Position(before.length - 1, before.at(-1)?.length ?? 0);
}
