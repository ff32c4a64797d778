import { type Estimate, estimate } from "./bootstrap";
import { AverageCurves } from "./average-curves";
import { fixedPlaces, places, placesOfK, statisticsCount, TaskResampler, trajectoryPlace } from "./resample";
import type { Remark, StudyTask } from "./run";
import { type RunFigures, runFigures } from "./run-figures";
import { type Budget, curveTimes, type LaidOutTask, layOut, samplesOf, type Series, type SeriesSample, seriesOf } from "./samples";
import { type ComputeOptions, resampleAll } from "./shares";
import type { Study } from "./study";
import { type ViolationEffect, violationEffects } from "./violations";

/** Below so many runs an interval says little, and figures say so. */
export const smallSample = 5;

/** The figures of one series on one task, or averaged over all tasks that it has runs of. Scores are normalised, times in ms. */
export interface SeriesFigures {
  readonly series: Series;
  /** The task, or all that the average is over. */
  readonly tasks: readonly string[];
  /** Fewest runs that the series has on any of the tasks. */
  readonly fewestRuns: number;
  readonly isSmall: boolean;
  /** Mean result of one run, which is score@1. */
  readonly result: Estimate;
  /** Share of runs with a result above 0, and at 1 or above. */
  readonly aboveStart: Estimate;
  readonly atReference: Estimate;
  /** Mean percentile of the runs among the task's experts, 0 to 100. Not defined for experts. */
  readonly percentile: Estimate;
  /** Human-equivalent time of the mean result: when the experts' mean trajectory reaches it. Infinity: not within their limit. */
  readonly humanMs: Estimate;
  /** All attempts by all hours worked. */
  readonly attemptsPerHour: Estimate;
  /** Median time to the first valid improvement. Infinity: fewer than half of the runs improved. */
  readonly improvementMs: Estimate;
  readonly scoreAtK: readonly ScoreAtK[];
  /** Mean normalised score so far over working time; empty where score logs are not known. */
  readonly trajectory: readonly TrajectoryPoint[];
}

/** The expected result of the best of k runs (the mean, where a task's last score counts). */
export interface ScoreAtK extends Budget {
  /** Whether there are fewer runs than k, so that all of them count. */
  readonly isCapped: boolean;
  readonly score: Estimate;
  /** Percentile of that score among the experts. */
  readonly percentile: Estimate;
  readonly humanMs: Estimate;
}

export interface TrajectoryPoint extends Estimate {
  readonly atMs: number;
}

/** All figures of a study. */
export interface Analysis {
  readonly title: string;
  readonly tasks: readonly StudyTask[];
  readonly series: readonly Series[];
  /** By task, then series. */
  readonly perTask: readonly SeriesFigures[];
  /** By series, over all tasks that it has runs of. */
  readonly averages: readonly SeriesFigures[];
  readonly runs: readonly RunFigures[];
  /** What the treatment of violations changes; empty where no review says violation. */
  readonly violations: readonly ViolationEffect[];
  readonly remarks: readonly Remark[];
  readonly resamples: number;
  readonly seed: number;
}

/**
 * Computes all figures of a study. Intervals are 95 % percentile intervals of a bootstrap within each task: for each series on each task, and for
 * the task's experts, as many runs are drawn with replacement as there are, and every figure, averages over tasks included, is
 * computed again from what was drawn (RE-Bench, arXiv 2411.15114, section 4). Same study and seed, same figures.
 *
 * @throws {AnalysisError} `cancelled`
 */
export async function analyse(study: Study, options: ComputeOptions = {}): Promise<Analysis> {
  const { resamples, seed } = study.file;
  const series = seriesOf(study);
  const tasks = layOut(study, series);
  const perTask: SeriesFigures[][] = tasks.map(() => []);
  const sums = new Map(series.map((one): [Series, AverageSum] => [one, new AverageSum(one, resamples)]));
  const curves = new AverageCurves(tasks, curveTimes(study), resamples);
  const resampled = resampleAll(tasks.map(samplesOf), resamples, options, (place, values) => {
    const task = tasks[place];
    if (task !== undefined) {
      perTask[place] = figuresOfTask(task, values, resamples, sums, curves);
    }
  });
  // Workers are busy meanwhile.
  const runs = tasks.flatMap(runFigures);
  await resampled;
  const averages = Array.from(sums.values()).filter(({ samples }) => samples.length > 0);
  return {
    title: study.title,
    tasks: study.tasks,
    series,
    perTask: perTask.flat(),
    averages: averages.map((sum) => sum.figures(curves)),
    runs,
    violations: violationEffects(study, series),
    remarks: study.remarks,
    resamples,
    seed,
  };
}

function figuresOfTask(task: LaidOutTask, values: Float64Array, resamples: number, sums: ReadonlyMap<Series, AverageSum>, curves: AverageCurves): SeriesFigures[] {
  const resampler = new TaskResampler(samplesOf(task));
  const point = new Float64Array(resampler.width);
  resampler.evaluate(-1, 1, point, 0);
  let at = 0;
  curves.add(task, values, resampler.width);
  const column = (place: number): Float64Array => {
    const found = new Float64Array(resamples);
    for (let resample = 0; resample < resamples; resample++) {
      found[resample] = values[resample * resampler.width + place] ?? NaN;
    }
    return found;
  };
  return task.samples.map((one) => {
    const count = statisticsCount(one.sample);
    const own = at;
    at += count;
    const statistics: Statistics = { point: point.subarray(own, own + count), column: (place) => column(own + place) };
    sums.get(one.series)?.add(one, task.task.name, statistics);
    return figures(one, [task.task.name], one.runs.length, one.runs.length, statistics);
  });
}

/** The statistics of a sample: computed from its runs, and from each resample. */
interface Statistics {
  readonly point: Float64Array;
  /** A fresh list, one value for each resample. */
  readonly column: (place: number) => Float64Array;
}

function figures({ series, budgets, pointsMs, sample }: Pick<SeriesSample, "series" | "budgets" | "pointsMs" | "sample">, tasks: readonly string[], n: number, fewestRuns: number, { point, column }: Statistics): SeriesFigures {
  const at = (place: number): Estimate => estimate(point[place] ?? NaN, column(place), n, fewestRuns);
  const start = trajectoryPlace(sample);
  return {
    series,
    tasks,
    fewestRuns,
    isSmall: fewestRuns < smallSample,
    result: at(places.result),
    aboveStart: at(places.aboveStart),
    atReference: at(places.atReference),
    percentile: at(places.percentile),
    humanMs: at(places.humanMs),
    attemptsPerHour: at(places.attemptsPerHour),
    improvementMs: at(places.improvementMs),
    scoreAtK: budgets.map((budget, index): ScoreAtK => {
      const place = fixedPlaces + placesOfK * index;
      return { ...budget, isCapped: budget.k > fewestRuns, score: at(place), percentile: at(place + 1), humanMs: at(place + 2) };
    }),
    trajectory: point.length <= start || Number.isNaN(point[start]) ? [] : Array.from(pointsMs, (atMs, index) => ({ atMs, ...at(start + index) })),
  };
}

/** Adds up a series' statistics over tasks, in each resample on its own. */
class AverageSum {
  readonly samples: { one: SeriesSample; task: string }[] = [];
  private point: number[] = [];
  private columns: Float64Array[] = [];
  /** On how many tasks each statistic is defined. */
  private defined: number[] = [];
  private only: Statistics | undefined;

  constructor(
    readonly series: Series,
    private readonly resamples: number,
  ) {}

  add(one: SeriesSample, task: string, statistics: Statistics): void {
    const isFirst = this.samples.length === 0;
    this.samples.push({ one, task });
    this.only = isFirst ? statistics : undefined;
    const width = Math.max(fixedPlaces + placesOfK * one.budgets.length + one.pointsMs.length, this.point.length);
    for (let place = 0; place < width; place++) {
      const value = statistics.point[place] ?? NaN;
      // A trajectory is that of all tasks or none; what is defined on some tasks only is averaged over these.
      const isTrajectory = place >= trajectoryPlace(one.sample);
      if (isFirst) {
        this.point.push(0);
        this.columns.push(new Float64Array(this.resamples));
        this.defined.push(0);
      }
      if (Number.isNaN(value)) {
        this.point[place] = isTrajectory ? NaN : (this.point[place] ?? 0);
        continue;
      }
      this.point[place] = (this.point[place] ?? 0) + value;
      this.defined[place] = (this.defined[place] ?? 0) + 1;
      const sum = this.columns[place];
      const values = statistics.column(place);
      if (sum !== undefined) {
        for (let resample = 0; resample < this.resamples; resample++) {
          sum[resample] = (sum[resample] ?? 0) + (values[resample] ?? NaN);
        }
      }
    }
  }

  get tasks(): string[] {
    return this.samples.map(({ task }) => task);
  }

  /** @param curves the experts' mean trajectories over tasks, which tell the human-equivalent times */
  figures(curves: AverageCurves): SeriesFigures {
    const [first] = this.samples;
    if (first === undefined) {
      throw new RangeError("no tasks to average over");
    }
    const curve = curves.of(this.tasks);
    // Where each time lies among the statistics, and the score that it is of.
    const times = new Map<number, number>([[places.humanMs, places.result], ...first.one.budgets.map((_, index): [number, number] => [fixedPlaces + placesOfK * index + 2, fixedPlaces + placesOfK * index])]);
    const isExperts = first.one.sample.experts === undefined;
    const statistics: Statistics = this.only ?? {
      point: Float64Array.from(this.point, (_, place) => {
        const score = times.get(place);
        return score === undefined ? this.average(place) : isExperts ? NaN : curve.timeOf(this.average(score));
      }),
      column: (place) => {
        const score = times.get(place);
        return score === undefined ? this.averages(place) : curve.timesOf(this.averages(score));
      },
    };
    const sizes = this.samples.map(({ one }) => one.runs.length);
    const n = sizes.reduce((sum, size) => sum + size, 0);
    const budgets = first.one.budgets;
    return figures({ ...first.one, budgets }, this.tasks, n, Math.min(...sizes), statistics);
  }

  private average(place: number): number {
    const tasks = this.defined[place] ?? 0;
    return tasks === 0 ? NaN : (this.point[place] ?? NaN) / tasks;
  }

  private averages(place: number): Float64Array {
    const tasks = this.defined[place] ?? 0;
    return (this.columns[place] ?? new Float64Array(0)).map((sum) => (tasks === 0 ? NaN : sum / tasks));
  }
}
