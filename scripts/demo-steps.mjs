// The main job of an expert, step by step as a person does it in a window of
// VS Code. Each step ends when its outcome is on the screen, and returns it.
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { root } from "./repository.mjs";

/** @typedef {import("./vscode/workbench.mjs").Workbench} Workbench */
/** @typedef {import("./vscode/view.mjs").Row} Row */

/** The status bar item with the clock. */
export const clockItem = "baseliner.clock";

/** A scoring of the demo takes seconds; a slow machine may take a minute. */
const scoringLimit = 120_000;

/**
 * An empty window says what can be begun.
 * @param {Workbench} workbench
 */
export async function seeWelcome(workbench) {
  await workbench.show("Baseliner");
  return workbench.view("Session").welcomeTextWhen(/Start Demo Session/);
}

/**
 * From the welcome of an empty window to a window on a new session's workspace.
 * @param {Workbench} workbench
 * @returns {Promise<string>} The session's folder.
 */
export async function startDemoSession(workbench) {
  await workbench.view("Session").clickWelcomeButton("Start Demo Session");
  const workspace = await workbench.folderWhen((folder) => basename(folder) === "workspace");
  await workbench.show("Baseliner");
  return dirname(workspace);
}

/**
 * The starting solution has been scored, off the clock.
 * @param {Workbench} workbench
 */
export async function seeStartingScore(workbench) {
  const rows = await workbench
    .view("Attempts")
    .rowsWhen("the starting solution's score", (now) => now.some((row) => isAttempt(row, 0) && /\d\.\d/.test(row.description)), scoringLimit);
  return rows.filter((row) => isAttempt(row, 0));
}

/**
 * The task's instructions stand beside the code.
 * @param {Workbench} workbench
 */
export async function seeInstructions(workbench) {
  const heading = /^#\s+(.+)$/m.exec(readFileSync(join(root, "tasks", "optimize-kernel", "instructions.md"), "utf8"))?.[1] ?? "";
  return workbench.webviewTextWhen(new RegExp(heading.trim().replace(/[.*+?^${}()|[\]\\]/g, "\\$&")));
}

/**
 * @param {Workbench} workbench
 * @returns {Promise<string>} What the status bar says.
 */
export async function startClock(workbench) {
  await workbench.runCommand("Baseliner: Start Clock");
  return workbench.statusBarTextWhen(clockItem, /\b(8:00|7:59)(:\d\d)? left/);
}

/**
 * A faster solution is written into the editor and saved.
 * @param {Workbench} workbench
 */
export async function editSolution(workbench) {
  const solution = readFileSync(join(root, "test", "tasks", "optimize-kernel", "improved_prefix_sum.py"), "utf8");
  await workbench.editor.open("prefix_sum.py");
  await workbench.editor.replaceText(solution);
  await workbench.editor.save();
  return solution;
}

/**
 * The solution is being scored; its output runs in the terminal.
 * @param {Workbench} workbench
 */
export async function score(workbench) {
  await workbench.press("Control+Alt+Enter");
  return workbench.terminalTextWhen(/^Attempt 1\b.*\n.*\S/m, scoringLimit);
}

/**
 * The attempt is there, is the best one, and the status bar says so.
 * @param {Workbench} workbench
 */
export async function seeNewBest(workbench) {
  const rows = await workbench.view("Attempts").rowsWhen("attempt 1 as the best", (now) => now.some((row) => isAttempt(row, 1) && isBest(row)), scoringLimit);
  return { rows, statusBar: await workbench.statusBarTextWhen(clockItem, /best/i) };
}

/**
 * The session is submitted after one question; the survey is left out.
 * @param {Workbench} workbench
 */
export async function submit(workbench) {
  await workbench.runCommand("Baseliner: Submit…");
  const question = await workbench.patience.until("the question before submitting", () => workbench.dialog());
  await workbench.pressDialogButton("Submit");
  await workbench.patience.until("the exit survey", () => workbench.page.locator(".quick-input-widget:visible", { hasText: /Exit Survey/ }).isVisible());
  await workbench.press("Escape");
  const rows = await workbench
    .view("Session")
    .rowsWhen("a submitted session", (now) => now.some((row) => /submitted/i.test(`${row.label} ${row.description}`)));
  return { question, rows };
}

/**
 * Whether a row is the attempt of this number.
 * @param {Row} row
 * @param {number} number
 */
export function isAttempt(row, number) {
  return row.label === String(number);
}

/**
 * Whether a row is marked as the best attempt.
 * @param {Row} row
 */
export function isBest(row) {
  return row.icon === "star-full" && /\bbest\b/.test(row.ariaLabel);
}
