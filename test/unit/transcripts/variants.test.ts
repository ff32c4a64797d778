import { describe, expect, test } from "vitest";
import { inWords, readContent } from "../../support/transcripts";

const linesOf = (lines: readonly unknown[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join("");

describe("what is written besides what the fixtures have", () => {
  test("tools that Anthropic runs: what they return, and that they failed", async () => {
    const content = [
      { type: "server_tool_use", id: "s1", name: "web_search", input: { query: "q" } },
      { type: "web_search_tool_result", tool_use_id: "s1", content: [{ type: "web_search_result", url: "http://a", title: "A", encrypted_content: "E".repeat(400) }] },
      { type: "server_tool_use", id: "s2", name: "bash_code_execution", input: { command: "ls" } },
      { type: "bash_code_execution_tool_result", tool_use_id: "s2", content: { type: "bash_code_execution_result", stdout: "out", stderr: "bad", return_code: 3 } },
      { type: "server_tool_use", id: "s3", name: "web_fetch", input: { url: "x" } },
      { type: "web_fetch_tool_result", tool_use_id: "s3", content: { type: "web_fetch_tool_error", error_code: "url_not_accessible" } },
      { type: "text", text: "said", citations: [{ cited_text: "quoted", url: "http://a" }] },
    ];
    const { events } = await readContent(JSON.stringify([{ role: "user", content: "find" }, { role: "assistant", content }]));
    expect(events.slice(1).map(({ kind, call, isError }) => [kind, call, isError])).toEqual([
      ["tool-call", "s1", false], ["tool-result", "s1", false], ["tool-call", "s2", false], ["tool-result", "s2", true], ["tool-call", "s3", false], ["tool-result", "s3", true], ["message", undefined, false],
    ]);
    expect(events[2]?.text).not.toContain("EEEE");
    expect(events[4]).toMatchObject({ text: "out\nbad", fields: { exitCode: 3 } });
    expect(events[7]?.fields["parts"]).toEqual([{ citations: [{ cited_text: "quoted", url: "http://a" }] }]);
  });

  test("a refusal of OpenAI's, and reasoning in details alone", async () => {
    const { events } = await readContent(JSON.stringify([{ role: "user", content: "x" }, { role: "assistant", content: null, refusal: "I cannot.", reasoning_details: [{ type: "reasoning.summary", summary: "Weighing." }] }]));
    expect(events.map(inWords)).toEqual(["user x", "reasoning Weighing.", "message I cannot."]);
  });

  test("calls that an agent of the Agent Client Protocol made for OpenHands", async () => {
    const state = (id: string, status: string, more: object): object => ({ kind: "ACPToolCallEvent", id, timestamp: "2026-01-01T00:00:00", source: "agent", tool_call_id: "c1", title: "Edit x.py", tool_kind: "edit", status, raw_input: { path: "x.py" }, ...more });
    const { events } = await readContent(linesOf([state("a", "in_progress", {}), state("b", "in_progress", { content: [] }), state("c", "failed", { raw_output: "no" })]), "events.jsonl");
    expect(events.map(inWords)).toEqual(["tool-call edit #c1 (Edit x.py) x.py", "~state #c1 (Edit x.py, in_progress)", "!tool-result edit #c1 no"]);
  });

  test("what Terminus types into a terminal, which stands in its messages, with what the terminal shows then", async () => {
    const step = (id: number, message: string, seen?: string): object => ({ step_id: id, source: "agent", message, ...(seen === undefined ? {} : { observation: { results: [{ content: seen }] } }) });
    const trajectory = { schema_version: "ATIF-v1.5", agent: { name: "terminus-2" }, steps: [step(1, JSON.stringify({ plan: "look", commands: [{ keystrokes: "ls\n", duration: 0.1 }, { keystrokes: "cat a", duration: 1 }] }), "a.py"), step(2, 'So: {"commands": [{"keystrokes": "C-c"}]}', "^C"), step(3, JSON.stringify({ commands: [], task_complete: true }), "done"), step(4, "I would send \"keystrokes\" {")] };
    const { events } = await readContent(JSON.stringify(trajectory), "trajectory.json");
    expect(events.filter(({ kind }) => kind.startsWith("tool-")).map(({ kind, call, tool, text }) => [kind, call, tool, text])).toEqual([
      ["tool-call", "step 1", "terminal", "ls\ncat a"],
      ["tool-result", "step 1", "terminal", "a.py"],
      ["tool-call", "step 2", "terminal", "C-c"],
      ["tool-result", "step 2", "terminal", "^C"],
      ["tool-result", undefined, undefined, "done"],
    ]);
  });

  test("calls and results of Goose, with what went wrong", async () => {
    const line = (role: string, ...content: object[]): string => `${JSON.stringify({ role, created: 1_745_000_000, content })}\n`;
    const asked = (id: string, toolCall: object): object => ({ type: "toolRequest", id, toolCall });
    const returned = (id: string, toolResult: object): object => ({ type: "toolResponse", id, toolResult });
    const good = { status: "success", value: { name: "shell", arguments: { command: "ls" } } };
    const { format, events } = await readContent(
      [
        line("user", { type: "text", text: "Go" }),
        line("assistant", { type: "text", text: "Looking" }, asked("a", good), asked("b", good), asked("c", { status: "error", error: "no JSON" })),
        line("user", returned("a", { status: "success", value: [{ type: "text", text: "x" }] }), returned("b", { status: "success", value: { content: [{ type: "text", text: "y" }], isError: true } }), returned("c", { status: "error", error: "not run" })),
      ].join(""),
      "session.jsonl",
    );
    expect([format, ...events.map(inWords)]).toEqual(["messages", "user Go", "message Looking", "tool-call shell #a ls", "tool-call shell #b ls", "tool-call #c no JSON", "tool-result #a x", "!tool-result #b y", "!tool-result #c not run"]);
  });

  test("messages of Vercel's AI SDK: as they are sent to a model, and as they are kept for who is shown them, of all versions", async () => {
    const ids = { toolCallId: "c1", toolName: "bash" };
    const failed = { toolCallId: "c2", toolName: "mcp" };
    const text = { type: "text", text: "I look.", future: 1 };
    const sent = [
      { role: "user", content: [{ type: "text", text: "Go" }] },
      { role: "assistant", content: [{ type: "reasoning", text: "Hm" }, text, { type: "tool-call", ...ids, input: { command: "ls" } }, { type: "tool-call", ...failed, args: {} }] },
      { role: "tool", content: [{ type: "tool-result", ...ids, output: { type: "text", value: "a.py" } }, { type: "tool-result", ...failed, output: { type: "error-text", value: "no" } }] },
    ];
    const parts = [{ type: "step-start" }, { type: "reasoning", text: "Hm" }, text, { type: "tool-bash", toolCallId: "c1", state: "output-available", input: { command: "ls" }, output: "a.py" }, { type: "dynamic-tool", ...failed, state: "output-error", input: {}, errorText: "no" }];
    const shown = [{ id: "1", role: "user", parts: [{ type: "text", text: "Go" }] }, { id: "2", role: "assistant", parts }];
    const older = [{ role: "user", content: "Go", parts: [{ type: "text", text: "Go" }] }, { role: "assistant", content: "I look.", parts: [{ type: "reasoning", text: "Hm" }, text, { type: "tool-invocation", toolInvocation: { state: "result", ...ids, args: { command: "ls" }, result: "a.py" } }] }];
    const words = async (messages: unknown): Promise<string[]> => (await readContent(JSON.stringify(messages))).events.map(inWords);
    const call = ["user Go", "reasoning Hm", "message I look.", "tool-call bash #c1 ls"];
    const [result, failure] = ["tool-result bash #c1 a.py", "!tool-result mcp #c2 no"];
    expect(await words(sent)).toEqual([...call, "tool-call mcp #c2", result, failure]);
    expect(await words(shown)).toEqual([...call, result, "tool-call mcp #c2", failure]);
    expect(await words(older)).toEqual([...call, result]);
    expect(await words([older[0], { role: "assistant", content: "Said elsewhere.", parts: [{ type: "text", text: "Said here." }] }])).toEqual(["user Go", "message Said elsewhere.\\nSaid here."]);
    expect((await readContent(JSON.stringify(shown))).events[2]?.fields).toMatchObject({ parts: [{ future: 1 }] });
  });

  test("a session of Cline: times, the model, the system's words, and which of several commands failed", async () => {
    const result = (query: string, more: object): object => ({ query, result: `out of ${query}\n`, success: true, ...more });
    const answer = { id: "m1", role: "assistant", content: [{ type: "tool_use", id: "c1", name: "run_commands", input: { commands: ["ls", "false"] } }], ts: 1_795_529_576_142, modelInfo: { id: "m", provider: "p" }, metrics: { inputTokens: 100, outputTokens: 10, cacheReadTokens: 40, cacheWriteTokens: 0 } };
    const returned = { id: "m2", role: "user", content: [{ type: "tool_result", tool_use_id: "c1", name: "run_commands", content: [result("ls", {}), result("false", { success: false, error: "Command exited with code 1", future: 7 })] }], ts: 1_795_529_576_172 };
    const { events } = await readContent(JSON.stringify({ version: 1, sessionId: "s", system_prompt: "You are Cline.", messages: [answer, returned] }), "s.messages.json");
    expect(events.map((event) => [inWords(event), event.time])).toEqual([
      ["tool-call run_commands #c1 ls false", 1_795_529_576_142],
      ["!tool-result run_commands #c1 out of ls\\n\\nout of false\\n\\nCommand exited ", 1_795_529_576_172],
      ["system You are Cline.", undefined],
      ["state (document)", undefined],
    ]);
    expect(events[0]?.fields).toMatchObject({ model: "m" });
    expect(events[1]?.fields).toMatchObject({ parts: [{ query: "ls" }, { query: "false", future: 7 }] });
  });

  test("results of Amp, with their exit status", async () => {
    const run = (toolUseID: string, found: object): object => ({ type: "tool_result", toolUseID, run: found });
    const use = (id: string): object => ({ type: "tool_use", id, name: "Bash", input: { cmd: "ls" } });
    const { events } = await readContent(JSON.stringify({ messages: [{ role: "assistant", content: ["a", "b", "c"].map(use) }, { role: "user", content: [run("a", { status: "done", result: { output: "x", exitCode: 0 } }), run("b", { status: "done", result: { output: "y", exitCode: 2 } }), run("c", { status: "error", error: { message: "z" } })] }] }));
    expect(events.filter(({ kind }) => kind === "tool-result").map(inWords)).toEqual(["tool-result #a x", "!tool-result #b y", "!tool-result #c z"]);
  });

  test("runs of AgentDojo and of benchmarks that failed: whether the task was done and the attack held off, and the error", async () => {
    const dojo = { suite_name: "workspace", messages: [{ role: "assistant", content: null, tool_calls: [{ function: "send", args: { to: "x" }, id: "c" }] }, { role: "tool", content: "", tool_call_id: "c", error: "no address" }, { role: "assistant", content: [{ type: "text", content: "Nobody." }] }], utility: false, security: true };
    expect((await readContent(JSON.stringify(dojo))).events.map(inWords).filter((words) => !words.startsWith("state"))).toEqual(["tool-call send #c x", "!tool-result #c no address", "message Nobody.", "score =0 final (utility)", "score =1 final (security)"]);
    const rows = [{ task_id: 1, reward: 1, traj: [{ role: "user", content: "Hi" }] }, { task_id: 2, reward: 0, info: { error: "EOF", traceback: "at line 1" }, traj: [] }];
    expect((await readContent(JSON.stringify(rows))).events.map(inWords).filter((words) => /score|error/.test(words))).toEqual(["score =1 final (reward)", "score =0 final @conversation 2 (reward)", "!error @conversation 2 (error) EOF\\nat line 1"]);
    const alone = await readContent(JSON.stringify(rows.slice(1)));
    expect([alone.format, ...alone.events.map(inWords).slice(1)]).toEqual(["messages", "score =0 final (reward)", "!error (error) EOF\\nat line 1"]);
  });

  test("the model as a fact: of Claude Code the first that answered, of SWE-agent the one it was started with", async () => {
    const answer = (model: string): object => ({ type: "assistant", sessionId: "s", uuid: model, parentUuid: null, message: { role: "assistant", model, content: "x" } });
    expect((await readContent(linesOf([answer("<synthetic>"), answer("claude-a"), answer("claude-b")]), "session.jsonl")).facts).toMatchObject({ model: "claude-a" });
    expect((await readContent(linesOf([{ type: "system", subtype: "init", session_id: "s", model: "claude-a" }]), "printed.jsonl")).facts).toMatchObject({ model: "claude-a" });
    const steps = [{ action: "ls", observation: "a" }];
    expect((await readContent(JSON.stringify({ trajectory: steps, replay_config: JSON.stringify({ agent: { model: { name: "m" } } }) }))).facts).toMatchObject({ model: "m" });
    expect((await readContent(JSON.stringify({ trajectory: steps, replay_config: { agent: { model: { name: "m" } } } }))).facts).toMatchObject({ model: "m" });
  });

  describe("a conversation with VS Code's chat", () => {
    const chat = (more: object, ...response: object[]): string => JSON.stringify({ responderUsername: "GitHub Copilot", requests: [{ requestId: "r1", timestamp: 1_750_000_000_000, modelId: "copilot/m", message: { text: "Fix it", parts: [] }, response, ...more }] });
    const invoked = (more: object): object => ({ kind: "toolInvocationSerialized", toolCallId: "k1", isComplete: true, ...more });

    test("is told as it was shown, text in one piece, with what a terminal was given", async () => {
      const { format, events } = await readContent(
        chat(
          { result: { errorDetails: { message: "cut short" } } },
          { kind: "thinking", value: "Hm." },
          { value: "Look at " },
          { kind: "inlineReference", inlineReference: { path: "/a.py" } },
          { value: "." },
          invoked({ toolId: "run_in_terminal", invocationMessage: { value: "Running" }, toolSpecificData: { kind: "terminal", commandLine: { original: "ls" }, terminalCommandOutput: { text: "no" }, terminalCommandState: { exitCode: 2 } } }),
          { kind: "progressMessage", content: { value: "…" } },
          { kind: "textEditGroup", uri: { path: "/a.py" }, edits: [[{ text: "x" }]] },
          { value: "Done." },
        ),
      );
      expect([format, ...events.map(inWords).slice(0, -1)]).toEqual(["vscode-chat", "user Fix it", "reasoning Hm.", "message Look at /a.py.", "tool-call run_in_terminal #k1 (Running) ls", "!tool-result run_in_terminal #k1 no", "state (progressMessage) …", "state (edited) /a.py", "message Done.", "!error (error) cut short"]);
      expect(events[0]?.time).toBe(1_750_000_000_000);
      expect(events[1]?.fields["model"]).toBe("copilot/m");
    });

    test("is told by its rounds where it has them, and by what was shown of the rest, each once", async () => {
      const tree = { node: { type: 1, children: [{ type: 1, children: [{ type: 2, text: "x = " }] }, { type: 2, text: "1" }] } };
      const metadata = { toolCallRounds: [{ response: "Looking.", thinking: { text: "Hm." }, toolCalls: [{ id: "call_1", name: "read_file", arguments: '{"path":"a.py"}' }] }, { response: "", toolCalls: [] }], toolCallResults: { call_1: { content: [{ value: tree }] } } };
      const { events } = await readContent(chat({ result: { metadata } }, { value: "Looking." }, invoked({ toolId: "copilot_readFile" }), { value: "Done." }));
      expect(events.map(inWords).slice(0, -1)).toEqual(["user Fix it", "reasoning Hm.", "message Looking.", "tool-call read_file #call_1 a.py", "tool-result read_file #call_1 x = 1", "state (copilot_readFile)", "state (copilot_readFile)", "message Done."]);
    });

    test("tells a failure that was only shown, of the call of a round that has its id or beside it", async () => {
      const metadata = { toolCallRounds: [{ response: "", toolCalls: [{ id: "k1", name: "run", arguments: "{}" }] }], toolCallResults: { k1: { content: [{ value: "no" }] } } };
      const failed = invoked({ toolId: "run", toolSpecificData: { terminalCommandOutput: { text: "no" }, terminalCommandState: { exitCode: 2 } } });
      const ofSameId = await readContent(chat({ result: { metadata } }, failed));
      expect(ofSameId.events.filter(({ isError }) => isError).map(inWords)).toEqual(["!tool-result run #k1 no"]);
      const ofAnother = await readContent(chat({ result: { metadata } }, { ...failed, toolCallId: "other" }));
      expect(ofAnother.events.filter(({ isError }) => isError).map(inWords)).toEqual(["!state (run) no"]);
      expect(ofAnother.events.filter(({ kind }) => kind === "tool-call")).toHaveLength(1);
    });
  });

  test("an ATIF trajectory's subagents, with what is said of each", async () => {
    const step = { step_id: 1, source: "agent", message: "m" };
    const { events } = await readContent(JSON.stringify({ schema_version: "ATIF-v1.7", agent: { name: "a", version: "1" }, steps: [step], subagent_trajectories: [{ trajectory_id: "t2", agent: { name: "helper", version: "2" }, steps: [step], final_metrics: { total_cost_usd: 0.03 } }] }));
    expect(events.at(-1)?.fields["subagents"]).toEqual([{ trajectory_id: "t2", agent: { name: "helper", version: "2" }, final_metrics: { total_cost_usd: 0.03 } }]);
  });

  test.each<[string, unknown, number | null]>([
    ["a number", { value: 0.5, maximize: true }, 0.5],
    ["text", "0.75", 0.75],
    ["text within", { value: "1e-3", maximize: false }, 0.001],
    ["the one that has a name", { value: { rmse: 0.25 } }, 0.25],
    ["words", { value: "good" }, null],
  ])("AIDE's metric as %s", async (_how, metric, value) => {
    const node = { code: "x", plan: "", step: 0, id: "n", ctime: 1_700_000_000, _term_out: [], exc_type: null, analysis: "", metric, is_buggy: false };
    const { events } = await readContent(JSON.stringify({ nodes: [node], node2parent: {}, __version: "2" }));
    expect(events.find(({ kind }) => kind === "score")?.score?.value).toBe(value);
  });

  test("what AIDE's forks put beside the nodes", async () => {
    const { events } = await readContent(JSON.stringify({ nodes: [{ code: "x", plan: "p", step: 0, id: "n", _term_out: [] }], node2parent: { gone: "n" }, best_solution: "print(0)" }));
    expect(events.at(-1)).toMatchObject({ title: "journal", fields: { best_solution: "print(0)", unknownNodes: { gone: "n" } } });
  });

  test("where a user of Claude Code works, each time that the user says something", async () => {
    const line = (uuid: string, cwd: string, content: unknown, role = "user"): object => ({ type: role, uuid, parentUuid: null, sessionId: "s", timestamp: "2026-01-01T00:00:00Z", cwd, gitBranch: "main", version: "2.1.0", message: { role, content } });
    const { events } = await readContent(linesOf([line("a", "/one", "Go"), line("b", "/one", [{ type: "text", text: "ok" }], "assistant"), line("c", "/two", "On")]), "session.jsonl");
    expect(events.map(({ fields }) => fields["cwd"])).toEqual(["/one", undefined, "/two"]);
  });

  test("an Inspect sample's error behind one of a model that was tried again, and what reviewers changed in a score", async () => {
    const model = { event: "model", timestamp: "2026-01-01T00:00:01Z", model: "m", input: [], output: { choices: [] }, error: "overloaded" };
    const log = { version: 2, status: "error", eval: { task: "t", model: "m" }, samples: [{ id: 1, epoch: 1, input: "q", target: "", messages: [], events: [model], scores: { acc: { value: 1, history: [{ value: 0, provenance: { author: "ann" } }] } }, error: { message: "sandbox gone", traceback: "" } }] };
    const { events } = await readContent(JSON.stringify(log));
    expect(events.at(-1)?.fields["error"]).toEqual({ message: "sandbox gone", traceback: "" });
    expect(events.find(({ kind }) => kind === "score")?.fields["history"]).toEqual([{ value: 0, provenance: { author: "ann" } }]);
  });
});
