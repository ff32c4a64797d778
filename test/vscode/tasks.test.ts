// A task that cannot be used is told where a person looks for it.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import { commands } from "../../src/contributions";

const wrongTask = `{
  "id": "sample",
  "version": "1.0.0",
  "title": "A sample task",
  "instructions": "instructions.md",
  "workspace": "workspace",
  "scoring": { "command": ["python3"], "timeoutSeconds": "soon", "direction": "min" },
  "profiles": { "cpu": { "resources": { "cpus": 1, "memoryGB": 1 }, "start": 10, "reference": 2 } }
}
`;

describe("a task.json with a wrong field", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "baseliner-vscode-test-"));
    mkdirSync(join(folder, "tasks", "sample"), { recursive: true });
    writeFileSync(join(folder, "tasks", "sample", "task.json"), wrongTask);
    writeFileSync(join(folder, "one.assignment.json"), JSON.stringify({ task: "tasks/sample", participant: "tester" }));
  });

  afterEach(async () => {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    rmSync(folder, { recursive: true, force: true });
  });

  it("stands in the Problems panel at its place, with the reason, when an assignment names it", async () => {
    const uri = vscode.Uri.file(join(folder, "tasks", "sample", "task.json"));
    await vscode.commands.executeCommand(commands.openAssignment, vscode.Uri.file(join(folder, "one.assignment.json")));
    const [problem] = await problemsOf(uri);
    assert.equal(problem?.source, "baseliner");
    assert.match(problem.message, /scoring\.timeoutSeconds: .*number/);
    const line = wrongTask.split("\n").findIndex((text) => text.includes("soon"));
    assert.equal(problem.range.start.line, line);
    assert.equal(wrongTask.split("\n")[line]?.slice(problem.range.start.character, problem.range.end.character), '"soon"');
  });

  it("is validated by the editor as it is typed, once and not twice", async () => {
    const uri = vscode.Uri.file(join(folder, "tasks", "sample", "task.json"));
    await vscode.window.showTextDocument(uri);
    const found = await problemsOf(uri);
    assert.deepEqual(
      found.map(({ range }) => range.start.line),
      [wrongTask.split("\n").findIndex((text) => text.includes("soon"))],
    );
  });
});

const soundTask = {
  id: "sound",
  version: "1.0.0",
  title: "A sound task",
  instructions: "instructions.md",
  workspace: "workspace",
  scoring: { command: ["python3", "-S", "${task}/scoring/score.py"], timeoutSeconds: 20, direction: "min" },
  profiles: { cpu: { resources: { cpus: 1, memoryGB: 1 }, start: 10, reference: 2 } },
};

describe("a task of an author", () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "baseliner-vscode-test-"));
    for (const name of ["workspace", "scoring"]) {
      mkdirSync(join(folder, name));
    }
    writeFileSync(join(folder, "task.json"), JSON.stringify(soundTask, undefined, 2));
    writeFileSync(join(folder, "instructions.md"), "# A sound task\n\nRead [more](nowhere.md).\n");
    writeFileSync(join(folder, "workspace", "solution.py"), "value = 10\n");
    writeFileSync(join(folder, "scoring", "score.py"), 'import json, os\nprint("scoring now")\nopen(os.environ["BASELINER_RESULT"], "w").write(json.dumps({"score": 10}))\n');
  });

  after(async () => {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    rmSync(folder, { recursive: true, force: true });
  });

  it("is checked with live output, a report, and problems at their lines", async () => {
    await vscode.commands.executeCommand(commands.checkTask, vscode.Uri.file(join(folder, "task.json")));
    assert.ok(vscode.window.terminals.some(({ name }) => name === "Baseliner Task"));
    assert.match(vscode.window.tabGroups.activeTabGroup.activeTab?.label ?? "", /Check of sound \(cpu\)/);
    const found = await problemsOf(vscode.Uri.file(join(folder, "instructions.md")));
    assert.deepEqual(
      found.filter(({ range }) => range.start.line === 2).map(({ message, severity }) => [message, severity]),
      [["instructions: the link to nowhere.md leads nowhere", vscode.DiagnosticSeverity.Warning]],
    );
  });

  it("loses the problems of a file that is saved: they may be mended", async () => {
    const uri = vscode.Uri.file(join(folder, "instructions.md"));
    const document = await vscode.workspace.openTextDocument(uri);
    const edit = new vscode.WorkspaceEdit();
    edit.insert(uri, new vscode.Position(0, 0), "\n");
    await vscode.workspace.applyEdit(edit);
    await document.save();
    assert.deepEqual(vscode.languages.getDiagnostics(uri), []);
  });
});

/** Waits for diagnostics of a file. */
async function problemsOf(uri: vscode.Uri): Promise<vscode.Diagnostic[]> {
  for (;;) {
    const found = vscode.languages.getDiagnostics(uri);
    if (found.length > 0) {
      return found;
    }
    await new Promise<void>((resolve) => {
      const listener = vscode.languages.onDidChangeDiagnostics(() => {
        listener.dispose();
        resolve();
      });
    });
  }
}
