import { Experts } from "./experts";
import type { AttemptLog, RunSource, SolverKind } from "./run";
import type { LaidOutTask } from "./samples";
import { firstImprovement, resultOf } from "./trajectory";

/** One run with its result. Times in ms. */
export interface RunFigures {
  readonly id: string;
  readonly task: string;
  readonly group: string;
  readonly kind: SolverKind;
  readonly source: RunSource;
  readonly limitMs: number;
  /** Normalised. */
  readonly result: number;
  /** Name of the attempt that the result is of; empty where there is none. */
  readonly attempt: string;
  /** Percentile among the task's experts, itself included where it is one; NaN without experts. */
  readonly percentile: number;
  /** When the experts' mean trajectory reaches the result; Infinity where it does not, NaN where it is not known. */
  readonly humanMs: number;
  /** Attempts, valid or not; NaN where the log is not known. */
  readonly attempts: number;
  readonly attemptsPerHour: number;
  /** Infinity where it never improved, NaN where the log is not known. */
  readonly improvementMs: number;
  readonly isViolation: boolean;
  /** Its scorings; undefined where only the result is known. */
  readonly log: AttemptLog | undefined;
  /** When its score so far rose, and to what. */
  readonly atMs: Float64Array;
  readonly values: Float64Array;
}

/** The runs of a task, each once, best first. */
export function runFigures({ task, samples, yardstick }: LaidOutTask): RunFigures[] {
  const curve = yardstick === undefined ? undefined : new Experts(yardstick);
  curve?.draw(-1);
  const runs = samples.filter(({ series }) => series.lengthMs === series.limitMs).flatMap((one) => one.runs);
  return runs
    .map((run): RunFigures => {
      const result = resultOf(run.trajectory);
      const attempts = run.hasLog ? run.attempts.scores.length : NaN;
      const log = run.hasLog ? run.attempts : undefined;
      return {
        id: run.id,
        task: task.name,
        group: run.group,
        kind: run.kind,
        source: run.source,
        limitMs: run.limitMs,
        result,
        attempt: attemptAt(log, run.trajectory.atMs.at(-1)),
        percentile: curve?.percentileOf(0, result) ?? NaN,
        humanMs: curve?.timeOf(0, result) ?? NaN,
        attempts,
        attemptsPerHour: attempts / (run.workedMs / 3_600_000),
        improvementMs: run.hasLog ? firstImprovement(run.trajectory) : NaN,
        isViolation: run.isViolation,
        log,
        atMs: run.trajectory.atMs,
        values: run.trajectory.values,
      };
    })
    .sort((one, other) => other.result - one.result);
}

/** The name of the attempt at a moment: what it is called in its source, else its number; empty where there is none. */
export function attemptAt(log: AttemptLog | undefined, atMs: number | undefined): string {
  const place = log === undefined || atMs === undefined ? -1 : log.atMs.indexOf(atMs);
  return place < 0 ? "" : (log?.names?.[place] ?? String(place + 1));
}
