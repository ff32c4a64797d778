import { elapsedAt } from "../clock";
import type { EntryData, JournalEntry } from "../journal-entry";
import { advance, type Attempt, newState, type SessionState } from "../session-state";

/**
 * A session as a log of Inspect AI, version 2 (`inspect_ai.log.EvalLog`): one
 * evaluation with one sample, whose events say what an Inspect log of a human
 * baseline says (the `human_agent` solver): clock and notes as info events,
 * each attempt as a tool event and an intermediate score.
 */
export interface InspectLog {
  readonly start: object;
  readonly header: object;
  readonly summaries: readonly object[];
  readonly sample: object;
  /** Name of the sample's member in the archive. */
  readonly sampleName: string;
}

/** What the log holds beside the journal. */
export interface InspectExtras {
  /** Text of the task's instructions; undefined where they do not lie here. */
  readonly instructions: string | undefined;
  /** What each attempt printed, by its number. */
  readonly output: ReadonlyMap<number, string>;
  /** SHA-256 of the journal's last line. */
  readonly head: string;
}

const scorer = "score";

/** A number as Inspect writes what has no value; it is no JSON, and its readers know it. */
const noScore = Number.NaN;

/** Makes the log from the entries of a journal, the first of which is `session.created`. */
export function inspectLog(first: JournalEntry<"session.created">, entries: readonly JournalEntry[], state: SessionState, { instructions, output, head }: InspectExtras): InspectLog {
  const { created } = state;
  const { task, scoring } = created;
  const model = `human/${created.participant}`;
  const input = instructions ?? task.title;
  const started = new Date(state.clock.startedAt ?? state.createdAt).toISOString();
  const last = entries.at(-1)?.at ?? first.at;
  const result = resultOf(entries, state);
  const spec = {
    eval_id: created.id,
    run_id: created.id,
    created: utc(first.at),
    task: task.id,
    task_id: task.id,
    task_version: task.version,
    task_display_name: task.title,
    task_attribs: {},
    task_args: { profile: task.profile },
    task_args_passed: { profile: task.profile },
    solver: "human_agent",
    dataset: { name: task.id, samples: 1, sample_ids: [task.id], shuffled: false },
    model,
    model_generate_config: {},
    model_args: {},
    config: { epochs: 1, working_limit: Math.round(created.timeLimitMinutes * 60) },
    packages: {},
    metadata: { session: created.id, participant: created.participant, profile: task.profile, scoring, conditions: created.conditions, box: created.box, protection: created.protection, journal_head: head },
    scorers: [{ name: scorer, options: {}, metadata: { unit: scoring.unit, direction: scoring.direction, start: scoring.start, reference: scoring.reference } }],
  };
  const plan = { name: "plan", steps: [{ solver: "human_agent", params: {}, params_passed: {} }], config: {} };
  const scores = result === undefined ? {} : { [scorer]: result.score };
  const completed = state.submittedAt === null ? {} : { completed_at: utc(new Date(state.submittedAt).toISOString()) };
  const end = state.submittedAt ?? Date.parse(last);
  const common = {
    id: task.id,
    epoch: 1,
    input,
    target: "",
    scores,
    metadata: { participant: created.participant, profile: task.profile },
    model_usage: {},
    started_at: utc(started),
    ...completed,
    total_time: (end - Date.parse(started)) / 1000,
    working_time: elapsedAt(state.clock, end) / 1000,
    uuid: created.id,
  };
  const expired = state.clock.state === "expired" || entries.some(({ type }) => type === "clock.expired");
  const message = { id: `${created.id}-instructions`, content: input, source: "input", role: "user" };
  const sample = {
    ...common,
    messages: [message],
    output: { model, choices: [], completion: "" },
    store: humanAgentStore(state, input, result?.answer),
    events: eventsOf(first, entries, state, { task: task.id, input, model, message, output }),
    attachments: {},
    ...(expired ? { limit: { type: "working", limit: created.timeLimitMinutes * 60 } } : {}),
  };
  const summary = { ...common, ...(expired ? { limit: "working" } : {}), completed: state.submittedAt !== null, message_count: 1 };
  const metrics = result?.value === undefined ? {} : { result: metric("result", result.value), normalised: metric("normalised", result.normalised) };
  const header = {
    version: 2,
    status: state.submittedAt === null ? "started" : "success",
    eval: spec,
    plan,
    results: {
      total_samples: 1,
      completed_samples: state.submittedAt === null ? 0 : 1,
      scores: result === undefined ? [] : [{ name: scorer, scorer, scored_samples: result.value === undefined ? 0 : 1, unscored_samples: result.value === undefined ? 1 : 0, params: {}, metrics }],
    },
    stats: { started_at: utc(started), completed_at: state.submittedAt === null ? "" : utc(new Date(state.submittedAt).toISOString()), model_usage: {} },
  };
  return { start: { version: 2, eval: spec, plan }, header, summaries: [summary], sample, sampleName: `samples/${encodeURIComponent(task.id)}_epoch_1.json` };
}

/** The JSON text of a value, with numbers that there are not as Inspect writes them. */
export function inspectJson(value: unknown): string {
  const mark = "\u0000no-number\u0000";
  const text = JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "number" && Number.isNaN(inner) ? mark : typeof inner === "string" && inner === mark ? "" : inner));
  return text.replaceAll(JSON.stringify(mark), "NaN");
}

interface Result {
  readonly score: object;
  readonly value: number | undefined;
  readonly normalised: number;
  readonly answer: string | undefined;
}

/** The score that the session was submitted with; undefined while it is not. */
function resultOf(entries: readonly JournalEntry[], state: SessionState): Result | undefined {
  const submitted = entries.find((entry) => entry.type === "session.submitted");
  if (submitted === undefined) {
    return undefined;
  }
  const attempt = state.attempts.find(({ number }) => number === submitted.data.attempt);
  if (attempt?.outcome.kind !== "scored" || submitted.data.result === null) {
    return { score: { value: noScore, explanation: "No attempt had a valid score." }, value: undefined, normalised: 0, answer: undefined };
  }
  const answer = attempt.snapshot === null ? undefined : `snapshot ${attempt.snapshot}`;
  const score = { value: submitted.data.result, ...(answer === undefined ? {} : { answer }), explanation: `Attempt ${attempt.number} is the result.`, metadata: { attempt: attempt.number, normalised: attempt.outcome.normalised } };
  return { score, value: submitted.data.result, normalised: attempt.outcome.normalised, answer };
}

/** What the `human_agent` solver keeps in a sample's store. Times in s. */
function humanAgentStore(state: SessionState, instructions: string, answer: string | undefined): object {
  const scorings = state.attempts.flatMap((attempt) => (attempt.outcome.kind === "scored" ? [{ time: (attempt.elapsedMs ?? 0) / 1000, scores: [scoreOf(attempt)] }] : []));
  return {
    "HumanAgentState:instructions": instructions,
    "HumanAgentState:running_state": false,
    "HumanAgentState:accumulated_time": state.clock.workedMs / 1000,
    "HumanAgentState:scorings": scorings,
    "HumanAgentState:answer": answer ?? null,
    "HumanAgentState:logs": {},
  };
}

interface EventContext {
  readonly task: string;
  readonly input: string;
  readonly model: string;
  readonly message: object;
  readonly output: ReadonlyMap<number, string>;
}

function eventsOf(first: JournalEntry<"session.created">, entries: readonly JournalEntry[], end: SessionState, context: EventContext): object[] {
  const { task, input, model, message } = context;
  const events: object[] = [
    {
      ...eventBase(first, 0),
      event: "sample_init",
      sample: { input, target: "", id: task },
      state: { messages: [message], tools: [], tool_choice: null, store: {}, output: { model, choices: [], completion: "" }, completed: false, metadata: {} },
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
      const attempt = state.attempts.find(({ number }) => number === entry.data.attempt);
      return attempt === undefined ? [] : [{ ...base, event: "score", score: scoreOf(attempt), target: "", intermediate: true }];
    }
    case "session.submitted": {
      const result = resultOf([entry], state);
      return [clock("submit"), ...(result === undefined ? [] : [{ ...base, event: "score", score: result.score, target: "", intermediate: false }])];
    }
    default:
      return [{ ...base, event: "info", source: "baseliner", data: { type: entry.type, ...entry.data } }];
  }
}

/** An attempt as the call of a tool, at the time it began, with what it printed. */
function toolEvent(attempt: Attempt | undefined, { attempt: number, kind }: EntryData<"attempt.started">, base: EventBase, output: ReadonlyMap<number, string>): object {
  const outcome = attempt?.outcome ?? { kind: "running" };
  const problem = outcome.kind === "lost" || outcome.kind === "failed" ? { error: { type: "unknown", message: outcome.text } } : {};
  const completed = outcome.kind === "running" ? { pending: true } : { completed: utc(new Date(outcome.endedAt).toISOString()) };
  return { ...base, event: "tool", type: "function", id: `attempt-${number}`, function: "score", arguments: { attempt: number, kind }, result: output.get(number) ?? "", events: [], ...problem, ...completed };
}

/** An attempt's score as Inspect has it. */
function scoreOf(attempt: Attempt): object {
  const { outcome, number, kind, snapshot } = attempt;
  const metadata = { attempt: number, kind, snapshot, elapsed_seconds: attempt.elapsedMs === null ? null : attempt.elapsedMs / 1000 };
  if (outcome.kind === "scored") {
    return { value: outcome.score, explanation: JSON.stringify(outcome.message), metadata: { ...metadata, normalised: outcome.normalised } };
  }
  const invalid = outcome.kind === "invalid" ? { invalid: outcome.reason } : {};
  return { value: noScore, explanation: outcome.kind === "running" ? "" : outcome.kind === "hidden" ? "The task hides its scores." : outcome.text, metadata: { ...metadata, ...invalid } };
}

interface EventBase {
  readonly uuid: string;
  readonly timestamp: string;
  /** Working time, in s. */
  readonly working_start: number;
}

function eventBase(entry: JournalEntry, workingStart: number): EventBase {
  return { uuid: `entry-${entry.seq}`, timestamp: utc(entry.at), working_start: workingStart };
}

function metric(name: string, value: number): object {
  return { name, value, params: {} };
}

/** A time as Inspect writes it. */
function utc(iso: string): string {
  return iso.replace(/Z$/, "+00:00");
}
