import type { EventDraft } from "../event";
import { beside, idOf, type JsonObject, listOf, member, numberOf, objectOf, present, shownText, textOf, timeOf, without } from "../json/values";
import { contentText, toolCall } from "./content";
import type { Format, FormatReader, SourceRecord } from "./format";

const telling = /^(session\.(start|resume|shutdown)|user\.message|system\.message|assistant\.(turn_start|message|message_delta)|tool\.execution_(start|complete))$/;
const isEvent = (value: unknown): boolean => objectOf(member(value, "data")) !== undefined && telling.test(textOf(member(value, "type")) ?? "");

/**
 * Events of GitHub Copilot's agent, a line each: of the sessions that its command line and VS Code keep (`events.jsonl`), and as
 * `copilot --output-format json` prints them. Their types are those of github/copilot-sdk's `session-events.schema.json`.
 */
export const copilot: Format = {
  name: "copilot",
  title: "GitHub Copilot",
  records: true,
  detect: ({ values, isLines }) => isLines && values.some(isEvent),
  facts: (line) => {
    const type = textOf(member(line, "type"));
    const data = member(line, "data");
    return type === "session.start"
      ? { session: idOf(member(data, "sessionId")) ?? null, version: textOf(member(data, "copilotVersion")) ?? null, folder: textOf(member(data, "context", "cwd")) ?? null, model: textOf(member(data, "selectedModel")) ?? null }
      : type === "session.model_change"
        ? { model: textOf(member(data, "newModel")) ?? null }
        : {};
  },
  read: () => new CopilotReader(),
};

/** What a shell's result ends with; the call itself counts as a success. Versions of 2026 say it in `shellExecution` as well. */
const exitStatus = /<(?:exited|shellId: \S{1,100} completed) with exit code (-?\d{1,10})>\s*$/;

class CopilotReader implements FormatReader {
  /** The tools of calls that were told. */
  private readonly tools = new Map<string, string>();
  /** What subagents are called, by their own ids and by the calls that began them. */
  private readonly agents = new Map<string, string>();
  /** What calls of models took that have a record of their own before the answer. */
  private readonly usages = new Map<string, JsonObject>();
  /** What each model had taken when the session ended last; it may have been resumed. */
  private readonly ended = new Map<string, JsonObject>();
  /** What was thought last, which an answer says once more. */
  private thought = "";

  record({ value }: SourceRecord): EventDraft[] | undefined {
    const line = objectOf(value);
    const type = textOf(line?.["type"]);
    if (line === undefined || type === undefined) {
      return undefined;
    }
    const data = objectOf(line["data"]);
    const events = data === undefined ? lastEvent(type, line) : this.events(type, data, textOf(line["agentId"]));
    const agentId = textOf(line["agentId"]) ?? textOf(data?.["parentToolCallId"]);
    const agent = agentId === undefined ? undefined : (this.agents.get(agentId) ?? agentId);
    const place = { ...beside(line, "type", "data", "timestamp") };
    return events?.map((event, index) => ({ ...present({ time: timeOf(line["timestamp"]), agent }), ...event, ...(index === 0 ? { fields: { ...place, ...event.fields } } : {}) }));
  }

  private events(type: string, data: JsonObject, agentId: string | undefined): EventDraft[] {
    switch (type) {
      case "system.message":
        return [{ kind: "system", text: contentText(data["content"]), fields: beside(data, "content", "role") }];
      case "user.message": {
        const text = contentText(data["content"]);
        const sent = data["transformedContent"];
        const source = textOf(data["source"]) ?? "";
        return [{ kind: "user", title: source.startsWith("agent-") ? "from the agent" : source, text, fields: { ...beside(data, "content", "transformedContent"), ...(sent === data["content"] ? {} : present({ transformedContent: sent })) } }];
      }
      case "assistant.reasoning":
        this.thought = contentText(data["content"]);
        return [{ kind: "reasoning", text: this.thought, fields: beside(data, "content") }];
      case "assistant.message":
        return this.answer(data);
      case "tool.execution_start":
      case "tool.user_requested":
        return [this.begun(type, data)];
      case "tool.execution_complete":
        return [this.result(data)];
      case "subagent.started":
        return [this.subagent(data, agentId)];
      case "session.shutdown":
        return [{ kind: "state", title: "shutdown", text: shownText(data["errorReason"]), fields: { ...data, ...this.usageOfModels(data) }, isError: data["shutdownType"] === "error" }];
      case "assistant.usage":
      case "session.usage_record":
        return [this.usage(objectOf(data["usage"]) ?? data)];
      default:
        return [otherEvent(type, data)];
    }
  }

  /** What the model said: its thoughts, its words, and the calls that it asked for. */
  private answer(data: JsonObject): EventDraft[] {
    const thought = shownText(data["reasoningText"]);
    const said = contentText(data["content"]);
    const calls = listOf(data["toolRequests"]).map((value) => {
      const call = objectOf(value) ?? { value };
      const id = idOf(call["toolCallId"]);
      const tool = textOf(call["name"]) ?? "";
      if (id !== undefined) {
        this.tools.set(id, tool);
      }
      return toolCall({ id, tool, arguments: call["arguments"], fields: beside(call, "toolCallId", "name", "arguments") });
    });
    const tokens = numberOf(data["outputTokens"]);
    const recorded = this.usages.get(idOf(data["apiCallId"]) ?? "");
    const fields = {
      ...present({ message: idOf(data["messageId"]), model: textOf(data["model"]), usage: recorded ?? (tokens === undefined ? undefined : { output_tokens: tokens }) }),
      ...beside(data, "messageId", "model", ...(recorded === undefined ? ["outputTokens"] : []), "reasoningText", "content", "toolRequests"),
    };
    const isSame = thought !== "" && thought === this.thought;
    this.thought = "";
    const events: EventDraft[] = [...(said === "" && calls.length > 0 ? [] : [{ kind: "message" as const, text: said }]), ...calls];
    return [...(thought === "" ? [] : [{ kind: "reasoning" as const, text: thought, isRepeat: isSame }]), ...events.map((event, index) => (index === 0 ? { ...event, fields: { ...fields, ...event.fields } } : event))];
  }

  /** A call that is carried out: most often one that the model asked for in the answer before. */
  private begun(type: string, data: JsonObject): EventDraft {
    const id = idOf(data["toolCallId"]);
    const tool = textOf(data["toolName"]) ?? "";
    const isKnown = id !== undefined && this.tools.has(id);
    if (id !== undefined) {
      this.tools.set(id, tool);
    }
    return { ...toolCall({ id: isKnown ? undefined : id, tool, arguments: data["arguments"], fields: beside(data, "toolCallId", "toolName", "arguments") }), title: type === "tool.user_requested" ? "asked for by the user" : "", isRepeat: isKnown };
  }

  private result(data: JsonObject): EventDraft {
    const call = idOf(data["toolCallId"]);
    const result = data["result"];
    const parts = objectOf(result);
    const failure = objectOf(data["error"]);
    const said = contentText(parts === undefined ? result : (parts["content"] ?? ""));
    const text = said === "" ? shownText(failure?.["message"] ?? data["error"]) : said;
    const detailed = parts?.["detailedContent"];
    const tool = (call === undefined ? undefined : this.tools.get(call)) ?? textOf(data["toolName"]);
    const status = /bash|shell/.test(tool ?? "") ? exitStatus.exec(text)?.[1] : undefined;
    const exitCode = numberOf(member(data["shellExecution"], "exitCode")) ?? (status === undefined ? undefined : Number(status));
    return {
      kind: "tool-result",
      ...present({ call, tool }),
      text,
      isError: data["success"] === false || failure !== undefined || (exitCode ?? 0) !== 0,
      fields: {
        ...present({ exitCode }),
        ...beside(data, "toolCallId", "toolName", "success", "result", "error"),
        ...(parts === undefined ? {} : beside(parts, "content", "detailedContent")),
        ...(detailed === parts?.["content"] ? {} : present({ detailedContent: detailed })),
        ...(failure === undefined ? {} : { error: said === "" ? beside(failure, "message") : failure }),
      },
    };
  }

  /** What a call took; the answer that came of it says it, too. */
  private usage(usage: JsonObject): EventDraft {
    const call = idOf(usage["apiCallId"]);
    const counts = countsOf(usage);
    if (call !== undefined && counts !== undefined) {
      this.usages.set(call, counts);
      if (this.usages.size > mostUsages) {
        this.usages.delete(this.usages.keys().next().value ?? "");
      }
    }
    return { kind: "state", title: "usage record", text: "", fields: { record: usage } };
  }

  /** The tokens of each model since the session ended last: each end tells those of the whole session. */
  private usageOfModels(data: JsonObject): { readonly model_usage?: Record<string, unknown> } {
    const usages = Object.entries(objectOf(data["modelMetrics"]) ?? {}).flatMap(([model, of]): [string, unknown][] => {
      const counts = countsOf(objectOf(member(of, "usage")) ?? {});
      const before = this.ended.get(model) ?? {};
      if (counts === undefined) {
        return [];
      }
      this.ended.set(model, counts);
      return [[model, Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, Math.max(0, Number(count) - (numberOf(before[name]) ?? 0))]))]];
    });
    return usages.length === 0 ? {} : { model_usage: Object.fromEntries(usages) };
  }

  private subagent(data: JsonObject, agentId: string | undefined): EventDraft {
    const name = textOf(data["agentDisplayName"]) ?? textOf(data["agentName"]) ?? "subagent";
    const begun = idOf(data["toolCallId"]);
    for (const id of [agentId, begun]) {
      if (id !== undefined) {
        this.agents.set(id, name);
      }
    }
    return { kind: "state", title: `subagent ${name} began`, text: shownText(data["agentDescription"]), fields: without(data, "agentDescription") };
  }
}

/** What the printed lines end with; it has no `data`. */
function lastEvent(type: string, line: JsonObject): EventDraft[] | undefined {
  return type === "result" ? [{ kind: "state", title: "result", text: "", isError: (numberOf(line["exitCode"]) ?? 0) !== 0 }] : undefined;
}

/** What is neither said nor done by the model. What an event of a type says in words is its text. */
function otherEvent(type: string, data: JsonObject): EventDraft {
  const name = type.replace(/^session\./, "").replaceAll(/[._]/g, " ");
  const event = (kind: "error" | "note" | "state", textMember: string, more: Partial<EventDraft> = {}): EventDraft => ({ kind, title: name, text: contentText(data[textMember] ?? ""), fields: without(data, textMember), ...more });
  switch (type) {
    case "session.error":
    case "model.call_failure":
      return event("error", data["message"] === undefined ? "errorMessage" : "message", { isError: true });
    case "session.info":
    case "session.warning":
      return event("note", "message");
    case "session.compaction_complete":
      return { ...event("note", "summaryContent"), title: "compacted", isError: data["success"] === false };
    case "session.task_complete":
      return event("note", "summary");
    case "session.snapshot_rewind":
      return { ...event("note", ""), title: "rewound", text: "The conversation was taken back to an earlier event." };
    case "session.handoff":
      return event("note", "summary");
    case "session.model_change":
      return event("state", "newModel");
    case "skill.invoked":
      return { ...event("note", "content"), title: `skill ${shownText(data["name"])}`.trim() };
    case "abort":
      return event("note", "reason", { isError: true });
    case "permission.requested": {
      const asked = objectOf(data["permissionRequest"]) ?? {};
      return { kind: "note", title: `permission asked: ${shownText(asked["kind"])}`, text: shownText(asked["fullCommandText"] ?? asked["intention"] ?? asked["path"] ?? asked["url"]), fields: data };
    }
    case "permission.completed":
      return { kind: "note", title: `permission ${shownText(member(data, "result", "kind"))}`.trim(), text: "", fields: data };
    case "subagent.completed":
    case "subagent.failed":
      return event("state", "error", { title: `subagent ${shownText(data["agentDisplayName"] ?? data["agentName"])} ${type === "subagent.failed" ? "failed" : "ended"}`, isError: type === "subagent.failed" });
    case "hook.end":
      return event("state", "error", { isError: data["success"] === false });
    case "assistant.message_delta":
    case "assistant.reasoning_delta":
    case "assistant.tool_call_delta":
      // Pieces of what is told whole behind them.
      return event("state", "deltaContent", { isRepeat: true });
    case "tool.execution_partial_result":
      return event("state", "partialOutput", { isRepeat: true });
    case "tool.shell_output":
      return event("state", "output", { isRepeat: true });
    case "system.notification":
      return event("note", "content");
    default:
      return event("state", "content");
  }
}

/** Of how many calls it is remembered what they took. */
const mostUsages = 64;

/** Tokens in the names of OpenAI: of the input, those from a cache are a part. */
function countsOf(usage: JsonObject): JsonObject | undefined {
  const [input, output] = [numberOf(usage["inputTokens"]), numberOf(usage["outputTokens"])];
  return input === undefined && output === undefined ? undefined : present({ prompt_tokens: input, completion_tokens: output, cached_tokens: numberOf(usage["cacheReadTokens"]), reasoning_tokens: numberOf(usage["reasoningTokens"]) });
}
