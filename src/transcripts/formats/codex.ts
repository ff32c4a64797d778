import type { EventDraft } from "../event";
import { idOf, type JsonObject, listOf, member, objectOf, parsedOf, shownText, textOf, timeOf, without } from "../json/values";
import { contentText, kindOfRole, toolCall } from "./content";
import type { Format, FormatReader, SourceRecord } from "./format";

const lineTypes = new Set(["session_meta", "response_item", "compacted", "turn_context", "event_msg"]);

/** Codex rollouts: lines of `{timestamp, type, payload}`. */
export const codex: Format = {
  name: "codex",
  title: "Codex",
  records: true,
  detect: ({ values, isLines }) =>
    isLines && values.some((value) => lineTypes.has(textOf(member(value, "type")) ?? "") && objectOf(member(value, "payload")) !== undefined),
  facts: (first) => ({
    session: idOf(member(first, "payload", "id")) ?? null,
    version: textOf(member(first, "payload", "cli_version")) ?? null,
    folder: textOf(member(first, "payload", "cwd")) ?? null,
  }),
  read: () => new CodexReader(),
};

class CodexReader implements FormatReader {
  record({ value }: SourceRecord): EventDraft[] | undefined {
    const line = objectOf(value);
    const payload = objectOf(line?.["payload"]);
    if (line === undefined || payload === undefined) {
      return undefined;
    }
    const event = lineEvent(textOf(line["type"]) ?? "", payload);
    if (event === undefined) {
      return undefined;
    }
    const time = timeOf(line["timestamp"]);
    return [{ ...(time === undefined ? {} : { time }), ...event }];
  }
}

function lineEvent(type: string, payload: JsonObject): EventDraft | undefined {
  switch (type) {
    case "session_meta":
      return { kind: "state", title: "session", text: contentText(member(payload, "base_instructions", "text") ?? payload["instructions"]), fields: without(payload, "base_instructions", "instructions") };
    case "turn_context":
      return { kind: "state", title: "turn", text: "", fields: payload };
    case "compacted":
      return { kind: "note", title: "compacted", text: shownText(payload["message"]), fields: without(payload, "message") };
    case "response_item":
      return itemEvent(payload);
    case "event_msg":
      return messageEvent(payload);
    default:
      return undefined;
  }
}

function itemEvent(item: JsonObject): EventDraft | undefined {
  const call = idOf(item["call_id"]);
  const type = textOf(item["type"]) ?? "";
  switch (type) {
    case "message":
      return { kind: kindOfRole(item["role"]), text: contentText(item["content"]), fields: without(item, "type", "role", "content") };
    case "agent_message":
      return { kind: "message", text: contentText(item["content"]), ...(typeof item["author"] === "string" ? { agent: item["author"] } : {}) };
    case "reasoning": {
      const text = contentText(item["content"]) || contentText(item["summary"]);
      return { kind: "reasoning", text, ...(text === "" && typeof item["encrypted_content"] === "string" ? { title: "encrypted" } : {}) };
    }
    case "function_call":
    case "custom_tool_call":
      return toolCall({ id: call, tool: textOf(item["name"]) ?? "", arguments: item["arguments"] ?? item["input"], fields: without(item, "type", "call_id", "name", "arguments", "input") });
    case "local_shell_call":
      return toolCall({ id: call ?? idOf(item["id"]), tool: "local_shell", arguments: item["action"], fields: without(item, "type", "call_id", "action") });
    case "web_search_call":
    case "tool_search_call":
    case "image_generation_call":
      return toolCall({ id: call ?? idOf(item["id"]), tool: type.replace(/_call$/, ""), arguments: item["action"] ?? item["arguments"] ?? item["revised_prompt"], fields: without(item, "type", "call_id", "action", "arguments", "result") });
    case "function_call_output":
    case "custom_tool_call_output":
    case "local_shell_call_output":
    case "tool_search_output":
      return { kind: "tool-result", ...(call === undefined ? {} : { call }), ...outputOf(item["output"] ?? item["tools"]) };
    default:
      return undefined;
  }
}

/** An output is text, parts, or JSON text of `{output, metadata: {exit_code}}`. */
function outputOf(output: unknown): Pick<EventDraft, "text" | "isError" | "fields"> & object {
  const parsed = typeof output === "string" && output.startsWith("{") ? objectOf(parsedOf(output)) : objectOf(output);
  const text = parsed?.["output"] ?? parsed?.["content"];
  const exit = member(parsed, "metadata", "exit_code") ?? parsed?.["exit_code"] ?? (typeof output === "string" ? exitCodeIn(output) : undefined);
  const isError = parsed?.["success"] === false || (typeof exit === "number" && exit !== 0);
  return {
    text: text === undefined ? contentText(output) : contentText(text),
    isError,
    fields: { ...(typeof exit === "number" ? { exitCode: exit } : {}), ...(parsed?.["metadata"] === undefined ? {} : { metadata: parsed["metadata"] }) },
  };
}

function exitCodeIn(output: string): number | undefined {
  const match = /^(?:Exit code: |Process exited with code )(-?\d{1,9})$/m.exec(output.slice(0, 500));
  return match === null ? undefined : Number(match[1]);
}

/** These say once more what response items say, or what the next ones will. */
const repeating = new Set(["user_message", "agent_message", "agent_reasoning", "agent_reasoning_raw_content", "agent_message_delta", "item_completed", "exec_command_end", "mcp_tool_call_end", "web_search_end", "patch_apply_end", "image_generation_end"]);

function messageEvent(payload: JsonObject): EventDraft {
  const type = textOf(payload["type"]) ?? "";
  const rest = without(payload, "type");
  const text = textOf(payload["message"]) ?? textOf(payload["text"]) ?? textOf(payload["last_agent_message"]);
  if (/error$|^turn_aborted$/.test(type)) {
    return { kind: "error", title: type, text: text ?? shownText(payload["reason"]), isError: true, fields: rest };
  }
  if (type === "token_count") {
    return { kind: "state", title: "tokens", text: "", fields: rest };
  }
  const call = idOf(payload["call_id"]);
  return {
    kind: "state",
    title: type,
    text: text ?? (listOf(Object.keys(rest)).length > 0 ? shownText(rest) : ""),
    isRepeat: repeating.has(type),
    fields: call === undefined ? {} : { call },
  };
}
