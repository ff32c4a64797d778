import type { EventDraft } from "../event";
import { idOf, type JsonObject, listOf, member, objectOf, shownText, textOf, timeOf, without } from "../json/values";
import { anthropicBlocks, contentText, kindOfRole } from "./content";
import type { Format, FormatReader, SourceRecord } from "./format";

/** Lines of Claude Code's session files, also those of its subagents. */
export const claudeCode: Format = {
  name: "claude-code",
  title: "Claude Code",
  records: true,
  detect: ({ values, isLines }) =>
    isLines &&
    values.some((value) => {
      const line = objectOf(value);
      return (
        line !== undefined &&
        typeof line["type"] === "string" &&
        (typeof line["sessionId"] === "string" || typeof line["leafUuid"] === "string") &&
        (Object.hasOwn(line, "parentUuid") || Object.hasOwn(line, "uuid") || Object.hasOwn(line, "summary") || Object.hasOwn(line, "isSidechain"))
      );
    }),
  facts: (first) => ({
    session: textOf(member(first, "sessionId")) ?? null,
    version: textOf(member(first, "version")) ?? null,
  }),
  read: () => new ClaudeCodeReader(),
};

class ClaudeCodeReader implements FormatReader {
  /** The message whose lines are being read; one message of the API spans several lines that each repeat its usage. */
  private lastMessage: string | undefined;

  record({ value }: SourceRecord): EventDraft[] | undefined {
    const line = objectOf(value);
    const type = textOf(line?.["type"]);
    if (line === undefined || type === undefined) {
      return undefined;
    }
    const events = this.eventsOf(type, line);
    if (events === undefined) {
      return undefined;
    }
    const uuid = idOf(line["uuid"]);
    const time = timeOf(line["timestamp"]);
    const agent = textOf(line["agentId"]) ?? (line["isSidechain"] === true ? "subagent" : undefined);
    const parentUuid = line["parentUuid"] ?? undefined;
    return events.map(({ kind, call, tool, title, text, fields, isError }) => ({ kind, time, agent, call, tool, title, text, isError, fields: { uuid, parentUuid, ...fields } }));
  }

  private eventsOf(type: string, line: JsonObject): EventDraft[] | undefined {
    switch (type) {
      case "user":
      case "assistant":
        return this.message(line);
      case "system":
        return [systemEvent(line)];
      case "summary":
        return [{ kind: "note", title: "summary", text: shownText(line["summary"]) }];
      case "attachment":
        return [{ kind: "state", title: `attachment ${textOf(member(line, "attachment", "type")) ?? ""}`.trim(), text: shownText(line["attachment"]) }];
      case "file-history-snapshot":
      case "progress":
      case "queue-operation":
        return [{ kind: "state", title: type, text: shownText(without(line, "type", "uuid", "parentUuid", "timestamp", "sessionId", "cwd", "version", "gitBranch", "userType", "isSidechain", "entrypoint")) }];
      default:
        return undefined;
    }
  }

  private message(line: JsonObject): EventDraft[] | undefined {
    const message = objectOf(line["message"]);
    const role = message?.["role"];
    if (message === undefined || typeof role !== "string" || message["content"] === undefined) {
      return undefined;
    }
    const { content } = message;
    const id = idOf(message["id"]);
    const isNew = id === undefined || id !== this.lastMessage;
    this.lastMessage = id;
    const facts: Record<string, unknown> = {
      ...(id === undefined ? {} : { message: id }),
      ...(isNew && message["model"] !== undefined ? { model: message["model"] } : {}),
      ...(isNew && message["usage"] !== undefined ? { usage: message["usage"] } : {}),
      ...(line["isMeta"] === true ? { isMeta: true } : {}),
      ...(line["isCompactSummary"] === true ? { isCompactSummary: true } : {}),
    };
    const events = Array.isArray(content) ? anthropicBlocks(role, content) : [{ kind: kindOfRole(role), text: contentText(content) } satisfies EventDraft];
    if (events.length === 0) {
      events.push({ kind: kindOfRole(role), text: "" });
    }
    const isSummary = line["isCompactSummary"] === true;
    return events.map(({ kind, call, tool, title, text, fields, isError }, index) => ({
      kind,
      call,
      tool,
      title: kind === "user" && isSummary ? "summary of what was compacted" : title,
      text,
      isError,
      fields: { ...(index === 0 ? facts : {}), ...fields, ...(kind === "tool-result" ? toolUseResult(line["toolUseResult"]) : {}) },
    }));
  }
}

/** What the tool returned beside its text: the file it wrote, the patch it made. Long texts that the result repeats are left out. */
function toolUseResult(value: unknown): Record<string, unknown> {
  const result = objectOf(value);
  if (result === undefined) {
    return {};
  }
  const kept: Record<string, unknown> = {};
  for (const name of ["type", "filePath", "structuredPatch", "originalFile", "content", "interrupted", "agentId"]) {
    if (result[name] !== undefined && result[name] !== null) {
      kept[name] = result[name];
    }
  }
  return Object.keys(kept).length > 0 ? { toolUseResult: kept } : {};
}

function systemEvent(line: JsonObject): EventDraft {
  const subtype = textOf(line["subtype"]) ?? "";
  const isError = line["level"] === "error" || /error|refusal/.test(subtype);
  const rest = without(line, "type", "subtype", "uuid", "parentUuid", "timestamp", "sessionId", "cwd", "version", "gitBranch", "userType", "isSidechain", "entrypoint", "content");
  const lines = [contentText(line["content"]), listOf(line["hookErrors"]).map(shownText).join("\n"), shownText(member(line, "error", "message"))];
  return { kind: isError ? "error" : "note", title: subtype, text: lines.filter((text) => text !== "").join("\n"), isError, fields: rest };
}
