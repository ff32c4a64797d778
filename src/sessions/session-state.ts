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
  /** Recorded terminals, as paths in the session's folder. `isOpen`: the end of the recording is not on record yet. */
  readonly recordings: readonly { readonly file: string; readonly isOpen: boolean }[];
  /** Which AI assistants the editor had when that was last recorded; null while it was not. */
  readonly assistants: EntryData<"editor.assistants">["assistants"] | null;
  /** Kept states of the workspace, first to last. `at`: UTC, ms. */
  readonly snapshots: readonly { readonly at: number; readonly commit: string; readonly leftOut: readonly string[] }[];
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

/** Replays a journal from its first entry, in time linear in its length; undefined where it does not begin with `session.created`. */
export function stateOf(entries: readonly JournalEntry[]): SessionState | undefined {
  const [first] = entries;
  if (first?.type !== "session.created") {
    return undefined;
  }
  const draft = draftOf(newState(first));
  for (let index = 1; index < entries.length; index += 1) {
    apply(draft, entries[index] as JournalEntry);
  }
  return draft;
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
    snapshots: [],
    recordings: [],
    assistants: null,
    notes: [],
    boxCheck: null,
    consent: null,
    survey: null,
    submittedAt: null,
    closed: false,
  };
}

/** The state after one more entry; the one before stays as it is. */
export function advance(state: SessionState, entry: JournalEntry): SessionState {
  const draft = draftOf(state);
  apply(draft, entry);
  return draft;
}

/** A state whose lists may be added to; what they hold stays as it is. */
type Draft = { -readonly [Name in keyof SessionState]: SessionState[Name] extends readonly (infer Item)[] ? Item[] : SessionState[Name] };

function draftOf(state: SessionState): Draft {
  const { attempts, notes, integrityChanges, conflicts, snapshots, recordings } = state;
  return {
    ...state,
    attempts: [...attempts],
    notes: [...notes],
    integrityChanges: [...integrityChanges],
    conflicts: [...conflicts],
    snapshots: [...snapshots],
    recordings: [...recordings],
  };
}

function apply(draft: Draft, entry: JournalEntry): void {
  const at = Date.parse(entry.at);
  const { clock } = draft;
  draft.clock = advanceClock(clock, entry);
  switch (entry.type) {
    case "attempt.started": {
      const { attempt, kind, run, snapshot } = entry.data;
      const elapsedMs = kind === "start" ? null : elapsedAt(clock, at);
      draft.attempts.push({ number: attempt, kind, run, snapshot, startedAt: at, elapsedMs, entry: entry.seq, ranUntil: null, changedWhileScoring: false, outcome: { kind: "running" } });
      break;
    }
    case "attempt.finished": {
      const { attempt, changedTo, box } = entry.data;
      change(draft, attempt, { changedWhileScoring: changedTo !== null, ranUntil: box.endedAt - box.aheadMs });
      finish(draft, entry.data, at);
      break;
    }
    case "attempt.lost":
    case "attempt.failed": {
      const kind = entry.type === "attempt.lost" ? "lost" : "failed";
      change(draft, entry.data.attempt, { outcome: { kind, text: entry.data.problem, endedAt: at } });
      break;
    }
    case "integrity.changed":
      draft.integrityChanges.push(entry.data);
      break;
    case "sync.conflict":
      draft.conflicts.push(entry.data);
      break;
    case "snapshot.taken":
      draft.snapshots.push({ at, commit: entry.data.commit, leftOut: entry.data.leftOut });
      break;
    case "terminal.opened":
      draft.recordings.push({ file: entry.data.file, isOpen: true });
      break;
    case "terminal.recorded":
      draft.recordings = draft.recordings.map((one) => (one.file === entry.data.file ? { ...one, isOpen: false } : one));
      break;
    case "editor.assistants":
      draft.assistants = entry.data.assistants;
      break;
    case "note.added":
      draft.notes.push({ at, elapsedMs: clock.startedAt === null ? null : elapsedAt(clock, at), entry: entry.seq, text: entry.data.text });
      break;
    case "box.checked":
      draft.boxCheck = { at, report: entry.data.report };
      break;
    case "clock.adjusted": {
      const { addMs, gap } = entry.data;
      const found = clock.gaps.find((open) => gap !== undefined && isSameGap(open, gap));
      // What came after the gap was timed as if it had been worked in.
      const retimed = <Timed extends Attempt | Note>(one: Timed): Timed =>
        found === undefined || one.entry < found.entry || one.elapsedMs === null ? one : { ...one, elapsedMs: Math.max(0, one.elapsedMs + addMs) };
      draft.attempts = draft.attempts.map(retimed);
      draft.notes = draft.notes.map(retimed);
      break;
    }
    case "recording.consent":
      draft.consent = entry.data.given;
      break;
    case "survey.answered":
      draft.survey = entry.data;
      break;
    case "session.submitted":
      draft.submittedAt = at;
      break;
    case "session.closed":
      draft.closed = true;
      break;
    default:
      break;
  }
}

/** What a finished attempt came to. */
function finish(draft: Draft, data: EntryData<"attempt.finished">, endedAt: number): void {
  const { attempt, score, message, invalid, hidden } = data;
  const { scoring } = draft.created;
  const inTime = isInTime(draft, attempt);
  if (hidden !== undefined) {
    change(draft, attempt, { outcome: { kind: "hidden", endedAt } });
    // Which one is the best is as hidden as the scores are; which one is the last is not.
    draft.best = scoring.aggregate === "last" && inTime ? attempt : draft.best;
    return;
  }
  if (score === null) {
    const { reason, text } = invalid ?? { reason: "rejected", text: "The scoring function found the solution invalid." };
    change(draft, attempt, { outcome: { kind: "invalid", reason, text, endedAt } });
    return;
  }
  const before = scoreOf(draft, draft.best);
  const isGain = inTime && before !== null && isBetter(score, before, scoring.direction);
  const normalised = normalise(score, scoring);
  const gain = isGain ? normalised - normalise(before, scoring) : null;
  change(draft, attempt, { outcome: { kind: "scored", score, normalised, message, endedAt, gain } });
  draft.best = inTime && (scoring.aggregate === "last" || before === null || isGain) ? attempt : draft.best;
}

/** What was begun after the time was up is on record, and never the result. */
function isInTime(state: Pick<SessionState, "attempts">, number: number): boolean {
  return attemptOf(state, number)?.kind !== "after-time";
}

/** The score of an attempt by its number; null where it has none. */
export function scoreOf(state: Pick<SessionState, "attempts">, number: number | null): number | null {
  const attempt = number === null ? undefined : attemptOf(state, number);
  return attempt?.outcome.kind === "scored" ? attempt.outcome.score : null;
}

function attemptOf({ attempts }: Pick<SessionState, "attempts">, number: number): Attempt | undefined {
  // They stand at the places of their numbers, except in a journal that was tampered with.
  const there = attempts[number];
  return there?.number === number ? there : attempts.find((one) => one.number === number);
}

function change(draft: Draft, number: number, what: Partial<Attempt>): void {
  const attempt = attemptOf(draft, number);
  if (attempt !== undefined) {
    draft.attempts[draft.attempts.indexOf(attempt, draft.attempts[number] === attempt ? number : 0)] = { ...attempt, ...what };
  }
}

/** Whether the instructions are not to be shown yet, because the assignment hands them out with the clock. */
export function hidesInstructions({ clock, created }: Pick<SessionState, "clock" | "created">): boolean {
  return created.conditions.instructions === "with-clock" && clock.state === "not-started";
}
