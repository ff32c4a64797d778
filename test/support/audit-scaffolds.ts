import type { Move } from "../fixtures/audit/scenario";

/** How the tools of different scaffolds write the same run down. */
export const scaffolds = ["inspect", "claude-code", "openhands", "swe-agent", "vivaria", "codex", "mini-swe-agent", "openai", "anthropic", "notebook"] as const;

/** Scaffolds beside those that the held-out sets are written in. */
export const furtherScaffolds = ["gemini-cli", "google-contents", "opencode", "qwen-code", "copilot"] as const;

export type Scaffold = (typeof scaffolds)[number] | (typeof furtherScaffolds)[number];

/** Name of the file that a scaffold would write. */
export function fileOf(scaffold: Scaffold): string {
  return { inspect: "log.json", "claude-code": "session.jsonl", openhands: "history.json", "swe-agent": "run.traj", vivaria: "trace.json", codex: "rollout.jsonl", "mini-swe-agent": "run.traj.json", openai: "messages.json", anthropic: "messages.json", notebook: "messages.jsonl", "gemini-cli": "session.jsonl", "google-contents": "request.json", opencode: "export.json", "qwen-code": "chat.jsonl", copilot: "events.jsonl" }[scaffold];
}

/** A run as a file of one scaffold. */
export function scaffoldContent(moves: readonly Move[], scaffold: Scaffold): string {
  return writers[scaffold](moves);
}

const scoring = (move: Move & { kind: "score" }): { script: string; output: string } => ({ script: "python /home/agent/score.py", output: `${move.text}\nscore: ${String(move.value)}` });
const at = (index: number): string => new Date(1.75e12 + index * 41_000).toISOString();
const lines = (rows: readonly object[]): string => `${rows.map((row) => JSON.stringify(row)).join("\n")}\n`;
const hereDocument = (path: string, content: string): string => `cat > ${path} <<'END_OF_FILE'\n${content}${content.endsWith("\n") ? "" : "\n"}END_OF_FILE`;
const readBack = (path: string, content: string): string => `Here's the result of running \`cat -n\` on ${path}:\n${content.split("\n").map((line, index) => `${String(index + 1).padStart(6)}\t${line}`).join("\n")}`;

/** What was done as one shell command, for scaffolds that have nothing else. */
function asShell(move: Move): { script: string; output: string } {
  switch (move.kind) {
    case "shell":
      return move;
    case "python":
      return { script: `python3 - <<'PYTHON'\n${move.code}${move.code.endsWith("\n") ? "" : "\n"}PYTHON`, output: move.output };
    case "write":
      return { script: hereDocument(move.path, move.content), output: "" };
    case "edit":
      return { script: `python3 - <<'PYTHON'\np = ${JSON.stringify(move.path)}\ns = open(p).read()\ns = s.replace(${JSON.stringify(move.before)}, ${JSON.stringify(move.after)})\nopen(p, "w").write(s)\nPYTHON`, output: "" };
    case "read":
      return { script: `cat ${move.path}`, output: move.output };
    case "score":
      return scoring(move);
    default:
      throw new RangeError(move.kind);
  }
}

const spoken = (move: Move): move is Extract<Move, { kind: "told" | "said" }> => move.kind === "told" || move.kind === "said";

interface Names {
  readonly shell: readonly [tool: string, field: string];
  readonly python: readonly [tool: string, field: string];
  readonly write: (path: string, content: string) => [string, object];
  readonly edit: (path: string, before: string, after: string) => [string, object];
  readonly read: (path: string) => [string, object];
}

function asCall(move: Exclude<Move, { kind: "told" | "said" }>, names: Names): { tool: string; given: object; output: string } {
  switch (move.kind) {
    case "shell":
      return { tool: names.shell[0], given: { [names.shell[1]]: move.script }, output: move.output };
    case "score":
      return { tool: names.shell[0], given: { [names.shell[1]]: scoring(move).script }, output: scoring(move).output };
    case "python":
      return { tool: names.python[0], given: { [names.python[1]]: move.code }, output: move.output };
    case "write": {
      const [tool, given] = names.write(move.path, move.content);
      return { tool, given, output: `File created successfully at: ${move.path}` };
    }
    case "edit": {
      const [tool, given] = names.edit(move.path, move.before, move.after);
      return { tool, given, output: `The file ${move.path} has been updated.` };
    }
    case "read": {
      const [tool, given] = names.read(move.path);
      return { tool, given, output: readBack(move.path, move.output) };
    }
  }
}

const editor = (tool: string): Pick<Names, "write" | "edit" | "read"> => ({
  write: (path, content) => [tool, { command: "create", path, file_text: content }],
  edit: (path, before, after) => [tool, { command: "str_replace", path, old_str: before, new_str: after }],
  read: (path) => [tool, { command: "view", path }],
});

const plainFiles: Pick<Names, "write" | "edit" | "read"> = {
  write: (path, content) => ["write_file", { path, content }],
  edit: (path, before, after) => ["replace_in_file", { path, old_string: before, new_string: after }],
  read: (path) => ["read_file", { path }],
};

const inspectNames: Names = { shell: ["bash", "cmd"], python: ["python", "code"], ...editor("text_editor") };
const openAiNames: Names = { shell: ["execute_command", "command"], python: ["run_python", "code"], ...plainFiles };
const anthropicNames: Names = { shell: ["bash", "command"], python: ["execute_python", "source"], ...editor("str_replace_based_edit_tool") };
const notebookNames: Names = { shell: ["terminal", "input"], python: ["jupyter_cell", "cell"], ...plainFiles };
const claudeNames: Names = {
  shell: ["Bash", "command"],
  python: ["NotebookEdit", "new_source"],
  write: (path, content) => ["Write", { file_path: path, content }],
  edit: (path, before, after) => ["Edit", { file_path: path, old_string: before, new_string: after, replace_all: false }],
  read: (path) => ["Read", { file_path: path }],
};

const geminiNames: Names = {
  shell: ["run_shell_command", "command"],
  python: ["run_python", "code"],
  write: (path, content) => ["write_file", { file_path: path, content }],
  edit: (path, before, after) => ["replace", { file_path: path, old_string: before, new_string: after }],
  read: (path) => ["read_file", { file_path: path }],
};
const openCodeNames: Names = {
  shell: ["bash", "command"],
  python: ["run_python", "code"],
  write: (path, content) => ["write", { filePath: path, content }],
  edit: (path, before, after) => ["edit", { filePath: path, oldString: before, newString: after }],
  read: (path) => ["read", { filePath: path }],
};

const copilotNames: Names = {
  shell: ["bash", "command"],
  python: ["run_python", "code"],
  write: (path, content) => ["create", { path, file_text: content }],
  edit: (path, before, after) => ["edit", { path, old_str: before, new_str: after }],
  read: (path) => ["view", { path }],
};

/** A call of Google's API with its response. */
function answered(move: Exclude<Move, { kind: "told" | "said" }>, id: string): { tool: string; given: object; call: object; response: object } {
  const { tool, given, output } = asCall(move, geminiNames);
  return { tool, given, call: { functionCall: { id, name: tool, args: given } }, response: { functionResponse: { id, name: tool, response: { output } } } };
}

const prefixed = (text: string, sign: string): string => text.replace(/\n$/, "").split("\n").map((line) => `${sign}${line}`).join("\n");

/** A patch as Codex has it; of an edit only what was replaced is known. */
function patchOf(move: Move & { kind: "write" | "edit" }): string {
  const body = move.kind === "write" ? `*** Add File: ${move.path}\n${prefixed(move.content, "+")}` : `*** Update File: ${move.path}\n@@\n${prefixed(move.before, "-")}\n${prefixed(move.after, "+")}`;
  return `*** Begin Patch\n${body}\n*** End Patch`;
}

const writers: Readonly<Record<Scaffold, (moves: readonly Move[]) => string>> = {
  inspect: (moves) => {
    const events = moves.flatMap((move, index): object[] => {
      const timestamp = at(index);
      if (spoken(move)) {
        return move.kind === "told" ? [{ event: "model", timestamp, model: "m", input: [{ role: "user", content: move.text, id: "u" }], output: { choices: [] } }] : [{ event: "model", timestamp, model: "m", input: [], output: { choices: [{ message: { role: "assistant", id: `a${index}`, content: move.text }, stop_reason: "stop" }] } }];
      }
      if (move.kind === "score" && index % 2 === 0) {
        return [{ event: "score", timestamp, intermediate: true, score: { value: move.value, explanation: move.text } }];
      }
      const { tool, given, output } = asCall(move, inspectNames);
      return [
        { event: "model", timestamp, model: "m", input: [], output: { choices: [{ message: { role: "assistant", id: `a${index}`, content: "", tool_calls: [{ id: `c${index}`, function: tool, arguments: given }] }, stop_reason: "tool_calls" }] } },
        { event: "tool", timestamp, id: `c${index}`, function: tool, arguments: given, result: output },
      ];
    });
    const told = moves.flatMap((move) => (move.kind === "told" ? [move.text] : [])).join("\n");
    return JSON.stringify({ version: 2, status: "success", eval: { task: "research", model: "m", created: at(0) }, plan: {}, samples: [{ id: 1, epoch: 1, input: [{ role: "user", content: told, id: "u" }], target: "", messages: [], output: {}, scores: {}, events }] });
  },
  "claude-code": (moves) =>
    lines(moves.flatMap((move, index): object[] => {
      const line = { uuid: `u${index}`, parentUuid: index === 0 ? null : `u${index - 1}`, sessionId: "s", timestamp: at(index), cwd: "/home/agent/solution", version: "2.0.0" };
      if (spoken(move)) {
        const role = move.kind === "told" ? "user" : "assistant";
        return [{ ...line, type: role, message: { id: `m${index}`, role, content: [{ type: "text", text: move.text }] } }];
      }
      const { tool, given, output } = asCall(move, claudeNames);
      const all = move.kind === "python" ? { notebook_path: "/home/agent/solution/work.ipynb", cell_type: "code", edit_mode: "insert", ...given } : given;
      return [
        { ...line, type: "assistant", message: { id: `m${index}`, role: "assistant", content: [{ type: "tool_use", id: `c${index}`, name: tool, input: all }] } },
        { ...line, uuid: `r${index}`, type: "user", message: { role: "user", content: [{ type: "tool_result", tool_use_id: `c${index}`, content: output, is_error: false }] } },
      ];
    })),
  openhands: (moves) =>
    JSON.stringify(moves.flatMap((move, index): object[] => {
      const base = { id: 2 * index, timestamp: at(index).slice(0, -1), source: "agent", message: "" };
      const seen = (observation: string, content: string, extras: object): object => ({ ...base, id: 2 * index + 1, cause: 2 * index, observation, content, extras });
      switch (move.kind) {
        case "told":
        case "said":
          return [{ ...base, source: move.kind === "told" ? "user" : "agent", message: move.text, action: "message", args: { content: move.text, image_urls: null, wait_for_response: false } }];
        case "python":
          return [{ ...base, action: "run_ipython", args: { code: move.code, thought: "" } }, seen("run_ipython", move.output, { code: move.code })];
        case "write":
          return [{ ...base, action: "write", args: { path: move.path, content: move.content, start: 0, end: -1, thought: "" } }, seen("write", "", { path: move.path })];
        case "edit":
          return [{ ...base, action: "edit", args: { path: move.path, command: "str_replace", old_str: move.before, new_str: move.after, thought: "" } }, seen("edit", "The file has been edited.", { path: move.path })];
        case "read":
          return [{ ...base, action: "read", args: { path: move.path, start: 0, end: -1 } }, seen("read", move.output, { path: move.path })];
        default: {
          const { script, output } = asShell(move);
          return [{ ...base, action: "run", args: { command: script, thought: "", blocking: false } }, seen("run", output, { command: script, metadata: { exit_code: 0 } })];
        }
      }
    })),
  "swe-agent": (moves) =>
    JSON.stringify({
      environment: "main",
      trajectory: moves.flatMap((move) => (spoken(move) ? [] : [{ ...trajectoryStep(asShell(move)), state: '{"working_dir": "/home/agent/solution"}' }])),
      history: moves.flatMap((move): object[] => {
        if (spoken(move)) {
          return [{ role: move.kind === "told" ? "user" : "assistant", content: move.text, message_type: move.kind === "told" ? "observation" : "thought" }];
        }
        const { script, output } = asShell(move);
        return [{ role: "assistant", content: "", thought: "", action: script, message_type: "action" }, { role: "user", content: `OBSERVATION:\n${output}`, message_type: "observation" }];
      }),
      info: { exit_status: "submitted" },
    }),
  vivaria: (moves) =>
    JSON.stringify(moves.flatMap((move): object[] => {
      switch (move.kind) {
        case "told":
          return [{ type: "log", content: [move.text], attributes: { title: "task" } }];
        case "said":
          return [{ type: "generation", agentRequest: { messages: [], settings: { model: "m", temp: 1, n: 1 } }, finalResult: { outputs: [{ completion: move.text }] } }];
        case "score":
          return [{ type: "intermediateScore", score: move.value, message: { text: move.text }, details: {} }];
        case "python":
          return [{ type: "action", action: { type: "run_python", args: { code: move.code } } }, { type: "observation", observation: { result: move.output } }];
        default: {
          const { script, output } = asShell(move);
          return [{ type: "action", action: { type: "run_bash", args: { command: script } } }, { type: "observation", observation: { stdout: output, status: 0 } }];
        }
      }
    }).map((content, index) => ({ runId: 7, index: (index * 7919) % 100_003, agentBranchNumber: 0, calledAt: 1.75e12 + index * 20_000, modifiedAt: 1.75e12 + index * 20_000, content }))),
  codex: (moves) =>
    lines([
      { timestamp: at(0), type: "session_meta", payload: { id: "s", timestamp: at(0), cwd: "/home/agent/solution", originator: "codex_cli_rs", cli_version: "0.60.0" } },
      ...moves.flatMap((move, index): object[] => {
        const item = (payload: object): object => ({ timestamp: at(index), type: "response_item", payload });
        if (spoken(move)) {
          return [item({ type: "message", role: move.kind === "told" ? "user" : "assistant", content: [{ type: move.kind === "told" ? "input_text" : "output_text", text: move.text }] })];
        }
        if (move.kind === "write" || move.kind === "edit") {
          return [item({ type: "custom_tool_call", call_id: `c${index}`, name: "apply_patch", input: patchOf(move), status: "completed" }), item({ type: "custom_tool_call_output", call_id: `c${index}`, output: "Success. Updated the following files:" })];
        }
        const { script, output } = asShell(move);
        return [item({ type: "function_call", name: "shell", call_id: `c${index}`, arguments: JSON.stringify({ command: ["bash", "-lc", script], workdir: "/home/agent/solution" }) }), item({ type: "function_call_output", call_id: `c${index}`, output: JSON.stringify({ output, metadata: { exit_code: 0, duration_seconds: 0.4 } }) })];
      }),
    ]),
  "mini-swe-agent": (moves) =>
    JSON.stringify({
      info: { exit_status: "Submitted", submission: "", config: {} },
      trajectory_format: "mini-swe-agent-1.1",
      messages: [
        { role: "system", content: "You can interact with a computer shell." },
        ...moves.flatMap((move, index): object[] => {
          if (spoken(move)) {
            return [{ role: move.kind === "told" ? "user" : "assistant", content: move.text }];
          }
          const { script, output } = asShell(move);
          const id = `call_${index}`;
          return [
            { role: "assistant", content: "", tool_calls: [{ id, type: "function", function: { name: "bash", arguments: JSON.stringify({ command: script }) } }], extra: { actions: [{ command: script, tool_call_id: id }], timestamp: 1.75e9 + index } },
            { role: "tool", tool_call_id: id, content: `<returncode>0</returncode>\n<output>\n${output}\n</output>`, extra: { raw_output: output, returncode: 0 } },
          ];
        }),
      ],
    }),
  openai: (moves) =>
    JSON.stringify({
      messages: moves.flatMap((move, index): object[] => {
        if (spoken(move)) {
          return [{ role: move.kind === "told" ? "user" : "assistant", content: move.text }];
        }
        const { tool, given, output } = asCall(move, openAiNames);
        return [{ role: "assistant", content: null, tool_calls: [{ id: `c${index}`, type: "function", function: { name: tool, arguments: JSON.stringify(given) } }] }, { role: "tool", tool_call_id: `c${index}`, content: output }];
      }),
    }),
  anthropic: (moves) => JSON.stringify(moves.flatMap((move, index) => blocks(move, index, anthropicNames))),
  notebook: (moves) => lines([{ messages: moves.flatMap((move, index) => blocks(move, index, notebookNames)) }]),
  "gemini-cli": (moves) =>
    lines([
      { sessionId: "s", projectHash: "h", startTime: at(0), lastUpdated: at(0), kind: "main" },
      ...moves.flatMap((move, index): object[] => {
        const message = { id: `m${index}`, timestamp: at(index) };
        if (spoken(move)) {
          return [{ ...message, type: move.kind === "told" ? "user" : "gemini", content: move.kind === "told" ? [{ text: move.text }] : move.text }];
        }
        const { tool, given, response } = answered(move, `c${index}`);
        return [{ ...message, type: "gemini", content: "", toolCalls: [{ id: `c${index}`, name: tool, args: given, result: [response], status: "success", timestamp: at(index) }] }, { id: `r${index}`, timestamp: at(index), type: "user", content: [response] }, { $set: { lastUpdated: at(index) } }];
      }),
    ]),
  "google-contents": (moves) =>
    JSON.stringify({
      contents: moves.flatMap((move, index): object[] => {
        if (spoken(move)) {
          return [{ role: move.kind === "told" ? "user" : "model", parts: [{ text: move.text }] }];
        }
        const { call, response } = answered(move, `c${index}`);
        return [{ role: "model", parts: [call] }, { role: "user", parts: [response] }];
      }),
    }),
  opencode: (moves) =>
    JSON.stringify({
      info: { id: "ses", projectID: "p", directory: "/home/agent/solution", version: "1.0.0", time: { created: 1.75e12 } },
      messages: moves.map((move, index) => {
        const began = 1.75e12 + index * 41_000;
        const info = { id: `msg${index}`, sessionID: "ses", role: move.kind === "told" ? "user" : "assistant", time: { created: began }, path: { cwd: "/home/agent/solution" } };
        if (spoken(move)) {
          return { info, parts: [{ type: "text", text: move.text }] };
        }
        const { tool, given, output } = asCall(move, openCodeNames);
        return { info, parts: [{ type: "tool", callID: `c${index}`, tool, state: { status: "completed", input: given, output, metadata: {}, time: { start: began, end: began + 400 } } }] };
      }),
    }),
  "qwen-code": (moves) =>
    lines(moves.flatMap((move, index): object[] => {
      const line = { uuid: `u${index}`, parentUuid: index === 0 ? null : `u${index - 1}`, sessionId: "s", timestamp: at(index), cwd: "/home/agent/solution", version: "0.1.0" };
      if (spoken(move)) {
        return [{ ...line, type: move.kind === "told" ? "user" : "assistant", message: { role: move.kind === "told" ? "user" : "model", parts: [{ text: move.text }] } }];
      }
      const { call, response } = answered(move, `c${index}`);
      return [{ ...line, type: "assistant", message: { role: "model", parts: [call] } }, { ...line, uuid: `t${index}`, type: "tool_result", message: { role: "user", parts: [response] }, toolCallResult: { callId: `c${index}`, status: "success" } }];
    })),
  copilot: (moves) =>
    lines(moves.flatMap((move, index): object[] => {
      const event = (type: string, data: object): object => ({ type, data, id: `e${index}`, timestamp: at(index), parentId: null });
      if (spoken(move)) {
        return [event(move.kind === "told" ? "user.message" : "assistant.message", { content: move.text })];
      }
      const { tool, given, output } = asCall(move, copilotNames);
      const content = tool === "bash" ? `${output}\n<exited with exit code 0>` : output;
      return [
        event("assistant.message", { messageId: `m${index}`, content: "", toolRequests: [{ toolCallId: `c${index}`, name: tool, arguments: given, type: "function" }] }),
        event("tool.execution_start", { toolCallId: `c${index}`, toolName: tool, arguments: given }),
        event("tool.execution_complete", { toolCallId: `c${index}`, success: true, result: { content } }),
      ];
    })),
};

function trajectoryStep({ script, output }: { script: string; output: string }): object {
  return { action: script, observation: output, response: script, thought: "", execution_time: 0.5 };
}

function blocks(move: Move, index: number, names: Names): object[] {
  if (spoken(move)) {
    return [{ role: move.kind === "told" ? "user" : "assistant", content: [{ type: "text", text: move.text }] }];
  }
  const { tool, given, output } = asCall(move, names);
  return [
    { role: "assistant", content: [{ type: "tool_use", id: `c${index}`, name: tool, input: given }] },
    { role: "user", content: [{ type: "tool_result", tool_use_id: `c${index}`, content: output }] },
  ];
}
