import type { EventDraft } from "../event";
import { type JsonObject, listOf, member, numberOf, objectOf, parsedOf, present, textOf, timeOf, without, withoutRecords } from "../json/values";
import type { RecordPaths } from "../json/scanner";
import { contentText, messageEvents, toolCall } from "./content";
import { isResponseItem, responseItem } from "./response-items";
import type { FirstSight, Format, FormatReader, SourceRecord } from "./format";
import { withShownParts } from "./shown-parts";
import { scoreEvent } from "./vivaria";

const isMessage = (value: unknown): boolean => {
  const message = messageIn(value);
  return typeof message?.["role"] === "string" && (message["content"] !== undefined || message["tool_calls"] !== undefined);
};
/** Types that are roles, as LangChain and others have them. */
const roleType = /^(system|user|human|assistant|ai|tool|tool_result)$/;
/** A message as it is; one that has its role as its `type`, and perhaps all else as its `data`; or one with its content as `text`, and that of the system as `system_prompt`. */
function messageIn(value: unknown): JsonObject | undefined {
  const found = objectOf(value);
  const message = found === undefined ? undefined : withShownParts(found);
  const type = textOf(message?.["type"]);
  if (message !== undefined && typeof message["role"] === "string" && message["content"] === undefined && typeof (message["text"] ?? message["system_prompt"]) === "string") {
    return { ...without(message, "text", "system_prompt"), content: [textOf(message["system_prompt"]), textOf(message["text"])].filter(Boolean).join("\n") };
  }
  if (message === undefined || message["role"] !== undefined || type === undefined || !roleType.test(type)) {
    return message;
  }
  return { ...without(message, "type", "data"), ...objectOf(message["data"]), role: type };
}
/** Under which names documents have a list of messages: that of the APIs, those of requests that were logged, and those of benchmarks. */
const messagesIn = [["messages"], ["request", "messages"], ["body", "messages"], ["request", "body", "messages"], ["traj"], ["trajectory"], ["conversation"], ["conversation_history"], ["chat_history"], ["message_history"], ["history"], ["transcript"], ["dialogue"]] as const;
const isConversation = (value: unknown, names: readonly string[]): boolean => listOf(member(value, ...names)).some(isMessage) || (names[0] === "traj" && isUnbegun(value));
/** A result of τ-bench whose run failed before anything was said. */
const isUnbegun = (value: unknown): boolean => Array.isArray(member(value, "traj")) && numberOf(member(value, "reward")) !== undefined && member(value, "task_id") !== undefined;
/** Where the records of a document lie that has messages under these names. */
const recordsIn = (names: readonly string[]): RecordPaths => names.reduceRight<RecordPaths>((inner, name) => ({ [name]: inner }), { "*": true });
/** The message that a line holds as its `message`, beside what is said of it; its role may be that of the line. */
function wrappedIn(value: unknown): JsonObject | undefined {
  const message = objectOf(member(value, "message"));
  const role = message?.["role"] ?? member(value, "role");
  return message === undefined || typeof role !== "string" ? undefined : { ...message, role };
}
/** ShareGPT's messages, as data sets for training have them. */
const isShared = (value: unknown): boolean => typeof member(value, "from") === "string" && member(value, "value") !== undefined;
const isSharedConversation = (value: unknown): boolean => listOf(member(value, "conversations")).some(isShared);
const read = (): FormatReader => new MessageListReader();
const common = { name: "messages", title: "Messages", read } as const;

/** Documents, lines and lists of documents that have messages under one of the names. */
const documents = messagesIn.flatMap((names): Format[] => [
  { ...common, records: recordsIn(names), detect: ({ values }: FirstSight) => values.some((value) => isConversation(value, names)), facts: (shell) => ({ model: textOf(member(shell, "model") ?? member(shell, "request", "model")) ?? null }) },
  { ...common, records: { "*": recordsIn(names) }, detect: ({ values, isLines }: FirstSight) => !isLines && listOf(values[0]).some((value) => isConversation(value, names)) },
]);

/**
 * Conversations as OpenAI and Anthropic write them: in a list, in a document's `messages` or the like, one message or one
 * conversation a line; and the items of OpenAI's Responses API.
 */
export const messageList: readonly Format[] = [
  ...documents,
  { ...common, records: { transcripts: { "*": recordsIn(["messages"]) } }, detect: ({ values, isLines }: FirstSight) => !isLines && Object.values(objectOf(member(values[0], "transcripts")) ?? listOf(member(values[0], "transcripts"))).some((value) => isConversation(value, ["messages"])) },
  { ...common, records: { simulations: { "*": recordsIn(["messages"]) } }, detect: ({ values, isLines }: FirstSight) => !isLines && listOf(member(values[0], "simulations")).some((value) => isConversation(value, ["messages"])) },
  { ...common, records: { "*": true }, detect: ({ values, isLines }: FirstSight) => !isLines && listOf(values[0]).some(isMessage) },
  { ...common, records: { "*": true }, detect: ({ values, isLines }: FirstSight) => isLines && values.some((value) => listOf(value).some(isMessage)) },
  { ...common, records: true, detect: ({ values, isLines }: FirstSight) => isLines && values.some((value) => isMessage(value) || isMessage(wrappedIn(value))) },
  { ...common, records: { "*": true }, detect: ({ values, isLines }: FirstSight) => !isLines && listOf(values[0]).some(isResponseItem) },
  { ...common, records: { input: { "*": true }, output: { "*": true } }, detect: ({ values }: FirstSight) => values.some((value) => [...listOf(member(value, "input")), ...listOf(member(value, "output"))].some((item) => isMessage(item) || isResponseItem(item))) },
  { ...common, records: true, detect: ({ values, isLines }: FirstSight) => isLines && values.some(isResponseItem) },
  { ...common, records: { conversations: { "*": true } }, detect: ({ values }: FirstSight) => values.some(isSharedConversation) },
  { ...common, records: { "*": { conversations: { "*": true } } }, detect: ({ values, isLines }: FirstSight) => !isLines && listOf(values[0]).some(isSharedConversation) },
];

/** When a message was written. Where its name says little, only what is of this century counts; seconds or ms since the epoch. */
function timeIn(message: JsonObject | undefined): number | undefined {
  const number = numberOf(message?.["ts"]) ?? numberOf(message?.["created"]);
  return timeOf(message?.["timestamp"] ?? message?.["created_at"] ?? message?.["createdAt"]) ?? (number !== undefined && number > 1e9 ? timeOf(number) : undefined);
}

/** ShareGPT's names of roles. */
const sharedRoles: Readonly<Record<string, string>> = { gpt: "assistant", chatgpt: "assistant", bing: "assistant", observation: "tool", function_response: "tool", function_call: "assistant" };

class MessageListReader implements FormatReader {
  /** Calls of OpenAI's older kind, which have no ids, by conversation and name, until their result comes. */
  private readonly openCalls = new Map<string, string>();
  private calls = 0;

  record({ value, document, path }: SourceRecord): EventDraft[] | undefined {
    const line = objectOf(value);
    const wrapped = line?.["content"] === undefined ? wrappedIn(line) : undefined;
    const message = wrapped === undefined ? (isMessage(line) ? messageIn(line) : line) : { ...without(line ?? {}, "type", "role", "message"), ...wrapped };
    const time = timeIn(line) ?? timeIn(message);
    const conversation = path.slice(0, -1).find((name) => typeof name === "number") ?? (path.length > 0 ? document : 0);
    const events = message === undefined || typeof message["role"] === "string" ? messageEvents(message) : isResponseItem(value) ? itemEvents(message) : isShared(value) ? sharedEvents(message) : undefined;
    // Cline's.
    const model = textOf(member(message, "modelInfo", "id"));
    const told = model === undefined ? events : events?.map((event, index) => (index === 0 ? { ...event, fields: { model, ...event.fields } } : event));
    return told?.map((event) => this.linked(event, conversation)).map((event) => ({ ...present({ time }), ...(conversation > 0 ? { sample: `conversation ${conversation + 1}` } : {}), ...event }));
  }

  private linked(event: EventDraft, conversation: number): EventDraft {
    if (event.call !== undefined || (event.kind !== "tool-call" && event.kind !== "tool-result")) {
      return event;
    }
    const key = `${conversation} ${event.tool ?? ""}`;
    if (event.kind === "tool-call") {
      const call = `call ${++this.calls}`;
      // A result that names no tool is that of the last call.
      this.openCalls.set(key, call).set(`${conversation} `, call);
      return { ...event, call };
    }
    const call = this.openCalls.get(key);
    this.openCalls.delete(key);
    return { ...event, call };
  }

  /** Anthropic and the Responses API have the system's words beside the messages. */
  shell(shell: JsonObject, document: number): EventDraft[] {
    const sample = document > 0 ? { sample: `conversation ${document + 1}` } : {};
    const runs = listOf(shell["simulations"]).flatMap((run, number) => this.shell(objectOf(run) ?? {}, number));
    const system = contentText(shell["system"] ?? shell["instructions"] ?? textOf(shell["system_prompt"]) ?? member(shell, "request", "system") ?? member(shell, "body", "system"));
    const rest = withoutRecords(without(shell, "system", "instructions", ...(typeof shell["system_prompt"] === "string" ? ["system_prompt"] : []), "input", "output", "simulations"));
    const reward = numberOf(shell["reward"]) ?? numberOf(member(shell, "reward_info", "reward"));
    return [
      ...runs,
      ...(system === "" ? [] : [{ kind: "system" as const, text: system, ...sample }]),
      ...answerEvents(shell).map((event) => this.linked(event, document)).map((event) => ({ ...sample, ...event })),
      ...(Object.keys(rest).length === 0 ? [] : [{ kind: "state" as const, title: "document", text: "", fields: rest, ...sample }]),
      ...(reward === undefined ? [] : [{ ...scoreEvent("reward", reward, true, ""), ...sample }]),
      ...["utility", "security"].flatMap((name) => (typeof shell[name] === "boolean" ? [{ ...scoreEvent(name, Number(shell[name]), true, ""), ...sample }] : [])),
      ...failuresIn(shell).map((failure) => ({ ...failure, ...sample })),
    ];
  }
}

/** What a benchmark says of a run that failed. */
function failuresIn(shell: JsonObject): EventDraft[] {
  const text = [member(shell, "info", "error"), member(shell, "info", "traceback")].map((part) => textOf(part) ?? "").filter((part) => part !== "").join("\n");
  return text === "" ? [] : [{ kind: "error", title: "error", text, isError: true }];
}

/** What the model answered, where a request was logged with its response. */
function answerEvents(shell: JsonObject): EventDraft[] {
  const response = objectOf(member(shell, "response", "body")) ?? objectOf(shell["response"]) ?? shell;
  const answers = [...listOf(response["choices"]).map((choice) => member(choice, "message")), ...(response["role"] === "assistant" ? [response] : [])];
  return answers.flatMap((answer) => messageEvents(answer) ?? []);
}

function itemEvents(item: JsonObject): EventDraft[] | undefined {
  const event = responseItem(item);
  return event === undefined ? undefined : [event];
}

function sharedEvents(message: JsonObject): EventDraft[] | undefined {
  const from = textOf(message["from"]) ?? "";
  const call = from === "function_call" ? objectOf(parsedOf(textOf(message["value"]) ?? "")) : undefined;
  return call === undefined
    ? messageEvents({ role: sharedRoles[from] ?? from, content: message["value"], ...without(message, "from", "value") })
    : [toolCall({ id: undefined, tool: textOf(call["name"]) ?? "", arguments: call["arguments"] ?? call["parameters"] })];
}
