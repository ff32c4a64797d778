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
  /** For each point of the curve that averages over tasks are made of, how many steps lie at or before it. */
  readonly curvePoints: Uint32Array;
}

/** Runs of one series on one task, laid out for counting. All lists are in the order of the results, which descend. */
export interface Sample {
  readonly seed: number;
  /** Whether its runs are all the experts of the yardstick, so that they are drawn only once. */
  readonly isYardstick: boolean;
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
  /** Statistics of all samples, one after the other, and behind them the points of the experts' curve. */
  readonly width: number;
  private readonly evaluators: SampleEvaluator[];
  private readonly experts: Experts | undefined;

  constructor(task: TaskSamples) {
    this.evaluators = task.samples.map((sample) => new SampleEvaluator(sample));
    this.experts = task.yardstick === undefined ? undefined : new Experts(task.yardstick);
    this.width = task.samples.reduce((sum, sample) => sum + statisticsCount(sample), 0) + (task.yardstick?.curvePoints.length ?? 0);
  }

  /** Writes the statistics to `into`, from `at` on. */
  evaluate(resample: number, into: Float64Array, at: number): void {
    this.experts?.draw(resample);
    let next = at;
    for (const evaluator of this.evaluators) {
      next += evaluator.evaluate(resample, this.experts, into, next);
    }
    this.experts?.writeCurve(into, next);
  }
}

/** The experts of a task as they were drawn: their results, and their mean trajectory. */
export class Experts {
  /** How often each was drawn. */
  readonly counts: Uint32Array;
  /** The mean score after each step, and the highest of them so far. */
  readonly means: Float64Array;
  private readonly highest: Float64Array;
  /** How many of the drawn are among the first of the list. */
  private readonly firsts: Uint32Array;

  constructor(private readonly yardstick: Yardstick) {
    const n = yardstick.results.length;
    const steps = yardstick.steps?.atMs.length ?? 0;
    this.counts = new Uint32Array(n);
    this.firsts = new Uint32Array(n + 1);
    this.means = new Float64Array(steps);
    this.highest = new Float64Array(steps);
  }

  draw(resample: number): void {
    const { counts, firsts, means, highest } = this;
    const { seed, steps } = this.yardstick;
    draw(counts, seed, resample);
    let among = 0;
    for (let index = 0; index < counts.length; index++) {
      among += counts[index] ?? 0;
      firsts[index + 1] = among;
    }
    if (steps === undefined) {
      return;
    }
    const { runs, changes } = steps;
    const share = 1 / counts.length;
    let mean = 0;
    let top = 0;
    for (let step = 0; step < changes.length; step++) {
      mean += (changes[step] ?? 0) * (counts[runs[step] ?? 0] ?? 0) * share;
      means[step] = mean;
      if (mean > top) {
        top = mean;
      }
      highest[step] = top;
    }
  }

  /** When the mean trajectory reaches a score, in ms: Infinity where it never does, NaN where logs are not known. */
  timeOf(score: number): number {
    const { steps } = this.yardstick;
    return steps === undefined || Number.isNaN(score) ? NaN : timeReached(this.highest, score, (step) => steps.atMs[step] ?? Infinity);
  }

  /** Percentile of a score among the drawn experts, 0 to 100; half of those with that very score count as below. */
  percentileOf(score: number): number {
    const { results } = this.yardstick;
    return 100 * (1 - this.atLeast(countAbove(results, score), countFrom(results, score)));
  }

  /**
   * Share of the drawn with a better result, half of those with the same included.
   * @param above, orEqual how many in the list of experts have a better result, or one at least as good
   */
  atLeast(above: number, orEqual: number): number {
    return ((this.firsts[above] ?? 0) + (this.firsts[orEqual] ?? 0)) / (2 * this.counts.length);
  }

  writeCurve(into: Float64Array, at: number): void {
    const { curvePoints } = this.yardstick;
    for (let point = 0; point < curvePoints.length; point++) {
      const steps = curvePoints[point] ?? 0;
      into[at + point] = steps === 0 ? 0 : (this.means[steps - 1] ?? NaN);
    }
  }
}

/** When a curve that never falls reaches a score: 0 where it does from the start, Infinity where it never does. */
export function timeReached(rising: Float64Array, score: number, timeOf: (place: number) => number): number {
  // Sums of the same numbers in another order differ in their last digits.
  const wanted = score - 1e-9;
  if (wanted <= 0) {
    return 0;
  }
  let from = 0;
  let to = rising.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((rising[middle] ?? 0) >= wanted) {
      to = middle;
    } else {
      from = middle + 1;
    }
  }
  return from < rising.length ? timeOf(from) : Infinity;
}

class SampleEvaluator {
  private readonly counts: Uint32Array;
  /** Results that were drawn, each once, and how many of the drawn are not better: m of score@k. */
  private readonly drawn: Float64Array;
  private readonly upTo: Uint32Array;
  private drawnCount = 0;
  /** How many of the drawn are among the first of the list. */
  private readonly firsts: Uint32Array;
  private readonly chances: readonly Float64Array[];
  private readonly count: number;

  constructor(private readonly sample: Sample) {
    const n = sample.results.length;
    this.counts = new Uint32Array(n);
    this.drawn = new Float64Array(n);
    this.upTo = new Uint32Array(n);
    this.firsts = new Uint32Array(n + 1);
    this.chances = sample.isMean ? [] : sample.ks.map((k) => chanceOfBestBelow(n, k));
    this.count = statisticsCount(sample);
  }

  /** @returns how many statistics were written */
  evaluate(resample: number, experts: Experts | undefined, into: Float64Array, at: number): number {
    const { sample } = this;
    const n = sample.results.length;
    const counts = sample.isYardstick && experts !== undefined ? experts.counts : this.counts;
    if (counts === this.counts) {
      draw(counts, sample.seed, resample);
    }
    const mean = this.listDrawn(counts) / n;
    const others = sample.experts === undefined ? undefined : experts;
    into[at + places.result] = mean;
    into[at + places.aboveStart] = (this.firsts[sample.aboveStart] ?? 0) / n;
    into[at + places.atReference] = (this.firsts[sample.atReference] ?? 0) / n;
    into[at + places.percentile] = others === undefined ? NaN : this.percentile(counts, others);
    into[at + places.humanMs] = others?.timeOf(mean) ?? NaN;
    into[at + places.attemptsPerHour] = this.rate(counts);
    into[at + places.improvementMs] = this.medianImprovement(counts);
    for (let index = 0; index < sample.ks.length; index++) {
      const score = this.best(index, mean);
      const place = at + fixedPlaces + placesOfK * index;
      into[place] = score;
      into[place + 1] = others?.percentileOf(score) ?? NaN;
      into[place + 2] = others?.timeOf(score) ?? NaN;
    }
    this.trajectory(counts, experts, into, at + trajectoryPlace(sample));
    return this.count;
  }

  /** Lists what was drawn. @returns the sum of the results */
  private listDrawn(counts: Uint32Array): number {
    const { firsts, drawn, upTo } = this;
    const { results } = this.sample;
    const n = results.length;
    let among = 0;
    let sum = 0;
    let place = 0;
    for (let run = 0; run < n; run++) {
      const count = counts[run] ?? 0;
      const result = results[run] ?? 0;
      among += count;
      sum += count * result;
      firsts[run + 1] = among;
      drawn[place] = result;
      upTo[place] = n - among;
      place += count > 0 ? 1 : 0;
    }
    this.drawnCount = place;
    return sum;
  }

  /** score@k: the best of k lies among the worst m with the chance C(m, k) / C(n, k). */
  private best(index: number, mean: number): number {
    const chances = this.chances[index];
    if (chances === undefined || this.sample.ks[index] === 1) {
      return mean;
    }
    const { drawn, upTo, drawnCount } = this;
    let expected = 0;
    let chance = 1;
    for (let place = 0; place < drawnCount && chance > 1e-18; place++) {
      const next = chances[upTo[place] ?? 0] ?? 0;
      expected += (drawn[place] ?? 0) * (chance - next);
      chance = next;
    }
    return expected;
  }

  private percentile(counts: Uint32Array, experts: Experts): number {
    const { experts: better, results } = this.sample;
    let sum = 0;
    if (better !== undefined) {
      const { above, orEqual } = better;
      for (let run = 0; run < results.length; run++) {
        sum += (counts[run] ?? 0) * experts.atLeast(above[run] ?? 0, orEqual[run] ?? 0);
      }
    }
    return 100 * (1 - sum / results.length);
  }

  private rate(counts: Uint32Array): number {
    const { log } = this.sample;
    if (log === undefined) {
      return NaN;
    }
    const { attempts, hours } = log;
    let attempted = 0;
    let worked = 0;
    for (let run = 0; run < counts.length; run++) {
      const count = counts[run] ?? 0;
      attempted += count * (attempts[run] ?? 0);
      worked += count * (hours[run] ?? 0);
    }
    return attempted / worked;
  }

  /** The earliest time by which at least half of the drawn runs had improved. */
  private medianImprovement(counts: Uint32Array): number {
    const { log, results } = this.sample;
    if (log === undefined) {
      return NaN;
    }
    const { improvers, improvedAtMs } = log;
    let improved = 0;
    for (let index = 0; index < improvers.length; index++) {
      improved += counts[improvers[index] ?? 0] ?? 0;
      if (2 * improved >= results.length) {
        return improvedAtMs[index] ?? Infinity;
      }
    }
    return Infinity;
  }

  private trajectory(counts: Uint32Array, experts: Experts | undefined, into: Float64Array, at: number): void {
    const { log, results, isYardstick } = this.sample;
    if (log === undefined) {
      return;
    }
    const { points } = log;
    if (isYardstick && experts !== undefined) {
      for (let point = 0; point < points.length; point++) {
        const steps = points[point] ?? 0;
        into[at + point] = steps === 0 ? 0 : (experts.means[steps - 1] ?? NaN);
      }
      return;
    }
    const { runs, changes } = log.steps;
    let sum = 0;
    let step = 0;
    for (let point = 0; point < points.length; point++) {
      const end = points[point] ?? 0;
      for (; step < end; step++) {
        sum += (changes[step] ?? 0) * (counts[runs[step] ?? 0] ?? 0);
      }
      into[at + point] = sum / results.length;
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
