import { messageOf } from "../base";
import { TranscriptError } from "../transcripts";
import { remark } from "./run";
import { findSources, type FoundSource } from "./sources/find-sources";
import { verdictBeside } from "./sources/review";
import { readRunRows } from "./sources/run-rows";
import { readScoreLog } from "./sources/score-log";
import { readSessionRun } from "./sources/session-runs";
import { readTranscriptRuns } from "./sources/transcript-runs";
import { AnalysisError, type StudyFile, type StudySource } from "./study-file";
import { type Study, StudyBuilder } from "./study";

/** How a study's sources are read. */
export interface LoadOptions {
  /** An existing folder for members of archives that are too large for memory. */
  readonly cache: string;
  readonly signal?: AbortSignal;
  /** Called before each file and as its runs are read, with its path, its number among so many, and how many runs have been read by then. */
  readonly progress?: (path: string, number: number, of: number, runs: number) => void;
}

/**
 * Reads all runs of a study and of further files. What cannot be used is in `remarks` with its reason, never an error.
 * @throws {AnalysisError} `nothing` where not one run could be used, `cancelled`
 */
export async function loadStudy(file: StudyFile, paths: readonly string[], options: LoadOptions): Promise<Study> {
  const builder = new StudyBuilder(file);
  const sources: { found: FoundSource; said: Partial<StudySource> }[] = [];
  for (const said of [...file.sources, ...paths.map((path) => ({ path }))]) {
    const { path, format }: StudySource = said;
    sources.push(...(await findSources(path, format, builder)).map((found) => ({ found, said })));
  }
  for (const [index, { found, said }] of sources.entries()) {
    if (options.signal?.aborted === true) {
      throw new AnalysisError("cancelled", "Reading the study was cancelled.");
    }
    const tell = (): void => options.progress?.(found.path, index + 1, sources.length, builder.runCount);
    tell();
    builder.reading(said, tell);
    await readOne(found, said, builder, options);
  }
  const study = builder.build();
  if (study.runs.length === 0) {
    const [first] = study.remarks;
    const why = first === undefined ? "no file was named" : `${first.source.path}${first.source.part === "" ? "" : `, ${first.source.part}`}: ${first.reason}`;
    const more = study.remarks.length > 1 ? ` (and ${study.remarks.length - 1} more)` : "";
    throw new AnalysisError("nothing", `There is no run to compare: ${why}${more}.`);
  }
  return study;
}

async function readOne({ path, format }: FoundSource, said: Partial<StudySource>, builder: StudyBuilder, { cache, signal }: LoadOptions): Promise<void> {
  const { isViolation, unreadable } = await verdictBeside(path);
  for (const review of unreadable) {
    builder.remark(remark("note", "file", { path: review, part: "" }, "it is no review that can be read, so its verdict does not count"));
  }
  try {
    switch (format) {
      case "session":
        await readSessionRun(path, isViolation, builder);
        break;
      case "score-log":
        await readScoreLog(path, said, isViolation, builder, signal);
        break;
      case "runs":
        await readRunRows(path, said, isViolation, builder, signal);
        break;
      case "transcript":
        await readTranscriptRuns(path, said, isViolation, cache, builder, signal);
        break;
    }
  } catch (error) {
    if (error instanceof AnalysisError || (error instanceof TranscriptError && error.reason === "cancelled")) {
      throw new AnalysisError("cancelled", "Reading the study was cancelled.", { cause: error });
    }
    builder.remark(remark("left-out", "file", { path, part: "" }, `it cannot be read: ${messageOf(error)}`));
  }
}
