import { type AttemptLog, type ReadAttempt, type Remark, remark, type RunSource } from "./run";

/**
 * The attempts that count, in the order of their times. Left out, and said so: those without a time, before the
 * clock was started or past the limit. An infinite score is no measurement: such an attempt counts as invalid.
 *
 * @param limitMs the run's time budget; attempts at the very limit count
 */
export function attemptLog(read: readonly ReadAttempt[], limitMs: number, source: RunSource): { log: AttemptLog; remarks: Remark[] } {
  const remarks: Remark[] = [];
  const kept: { name: string; atMs: number; score: number }[] = [];
  for (const [index, { name = String(index + 1), atMs, score, leftOut }] of read.entries()) {
    const reason = leftOut ?? unusable(atMs, limitMs);
    if (reason !== undefined || atMs === undefined) {
      remarks.push(remark("left-out", "attempt", source, reason ?? "it has no time", name));
      continue;
    }
    const value = score ?? NaN;
    if (!Number.isFinite(value) && !Number.isNaN(value)) {
      remarks.push(remark("note", "attempt", source, "its score is infinite, so it counts as an invalid attempt", name));
    }
    kept.push({ name, atMs, score: Number.isFinite(value) ? value : NaN });
  }
  if (kept.some((attempt, index) => attempt.atMs < (kept[index - 1]?.atMs ?? 0))) {
    remarks.push(remark("note", "run", source, "its attempts were not in the order of their times and were put so"));
    kept.sort((one, other) => one.atMs - other.atMs);
  }
  // Where all count in the order that they were read in, their places are their names.
  const areNamed = kept.length < read.length || kept.some(({ name }, index) => name !== String(index + 1));
  return {
    log: { atMs: Float64Array.from(kept, ({ atMs }) => atMs), scores: Float64Array.from(kept, ({ score }) => score), names: areNamed ? kept.map(({ name }) => name) : undefined },
    remarks,
  };
}

function unusable(atMs: number | undefined, limitMs: number): string | undefined {
  if (atMs === undefined || !Number.isFinite(atMs)) {
    return "it has no time";
  }
  if (atMs < 0) {
    return "it lies before the clock was started";
  }
  return atMs > limitMs ? "it lies past the run's time limit" : undefined;
}

/** The part of a log up to a moment, that moment included. */
export function until(log: AttemptLog, atMs: number): AttemptLog {
  const end = log.atMs.findIndex((time) => time > atMs);
  return end < 0 ? log : { atMs: log.atMs.subarray(0, end), scores: log.scores.subarray(0, end), names: log.names?.slice(0, end) };
}
