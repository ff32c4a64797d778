import type { JournalEntry } from "./journal-entry";

/** Where a session's clock stands, as its journal tells it. Times in ms. */
export interface Clock {
  readonly state: "not-started" | "running" | "paused" | "expired" | "submitted";
  readonly limitMs: number;
  /** UTC, ms since the epoch; null before the start. */
  readonly startedAt: number | null;
  /** Working time up to `since`, without pauses, with adjustments. */
  readonly workedMs: number;
  /** When the running stretch began (UTC, ms); null where the clock does not run. */
  readonly since: number | null;
  readonly pauses: readonly Pause[];
}

/** A stretch in which the clock stood still. UTC, ms; `until` is null while it lasts. */
export interface Pause {
  readonly from: number;
  readonly until: number | null;
  readonly reason: string;
}

/** The clock of a session that has not begun. */
export function newClock(limitMs: number): Clock {
  return { state: "not-started", limitMs, startedAt: null, workedMs: 0, since: null, pauses: [] };
}

/** The clock after one more journal entry. Entries that say nothing about time leave it as it is. */
export function advanceClock(clock: Clock, entry: JournalEntry): Clock {
  const at = Date.parse(entry.at);
  switch (entry.type) {
    case "clock.started":
      return { ...clock, state: "running", startedAt: at, since: at };
    case "clock.paused":
      return {
        ...stopped(clock, at),
        state: "paused",
        pauses: [...clock.pauses, { from: at, until: null, reason: entry.data.reason }],
      };
    case "clock.resumed":
      return { ...clock, state: "running", since: at, pauses: endPause(clock.pauses, at) };
    case "clock.adjusted":
      return { ...clock, workedMs: clock.workedMs + entry.data.addMs };
    case "clock.expired":
      return { ...stopped(clock, at), workedMs: clock.limitMs, state: "expired" };
    case "session.submitted":
      return { ...stopped(clock, at), state: "submitted", pauses: endPause(clock.pauses, at) };
    default:
      return clock;
  }
}

/** Working time at a moment (UTC, ms), never below 0 and never over the limit. */
export function elapsedAt(clock: Clock, now: number): number {
  const running = clock.since === null ? 0 : Math.max(0, now - clock.since);
  return Math.min(clock.limitMs, Math.max(0, clock.workedMs + running));
}

/** Working time left at a moment (UTC, ms). */
export function remainingAt(clock: Clock, now: number): number {
  return clock.limitMs - elapsedAt(clock, now);
}

function stopped(clock: Clock, at: number): Clock {
  return { ...clock, workedMs: elapsedAt(clock, at), since: null };
}

function endPause(pauses: readonly Pause[], at: number): Pause[] {
  return pauses.map((pause) => (pause.until === null ? { ...pause, until: at } : pause));
}
