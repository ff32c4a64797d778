// What is on record, and what a person sees, when windows close, extension hosts
// die and two windows want one session.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { clockItem, isAttempt } from "../../scripts/demo-steps.mjs";
import { extensionHostPids } from "../../scripts/vscode/server.mjs";
import { attemptFolder, elapsedAt } from "../../src/sessions";
import { newSession } from "../support/session";
import { countsTo, scoredRow, stateAt, verified } from "./session-seen";
import { test } from "./support";

describe("a session in VS Code", () => {
  // One story, because each window takes seconds to open.
  test("goes through windows that are closed in a scoring, open beside each other, take over and are reloaded, with every attempt and the right clock", async ({ stage }) => {
    const root = await newSession(`if solution() == 600:\n    print("on", flush=True)\n    time.sleep(600)\n${countsTo(40)}`, { timeoutSeconds: 600 });
    const workspace = join(root, "workspace");

    const first = await stage.openWindow(workspace);
    await first.show("Baseliner");
    await scoredRow(first, 0);
    await first.runCommand("Baseliner: Start Clock");
    await first.statusBarTextWhen(clockItem, /left/);
    await first.press("Control+Alt+Enter");
    await first.terminalTextWhen(/^5$/m);
    await first.close();

    // The attempt has gone on without it, and the window that is opened next finishes it.
    const second = await stage.openWindow(workspace);
    await second.show("Baseliner");
    await scoredRow(second, 1);
    await second.statusBarTextWhen(clockItem, /7:5\d left|8:00 left/);
    const state = await stateAt(root);
    expect(state.attempts.map(({ outcome }) => outcome.kind)).toEqual(["scored", "scored"]);
    expect(elapsedAt(state.clock, Date.now())).toBeGreaterThan(4000);
    expect(readFileSync(join(attemptFolder(root, 1), "stdout.log"), "utf8")).toBe(Array.from({ length: 40 }, (_, number) => `${number}\n`).join(""));
    expect(verified(root)).toMatchObject({ problems: [], openAttempts: [] });

    // A window beside it reads, says so, and shows what the other one does.
    const third = await stage.openWindow(workspace);
    await third.show("Baseliner");
    await third.notificationWhen(/is open in VS Code .* This window only reads it/);
    await third.view("Session").rowsWhen("a row that says read-only", (rows) => rows.some((row) => row.label === "Read-only"));
    await third.picture("read-only");
    await third.statusBarTextWhen(clockItem, /left/);
    await second.press("Control+Alt+Enter");
    await scoredRow(second, 2);
    await scoredRow(third, 2);

    await second.close();
    await third.patience.until("the other window's extension host gone", () => Promise.resolve(extensionHostPids(stage.server).length === 1), { limit: 60_000 });
    await third.view("Session").clickRowAction("Read-only", "Open Session for Writing");
    await third.view("Session").rowsWhen("no row that says read-only", (rows) => rows.length > 0 && rows.every((row) => row.label !== "Read-only"));
    expect(verified(root)).toMatchObject({ problems: [], attempts: 3 });

    // Escape, twice, stops what is scored in the terminal. On a busy computer the second may come too late after the first.
    writeFileSync(join(workspace, "solution.py"), "value = 600\n");
    await third.press("Control+Alt+Enter");
    await third.terminalTextWhen(/^on$/m);
    await third.runCommand("Terminal: Focus Terminal");
    await third.patience.until("a cancelled attempt", async () => {
      await third.press("Escape");
      await third.press("Escape");
      const rows = await third.view("Attempts").rows();
      return rows.some((row) => isAttempt(row, 3) && row.description.includes("invalid: Scoring was cancelled."));
    });
    expect(verified(root)).toMatchObject({ problems: [], openAttempts: [] });

    // Reloaded, a window can write to its session again without a word.
    await third.reload();
    await third.show("Baseliner");
    await third.statusBarTextWhen(clockItem, /left/);
    await third.runCommand("Baseliner: Pause Clock");
    await third.patience.until("the question for the reason", () => third.page.locator(".quick-input-widget:visible", { hasText: "Pause Clock" }).isVisible());
    await third.press("2");
    await third.statusBarTextWhen(clockItem, /paused/);
    expect(await third.notifications()).toEqual([]);
  });
});
