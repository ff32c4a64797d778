import { normalise } from "../tasks";
import type { Aggregate, AttemptLog, Constants, Trajectory } from "./run";

/**
 * The normalised score so far. It begins at 0, the starting solution; each valid attempt counts from its own time on. With `best`
 * it never falls; with `last` it is the score of the last valid attempt (RE-Bench, arXiv 2411.15114, section 3: the Scaling Law
 * Experiment, whose scores the participant does not see).
 *
 * @param constants undefined where the scores are normalised already; they are then only cut off at 0
 */
export function trajectoryOf({ atMs, scores }: AttemptLog, constants: Constants | undefined, aggregate: Aggregate): Trajectory {
  const times: number[] = [];
  const values: number[] = [];
  let now = 0;
  for (let index = 0; index < scores.length; index++) {
    const score = scores[index] ?? NaN;
    if (Number.isNaN(score)) {
      continue;
    }
    const value = constants === undefined ? Math.max(0, score) : normalise(score, constants);
    if (aggregate === "best" ? value > now : value !== now) {
      now = value;
      times.push(atMs[index] ?? 0);
      values.push(value);
    }
  }
  return { atMs: Float64Array.from(times), values: Float64Array.from(values) };
}

/** A run that counts as 0 from beginning to end. */
export const nothingReached: Trajectory = { atMs: new Float64Array(0), values: new Float64Array(0) };

/** The score at the end. */
export function resultOf({ values }: Trajectory): number {
  return values[values.length - 1] ?? 0;
}

/** When the score first rose above the starting solution's, in ms; Infinity where it never did. */
export function firstImprovement({ atMs, values }: Trajectory): number {
  const step = values.findIndex((value) => value > 0);
  return step < 0 ? Infinity : (atMs[step] ?? Infinity);
}
