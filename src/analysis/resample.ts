import { inOrder, orderOf } from "./order";
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
    const isNeeded = task.samples.some(({ experts }) => experts !== undefined);
    this.curve = task.yardstick === undefined || !isNeeded ? undefined : new ExpertCurve([task.yardstick]);
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
  /** How often each expert was drawn, those of one task behind those of another. */
  private readonly counts: Uint32Array;
  private readonly countsOf: readonly Uint32Array[];
  /** How many of the drawn experts of the first task are among the first of its list. */
  private readonly firsts: Uint32Array;
  private readonly merged: MergedSteps | undefined;
  /** The highest mean so far at each step. */
  private readonly reached: Float64Array;

  constructor(private readonly yardsticks: readonly Yardstick[]) {
    this.counts = new Uint32Array(yardsticks.reduce((sum, { results }) => sum + results.length, 0));
    let at = 0;
    this.countsOf = yardsticks.map(({ results }) => this.counts.subarray(at, (at += results.length)));
    this.firsts = new Uint32Array((yardsticks[0]?.results.length ?? 0) + 1);
    this.merged = merge(yardsticks);
    this.reached = new Float64Array(this.merged?.atMs.length ?? 0);
  }

  draw(resample: number): void {
    for (const [index, { seed }] of this.yardsticks.entries()) {
      draw(this.countsOf[index] ?? this.counts, seed, resample);
    }
    sumUp(this.countsOf[0] ?? this.counts, this.firsts);
    if (this.merged !== undefined) {
      highestSoFar(this.merged, this.counts, this.reached);
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
    const n = this.firsts.length - 1;
    return 100 * (1 - ((this.firsts[above] ?? 0) + (this.firsts[orEqual] ?? 0)) / (2 * n));
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
    const curve = sample.experts === undefined ? undefined : experts;
    let sum = 0;
    for (let run = 0; run < n; run++) {
      sum += (counts[run] ?? 0) * (results[run] ?? 0);
    }
    into[places.result] = sum / n;
    into[places.aboveStart] = (firsts[sample.aboveStart] ?? 0) / n;
    into[places.atReference] = (firsts[sample.atReference] ?? 0) / n;
    into[places.percentile] = this.percentile(curve);
    into[places.humanMs] = curve?.timeOf(sum / n) ?? NaN;
    into[places.attemptsPerHour] = log === undefined ? NaN : dot(counts, log.attempts) / dot(counts, log.hours);
    into[places.improvementMs] = this.medianImprovement();
    for (let index = 0; index < sample.ks.length; index++) {
      const score = this.best(index, sum / n);
      const at = fixedPlaces + placesOfK * index;
      into[at] = score;
      into[at + 1] = curve?.percentileOf(score) ?? NaN;
      into[at + 2] = curve?.timeOf(score) ?? NaN;
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
    for (const [point, end] of log.points.entries()) {
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
interface MergedSteps {
  readonly atMs: Float64Array;
  /** Whose each step is, among the experts of all tasks. */
  readonly experts: Uint32Array;
  /** By how much it changes the mean over all tasks, for each time that the expert was drawn. */
  readonly changes: Float64Array;
}

/** The highest mean score so far after each step. */
function highestSoFar({ experts, changes }: MergedSteps, counts: Uint32Array, into: Float64Array): void {
  let mean = 0;
  let highest = 0;
  for (let step = 0; step < changes.length; step++) {
    mean += (changes[step] ?? 0) * (counts[experts[step] ?? 0] ?? 0);
    if (mean > highest) {
      highest = mean;
    }
    into[step] = highest;
  }
}

function merge(yardsticks: readonly Yardstick[]): MergedSteps | undefined {
  const all: { steps: Steps; first: number; share: number }[] = [];
  let experts = 0;
  for (const { steps, results } of yardsticks) {
    if (steps === undefined) {
      return undefined;
    }
    all.push({ steps, first: experts, share: 1 / (results.length * yardsticks.length) });
    experts += results.length;
  }
  const unordered = {
    atMs: joined(all.map(({ steps }) => steps.atMs)),
    experts: Uint32Array.from(all.flatMap(({ steps, first }) => Array.from(steps.runs, (run) => run + first))),
    changes: joined(all.map(({ steps, share }) => steps.changes.map((change) => change * share))),
  };
  if (all.length === 1) {
    return unordered;
  }
  const order = orderOf(unordered.atMs);
  return { atMs: inOrder(unordered.atMs, order), experts: order.map((from) => unordered.experts[from] ?? 0), changes: inOrder(unordered.changes, order) };
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
