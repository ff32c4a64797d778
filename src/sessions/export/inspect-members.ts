/**
 * What each part of a log of Inspect AI has, with null where a session has nothing to say: Inspect's published schema asks for every
 * member, and allows no other (`log-schema.json`, of which `test/fixtures/inspect` has an excerpt).
 */

function nulls(...names: readonly string[]): Readonly<Record<string, null>> {
  return Object.fromEntries(names.map((name) => [name, null]));
}

/** Options for calling a model, of which a session has none. Inspect itself leaves out what is null, its schema does not allow that. */
export const noGenerateConfig = nulls(
  "max_retries", "timeout", "attempt_timeout", "max_connections", "system_message", "max_tokens", "top_p", "temperature", "stop_seqs", "best_of",
  "frequency_penalty", "presence_penalty", "logit_bias", "seed", "top_k", "num_choices", "logprobs", "top_logprobs", "parallel_tool_calls",
  "internal_tools", "max_tool_output", "cache_prompt", "verbosity", "effort", "reasoning_effort", "reasoning_tokens", "reasoning_summary",
  "reasoning_history", "response_schema", "extra_body", "cache", "batch",
);

export const noEvalConfig = nulls(
  "limit", "sample_id", "sample_shuffle", "epochs", "epochs_reducer", "approval", "fail_on_error", "continue_on_fail", "retry_on_error", "message_limit",
  "token_limit", "time_limit", "working_limit", "max_samples", "max_tasks", "max_subprocesses", "max_sandboxes", "sandbox_cleanup", "log_samples",
  "log_realtime", "log_images", "log_buffer", "log_shared", "score_display",
);

export const noEvalSpec = nulls("eval_set_id", "task_file", "task_registry_name", "solver_args", "solver_args_passed", "tags", "sandbox", "model_base_url", "model_roles", "revision", "metrics");

/** What only the whole sample has, not its summary. */
export const noEvalSample = nulls("sandbox", "files", "setup", "invalidation", "error", "error_retries", "limit");

export const noSampleSummary = nulls("error", "limit", "retries");

export const noSample = nulls("choices", "metadata", "sandbox", "files", "setup");

export const noToolCall = nulls("view", "truncated", "error", "completed", "working_time", "agent", "failed", "message_id");

/** Output of a model that was never called. */
export function noOutput(model: string): object {
  return { model, choices: [], completion: "", ...nulls("usage", "time", "metadata", "error") };
}

/** A score as Inspect has it. One without a value would not be JSON (Inspect writes a bare `NaN`), so what has none gets no score. */
export function scoreOf(value: number, explanation: string, metadata: object, answer: string | null = null): object {
  return { value, answer, explanation, metadata, history: [] };
}

/** A time as Inspect writes it, from ISO 8601 or UTC ms. */
export function utc(time: string | number): string {
  return new Date(time).toISOString().replace(/Z$/, "+00:00");
}
