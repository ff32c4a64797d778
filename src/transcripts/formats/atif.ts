import type { EventDraft } from "../event";
import { idOf, listOf, member, objectOf, present, shownText, textOf, timeOf, without } from "../json/values";
import { contentText, kindOfRole, toolCall } from "./content";
import type { Format, FormatReader, SourceRecord } from "./format";

/** ATIF, the trajectory format of Harbor and Terminal-Bench. */
export const atif: Format = {
  name: "atif",
  title: "ATIF trajectory",
  records: { steps: { "*": true } },
  detect: ({ values, isLines }) => !isLines && (/^ATIF/.test(shownText(member(values[0], "schema_version"))) || (objectOf(member(values[0], "agent")) !== undefined && member(listOf(member(values[0], "steps"))[0], "step_id") !== undefined)),
  facts: (shell) => ({
    version: textOf(member(shell, "schema_version")) ?? null,
    agent: textOf(member(shell, "agent", "name")) ?? null,
    model: textOf(member(shell, "agent", "model_name")) ?? null,
  }),
  read: (shell) => new AtifReader(textOf(member(shell, "agent", "name"))),
};

class AtifReader implements FormatReader {
  constructor(private readonly agent: string | undefined) {}

  record({ value, path }: SourceRecord): EventDraft[] | undefined {
    const step = objectOf(value);
    if (step === undefined || (step["source"] === undefined && step["message"] === undefined)) {
      return undefined;
    }
    const stepId = idOf(step["step_id"]) ?? String(path.at(-1));
    const kind = kindOfRole(step["source"]);
    const events: EventDraft[] = [];
    const reasoning = contentText(step["reasoning_content"]);
    if (reasoning !== "") {
      events.push({ kind: "reasoning", text: reasoning });
    }
    const calls = listOf(step["tool_calls"]).map((value, index) => {
      const call = objectOf(value) ?? {};
      return toolCall({ id: idOf(call["tool_call_id"]) ?? `step ${stepId} call ${index}`, tool: textOf(call["function_name"]) ?? "", arguments: call["arguments"], fields: without(call, "tool_call_id", "function_name", "arguments") });
    });
    const text = contentText(step["message"]);
    if (text !== "" || (calls.length === 0 && events.length === 0)) {
      events.push({ kind, text, ...(kind === "raw" ? { title: shownText(step["source"]) } : {}) });
    }
    events.push(...calls);
    for (const value of listOf(member(step, "observation", "results"))) {
      const result = objectOf(value) ?? {};
      const call = idOf(result["source_call_id"]) ?? (calls.length === 1 ? calls[0]?.call : undefined);
      const tool = calls.find((candidate) => candidate.call === call)?.tool;
      events.push({ kind: "tool-result", ...present({ call, tool }), text: contentText(result["content"]), fields: without(result, "source_call_id", "content") });
    }
    const rest = without(step, "step_id", "timestamp", "source", "message", "reasoning_content", "tool_calls", "observation");
    return events.map((event, index) => ({
      ...present({ time: timeOf(step["timestamp"]) }),
      ...(kind === "message" ? present({ agent: this.agent }) : {}),
      ...event,
      fields: { step: stepId, ...(index === 0 ? rest : {}), ...event.fields },
    }));
  }
}
