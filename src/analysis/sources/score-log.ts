import { readFile } from "node:fs/promises";
import { basename, extname } from "node:path";
import { type Collector, type ReadAttempt, type ReadRun, remark, type RunSource } from "../run";
import type { StudySource } from "../study-file";
import { csvRows } from "./csv";
import { momentOf, scoreOfText } from "./numbers";

/**
 * Reads a score log as RE-Bench's environments keep it and as sessions are exported: CSV with a column `score` and either
 * `elapsed_seconds` or `timestamp`. Further columns are looked at where they are there: `run`, `task`, `group`, `kind` (what was
 * scored: `start`, `work`, `after-time`, `final`), `attempt`, `limit_minutes`. A file without a column `run` is one run.
 *
 * Without elapsed times, and without a `startedAt` in the study, the first row is at time 0: RE-Bench scores the starting solution
 * right before the clock starts.
 */
export async function readScoreLog(path: string, options: Partial<StudySource>, isViolation: boolean, collector: Collector): Promise<void> {
  const [header = [], ...rows] = csvRows(await readFile(path, "utf8"));
  const columns = new Map(header.map((name, index) => [name.trim().toLowerCase().replaceAll(" ", "_"), index]));
  const file: RunSource = { path, part: "" };
  if (!columns.has("score")) {
    collector.remark(remark("left-out", "file", file, header.length === 0 ? "it is empty" : "it is no score log: it has no column score"));
    return;
  }
  const runs = new Map<string, { cells: (name: string) => string; attempts: ReadAttempt[] }>();
  const firstMoments = new Map<string, number>();
  /** Runs that a task hid scores of: counted, they would have no valid attempt. */
  const hidden = new Set<string>();
  for (const [index, row] of rows.entries()) {
    const cell = (name: string): string => row[columns.get(name) ?? -1]?.trim() ?? "";
    const id = cell("run");
    if (cell("outcome") === "hidden") {
      hidden.add(id);
    }
    const score = scoreOfText(cell("score"));
    if (score === undefined) {
      // The header is line 1 of the table.
      collector.remark(remark("left-out", "row", { path, part: `row ${index + 2}` }, "its score is no number"));
      continue;
    }
    const run = runs.get(id) ?? { cells: cell, attempts: [] };
    runs.set(id, run);
    const moment = momentOf(cell("timestamp"));
    if (moment !== undefined && !firstMoments.has(id)) {
      firstMoments.set(id, momentOf(options.startedAt) ?? moment);
    }
    const elapsed = scoreOfText(cell("elapsed_seconds"));
    const since = moment === undefined ? undefined : moment - (firstMoments.get(id) ?? moment);
    const atMs = columns.has("elapsed_seconds") ? (typeof elapsed === "number" ? elapsed * 1000 : undefined) : since;
    run.attempts.push({ name: cell("attempt") || String(index + 1), atMs, score, leftOut: notCounted(cell("kind")) });
  }
  if (rows.length === 0) {
    runs.set("", { cells: () => "", attempts: [] });
  }
  for (const [id, { cells, attempts }] of runs) {
    if (hidden.has(id)) {
      collector.remark(remark("left-out", "run", { path, part: id }, "its scores are hidden from its expert, and so from its score log"));
      continue;
    }
    collector.run(oneRun(path, id, cells, attempts, options, isViolation));
  }
}

function oneRun(path: string, id: string, cells: (name: string) => string, attempts: readonly ReadAttempt[], options: Partial<StudySource>, isViolation: boolean): ReadRun {
  const limit = scoreOfText(cells("limit_minutes"));
  return {
    id: id || basename(path, extname(path)),
    source: { path, part: id },
    taskNames: cells("task") === "" ? [] : [cells("task")],
    groupName: cells("group") || undefined,
    kind: undefined,
    limitMs: typeof limit === "number" && limit > 0 ? limit * 60_000 : undefined,
    workedMs: undefined,
    attempts,
    hasLog: true,
    scale: options.scores ?? "raw",
    constants: undefined,
    aggregate: undefined,
    isViolation,
  };
}

/** Why a scoring of this kind counts in no figure. */
export function notCounted(kind: string): string | undefined {
  if (kind === "start") {
    return "it is the starting solution, scored off the clock; it counts as 0";
  }
  return kind === "after-time" ? "it was scored after the time was up" : undefined;
}
