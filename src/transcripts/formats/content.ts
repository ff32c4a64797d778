import type { EventDraft, EventKind } from "../event";
import { beside, idOf, isEmpty, type JsonObject, listOf, member, numberOf, objectOf, parsedOf, present, setMember, shownText, textOf, without } from "../json/values";
import { mediaText } from "./media";
import { pictureText } from "./pictures";

/** The text of message content: text, or a list of parts of the kinds that OpenAI, Anthropic, Inspect and others use. */
export function contentText(content: unknown): string {
  if (!Array.isArray(content)) {
    const single = objectOf(content);
    return single === undefined ? shownText(content) : partText(single);
  }
  return content
    .map((part: unknown) => (typeof part === "string" ? part : partText(objectOf(part) ?? { value: part })))
    .filter((text) => text !== "")
    .join("\n");
}

function partText(part: JsonObject): string {
  const text = part["text"] ?? part["thinking"] ?? part["reasoning"] ?? part["input_text"] ?? part["output_text"];
  if (typeof text === "string") {
    return text;
  }
  const type = textOf(part["type"]) ?? "";
  if (/image|audio|video|document|file/.test(type)) {
    const content = member(part, "source", "content");
    const text = mediaText(type, part) ?? (content === undefined ? undefined : contentText(content));
    return text ?? namedText(type, part);
  }
  if (part["content"] !== undefined && (type === "tool_result" || type === "" || type === "content" || type === "text")) {
    return contentText(part["content"]);
  }
  return shownText(part);
}

/** Members that a part's text is made of, in the order in which they are looked for. */
const textMembers = ["text", "thinking", "reasoning", "input_text", "output_text"] as const;

/** What parts of content say beside their text, such as citations, as an event's `fields.parts`. */
export function partFields(content: unknown): { readonly parts?: readonly JsonObject[] } {
  const said: JsonObject[] = [];
  for (const value of Array.isArray(content) ? (content as readonly unknown[]) : []) {
    const part = objectOf(value);
    if (part === undefined) {
      continue;
    }
    const rest = typeof part["text"] === "string" ? beside(part, "type", "text") : restOfPart(part);
    if (!isEmpty(rest)) {
      said.push(rest);
    }
  }
  return said.length === 0 ? {} : { parts: said };
}

function restOfPart(part: JsonObject): Record<string, unknown> {
  const name = textMembers.find((one) => typeof part[one] === "string");
  if (name !== undefined) {
    return beside(part, "type", name);
  }
  const text = partText(part);
  return text === shownText(part) ? {} : (unsaid(beside(part, "type"), text) ?? {});
}

/** What of a value a text does not say: its longer texts are data, which stand in the text in other words. */
function unsaid(value: JsonObject, text: string): Record<string, unknown> | undefined {
  const rest: Record<string, unknown> = {};
  for (const [name, found] of Object.entries(value)) {
    const object = objectOf(found);
    const isSaid = Array.isArray(found) ? shownText(found).length > longestBeside : typeof found === "string" && (found.length > longestBeside || text.includes(found));
    const left = object !== undefined ? unsaid(object, text) : isSaid ? undefined : found;
    if (left !== undefined && left !== null && left !== "") {
      setMember(rest, name, left);
    }
  }
  return isEmpty(rest) ? undefined : rest;
}

const longestBeside = 300;

/** Pictures are named by what they are, and what lies elsewhere by its address: base64 is nothing that anyone reads. */
function namedText(type: string, part: JsonObject): string {
  const listed = listOf(part["image_urls"]).filter((url) => typeof url === "string");
  if (listed.length > 0) {
    return listed.map((url) => dataText(type, url)).join("\n");
  }
  const data = textOf(member(part, "source", "data")) ?? textOf(member(part, "image_url", "url")) ?? textOf(part["image_url"]) ?? textOf(part["image"]) ?? textOf(part["data"]) ?? textOf(part[type]) ?? textOf(member(part, "source", "path")) ?? textOf(member(part, "source", "url"));
  return data === undefined ? shownText(part) : dataText(type, data);
}

/** A picture or other data, or its address, as it stands in an event's text. */
export function dataText(type: string, data: string): string {
  return pictureText(data) ?? (data.length > 300 || data.startsWith("data:") ? `[${type}: ${data.slice(0, 40)}… ${data.length} characters]` : `[${type}: ${data}]`);
}

/** Which kind a message of this role is. */
export function kindOfRole(role: unknown): EventKind {
  switch (role) {
    case "system":
    case "developer":
      return "system";
    case "user":
    case "human":
      return "user";
    case "assistant":
    case "ai":
    case "model":
    case "agent":
      return "message";
    case "tool":
    case "function":
    case "tool_result":
    case "toolResult":
    case "ipython":
      return "tool-result";
    default:
      return "raw";
  }
}

/** A tool call as an event. Arguments that are JSON text are parsed; what is left of damaged ones stays text. */
export function toolCall(call: { id: string | undefined; tool: string; arguments: unknown; fields?: Record<string, unknown> }): EventDraft {
  const given = typeof call.arguments === "string" ? (parsedOf(call.arguments) ?? call.arguments) : call.arguments;
  return {
    kind: "tool-call",
    tool: call.tool,
    text: argumentsText(given),
    fields: { ...call.fields, arguments: given ?? {} },
    ...(call.id === undefined ? {} : { call: call.id }),
  };
}

/** Arguments as a person reads them: the one text there is as it is, several one after the other under their names. */
export function argumentsText(given: unknown): string {
  const object = objectOf(given);
  if (object === undefined) {
    return shownText(given);
  }
  const entries = Object.entries(object);
  const [only] = entries;
  if (entries.length === 1 && only !== undefined) {
    return Array.isArray(only[1]) && only[1].every((part) => typeof part === "string") ? only[1].join(" ") : shownText(only[1]);
  }
  return entries.map(([name, value]) => `${name}: ${shownText(value)}`).join("\n");
}

/** The calls of an OpenAI message: `tool_calls`, and the older `function_call`. */
export function openAiCalls(message: JsonObject): EventDraft[] {
  const calls = listOf(message["tool_calls"]).map((value) => {
    const call = objectOf(value) ?? {};
    const target = objectOf(call["function"]) ?? objectOf(call["custom"]);
    return toolCall({
      id: idOf(call["id"]),
      tool: textOf(target?.["name"]) ?? textOf(call["function"]) ?? textOf(call["name"]) ?? "",
      arguments: target?.["arguments"] ?? target?.["input"] ?? call["arguments"] ?? call["args"],
      fields: { ...without(call, "id", "type", "function", "custom", "arguments", "index", ...(target === undefined ? ["name", "args"] : [])), ...beside(target ?? {}, "name", "arguments", "input") },
    });
  });
  const older = objectOf(message["function_call"]);
  return older === undefined ? calls : [...calls, toolCall({ id: undefined, tool: textOf(older["name"]) ?? "", arguments: older["arguments"], fields: beside(older, "name", "arguments") })];
}

/** The blocks of an Anthropic message, one event each; texts that follow each other stay one. */
export function anthropicBlocks(role: unknown, content: readonly unknown[]): EventDraft[] {
  const kind = kindOfRole(role);
  const events: EventDraft[] = [];
  let texts: unknown[] = [];
  const flush = (): void => {
    if (texts.length > 0) {
      events.push({ kind, text: contentText(texts), fields: partFields(texts) });
      texts = [];
    }
  };
  for (const value of content) {
    const block = objectOf(value) ?? {};
    const event = blockEvent(block);
    if (event === undefined) {
      texts.push(value);
    } else {
      flush();
      events.push(event);
    }
  }
  flush();
  return events;
}

function blockEvent(block: JsonObject): EventDraft | undefined {
  switch (block["type"]) {
    case "thinking":
      return { kind: "reasoning", text: shownText(block["thinking"]), fields: beside(block, "type", "thinking") };
    case "reasoning":
      if (block["redacted"] === true) {
        // What the provider encrypted nobody can read; its summary is all there is to be read.
        const summary = contentText(block["summary"]);
        return { kind: "reasoning", title: summary === "" ? "encrypted" : "summary of encrypted reasoning", text: summary, fields: without(block, "type", "summary", "signature", "text") };
      }
      return {
        kind: "reasoning",
        text: shownText(block["reasoning"]) || contentText(block["summary"]) || contentText(block["text"]),
        fields: without(block, "type", "reasoning", ...(shownText(block["reasoning"]) === "" ? ["summary"] : []), "signature", "text"),
      };
    case "redacted_thinking":
      return { kind: "reasoning", title: "redacted", text: "", fields: beside(block, "type", "data") };
    case "tool_use":
    case "server_tool_use":
    case "mcp_tool_use":
    case "toolCall":
      return toolCall({ id: idOf(block["id"]), tool: textOf(block["name"]) ?? "", arguments: block["input"] ?? block["arguments"], fields: beside(block, "type", "id", "name", "input", "arguments") });
    case "tool-call":
      return toolCall({ id: idOf(block["toolCallId"] ?? block["id"]), tool: textOf(block["toolName"] ?? block["name"]) ?? "", arguments: block["input"] ?? block["args"] ?? block["arguments"], fields: beside(block, "type", "toolCallId", "toolName", "id", "name", "input", "args", "arguments") });
    case "tool-result":
    case "tool-error":
      return toolsResult(block);
    case "toolRequest":
      return requestedCall(block);
    case "toolResponse":
      return returnedResult(block);
    case "tool_result":
      return objectOf(block["run"]) === undefined ? (ranAll(block) ?? resultEvent(block, contentText(block["content"]), block["is_error"] === true)) : runResult(block);
    default:
      // Tools that Anthropic runs itself: each has a type of its own for what it returns.
      return /_tool_result$/.test(textOf(block["type"]) ?? "") ? servedResult(block) : undefined;
  }
}

/** A result as the AI SDK of Vercel has it: its output says what it is, and is a value alone in versions before 5. */
function toolsResult(block: JsonObject): EventDraft {
  const output = objectOf(block["output"]);
  const kind = textOf(output?.["type"]) ?? "";
  const value = output !== undefined && output["value"] !== undefined ? output["value"] : (block["output"] ?? block["result"] ?? block["error"]);
  const [call, tool] = [idOf(block["toolCallId"]), textOf(block["toolName"])];
  return {
    ...{ kind: "tool-result", ...(call === undefined ? {} : { call }), ...(tool === undefined ? {} : { tool }) },
    text: Array.isArray(value) ? contentText(value) : shownText(value),
    isError: block["type"] === "tool-error" || block["isError"] === true || kind.startsWith("error"),
    fields: { ...beside(block, "type", "toolCallId", "toolName", "output", "result", "error", "isError"), ...(output?.["value"] === undefined ? {} : beside(output, "type", "value")), ...partFields(value) },
  };
}

/** A call as Goose has it. One that the model asked for in words that are no call has what is wrong with them. */
function requestedCall(block: JsonObject): EventDraft {
  const asked = objectOf(member(block, "toolCall", "value")) ?? objectOf(block["toolCall"]) ?? {};
  const failure = member(block, "toolCall", "error");
  return toolCall({ id: idOf(block["id"]), tool: textOf(asked["name"]) ?? "", arguments: failure === undefined ? asked["arguments"] : { error: failure }, fields: { ...beside(asked, "name", "arguments", "status", "value", "error"), ...beside(block, "type", "id", "toolCall") } });
}

/** A result as Goose has it. */
function returnedResult(block: JsonObject): EventDraft {
  const result = objectOf(block["toolResult"]) ?? {};
  const value = objectOf(result["value"]);
  const content = value?.["content"] ?? result["value"] ?? result["content"];
  const failure = shownText(result["error"]);
  const text = [contentText(content), failure].filter((part) => part !== "").join("\n");
  return { kind: "tool-result", text, isError: failure !== "" || (value ?? result)["isError"] === true, ...(idOf(block["id"]) === undefined ? {} : { call: idOf(block["id"]) }), fields: { ...beside(value ?? {}, "content", "isError"), ...beside(block, "type", "id", "toolResult"), ...partFields(content) } };
}

/** A result as Amp has it: what came of running the tool. */
function runResult(block: JsonObject): EventDraft {
  const run = objectOf(block["run"]) ?? {};
  const result = objectOf(run["result"]);
  const exit = numberOf(result?.["exitCode"]);
  const failure = shownText(member(run, "error", "message") ?? run["error"]);
  const text = [contentText(result?.["output"] ?? result?.["content"] ?? run["result"]), failure].filter((part) => part !== "").join("\n");
  const call = idOf(block["toolUseID"]) ?? idOf(block["tool_use_id"]);
  return { kind: "tool-result", text, isError: failure !== "" || run["status"] === "error" || (exit ?? 0) !== 0, ...(call === undefined ? {} : { call }), fields: { ...beside(result ?? {}, "output", "content"), ...beside(run, "result", "error"), ...beside(block, "type", "toolUseID", "tool_use_id", "run") } };
}

function resultEvent(block: JsonObject, text: string, isError: boolean, facts: JsonObject = {}): EventDraft {
  const call = idOf(block["tool_use_id"]);
  return {
    kind: "tool-result",
    text,
    isError,
    ...(call === undefined ? {} : { call }),
    fields: { ...facts, ...beside(block, "type", "tool_use_id", "content", "is_error"), ...partFields(block["content"]) },
  };
}

/** What came of several things that one call of Cline asked for; undefined where it is something else. */
function ranAll(block: JsonObject): EventDraft | undefined {
  const parts = listOf(block["content"]).map(objectOf);
  if (parts.length === 0 || !parts.every((part) => typeof part?.["success"] === "boolean" && part["result"] !== undefined)) {
    return undefined;
  }
  const text = parts.map((part) => [shownText(part?.["result"]), shownText(part?.["error"])].filter((words, index) => words !== "" && (index === 0 || !shownText(part?.["result"]).includes(words))).join("\n")).join("\n");
  const event = resultEvent({ ...block, content: "" }, text, block["is_error"] === true || parts.some((part) => part?.["success"] === false));
  const rest = beside({ parts: parts.map((part) => without(part ?? {}, "result")) });
  return { ...event, ...present({ tool: textOf(block["name"]) }), fields: { ...event.fields, ...rest } };
}

/** What a tool returned that the laboratory runs: a list, what a program printed, or an error. */
function servedResult(block: JsonObject): EventDraft {
  const content = objectOf(block["content"]);
  const exit = numberOf(content?.["return_code"]);
  const printed = [content?.["stdout"], content?.["stderr"]].filter((text) => typeof text === "string" && text !== "");
  const isError = block["is_error"] === true || /_error$/.test(textOf(content?.["type"]) ?? "") || (exit ?? 0) !== 0;
  if (content !== undefined && (exit !== undefined || printed.length > 0)) {
    return resultEvent(block, printed.map(shownText).join("\n"), isError, { ...(exit === undefined ? {} : { exitCode: exit }), ...beside(content, "type", "stdout", "stderr", "return_code") });
  }
  const text = content === undefined ? listOf(block["content"]).map((part) => foundText(objectOf(part) ?? {})).join("\n") || contentText(block["content"]) : shownText(beside(content));
  return resultEvent(block, text, isError);
}

/** One thing that was found: its own words, or all it says but for data. */
function foundText(part: JsonObject): string {
  return typeof part["text"] === "string" ? part["text"] : shownText(beside(part, "type"));
}

/** What OpenAI's models say aloud: what they said in words, and the sound. */
function spokenText(audio: unknown): string {
  const spoken = objectOf(audio);
  return spoken === undefined ? shownText(audio) : [shownText(spoken["transcript"]), mediaText("audio", spoken) ?? ""].filter((text) => text !== "").join("\n");
}

/**
 * The events of one message of an OpenAI, Anthropic or similar list: reasoning, text, calls and results, in that order
 * unless its content is a list of blocks that has one of its own. Undefined where it is no message.
 */
export function messageEvents(value: unknown): EventDraft[] | undefined {
  const message = objectOf(value);
  const role = message?.["role"];
  if (message === undefined || typeof role !== "string") {
    return undefined;
  }
  const { content } = message;
  const kind = kindOfRole(role);
  const read = kind === "tool-result" ? readOfResult : readOfMessage;
  const rest: Record<string, unknown> = { ...without(message, ...read), ...partFields(content) };
  const fields = isEmpty(rest) ? {} : { fields: rest };
  if (kind === "tool-result" && message["tool_call_id"] === undefined && Array.isArray(content) && content.some((part) => blockEvent(objectOf(part) ?? {})?.kind === "tool-result")) {
    const [first, ...others] = anthropicBlocks(role, content);
    const own: Record<string, unknown> = without(message, ...read);
    return first === undefined ? [] : [{ ...first, ...(isEmpty(own) ? {} : { fields: { ...own, ...first.fields } }) }, ...others];
  }
  if (kind === "tool-result") {
    const call = idOf(message["tool_call_id"]) ?? idOf(message["call_id"]) ?? idOf(message["toolCallId"]);
    const tool = textOf(message["name"]) ?? textOf(message["function"]) ?? textOf(message["toolName"]);
    const error = member(message, "error", "message") ?? message["error"];
    const text = contentText(content);
    return [
      {
        kind,
        text: typeof error === "string" && !text.includes(error) ? [text, error].filter(Boolean).join("\n") : text,
        isError: message["is_error"] === true || message["isError"] === true || (error !== undefined && error !== null),
        ...(call === undefined ? {} : { call }),
        ...(tool === undefined ? {} : { tool }),
        ...fields,
      },
    ];
  }
  const events: EventDraft[] = [];
  const spoken = spokenText(message["audio"]);
  const reasoning = contentText(message["reasoning_content"] ?? message["reasoning"] ?? message["thinking"]) || listOf(message["reasoning_details"]).map((detail) => shownText(member(detail, "text") ?? member(detail, "summary"))).filter((text) => text !== "").join("\n");
  if (reasoning !== "") {
    events.push({ kind: "reasoning", text: reasoning });
  }
  if (Array.isArray(content) && content.some((part) => blockEvent(objectOf(part) ?? {}) !== undefined)) {
    events.push(...anthropicBlocks(role, content));
    delete rest["parts"];
  } else {
    const text = contentText(content) || (typeof message["refusal"] === "string" ? message["refusal"] : "");
    if (text !== "") {
      events.push({ kind, text, ...(kind === "raw" ? { title: role } : {}) });
    }
  }
  if (spoken !== "") {
    events.push({ kind, text: spoken });
  }
  events.push(...openAiCalls(message));
  const [first] = events;
  if (first === undefined) {
    return [{ kind, text: "", title: kind === "raw" ? role : "", ...fields }];
  }
  events[0] = { ...first, ...(isEmpty(rest) ? {} : { fields: { ...rest, ...first.fields } }) };
  return events;
}

/** What events of a message say in a better place than their fields. */
const readOfMessage = ["role", "content", "audio", "tool_calls", "function_call", "tool_call_id", "toolCallId", "reasoning", "reasoning_content", "thinking", "reasoning_details", "type"] as const;
/** The same of a tool's result. */
const readOfResult = [...readOfMessage, "toolName", "isError", "is_error", "name"] as const;
