import type { EventDraft } from "../event";
import { beside, idOf, type JsonObject, listOf, member, numberOf, objectOf, present, setMember, shownText, textOf, withoutRecords } from "../json/values";
import { messageEvents, toolCall } from "./content";
import type { FirstSight, Format, FormatReader, SourceRecord } from "./format";
import { flatAnswered, flatSent, isOfAgent, isOfModel, modelIn, ranTool, structured, toolAttributes, withoutMessages } from "./span-attributes";
import { type TracedConversation, Traces } from "./traced-conversation";

const scopes = (value: unknown): readonly unknown[] => listOf(member(value, "resourceSpans")).flatMap((resource) => [...listOf(member(resource, "scopeSpans")), ...listOf(member(resource, "instrumentationLibrarySpans"))]);
const isExport = (value: unknown): boolean => listOf(member(value, "resourceSpans")).length > 0 && scopes(value).length > 0;
/** One span of a generative model or an agent, as exporters print it. */
const isSpan = (value: unknown): boolean => startOf(value) !== undefined && isOfAgent(attributesOf(value));
const spans = { spans: { "*": true } } as const;
const common = { name: "otel", title: "OpenTelemetry", order: startOf, read: (): FormatReader => new SpanReader() } as const;

/**
 * Traces of OpenTelemetry as JSON: what is exported as OTLP, or a span a line or in a list. What models and tools say stands in the
 * attributes of the semantic conventions for generative AI (https://opentelemetry.io/docs/specs/semconv/gen-ai/, CC BY 4.0) of 1.37 and later, or in those of OpenLLMetry and OpenInference,
 * which have one for each part of each message.
 */
export const openTelemetry: readonly Format[] = [
  { ...common, records: { resourceSpans: { "*": { scopeSpans: { "*": spans }, instrumentationLibrarySpans: { "*": spans } } } }, detect: ({ values }: FirstSight) => values.some(isExport) },
  { ...common, records: { "*": true }, detect: ({ values, isLines }: FirstSight) => !isLines && listOf(values[0]).some(isSpan) },
  { ...common, records: true, detect: ({ values, isLines }: FirstSight) => isLines && values.some(isSpan) },
];

/** A time of a span in ms: OTLP has nanoseconds, which JSON has as text; OpenTelemetry's library for JavaScript has seconds and nanoseconds. */
function timeIn(value: unknown): number | undefined {
  if (Array.isArray(value)) {
    const [seconds, nanoseconds] = value.map(numberOf);
    return seconds === undefined || nanoseconds === undefined ? undefined : seconds * 1000 + Math.floor(nanoseconds / 1e6);
  }
  const nanoseconds = typeof value === "string" && /^\d{10,20}$/.test(value) ? Number(value) : numberOf(value);
  if (nanoseconds !== undefined) {
    return Math.floor(nanoseconds / 1e6);
  }
  const time = typeof value === "string" ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? undefined : time;
}

function startOf(span: unknown): number | undefined {
  return timeIn(member(span, "startTimeUnixNano") ?? member(span, "start_time") ?? member(span, "startTime"));
}

/** Attributes by their names: OTLP has a list of keys with values that say of which type they are. */
function attributesOf(holder: unknown): JsonObject {
  const given = member(holder, "attributes");
  if (!Array.isArray(given)) {
    return objectOf(given) ?? {};
  }
  const attributes: Record<string, unknown> = {};
  for (const attribute of given as readonly unknown[]) {
    setMember(attributes, textOf(member(attribute, "key")) ?? "", plainValue(member(attribute, "value")));
  }
  return attributes;
}

function plainValue(value: unknown): unknown {
  const typed = objectOf(value);
  if (typed === undefined) {
    return value;
  }
  const whole = typed["intValue"];
  if (whole !== undefined) {
    return typeof whole === "string" && Number.isSafeInteger(Number(whole)) ? Number(whole) : whole;
  }
  const list = objectOf(typed["arrayValue"]);
  const map = objectOf(typed["kvlistValue"]);
  return list !== undefined ? listOf(list["values"]).map(plainValue) : map !== undefined ? attributesOf({ attributes: map["values"] }) : (typed["stringValue"] ?? typed["boolValue"] ?? typed["doubleValue"] ?? typed["bytesValue"] ?? value);
}

/** Attributes that events say in a better place than their fields. */
const read = ["gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions", "gen_ai.tool.name", "gen_ai.tool.call.id", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "gen_ai.agent.name"] as const;
/** The same of what a call took. */
const readOfUsage = ["gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "llm.token_count.prompt", "llm.token_count.completion"] as const;

/** What the conventions call calls of models. */
const modelOperations = new Set(["chat", "text_completion", "generate_content"]);

interface Span {
  readonly id: string;
  readonly name: string;
  readonly attributes: JsonObject;
  /** What events of it say beside the rest: the attributes that are not read, links, events, how long it took. */
  readonly fields: JsonObject;
  readonly start: number | undefined;
  readonly end: number | undefined;
  /** What was said in its trace so far. */
  readonly conversation: TracedConversation;
  /** What it says of its failure, if it failed. */
  readonly failure: string | undefined;
}

class SpanReader implements FormatReader {
  private readonly traces = new Traces();
  /** The agent that a span is part of. */
  private readonly agents = new Map<string, string>();

  record({ value }: SourceRecord): EventDraft[] | undefined {
    const record = objectOf(value);
    const id = idOf(record?.["spanId"]) ?? idOf(record?.["span_id"]) ?? idOf(member(record, "context", "span_id"));
    if (record === undefined || id === undefined) {
      return record === undefined ? undefined : metricEvents(record);
    }
    const parent = idOf(record["parentSpanId"]) ?? idOf(record["parent_id"]) ?? idOf(record["parent_span_id"]);
    const attributes = attributesOf(record);
    const agent = textOf(attributes["gen_ai.agent.name"]) ?? textOf(attributes["agent.name"]) ?? (parent === undefined ? undefined : this.agents.get(parent));
    if (agent !== undefined) {
      this.agents.set(id, agent);
    }
    const trace = idOf(record["traceId"]) ?? idOf(record["trace_id"]) ?? idOf(member(record, "context", "trace_id")) ?? "";
    const { sample, conversation } = this.traces.of(trace);
    const span = spanOf(record, id, attributes, conversation);
    const events = this.events(span, parent);
    return events.map((event) => ({ ...present({ time: span.start, sample, agent, span: parent }), ...event }));
  }

  shell(shell: JsonObject): EventDraft[] {
    const fields = listOf(shell["resourceSpans"]).map((resource) => {
      const ofScopes = [...listOf(member(resource, "scopeSpans")), ...listOf(member(resource, "instrumentationLibrarySpans"))].map((scope) => withoutRecords(objectOf(scope) ?? {}));
      return { ...attributesOf(member(resource, "resource")), ...beside(objectOf(member(resource, "resource")) ?? {}, "attributes"), ...beside(objectOf(resource) ?? {}, "resource", "scopeSpans", "instrumentationLibrarySpans"), ...beside({ scopes: ofScopes }) };
    });
    return [{ kind: "state", title: "trace", text: "", fields: { ...beside(shell, "resourceSpans"), ...beside({ resources: fields }) } }];
  }

  private events(span: Span, parent: string | undefined): EventDraft[] {
    const { attributes } = span;
    const ran = ranTool(attributes);
    if (ran !== undefined) {
      return this.tool(span, ran);
    }
    if (attributes["gen_ai.operation.name"] !== "invoke_agent") {
      const [sent, answered] = [sentIn(attributes), answeredIn(attributes)];
      // Most agents leave out what was said, unless they are told to record it.
      if (sent.length + answered.length > 0 || modelOperations.has(shownText(attributes["gen_ai.operation.name"])) || isOfModel(attributes)) {
        return this.model(span, sent, answered);
      }
    }
    const said = Object.fromEntries(["gen_ai.input.messages", "gen_ai.output.messages"].flatMap((name) => (attributes[name] === undefined ? [] : [[name, structured(attributes[name])]])));
    const begin: EventDraft = { kind: "state", title: span.name, text: "", fields: { span: span.id, parentSpan: parent ?? null, begins: true, ...span.fields, ...said } };
    return span.failure === undefined ? [begin] : [begin, { kind: "error", title: span.name, ...present({ time: span.end }), text: span.failure, isError: true }];
  }

  private model(span: Span, sent: readonly JsonObject[], answered: readonly JsonObject[]): EventDraft[] {
    const { attributes, fields, failure } = span;
    const events = span.conversation.sent(sent.map(messageDrafts));
    const answers = answered.flatMap(messageDrafts);
    span.conversation.answered(answers);
    const usage = usageOf(attributes);
    const facts = { ...present({ model: modelIn(attributes), usage }), ...beside(fields, ...(usage === undefined ? [] : readOfUsage)) };
    const [first = { kind: "message" as const, title: sent.length > 0 ? "no output" : "not recorded", text: "" }, ...others] = answers;
    const told = [{ ...first, fields: { ...facts, ...first.fields } }, ...others].map((event) => ({ ...present({ time: span.end }), ...event }));
    return [...events, ...told, ...(failure === undefined ? [] : [{ kind: "error" as const, title: span.name, ...present({ time: span.end }), text: failure, isError: true }])];
  }

  private tool(span: Span, ran: NonNullable<ReturnType<typeof ranTool>>): EventDraft[] {
    const { failure } = span;
    const tool = ran.tool ?? span.name;
    const result = structured(ran.result);
    const text = [shownText(result), failure ?? ""].filter((part) => part !== "").join("\n");
    const isRecorded = result !== undefined || failure !== undefined;
    const hasEnd = isRecorded || (span.end !== undefined && ran.given === undefined);
    const begin = toolCall({ id: undefined, tool, arguments: ran.given, fields: span.fields });
    const end: EventDraft = { kind: "tool-result", title: isRecorded ? "" : "not recorded", tool, ...present({ time: span.end }), text, isError: failure !== undefined };
    return span.conversation.ran({ call: idOf(ran.call), begin, end: hasEnd ? end : undefined, isRecorded }, span.id);
  }
}

/** What some exporters put between spans. Undefined where it is something else. */
function metricEvents(record: JsonObject): EventDraft[] | undefined {
  const { type, name, dataPoints } = record;
  return type === "metric" && typeof name === "string" && Array.isArray(dataPoints) ? [{ kind: "state", title: `metric ${name}`, text: shownText(record["description"]), fields: beside(record, "type", "name", "description") }] : undefined;
}

function spanOf(record: JsonObject, id: string, attributes: JsonObject, conversation: TracedConversation): Span {
  const [start, end] = [startOf(record), timeIn(record["endTimeUnixNano"] ?? record["end_time"] ?? record["endTime"])];
  const status = objectOf(record["status"]);
  const code = status?.["code"] ?? status?.["status_code"];
  const hasFailed = code === 2 || /ERROR$/.test(shownText(code)) || attributes["error.type"] !== undefined;
  const said = [shownText(attributes["error.type"]), shownText(status?.["message"] ?? status?.["description"])].filter((text) => text !== "").join(": ");
  const happened = listOf(record["events"]).map((event) => ({ ...beside(objectOf(event) ?? {}, "attributes"), ...attributesOf(event) }));
  return {
    id,
    name: shownText(record["name"]),
    attributes,
    start,
    end,
    conversation,
    failure: hasFailed ? said || "error" : undefined,
    fields: {
      ...present({ seconds: start === undefined || end === undefined ? undefined : (end - start) / 1000 }),
      ...beside(withoutMessages(attributes), ...read, ...(ranTool(attributes) === undefined ? [] : toolAttributes)),
      ...beside(record, "spanId", "span_id", "parentSpanId", "parent_id", "parent_span_id", "traceId", "trace_id", "context", "name", "startTimeUnixNano", "endTimeUnixNano", "start_time", "end_time", "startTime", "endTime", "attributes", "status", "events"),
      ...beside({ events: happened }),
      ...beside(status ?? {}, "code", "status_code", "message", "description"),
    },
  };
}

/** The tokens by the names that most formats have for them. */
function usageOf(attributes: JsonObject): JsonObject | undefined {
  const input = numberOf(attributes["gen_ai.usage.input_tokens"]) ?? numberOf(attributes["gen_ai.usage.prompt_tokens"]) ?? numberOf(attributes["llm.token_count.prompt"]);
  const output = numberOf(attributes["gen_ai.usage.output_tokens"]) ?? numberOf(attributes["gen_ai.usage.completion_tokens"]) ?? numberOf(attributes["llm.token_count.completion"]);
  return input === undefined && output === undefined ? undefined : present({ prompt_tokens: input, completion_tokens: output, cached_tokens: numberOf(attributes["gen_ai.usage.cache_read.input_tokens"]) });
}

/** The messages that a model was sent, with what its system was told first. */
function sentIn(attributes: JsonObject): JsonObject[] {
  const system = listOf(structured(attributes["gen_ai.system_instructions"]));
  return [...(system.length === 0 ? [] : [{ role: "system", parts: system }]), ...listOf(structured(attributes["gen_ai.input.messages"]))].map(plainMessage).concat(flatSent(attributes));
}

function answeredIn(attributes: JsonObject): JsonObject[] {
  return listOf(structured(attributes["gen_ai.output.messages"])).map(plainMessage).concat(flatAnswered(attributes));
}

/** What a span says of a model's call, with messages as most formats have them; undefined where it is of none. */
export function callOfSpan(span: JsonObject): { readonly attributes: JsonObject; readonly sent: readonly JsonObject[]; readonly answered: readonly JsonObject[] } | undefined {
  const attributes = attributesOf(span);
  const [sent, answered] = [sentIn(attributes), answeredIn(attributes)];
  return sent.length + answered.length === 0 || attributes["gen_ai.operation.name"] === "invoke_agent" ? undefined : { attributes, sent, answered };
}

function plainMessage(value: unknown): JsonObject {
  const message = objectOf(value) ?? {};
  const parts = message["parts"];
  const content = Array.isArray(parts) ? parts.map((part: unknown) => blockOf(objectOf(part) ?? { type: "text", content: part })) : (message["content"] ?? "");
  return { ...beside(message, "parts", "content", "finish_reason"), role: textOf(message["role"]) ?? "user", content, ...present({ stopReason: message["finish_reason"] ?? undefined }) };
}

function messageDrafts(message: JsonObject): EventDraft[] {
  return messageEvents(message) ?? [];
}

/** A part of a message by the names that most formats have for it. */
function blockOf(part: JsonObject): JsonObject {
  switch (part["type"]) {
    case "text":
      return { type: "text", text: shownText(part["content"]), ...beside(part, "type", "content") };
    case "reasoning":
      return { type: "thinking", thinking: part["content"], ...beside(part, "type", "content") };
    case "tool_call":
    case "server_tool_call":
      return { type: "tool_use", input: part["arguments"] ?? part["server_tool_call"], ...beside(part, "type", "arguments", "server_tool_call") };
    case "tool_call_response":
    case "server_tool_call_response":
      return { type: "tool_result", tool_use_id: part["id"], content: part["response"] ?? part["result"] ?? part["server_tool_call_response"], ...beside(part, "type", "id", "response", "result", "server_tool_call_response") };
    case "blob":
      return { type: part["modality"] ?? "file", source: { type: "base64", media_type: part["mime_type"], data: part["content"] ?? part["data"] } };
    case "uri":
    case "file":
    case "file_data":
      return { type: part["modality"] ?? "file", source: { url: part["uri"] ?? part["file_id"], media_type: part["mime_type"] } };
    default:
      return part;
  }
}
