import { elapsedAt } from "../clock";
import type { JournalEntry } from "../journal-entry";
import type { SessionState } from "../session-state";
import { eventsOf, intermediateScore, type Result, resultOf } from "./inspect-events";
import { noEvalConfig, noEvalSample, noEvalSpec, noGenerateConfig, noOutput, noSampleSummary, utc } from "./inspect-members";

/**
 * A session as a log of Inspect AI, version 2 (`inspect_ai.log.EvalLog`): one
 * evaluation with one sample, whose events say what an Inspect log of a human
 * baseline says (the `human_agent` solver): clock and notes as info events,
 * each attempt as a tool event and, where it has a score, an intermediate one.
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

/** Makes the log from the entries of a journal, the first of which is `session.created`. */
export function inspectLog(first: JournalEntry<"session.created">, entries: readonly JournalEntry[], state: SessionState, { instructions, output, head }: InspectExtras): InspectLog {
  const { created, submittedAt } = state;
  const { task } = created;
  const model = `human/${created.participant}`;
  const input = instructions ?? task.title;
  const started = state.clock.startedAt ?? state.createdAt;
  const end = submittedAt ?? Date.parse(entries.at(-1)?.at ?? first.at);
  const submission = entries.find((entry) => entry.type === "session.submitted");
  const result = submission === undefined ? undefined : resultOf(submission, state);
  const spec = specOf(state, model, head);
  const plan = { name: "plan", steps: [{ solver: "human_agent", params: {}, params_passed: {} }], finish: null, config: noGenerateConfig };
  const common = {
    id: task.id,
    epoch: 1,
    input,
    choices: null,
    target: "",
    scores: result === undefined ? {} : { [scorer]: result.score },
    metadata: { participant: created.participant, profile: task.profile },
    model_usage: {},
    started_at: utc(started),
    completed_at: submittedAt === null ? null : utc(submittedAt),
    total_time: (end - started) / 1000,
    working_time: elapsedAt(state.clock, end) / 1000,
    uuid: created.id,
  };
  const isExpired = entries.some(({ type }) => type === "clock.expired");
  const message = { id: `${created.id}-instructions`, content: input, source: "input", role: "user", metadata: null, tool_call_id: null };
  const sample = {
    ...noEvalSample,
    ...common,
    messages: [message],
    output: noOutput(model),
    store: humanAgentStore(state, input, result?.answer ?? null),
    events: eventsOf(first, entries, state, { task: task.id, input, model, message, output }),
    attachments: {},
    ...(isExpired ? { limit: { type: "working", limit: created.timeLimitMinutes * 60 } } : {}),
  };
  // Completed is what lies in the archive whole, also of a session that goes on: of anything else Inspect's viewer waits for more, and shows nothing.
  const summary = { ...noSampleSummary, ...common, role_usage: {}, ...(isExpired ? { limit: "working" } : {}), completed: true, message_count: 1 };
  const header = {
    version: 2,
    status: submittedAt === null ? "started" : "success",
    eval: spec,
    plan,
    results: {
      total_samples: 1,
      completed_samples: submittedAt === null ? 0 : 1,
      early_stopping: null,
      scores: submittedAt === null ? [] : [scoresOf(result)],
      metadata: null,
    },
    stats: { started_at: utc(started), completed_at: submittedAt === null ? "" : utc(submittedAt), model_usage: {} },
    error: null,
    invalidated: false,
    tags: [],
    metadata: {},
  };
  return { start: { version: 2, eval: spec, plan }, header, summaries: [summary], sample, sampleName: `samples/${encodeURIComponent(task.id)}_epoch_1.json` };
}

/** The JSON text of a part of the log. Half a surrogate pair is no text to Inspect's reader. */
export function inspectJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "string" ? inner.replace(/\p{Surrogate}/gu, "\u{FFFD}") : inner));
}

function specOf({ created, createdAt }: SessionState, model: string, head: string): object {
  const { task, scoring } = created;
  return {
    ...noEvalSpec,
    eval_id: created.id,
    run_id: created.id,
    created: utc(createdAt),
    task: task.id,
    task_id: task.id,
    task_version: task.version,
    task_display_name: task.title,
    task_attribs: {},
    task_args: { profile: task.profile },
    task_args_passed: { profile: task.profile },
    solver: "human_agent",
    dataset: { name: task.id, location: task.instructions, samples: 1, sample_ids: [task.id], shuffled: false },
    model,
    model_generate_config: noGenerateConfig,
    model_args: {},
    config: { ...noEvalConfig, epochs: 1, working_limit: Math.round(created.timeLimitMinutes * 60) },
    packages: { [task.id]: task.version },
    metadata: { session: created.id, participant: created.participant, profile: task.profile, scoring, conditions: created.conditions, box: created.box, protection: created.protection, journal_head: head },
    scorers: [{ name: scorer, options: {}, metrics: null, metadata: { unit: scoring.unit, direction: scoring.direction, start: scoring.start, reference: scoring.reference } }],
  };
}

/** The scorer's results, of a session that was submitted. */
function scoresOf(result: Result | undefined): object {
  const values = result === undefined ? [] : [["result", result.value] as const, ["normalised", result.normalised] as const];
  const metrics = Object.fromEntries(values.filter(([, value]) => Number.isFinite(value)).map(([name, value]) => [name, { name, value, params: {}, metadata: null }]));
  return { name: scorer, scorer, reducer: null, scored_samples: result === undefined ? 0 : 1, unscored_samples: result === undefined ? 1 : 0, params: {}, metrics, metadata: null };
}

/** What the `human_agent` solver keeps in a sample's store. Times in s. */
function humanAgentStore(state: SessionState, instructions: string, answer: string | null): object {
  const scorings = state.attempts.flatMap((attempt) => {
    const score = intermediateScore(attempt);
    return score === undefined ? [] : [{ time: (attempt.elapsedMs ?? 0) / 1000, scores: [score] }];
  });
  return {
    "HumanAgentState:instructions": instructions,
    "HumanAgentState:running_state": false,
    "HumanAgentState:accumulated_time": state.clock.workedMs / 1000,
    "HumanAgentState:scorings": scorings,
    "HumanAgentState:answer": answer,
    "HumanAgentState:logs": {},
  };
}
