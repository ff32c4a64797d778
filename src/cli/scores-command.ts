import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";
import { analyse, type Analysis, analysisCsv, analysisJson, analysisSvg, AnalysisError, estimateText, humanTimeText, improvementText, loadStudy, percentText, readStudyFile, type Remark, scoreText, type SeriesFigures, shareText, usualStudy } from "../analysis";
import { plainSystemReason, singleLine } from "../base";
import { type Outcome, parse, printTable, UsageError } from "./command";

/** `baseliner scores FILE… [--study FILE] [--format text|json|csv] [--chart OUT.svg]` */
export async function scoresCommand(args: string[]): Promise<Outcome> {
  const { values, positionals } = parse(args, { study: { type: "string" }, format: { type: "string" }, chart: { type: "string" } });
  const format = values.format ?? (values.json ? "json" : "text");
  if (format !== "text" && format !== "json" && format !== "csv") {
    throw new UsageError(`unknown format: ${format} (text, json or csv)`);
  }
  if (values.chart !== undefined && extname(values.chart).toLowerCase() !== ".svg") {
    throw new UsageError("charts are written as SVG here: name a file that ends in .svg (the editor's Analysis panel saves PNG)");
  }
  const found = values.study ?? (positionals.length === 1 && existsSync(join(positionals[0] ?? "", "study.json")) ? join(positionals[0] ?? "", "study.json") : undefined);
  const file = found === undefined ? usualStudy : await readStudyFile(resolve(found));
  // A study that names its sources says itself what of its folder counts.
  const paths = values.study === undefined && found !== undefined && file.sources.length > 0 ? [] : positionals.map((path) => resolve(path));
  if (paths.length === 0 && file.sources.length === 0) {
    throw new UsageError("scores needs files, folders or --study FILE");
  }
  const cache = await mkdtemp(join(tmpdir(), "baseliner-scores-"));
  try {
    const study = await loadStudy(file, paths, { cache });
    const analysis = await analyse(study, { worker: join(__dirname, "analysis-worker.js") });
    if (values.chart !== undefined) {
      await writeChart(resolve(values.chart), analysisSvg(analysis));
    }
    switch (format) {
      case "json":
        await print(analysisJson(analysis));
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

async function writeChart(path: string, content: string): Promise<void> {
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
    printFigures(analysis.averages, true);
  }
  for (const { name, title } of analysis.tasks) {
    heading(title === name ? name : `${title} (${name})`);
    printFigures(
      analysis.perTask.filter(({ tasks }) => tasks[0] === name),
      false,
    );
  }
  if (analysis.violations.length > 0) {
    heading("What runs with violations change: mean result as 0, left out, counted");
    printTable(analysis.violations.map(({ label, runs, violations, results }) => [shown(label), `${violations} of ${runs} runs`, scoreText(results.zero), scoreText(results["leave-out"]), scoreText(results.count)]));
  }
  printRemarks(analysis.remarks);
}

function printFigures(all: readonly SeriesFigures[], isAverage: boolean): void {
  printTable([
    ["", "runs", "result", "> start", "≥ reference", "percentile", "experts need", "attempts/h", "first gain"],
    ...all.map((one) => [
      shown(one.series.label),
      `${one.result.n}${isAverage ? ` on ${one.tasks.length} tasks` : ""}${one.isSmall ? " (few)" : ""}`,
      estimateText(one.result, scoreText),
      shareText(one.aboveStart.value),
      shareText(one.atReference.value),
      estimateText(one.percentile, percentText),
      estimateText(one.humanMs, humanTimeText),
      estimateText(one.attemptsPerHour, percentText),
      improvementText(one.improvementMs.value),
    ]),
  ]);
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
