import { basename } from "node:path";
import { type Analysis, chartsOf, estimateText, humanTimeText, improvementText, percentText, type Remark, type RunFigures, scoreText, type SeriesFigures, shareText } from "../analysis";
import { singleLine } from "../base";
import type { AnalysisCharts, AnalysisRun, AnalysisView } from "../protocol";

const hourMs = 3_600_000;
/** More runs than these are not drawn or listed one by one; exports hold all. */
const mostRuns = 600;
const mostReasons = 300;

/** What the panel shows of a study. Names come from files that may be anyone's, so they are made fit for one line. */
export function analysisView(analysis: Analysis, path: string): AnalysisView {
  return {
    title: singleLine(analysis.title || basename(path)),
    method: `${analysis.runs.length} runs. Scores are normalised: 0 is the starting solution, 1 the reference. Intervals are 95 % of ${analysis.resamples} bootstrap resamples within tasks (seed ${analysis.seed}).`,
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
  const runs = Array.from(analysis.runs.entries()).filter(([, run]) => task === "" || run.task === task);
  const shown = evenly(runs, mostRuns);
  return {
    ...chartsOf(analysis, task),
    figures: figureTable(figures),
    runs: shown.map(([place, run]) => runRow(place, run, places.get(`${run.group}\0${run.limitMs}`) ?? 0, task !== "")),
    runCount: runs.length,
  };
}

/** So many of a list at most, spread evenly over it. */
function evenly<Item>(items: readonly Item[], most: number): Item[] {
  return items.length <= most ? [...items] : Array.from({ length: most }, (_, index) => items[Math.floor((index * items.length) / most)]).flatMap((item) => (item === undefined ? [] : [item]));
}

function figureTable(all: readonly SeriesFigures[]): string[][] {
  const totals = Array.from(new Set(all.flatMap(({ scoreAtK }) => scoreAtK.map(({ totalMs }) => totalMs)))).sort((one, other) => one - other);
  return [
    ["", "Runs", "Result", "Above start", "At reference", "Percentile among experts", "Experts need", "Attempts per hour", "First improvement", ...totals.map((totalMs) => `Best in ${Number((totalMs / hourMs).toFixed(2))} h`)],
    ...all.map((one) => [
      singleLine(one.series.label, 60),
      `${one.result.n}${one.tasks.length > 1 ? ` on ${one.tasks.length} tasks` : ""}${one.isSmall ? " (few)" : ""}`,
      estimateText(one.result, scoreText),
      shareText(one.aboveStart.value),
      shareText(one.atReference.value),
      estimateText(one.percentile, percentText),
      estimateText(one.humanMs, humanTimeText),
      estimateText(one.attemptsPerHour, percentText),
      improvementText(one.improvementMs.value),
      ...totals.map((totalMs) => {
        const found = one.scoreAtK.find((budget) => budget.totalMs === totalMs);
        return found === undefined ? "" : `${estimateText(found.score, scoreText)} k=${found.k}${found.isCapped ? ", too few runs" : ""}`;
      }),
    ]),
  ];
}

function runRow(place: number, run: RunFigures, series: number, hasSteps: boolean): AnalysisRun {
  const name = singleLine(run.id, 80);
  return {
    run: place,
    name,
    task: run.task,
    series,
    result: run.result,
    cells: [name, singleLine(run.task, 60), singleLine(run.group, 60), scoreText(run.result), percentText(run.percentile), humanTimeText(run.humanMs), Number.isNaN(run.attempts) ? "" : String(run.attempts), improvementText(run.improvementMs), run.isViolation ? "violation" : ""],
    steps: hasSteps && !Number.isNaN(run.attempts) ? Array.from(run.atMs, (atMs, index): [number, number] => [atMs / hourMs, run.values[index] ?? 0]) : [],
  };
}
