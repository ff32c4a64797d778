import type { EventDraft } from "../event";
import { beside, idOf, type JsonObject, listOf, member, numberOf, objectOf, present, shownText, textOf, timeOf, withoutRecords } from "../json/values";
import { contentText, kindOfRole, messageEvents, toolCall } from "./content";
import type { FirstSight, Format, FormatReader, SourceRecord } from "./format";
import { messagesAnswered } from "./laboratory-messages";
import { type TracedConversation, Traces } from "./traced-conversation";

const isRun = (value: unknown): boolean => typeof member(value, "run_type") === "string" && typeof member(value, "name") === "string" && member(value, "inputs") !== undefined && startOf(value) !== undefined;
const common = { name: "langsmith", title: "LangSmith", order: startOf, read: (): FormatReader => new RunReader() } as const;

/** Runs as LangSmith exports them (https://docs.langchain.com/langsmith/run-data-format): one a line, in a list, in a document's `runs`, or one with those below it as `child_runs`. */
export const langSmith: readonly Format[] = [
  { ...common, records: true, detect: ({ values, isLines }: FirstSight) => isLines && values.some(isRun) },
  { ...common, records: { "*": true }, detect: ({ values, isLines }: FirstSight) => !isLines && listOf(values[0]).some(isRun) },
  { ...common, records: { runs: { "*": true } }, detect: ({ values, isLines }: FirstSight) => !isLines && listOf(member(values[0], "runs")).some(isRun) },
  { ...common, records: { child_runs: { "*": true } }, detect: ({ values, isLines }: FirstSight) => !isLines && isRun(values[0]) },
];

function startOf(run: unknown): number | undefined {
  return timeOf(member(run, "start_time"));
}

/** What events of a run say in a better place than their fields. */
const read = ["id", "trace_id", "parent_run_id", "name", "run_type", "start_time", "end_time", "inputs", "outputs", "error", "child_runs", "dotted_order"] as const;

class RunReader implements FormatReader {
  private readonly traces = new Traces();

  record({ value }: SourceRecord): EventDraft[] | undefined {
    const run = objectOf(value);
    return run === undefined || textOf(run["run_type"]) === undefined ? undefined : this.run(run, 0);
  }

  /** The run that a document is, with those below it taken out. */
  shell(shell: JsonObject): EventDraft[] {
    const rest = withoutRecords(shell);
    return isRun(shell) ? this.events(rest, idOf(shell["trace_id"]) ?? "") : Object.keys(rest).length === 0 ? [] : [{ kind: "state", title: "document", text: "", fields: rest }];
  }

  /** A run and those below it, which may be hostile and nested too deeply. */
  private run(run: JsonObject, depth: number): EventDraft[] {
    const below = listOf(run["child_runs"]).map((child) => objectOf(child) ?? { value: child });
    const trace = idOf(run["trace_id"]) ?? "";
    return [...this.events(run, trace), ...(depth > 200 ? [{ kind: "raw" as const, title: "child_runs", text: shownText(below) }] : below.flatMap((child) => this.run(child, depth + 1)))];
  }

  private events(run: JsonObject, trace: string): EventDraft[] {
    const { sample, conversation } = this.traces.of(trace);
    const [start, end] = [startOf(run), timeOf(run["end_time"])];
    const fields = { ...present({ seconds: start === undefined || end === undefined ? undefined : (end - start) / 1000 }), ...beside(run, ...read) };
    const type = textOf(run["run_type"]);
    const events = type === "llm" ? this.model(run, conversation, fields, end) : type === "tool" ? this.tool(run, conversation, fields, end) : otherEvents(run, fields, end);
    return events.map((event) => ({ ...present({ time: start, sample, span: idOf(run["parent_run_id"]) }), ...event }));
  }

  private model(run: JsonObject, conversation: TracedConversation, fields: JsonObject, end: number | undefined): EventDraft[] {
    const inputs = objectOf(run["inputs"]) ?? {};
    const outputs = objectOf(run["outputs"]) ?? {};
    const events = conversation.sent(sentIn(inputs).map(messageDrafts));
    const answers = answersIn(outputs).flatMap(messageDrafts);
    conversation.answered(answers);
    const [generation] = generationsIn(outputs);
    const usage = objectOf(member(generation, "message", "kwargs", "usage_metadata")) ?? objectOf(outputs["usage_metadata"]) ?? objectOf(outputs["usage"]) ?? usageOfRun(run);
    const model = textOf(member(run, "extra", "metadata", "ls_model_name")) ?? textOf(member(run, "extra", "invocation_params", "model"));
    const rest = { ...beside(inputs, "messages", "prompts"), ...beside(outputs, "generations", "messages", "choices", "content", "output", "role", "tool_calls", "usage", "usage_metadata") };
    const failure = shownText(run["error"]);
    const [first = { kind: "message" as const, title: "no output", text: "" }, ...others] = answers;
    const told = [{ ...first, fields: { ...present({ model, run: textOf(run["name"]), usage, cost: dollarsOf(run["total_cost"]) }), ...rest, ...fields, ...first.fields } }, ...others].map((event) => ({ ...present({ time: end }), ...event }));
    return [...events, ...told, ...(failure === "" ? [] : [{ kind: "error" as const, title: shownText(run["name"]), ...present({ time: end }), text: failure, isError: true }])];
  }

  private tool(run: JsonObject, conversation: TracedConversation, fields: JsonObject, end: number | undefined): EventDraft[] {
    const tool = textOf(run["name"]) ?? "";
    const inputs = objectOf(run["inputs"]);
    const given = inputs !== undefined && Object.keys(inputs).length === 1 ? (inputs["input"] ?? inputs) : run["inputs"];
    const output = objectOf(run["outputs"]);
    const message = objectOf(member(output, "output", "kwargs")) ?? objectOf(output?.["output"]);
    const returned = message?.["content"] ?? output?.["output"] ?? output;
    const failure = shownText(run["error"]);
    const text = [contentText(returned), failure].filter((part) => part !== "").join("\n");
    const result: EventDraft = { kind: "tool-result", tool, ...present({ time: end }), text, isError: failure !== "" || message?.["status"] === "error", fields: { ...beside(message ?? {}, "content", "type", "tool_call_id", "name"), ...(message === undefined ? {} : beside(objectOf(output?.["output"]) ?? {}, "lc", "type", "id", "kwargs", ...Object.keys(message))), ...(output?.["output"] === undefined ? {} : beside(output, "output")) } };
    return conversation.ran({ call: idOf(message?.["tool_call_id"]) ?? idOf(member(run, "extra", "tool_call_id")), begin: toolCall({ id: undefined, tool, arguments: given, fields }), end: output === undefined && failure === "" ? undefined : result }, idOf(run["id"]) ?? "");
  }
}

/** The tokens that LangSmith counted for a run, in the names of OpenAI. */
function usageOfRun(run: JsonObject): JsonObject | undefined {
  const [input, output] = [numberOf(run["prompt_tokens"]), numberOf(run["completion_tokens"])];
  return (input ?? 0) + (output ?? 0) === 0 ? undefined : present({ prompt_tokens: input, completion_tokens: output, cached_tokens: numberOf(member(run, "prompt_token_details", "cache_read")), reasoning_tokens: numberOf(member(run, "completion_token_details", "reasoning")) });
}

/** US dollars, which LangSmith has as text. */
function dollarsOf(value: unknown): number | undefined {
  const dollars = typeof value === "string" ? Number.parseFloat(value) : numberOf(value);
  return dollars === undefined || Number.isNaN(dollars) ? undefined : dollars;
}

/** A chain, a prompt, a parser and whatever else has a name of its own. */
function otherEvents(run: JsonObject, fields: JsonObject, end: number | undefined): EventDraft[] {
  const failure = shownText(run["error"]);
  const title = [run["run_type"], run["name"]].map(shownText).join(" ");
  const begin: EventDraft = { kind: "state", title, text: "", fields: { span: run["id"], parentSpan: run["parent_run_id"] ?? null, begins: true, ...beside({ inputs: run["inputs"], outputs: run["outputs"] }), ...fields } };
  return failure === "" ? [begin] : [begin, { kind: "error", title, ...present({ time: end }), text: failure, isError: true }];
}

function sentIn(inputs: JsonObject): readonly unknown[] {
  const messages = listOf(inputs["messages"]).flatMap((message) => (Array.isArray(message) ? (message as unknown[]) : [message]));
  return [...messages, ...listOf(inputs["prompts"]).map((content) => ({ role: "user", content }))];
}

/** What a run says of a model's call, with messages as most formats have them; undefined where it is of none. */
export function callOfRun(run: JsonObject): { readonly sent: readonly JsonObject[]; readonly answered: readonly JsonObject[] } | undefined {
  return run["run_type"] === "llm" ? { sent: sentIn(objectOf(run["inputs"]) ?? {}).map(plainMessage), answered: answersIn(objectOf(run["outputs"]) ?? {}).map(plainMessage) } : undefined;
}

/** What a model answered: generations of LangChain, or what a laboratory returned. */
function answersIn(outputs: JsonObject): readonly unknown[] {
  const generations = generationsIn(outputs);
  if (generations.length > 0) {
    return generations.map((generation) => ({ role: "assistant", content: member(generation, "text"), ...objectOf(member(generation, "message")), ...beside(objectOf(generation) ?? { generation }, "text", "message", "type") }));
  }
  const output = objectOf(outputs["output"]) ?? listOf(outputs["messages"]).at(-1);
  return output !== undefined ? [output] : typeof outputs["role"] === "string" ? [outputs] : messagesAnswered(outputs);
}

/** The generations of each prompt, one behind the other. */
function generationsIn(outputs: JsonObject): readonly unknown[] {
  return listOf(outputs["generations"]).flatMap((prompt) => (Array.isArray(prompt) ? (prompt as unknown[]) : [prompt]));
}

/** A message of LangChain as its constructor has it, or as it is. */
function plainMessage(value: unknown): JsonObject & { readonly role: string } {
  const given = objectOf(value) ?? { content: value };
  const message = objectOf(given["kwargs"]) ?? objectOf(given["data"]) ?? given;
  const named = textOf(listOf(given["id"]).at(-1)) ?? "";
  const role = textOf(message["role"]) ?? textOf(message["type"]) ?? textOf(given["type"]) ?? named.replace(/Message(Chunk)?$/, "").toLowerCase();
  const around = message === given ? {} : beside(given, "lc", "type", "id", "kwargs", "data", "role", "content");
  const rest = { ...around, ...beside(message, "type", "role", "lc") };
  return { ...rest, content: message["content"] ?? "", role };
}

function messageDrafts(value: unknown): EventDraft[] {
  const message = plainMessage(value);
  const events = kindOfRole(message.role) === "raw" ? undefined : messageEvents(message);
  return events ?? [{ kind: "raw", title: message.role, text: shownText(value) }];
}
