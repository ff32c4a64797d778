// A transcript that is open in the editor, and what it is audited by.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import { ReplayDocument } from "../../src/editor/replay/replay-document";

describe("an open transcript", () => {
  const extension = vscode.extensions.getExtension("baseliner.baseliner")?.extensionPath ?? "";
  let place = "";

  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), "baseliner-replay-"));
  });

  afterEach(() => {
    rmSync(place, { recursive: true, force: true, maxRetries: 3 });
  });

  /** What a run is audited by in which these are the first words to the solver. */
  async function rulesOf(name: string, told: string): Promise<string> {
    const file = join(place, name);
    writeFileSync(file, JSON.stringify([{ role: "system", content: "You can run commands." }, { role: "user", content: told }, { role: "assistant", content: "I will look at it first." }]));
    const options = {
      store: { cache: join(place, "cache"), worker: join(extension, "dist", "transcript-worker.js") },
      audit: { worker: join(extension, "dist", "audit-worker.js"), tasks: join(extension, "tasks"), kept: join(place, "kept") },
    };
    const document = new ReplayDocument(vscode.Uri.file(file), options, () => undefined);
    try {
      await document.audit.start();
      const { state, problem, rules } = document.audit.state;
      assert.deepEqual({ state, problem }, { state: "done", problem: "" });
      return rules;
    } finally {
      document.dispose();
    }
  }

  it("is audited by the rules of the task that its first messages tell of, and by the general ones where they tell of none", async () => {
    assert.equal(await rulesOf("told.json", "Make finetune.sh of llm-foundry run as fast as you can."), "Optimize LLM Foundry");
    assert.equal(await rulesOf("untold.json", "Write a poem about the sea."), "");
  });
});
