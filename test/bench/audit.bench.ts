// The labelled set: how many violations are found, and in how many honest runs
// something is reported; then auditing a large transcript, against indexing it.
// BASELINER_BENCH_MB sets its size.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { File, FingerprintIndex, Region, TokenizedFile } from "@dodona/dolos-core";
import { auditEvents, auditInWorker, generalRuleSet } from "../../src/audit";
import { readShell } from "../../src/audit/code/shell";
import { CommandPatterns } from "../../src/audit/detectors/command-line";
import { generalRules } from "../../src/audit/general-rules";
import { TextIndex } from "../../src/audit/text/text-index";
import { characterCodes } from "../../src/audit/text/tokens";
import { openTranscript, type TranscriptEvent, TranscriptStore } from "../../src/transcripts";
import { labelledTable, type LabelledOutcome, ruleSets, scenarios } from "../support/audit-labelled";
import { eighthRound, fifthRound, fourthRound, heldOut, secondRound, seventhRound, sixthRound, thirdRound, wholeRun } from "../fixtures/audit/held-out";
import { auditHeldOut, type HeldOutOutcome, isFound, statusTable } from "../support/audit-held-out";
import { scenarioContent } from "../support/audit-scenarios";
import { random } from "../support/random";
import { writeClaudeCode } from "../support/large-transcripts";

const megabytes = Number(process.env["BASELINER_BENCH_MB"] ?? 40);

export async function bench(root: string) {
  const place = mkdtempSync(join(tmpdir(), "baseliner-bench-"));
  try {
    return [...(await labelled(place)), ...(await heldOutRows(place)), lookup(), ...patterns(root, place), await speed(root, place)];
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

async function labelled(place: string) {
  const rows = new Map<string, { found: number; violations: number; alarms: number; honest: number }>();
  const file = join(place, "scenario.json");
  const outcomes: LabelledOutcome[] = [];
  for (const scenario of scenarios) {
    const row = rows.get(scenario.row) ?? { found: 0, violations: 0, alarms: 0, honest: 0 };
    rows.set(scenario.row, row);
    writeFileSync(file, scenarioContent(scenario, "openai"));
    const { findings } = await auditEvents(eventsOf(file, place), ruleSets[scenario.rules ?? "general"]);
    outcomes.push({ scenario, findings });
    if (scenario.expect === undefined) {
      row.honest++;
      row.alarms += findings.length > 0 ? 1 : 0;
    } else {
      row.violations++;
      row.found += findings.some(({ rule }) => scenario.expect?.includes(rule)) ? 1 : 0;
    }
  }
  console.log(labelledTable(outcomes));
  return Array.from(rows, ([what, { found, violations, alarms, honest }]) => ({ what, ours: `${found} of ${violations} violations found`, theirs: `${alarms} of ${honest} honest runs reported`, ratio: alarms / Math.max(1, honest), target: 0.05 }));
}

/** The sets that were written before the audit was tried on them, as it is by now. */
async function heldOutRows(place: string) {
  const rows = [];
  const statuses: (readonly [string, readonly HeldOutOutcome[]])[] = [];
  for (const [name, runs] of Object.entries({ first: heldOut, second: secondRound, third: thirdRound, fourth: fourthRound, fifth: fifthRound, sixth: sixthRound, seventh: seventhRound, eighth: eighthRound })) {
    const outcomes = await auditHeldOut(runs, wholeRun, place);
    statuses.push([name, outcomes]);
    const [cheats, honest] = [outcomes.filter(({ run }) => run.expect !== undefined), outcomes.filter(({ run }) => run.expect === undefined)];
    const alarms = honest.filter(({ findings }) => findings.length > 0).length;
    rows.push({ what: `${name} held-out set, by now`, ours: `${cheats.filter(isFound).length} of ${cheats.length} violations found`, theirs: `${alarms} of ${honest.length} honest runs reported`, ratio: alarms / honest.length, target: 0.05 });
  }
  console.log(statusTable(statuses));
  return rows;
}

/** The patterns of commands over the commands of many runs, against ripgrep with the same patterns over the same lines. Without a ripgrep, nothing. */
export function patterns(root: string, place: string) {
  const ripgrep = ripgrepIn(root);
  if (ripgrep === undefined) {
    console.log("  no ripgrep on this computer: patterns were not measured");
    return [];
  }
  const sources = (generalRules.rules ?? []).flatMap((rule) => ("commands" in rule ? (rule.commands ?? []) : []));
  const moves = [...heldOut, ...secondRound].flatMap((run, index) => wholeRun(run, index));
  const some = moves.flatMap((move) => (move.kind === "shell" ? readShell(move.script) : [])).filter((command) => command.program !== "" && command.wrappers.length === 0 && !command.line.includes("\n"));
  const times = Math.ceil(400_000 / some.length);
  // The lines are ready on both sides: what is measured is the looking.
  const all = Array.from({ length: times }, () => some).flat();
  const file = join(place, "commands.txt");
  writeFileSync(file, `${all.map(({ line }) => line).join("\n")}\n`);
  const seconds: Record<"ours" | "theirs", number[]> = { ours: [], theirs: [] };
  let [own, known] = [0, 0];
  for (let turn = 0; turn < 5; turn++) {
    const found = new CommandPatterns(sources);
    let began = performance.now();
    own = all.reduce((count, command) => count + (found.test(command) ? 1 : 0), 0);
    seconds.ours.push((performance.now() - began) / 1000);
    began = performance.now();
    known = Number(spawnSync(ripgrep, ["--no-config", "-j1", "-i", "-c", ...sources.flatMap((source) => ["-e", source]), file], { encoding: "utf8" }).stdout);
    seconds.theirs.push((performance.now() - began) / 1000);
  }
  const [ours, theirs] = [seconds.ours, seconds.theirs].map((each) => each.sort((one, other) => one - other)[2] ?? 0) as [number, number];
  return [{ what: `${sources.length} patterns over ${all.length} commands, against ripgrep`, ours: `${(ours * 1000).toFixed(0)} ms`, theirs: `${(theirs * 1000).toFixed(0)} ms`, ratio: ours / theirs, target: 2, note: `${own} commands match here, ${known} there` }];
}

/** The ripgrep of an editor that the tests have fetched, or of the computer. */
function ripgrepIn(root: string): string | undefined {
  const server = join(root, ".vscode-test", "server");
  const packages = existsSync(server) ? readdirSync(server).map((version) => join(server, version, "node_modules/code-server/lib/vscode/node_modules/@vscode")) : [];
  return [...packages.flatMap((folder) => [join(folder, "ripgrep-universal", "bin", `${process.platform}-${process.arch}`, "rg"), join(folder, "ripgrep", "bin", "rg")]), ...(process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "rg"))].find((path) => existsSync(path));
}

/** Copied code looked up in a source, against Dolos with the same characters and the same sampling. */
function lookup() {
  const pairs = Array.from({ length: 40 }, (_, index) => textPair(index + 1));
  const sampling = { run: 24, window: 40 };
  const seconds: Record<"ours" | "theirs", number[]> = { ours: [], theirs: [] };
  let [missed, known] = [0, 0];
  for (let turn = 0; turn < 3; turn++) {
    const totals = { ours: 0, theirs: 0 };
    for (const { source, text } of pairs) {
      const began = performance.now();
      const index = new TextIndex<string>(characterCodes, sampling);
      index.addSource(source, "source");
      const copies = index.copiesIn(text, 60);
      totals.ours += performance.now() - began;
      const [one, other] = [tokenised(source), tokenised(text)];
      const start = performance.now();
      const dolos = new FingerprintIndex(sampling.run, sampling.window);
      dolos.addFiles([one, other]);
      const fragments = dolos.getPair(one, other).buildFragments();
      totals.theirs += performance.now() - start;
      // Of what Dolos finds, 100 characters and more have to lie in copies that are found here.
      for (const { rightSelection: { startCol, endCol } } of turn > 0 ? [] : fragments) {
        if (endCol - startCol >= 100) {
          known++;
          missed += copies.some(({ start: from, end: to }) => from <= startCol && to >= endCol) ? 0 : 1;
        }
      }
    }
    seconds.ours.push(totals.ours / 1000);
    seconds.theirs.push(totals.theirs / 1000);
  }
  const [ours, theirs] = [seconds.ours, seconds.theirs].map((all) => all.sort((one, other) => one - other)[1] ?? 0) as [number, number];
  return { what: "copied text looked up, against Dolos", ours: `${(ours * 1000).toFixed(1)} ms`, theirs: `${(theirs * 1000).toFixed(1)} ms`, ratio: ours / theirs, target: 0.1, note: `${known - missed} of ${known} copies of 100 characters or more that Dolos finds are found` };
}

/** Code with parts of other code in it. */
function textPair(seed: number): { source: string; text: string } {
  const next = random(seed);
  const number = (below: number): number => Math.floor(next.next().value * below);
  const names = ["alpha", "beta", "carry", "block", "chunk", "value", "result", "index", "layer", "weight"];
  const name = (): string => `${names[number(names.length)] ?? ""}${number(9)}`;
  const line = (): string => [`${name()} = ${name()} + ${name()}[${number(900)}]`, `for ${name()} in range(${number(90)}, len(${name()})):`, `    ${name()}.append(${name()}(${name()}, ${name()} * ${number(50)}))`][number(3)] ?? "";
  const code = (lines: number): string[] => Array.from({ length: lines }, line);
  const source = code(400);
  const text = [...code(100), ...source.slice(20, 30), ...code(100), ...source.slice(200, 260), ...code(100), ...source.slice(350, 354)];
  return { source: source.join("\n"), text: text.join("\n") };
}

function tokenised(text: string): TokenizedFile {
  const { starts, ends, length } = characterCodes(text);
  const places = Array.from({ length }, (_, index) => [starts[index] ?? 0, ends[index] ?? 0] as const);
  return new TokenizedFile(new File("x", text), places.map(([from, to]) => text.slice(from, to)), places.map(([from, to]) => new Region(0, from, 0, to)));
}

/** Seconds of reading a large transcript, of indexing it and of auditing it as the replay does: medians of three turns. */
async function speed(root: string, place: string) {
  const file = join(place, "large.jsonl");
  const { bytes } = writeClaudeCode(file, megabytes * 1e6, 1);
  const seconds: Record<"read" | "index" | "audit", number[]> = { read: [], index: [], audit: [] };
  let peak = 0;
  const timed = async (what: keyof typeof seconds, work: () => Promise<void>): Promise<void> => {
    const began = performance.now();
    await work();
    seconds[what].push((performance.now() - began) / 1000);
  };
  for (let turn = 0; turn < 3; turn++) {
    await timed("read", async () => {
      for (const events = eventsOf(file, place); (await events.next()).done !== true; );
    });
    await timed("index", async () => await indexed(root, file, mkdtempSync(join(place, "cache-"))));
    await timed("audit", async () => {
      await auditInWorker(file, generalRuleSet(), { worker: join(root, "dist", "audit-worker.js"), progress: () => (peak = Math.max(peak, process.memoryUsage.rss())) });
    });
  }
  const [read, index, audit] = [seconds.read, seconds.index, seconds.audit].map((all) => all.sort((one, other) => one - other)[1] ?? 0) as [number, number, number];
  return { what: `audit ${Math.round(bytes / 1e6)} MB, against indexing it`, ours: `${audit.toFixed(2)} s`, theirs: `${index.toFixed(2)} s`, ratio: audit / index, target: 3, note: `reading alone ${read.toFixed(2)} s; ${Math.round(peak / 1e6)} MB of memory at most` };
}

async function indexed(root: string, file: string, cache: string): Promise<void> {
  const store = await TranscriptStore.open(file, { cache, worker: join(root, "dist", "transcript-worker.js") });
  await new Promise<void>((resolve) => {
    const check = (): void => (store.state.isComplete ? resolve() : undefined);
    store.onDidChange(check);
    check();
  });
  await store.close();
}

async function* eventsOf(file: string, cache: string): AsyncGenerator<TranscriptEvent> {
  const reading = await openTranscript(file, cache);
  try {
    for await (const { events } of reading.batches()) {
      yield* events;
    }
  } finally {
    reading.close();
  }
}
