import type { EventDraft } from "../event";
import { beside, idOf, isEmpty, type JsonObject, listOf, member, numberOf, objectOf, present, shownText, textOf, timeOf, without, withoutRecords } from "../json/values";
import { contentText, toolCall } from "./content";
import type { Format, TranscriptFacts } from "./format";

const isRequest = (value: unknown): boolean => typeof member(value, "requestId") === "string" && objectOf(member(value, "message")) !== undefined;

export const vsCodeChatName = { name: "vscode-chat", title: "VS Code chat" } as const;

/** Conversations with VS Code's chat (GitHub Copilot), as it exports them and kept them in one document each before 2026. */
export const vsCodeChat: Format = {
  ...vsCodeChatName,
  records: { requests: { "*": true } },
  detect: ({ values, isLines }) => !isLines && listOf(member(values[0], "requests")).some(isRequest),
  facts: chatFacts,
  read: () => ({ record: ({ value }) => requestEvents(value), shell: (shell) => [chatEvent(shell)] }),
};

export function chatFacts(chat: unknown): TranscriptFacts {
  return { session: idOf(member(chat, "sessionId")) ?? null, agent: textOf(member(chat, "responderUsername")) ?? null };
}

/** What a chat says beside its requests. */
export function chatEvent(chat: JsonObject): EventDraft {
  return { kind: "state", title: "chat", text: shownText(chat["customTitle"]), fields: without(withoutRecords(chat), "requests", "customTitle") };
}

/** A request with all that came of it. Undefined where it is none. */
export function requestEvents(value: unknown): EventDraft[] | undefined {
  const request = objectOf(value);
  const text = member(request, "message", "text");
  if (request === undefined || !isRequest(request)) {
    return undefined;
  }
  const model = textOf(request["modelId"]);
  const failure = shownText(member(request, "result", "errorDetails", "message"));
  const answers = answersOf(request);
  const [first, ...others] = answers.length > 0 ? answers : [{ kind: "message" as const, text: "" }];
  const result = objectOf(request["result"]) ?? {};
  const fields = { ...present({ model }), ...beside(result, "metadata", "errorDetails"), ...beside(objectOf(result["metadata"]) ?? {}, "toolCallRounds", "toolCallResults", "renderedUserMessage", "renderedGlobalContext") };
  const events: EventDraft[] = [
    { kind: "user", text: shownText(text), fields: { ...beside(request, "message", "response", "result", "modelId", "timestamp", "requestId"), ...beside(objectOf(request["message"]) ?? {}, "text", "parts") } },
    { ...first, fields: { ...fields, ...first?.fields } } as EventDraft,
    ...others,
    ...(failure === "" ? [] : [{ kind: "error" as const, title: "error", text: failure, fields: beside(objectOf(member(result, "errorDetails")) ?? {}, "message"), isError: true }]),
  ];
  return events.map((event) => ({ ...present({ time: timeOf(request["timestamp"]) }), ...event }));
}

/** What the model said and did: by the rounds of the request, which have it as it was, and by what was shown of it where they have it not. */
function answersOf(request: JsonObject): EventDraft[] {
  const shown = shownEvents(listOf(request["response"]));
  const rounds = roundEvents(member(request, "result", "metadata"));
  if (rounds.length === 0) {
    return shown;
  }
  const said = rounds.map(({ text }) => text ?? "").join("\n");
  const keyOf = ({ kind, call }: EventDraft): string | undefined => (call === undefined ? undefined : `${kind} ${call}`);
  const keys = new Set(rounds.map(keyOf));
  const sameCalls = new Map(shown.map((event) => [keyOf(event), event]));
  const isTold = (event: EventDraft): boolean => (event.call !== undefined && keys.has(keyOf(event))) || (isWords(event) && said.includes((event.text ?? "").trim()));
  return [...rounds.map((event) => (event.call === undefined ? event : withShown(event, sameCalls.get(keyOf(event))))), ...shown.filter((event) => !isTold(event)).map(asShown)];
}

const isWords = ({ kind }: EventDraft): boolean => kind === "message" || kind === "reasoning";

/** A call or its result with what the panel knew beyond it: its title, a terminal's exit code. */
function withShown(event: EventDraft, shown: EventDraft | undefined): EventDraft {
  return shown === undefined ? event : { ...event, ...present({ title: shown.title }), isError: event.isError === true || shown.isError === true, fields: { ...shown.fields, ...event.fields } };
}

/** A call of a round may be shown under another id: what was shown is no second call then, but its failure is said here alone. */
function asShown(event: EventDraft): EventDraft {
  return event.kind === "tool-call" || event.kind === "tool-result" ? { ...event, kind: "state", call: undefined, tool: undefined, title: (event.title ?? "") || event.tool } : event;
}

function roundEvents(metadata: unknown): EventDraft[] {
  return listOf(member(metadata, "toolCallRounds")).flatMap((value) => {
    const round = objectOf(value) ?? {};
    const thought = contentText(member(round, "thinking", "text"));
    const said = shownText(round["response"]);
    const calls = listOf(round["toolCalls"]).map((call) => toolCall({ id: idOf(member(call, "id")), tool: textOf(member(call, "name")) ?? "", arguments: member(call, "arguments"), fields: beside(objectOf(call) ?? {}, "id", "name", "arguments") }));
    const rest = beside(round, "id", "response", "thinking", "toolCalls", "timestamp");
    const events: EventDraft[] = [
      ...(thought === "" ? [] : [{ kind: "reasoning" as const, text: thought }]),
      ...(said === "" ? [] : [{ kind: "message" as const, text: said, fields: rest }]),
      ...calls.map((call) => (said === "" ? { ...call, fields: { ...rest, ...call.fields } } : call)),
      ...calls.flatMap(({ call, tool }): EventDraft[] => {
        const result = call === undefined ? undefined : member(metadata, "toolCallResults", call);
        return result === undefined ? [] : [{ kind: "tool-result", call, tool, text: listOf(member(result, "content")).map((part) => treeText(member(part, "value"))).join("\n"), fields: beside(objectOf(result) ?? {}, "content") }];
      }),
    ];
    return events.map((event) => ({ ...present({ time: timeOf(round["timestamp"]) }), ...event }));
  });
}

/** What the panel showed: pieces of text with calls and edits between them. */
function shownEvents(parts: readonly unknown[]): EventDraft[] {
  const events: EventDraft[] = [];
  let isText = false;
  for (const value of parts) {
    const part = objectOf(value) ?? {};
    const { kind } = part;
    const last = events.at(-1);
    const text = kind === undefined ? shownText(member(part["content"], "value") ?? part["value"]) : kind === "inlineReference" ? shownText(part["name"] ?? member(part, "inlineReference", "path")) : "";
    if (text !== "" && isText && last !== undefined) {
      events[events.length - 1] = { ...last, text: `${last.text ?? ""}${text}` };
    } else if (text !== "") {
      events.push({ kind: "message", text });
    } else if (kind === "thinking" && shownText(part["value"]) !== "") {
      events.push({ kind: "reasoning", text: contentText(part["value"]) });
    } else if (kind === "toolInvocationSerialized") {
      events.push(...invocation(part));
    } else if (kind === "textEditGroup") {
      events.push({ kind: "state", title: "edited", text: shownText(member(part, "uri", "path") ?? part["uri"]), fields: beside(part, "kind", "uri") });
    } else if (kind !== undefined || !isEmpty(beside(part, "value"))) {
      events.push({ kind: "state", title: textOf(kind) ?? "shown", text: contentText(member(part, "content", "value") ?? part["content"] ?? part["value"] ?? ""), fields: beside(part, "kind", "content", "value") });
    }
    isText = text !== "";
  }
  return withRepeats(events);
}

/** A call that is shown again as it goes on is told as it was shown last. */
function withRepeats(events: readonly EventDraft[]): EventDraft[] {
  const keyOf = ({ kind, call }: EventDraft): string => `${kind} ${call ?? ""}`;
  const last = new Map(events.map((event, index) => [keyOf(event), index]));
  return events.map((event, index) => (event.call === undefined || last.get(keyOf(event)) === index ? event : { ...event, call: undefined, isRepeat: true }));
}

function invocation(part: JsonObject): EventDraft[] {
  const call = idOf(part["toolCallId"]);
  const tool = textOf(part["toolId"]) ?? "";
  const command = member(part, "toolSpecificData", "commandLine", "toolEdited") ?? member(part, "toolSpecificData", "commandLine", "original") ?? member(part, "toolSpecificData", "command");
  const exit = numberOf(member(part, "toolSpecificData", "terminalCommandState", "exitCode"));
  const output = member(part, "resultDetails", "output") ?? member(part, "toolSpecificData", "terminalCommandOutput", "text");
  const text = listOf(output).map((one) => contentText(member(one, "value") ?? one)).join("\n") || contentText(Array.isArray(output) ? "" : output);
  const isDone = part["isComplete"] === true || output !== undefined;
  return [
    { ...toolCall({ id: call, tool, arguments: member(part, "resultDetails", "input") ?? (command === undefined ? undefined : { command }), fields: beside(part, "kind", "toolCallId", "toolId", "resultDetails", "invocationMessage") }), title: shownText(member(part, "invocationMessage", "value") ?? part["invocationMessage"]) },
    ...(isDone ? [{ kind: "tool-result" as const, ...present({ call }), tool, text, isError: member(part, "resultDetails", "isError") === true || (exit ?? 0) !== 0 }] : []),
  ];
}

/** The words of a result, which may be a tree of what the model was shown. */
function treeText(value: unknown): string {
  if (typeof value === "string") {
    return value;
  }
  const node = objectOf(member(value, "node")) ?? objectOf(value) ?? {};
  const inner = listOf(node["children"]).map(treeText).join("");
  return `${textOf(node["text"]) ?? ""}${inner}`;
}
