// The session whose workspace this window shows, from its first opening to its
// submission, by the extension's own commands.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as vscode from "vscode";
import { commands } from "../../src/contributions";
import { attemptPicks } from "../../src/editor/attempt-commands";
import { attemptItem, attemptTooltip } from "../../src/editor/attempts-tree";
import { clockTooltip } from "../../src/editor/clock-status-bar";
import { type Attempt, parseJournal, type SessionState, stateOf, verifySession } from "../../src/sessions";

describe("a session", () => {
  const workspace = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? "";
  const root = dirname(workspace);
  const run = (command: string, ...args: unknown[]): Thenable<unknown> => vscode.commands.executeCommand(command, ...args);

  function state(): SessionState {
    const found = stateOf(parseJournal(readFileSync(join(root, "session.jsonl"))).entries);
    assert.ok(found, "the window's folder is no session's workspace");
    return found;
  }

  /** Waits until what the journal says is as it should be. */
  async function until<Value>(what: string, look: () => Value | undefined | false): Promise<Value> {
    for (let tries = 0; tries < 250; tries += 1) {
      const found = look();
      if (found !== undefined && found !== false) {
        return found;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.fail(`not seen: ${what}`);
  }

  const ended = (number: number): Promise<Attempt> =>
    until(`the end of attempt ${number}`, () => state().attempts.find((attempt) => attempt.number === number && attempt.outcome.kind !== "running"));

  it("is scored once at its first opening, off the clock, with the code and the instructions side by side", async () => {
    await vscode.extensions.getExtension("baseliner.baseliner")?.activate();
    const start = await ended(0);
    assert.equal(start.kind, "start");
    assert.equal(start.elapsedMs, null);
    assert.equal(state().clock.state, "not-started");
    const tabs = await until("two columns", () => {
      const groups = vscode.window.tabGroups.all;
      return groups.length === 2 && groups.every(({ tabs }) => tabs.length > 0) && groups.map(({ activeTab }) => activeTab?.label);
    });
    assert.match(tabs[0] ?? "", /solution\.py/);
    assert.match(tabs[1] ?? "", /instructions/);
  });

  it("has a clock that is started once", async () => {
    await run(commands.startClock);
    assert.equal(state().clock.state, "running");
    await run(commands.startClock);
    assert.equal(readFileSync(join(root, "session.jsonl"), "utf8").match(/"clock\.started"/g)?.length, 1);
  });

  it("saves what is being edited before it is scored, so that the score is that of what is on the screen", async () => {
    const document = await vscode.workspace.openTextDocument(join(workspace, "solution.py"));
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), "value = 5\n");
    await vscode.workspace.applyEdit(edit);
    assert.equal(document.isDirty, true);
    await run(commands.score);
    const attempt = await ended(1);
    assert.equal(attempt.outcome.kind === "scored" && attempt.outcome.score, 5);
    assert.equal(state().best, 1);
    assert.notEqual(attempt.snapshot, state().attempts[0]?.snapshot);
  });

  it("cancels a scoring on command, and keeps the attempt", async () => {
    writeFileSync(join(workspace, "solution.py"), "value = -1\n");
    const scoring = run(commands.score);
    await until("attempt 2 begun", () => state().attempts.length === 3);
    await run(commands.cancelScoring);
    await scoring;
    const attempt = await ended(2);
    assert.equal(attempt.outcome.kind === "invalid" && attempt.outcome.reason, "cancelled");
  });

  it("shows its scores in a panel that can be opened again", async () => {
    await run(commands.showScores);
    await run(commands.showScores);
    const panels = (): number => vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).filter(({ label }) => label === "Scores").length;
    await until("the panel", () => panels() > 0);
    assert.equal(panels(), 1);
  });

  it("tells the best score beside the clock, but not where the task hides scores", () => {
    const shown = state();
    const hidden = { ...shown, created: { ...shown.created, scoring: { ...shown.created.scoring, visible: false } } };
    assert.match(clockTooltip(shown, Date.now()), /Best score \d/);
    assert.doesNotMatch(clockTooltip(hidden, Date.now()), /Best score/);
    assert.match(clockTooltip(hidden, Date.now()), /Scores are hidden/);
  });

  it("says what a hostile scorer says of attempts in single lines without signs of their own", () => {
    const evil = "$(pass-filled) 1.00\n\u202ebest\u0007 [run](command:evil)";
    const shown = state();
    const scored = shown.attempts[1];
    const invalid = shown.attempts[2];
    assert.ok(scored?.outcome.kind === "scored" && invalid?.outcome.kind === "invalid");
    const attempts = [{ ...scored, outcome: { ...scored.outcome, message: { [evil]: evil, nested: { [evil]: evil } } } }, { ...invalid, outcome: { ...invalid.outcome, text: evil } }];
    const hostile = { ...shown, attempts, created: { ...shown.created, scoring: { ...shown.created.scoring, unit: evil } } };
    const signs = /(?!\n)\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/u;
    for (const attempt of attempts) {
      const { description, accessibilityInformation } = attemptItem(attempt, hostile);
      assert.doesNotMatch(`${typeof description === "string" ? description : ""} ${accessibilityInformation?.label ?? ""}`, /\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/u);
    }
    const tooltips = attempts.map((attempt) => attemptTooltip(attempt, hostile));
    assert.doesNotMatch(tooltips.join("\n"), signs);
    assert.deepEqual(tooltips.map((tooltip) => tooltip.split("\n").length), [4, 2]);
    const said = attemptPicks(hostile).map(({ label, description }) => `${label} ${description ?? ""}`);
    assert.match(said.join(" "), /\$ \(pass-filled\) 1\.00/);
    assert.doesNotMatch(said.join(" "), /\$\(|\n/);
    assert.doesNotMatch(said.join(" "), signs);
  });

  it("leaves a record that is whole", async () => {
    const { problems, openAttempts, attempts } = await verifySession(root);
    assert.deepEqual({ problems, openAttempts, attempts }, { problems: [], openAttempts: [], attempts: 3 });
  });
});
