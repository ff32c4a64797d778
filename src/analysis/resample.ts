import { Draws, lanes } from "./draws";
import { Experts, type Yardstick } from "./experts";
import { chanceOfBestBelow } from "./score-at-k";

/** By how much the scores of a sample's runs change between the points of its trajectory. */
export interface Rises {
  /** For each point, where its changes end: those that came after the point before it, and up to it. */
  readonly ends: Uint32Array;
  /** Whose a change is: the place of its run in the sample. */
  readonly runs: Uint32Array;
  readonly changes: Float64Array;
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
  /** Numbers of runs for score@k, ascending. */
  readonly ks: readonly number[];
  /** For each run, how many experts have a better result, and how many one at least as good; undefined without experts. */
  readonly experts: { readonly above: Uint32Array; readonly orEqual: Uint32Array } | undefined;
  /** Undefined where not every run's score log is known. */
  readonly log:
    | {
        readonly rises: Rises;
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
  return fixedPlaces + placesOfK * sample.ks.length + (sample.log?.rises.ends.length ?? 0);
}

/** Where the trajectory begins among a sample's statistics. */
export function trajectoryPlace(sample: Sample): number {
  return fixedPlaces + placesOfK * sample.ks.length;
}

/**
 * All statistics of one task, over and over: for the runs as they are (`first` −1), and for bootstrap resamples by their
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

  /** Writes the statistics of up to four resamples, one row after the other, to `into`, from `at` on. */
  evaluate(first: number, count: number, into: Float64Array, at: number): void {
    this.experts?.draw(first);
    let next = at;
    for (const evaluator of this.evaluators) {
      evaluator.draw(first, this.experts);
      for (let lane = 0; lane < count; lane++) {
        evaluator.write(lane, this.experts, into, next + lane * this.width);
      }
      next += evaluator.count;
    }
    for (let lane = 0; lane < count; lane++) {
      this.experts?.writeCurve(lane, into, next + lane * this.width);
    }
  }
}

/** Numbers of runs whose score@k one pass computes. */
const ksInPass = 4;
/** Below this chance what is left changes no digit of a score. */
const negligible = 1e-18;

class SampleEvaluator {
  /** How many statistics it writes. */
  readonly count: number;
  private readonly own: Draws;
  private draws: Draws;
  /** For each point of the trajectory, the sum of the scores in each resample. */
  private readonly sums: Float64Array;
  /** For each run of the list, how many of the drawn come behind it. */
  private readonly behind: Uint32Array;
  /** By how much each result lies above the next one, the last above 0. */
  private readonly drops: Float64Array;
  /** Numbers of runs above 1; score@1 is the mean. */
  private readonly severals: readonly number[];
  /** score@k for each of them. */
  private readonly best: Float64Array;
  /** Chances of four of them at a time: for each m, that the best of so many is among the worst m. */
  private readonly chances: readonly Float64Array[];

  constructor(private readonly sample: Sample) {
    const { results, ks, log, isMean } = sample;
    this.count = statisticsCount(sample);
    this.own = new Draws(results.length);
    this.draws = this.own;
    this.sums = new Float64Array(lanes * (log?.rises.ends.length ?? 0));
    this.behind = new Uint32Array(results.length);
    this.drops = results.map((result, run) => result - (results[run + 1] ?? 0));
    this.severals = isMean ? [] : ks.filter((k) => k > 1);
    this.best = new Float64Array(Math.ceil(this.severals.length / ksInPass) * ksInPass);
    this.chances = chanceTables(results.length, this.severals);
  }

  /** Draws four resamples, or takes those of the experts where they are the same runs. */
  draw(first: number, experts: Experts | undefined): void {
    const { seed, isYardstick } = this.sample;
    this.draws = isYardstick && experts !== undefined ? experts.draws : this.own;
    if (this.draws === this.own) {
      this.own.draw(seed, first);
    }
    this.addUpRises();
  }

  /** Writes the statistics of one of the four. */
  write(lane: number, allExperts: Experts | undefined, into: Float64Array, at: number): void {
    const { sample, behind } = this;
    const n = sample.results.length;
    const counts = this.draws.counts[lane] ?? new Uint32Array(0);
    const { mean, rate } = this.countDrawn(counts);
    const shareOfFirst = (runs: number): number => (runs === 0 ? 0 : 1 - (behind[runs - 1] ?? 0) / n);
    const experts = sample.experts === undefined ? undefined : allExperts;
    into[at + places.result] = mean;
    into[at + places.aboveStart] = shareOfFirst(sample.aboveStart);
    into[at + places.atReference] = shareOfFirst(sample.atReference);
    into[at + places.percentile] = sample.experts === undefined ? NaN : (experts?.meanPercentile(lane, counts, sample.experts) ?? NaN);
    into[at + places.humanMs] = experts?.timeOf(lane, mean) ?? NaN;
    into[at + places.attemptsPerHour] = rate;
    into[at + places.improvementMs] = this.medianImprovement(counts);
    this.computeBest();
    const singles = sample.ks.length - this.severals.length;
    for (let index = 0; index < sample.ks.length; index++) {
      const score = index < singles ? mean : (this.best[index - singles] ?? NaN);
      const place = at + fixedPlaces + placesOfK * index;
      into[place] = score;
      into[place + 1] = experts?.percentileOf(lane, score) ?? NaN;
      into[place + 2] = experts?.timeOf(lane, score) ?? NaN;
    }
    const trajectory = at + trajectoryPlace(sample);
    for (let point = 0; lanes * point < this.sums.length; point++) {
      into[trajectory + point] = (this.sums[lanes * point + lane] ?? NaN) / n;
    }
  }

  /** One pass over the drawn runs: mean result, attempts per hour, and how many of the drawn come behind each run. */
  private countDrawn(counts: Uint32Array): { readonly mean: number; readonly rate: number } {
    const { behind } = this;
    const { results, log } = this.sample;
    const { attempts, hours } = log ?? { attempts: results, hours: results };
    let left = results.length;
    let sum = 0;
    let attempted = 0;
    let worked = 0;
    for (let run = 0; run < results.length; run++) {
      const count = counts[run] ?? 0;
      left -= count;
      sum += count * (results[run] ?? 0);
      attempted += count * (attempts[run] ?? 0);
      worked += count * (hours[run] ?? 0);
      behind[run] = left;
    }
    return { mean: sum / results.length, rate: log === undefined ? NaN : attempted / worked };
  }

  /**
   * score@k of every k above 1. The best of k lies among the worst m with the chance C(m, k) / C(n, k), and then lacks what lies between these and
   * the next better one. The highest result less all such drops, each with its chance, is the expected best.
   */
  private computeBest(): void {
    const { behind, drops, best } = this;
    const highest = this.sample.results[0] ?? NaN;
    for (const [pass, chances] of this.chances.entries()) {
      let one = highest;
      let two = highest;
      let three = highest;
      let four = highest;
      for (let run = 0; run < drops.length; run++) {
        const place = ksInPass * (behind[run] ?? 0);
        const drop = drops[run] ?? 0;
        const chance = chances[place] ?? 0;
        one -= drop * chance;
        two -= drop * (chances[place + 1] ?? 0);
        three -= drop * (chances[place + 2] ?? 0);
        four -= drop * (chances[place + 3] ?? 0);
        // The first k of a pass is its smallest, whose chance is the highest.
        if (chance < negligible) {
          break;
        }
      }
      best.set([one, two, three, four], ksInPass * pass);
    }
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

  private addUpRises(): void {
    const { log } = this.sample;
    if (log === undefined) {
      return;
    }
    const { ends, runs, changes } = log.rises;
    const { sums } = this;
    const { together } = this.draws;
    let one = 0;
    let two = 0;
    let three = 0;
    let four = 0;
    let rise = 0;
    for (let point = 0; point < ends.length; point++) {
      const end = ends[point] ?? 0;
      for (; rise < end; rise++) {
        const change = changes[rise] ?? 0;
        const place = lanes * (runs[rise] ?? 0);
        one += change * (together[place] ?? 0);
        two += change * (together[place + 1] ?? 0);
        three += change * (together[place + 2] ?? 0);
        four += change * (together[place + 3] ?? 0);
      }
      const at = lanes * point;
      sums[at] = one;
      sums[at + 1] = two;
      sums[at + 2] = three;
      sums[at + 3] = four;
    }
  }
}

/** C(m, k) / C(n, k) for m = 0 … n and four k at a time, next to each other for each m. */
function chanceTables(n: number, ks: readonly number[]): Float64Array[] {
  return Array.from({ length: Math.ceil(ks.length / ksInPass) }, (_, pass) => {
    const table = new Float64Array(ksInPass * (n + 1));
    for (const [index, k] of ks.slice(ksInPass * pass, ksInPass * (pass + 1)).entries()) {
      chanceOfBestBelow(n, k).forEach((chance, m) => (table[ksInPass * m + index] = chance));
    }
    return table;
  });
}
