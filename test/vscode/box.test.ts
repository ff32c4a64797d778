// The box of this window's session, which is this computer: its files, and a terminal on it.
import assert from "node:assert/strict";
import { readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as vscode from "vscode";
import { boxScheme, commands, views } from "../../src/contributions";

describe("the box of a session on this computer", () => {
  const workspace = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? "";
  const onBox = (path: string): vscode.Uri => vscode.Uri.from({ scheme: boxScheme, path });

  before(async () => {
    await vscode.extensions.getExtension("baseliner.baseliner")?.activate();
    // The box is looked at after the session is open.
    for (;;) {
      try {
        await vscode.workspace.fs.stat(onBox(workspace));
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  });

  it("has files that can be read and not be written", async () => {
    const path = join(workspace, "solution.py");
    const document = await vscode.workspace.openTextDocument(onBox(path));
    assert.equal(document.getText(), readFileSync(path, "utf8"));
    assert.equal(vscode.workspace.fs.isWritableFileSystem(boxScheme), false);
    await assert.rejects(Promise.resolve(vscode.workspace.fs.writeFile(onBox(path), Buffer.from("changed"))));
    await assert.rejects(Promise.resolve(vscode.workspace.fs.delete(onBox(path))));
    assert.equal(document.getText(), readFileSync(path, "utf8"));
  });

  it("lists folders with what lies in them, and says of what is missing that it is", async () => {
    const names = (await vscode.workspace.fs.readDirectory(onBox(dirname(workspace)))).map(([name]) => name);
    assert.ok(names.includes("session.jsonl") && names.includes("workspace"), names.join(", "));
    await assert.rejects(Promise.resolve(vscode.workspace.fs.readFile(onBox("/no/such/file"))), { code: "FileNotFound" });
    await assert.rejects(Promise.resolve(vscode.workspace.fs.readDirectory(onBox("/no/such/folder"))), { code: "FileNotFound" });
  });

  it("refuses a file that is too large to be shown, with its reason", async () => {
    const path = join(dirname(workspace), "large-file");
    writeFileSync(path, Buffer.alloc(21 * 1024 * 1024));
    await assert.rejects(Promise.resolve(vscode.workspace.fs.readFile(onBox(path))), /at most/);
  });

  it("opens a terminal in the workspace folder", async () => {
    const opened = new Promise<vscode.Terminal>((resolve) => {
      const listener = vscode.window.onDidOpenTerminal((terminal) => {
        if (terminal.name.includes("Box: this computer")) {
          listener.dispose();
          resolve(terminal);
        }
      });
    });
    await vscode.commands.executeCommand(commands.openBoxTerminal);
    const terminal = await opened;
    terminal.sendText("pwd > where-it-opened; exit");
    while (terminal.exitStatus === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const told = join(workspace, "where-it-opened");
    assert.equal(realpathSync(readFileSync(told, "utf8").trim()), realpathSync(workspace));
    rmSync(told);
  });

  it("has views that can be shown and refreshed", async () => {
    await vscode.commands.executeCommand(`${views.box}.focus`);
    await vscode.commands.executeCommand(`${views.boxFiles}.focus`);
    await vscode.commands.executeCommand(commands.refreshBoxFiles);
  });
});
