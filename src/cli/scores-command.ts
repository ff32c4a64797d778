import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";
import { analyse, type Analysis, analysisCsv, analysisJson, analysisSvg, AnalysisError, estimateText, humanTimeText, improvementText, loadStudy, percentText, pngOf, readStudyFile, type Remark, runsText, scoreText, type SeriesFigures, shareText, studyAt, type StudyFile, usualStudy } from "../analysis";
import { plainSystemReason, singleLine } from "../base";
import { type Outcome, parse, printTable, UsageError } from "./command";

/** `baseliner scores FILE… [--study FILE] [--format text|json|csv] [--chart OUT.svg|OUT.png]` */
export async function scoresCommand(args: string[]): Promise<Outcome> {
  const { values, positionals } = parse(args, { study: { type: "string" }, format: { type: "string" }, chart: { type: "string" } });
  const format = values.format ?? (values.json ? "json" : "text");
  if (format !== "text" && format !== "json" && format !== "csv") {
    throw new UsageError(`unknown format: ${format} (text, json or csv)`);
  }
  if (values.chart !== undefined && ![".svg", ".png"].includes(extname(values.chart).toLowerCase())) {
    throw new UsageError("charts are SVG or PNG: name a file that ends in .svg or .png");
  }
  const { file, paths } = await chosen(values.study, positionals);
  if (paths.length === 0 && file.sources.length === 0) {
    throw new UsageError("scores needs files, folders or --study FILE");
  }
  const cache = await mkdtemp(join(tmpdir(), "baseliner-scores-"));
  try {
    const study = await loadStudy(file, paths, { cache });
    const analysis = await analyse(study, { worker: join(__dirname, "analysis-worker.js") });
    if (values.chart !== undefined) {
      const svg = analysisSvg(analysis);
      await writeChart(resolve(values.chart), extname(values.chart).toLowerCase() === ".svg" ? svg : await pngOf(svg, join(__dirname, "pictures")));
    }
    switch (format) {
      case "json":
        for (const part of analysisJson(analysis)) {
          await print(part);
        }
        break;
      case "csv":
        await print(analysisCsv(analysis));
        break;
      case "text":
        printText(analysis);
        break;
    }
    return "done";
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
}

/** What is compared: a study and files besides, or what one path stands for. */
async function chosen(study: string | undefined, positionals: readonly string[]): Promise<{ file: StudyFile; paths: readonly string[] }> {
  const [only, ...more] = positionals;
  if (study === undefined && only !== undefined && more.length === 0) {
    return await studyAt(only);
  }
  return { file: study === undefined ? usualStudy : await readStudyFile(resolve(study)), paths: positionals.map((path) => resolve(path)) };
}

async function writeChart(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFile(path, content);
  } catch (error) {
    throw new AnalysisError("unreadable", `The chart could not be written to ${path}: ${plainSystemReason(error)}.`, { cause: error });
  }
}

async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) {
    await new Promise((drained) => process.stdout.once("drain", drained));
  }
}

function printText(analysis: Analysis): void {
  const several = analysis.tasks.length > 1;
  heading(`${analysis.title || "Scores"}: ${analysis.runs.length} runs, ${analysis.tasks.length} tasks; normalised, with 95 % intervals`);
  if (several) {
    heading("All tasks, each counting the same");
    printFigures(analysis.averages);
  }
  for (const { name, title } of analysis.tasks) {
    heading(title === name ? name : `${title} (${name})`);
    printFigures(analysis.perTask.filter(({ tasks }) => tasks[0] === name));
  }
  if (analysis.violations.length > 0) {
    heading("What runs with violations change: mean result as 0, left out, counted");
    printTable(analysis.violations.map(({ label, runs, violations, results }) => [shown(label), `${violations} of ${runs} runs`, scoreText(results.zero), scoreText(results["leave-out"]), scoreText(results.count)]));
  }
  printRemarks(analysis.remarks);
}

function printFigures(all: readonly SeriesFigures[]): void {
  printTable([
    ["", "runs", "result", "> start", "≥ reference", "percentile", "experts need", "attempts/h", "first gain"],
    ...all.map((one) => [
      shown(one.series.label),
      runsText(one),
      estimateText(one.result, scoreText),
      shareText(one.aboveStart),
      shareText(one.atReference),
      estimateText(one.percentile, percentText),
      estimateText(one.humanMs, humanTimeText),
      estimateText(one.attemptsPerHour, percentText),
      estimateText(one.improvementMs, improvementText),
    ]),
  ]);
  printTrajectories(all);
  const totals = Array.from(new Set(all.flatMap(({ scoreAtK }) => scoreAtK.map(({ totalMs }) => totalMs)))).sort((one, other) => one - other);
  if (totals.length > 0) {
    process.stdout.write("\n");
    printTable([
      ["score@k in", ...totals.map((totalMs) => `${Number((totalMs / 3_600_000).toFixed(2))} h`)],
      ...all.map((one) => [
        shown(one.series.label),
        ...totals.map((totalMs) => {
          const found = one.scoreAtK.find((budget) => budget.totalMs === totalMs);
          return found === undefined ? "" : `${estimateText(found.score, scoreText)} (k=${found.k}${found.isCapped ? ", too few runs" : ""})`;
        }),
      ]),
    ]);
  }
}

/** Mean scores so far after half an hour and its doubles; all points are in the JSON and CSV. */
function printTrajectories(all: readonly SeriesFigures[]): void {
  const longest = Math.max(0, ...all.filter(({ trajectory }) => trajectory.length > 0).map(({ series }) => series.lengthMs));
  const moments = [0.5, 1, 2, 4, 8, 16, 32].map((hours) => hours * 3_600_000).filter((moment) => moment <= longest);
  if (moments.length === 0) {
    return;
  }
  process.stdout.write("\n");
  printTable([
    ["score so far after", ...moments.map((moment) => `${moment / 3_600_000} h`)],
    ...all.map(({ series, trajectory }) => [
      shown(series.label),
      ...moments.map((moment) => {
        const point = moment > series.lengthMs ? undefined : trajectory.findLast(({ atMs }) => atMs <= moment);
        return point === undefined ? "" : estimateText(point, scoreText);
      }),
    ]),
  ]);
}

/** What is not in the figures, by reason, with the first places of each. */
function printRemarks(remarks: readonly Remark[]): void {
  for (const kind of ["left-out", "note"] as const) {
    const byReason = new Map<string, Remark[]>();
    for (const one of remarks.filter((remark) => remark.kind === kind)) {
      const reason = `${one.what}: ${one.reason}`;
      const others = byReason.get(reason) ?? [];
      byReason.set(reason, others);
      others.push(one);
    }
    if (byReason.size > 0) {
      heading(kind === "left-out" ? "Left out" : "Counted, with a remark");
    }
    for (const [reason, all] of byReason) {
      const places = all.slice(0, 3).map(({ source, attempt }) => [source.path, source.part, attempt === "" ? "" : `attempt ${attempt}`].filter((part) => part !== "").join(", "));
      process.stdout.write(`${all.length} × ${shown(reason, 200)}\n${places.map((place) => `    ${shown(place, 200)}\n`).join("")}${all.length > 3 ? `    and ${all.length - 3} more; --format json lists all\n` : ""}`);
    }
  }
}

function heading(text: string): void {
  process.stdout.write(`\n${shown(text, 200)}\n`);
}

/** Names come from files that may be anyone's. */
function shown(text: string, limit = 60): string {
  return singleLine(text, limit);
}
