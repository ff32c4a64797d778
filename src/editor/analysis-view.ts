import { basename } from "node:path";
import { type Analysis, chartsOf, countText, estimateText, humanTimeText, improvementText, percentText, type Remark, type RunFigures, runsText, scoreText, type SeriesFigures, shareText } from "../analysis";
import { singleLine } from "../base";
import type { AnalysisCharts, AnalysisDot, AnalysisRunLine, AnalysisRunPage, AnalysisView } from "../protocol";

const hourMs = 3_600_000;
/** More runs than these are not drawn one by one: dots would hide each other, and lines sooner. Figures and exports are of all. */
const mostDots = 2000;
const mostLines = 60;
const mostReasons = 300;
/** Rows on a page of the table of runs. */
const pageRows = 100;

type PlacedRun = readonly [place: number, run: RunFigures];

/** What the panel shows of a study. Names come from files that may be anyone's, so they are made fit for one line. */
export function analysisView(analysis: Analysis, path: string): AnalysisView {
  return {
    title: singleLine(analysis.title || basename(path)),
    method: `${countText(analysis.runs.length)} runs. Scores are normalised: 0 is the starting solution, 1 the reference. Intervals are 95 % of ${analysis.resamples} bootstrap resamples within tasks (seed ${analysis.seed}).`,
    series: analysis.series.map(({ label, kind }) => ({ label: singleLine(label, 60), kind })),
    tasks: analysis.tasks.map(({ name, title }) => ({ name, title: singleLine(title, 60) })),
    violations: analysis.violations.map(
      ({ label, runs, violations, results }) =>
        `${singleLine(label, 60)}: ${violations} of ${runs} runs are violations. Mean result with them as 0: ${scoreText(results.zero)}, left out: ${scoreText(results["leave-out"])}, counted: ${scoreText(results.count)}.`,
    ),
    remarks: groupedRemarks(analysis.remarks),
  };
}

function groupedRemarks(remarks: readonly Remark[]): AnalysisView["remarks"] {
  const groups = new Map<string, { isLeftOut: boolean; count: number; reason: string; places: string[] }>();
  for (const { kind, what, source, attempt, reason } of remarks) {
    const key = `${kind} ${what} ${reason}`;
    const group = groups.get(key) ?? { isLeftOut: kind === "left-out", count: 0, reason: singleLine(`${what}: ${reason}`, 300), places: [] };
    groups.set(key, group);
    group.count++;
    if (group.places.length < 50) {
      group.places.push(singleLine([source.path, source.part, attempt === "" ? "" : `attempt ${attempt}`].filter((part) => part !== "").join(", "), 300));
    }
  }
  return Array.from(groups.values())
    .sort((one, other) => Number(other.isLeftOut) - Number(one.isLeftOut) || other.count - one.count)
    .slice(0, mostReasons);
}

/** The charts and tables of a task, or of all. */
export function analysisCharts(analysis: Analysis, task: string): AnalysisCharts {
  const figures = task === "" ? analysis.averages : analysis.perTask.filter(({ tasks }) => tasks.includes(task));
  const places = new Map(analysis.series.flatMap(({ group, limitMs, lengthMs }, place) => (limitMs === lengthMs ? [[`${group}\0${limitMs}`, place] as const] : [])));
  const seriesOf = ({ group, limitMs }: RunFigures): number => places.get(`${group}\0${limitMs}`) ?? 0;
  const runs = runsOf(analysis, task);
  const logged = task === "" ? [] : runs.filter(([, run]) => !Number.isNaN(run.attempts) && run.values.length > 0);
  const bySample = ([, run]: PlacedRun): string => `${run.task}\0${seriesOf(run)}`;
  return {
    ...chartsOf(analysis, task),
    figures: figureTable(figures),
    dots: spread(runs, bySample, mostDots).map(([place, run]): AnalysisDot => ({ run: place, name: singleLine(run.id, 80), task: run.task, series: seriesOf(run), result: run.result })),
    runCount: runs.length,
    lines: spread(logged, bySample, mostLines).map(
      ([place, run]): AnalysisRunLine => ({ run: place, name: singleLine(run.id, 80), series: seriesOf(run), steps: Array.from(run.atMs, (atMs, index): [number, number] => [atMs / hourMs, run.values[index] ?? 0]) }),
    ),
    lineCount: logged.length,
  };
}

/** A page of the runs of a task, or of all, whose name, task or group holds a text. */
export function analysisRuns(analysis: Analysis, task: string, query: string, from: number): AnalysisRunPage {
  const wanted = query.trim().toLowerCase();
  const all = runsOf(analysis, task);
  const found = wanted === "" ? all : all.filter(([, { id, task: own, group }]) => [id, own, group].some((text) => text.toLowerCase().includes(wanted)));
  const first = Math.max(0, Math.min(Math.floor(from / pageRows), Math.ceil(found.length / pageRows) - 1)) * pageRows;
  return { task, query, from: first, found: found.length, rows: found.slice(first, first + pageRows).map(([place, run]) => ({ run: place, cells: cellsOf(run) })) };
}

function runsOf({ runs }: Analysis, task: string): PlacedRun[] {
  return Array.from(runs.entries()).filter(([, run]) => task === "" || run.task === task);
}

/** So many of a list at most: of each kind the same number, or all where there are fewer, spread evenly over the list. */
function spread<Item>(items: readonly Item[], kindOf: (item: Item) => string, most: number): Item[] {
  const byKind = new Map<string, Item[]>();
  for (const item of items) {
    const kind = kindOf(item);
    const own = byKind.get(kind) ?? [];
    byKind.set(kind, own);
    own.push(item);
  }
  const kinds = Array.from(byKind.values()).sort((one, other) => one.length - other.length);
  let left = most;
  return kinds.flatMap((own, index) => {
    const count = Math.min(own.length, Math.floor(left / (kinds.length - index)));
    left -= count;
    // The first and the last are always among them.
    return Array.from({ length: count }, (_, place) => own[Math.round((place * (own.length - 1)) / Math.max(1, count - 1))]).flatMap((item) => (item === undefined ? [] : [item]));
  });
}

function figureTable(all: readonly SeriesFigures[]): string[][] {
  const totals = Array.from(new Set(all.flatMap(({ scoreAtK }) => scoreAtK.map(({ totalMs }) => totalMs)))).sort((one, other) => one - other);
  const hasExperts = all.some(({ series }) => series.kind === "expert");
  /** Of experts themselves it is not asked how they stand among experts. */
  const amongExperts = ({ series }: SeriesFigures, text: string): string => (series.kind === "expert" ? "" : text || (hasExperts ? "not known" : "no experts"));
  return [
    ["", "Runs", "Result", "Above start", "At reference", "Percentile among experts", "Experts need", "Attempts per hour", "First improvement", ...totals.map((totalMs) => `Best in ${Number((totalMs / hourMs).toFixed(2))} h`)],
    ...all.map((one) => [
      singleLine(one.series.label, 60),
      runsText(one),
      estimateText(one.result, scoreText),
      shareText(one.aboveStart),
      shareText(one.atReference),
      amongExperts(one, estimateText(one.percentile, percentText)),
      amongExperts(one, estimateText(one.humanMs, humanTimeText)),
      estimateText(one.attemptsPerHour, percentText),
      estimateText(one.improvementMs, improvementText),
      ...totals.map((totalMs) => {
        const found = one.scoreAtK.find((budget) => budget.totalMs === totalMs);
        return found === undefined ? "" : `${estimateText(found.score, scoreText)} k=${found.k}${found.isCapped ? ", too few runs" : ""}`;
      }),
    ]),
  ];
}

function cellsOf(run: RunFigures): string[] {
  const attempts = Number.isNaN(run.attempts) ? "" : String(run.attempts);
  return [singleLine(run.id, 80), singleLine(run.task, 60), singleLine(run.group, 60), scoreText(run.result), percentText(run.percentile), humanTimeText(run.humanMs), attempts, improvementText(run.improvementMs), run.isViolation ? "violation" : ""];
}
