import { inOrder, orderOf } from "./order";
import { timeReached, type Yardstick } from "./experts";
import type { LaidOutTask } from "./samples";

/**
 * The mean over tasks of the experts' mean trajectories, for every set of tasks that some series has runs of. As they are, they are known exactly;
 * in resamples at the points of `curveTimes`, so that intervals of times are exact to one part of these (a minute of eight hours).
 */
export class AverageCurves {
  private readonly sets = new Map<string, TaskSet>();

  constructor(
    tasks: readonly LaidOutTask[],
    private readonly timesMs: Float64Array,
    private readonly resamples: number,
  ) {
    const bySeries = new Map<string, string[]>();
    for (const { task, samples } of tasks) {
      for (const { series } of samples) {
        const names = bySeries.get(series.label) ?? [];
        bySeries.set(series.label, names);
        names.push(task.name);
      }
    }
    for (const names of bySeries.values()) {
      if (names.length > 1 && !this.sets.has(keyOf(names))) {
        this.sets.set(keyOf(names), { tasks: names, yardsticks: [], resampled: new Float64Array(timesMs.length * resamples), exact: undefined });
      }
    }
  }

  /** Adds a task's curves, which lie behind its statistics at the end of each row of `values`. */
  add({ task, yardstick }: LaidOutTask, values: Float64Array, width: number): void {
    const length = this.timesMs.length;
    for (const set of this.sets.values()) {
      if (!set.tasks.includes(task.name) || yardstick?.steps === undefined) {
        continue;
      }
      set.yardsticks.push(yardstick);
      const share = 1 / set.tasks.length;
      for (let resample = 0; resample < this.resamples; resample++) {
        for (let index = 0; index < length; index++) {
          const at = resample * length + index;
          set.resampled[at] = (set.resampled[at] ?? 0) + share * (values[(resample + 1) * width - length + index] ?? NaN);
        }
      }
    }
  }

  /** When the curve over these tasks reaches a score, in ms; NaN where it is not known for all of them. */
  of(tasks: readonly string[]): { timeOf: (score: number) => number; timesOf: (scores: Float64Array) => Float64Array } {
    const set = this.sets.get(keyOf(tasks));
    if (set === undefined || set.yardsticks.length < tasks.length) {
      return { timeOf: () => NaN, timesOf: (scores) => scores.map(() => NaN) };
    }
    const { length } = this.timesMs;
    const curveOf = (resample: number): Float64Array => set.resampled.subarray(resample * length, (resample + 1) * length);
    if (set.exact === undefined) {
      set.exact = meanCurve(set.yardsticks);
      for (let resample = 0; resample < this.resamples; resample++) {
        makeHighestSoFar(curveOf(resample));
      }
    }
    const { exact } = set;
    return {
      timeOf: (score) => (Number.isNaN(score) ? NaN : timeReached(exact.highest, score, (place) => exact.atMs[place] ?? Infinity)),
      timesOf: (scores) => scores.map((score, resample) => timeReached(curveOf(resample), score, (place) => this.timesMs[place] ?? Infinity)),
    };
  }
}

/** Tasks that are averaged over. */
interface TaskSet {
  readonly tasks: readonly string[];
  readonly yardsticks: Yardstick[];
  /** One curve for each resample: the mean so far while tasks are added, and from then on the highest so far. */
  readonly resampled: Float64Array;
  /** The curve of the experts as they are, once all tasks are added and it was asked for. */
  exact: { readonly atMs: Float64Array; readonly highest: Float64Array } | undefined;
}

/** The mean over tasks of the experts' mean trajectories: after each step, the highest so far. */
function meanCurve(yardsticks: readonly Yardstick[]): { atMs: Float64Array; highest: Float64Array } {
  const times: number[] = [];
  const changes: number[] = [];
  for (const { steps, results } of yardsticks) {
    steps?.atMs.forEach((atMs, step) => {
      times.push(atMs);
      changes.push((steps.changes[step] ?? 0) / (results.length * yardsticks.length));
    });
  }
  const atMs = Float64Array.from(times);
  const order = orderOf(atMs);
  let mean = 0;
  return { atMs: inOrder(atMs, order), highest: makeHighestSoFar(inOrder(Float64Array.from(changes), order).map((change) => (mean += change))) };
}

function keyOf(tasks: readonly string[]): string {
  return JSON.stringify(tasks);
}

/** Turns a curve into the highest it has been. */
function makeHighestSoFar(curve: Float64Array): Float64Array {
  let highest = 0;
  for (let place = 0; place < curve.length; place++) {
    highest = Math.max(highest, curve[place] ?? 0);
    curve[place] = highest;
  }
  return curve;
}
