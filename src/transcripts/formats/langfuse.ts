import type { EventDraft } from "../event";
import { beside, idOf, isEmpty, type JsonObject, listOf, member, numberOf, objectOf, parsedOf, present, shownText, textOf, timeOf, withoutRecords } from "../json/values";
import { contentText, messageEvents, toolCall } from "./content";
import type { FirstSight, Format, FormatReader, SourceRecord } from "./format";
import { messagesAnswered, messagesSent } from "./laboratory-messages";
import { type TracedConversation, Traces } from "./traced-conversation";

const kinds = /^(SPAN|GENERATION|EVENT|AGENT|TOOL|CHAIN|RETRIEVER|EVALUATOR|EMBEDDING|GUARDRAIL)$/;
const isObservation = (value: unknown): boolean => kinds.test(textOf(member(value, "type")) ?? "") && typeof member(value, "id") === "string" && startOf(value) !== undefined;
const isTrace = (value: unknown): boolean => listOf(member(value, "observations")).some(isObservation);
const observations = { observations: { "*": true } } as const;
const common = { name: "langfuse", title: "Langfuse", order: startOf, read: (): FormatReader => new ObservationReader() } as const;

/** Traces of Langfuse, as its interface returns them and as they are exported (https://langfuse.com/docs/observability/data-model): traces with their observations, or observations alone. */
export const langfuse: readonly Format[] = [
  { ...common, records: observations, detect: ({ values }: FirstSight) => values.some(isTrace), facts: (trace) => ({ trace: idOf(member(trace, "id")) ?? null, name: textOf(member(trace, "name")) ?? null, session: idOf(member(trace, "sessionId")) ?? null }) },
  { ...common, records: { "*": observations }, detect: ({ values, isLines }: FirstSight) => !isLines && listOf(values[0]).some(isTrace) },
  { ...common, records: { data: { "*": observations } }, detect: ({ values, isLines }: FirstSight) => !isLines && listOf(member(values[0], "data")).some(isTrace) },
  { ...common, records: { data: { "*": true } }, detect: ({ values, isLines }: FirstSight) => !isLines && listOf(member(values[0], "data")).some(isObservation) },
  { ...common, records: { "*": true }, detect: ({ values, isLines }: FirstSight) => !isLines && listOf(values[0]).some(isObservation) },
  { ...common, records: true, detect: ({ values, isLines }: FirstSight) => isLines && values.some(isObservation) },
];

function startOf(observation: unknown): number | undefined {
  return timeOf(member(observation, "startTime"));
}

/** What events of an observation say in a better place than their fields. */
const read = ["id", "traceId", "parentObservationId", "type", "name", "startTime", "endTime", "input", "output"] as const;

class ObservationReader implements FormatReader {
  private readonly traces = new Traces();

  record({ value, path }: SourceRecord): EventDraft[] | undefined {
    const observation = objectOf(value);
    if (observation === undefined || !isObservation(value)) {
      return undefined;
    }
    // Some exports leave out of which trace it is where that stands around it.
    const { sample, conversation } = this.traces.of(idOf(observation["traceId"]) ?? path.slice(0, -2).join("."));
    const [start, end] = [startOf(observation), timeOf(observation["endTime"])];
    const fields = { ...present({ seconds: start === undefined || end === undefined ? undefined : (end - start) / 1000 }), ...beside(observation, ...read, ...(isStatusTold(observation) ? ["statusMessage"] : [])) };
    const events = this.events({ observation, conversation, fields, end });
    return events.map((event) => ({ ...present({ time: start, sample, span: idOf(observation["parentObservationId"]) }), ...event }));
  }

  /** What a trace, or each of a page of them, says beside its observations: what it was begun with and came to, and its scores. */
  shell(shell: JsonObject): EventDraft[] {
    const pages = listOf(shell["data"]).map(objectOf).filter((trace) => trace?.["observations"] !== undefined);
    if (pages.length === 0) {
      return this.trace(shell);
    }
    const rest = beside(shell, "data");
    return [...pages.flatMap((trace) => this.trace(trace ?? {})), ...(isEmpty(rest) ? [] : [{ kind: "state" as const, title: "page", text: "", fields: rest }])];
  }

  private trace(shell: JsonObject): EventDraft[] {
    const { scores, ...rest } = withoutRecords(shell);
    const trace = beside(rest, "observations");
    const sample = present({ sample: this.traces.sampleOf(idOf(rest["id"]) ?? "") });
    const state: EventDraft = { kind: "state", title: ["trace", textOf(rest["name"]) ?? ""].join(" ").trim(), ...sample, ...present({ time: timeOf(rest["timestamp"]) }), text: "", fields: trace };
    return [...(isEmpty(trace) ? [] : [state]), ...listOf(scores).map((score) => ({ ...sample, ...scoreEvent(score) }))];
  }

  private events(given: Given): EventDraft[] {
    const { observation } = given;
    const type = textOf(observation["type"]);
    const name = textOf(observation["name"]) ?? "";
    const failure = failureOf(observation);
    if (type === "GENERATION") {
      return this.model(given, failure);
    }
    if (type === "TOOL") {
      return this.tool(given, failure);
    }
    const said = beside({ input: observation["input"] ?? undefined, output: observation["output"] ?? undefined });
    const title = [textOf(type)?.toLowerCase() ?? "", name].join(" ").trim();
    const begin: EventDraft = type === "EVENT" ? { kind: "note", title, text: shownText(observation["statusMessage"]), fields: { ...said, ...given.fields } } : { kind: "state", title, text: "", fields: { span: observation["id"], parentSpan: observation["parentObservationId"] ?? null, begins: true, ...said, ...given.fields } };
    return failure === undefined ? [begin] : [begin, { kind: "error", title, ...present({ time: given.end }), text: failure, isError: true }];
  }

  private model({ observation, conversation, fields, end }: Given, failure: string | undefined): EventDraft[] {
    const sent = messagesIn(observation["input"], "user");
    const events = conversation.sent(sent.map(drafts));
    const answers = messagesIn(observation["output"], "assistant").flatMap(drafts);
    conversation.answered(answers);
    const around = { ...beside({ request: aroundOf(observation["input"], ...readOfRequests) }), ...beside({ response: aroundOf(observation["output"], ...readOfAnswers) }) };
    const facts = present({ model: textOf(observation["model"]) ?? textOf(observation["providedModelName"]), run: textOf(observation["name"]), usage: usageOf(observation), cost: costOf(observation) });
    const [first = { kind: "message" as const, title: sent.length > 0 ? "no output" : "not recorded", text: "" }, ...others] = answers;
    const told = [{ ...first, fields: { ...facts, ...fields, ...around, ...first.fields } }, ...others].map((event) => ({ ...present({ time: end }), ...event }));
    return [...events, ...told, ...(failure === undefined ? [] : [{ kind: "error" as const, title: shownText(observation["name"]), ...present({ time: end }), text: failure, isError: true }])];
  }

  private tool({ observation, conversation, fields, end }: Given, failure: string | undefined): EventDraft[] {
    const tool = textOf(observation["name"]) ?? "";
    const output = observation["output"];
    const text = [outputText(output), failure ?? ""].filter((part) => part !== "").join("\n");
    const isRecorded = (output !== undefined && output !== null) || failure !== undefined;
    const result: EventDraft = { kind: "tool-result", tool, ...present({ time: end }), title: isRecorded ? "" : "not recorded", text, isError: failure !== undefined };
    const call = idOf(member(output, "tool_call_id")) ?? idOf(member(observation["input"], "id")) ?? idOf(member(observation["metadata"], "tool_call_id"));
    return conversation.ran({ call, begin: toolCall({ id: undefined, tool, arguments: observation["input"] ?? undefined, fields }), end: isRecorded || end !== undefined ? result : undefined, isRecorded }, idOf(observation["id"]) ?? "");
  }
}

interface Given {
  readonly observation: JsonObject;
  readonly conversation: TracedConversation;
  readonly fields: JsonObject;
  readonly end: number | undefined;
}

/** Whether an event has the status as its text. */
const isStatusTold = ({ level, type }: JsonObject): boolean => level === "ERROR" || type === "EVENT";

function failureOf(observation: JsonObject): string | undefined {
  return observation["level"] === "ERROR" ? shownText(observation["statusMessage"]) || "error" : undefined;
}

/** What a tool returned: text, parts of a message, or a value. */
function outputText(output: unknown): string {
  return Array.isArray(output) && output.every((part) => typeof member(part, "type") === "string") ? contentText(output) : shownText(output);
}

/** The messages in what a model was sent or answered, which may be a list of them, a request or an answer around them, one, or a text. */
function messagesIn(value: unknown, role: string): readonly unknown[] {
  const given = typeof value === "string" ? (parsedOf(value) ?? value) : value;
  if (given === undefined || given === null || given === "") {
    return [];
  }
  if (Array.isArray(given)) {
    return given.some((element) => typeof member(element, "role") === "string") ? (given as unknown[]) : [{ role, content: given }];
  }
  const object = objectOf(given);
  if (object === undefined) {
    return [{ role, content: shownText(given) }];
  }
  if (typeof object["role"] === "string") {
    return [object];
  }
  const inside = role === "user" ? (messagesSent(object) ?? []) : messagesAnswered(object);
  return inside.length > 0 ? inside : [{ role, content: shownText(object) }];
}

const readOfRequests = ["messages", "system", "instructions", "input"] as const;
const readOfAnswers = ["choices", "content", "output"] as const;

/** What stands around messages in a request or an answer, such as the tools that were offered. */
function aroundOf(value: unknown, ...names: readonly string[]): JsonObject | undefined {
  const object = objectOf(typeof value === "string" ? parsedOf(value) : value);
  return object === undefined || typeof object["role"] === "string" || !names.some((name) => object[name] !== undefined) ? undefined : beside(object, ...names);
}

function drafts(value: unknown): EventDraft[] {
  return messageEvents(value) ?? [{ kind: "raw", text: shownText(value) }];
}

/** What an observation says of a model's call; undefined where it is of none. */
export function callOfObservation(observation: JsonObject): { readonly sent: readonly JsonObject[]; readonly answered: readonly JsonObject[]; readonly tools: readonly unknown[] | undefined } | undefined {
  const { input } = observation;
  const tools = member(typeof input === "string" ? parsedOf(input) : input, "tools");
  const objects = (values: readonly unknown[]): JsonObject[] => values.map(objectOf).filter((value) => value !== undefined);
  return observation["type"] === "GENERATION" ? { sent: objects(messagesIn(input, "user")), answered: objects(messagesIn(observation["output"], "assistant")), tools: Array.isArray(tools) ? (tools as unknown[]) : undefined } : undefined;
}

/** The tokens by the names that most formats have for them. What was read from a cache stands beside the input, by Langfuse's own count. */
function usageOf({ usageDetails, usage }: JsonObject): JsonObject | undefined {
  const details = objectOf(usageDetails);
  const [input, output] = [numberOf(details?.["input"]) ?? numberOf(member(usage, "input")) ?? numberOf(member(usage, "promptTokens")), numberOf(details?.["output"]) ?? numberOf(member(usage, "output")) ?? numberOf(member(usage, "completionTokens"))];
  const cached = ["input_cached_tokens", "cache_read_input_tokens", "input_cache_read"].map((name) => numberOf(details?.[name])).find((count) => count !== undefined);
  return (input ?? 0) + (output ?? 0) === 0 ? undefined : present({ prompt_tokens: (input ?? 0) + (cached ?? 0), completion_tokens: output, cached_tokens: cached });
}

/** US dollars. */
function costOf(observation: JsonObject): number | undefined {
  return numberOf(member(observation["costDetails"], "total")) ?? numberOf(observation["totalCost"]) ?? numberOf(observation["calculatedTotalCost"]);
}

function scoreEvent(value: unknown): EventDraft {
  const score = objectOf(value) ?? {};
  const given = score["value"];
  const text = textOf(score["stringValue"]) ?? shownText(given);
  return { kind: "score", title: shownText(score["name"]), ...present({ time: timeOf(score["timestamp"]) }), text: shownText(score["comment"]), score: { name: shownText(score["name"]), value: numberOf(given) ?? null, ...(numberOf(given) === undefined ? { text } : {}), isFinal: true }, fields: beside(score, "name", "value", "comment", "timestamp") };
}
