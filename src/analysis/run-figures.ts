import { Experts } from "./resample";
import type { RunSource, SolverKind } from "./run";
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
      const reachedAt = run.trajectory.atMs.at(-1);
      const place = reachedAt === undefined ? -1 : run.attempts.atMs.indexOf(reachedAt);
      const attempts = run.hasLog ? run.attempts.scores.length : NaN;
      return {
        id: run.id,
        task: task.name,
        group: run.group,
        kind: run.kind,
        source: run.source,
        limitMs: run.limitMs,
        result,
        attempt: place < 0 || !run.hasLog ? "" : (run.attempts.names?.[place] ?? String(place + 1)),
        percentile: curve?.percentileOf(result) ?? NaN,
        humanMs: curve?.timeOf(result) ?? NaN,
        attempts,
        attemptsPerHour: attempts / (run.workedMs / 3_600_000),
        improvementMs: run.hasLog ? firstImprovement(run.trajectory) : NaN,
        isViolation: run.isViolation,
        atMs: run.trajectory.atMs,
        values: run.trajectory.values,
      };
    })
    .sort((one, other) => other.result - one.result);
}
