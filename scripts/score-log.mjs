// The score log as the screen shows it, held against the session's journal.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isAttempt } from "./demo-steps.mjs";

/** @typedef {import("./vscode/view.mjs").Row} Row */

/**
 * One line of the log, in the words of the screen.
 * @typedef {object} ScoreLine
 * @property {string} attempt
 * @property {string} time Into the session.
 * @property {string} score
 * @property {string} normalised
 * @property {string} note
 */

/**
 * As much of a journal entry as is read here.
 * @typedef {object} Entry
 * @property {string} type
 * @property {string} at
 * @property {{ attempt?: number, kind?: string, score?: number | null, scoring?: { start: number, reference: number } }} data
 */

/**
 * The score log of the screen. Throws where a number on the screen is not the
 * one in the journal, rounded, or where an attempt is in one of them alone.
 * @param {Row[]} rows
 * @param {string} sessionFolder
 * @returns {ScoreLine[]}
 */
export function scoreLog(rows, sessionFolder) {
  const entries = readFileSync(join(sessionFolder, "session.jsonl"), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => /** @type {Entry} */ (JSON.parse(line)));
  const scoring = entries.find((entry) => entry.type === "session.created")?.data.scoring;
  const clockStarted = entries.find((entry) => entry.type === "clock.started")?.at;
  const finished = entries.filter((entry) => entry.type === "attempt.finished");
  if (scoring === undefined || finished.length !== rows.length) {
    throw new Error(`The screen shows ${rows.length} attempts, the journal has ${finished.length}.`);
  }
  return finished.map(({ data: { attempt = -1, score } }) => {
    const row = rows.find((one) => isAttempt(one, attempt));
    const started = entries.find((entry) => entry.type === "attempt.started" && entry.data.attempt === attempt);
    if (row === undefined || started === undefined || score === null || score === undefined) {
      throw new Error(`Attempt ${attempt} of the journal is not on the screen with a score.`);
    }
    const isStart = started.data.kind === "start";
    const seconds = clockStarted === undefined ? 0 : (Date.parse(started.at) - Date.parse(clockStarted)) / 1000;
    return {
      attempt: String(attempt),
      time: isStart ? "start" : timeShown(row, seconds),
      score: numberShown(row, score),
      normalised: numberShown(row, Math.max(0, (score - scoring.start) / (scoring.reference - scoring.start))),
      // The columns of a row's description stand apart by more than one space.
      note: row.description.split(/ {2,}/).slice(3).join(" "),
    };
  });
}

/**
 * The number in a row that is this one, rounded to the digits that are shown.
 * @param {Row} row
 * @param {number} wanted
 */
function numberShown(row, wanted) {
  const shown = row.description.replaceAll("−", "-").match(/(?<![\d:.])-?\d+(\.\d+)?(?![\d:])/g) ?? [];
  const found = shown.find((text) => Math.abs(Number(text) - wanted) <= 0.5001 * 10 ** -(text.split(".")[1]?.length ?? 0));
  if (found === undefined) {
    throw new Error(`The journal says ${wanted} for attempt ${row.label}; the screen shows "${row.description}".`);
  }
  return found;
}

/**
 * The time in a row, which is to be this one within two seconds, or within its
 * minute where only minutes are shown.
 * @param {Row} row
 * @param {number} seconds
 */
function timeShown(row, seconds) {
  const shown = /\b(\d+):(\d\d)(?::(\d\d))?\b/.exec(row.description);
  const told = shown && Number(shown[1]) * 3600 + Number(shown[2]) * 60 + Number(shown[3] ?? 0);
  if (!shown || told === null || Math.abs(told - seconds) > (shown[3] === undefined ? 60 : 2)) {
    throw new Error(`Attempt ${row.label} was started ${seconds.toFixed(1)} s into the session; the screen shows "${row.description}".`);
  }
  return shown[0];
}

/**
 * The log as a table whose columns are aligned.
 * @param {ScoreLine[]} lines
 */
export function asTable(lines) {
  const rows = [["attempt", "time", "score", "normalised", "note"], ...lines.map((line) => [line.attempt, line.time, line.score, line.normalised, line.note])];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  ").trimEnd()).join("\n");
}
