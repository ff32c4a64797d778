// What tests of sessions in VS Code look at: the record, by the command line, and the rows on the screen.
import { execFileSync } from "node:child_process";
import { isAttempt } from "../../scripts/demo-steps.mjs";
import type { Workbench } from "../../scripts/vscode/workbench.mjs";
import { readJournal, stateOf } from "../../src/sessions";
import { commandLine } from "../support/build";

/** A scorer that counts, ten numbers a second. */
export const countsTo = (last: number): string =>
  `for number in range(${last}):\n    print(number, flush=True)\n    time.sleep(0.1)\nresult(solution())`;

export async function stateAt(root: string) {
  const state = stateOf((await readJournal(root)).entries);
  if (state === undefined) {
    throw new Error("no session");
  }
  return state;
}

export function verified(root: string): { problems: string[]; attempts: number; openAttempts: number[] } {
  const text = execFileSync(process.execPath, [commandLine, "session", "verify", root, "--json"], { encoding: "utf8" });
  return JSON.parse(text) as { problems: string[]; attempts: number; openAttempts: number[] };
}

/** Waits until an attempt has a score on the screen. */
export function scoredRow(workbench: Workbench, number: number) {
  return workbench
    .view("Attempts")
    .rowsWhen(`a score of attempt ${number}`, (rows) => rows.some((row) => isAttempt(row, number) && /\d\.\d/.test(row.description)), 60_000);
}
