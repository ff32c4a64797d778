import { basename } from "node:path";
import { messageOf } from "../../base";
import { openTranscript, type TranscriptEvent, type TranscriptReading } from "../../transcripts";
import { type Collector, type ReadAttempt, type ReadRun, remark, type RunSource } from "../run";
import type { StudySource } from "../study-file";

/** What a transcript tells of one run while it is read. */
interface Sighting {
  first: number | undefined;
  last: number | undefined;
  readonly intermediate: ScoreEvent[];
  readonly final: ScoreEvent[];
}

type ScoreEvent = Pick<TranscriptEvent, "id" | "time" | "score">;

/**
 * Reads the scores of a transcript of any known format: each sample of a log is a run. Its clock starts with the first event that has a
 * time. Where there are scores on the way those are the attempts, else the final score is the only one.
 *
 * @param cache an existing folder for members of archives that are too large for memory
 * @throws {TranscriptError} `cancelled`
 */
export async function readTranscriptRuns(path: string, options: Partial<StudySource>, isViolation: boolean, cache: string, collector: Collector, signal?: AbortSignal): Promise<void> {
  const file: RunSource = { path, part: "" };
  let reading: TranscriptReading;
  try {
    reading = await openTranscript(path, cache);
  } catch (error) {
    collector.remark(remark("left-out", "file", file, messageOf(error)));
    return;
  }
  try {
    let runs = new Map<string, Sighting>();
    for await (const batch of reading.batches(signal)) {
      runs = batch.restarts === true ? new Map<string, Sighting>() : runs;
      for (const event of batch.events) {
        see(runs, event, options.scorer);
      }
    }
    const samples = Array.from(runs.keys()).filter((sample) => sample !== "");
    for (const [sample, sighting] of runs) {
      // What belongs to no sample is about the file as a whole, where it has samples.
      if (sample !== "" || samples.length === 0) {
        collect(path, sample, sighting, reading, options, isViolation, collector);
      }
    }
    if (runs.size === 0) {
      collector.remark(remark("left-out", "file", file, "it holds no events"));
    }
  } finally {
    reading.close();
  }
}

function see(runs: Map<string, Sighting>, event: TranscriptEvent, scorer: string | undefined): void {
  const sample = event.sample ?? "";
  let run = runs.get(sample);
  if (run === undefined) {
    run = { first: undefined, last: undefined, intermediate: [], final: [] };
    runs.set(sample, run);
  }
  if (event.time !== undefined) {
    run.first = Math.min(run.first ?? event.time, event.time);
    run.last = Math.max(run.last ?? event.time, event.time);
  }
  const { score } = event;
  if (score !== undefined && !event.isRepeat && (scorer === undefined || score.name === scorer)) {
    (score.isFinal ? run.final : run.intermediate).push({ id: event.id, time: event.time, score });
  }
}

function collect(path: string, sample: string, seen: Sighting, reading: TranscriptReading, options: Partial<StudySource>, isViolation: boolean, collector: Collector): void {
  const source: RunSource = { path, part: sample };
  const scores = seen.intermediate.length > 0 ? seen.intermediate : seen.final.slice(0, 1);
  if (scores.length === 0) {
    collector.remark(remark("left-out", "run", source, "it holds no score"));
    return;
  }
  if (seen.intermediate.length === 0 && seen.final.length > 1) {
    collector.remark(remark("note", "run", source, `it has ${seen.final.length} final scores, of which the first counts; name a scorer in study.json for another`));
  }
  if (seen.intermediate.length === 0 && seen.final.some(({ score }) => score?.value === null)) {
    collector.remark(remark("left-out", "run", source, `its score is no number: ${seen.final[0]?.score?.text?.slice(0, 40) ?? "none"}`));
    return;
  }
  const startedAt = options.startedAt === undefined ? seen.first : Date.parse(options.startedAt);
  const fact = (name: string): string | undefined => {
    const value = reading.facts[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  // Of a run with a final score alone only the result is known, and not when it was reached.
  const isResultOnly = seen.intermediate.length === 0;
  const attempts = scores.map(
    ({ id, time, score }): ReadAttempt => ({ name: id, score: score?.value ?? null, atMs: isResultOnly ? 0 : time === undefined || startedAt === undefined ? undefined : time - startedAt }),
  );
  const run: ReadRun = {
    id: sample === "" ? basename(path) : `${basename(path)} ${sample}`,
    source,
    taskNames: [fact("task")].flatMap((name) => (name === undefined ? [] : [name, name.split("/").at(-1) ?? name])),
    groupName: fact("model") ?? fact("agent") ?? reading.formatTitle,
    kind: "agent",
    limitMs: undefined,
    workedMs: startedAt === undefined || seen.last === undefined || seen.last <= startedAt ? undefined : seen.last - startedAt,
    attempts,
    hasLog: !isResultOnly,
    scale: options.scores ?? "raw",
    constants: undefined,
    aggregate: undefined,
    isViolation,
  };
  collector.run(run);
}
