import { Draws, lanes } from "./draws";

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

/** The experts of a task as four resamples have drawn them: their results, and their mean trajectory. */
export class Experts {
  readonly draws: Draws;
  /** For each resample, how many of the drawn are among the first of the list. */
  private readonly firsts: readonly Uint32Array[];
  /** For each point of the curve the sum of the scores in each resample, and the highest sum so far. */
  private readonly sums: Float64Array;
  private readonly highest: Float64Array;

  constructor(private readonly yardstick: Yardstick) {
    const n = yardstick.results.length;
    this.draws = new Draws(n);
    this.firsts = this.draws.counts.map(() => new Uint32Array(n + 1));
    this.sums = new Float64Array(lanes * yardstick.curvePoints.length);
    this.highest = new Float64Array(lanes * yardstick.curvePoints.length);
  }

  /** @param first number of the first of the resamples; −1 for the experts as they are */
  draw(first: number): void {
    this.draws.draw(this.yardstick.seed, first);
    for (const [lane, counts] of this.draws.counts.entries()) {
      const firsts = this.firsts[lane] ?? new Uint32Array(0);
      let among = 0;
      for (let index = 0; index < counts.length; index++) {
        among += counts[index] ?? 0;
        firsts[index + 1] = among;
      }
    }
    this.addUpSteps();
  }

  private addUpSteps(): void {
    const { steps, curvePoints } = this.yardstick;
    if (steps === undefined) {
      return;
    }
    const { sums, highest } = this;
    const { together } = this.draws;
    const { runs, changes } = steps;
    let one = 0;
    let two = 0;
    let three = 0;
    let four = 0;
    let oneTop = 0;
    let twoTop = 0;
    let threeTop = 0;
    let fourTop = 0;
    let step = 0;
    for (let point = 0; point < curvePoints.length; point++) {
      const end = curvePoints[point] ?? 0;
      for (; step < end; step++) {
        const change = changes[step] ?? 0;
        const place = lanes * (runs[step] ?? 0);
        one += change * (together[place] ?? 0);
        two += change * (together[place + 1] ?? 0);
        three += change * (together[place + 2] ?? 0);
        four += change * (together[place + 3] ?? 0);
        oneTop = one >= oneTop ? one : oneTop;
        twoTop = two >= twoTop ? two : twoTop;
        threeTop = three >= threeTop ? three : threeTop;
        fourTop = four >= fourTop ? four : fourTop;
      }
      const at = lanes * point;
      sums[at] = one;
      sums[at + 1] = two;
      sums[at + 2] = three;
      sums[at + 3] = four;
      highest[at] = oneTop;
      highest[at + 1] = twoTop;
      highest[at + 2] = threeTop;
      highest[at + 3] = fourTop;
    }
  }

  /** When the mean trajectory of a resample reaches a score, in ms: Infinity where it never does, NaN where logs are not known. */
  timeOf(lane: number, score: number): number {
    const { steps, curvePoints, results } = this.yardstick;
    if (steps === undefined || Number.isNaN(score)) {
      return NaN;
    }
    const wanted = (score - tolerance) * results.length;
    if (wanted <= 0) {
      return 0;
    }
    const point = firstAtLeast(curvePoints.length, wanted, (place) => this.highest[lanes * place + lane] ?? 0);
    if (point === curvePoints.length) {
      return Infinity;
    }
    // Between two points of the curve the steps are walked through again.
    const counts = this.draws.counts[lane] ?? new Uint32Array(0);
    let sum = point === 0 ? 0 : (this.sums[lanes * (point - 1) + lane] ?? 0);
    let step = point === 0 ? 0 : (curvePoints[point - 1] ?? 0);
    for (; sum < wanted && step < steps.changes.length; step++) {
      sum += (steps.changes[step] ?? 0) * (counts[steps.runs[step] ?? 0] ?? 0);
    }
    return steps.atMs[step - 1] ?? Infinity;
  }

  /** Percentile of a score among the drawn experts of a resample, 0 to 100; half of those with that very score count as below. */
  percentileOf(lane: number, score: number): number {
    const { results } = this.yardstick;
    const firsts = this.firsts[lane];
    return 100 * (1 - ((firsts?.[countAbove(results, score)] ?? NaN) + (firsts?.[countFrom(results, score)] ?? NaN)) / (2 * results.length));
  }

  /**
   * Mean percentile of drawn runs among the drawn experts.
   * @param above, orEqual for each run, how many in the list of experts have a better result, or one at least as good
   */
  meanPercentile(lane: number, counts: Uint32Array, { above, orEqual }: { readonly above: Uint32Array; readonly orEqual: Uint32Array }): number {
    const firsts = this.firsts[lane] ?? new Uint32Array(0);
    let better = 0;
    for (let run = 0; run < counts.length; run++) {
      better += (counts[run] ?? 0) * ((firsts[above[run] ?? 0] ?? 0) + (firsts[orEqual[run] ?? 0] ?? 0));
    }
    return 100 * (1 - better / (2 * this.yardstick.results.length * counts.length));
  }

  writeCurve(lane: number, into: Float64Array, at: number): void {
    const { curvePoints, results } = this.yardstick;
    for (let point = 0; point < curvePoints.length; point++) {
      into[at + point] = (this.sums[lanes * point + lane] ?? NaN) / results.length;
    }
  }
}

/** Sums of the same numbers in another order differ in their last digits. */
const tolerance = 1e-9;

/** When a curve that never falls reaches a score: 0 where it does from the start, Infinity where it never does. */
export function timeReached(rising: Float64Array, score: number, timeOf: (place: number) => number): number {
  const wanted = score - tolerance;
  const place = wanted <= 0 ? -1 : firstAtLeast(rising.length, wanted, (index) => rising[index] ?? 0);
  return place < 0 ? 0 : place < rising.length ? timeOf(place) : Infinity;
}

/** The first place of a list that never falls whose value is at least so much; the list's length where there is none. */
function firstAtLeast(length: number, wanted: number, valueAt: (place: number) => number): number {
  let from = 0;
  let to = length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (valueAt(middle) >= wanted) {
      to = middle;
    } else {
      from = middle + 1;
    }
  }
  return from;
}

/** How many of a descending list are better than a score. */
export function countAbove(descending: Float64Array, score: number): number {
  return firstAtLeast(descending.length, -score, (place) => -(descending[place] ?? 0));
}

/** How many of a descending list are at least as good as a score. */
export function countFrom(descending: Float64Array, score: number): number {
  return firstAtLeast(descending.length, 1, (place) => ((descending[place] ?? 0) < score ? 1 : 0));
}
