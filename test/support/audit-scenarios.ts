import type { Scenario } from "../fixtures/audit/scenario";

/** The formats that scenarios are written in. */
export const scenarioFormats = ["openai", "claude-code", "inspect", "vivaria"] as const;

export type ScenarioFormat = (typeof scenarioFormats)[number];

interface Said {
  readonly role: "user" | "assistant";
  readonly text: string;
}

interface Called {
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly output: string;
  readonly isError: boolean;
}

interface Scored {
  readonly value: number | null;
  readonly text: string;
}

type Turn = Said | Called | Scored;

function turns({ steps }: Scenario): Turn[] {
  return steps.map((step): Turn => {
    const called = (tool: string, given: Record<string, unknown>, output: string): Called => ({ tool, arguments: given, output, isError: /exit code: [1-9]/.test(output) });
    switch (step.kind) {
      case "told":
        return { role: "user", text: step.text };
      case "said":
        return { role: "assistant", text: step.text };
      case "shell":
        return called("bash", { command: step.script }, step.output);
      case "python":
        return called("python", { code: step.code }, step.output);
      case "write":
        return called("str_replace_based_edit_tool", { command: "create", path: step.path, file_text: step.content }, `File created successfully at: ${step.path}`);
      case "edit":
        return called("str_replace_based_edit_tool", { command: "str_replace", path: step.path, old_str: step.before, new_str: step.after }, "The file has been edited.");
      case "read":
        return called("str_replace_based_edit_tool", { command: "view", path: step.path }, step.output);
      case "score":
        return { value: step.value, text: step.text };
    }
  });
}

/** A scenario as a file of one of the formats. */
export function scenarioContent(scenario: Scenario, format: ScenarioFormat): string {
  const all = turns(scenario);
  switch (format) {
    case "openai":
      return JSON.stringify(all.flatMap(openAi));
    case "claude-code":
      return `${all.flatMap(claudeCode).map((line, index) => JSON.stringify({ uuid: `u${index}`, parentUuid: index === 0 ? null : `u${index - 1}`, sessionId: "s", timestamp: new Date(1.75e12 + index * 1000).toISOString(), ...line })).join("\n")}\n`;
    case "inspect":
      return JSON.stringify({ version: 2, status: "success", eval: { task: "t", model: "m", created: "2026-01-01T00:00:00Z" }, samples: [{ id: 1, epoch: 1, input: "", target: "", messages: [], output: {}, scores: {}, events: all.flatMap(inspect) }] });
    case "vivaria":
      return JSON.stringify(all.flatMap(vivaria).map((content, index) => ({ runId: 1, index: 1000 - index, agentBranchNumber: 0, calledAt: 1.75e12 + index * 1000, modifiedAt: 1.75e12, content })));
  }
}

const scorerCall = ({ value, text }: Scored): Called => ({ tool: "bash", arguments: { command: "python score.py" }, output: `${text}\nscore: ${String(value)}`, isError: false });

function openAi(turn: Turn, index: number): object[] {
  if ("role" in turn) {
    return [{ role: turn.role, content: turn.text }];
  }
  const { tool, arguments: given, output } = "value" in turn ? scorerCall(turn) : turn;
  return [{ role: "assistant", content: null, tool_calls: [{ id: `c${index}`, type: "function", function: { name: tool, arguments: JSON.stringify(given) } }] }, { role: "tool", tool_call_id: `c${index}`, content: output }];
}

function claudeCode(turn: Turn, index: number): object[] {
  if ("role" in turn) {
    return [{ type: turn.role, message: { id: `m${index}`, role: turn.role, content: [{ type: "text", text: turn.text }] } }];
  }
  const { tool, arguments: given, output, isError } = "value" in turn ? scorerCall(turn) : turn;
  return [
    { type: "assistant", message: { id: `m${index}`, role: "assistant", content: [{ type: "tool_use", id: `c${index}`, name: tool, input: given }] } },
    { type: "user", message: { role: "user", content: [{ type: "tool_result", tool_use_id: `c${index}`, content: output, is_error: isError }] } },
  ];
}

function inspect(turn: Turn, index: number): object[] {
  const timestamp = new Date(1.75e12 + index * 1000).toISOString();
  if ("role" in turn) {
    return turn.role === "user" ? [{ event: "model", timestamp, model: "m", input: [{ role: "user", content: turn.text, id: `u${index}` }], output: { choices: [] } }] : [{ event: "model", timestamp, model: "m", input: [], output: { choices: [{ message: { role: "assistant", id: `a${index}`, content: turn.text } }] } }];
  }
  if ("value" in turn) {
    return [{ event: "score", timestamp, intermediate: true, score: { value: turn.value, explanation: turn.text } }];
  }
  const { tool, arguments: given, output, isError } = turn;
  return [
    { event: "model", timestamp, model: "m", input: [], output: { choices: [{ message: { role: "assistant", id: `a${index}`, content: "", tool_calls: [{ id: `c${index}`, function: tool, arguments: given }] } }] } },
    { event: "tool", timestamp, id: `c${index}`, function: tool, arguments: given, result: output, ...(isError ? { error: { type: "unknown", message: output } } : {}) },
  ];
}

function vivaria(turn: Turn): object[] {
  if ("role" in turn) {
    return turn.role === "user" ? [{ type: "log", content: [turn.text] }] : [{ type: "generation", agentRequest: { messages: [], settings: { model: "m", temp: 1, n: 1 } }, finalResult: { outputs: [{ completion: turn.text }] } }];
  }
  if ("value" in turn) {
    return [{ type: "intermediateScore", score: turn.value, message: { text: turn.text }, details: {} }];
  }
  return [{ type: "action", action: { type: turn.tool, args: turn.arguments } }, { type: "observation", observation: { result: turn.output } }];
}
