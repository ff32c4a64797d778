import { isBetter, normalise } from "../tasks";
import { advanceClock, type Clock, elapsedAt, isSameGap, newClock } from "./clock";
import type { EntryData, JournalEntry } from "./journal-entry";

/** One run of the scoring function, as the journal tells it. */
export interface Attempt {
  readonly number: number;
  readonly kind: EntryData<"attempt.started">["kind"];
  readonly run: string;
  readonly snapshot: string | null;
  /** UTC, ms since the epoch. */
  readonly startedAt: number;
  /** Working time when it was started, in ms; null for the starting solution, which is off the clock. */
  readonly elapsedMs: number | null;
  /** Number of the journal entry that it was started with. */
  readonly entry: number;
  /** When its run ended, by our clock (UTC, ms); null while that is not known. */
  readonly ranUntil: number | null;
  /** Whether the workspace was changed while it was scored, so that the snapshot may not be what the score is of. */
  readonly changedWhileScoring: boolean;
  readonly outcome: AttemptOutcome;
}

/** What became of an attempt. */
export type AttemptOutcome =
  | { readonly kind: "running" }
  | {
      readonly kind: "scored";
      readonly score: number;
      readonly normalised: number;
      readonly message: Record<string, unknown>;
      /** UTC, ms. */
      readonly endedAt: number;
      /** By how much it improved on the best normalised score before it; null where it did not. */
      readonly gain: number | null;
    }
  /** It has a score, which the task hides. */
  | { readonly kind: "hidden"; readonly endedAt: number }
  | { readonly kind: "invalid"; readonly reason: string; readonly text: string; readonly endedAt: number }
  | { readonly kind: "lost" | "failed"; readonly text: string; readonly endedAt: number };

/** A research note. */
export interface Note {
  /** UTC, ms. */
  readonly at: number;
  /** Working time then, in ms; null before the clock was started. */
  readonly elapsedMs: number | null;
  /** Number of the journal entry. */
  readonly entry: number;
  /** Markdown. */
  readonly text: string;
}

/** All that a session's journal says, derived entry by entry. */
export interface SessionState {
  readonly created: EntryData<"session.created">;
  /** UTC, ms. */
  readonly createdAt: number;
  readonly clock: Clock;
  /** In the order of their numbers: 0 is the starting solution. */
  readonly attempts: readonly Attempt[];
  /** Number of the attempt that counts as the result so far; null while there is no valid one. */
  readonly best: number | null;
  /** Changes of scoring files that were found. */
  readonly integrityChanges: readonly EntryData<"integrity.changed">[];
  /** Files that both sides had changed, each kept twice. */
  readonly conflicts: readonly EntryData<"sync.conflict">[];
  /** In the order in which they were written. */
  readonly notes: readonly Note[];
  /** What the box had of what the task asks for, when it was last looked at; null before. `at`: UTC, ms. */
  readonly boxCheck: { readonly at: number; readonly report: Record<string, unknown> } | null;
  /** Whether terminals are recorded: what the expert said last; null while nothing was said. */
  readonly consent: boolean | null;
  readonly survey: EntryData<"survey.answered"> | null;
  readonly submittedAt: number | null;
  readonly closed: boolean;
}

/** Replays a journal from its first entry; undefined where it does not begin with `session.created`. */
export function stateOf(entries: readonly JournalEntry[]): SessionState | undefined {
  const [first, ...rest] = entries;
  if (first?.type !== "session.created") {
    return undefined;
  }
  return rest.reduce(advance, newState(first));
}

/** The state of a session whose journal holds only its first entry. */
export function newState(first: JournalEntry<"session.created">): SessionState {
  return {
    created: first.data,
    createdAt: Date.parse(first.at),
    clock: newClock(first.data.timeLimitMinutes * 60_000),
    attempts: [],
    best: null,
    integrityChanges: [],
    conflicts: [],
    notes: [],
    boxCheck: null,
    consent: null,
    survey: null,
    submittedAt: null,
    closed: false,
  };
}

/** The state after one more entry. */
export function advance(state: SessionState, entry: JournalEntry): SessionState {
  const at = Date.parse(entry.at);
  const next = { ...state, clock: advanceClock(state.clock, entry) };
  switch (entry.type) {
    case "attempt.started": {
      const { attempt, kind, run, snapshot } = entry.data;
      const elapsedMs = kind === "start" ? null : elapsedAt(state.clock, at);
      const started: Attempt = { number: attempt, kind, run, snapshot, startedAt: at, elapsedMs, entry: entry.seq, ranUntil: null, changedWhileScoring: false, outcome: { kind: "running" } };
      return { ...next, attempts: [...state.attempts, started] };
    }
    case "attempt.finished": {
      const { attempt, score, message, invalid, hidden, box } = entry.data;
      const changedWhileScoring = entry.data.changedTo !== null;
      const ranUntil = box.endedAt - box.aheadMs;
      const marked = { ...next, attempts: next.attempts.map((one) => (one.number === attempt ? { ...one, changedWhileScoring, ranUntil } : one)) };
      if (hidden !== undefined) {
        const marks = withOutcome(marked, attempt, { kind: "hidden", endedAt: at });
        // Which one is the best is as hidden as the scores are; which one is the last is not.
        return state.created.scoring.aggregate === "last" && isInTime(state, attempt) ? { ...marks, best: attempt } : marks;
      }
      if (score === null) {
        const { reason, text } = invalid ?? { reason: "rejected", text: "The scoring function found the solution invalid." };
        return withOutcome(marked, attempt, { kind: "invalid", reason, text, endedAt: at });
      }
      return scored(marked, attempt, score, message, at);
    }
    case "attempt.lost":
    case "attempt.failed": {
      const kind = entry.type === "attempt.lost" ? "lost" : "failed";
      return withOutcome(next, entry.data.attempt, { kind, text: entry.data.problem, endedAt: at });
    }
    case "integrity.changed":
      return { ...next, integrityChanges: [...state.integrityChanges, entry.data] };
    case "sync.conflict":
      return { ...next, conflicts: [...state.conflicts, entry.data] };
    case "note.added":
      return { ...next, notes: [...state.notes, { at, elapsedMs: state.clock.startedAt === null ? null : elapsedAt(state.clock, at), entry: entry.seq, text: entry.data.text }] };
    case "box.checked":
      return { ...next, boxCheck: { at, report: entry.data.report } };
    case "clock.adjusted": {
      const { addMs, gap } = entry.data;
      const found = state.clock.gaps.find((open) => gap !== undefined && isSameGap(open, gap));
      // What came after the gap was timed as if it had been worked in.
      const retimed = <Timed extends Attempt | Note>(one: Timed): Timed =>
        found === undefined || one.entry < found.entry || one.elapsedMs === null ? one : { ...one, elapsedMs: Math.max(0, one.elapsedMs + addMs) };
      return { ...next, attempts: next.attempts.map(retimed), notes: next.notes.map(retimed) };
    }
    case "recording.consent":
      return { ...next, consent: entry.data.given };
    case "survey.answered":
      return { ...next, survey: entry.data };
    case "session.submitted":
      return { ...next, submittedAt: at };
    case "session.closed":
      return { ...next, closed: true };
    default:
      return next;
  }
}

function scored(state: SessionState, number: number, score: number, message: Record<string, unknown>, at: number): SessionState {
  const { scoring } = state.created;
  const before = scoreOf(state, state.best);
  const inTime = isInTime(state, number);
  const counts = inTime && (scoring.aggregate === "last" || before === null || isBetter(score, before, scoring.direction));
  const normalised = normalise(score, scoring);
  const gain = inTime && before !== null && isBetter(score, before, scoring.direction) ? normalised - normalise(before, scoring) : null;
  const outcome: AttemptOutcome = { kind: "scored", score, normalised, message, endedAt: at, gain };
  return { ...withOutcome(state, number, outcome), best: counts ? number : state.best };
}

/** What was begun after the time was up is on record, and never the result. */
function isInTime(state: SessionState, number: number): boolean {
  return state.attempts.find((one) => one.number === number)?.kind !== "after-time";
}

/** The score of an attempt by its number; null where it has none. */
export function scoreOf(state: SessionState, number: number | null): number | null {
  const attempt = state.attempts.find((one) => one.number === number);
  return attempt?.outcome.kind === "scored" ? attempt.outcome.score : null;
}

function withOutcome(state: SessionState, number: number, outcome: AttemptOutcome): SessionState {
  return { ...state, attempts: state.attempts.map((one) => (one.number === number ? { ...one, outcome } : one)) };
}
