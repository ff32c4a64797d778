import { basename } from "node:path";
import { messageOf } from "../../base";
import { elapsedAt, readJournal, stateOf } from "../../sessions";
import { type Collector, type ReadAttempt, remark, type RunSource } from "../run";
import { notCounted } from "./score-log";

/** Reads a session folder by its journal. A session still running counts with what it has so far. */
export async function readSessionRun(folder: string, isViolation: boolean, collector: Collector): Promise<void> {
  const source: RunSource = { path: folder, part: "" };
  let journal;
  try {
    journal = await readJournal(folder);
  } catch (error) {
    collector.remark(remark("left-out", "file", source, messageOf(error)));
    return;
  }
  const [problem] = journal.problems;
  const state = stateOf(journal.entries);
  if (state === undefined) {
    collector.remark(remark("left-out", "file", source, "its journal does not begin with a session"));
    return;
  }
  if (problem !== undefined) {
    collector.remark(remark("left-out", "run", source, `its journal is damaged: line ${problem.line} ${problem.text}`));
    return;
  }
  if (state.attempts.some(({ outcome }) => outcome.kind === "hidden")) {
    // Counted as it is, it would be a run without a valid attempt, and so a 0.
    collector.remark(remark("left-out", "run", source, "its scores are hidden from its expert, and so from its journal"));
    return;
  }
  const { created, clock } = state;
  const last = Date.parse(journal.entries.at(-1)?.at ?? "");
  const attempts = state.attempts.map(({ number, kind, elapsedMs, outcome }): ReadAttempt => {
    const unfinished = outcome.kind === "running" || outcome.kind === "lost" || outcome.kind === "failed" ? `it has no outcome of the solution's own (${outcome.kind})` : undefined;
    return { name: String(number), atMs: elapsedMs ?? undefined, score: outcome.kind === "scored" ? outcome.score : null, leftOut: notCounted(kind) ?? unfinished };
  });
  collector.run({
    id: created.id,
    source,
    taskNames: [`${created.task.id} (${created.task.profile})`, created.task.id],
    groupName: undefined,
    kind: "expert",
    limitMs: clock.limitMs,
    workedMs: clock.startedAt === null ? undefined : elapsedAt(clock, last),
    attempts,
    hasLog: true,
    scale: "raw",
    constants: { start: created.scoring.start, reference: created.scoring.reference },
    aggregate: created.scoring.aggregate,
    isViolation,
  });
  if (state.submittedAt === null && clock.state !== "expired") {
    collector.remark(remark("note", "run", source, `session ${basename(folder)} is not submitted; it counts with what it has so far`));
  }
}
