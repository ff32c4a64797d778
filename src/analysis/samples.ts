import { until } from "./attempt-log";
import { inOrder, orderOf } from "./order";
import { seedOf } from "./random";
import { countAbove, countFrom, type Steps, type Yardstick } from "./experts";
import type { Rises, Sample, TaskSamples } from "./resample";
import type { Run, SolverKind, StudyTask } from "./run";
import { counted, type Study } from "./study";
import { firstImprovement, nothingReached, resultOf } from "./trajectory";

const hourMs = 3_600_000;

/** Runs of one group with one time budget, as they are compared. */
export interface Series {
  readonly group: string;
  readonly kind: SolverKind;
  /** What the runs were given, in ms. */
  readonly limitMs: number;
  /** What of it counts, in ms: less than the limit where runs are cut off. */
  readonly lengthMs: number;
  readonly label: string;
}

/** score@k for a total time: as many runs as fit in. */
export interface Budget {
  readonly k: number;
  /** Total time in ms. */
  readonly totalMs: number;
}

/** One series on one task. */
export interface SeriesSample {
  readonly series: Series;
  readonly budgets: readonly Budget[];
  /** Working times of the trajectory's points, in ms. */
  readonly pointsMs: Float64Array;
  /** Runs in the order of the sample. */
  readonly runs: readonly Run[];
  readonly sample: Sample;
}

/** One task, laid out for counting. */
export interface LaidOutTask {
  readonly task: StudyTask;
  readonly experts: readonly Run[];
  readonly yardstick: Yardstick | undefined;
  readonly samples: readonly SeriesSample[];
}

/** The same without what only names things, for a worker. */
export function samplesOf({ yardstick, samples }: LaidOutTask): TaskSamples {
  return { yardstick, samples: samples.map(({ sample }) => sample) };
}

/** All series of a study, experts first, then by group and length. */
export function seriesOf({ runs, file }: Study): Series[] {
  const found = new Map<string, Series>();
  for (const { group, kind, limitMs, hasLog } of runs) {
    const lengths = hasLog ? [limitMs, ...file.runLengthsMinutes.map((minutes) => minutes * 60_000).filter((length) => length < limitMs)] : [limitMs];
    for (const lengthMs of lengths) {
      const key = `${limitMs} ${lengthMs} ${group}`;
      if (!found.has(key)) {
        found.set(key, { group, kind, limitMs, lengthMs, label: label(group, limitMs, lengthMs) });
      }
    }
  }
  const rank = ({ kind }: Series): number => (kind === "expert" ? 0 : 1);
  return Array.from(found.values()).sort(
    (one, other) => rank(one) - rank(other) || (one.group < other.group ? -1 : one.group > other.group ? 1 : 0) || one.limitMs - other.limitMs || one.lengthMs - other.lengthMs,
  );
}

function label(group: string, limitMs: number, lengthMs: number): string {
  return lengthMs < limitMs ? `${group} · first ${formatLength(lengthMs)} of ${formatLength(limitMs)}` : `${group} · ${formatLength(limitMs)}`;
}

/** A time budget, such as `8 h` or `30 min`. */
export function formatLength(ms: number): string {
  return ms < hourMs ? `${Number((ms / 60_000).toFixed(1))} min` : `${Number((ms / hourMs).toFixed(2))} h`;
}

/** Lays out the runs of each task. */
export function layOut(study: Study, series: readonly Series[]): LaidOutTask[] {
  const curveMs = curveTimes(study);
  const byTask = new Map(study.tasks.map(({ name }): [string, Run[]] => [name, []]));
  for (const run of study.runs) {
    const kept = counted(run, study.file.violations);
    if (kept !== undefined) {
      byTask.get(run.task)?.push(kept);
    }
  }
  return study.tasks.map((task) => {
    const runs = byTask.get(task.name) ?? [];
    const experts = byResult(runs.filter(({ kind }) => kind === "expert"));
    const yardstick = experts.length === 0 ? undefined : yardstickOf(experts, seedOf(`${task.name}\0experts`, study.file.seed), curveMs);
    const samples = series.flatMap((one) => {
      const own = runs.filter((run) => run.group === one.group && run.limitMs === one.limitMs && (run.hasLog || one.lengthMs === one.limitMs));
      return own.length === 0 ? [] : [layOutSample(study, task, one, own, yardstick)];
    });
    return { task, experts, yardstick, samples };
  });
}

function layOutSample(study: Study, task: StudyTask, series: Series, runs: readonly Run[], yardstick: Yardstick | undefined): SeriesSample {
  const cut = series.lengthMs < series.limitMs ? runs.map((run) => cutOff(run, series.lengthMs)) : runs;
  const ordered = byResult(cut);
  const results = Float64Array.from(ordered, ({ trajectory }) => resultOf(trajectory));
  const budgets = budgetsOf(study, series.lengthMs);
  const pointsMs = pointsUpTo(series.lengthMs);
  const sample: Sample = {
    seed: seedOf(`${task.name}\0${series.label}`, study.file.seed),
    isYardstick: series.kind === "expert" && series.lengthMs === series.limitMs && yardstick?.results.length === results.length,
    results,
    aboveStart: countAbove(results, 0),
    atReference: countFrom(results, 1),
    isMean: task.aggregate === "last",
    ks: budgets.map(({ k }) => k),
    experts:
      yardstick === undefined || series.kind === "expert"
        ? undefined
        : { above: Uint32Array.from(results, (result) => countAbove(yardstick.results, result)), orEqual: Uint32Array.from(results, (result) => countFrom(yardstick.results, result)) },
    log: ordered.every(({ hasLog }) => hasLog) ? logOf(ordered, pointsMs) : undefined,
  };
  return { series, budgets, pointsMs, runs: ordered, sample };
}

function logOf(runs: readonly Run[], pointsMs: Float64Array): Sample["log"] {
  const improvements = Float64Array.from(runs, ({ trajectory }) => firstImprovement(trajectory));
  const improvers = Uint32Array.from(runs.keys()).sort((one, other) => compare(improvements[one] ?? Infinity, improvements[other] ?? Infinity));
  return {
    rises: risesOf(runs, pointsMs),
    attempts: Float64Array.from(runs, ({ attempts }) => attempts.scores.length),
    hours: Float64Array.from(runs, ({ workedMs }) => workedMs / hourMs),
    improvers,
    improvedAtMs: Float64Array.from(improvers, (run) => improvements[run] ?? Infinity),
  };
}

/** Changes of the scores from point to point, for each point in the order of the runs. */
function risesOf(runs: readonly Run[], pointsMs: Float64Array): Rises {
  const most = runs.reduce((sum, { trajectory }) => sum + trajectory.atMs.length, 0);
  const points = new Uint32Array(most);
  const owners = new Uint32Array(most);
  const changes = new Float64Array(most);
  const counts = new Uint32Array(pointsMs.length);
  let length = 0;
  for (let run = 0; run < runs.length; run++) {
    const { atMs, values } = runs[run]?.trajectory ?? nothingReached;
    let before = 0;
    let point = 0;
    for (let step = 0; step < atMs.length; step++) {
      while (point < pointsMs.length && (pointsMs[point] ?? 0) < (atMs[step] ?? 0)) {
        point++;
      }
      // Of several steps between two points the last one tells.
      const isLast = step + 1 === atMs.length || (atMs[step + 1] ?? 0) > (pointsMs[point] ?? 0);
      if (isLast && point < pointsMs.length) {
        const value = values[step] ?? 0;
        points[length] = point;
        owners[length] = run;
        changes[length++] = value - before;
        counts[point] = (counts[point] ?? 0) + 1;
        before = value;
      }
    }
  }
  let ended = 0;
  const ends = counts.map((count) => (ended += count) - count);
  const rises: Rises = { ends, runs: new Uint32Array(length), changes: new Float64Array(length) };
  for (let rise = 0; rise < length; rise++) {
    const point = points[rise] ?? 0;
    const at = ends[point] ?? 0;
    ends[point] = at + 1;
    rises.runs[at] = owners[rise] ?? 0;
    rises.changes[at] = changes[rise] ?? 0;
  }
  return rises;
}

/** `Infinity − Infinity` is no order. */
function compare(one: number, other: number): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** @param curveMs working times of the curve that averages over tasks are made of */
function yardstickOf(experts: readonly Run[], seed: number, curveMs: Float64Array): Yardstick {
  const steps = experts.every(({ hasLog }) => hasLog) ? stepsOf(experts) : undefined;
  return { seed, results: Float64Array.from(experts, ({ trajectory }) => resultOf(trajectory)), steps, curvePoints: steps === undefined ? new Uint32Array(0) : stepsBefore(steps, curveMs) };
}

/** For each moment, how many steps lie at or before it. */
function stepsBefore({ atMs }: Steps, moments: Float64Array): Uint32Array {
  let step = 0;
  return Uint32Array.from(moments, (moment) => {
    while (step < atMs.length && (atMs[step] ?? Infinity) <= moment) {
      step++;
    }
    return step;
  });
}

/** Working times at which the experts' curves are averaged over tasks, in ms: one for each of 480 parts of their longest time limit. */
export function curveTimes({ runs }: Study): Float64Array {
  const longest = runs.reduce((most, { kind, limitMs }) => (kind === "expert" ? Math.max(most, limitMs) : most), 0);
  return Float64Array.from({ length: 481 }, (_, part) => (longest * part) / 480);
}

/** All changes of the scores of runs, in the order of their times. */
function stepsOf(runs: readonly Run[]): Steps {
  const length = runs.reduce((sum, { trajectory }) => sum + trajectory.atMs.length, 0);
  const times = new Float64Array(length);
  const owners = new Uint32Array(length);
  const changes = new Float64Array(length);
  let at = 0;
  for (const [run, { trajectory }] of runs.entries()) {
    let before = 0;
    for (let step = 0; step < trajectory.atMs.length; step++) {
      const value = trajectory.values[step] ?? 0;
      times[at] = trajectory.atMs[step] ?? 0;
      owners[at] = run;
      changes[at] = value - before;
      before = value;
      at++;
    }
  }
  const order = orderOf(times);
  return { atMs: inOrder(times, order), runs: inOrder(owners, order), changes: inOrder(changes, order) };
}

/** Best first; of equal results by name, so that what is drawn does not depend on the order in which files were read. */
function byResult(runs: readonly Run[]): Run[] {
  const results = Float64Array.from(runs, ({ trajectory }) => resultOf(trajectory));
  const order = Array.from(runs.keys()).sort((one, other) => (results[other] ?? 0) - (results[one] ?? 0) || ((runs[one]?.id ?? "") < (runs[other]?.id ?? "") ? -1 : 1));
  return order.flatMap((place) => runs[place] ?? []);
}

/** A run as if it had ended earlier. */
function cutOff(run: Run, lengthMs: number): Run {
  const steps = run.trajectory.atMs.findIndex((time) => time > lengthMs);
  const trajectory = steps < 0 ? run.trajectory : { atMs: run.trajectory.atMs.subarray(0, steps), values: run.trajectory.values.subarray(0, steps) };
  return { ...run, limitMs: lengthMs, workedMs: Math.min(run.workedMs, lengthMs), attempts: until(run.attempts, lengthMs), trajectory };
}

/** floor(T / t) runs of length t fit in a budget T. Budgets in which not one run fits have no score. */
function budgetsOf({ file }: Study, lengthMs: number): Budget[] {
  const budgets = file.budgetsHours.map((hours) => ({ k: Math.floor((hours * hourMs) / lengthMs + 1e-9), totalMs: hours * hourMs })).filter(({ k }) => k >= 1);
  const more = file.k.filter((k) => !budgets.some((budget) => budget.k === k)).map((k) => ({ k, totalMs: k * lengthMs }));
  return [...budgets, ...more].sort((one, other) => one.k - other.k || one.totalMs - other.totalMs);
}

/** Even steps for a linear axis, and halves towards 0 for a logarithmic one; the last point is the whole length. */
function pointsUpTo(lengthMs: number): Float64Array {
  const even = Array.from({ length: 33 }, (_, index) => (lengthMs * index) / 32);
  const halves = Array.from({ length: 9 }, (_, index) => lengthMs / 64 / 2 ** (index / 2));
  return Float64Array.from([...even, ...halves]).sort();
}
