// What was scored, looked at and brought back, in the session that session.test.ts has left: attempt 0 scored the starting
// solution, attempt 1 `value = 5`, attempt 2 `value = -1`.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as vscode from "vscode";
import { commands, views } from "../../src/contributions";
import { type JournalEntry, parseJournal, stateOf } from "../../src/sessions";

describe("the snapshot of an attempt", () => {
  const workspace = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? "";
  const root = dirname(workspace);
  const solution = join(workspace, "solution.py");
  const run = (command: string, ...args: unknown[]): Thenable<unknown> => vscode.commands.executeCommand(command, ...args);
  const entries = (): readonly JournalEntry[] => parseJournal(readFileSync(join(root, "session.jsonl"))).entries;
  const snapshotOf = (attempt: number): string => stateOf(entries())?.attempts[attempt]?.snapshot ?? "";
  const onDisk = (): string => readFileSync(solution, "utf8");

  async function until<Value>(what: string, look: () => Value | undefined | false): Promise<Value> {
    for (let tries = 0; tries < 150; tries += 1) {
      const found = look();
      if (found !== undefined && found !== false) {
        return found;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.fail(`not seen: ${what}`);
  }

  const activeTab = (): vscode.Tab | undefined => vscode.window.tabGroups.activeTabGroup.activeTab;

  it("is compared with the one before in a diff editor", async () => {
    await run(commands.showAttemptChanges, { number: 1 });
    const tab = await until("the diff", () => activeTab()?.input instanceof vscode.TabInputTextDiff && activeTab());
    assert.equal(tab.label, "solution.py (Attempt 0 ↔ 1)");
    const { original, modified } = tab.input as vscode.TabInputTextDiff;
    assert.equal((await vscode.workspace.openTextDocument(original)).getText(), "value = 10\n");
    assert.equal((await vscode.workspace.openTextDocument(modified)).getText(), "value = 5\n");
    await run("workbench.action.closeActiveEditor");
  });

  it("can be browsed and read, and not be written", async () => {
    await run(commands.browseAttemptFiles, { number: 0 });
    const folder = vscode.Uri.from({ scheme: "baseliner-snapshot", path: "/Attempt 0", query: snapshotOf(0) });
    assert.deepEqual(await vscode.workspace.fs.readDirectory(folder), [["solution.py", vscode.FileType.File]]);
    const file = vscode.Uri.joinPath(folder, "solution.py");
    assert.equal(Buffer.from(await vscode.workspace.fs.readFile(file)).toString(), "value = 10\n");
    await assert.rejects(Promise.resolve(vscode.workspace.fs.writeFile(file, Buffer.from("other"))));
    await assert.rejects(Promise.resolve(vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, "..", "..", "session.jsonl"))));
    assert.equal(vscode.workspace.fs.isWritableFileSystem("baseliner-snapshot"), false);
    await run(commands.closeAttemptFiles);
    assert.ok((await vscode.commands.getCommands()).includes(`${views.attemptFiles}.focus`));
  });

  it("is brought back as an edit that Undo takes back, and what was there is kept", async () => {
    writeFileSync(solution, "value = 7\n");
    writeFileSync(join(workspace, "notes.txt"), "in no attempt");
    writeFileSync(join(workspace, "model.bin"), Buffer.from([0, 1, 2]));
    const editor = await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(solution), { preview: false });
    await until("the change from outside", () => editor.document.getText() === "value = 7\n");

    await run(commands.restoreAttempt, { number: 1 });
    assert.equal(onDisk(), "value = 5\n");
    assert.equal(existsSync(join(workspace, "notes.txt")), false);
    assert.equal(existsSync(join(workspace, "model.bin")), false);
    const restored = entries().findLast((entry) => entry.type === "snapshot.restored");
    assert.ok(restored?.type === "snapshot.restored");
    assert.equal(restored.data.attempt, 1);
    assert.equal(restored.data.commit, snapshotOf(1));
    const before = vscode.Uri.from({ scheme: "baseliner-snapshot", path: "/before/solution.py", query: restored.data.before });
    assert.equal(Buffer.from(await vscode.workspace.fs.readFile(before)).toString(), "value = 7\n");

    await vscode.window.showTextDocument(editor.document, { preview: false });
    await run("undo");
    await until("the undone edit", () => editor.document.getText() === "value = 7\n");
    await editor.document.save();
    assert.equal(onDisk(), "value = 7\n");
    await until("the deleted file again", () => existsSync(join(workspace, "notes.txt")) && existsSync(join(workspace, "model.bin")));
  });

  it("is brought back byte by byte, whatever the editor makes of line ends and of what is no text", async () => {
    const settings = vscode.workspace.getConfiguration("files");
    writeFileSync(solution, "value = 7\r\nmixed = 1\n");
    writeFileSync(join(workspace, "data.bin"), Buffer.from([0, 255, 1]));
    await settings.update("insertFinalNewline", true, vscode.ConfigurationTarget.Workspace);
    try {
      await run(commands.restoreAttempt, { number: 0 });
      const first = entries().findLast((entry) => entry.type === "snapshot.restored");
      assert.ok(first?.type === "snapshot.restored");
      assert.equal(onDisk(), "value = 10\n");
      writeFileSync(solution, "value = 10");
      // What lay there before has its two kinds of line ends in the snapshot.
      const kept = vscode.Uri.from({ scheme: "baseliner-snapshot", path: "/before/solution.py", query: first.data.before });
      assert.equal(Buffer.from(await vscode.workspace.fs.readFile(kept)).toString(), "value = 7\r\nmixed = 1\n");
    } finally {
      await settings.update("insertFinalNewline", undefined, vscode.ConfigurationTarget.Workspace);
    }
  });

  it("is never brought back while something is scored", async () => {
    writeFileSync(solution, "value = -1\n");
    const attempts = stateOf(entries())?.attempts.length ?? 0;
    const scoring = run(commands.score);
    await until("the attempt begun", () => (stateOf(entries())?.attempts.length ?? 0) > attempts);
    await run(commands.restoreAttempt, { number: 1 });
    assert.equal(onDisk(), "value = -1\n");
    await run(commands.cancelScoring);
    await scoring;
  });

  it("is compared under a title that says the name of a file without its signs", async () => {
    writeFileSync(solution, "value = 7\n");
    const file = join(workspace, "a\u202e $(check) yp.md");
    for (const text of ["one\n", "other\n"]) {
      writeFileSync(file, text);
      await run(commands.score);
    }
    const last = (stateOf(entries())?.attempts.length ?? 0) - 1;
    await run(commands.showAttemptChanges, { number: last });
    const tab = await until("the diff", () => activeTab()?.input instanceof vscode.TabInputTextDiff && activeTab());
    assert.equal(tab.label, `a $(check) yp.md (Attempt ${last - 1} ↔ ${last})`);
    await run("workbench.action.closeActiveEditor");
  });

  it("is on record with the lines that say so", async () => {
    await run(commands.showAttempt, { number: 1 });
    const document = await until("the record", () => vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === "baseliner-attempt"));
    assert.match(document.getText(), /^Attempt 1\b/);
    const links = (await run("vscode.executeLinkProvider", document.uri)) as vscode.DocumentLink[];
    const line = links.find((link) => link.target?.path.endsWith("session.jsonl"));
    const named = entries()[Number(line?.target?.fragment.slice(1)) - 1];
    assert.ok(named?.type === "attempt.finished" && named.data.attempt === 1);
  });
});
