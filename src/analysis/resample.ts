import { drawCounts } from "./random";
import { chanceOfBestBelow } from "./score-at-k";

/** Improvements of all runs of a sample in the order of their times. */
export interface Steps {
  readonly atMs: Float64Array;
  /** Whose it is: the place of its run in the sample. */
  readonly runs: Uint32Array;
  /** By how much that run's score changed. */
  readonly changes: Float64Array;
}

/** Experts of one task: what scores are held against. */
export interface Yardstick {
  readonly seed: number;
  /** Normalised results, descending. */
  readonly results: Float64Array;
  /** Undefined where not every expert's score log is known. */
  readonly steps: Steps | undefined;
}

/** Runs of one series on one task, laid out for counting. All lists are in the order of the results, which descend. */
export interface Sample {
  readonly seed: number;
  readonly results: Float64Array;
  /** How many of the results lie above 0, and how many at 1 or above. */
  readonly aboveStart: number;
  readonly atReference: number;
  /** Whether several runs count by the mean of their results rather than by the best. */
  readonly isMean: boolean;
  readonly ks: readonly number[];
  /** For each run, how many experts have a better result, and how many one at least as good; undefined without experts. */
  readonly experts: { readonly above: Uint32Array; readonly orEqual: Uint32Array } | undefined;
  /** Undefined where not every run's score log is known. */
  readonly log:
    | {
        readonly steps: Steps;
        /** For each point of the trajectory, how many steps lie at or before it. */
        readonly points: Uint32Array;
        readonly attempts: Float64Array;
        readonly hours: Float64Array;
        /** Places of runs in the order in which they first improved, and when, in ms; Infinity for never. */
        readonly improvers: Uint32Array;
        readonly improvedAtMs: Float64Array;
      }
    | undefined;
}

/** One task: its experts and its samples. */
export interface TaskSamples {
  readonly yardstick: Yardstick | undefined;
  readonly samples: readonly Sample[];
}

/** Where each statistic lies among a sample's. NaN where it is not defined, Infinity for a time that is never reached. */
export const places = {
  result: 0,
  aboveStart: 1,
  atReference: 2,
  /** Mean percentile of its runs among the experts, 0 to 100. */
  percentile: 3,
  /** When the experts' mean trajectory reaches the mean result, in ms. */
  humanMs: 4,
  attemptsPerHour: 5,
  /** Median time to the first improvement, in ms. */
  improvementMs: 6,
} as const;

/** Statistics in front of those of each k, and statistics of each k: score@k, its percentile among the experts, when they reach it. */
export const fixedPlaces = 7;
export const placesOfK = 3;

/** How many statistics a sample has. */
export function statisticsCount(sample: Sample): number {
  return fixedPlaces + placesOfK * sample.ks.length + (sample.log?.points.length ?? 0);
}

/** Where the trajectory begins among a sample's statistics. */
export function trajectoryPlace(sample: Sample): number {
  return fixedPlaces + placesOfK * sample.ks.length;
}

/**
 * All statistics of one task, over and over: once for the runs as they are (`resample` −1), and for bootstrap resamples by their
 * number. A resample draws as many runs as a sample has, with replacement, for each sample and for the experts on their own.
 */
export class TaskResampler {
  readonly width: number;
  private readonly evaluators: SampleEvaluator[];
  private readonly curve: ExpertCurve | undefined;

  constructor(task: TaskSamples) {
    this.evaluators = task.samples.map((sample) => new SampleEvaluator(sample));
    this.width = task.samples.reduce((sum, sample) => sum + statisticsCount(sample), 0);
    this.curve = task.yardstick === undefined ? undefined : new ExpertCurve([task.yardstick]);
  }

  /** Writes the statistics of all samples, one after the other. */
  evaluate(resample: number, into: Float64Array): void {
    this.curve?.draw(resample);
    let at = 0;
    for (const evaluator of this.evaluators) {
      at += evaluator.evaluate(resample, this.curve, into.subarray(at));
    }
  }
}

/** Results of experts, and when their mean trajectory reaches a score, averaged over one or more tasks. */
export class ExpertCurve {
  private readonly counts: Uint32Array[];
  /** For each task, how many of the drawn experts are among the first of its list. */
  private readonly firsts: Uint32Array[];
  private readonly merged: MergedSteps | undefined;
  /** The highest mean so far at each step. */
  private readonly reached: Float64Array;

  constructor(private readonly yardsticks: readonly Yardstick[]) {
    this.counts = yardsticks.map(({ results }) => new Uint32Array(results.length));
    this.firsts = yardsticks.map(({ results }) => new Uint32Array(results.length + 1));
    this.merged = merge(yardsticks);
    this.reached = new Float64Array(this.merged?.atMs.length ?? 0);
  }

  draw(resample: number): void {
    for (const [index, { seed, results }] of this.yardsticks.entries()) {
      const counts = this.counts[index] ?? new Uint32Array(results.length);
      draw(counts, seed, resample);
      sumUp(counts, this.firsts[index] ?? new Uint32Array(results.length + 1));
    }
    if (this.merged === undefined) {
      return;
    }
    const { tasks, runs, changes } = this.merged;
    const shares = this.yardsticks.map(({ results }) => 1 / (results.length * this.yardsticks.length));
    let mean = 0;
    let highest = 0;
    for (let step = 0; step < changes.length; step++) {
      const task = tasks[step] ?? 0;
      mean += (changes[step] ?? 0) * (this.counts[task]?.[runs[step] ?? 0] ?? 0) * (shares[task] ?? 0);
      highest = mean > highest ? mean : highest;
      this.reached[step] = highest;
    }
  }

  /** When the mean trajectory reaches a score, in ms: Infinity where it never does, NaN where logs are not known. */
  timeOf(score: number): number {
    if (this.merged === undefined || Number.isNaN(score)) {
      return NaN;
    }
    // Sums of the same numbers in another order differ in their last digits.
    const wanted = score - 1e-9;
    if (wanted <= 0) {
      return 0;
    }
    let from = 0;
    let to = this.reached.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.reached[middle] ?? 0) >= wanted) {
        to = middle;
      } else {
        from = middle + 1;
      }
    }
    return this.merged.atMs[from] ?? Infinity;
  }

  /** Percentile of a score among the drawn experts of the only task, 0 to 100; half of those with that very score count as below. */
  percentileOf(score: number): number {
    const results = this.yardsticks[0]?.results ?? new Float64Array(0);
    return this.percentile(countAbove(results, score), countFrom(results, score));
  }

  /** @param above, orEqual how many in the list of experts have a better result, or one at least as good */
  percentile(above: number, orEqual: number): number {
    const firsts = this.firsts[0];
    const n = this.yardsticks[0]?.results.length ?? 0;
    return 100 * (1 - ((firsts?.[above] ?? 0) + (firsts?.[orEqual] ?? 0)) / (2 * n));
  }
}

class SampleEvaluator {
  private readonly counts: Uint32Array;
  /** How many of the drawn are among the first of the list. */
  private readonly firsts: Uint32Array;
  private readonly chances: readonly Float64Array[];

  constructor(private readonly sample: Sample) {
    const n = sample.results.length;
    this.counts = new Uint32Array(n);
    this.firsts = new Uint32Array(n + 1);
    this.chances = sample.isMean ? [] : sample.ks.map((k) => chanceOfBestBelow(n, k));
  }

  /** @returns how many statistics were written */
  evaluate(resample: number, experts: ExpertCurve | undefined, into: Float64Array): number {
    const { sample, counts, firsts } = this;
    const { results, log } = sample;
    const n = results.length;
    draw(counts, sample.seed, resample);
    sumUp(counts, firsts);
    let sum = 0;
    for (let run = 0; run < n; run++) {
      sum += (counts[run] ?? 0) * (results[run] ?? 0);
    }
    into[places.result] = sum / n;
    into[places.aboveStart] = (firsts[sample.aboveStart] ?? 0) / n;
    into[places.atReference] = (firsts[sample.atReference] ?? 0) / n;
    into[places.percentile] = this.percentile(experts);
    into[places.humanMs] = experts?.timeOf(sum / n) ?? NaN;
    into[places.attemptsPerHour] = log === undefined ? NaN : dot(counts, log.attempts) / dot(counts, log.hours);
    into[places.improvementMs] = this.medianImprovement();
    for (let index = 0; index < sample.ks.length; index++) {
      const score = this.best(index, sum / n);
      const at = fixedPlaces + placesOfK * index;
      into[at] = score;
      into[at + 1] = experts?.percentileOf(score) ?? NaN;
      into[at + 2] = experts?.timeOf(score) ?? NaN;
    }
    this.trajectory(into.subarray(trajectoryPlace(sample)));
    return statisticsCount(sample);
  }

  /** score@k by the number of drawn runs at or behind each place: the best of k lies there with the chance C(m, k) / C(n, k). */
  private best(index: number, mean: number): number {
    const chances = this.chances[index];
    if (chances === undefined) {
      return mean;
    }
    const { firsts } = this;
    const { results } = this.sample;
    const n = results.length;
    let expected = 0;
    let chance = 1;
    for (let run = 0; run < n && chance > 1e-18; run++) {
      const next = chances[n - (firsts[run + 1] ?? 0)] ?? 0;
      expected += (results[run] ?? 0) * (chance - next);
      chance = next;
    }
    return expected;
  }

  private percentile(curve: ExpertCurve | undefined): number {
    const { experts, results } = this.sample;
    if (experts === undefined || curve === undefined) {
      return NaN;
    }
    let sum = 0;
    for (let run = 0; run < results.length; run++) {
      const count = this.counts[run] ?? 0;
      if (count > 0) {
        sum += count * curve.percentile(experts.above[run] ?? 0, experts.orEqual[run] ?? 0);
      }
    }
    return sum / results.length;
  }

  /** The earliest time by which at least half of the drawn runs had improved. */
  private medianImprovement(): number {
    const { log, results } = this.sample;
    if (log === undefined) {
      return NaN;
    }
    let improved = 0;
    for (let index = 0; index < log.improvers.length; index++) {
      improved += this.counts[log.improvers[index] ?? 0] ?? 0;
      if (2 * improved >= results.length) {
        return log.improvedAtMs[index] ?? Infinity;
      }
    }
    return Infinity;
  }

  private trajectory(into: Float64Array): void {
    const { log, results } = this.sample;
    if (log === undefined) {
      return;
    }
    const { runs, changes } = log.steps;
    const { counts } = this;
    let sum = 0;
    let step = 0;
    for (let point = 0; point < log.points.length; point++) {
      const end = log.points[point] ?? 0;
      for (; step < end; step++) {
        sum += (changes[step] ?? 0) * (counts[runs[step] ?? 0] ?? 0);
      }
      into[point] = sum / results.length;
    }
  }
}

/** How many of a descending list are better than a score. */
export function countAbove(descending: Float64Array, score: number): number {
  return firstWhere(descending, (value) => value <= score);
}

/** How many of a descending list are at least as good as a score. */
export function countFrom(descending: Float64Array, score: number): number {
  return firstWhere(descending, (value) => value < score);
}

function firstWhere(descending: Float64Array, isBehind: (value: number) => boolean): number {
  let from = 0;
  let to = descending.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (isBehind(descending[middle] ?? 0)) {
      to = middle;
    } else {
      from = middle + 1;
    }
  }
  return from;
}

function draw(counts: Uint32Array, seed: number, resample: number): void {
  if (resample < 0) {
    counts.fill(1);
  } else {
    drawCounts(counts, seed, resample);
  }
}

function sumUp(counts: Uint32Array, firsts: Uint32Array): void {
  let sum = 0;
  for (let index = 0; index < counts.length; index++) {
    sum += counts[index] ?? 0;
    firsts[index + 1] = sum;
  }
}

function dot(counts: Uint32Array, values: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) {
    sum += (counts[index] ?? 0) * (values[index] ?? 0);
  }
  return sum;
}

/** The steps of several tasks in the order of their times. */
interface MergedSteps extends Steps {
  /** Which task each step is of. */
  readonly tasks: Uint16Array;
}

function merge(yardsticks: readonly Yardstick[]): MergedSteps | undefined {
  const all: { steps: Steps; task: number }[] = [];
  for (const [task, { steps }] of yardsticks.entries()) {
    if (steps === undefined) {
      return undefined;
    }
    all.push({ steps, task });
  }
  const length = all.reduce((sum, { steps }) => sum + steps.atMs.length, 0);
  const merged = { atMs: new Float64Array(length), tasks: new Uint16Array(length), runs: new Uint32Array(length), changes: new Float64Array(length) };
  const next = all.map(() => 0);
  for (let at = 0; at < length; at++) {
    let first = 0;
    let earliest = Infinity;
    for (const [index, { steps }] of all.entries()) {
      const time = steps.atMs[next[index] ?? 0] ?? Infinity;
      if (time < earliest) {
        earliest = time;
        first = index;
      }
    }
    const { steps, task } = all[first] ?? { steps: undefined, task: 0 };
    const step = next[first] ?? 0;
    merged.atMs[at] = earliest;
    merged.tasks[at] = task;
    merged.runs[at] = steps?.runs[step] ?? 0;
    merged.changes[at] = steps?.changes[step] ?? 0;
    next[first] = step + 1;
  }
  return merged;
}
