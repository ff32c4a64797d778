// The labelled set: how many violations are found, and in how many honest runs
// something is reported; then auditing a large transcript, against reading it.
// BASELINER_BENCH_MB sets its size.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Audit, auditEvents, generalRuleSet } from "../../src/audit";
import { openTranscript, type TranscriptEvent } from "../../src/transcripts";
import { ruleSets, scenarios } from "../support/audit-labelled";
import { scenarioContent } from "../support/audit-scenarios";
import { writeClaudeCode } from "../support/large-transcripts";

const megabytes = Number(process.env["BASELINER_BENCH_MB"] ?? 40);

export async function bench() {
  const place = mkdtempSync(join(tmpdir(), "baseliner-bench-"));
  try {
    return [...(await labelled(place)), await speed(place)];
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

async function labelled(place: string) {
  const rows = new Map<string, { found: number; violations: number; alarms: number; honest: number }>();
  const file = join(place, "scenario.json");
  for (const scenario of scenarios) {
    const row = rows.get(scenario.row) ?? { found: 0, violations: 0, alarms: 0, honest: 0 };
    rows.set(scenario.row, row);
    writeFileSync(file, scenarioContent(scenario, "openai"));
    const { findings } = await auditEvents(eventsOf(file, place), ruleSets[scenario.rules ?? "general"]);
    if (scenario.expect === undefined) {
      row.honest++;
      row.alarms += findings.length > 0 ? 1 : 0;
    } else {
      row.violations++;
      row.found += findings.some(({ rule }) => scenario.expect?.includes(rule)) ? 1 : 0;
    }
  }
  return Array.from(rows, ([what, { found, violations, alarms, honest }]) => ({ what, ours: `${found} of ${violations} violations found`, theirs: `${alarms} of ${honest} honest runs reported`, ratio: alarms / Math.max(1, honest), target: 0.05 }));
}

async function speed(place: string) {
  const file = join(place, "large.jsonl");
  const { bytes } = writeClaudeCode(file, megabytes * 1e6, 1);
  const read = async (take: (event: TranscriptEvent) => void): Promise<number> => {
    const began = performance.now();
    for await (const event of eventsOf(file, place)) {
      take(event);
    }
    return performance.now() - began;
  };
  const audit = new Audit(generalRuleSet());
  let peak = 0;
  const alone = await read(() => undefined);
  const together = await read((event) => {
    audit.add(event);
    peak = Math.max(peak, process.memoryUsage.rss());
  });
  return { what: `audit ${Math.round(bytes / 1e6)} MB, against reading it`, ours: `${(together / 1000).toFixed(2)} s`, theirs: `${(alone / 1000).toFixed(2)} s`, ratio: together / alone, target: 3, note: `${Math.round(peak / 1e6)} MB of memory at most` };
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
