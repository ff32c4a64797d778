import { elapsedAt } from "../clock";
import type { EntryData, JournalEntry } from "../journal-entry";
import { advance, type Attempt, newState, type SessionState } from "../session-state";
import { noOutput, noSample, noToolCall, scoreOf, utc } from "./inspect-members";

/** What the events say beside what the journal does. */
export interface EventContext {
  readonly task: string;
  readonly input: string;
  readonly model: string;
  /** The message with the instructions. */
  readonly message: object;
  /** What each attempt printed, by its number. */
  readonly output: ReadonlyMap<number, string>;
}

/** A journal's entries as events of an Inspect log. `end` is what they come to. */
export function eventsOf(first: JournalEntry<"session.created">, entries: readonly JournalEntry[], end: SessionState, context: EventContext): object[] {
  const { task, input, model, message } = context;
  const events: object[] = [
    {
      ...eventBase(first, 0),
      event: "sample_init",
      sample: { ...noSample, input, target: "", id: task },
      state: { messages: [message], tools: [], tool_choice: null, store: {}, output: noOutput(model), completed: false, metadata: {} },
    },
  ];
  let state = newState(first);
  for (const entry of entries.slice(1)) {
    state = advance(state, entry);
    const base = eventBase(entry, elapsedAt(state.clock, Date.parse(entry.at)) / 1000);
    events.push(...eventsOfEntry(entry, base, state, end, context));
  }
  return events;
}

function eventsOfEntry(entry: JournalEntry, base: EventBase, state: SessionState, end: SessionState, { output }: EventContext): object[] {
  const human = (data: unknown): object => ({ ...base, event: "info", source: "human_agent", data });
  const clock = (action: string, more: object = {}): object => human({ action, total_time: base.working_start, ...more });
  const score = (what: object, isIntermediate: boolean): object => ({ ...base, event: "score", score: what, target: "", intermediate: isIntermediate, model_usage: null });
  switch (entry.type) {
    case "clock.started":
    case "clock.resumed":
      return [clock("start")];
    case "clock.paused":
      return [clock("stop", { reason: entry.data.reason })];
    case "clock.adjusted":
      return [clock("adjust", { add_seconds: entry.data.addMs / 1000, reason: entry.data.reason })];
    case "clock.expired":
      return [clock("stop", { reason: "the time is up" })];
    case "note.added":
      return [human(entry.data.text)];
    case "attempt.started":
      return [toolEvent(end.attempts.find(({ number }) => number === entry.data.attempt), entry.data, base, output)];
    case "attempt.finished": {
      const found = intermediateScore(state.attempts.find(({ number }) => number === entry.data.attempt));
      return found === undefined ? [] : [score(found, true)];
    }
    case "session.submitted": {
      const result = resultOf(entry, state);
      return result === undefined ? [clock("submit", { explanation: whyNoResult(state) })] : [clock("submit"), score(result.score, false)];
    }
    default:
      return [{ ...base, event: "info", source: "baseliner", data: { type: entry.type, ...entry.data } }];
  }
}

/**
 * An attempt as the call of a tool, at the time it began. Why it has no score stands behind what it printed: where a call has an error,
 * Inspect's viewer shows that instead.
 */
function toolEvent(attempt: Attempt | undefined, { attempt: number, kind, snapshot }: EntryData<"attempt.started">, base: EventBase, output: ReadonlyMap<number, string>): object {
  const outcome = attempt?.outcome ?? ({ kind: "running" } as const);
  const isFailed = outcome.kind === "invalid" || outcome.kind === "lost" || outcome.kind === "failed";
  const reason = outcome.kind === "invalid" ? { reason: outcome.reason } : {};
  const printed = (output.get(number) ?? "").trimEnd();
  const more = isFailed ? outcome.text : outcome.kind === "hidden" ? scoreIsHidden : "";
  return {
    ...base,
    ...noToolCall,
    metadata: { attempt: number, kind, snapshot, outcome: outcome.kind, ...reason },
    event: "tool",
    type: "function",
    id: `attempt-${number}`,
    function: "score",
    arguments: { attempt: number, kind },
    result: [printed, more].filter(Boolean).join("\n\n"),
    events: [],
    ...(isFailed ? { failed: true } : {}),
    ...(outcome.kind === "running" ? { pending: true } : { completed: utc(outcome.endedAt) }),
  };
}

const scoreIsHidden = "The score is hidden from the expert.";

/** An attempt's score; undefined where it has none. */
export function intermediateScore(attempt: Attempt | undefined): object | undefined {
  if (attempt?.outcome.kind !== "scored") {
    return undefined;
  }
  const { outcome, number, kind, snapshot, elapsedMs } = attempt;
  return scoreOf(outcome.score, JSON.stringify(outcome.message), { attempt: number, kind, snapshot, elapsed_seconds: elapsedMs === null ? null : elapsedMs / 1000, normalised: outcome.normalised });
}

/** What a session was submitted with. */
export interface Result {
  readonly score: object;
  readonly value: number;
  readonly normalised: number;
  readonly answer: string | null;
}

/** The score that a session was submitted with; undefined where there is none. */
export function resultOf({ data }: JournalEntry<"session.submitted">, state: SessionState): Result | undefined {
  const attempt = state.attempts.find(({ number }) => number === data.attempt);
  if (attempt?.outcome.kind !== "scored" || data.result === null) {
    return undefined;
  }
  const { number, outcome, snapshot } = attempt;
  const answer = snapshot === null ? null : `snapshot ${snapshot}`;
  return { score: scoreOf(data.result, `Attempt ${number} is the result.`, { attempt: number, normalised: outcome.normalised }, answer), value: data.result, normalised: outcome.normalised, answer };
}

function whyNoResult({ attempts }: SessionState): string {
  return attempts.some(({ outcome }) => outcome.kind === "hidden") ? scoreIsHidden : "No attempt had a valid score.";
}

interface EventBase {
  readonly uuid: string;
  readonly span_id: null;
  readonly timestamp: string;
  /** Working time, in s. */
  readonly working_start: number;
  readonly metadata: null;
  readonly pending: null;
}

function eventBase({ seq, at }: JournalEntry, workingStart: number): EventBase {
  return { uuid: `entry-${seq}`, span_id: null, timestamp: utc(at), working_start: workingStart, metadata: null, pending: null };
}
