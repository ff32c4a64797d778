import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import * as z from "zod";
import { type Collector, type ReadAttempt, type ReadRun, remark, type RunSource } from "../run";
import { AnalysisError, type StudySource } from "../study-file";
import { momentOf, scoreOfValue } from "./numbers";

/** A row is one run. Names are those of METR's public runs; `attempts` (or `score_log`) holds the scorings of a run whose log is known. */
const rowSchema = z.object({
  run_id: z.union([z.string(), z.number()]).transform(String),
  task_id: z.string().optional(),
  task_family: z.string().optional(),
  alias: z.string().nullish(),
  model: z.string().nullish(),
  /** Seconds. */
  time_limit: z.number().nullish(),
  started_at: z.unknown().optional(),
  completed_at: z.unknown().optional(),
  score: z.unknown().optional(),
  score_cont: z.unknown().optional(),
  attempts: z.array(z.unknown()).optional(),
  score_log: z.array(z.unknown()).optional(),
});

type Row = z.infer<typeof rowSchema>;

/** A scoring within a row that is no pair of seconds and a score. */
const attemptSchema = z.object({ elapsed_seconds: z.unknown().optional(), elapsedSeconds: z.unknown().optional(), score: z.unknown().optional() });

/**
 * Reads METR's public runs: lines of JSON with `run_id`, `task_id`, `alias`, `model`, `time_limit` in seconds and `score` (or
 * `score_cont`), which is normalised there. Rows with a list `attempts` have raw scores and elapsed seconds, unless the study says
 * otherwise. A row without a score is left out.
 *
 * @throws {AnalysisError} `cancelled`
 */
export async function readRunRows(path: string, options: Partial<StudySource>, isViolation: boolean, collector: Collector, signal?: AbortSignal): Promise<void> {
  let number = 0;
  const lines = createInterface({ input: createReadStream(path, { highWaterMark: 2 ** 20 }), crlfDelay: Infinity });
  try {
    for await (const line of lines) {
      if (signal?.aborted === true) {
        throw new AnalysisError("cancelled", "Reading the study was cancelled.");
      }
      number++;
      if (line.trim() === "") {
        continue;
      }
      const source = { path, part: `line ${number}`, line: number };
      const read = readRow(line, source, options, isViolation);
      if (typeof read === "string") {
        collector.remark(remark("left-out", "row", source, read));
      } else {
        collector.run(read);
      }
    }
  } finally {
    lines.close();
  }
}

/** The run of a line, or why it is none. */
function readRow(line: string, source: RunSource, options: Partial<StudySource>, isViolation: boolean): ReadRun | string {
  let value: unknown;
  try {
    // Python writes numbers that JSON does not have.
    value = JSON.parse(line.replace(/([:[,]\s*)(-?)(NaN|Infinity)(?=\s*[,}\]])/g, '$1"$2$3"'));
  } catch {
    return "it is not JSON";
  }
  const parsed = rowSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return `it is no run: ${issue?.path.join(".") ?? ""} is missing or of another type`;
  }
  const row = parsed.data;
  const log = row.attempts ?? row.score_log;
  const attempts = log === undefined ? resultOnly(row) : logged(log);
  if (typeof attempts === "string") {
    return attempts;
  }
  const isHuman = row.model === "human" || row.alias?.toLowerCase() === "human";
  const limit = row.time_limit;
  return {
    id: row.run_id,
    source,
    taskNames: [row.task_id, row.task_family].flatMap((name) => (name === undefined || name === "" ? [] : [name])),
    groupName: row.alias ?? row.model ?? undefined,
    kind: isHuman ? "expert" : "agent",
    limitMs: limit !== null && limit !== undefined && limit > 0 ? limit * 1000 : undefined,
    workedMs: workedMs(row),
    attempts,
    hasLog: log !== undefined,
    scale: options.scores ?? (log === undefined ? "normalised" : "raw"),
    constants: undefined,
    aggregate: undefined,
    isViolation,
  };
}

/** All that such a row tells is the run's result; when it was reached is not known, so it counts from time 0. */
function resultOnly(row: Row): ReadAttempt[] | string {
  const score = scoreOfValue(row.score ?? row.score_cont);
  if (score === undefined) {
    return "its score is no number";
  }
  return score === null ? "it has no score" : [{ atMs: 0, score }];
}

function logged(log: readonly unknown[]): ReadAttempt[] | string {
  const attempts: ReadAttempt[] = [];
  for (const value of log) {
    const scoring = scoringOf(value);
    const score = scoring === undefined ? undefined : scoreOfValue(scoring.score);
    if (scoring === undefined || score === undefined) {
      return `its attempt ${attempts.length + 1} is none`;
    }
    const seconds = scoreOfValue(scoring.elapsed);
    attempts.push({ atMs: typeof seconds === "number" ? seconds * 1000 : undefined, score });
  }
  return attempts;
}

/** Seconds and score of `[seconds, score]`, of which a file may hold millions, or of an object; undefined for anything else. */
function scoringOf(value: unknown): { readonly elapsed: unknown; readonly score: unknown } | undefined {
  if (Array.isArray(value)) {
    const [elapsed, score] = value as readonly unknown[];
    return value.length === 2 ? { elapsed, score } : undefined;
  }
  const parsed = attemptSchema.safeParse(value);
  return parsed.success ? { elapsed: parsed.data.elapsed_seconds ?? parsed.data.elapsedSeconds, score: parsed.data.score } : undefined;
}

function workedMs({ started_at, completed_at }: Row): number | undefined {
  const from = momentOf(started_at);
  const to = momentOf(completed_at);
  return from === undefined || to === undefined || to <= from ? undefined : to - from;
}
