import { quantile } from "./bootstrap";
import type { Analysis, SeriesFigures } from "./figures";
import type { RunFigures } from "./run-figures";

const hourMs = 3_600_000;

/** A point of a chart; times in hours. `low` and `high` bound its interval where it has one. */
export interface ChartPoint {
  readonly x: number;
  readonly y: number;
  readonly low: number | null;
  readonly high: number | null;
  /** What it is of, such as `best of 4`. */
  readonly note: string;
}

/** One line of a chart, of the series at this place in the analysis. */
export interface ChartLine {
  readonly series: number;
  readonly points: readonly ChartPoint[];
}

/** A bar with its interval. */
export interface ChartBar {
  readonly series: number;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly n: number;
}

/** How the results of a series on a task are spread. */
export interface ChartBox {
  readonly series: number;
  readonly task: string;
  readonly n: number;
  readonly lowest: number;
  readonly quartiles: readonly [number, number, number];
  readonly highest: number;
}

/** What the charts show of all tasks together (`task` empty) or of one. */
export interface Charts {
  readonly task: string;
  /** Mean normalised score so far over working time. */
  readonly trajectories: readonly ChartLine[];
  /** Mean score so far below the length of a run, and from there on the best of as many runs as fit in the total time. */
  readonly totals: readonly ChartLine[];
  readonly rates: readonly ChartBar[];
  readonly boxes: readonly ChartBox[];
}

/** The charts of a task, or of all of them together. */
export function chartsOf(analysis: Analysis, task: string): Charts {
  const figures = task === "" ? analysis.averages : analysis.perTask.filter(({ tasks }) => tasks.includes(task));
  const places = new Map(analysis.series.map((series, place) => [series, place]));
  const shortest = Math.min(...figures.map(({ series }) => series.lengthMs / hourMs));
  // Half an hour, as in the paper's figures; of shorter runs something is to be seen, too.
  const firstTotal = shortest < 0.5 ? shortest / 4 : 0.5;
  const placeOf = ({ series }: SeriesFigures): number => places.get(series) ?? 0;
  return {
    task,
    trajectories: figures.filter(({ trajectory }) => trajectory.length > 0).map((one) => ({ series: placeOf(one), points: trajectoryPoints(one) })),
    totals: figures.map((one) => ({ series: placeOf(one), points: [...trajectoryPoints(one).filter(({ x }) => x >= firstTotal && x < one.series.lengthMs / hourMs - 1e-9), ...totalPoints(one)] })),
    rates: figures.filter(({ attemptsPerHour }) => !Number.isNaN(attemptsPerHour.value)).map((one) => ({ series: placeOf(one), ...one.attemptsPerHour })),
    boxes: boxesOf(analysis, task),
  };
}

function trajectoryPoints({ trajectory }: SeriesFigures): ChartPoint[] {
  return trajectory.map(({ atMs, value, low, high }) => ({ x: atMs / hourMs, y: value, low, high, note: "" }));
}

function totalPoints({ scoreAtK, series, result, isSmall }: SeriesFigures): ChartPoint[] {
  const single: ChartPoint = { x: series.lengthMs / hourMs, y: result.value, low: result.low, high: result.high, note: isSmall ? "few runs" : "" };
  const best = scoreAtK
    .filter(({ isCapped, totalMs }) => !isCapped && totalMs > series.lengthMs)
    .map(({ k, totalMs, score }): ChartPoint => ({ x: totalMs / hourMs, y: score.value, low: score.low, high: score.high, note: `best of ${k}` }));
  return [single, ...best].sort((one, other) => one.x - other.x);
}

function boxesOf({ runs, series, tasks }: Analysis, task: string): ChartBox[] {
  const groups = new Map<string, RunFigures[]>();
  for (const run of runs) {
    if (task === "" || run.task === task) {
      const key = `${run.task}\0${run.group}\0${run.limitMs}`;
      const others = groups.get(key);
      if (others === undefined) {
        groups.set(key, [run]);
      } else {
        others.push(run);
      }
    }
  }
  return tasks.flatMap(({ name }) =>
    series.flatMap((one, place): ChartBox[] => {
      const own = one.lengthMs < one.limitMs ? undefined : groups.get(`${name}\0${one.group}\0${one.limitMs}`);
      if (own === undefined) {
        return [];
      }
      const results = Float64Array.from(own, ({ result }) => result).sort();
      const at = (share: number): number => quantile(results, share);
      return [{ series: place, task: name, n: own.length, lowest: at(0), quartiles: [at(0.25), at(0.5), at(0.75)], highest: at(1) }];
    }),
  );
}
