// All figures of a large study with their intervals, against the same written straightforwardly in numpy, both from arrays in memory and in
// interleaved pairs. BASELINER_BENCH_RUNS and BASELINER_BENCH_RESAMPLES set the size, BASELINER_BENCH_PAIRS how often it is measured.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { analyse, type Study, usualStudy } from "../../src/analysis";
import type { Run } from "../../src/analysis/run";
import { trajectoryOf } from "../../src/analysis/trajectory";
import { AnalysisThread } from "../../src/editor/analysis-thread";
import { writeLargeStudy } from "../support/large-study";
import { random } from "../support/random";

export const programs = { "/usr/bin/python3": "python3-numpy" };

const runCount = Number(process.env["BASELINER_BENCH_RUNS"] ?? 100_000);
const resamples = Number(process.env["BASELINER_BENCH_RESAMPLES"] ?? 1000);
const pairs = Number(process.env["BASELINER_BENCH_PAIRS"] ?? 1);
const attempts = 50;
const taskNames = ["t0", "t1", "t2", "t3", "t4", "t5", "t6"];
const hour = 3_600_000;
const groups = [
  { name: "Experts", lengthMs: 8 * hour },
  { name: "slow agent", lengthMs: 2 * hour },
  { name: "quick agent", lengthMs: 0.5 * hour },
];
const constants = { start: 6, reference: 4 };

/** What the panel does with as many runs from a file: how long its thread holds up the one that asks, and how much memory both take. */
async function panel(root: string, folder: string) {
  const path = writeLargeStudy(join(folder, "panel"), runCount, attempts, "jsonl");
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  let peak = 0;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20);
  const began = performance.now();
  const thread = await AnalysisThread.open(path, join(root, "dist"), { signal: new AbortController().signal, progress: () => undefined });
  try {
    const read = (performance.now() - began) / 1000;
    const asked = performance.now();
    const charts = await thread.charts("task-3");
    const told = performance.now() - asked;
    delay.disable();
    const what = `a file of ${runCount} runs with ${attempts} attempts in the panel's thread`;
    return [
      { what: `${what}: longest wait of the thread that asks, against 50 ms; read and computed in ${read.toFixed(1)} s`, ours: `${(delay.max / 1e6).toFixed(0)} ms`, theirs: "50 ms", ratio: delay.max / 1e6 / 50, target: 1 },
      { what: `${what}: charts of one task (${Math.round(JSON.stringify(charts).length / 1000)} kB), against 300 ms`, ours: `${told.toFixed(0)} ms`, theirs: "300 ms", ratio: told / 300, target: 1 },
      { what: `${what}: memory at its highest, against 1 GB`, ours: `${Math.round(peak / 1e6)} MB`, theirs: "1000 MB", ratio: peak / 1e9, target: 1 },
    ];
  } finally {
    clearInterval(watch);
    await thread.close();
  }
}

/** Times and scores of all runs, one after the other. */
function numbers(): { times: Float64Array; scores: Float64Array; tasks: Uint32Array; groups: Uint32Array } {
  const times = new Float64Array(runCount * attempts);
  const scores = new Float64Array(runCount * attempts);
  const next = random(11);
  for (let run = 0; run < runCount; run++) {
    const length = groups[run % groups.length]?.lengthMs ?? hour;
    const skill = next.next().value;
    let at = 0;
    for (let attempt = 0; attempt < attempts; attempt++) {
      at += (2 * next.next().value * length) / (attempts + 2) / 2;
      times[run * attempts + attempt] = at;
      scores[run * attempts + attempt] = next.next().value < 0.2 ? NaN : 6.3 - next.next().value * (1 + skill) * (1 + attempt / attempts);
    }
  }
  return { times, scores, tasks: Uint32Array.from({ length: runCount }, (_, run) => Math.floor(run / groups.length) % taskNames.length), groups: Uint32Array.from({ length: runCount }, (_, run) => run % groups.length) };
}

function studyOf({ times, scores, tasks }: ReturnType<typeof numbers>): Study {
  const runs = Array.from({ length: runCount }, (_, run): Run => {
    const group = groups[run % groups.length];
    const limitMs = group?.lengthMs ?? hour;
    const log = { atMs: times.subarray(run * attempts, (run + 1) * attempts), scores: scores.subarray(run * attempts, (run + 1) * attempts), names: undefined };
    return {
      id: `r${run}`,
      source: { path: "", part: "" },
      task: taskNames[tasks[run] ?? 0] ?? "",
      group: group?.name ?? "",
      kind: run % groups.length === 0 ? "expert" : "agent",
      limitMs,
      workedMs: limitMs,
      attempts: log,
      hasLog: true,
      isViolation: false,
      trajectory: trajectoryOf(log, constants, "best"),
    };
  });
  return { title: "", file: { ...usualStudy, resamples }, tasks: taskNames.map((name) => ({ name, title: name, constants, aggregate: "best" as const })), runs, remarks: [] };
}

export async function bench(root: string) {
  if (spawnSync("/usr/bin/python3", ["-c", "import numpy"]).status !== 0) {
    throw new Error("The benchmark analysis measures against numpy: install python3-numpy first.");
  }
  const folder = mkdtempSync(join(tmpdir(), "baseliner-bench-"));
  try {
    // First, while the arrays of the other measurement are not there.
    const inPanel = await panel(root, folder);
    const all = numbers();
    const shape = { runs: runCount, attempts, tasks: taskNames.length, groups: groups.length, lengths: groups.map(({ lengthMs }) => lengthMs), start: constants.start, reference: constants.reference, budgets: usualStudy.budgetsHours.map((hours) => hours * hour) };
    writeFileSync(join(folder, "shape.json"), JSON.stringify(shape));
    for (const [name, values] of Object.entries(all)) {
      writeFileSync(join(folder, `${name}.bin`), new Uint8Array(values.buffer));
    }
    const ours: number[] = [];
    const theirs: number[] = [];
    const worked = { ours: 0, theirs: 0 };
    let peak = 0;
    for (let pair = 0; pair < pairs; pair++) {
      const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20);
      const began = performance.now();
      const before = process.cpuUsage();
      const analysis = await analyse(studyOf(all), { worker: join(root, "dist", "analysis-worker.js") });
      ours.push((performance.now() - began) / 1000);
      const { user, system } = process.cpuUsage(before);
      worked.ours += (user + system) / 1e6 / pairs;
      peak = Math.max(peak, process.memoryUsage().rss);
      clearInterval(watch);
      const numpy = JSON.parse(execFileSync("/usr/bin/python3", [join(root, "test", "bench", "analysis.py"), folder, String(resamples)], { encoding: "utf8" })) as { seconds: number; worked: number; means: number[] };
      theirs.push(numpy.seconds);
      worked.theirs += numpy.worked / pairs;
      for (const [index, { name }] of groups.entries()) {
        const mean = analysis.averages.find(({ series }) => series.group === name)?.result.value ?? NaN;
        if (!(Math.abs(mean - (numpy.means[index] ?? NaN)) < 1e-9)) {
          throw new Error(`Both must come to the same: ${name} has ${mean} here, ${numpy.means[index] ?? NaN} by numpy.`);
        }
      }
    }
    const what = `all figures of ${runCount} runs with ${attempts} attempts, ${resamples} resamples`;
    return [
      { what: `${what}, against numpy`, ours: `${median(ours).toFixed(2)} s`, theirs: `${median(theirs).toFixed(2)} s`, ratio: median(ours) / median(theirs), target: 0.2 },
      { what: "processor time of both, of all threads", ours: `${worked.ours.toFixed(1)} s`, theirs: `${worked.theirs.toFixed(1)} s`, ratio: worked.ours / worked.theirs, note: "On a machine with other work, this tells more than the clock." },
      { what: "the same, against 10 s", ours: `${median(ours).toFixed(2)} s`, theirs: "10 s", ratio: median(ours) / 10, target: 1 },
      { what: "memory at its highest, the study included, against 1 GB", ours: `${Math.round(peak / 1e6)} MB`, theirs: "1000 MB", ratio: peak / 1e9, target: 1 },
      ...inPanel,
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN;
}
