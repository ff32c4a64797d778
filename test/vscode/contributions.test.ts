// What package.json promises to VS Code is there once the extension is active.
import assert from "node:assert/strict";
import * as vscode from "vscode";

interface Manifest {
  contributes: { commands: { command: string }[] };
}

describe("contributions", () => {
  const extension = vscode.extensions.getExtension<unknown>("baseliner.baseliner");

  it("has the extension, and it activates", async () => {
    assert.ok(extension, "baseliner.baseliner is not installed");
    await extension.activate();
    assert.equal(extension.isActive, true);
  });

  it("registers every command of package.json", async () => {
    const manifest = extension?.packageJSON as Manifest;
    const registered = new Set(await vscode.commands.getCommands(true));
    const promised = manifest.contributes.commands.map(({ command }) => command);
    assert.notEqual(promised.length, 0);
    assert.deepEqual(
      promised.filter((command) => !registered.has(command)),
      [],
    );
  });
});
