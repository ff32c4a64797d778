import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { elapsedAt } from "../clock";
import type { JournalContent } from "../journal";
import { attemptFolder } from "../session-folder";
import type { Attempt, SessionState } from "../session-state";

/**
 * The score log in the shape in which RE-Bench's environments keep theirs
 * (`timestamp,score,message,details`; message and details are JSON), with columns of our own behind
 * those. Times are UTC, ISO 8601; a score that there is not is `nan`. Attempts that have no end yet are left out.
 */
export async function scoreLogCsv(root: string, state: SessionState): Promise<string> {
  const rows = [["timestamp", "score", "message", "details", "attempt", "kind", "elapsed_seconds", "normalised", "outcome"]];
  for (const attempt of state.attempts) {
    const { outcome } = attempt;
    if (outcome.kind === "running") {
      continue;
    }
    rows.push([
      new Date(outcome.endedAt).toISOString(),
      outcome.kind === "scored" ? String(outcome.score) : "nan",
      JSON.stringify(messageOf(attempt)),
      JSON.stringify(await detailsOf(root, attempt)),
      String(attempt.number),
      attempt.kind,
      attempt.elapsedMs === null ? "" : String(attempt.elapsedMs / 1000),
      outcome.kind === "scored" ? String(outcome.normalised) : "",
      outcome.kind,
    ]);
  }
  return rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

/** What the expert was told of an attempt. */
export function messageOf({ outcome }: Attempt): Record<string, unknown> {
  switch (outcome.kind) {
    case "scored":
      return outcome.message;
    case "invalid":
      return { error: outcome.text, reason: outcome.reason };
    case "lost":
    case "failed":
      return { error: outcome.text };
    case "running":
      return {};
    case "hidden":
      return { hidden: true };
  }
}

/** What the scoring function left for reviewers, where it lies here. */
async function detailsOf(root: string, attempt: Attempt): Promise<unknown> {
  try {
    const result: unknown = JSON.parse(await readFile(join(attemptFolder(root, attempt.number), "result.json"), "utf8"));
    return typeof result === "object" && result !== null && "details" in result ? result.details : {};
  } catch {
    // None was written, or what was written is no result.
    return {};
  }
}

/** A cell of a CSV file (RFC 4180). */
function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A session as one JSON document: what its journal comes to, and every entry of it. */
export function sessionJson({ entries, lineHashes, problems }: JournalContent, state: SessionState, now: number): string {
  const { created, clock, attempts, ...rest } = state;
  const document = {
    format: "baseliner-session",
    version: 1,
    session: created,
    clock: { state: clock.state, limitMs: clock.limitMs, elapsedMs: elapsedAt(clock, now), startedAt: clock.startedAt, pauses: clock.pauses },
    attempts,
    ...rest,
    journal: { lines: lineHashes.length, head: lineHashes.at(-1) ?? null, problems },
    entries,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
