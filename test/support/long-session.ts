import { createHash, randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "../../src/base";
import type { EntryData, EntryType } from "../../src/sessions";

/** How long and how busy a session has been. */
export interface LongSession {
  readonly attempts: number;
  readonly notes: number;
  /** When the clock was started; UTC, ms. The session ends some minutes before `until`. */
  readonly from: number;
  readonly until: number;
  /** Commits of the workspace, in the order of the attempts; null where none was taken. */
  readonly snapshots?: readonly string[];
  /** Lengths of pauses in ms, spread over the session. */
  readonly pauses?: readonly number[];
}

/**
 * Adds hours of work to the journal of a session that was just created, as it would have been written: attempts whose scores improve with
 * setbacks, every seventh invalid, one lost, notes between them. The chain holds.
 */
export function liveThrough(root: string, { attempts, notes, from, until, snapshots = [], pauses = [] }: LongSession): void {
  const file = join(root, "session.jsonl");
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  const began = Date.parse((JSON.parse(lines[0] ?? "") as { at: string }).at);
  const write = <Type extends EntryType>(at: number, type: Type, data: EntryData<Type>): void => {
    const prev = sha256(lines.at(-1) ?? "");
    lines.push(JSON.stringify({ seq: lines.length, at: new Date(at).toISOString(), mono: Math.max(0, at - began), type, data, prev }));
  };
  const attempt = (number: number, at: number): void => {
    write(at, "attempt.started", { attempt: number, kind: number === 0 ? "start" : "work", run: randomUUID(), snapshot: snapshots[number] ?? null });
    const seconds = 4 + (number % 5);
    const box = { startedAt: at + 200, endedAt: at + seconds * 1000, aheadMs: 12 };
    const file = { bytes: 40 + number, sha256: createHash("sha256").update(String(number)).digest("hex") };
    const files = { "stdout.log": file, "stderr.log": null, "result.json": file };
    if (number === 9) {
      write(box.endedAt, "attempt.lost", { attempt: number, problem: "The box was restarted while it scored." });
    } else if (number > 0 && number % 7 === 3) {
      const text = `results differ at ${number} places`;
      write(box.endedAt + 80, "attempt.finished", { attempt: number, score: null, message: { error: text }, changedTo: null, invalid: { reason: "rejected", text }, box, files });
    } else {
      // From the start's 10 towards 1.6, with setbacks.
      const score = number === 0 ? 10 : 1.6 + 8.2 * Math.exp(-number / (attempts / 3)) + (number % 4 === 0 ? 1.1 : 0);
      write(box.endedAt + 80, "attempt.finished", { attempt: number, score, message: { milliseconds: Math.round(score * 3100) / 1000, device: "H100 80GB" }, changedTo: null, invalid: null, box, files });
    }
  };
  attempt(0, from - 600_000);
  write(from, "clock.started", {});
  const steps = attempts - 1 + notes;
  const paused = pauses.reduce((sum, length) => sum + length, 0);
  const step = (until - from - paused) / (steps + 1);
  let now = from;
  let done = 0;
  for (let index = 0; index < steps; index += 1) {
    now += step;
    const length = pauses.find((_, pause) => index === Math.floor(((pause + 1) * steps) / (pauses.length + 1)));
    if (length !== undefined) {
      write(now, "clock.paused", { reason: "Meal" });
      now += length;
      write(now, "clock.resumed", {});
    }
    const attemptsDue = Math.floor(((index + 1) * (attempts - 1)) / steps);
    if (attemptsDue > done) {
      done = attemptsDue;
      attempt(done, now);
    } else {
      write(now, "note.added", { text: `Idea ${index}: the scan is bound by memory, so fuse the two passes.` });
    }
  }
  writeFileSync(file, `${lines.join("\n")}\n`);
}
