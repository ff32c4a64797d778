import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { textLanguage } from "../../../src/transcripts";
import { inWords, rawText, readContent, readTranscript, transcriptFile, transcriptFixtures, zipOf } from "../../support/transcripts";

/** Each fixture with the events that it holds, in the words of `inWords`. */
const fixtures: readonly (readonly [file: string, format: string, events: readonly string[]])[] = [
  ["aide.json", "aide", [
    "message @draft 0 (step 0: draft) Begin",
    "tool-call run #a @draft 0 (step 0) print(1)",
    "tool-result run #a @draft 0 1\\n",
    "note @draft 0 (analysis) Works",
    "score =0.5 @draft 0 (metric)",
    "message @draft 0 (step 1: improve of step 0) Improve",
    "tool-call run #b @draft 0 (step 1) boom",
    "!tool-result run #b @draft 0 Traceback",
    "!error @draft 0 (NameError) runfile.py:1:<module>:boom\\n{\\n  \\\"args\\\": [",
    "note @draft 0 (analysis) Broken",
    "!score =none @draft 0 (metric)",
    "message @draft 0 (step 2: debug of step 1) Fix",
    "tool-call run #c @draft 0 (step 2) print(2)",
    "tool-result run #c @draft 0 2",
    "score =0.4 @draft 0 (metric)",
  ]],
  ["anthropic.json", "messages", [
    "user hi",
    "reasoning t",
    "message a",
    "tool-call f #c1",
    "tool-result #c1 r",
    "user and now",
  ]],
  ["atif.json", "atif", [
    "user hi",
    "reasoning @h r",
    "message @h ok",
    "tool-call bash #c1 @h ls",
    "tool-result bash #c1 @h a",
    "state (trajectory)",
  ]],
  ["claude-code-printed.jsonl", "claude-code", [
    "note (init)",
    "message I look.",
    "tool-call Task #t1 look",
    "message @subagent Inside.",
    "tool-result #t1 seen",
    "note (result success) Done.",
  ]],
  ["claude-code.jsonl", "claude-code", [
    "note (summary) Fix the sum",
    "user Fix sum.py",
    "reasoning Look first.",
    "tool-call Edit #t1 file_path: /sum.py\\nold_string: -\\nnew_str",
    "!tool-result #t1 not found",
    "message @subagent Done.",
    "raw (from-the-future) {\\\"type\\\": \\\"from-the-future\\\", \\\"sessionId\\\":",
  ]],
  ["codex-exec-first.jsonl", "codex-exec", [
    "state (configuration)",
    "user List.",
    "state (task_started)",
    "reasoning Look.",
    "tool-call shell #c1 command: [\\n  \\\"bash\\\",\\n  \\\"-lc\\\",\\n  \\\"ls\\\"\\n]\\nc",
    "~state (exec_command_output_delta)",
    "!tool-result #c1 no",
    "tool-call file_change #c2 {\\n  \\\"a.py\\\": {\\n    \\\"add\\\": {\\n      \\\"conten",
    "tool-result #c2 Success",
    "tool-call docs.find #c3 x",
    "tool-result #c3 found",
    "message Done.",
    "state (task_complete)",
    "raw {\\\"id\\\":\\\"0\\\",\\\"msg\\\":{\\\"type\\\":\\\"from_the_future",
  ]],
  ["codex-exec.jsonl", "codex-exec", [
    "state (thread.started)",
    "state (turn.started)",
    "reasoning Look.",
    "tool-call shell #item_1 0 bash -lc ls",
    "!tool-result #item_1 0 no\\n",
    "tool-call file_change #item_2 1 [\\n  {\\n    \\\"path\\\": \\\"a.py\\\",\\n    \\\"kind\\\": \\\"a",
    "tool-result #item_2 1 completed",
    "tool-call docs.find #item_3 2 x",
    "tool-result #item_3 2 found",
    "message Done.",
    "state (turn.completed)",
    "raw (item.completed) {\\\"type\\\":\\\"item.completed\\\",\\\"item\\\":{\\\"id\\\":\\\"i",
  ]],
  ["codex-first.jsonl", "codex", [
    "state (session) Be brief.",
    "state (state)",
    "user List",
    "reasoning I list.",
    "tool-call shell #k1 bash -lc ls",
    "!tool-result #k1 no such folder\\n",
    "state (state)",
    "message Nothing there.",
  ]],
  ["codex.jsonl", "codex", [
    "state (session)",
    "user List",
    "~state (user_message) List",
    "reasoning I list.",
    "tool-call shell #k1 bash -lc ls",
    "!tool-result #k1 a.txt\\n",
    "message a.txt",
    "state (tokens)",
    "raw (response_item) {\\\"timestamp\\\": \\\"2026-01-02T03:04:06.000Z\\\"",
  ]],
  ["copilot.jsonl", "copilot", [
    "state (start)",
    "state (model change) m",
    "system You are an agent.",
    "note (warning) Servers are disabled.",
    "user Make it faster",
    "state (assistant turn start)",
    "~state (assistant message delta) I wri",
    "reasoning A new file.",
    "~reasoning A new file.",
    "message I write it.",
    "tool-call create #t1 path: /w/a.py\\nfile_text: x = 1\\n",
    "tool-call edit #t2 path: /w/a.py\\nold_str: 1\\nnew_str: 2",
    "~tool-call create path: /w/a.py\\nfile_text: x = 1\\n",
    "tool-result create #t1 Created.",
    "tool-result edit #t2 Edited.",
    "note (permission asked: shell) python a.py",
    "note (permission approved)",
    "tool-call bash #t3 python a.py",
    "!tool-result bash #t3 It timed out.",
    "state @Explorer (subagent Explorer began) Looks around.",
    "message @Explorer Nothing here.",
    "state @Explorer (subagent Explorer ended)",
    "note (compacted) So far: a.py.",
    "!error (error) No more requests.",
    "state (of the future) New.",
    "state (shutdown)",
    "state (result)",
  ]],
  ["gemini-cli-printed.jsonl", "gemini-cli", [
    "state (session)",
    "user List",
    "message I list.",
    "tool-call run_shell_command #c1 ls",
    "tool-call read_file #c2 /w/b",
    "tool-result #c1 a.py",
    "!tool-result #c2 Not found.\\nFile not found: /w/b",
    "error (warning) Loop detected.",
    "raw (of_the_future) {\\\"type\\\":\\\"of_the_future\\\",\\\"timestamp\\\":\\\"202",
    "note (result success)",
  ]],
  ["gemini-cli.json", "gemini-cli", [
    "user Read a.py",
    "reasoning Plan\\nRead.",
    "message I read.",
    "tool-call read_file #c1 /w/a.py",
    "tool-call read_file #c2 /w/b.py",
    "!tool-result read_file #c1 There is none.",
    "note (info) Request cancelled.",
    "raw { \\\"id\\\": \\\"m4\\\", \\\"of\\\": \\\"the future\\\" }",
    "state (session) Reads a file.",
  ]],
  ["gemini-cli.jsonl", "gemini-cli", [
    "state (session)",
    "system (session context) <session_context>\\nA folder.\\n</session_co",
    "user Write a.py\\n[audio: data:audio/wav;base64",
    "~state (session)",
    "reasoning Looking\\nIt is new.",
    "message I write.",
    "tool-call write_file #c1 file_path: /w/a.py\\ncontent: x = 1\\n",
    "tool-call run_shell_command #c2 false",
    "tool-call run_shell_command #c3 rm -r /",
    "tool-result write_file #c1 Written.",
    "!tool-result run_shell_command #c2 Output: (empty)\\nExit Code: 1\\nProcess Gro",
    "!tool-result run_shell_command #c3 The user said no.",
    "~state (results, as the model was given them)",
    "message",
    "!error (error) Too many requests.",
    "note (rewound) The conversation was taken back: its las",
    "note (compacted) 2 of 4 messages are no longer part of th",
    "system (session context) <session_context>\\nAnother folder.\\n</sess",
    "note (summary) A file was written.",
    "raw {\\\"of\\\":\\\"the future\\\",\\\"id\\\":9}",
  ]],
  ["google-contents.json", "google-contents", [
    "user Look:\\n[audio: data:audio/wav;base64,AAAA",
    "reasoning Two files.",
    "message I read.",
    "tool-call read #call 1 a",
    "tool-call read #call 2 b",
    "tool-result read #call 1 A",
    "!tool-result read #call 2 no b",
    "tool-call code_execution #call 3 language: PYTHON\\ncode: print(1)",
    "!tool-result code_execution #call 3 boom",
    "raw {\\n  \\\"ofTheFuture\\\": 1\\n}",
    "system Be brief.",
    "message Done.",
    "state (document)",
  ]],
  ["google-contents.jsonl", "google-contents", [
    "user One",
    "tool-call f #call 1",
    "tool-result f @conversation 2 of none",
    "message @conversation 2 Two",
  ]],
  ["inspect.json", "inspect", [
    "state (log, success)",
    "state @one epoch 1 (solver s)",
    "state @one epoch 1 (sample begins)",
    "user @one epoch 1 do it",
    "reasoning @one epoch 1 why",
    "message @one epoch 1 said with an attachment",
    "tool-call bash #c1 @one epoch 1 ls",
    "tool-result bash #c1 @one epoch 1 listed",
    "file-edit sandbox @one epoch 1 (/a) listed",
    "score =0.25 @one epoch 1",
    "clock @one epoch 1 (stop)",
    "!error @one epoch 1 (model) overloaded",
    "score =1 final @one epoch 1",
    "raw @one epoch 1 (later_kind) {\\\"uuid\\\": \\\"v10\\\", \\\"span_id\\\": \\\"sp\\\", \\\"timest",
    "user @one epoch 1 said at the end",
    "state @one epoch 1 (store at the end) {\\n  \\\"k\\\": 1\\n}",
    "state @one epoch 1 (sample)",
  ]],
  ["langfuse.json", "langfuse", [
    "state (agent solver)",
    "system You are an agent.",
    "user Go",
    "message I look.",
    "tool-call bash #c1 ls",
    "~tool-call bash ls",
    "tool-result bash #c1 a.py",
    "note (event retry) Once more.",
    "message Done.",
    "!error (answer) cut short",
    "state (trace agent)",
    "score =0.9 final (correctness) Nearly.",
    "score =good final (verdict)",
  ]],
  ["langsmith.jsonl", "langsmith", [
    "state (chain Agent)",
    "user hi there",
    "tool-call search #call_a x",
    "~tool-call search {'q': 'x'}",
    "tool-result search #call_a found",
    "message final answer",
    "tool-call calc #r4 1/0",
    "!tool-result calc #r4 ZeroDivisionError",
  ]],
  ["malt.jsonl", "malt", [
    "system @0 Be good",
    "message @0 ok",
    "tool-call bash #1 @0 ls",
    "tool-result bash #1 @0 {'status': 0}",
    "message @1 other way",
    "state (run)",
  ]],
  ["mini-swe-agent.traj.json", "mini-swe-agent", [
    "system S",
    "user T",
    "message go",
    "tool-call bash #c1 ls",
    "!tool-result #c1 <returncode>2</returncode>\\n<output>no</o",
    "state (end) Submitted\\ns",
  ]],
  ["openai.json", "messages", [
    "system S",
    "user hi\\n[image_url: data:image/png;base64,AAA",
    "tool-call f #c1 1",
    "tool-result #c1 1",
    "message done",
  ]],
  ["openai.jsonl", "messages", [
    "system S",
    "user hi\\n[image_url: data:image/png;base64,AAA",
    "tool-call f #c1 1",
    "tool-result #c1 1",
    "message done",
    "system @conversation 2 S",
    "user @conversation 2 hi\\n[image_url: data:image/png;base64,AAA",
    "tool-call f #c1 @conversation 2 1",
    "tool-result #c1 @conversation 2 1",
    "message @conversation 2 done",
  ]],
  ["opencode-printed.jsonl", "opencode", [
    "state (step-start)",
    "message I list.",
    "tool-call bash #c1 ls",
    "tool-result bash #c1 a.py",
    "message (step-finish)",
    "!error (APIError) Overloaded.",
    "raw (of_the_future) {\\\"type\\\":\\\"of_the_future\\\",\\\"timestamp\\\":1767",
  ]],
  ["opencode.json", "opencode", [
    "user Fix a.py",
    "user [text: file:///w/a.py]",
    "state @build (step-start)",
    "reasoning @build A sum.",
    "message @build I edit.",
    "tool-call write #c1 @build filePath: /w/a.py\\ncontent: x = 1\\n",
    "tool-call edit #c2 @build filePath: /w/a.py\\noldString: y\\nnewString",
    "tool-result write #c1 @build Wrote.",
    "!tool-result edit #c2 @build There is no y.",
    "state @build (step-finish)",
    "state @build (patch) /w/a.py",
    "state @build (step-start)",
    "tool-call bash #c3 @build echo 2 > b.txt; false",
    "tool-call bash #c4 @build sleep 9",
    "raw @build (of-the-future) {\\n  \\\"id\\\": \\\"prt_14\\\",\\n  \\\"type\\\": \\\"of-the-fu",
    "!tool-result bash #c3 @build",
    "state @build (step-finish)",
    "message @plan",
    "!error @plan (MessageAbortedError) Aborted.",
    "raw { \\\"of\\\": \\\"the future\\\" }",
    "state (session) Sums",
  ]],
  ["openhands-v0.json", "openhands", [
    "user hi",
    "message Try",
    "tool-call run #1 echo 1 > a",
    "!tool-result run #1 done",
    "message (finish) bye",
  ]],
  ["openhands-v1.jsonl", "openhands-v1", [
    "system S",
    "user hi",
    "reasoning r",
    "message t",
    "tool-call terminal #c1 ls",
    "tool-result terminal #c1 a",
    "raw {\\\"kind\\\": \\\"NewEvent\\\", \\\"id\\\": \\\"e4\\\", \\\"timest",
  ]],
  ["otel.json", "otel", [
    "state @Helper (invoke_agent Helper)",
    "system @Helper Be brief.",
    "user @Helper Weather?",
    "tool-call get_weather #call_1 @Helper Paris",
    "~tool-call get_weather @Helper Paris",
    "tool-result get_weather #call_1 @Helper rainy",
    "reasoning @Helper hmm",
    "message @Helper It rains.",
    "tool-call broken #call_9 @Helper",
    "!tool-result broken #call_9 @Helper timeout: too late",
    "state (trace)",
  ]],
  ["qwen-code.jsonl", "qwen-code", [
    "user Write b.txt",
    "reasoning Into b.",
    "message I write.",
    "tool-call run_shell_command #c1 echo 2 > b.txt; false",
    "tool-call edit #c2 file_path: /w/a.py\\nold_string: \\nnew_stri",
    "~state (api_response)",
    "!tool-result run_shell_command #c1 Output: (empty)\\nError: (none)\\nExit Code:",
    "!tool-result edit #c2 Permission was declined.",
    "note (rewound) The conversation was taken back, and goe",
    "!error (api_error) Overloaded.",
    "raw (of_the_future) {\\\"uuid\\\":\\\"u8\\\",\\\"parentUuid\\\":\\\"u7\\\",\\\"sessionI",
  ]],
  ["responses.json", "messages", [
    "user List",
    "reasoning I list.",
    "tool-call ls #k1",
    "tool-result #k1 a.txt",
    "message a.txt",
    "system Be brief.",
    "state (document)",
  ]],
  ["swe-agent.traj", "swe-agent", [
    "system @main S",
    "system @main (demonstration) Demo",
    "user @main Do it",
    "~raw @main (history, assistant) I create.",
    "message I create.",
    "tool-call create #trajectory.0 create a.py",
    "tool-result #trajectory.0 [File: /r/a.py (1 lines total)]",
    "message I write.",
    "tool-call edit #trajectory.1 edit 1:1\\nx = 1\\nend_of_edit",
    "tool-result #trajectory.1 ok",
    "state (end) submitted\\ndiff",
  ]],
  ["vivaria.json", "vivaria", [
    "note @0 (setup) Starting",
    "user @0 hi",
    "message @0 I run it",
    "tool-call run_bash #900 @0 ls",
    "tool-result run_bash #900 @0 a.txt",
    "user @1 p",
    "!error @1 overloaded",
    "score =0.5 @0 (intermediate) {\\n  \\\"ok\\\": true\\n}",
    "score =NaN @0 (intermediate)",
    "note @0 (submission) 42",
    "raw {\\\"runId\\\": 7, \\\"index\\\": 600, \\\"agentBranchN",
  ]],
  ["vscode-chat-log.jsonl", "vscode-chat", [
    "state (chat) Faster kernel",
    "~state (push requests) [\\n  {\\n    \\\"requestId\\\": \\\"r1\\\",\\n    \\\"timest",
    "user @abandoned 1 Make it fast",
    "message @abandoned 1 Look",
    "~state (push requests.0.response) [\\n  {\\n    \\\"value\\\": \\\"Look\\\"\\n  }\\n]",
    "~state (set customTitle) Faster kernel",
    "~state (push requests) [\\n  {\\n    \\\"requestId\\\": \\\"r2\\\",\\n    \\\"timest",
    "note @main (rewound) A message was taken back. Whether files ",
    "user @main Make it faster",
    "message @main Writing.",
    "tool-call create_file #k1 @main filePath: /w/a.py\\ncontent: x = 1\\n",
    "tool-result create_file #k1 @main Created.",
    "~state (push requests.0.response) [\\n  {\\n    \\\"value\\\": \\\"Wri\\\"\\n  }\\n]",
    "~state (push requests.0.response) [\\n  {\\n    \\\"value\\\": \\\"Writing.\\\"\\n  },\\n  {\\n ",
    "~state (set requests.0.result) {\\n  \\\"metadata\\\": {\\n    \\\"toolCallRounds\\\": ",
    "~state (delete inputState)",
    "raw {\\\"kind\\\":9,\\\"k\\\":[\\\"of the future\\\"],\\\"v\\\":1}",
  ]],
  ["vscode-chat.json", "vscode-chat", [
    "user Make it faster",
    "reasoning Look first.",
    "message Looking at kernel.py",
    "state (progressMessage) Reading",
    "tool-call run_in_terminal #k1 (Running) python kernel.py",
    "!tool-result run_in_terminal #k1 12 ms",
    "state (edited) /w/kernel.py",
    "message Done.",
    "user Now score it",
    "reasoning One run.",
    "message Scoring.",
    "tool-call run_in_terminal #k2 score",
    "tool-result run_in_terminal #k2 0.97",
    "!error (error) cut short",
    "state (chat) Faster kernel",
  ]],
];

const content = (file: string): Buffer => readFileSync(join(transcriptFixtures, file));

describe("reading", () => {
  test("has a fixture for each expectation", () => {
    expect(fixtures.map(([file]) => file)).toEqual(readdirSync(transcriptFixtures).sort());
  });

  test.each(fixtures)("%s as %s", async (file, format, events) => {
    const read = await readTranscript(join(transcriptFixtures, file));
    expect(read.format).toBe(format);
    expect(read.events.map(inWords)).toEqual(events);
  });

  test.each(fixtures)("%s gives every event an id of its own and a place in the file", async (file) => {
    const { events } = await readTranscript(join(transcriptFixtures, file));
    const size = content(file).length;
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    expect(events.filter(({ source }) => source.start < 0 || source.end <= source.start || source.end > size)).toEqual([]);
  });

  test.each(fixtures.filter(([file]) => file.endsWith(".jsonl") && !["openai.jsonl", "google-contents.jsonl"].includes(file)))("%s: the lines that events come from are all lines", async (file) => {
    const { events } = await readTranscript(join(transcriptFixtures, file));
    const bytes = content(file);
    const covered = Buffer.alloc(bytes.length);
    events.forEach(({ source }) => covered.fill(1, source.start, source.end));
    expect(bytes.filter((byte, index) => covered[index] === 0 && byte !== 0x0a)).toHaveLength(0);
  });

  test.each(fixtures.filter(([file]) => !["vivaria.json", "aide.json", "swe-agent.traj", "inspect.json", "vscode-chat-log.jsonl"].includes(file)))("%s, cut at any byte, keeps the events before the cut", async (file) => {
    const bytes = content(file);
    const whole = (await readTranscript(join(transcriptFixtures, file))).events;
    for (let cut = 1; cut < bytes.length; cut += 97) {
      const complete = whole.filter(({ source, id }) => source.end < cut && !id.endsWith("document"));
      const read = await readContent(bytes.subarray(0, cut), file).catch(() => undefined);
      if (complete.length > 0 && (file.endsWith(".jsonl") || read !== undefined)) {
        expect(read?.events.slice(0, complete.length).map(inWords)).toEqual(complete.map(inWords));
      }
    }
  });

  test.each([
    ["spaces and line ends of Windows", (text: string) => text.replaceAll("\n", "\r\n")],
    ["a byte order mark", (text: string) => `\uFEFF${text}`],
    ["no line feed at the end", (text: string) => text.trimEnd()],
  ])("minds neither %s", async (_name, change) => {
    for (const [file, format, events] of fixtures.filter(([name]) => name.endsWith(".jsonl"))) {
      const read = await readContent(change(content(file).toString()), file);
      expect([read.format, read.events.map(inWords).map((words) => words.replaceAll("\\r", ""))]).toEqual([format, events]);
    }
  });

  test("takes UTF-16 as what it says", async () => {
    for (const swap of [false, true]) {
      const bytes = Buffer.from(`\uFEFF${content("atif.json").toString()}`, "utf16le");
      expect((await readContent(swap ? bytes.swap16() : bytes)).events.map(inWords)).toEqual(fixtures.find(([file]) => file === "atif.json")?.[2]);
    }
  });

  test("orders Vivaria's entries by time and links results by what came before", async () => {
    const { events } = await readTranscript(join(transcriptFixtures, "vivaria.json"));
    const times = events.flatMap(({ time }) => (time === undefined ? [] : [time]));
    expect(times).toEqual([...times].sort((one, other) => one - other));
  });

  test("takes an action of Vivaria for what the model asked for, said again, where tool and text are the same; its result is that of the call", async () => {
    const asks = (command: string): object => ({ type: "generation", agentRequest: { settings: {}, messages: [] }, finalResult: { outputs: [{ completion: "", function_call: { name: "run_bash", arguments: JSON.stringify({ command }) } }] } });
    const does = (command: string): object => ({ type: "action", action: { type: "run_bash", args: { command } } });
    const sees = (observation: string): object => ({ type: "observation", observation });
    const contents = [asks("ls"), does("ls"), sees("a.txt"), does("ls"), sees("b.txt"), asks("rm a"), does("rm b"), sees("gone")];
    const lines = contents.map((content, number) => JSON.stringify({ runId: 1, index: 100 + number, agentBranchNumber: 0, calledAt: 1000 + number, content }));
    const { events } = await readContent(lines.join("\n"));
    expect(events.map(inWords)).toEqual([
      "tool-call run_bash #100 @0 ls",
      "~tool-call run_bash @0 ls",
      "tool-result run_bash #100 @0 a.txt",
      "tool-call run_bash #103 @0 ls",
      "tool-result run_bash #103 @0 b.txt",
      "tool-call run_bash #105 @0 rm a",
      "tool-call run_bash #106 @0 rm b",
      "tool-result run_bash #106 @0 gone",
    ]);
    // Each has the line that it was made from.
    expect(events.map(({ source }) => lines.join("\n").slice(source.start, source.end).trim())).toEqual(lines);
  });

  test("tells what a trace of Vivaria says in requests alone, once: of agents that are not made for it, the task and all results", async () => {
    const user = (content: unknown): object => ({ role: "user", content });
    const result = (id: string, content: string): object => ({ type: "tool_result", tool_use_id: id, content });
    const call = (id: string, command: string): object => ({ type: "tool_use", id, name: "bash", input: { command } });
    const first = { role: "assistant", content: [{ type: "text", text: "I look." }, call("k1", "ls"), call("k2", "pwd")] };
    const second = { role: "assistant", content: [call("k3", "ls")] };
    // The result that was made of the answer has its first call alone.
    const asked = (messages: readonly object[], answer: object | undefined): object => ({
      type: "generation",
      agentRequest: null,
      agentPassthroughRequest: { model: "m", system: "You are good.", messages },
      finalResult: answer === undefined ? { error: "overloaded" } : { outputs: [{ completion: "I look.", function_call: { name: "bash", arguments: '{"command":"ls"}' } }], cost: 0.5 },
      finalPassthroughResult: answer === undefined ? { error: {} } : { ...answer, usage: { output_tokens: 3 } },
    });
    const before = [user("Solve it."), first, user([result("k1", "a.txt"), result("k2", "/")]), second];
    const contents = [
      asked([user("Solve it.")], first),
      asked(before.slice(0, 3), undefined),
      asked(before.slice(0, 3), second),
      asked([...before, user([result("k3", "a.txt")]), user("Go on.")], { role: "assistant", content: [{ type: "text", text: "Well." }] }),
      // What lay far back was left out, and the same words are said again.
      asked([user("Solve it."), { role: "assistant", content: [{ type: "text", text: "Well." }] }, user("Go on.")], { role: "assistant", content: [{ type: "text", text: "Done." }] }),
    ];
    const lines = contents.map((content, number) => JSON.stringify({ runId: 1, index: 100 + number, agentBranchNumber: 0, calledAt: 1000 + number, content }));
    const { events } = await readContent(lines.join("\n"));
    expect(events.map(inWords)).toEqual([
      "system @0 You are good.",
      "user @0 Solve it.",
      "message @0 I look.",
      "tool-call bash #k1 @0 ls",
      "tool-call bash #k2 @0 pwd",
      "tool-result #k1 @0 a.txt",
      "tool-result #k2 @0 /",
      "!error @0 overloaded",
      "tool-call bash #k3 @0 ls",
      "tool-result #k3 @0 a.txt",
      "user @0 Go on.",
      "message @0 Well.",
      "user @0 Go on.",
      "message @0 Done.",
    ]);
    expect(events[2]?.fields).toMatchObject({ model: "m", cost: 0.5, usage: { output_tokens: 3 } });
  });

  test("takes what a request of Vivaria says in other words than an entry before it, or in another branch, for a repeat", async () => {
    const asks = (messages: readonly string[], completion: string): object => ({ type: "generation", agentRequest: { settings: {}, messages: messages.map((content, number) => ({ role: number % 2 === 0 ? "user" : "assistant", content })) }, finalResult: { outputs: [{ completion }] } });
    const contents: [branch: number, content: object][] = [
      [0, asks(["Solve it."], "I run a long command.")],
      [0, { type: "observation", observation: "what the long command said" }],
      [0, asks(["Solve it.", "I run a long command.", "It said: what the long command said. Go on!"], "Done.")],
      [1, asks(["Solve it.", "I run a long command.", "Do something else."], "I do.")],
    ];
    const { events } = await readContent(JSON.stringify({ run: { id: 1, taskId: "a/b" }, entries: contents.map(([agentBranchNumber, content], index) => JSON.stringify({ runId: 1, index, agentBranchNumber, calledAt: 1000 + index, content })) }));
    expect(events.map(inWords)).toEqual([
      "user @0 Solve it.",
      "message @0 I run a long command.",
      "tool-result @0 what the long command said",
      "~user @0 It said: what the long command said. Go ",
      "message @0 Done.",
      "~user @1 Solve it.",
      "~message @1 I run a long command.",
      "user @1 Do something else.",
      "message @1 I do.",
      "state (run)",
    ]);
  });

  test("takes an event of a tool that was taken over from Inspect into Vivaria for a call with its result", async () => {
    const answer = { choices: [{ message: { role: "assistant", content: "", tool_calls: [{ id: "k1", type: "function", function: { name: "bash", arguments: '{"cmd":"ls"}' } }] } }] };
    const tool = (id: string, cmd: string, result: string, error?: object): object => ({ type: "action", action: { id, type: "function", function: "bash", arguments: { cmd }, result, error: error ?? null, events: [] } });
    const contents = [
      { type: "generation", agentRequest: null, agentPassthroughRequest: { messages: [{ role: "user", content: "Solve it." }] }, finalResult: { outputs: [{ completion: '""', function_call: { name: "bash", arguments: { cmd: "ls" } } }] }, finalPassthroughResult: answer },
      tool("k1", "ls", "a.txt"),
      { type: "generation", agentRequest: null, agentPassthroughRequest: { messages: [{ role: "user", content: "Solve it." }, answer.choices[0]?.message, { role: "tool", tool_call_id: "k1", content: "a.txt" }] }, finalResult: { outputs: [{ completion: '[{"type":"text","text":"Well."}]' }] }, finalPassthroughResult: { candidates: [] } },
      tool("k9", "rm", "", { type: "timeout", message: "took too long" }),
    ];
    const { events } = await readContent(JSON.stringify(contents.map((content, index) => ({ runId: "1", index, agentBranchNumber: 0, calledAt: String(1000 + index), content: JSON.stringify(content) }))));
    expect(events.map(inWords)).toEqual([
      "user @0 Solve it.",
      "tool-call bash #k1 @0 ls",
      "~tool-call bash @0 ls",
      "tool-result bash #k1 @0 a.txt",
      "message @0 Well.",
      "tool-call bash #k9 @0 rm",
      "!tool-result bash #k9 @0 took too long",
    ]);
  });
});

describe("an Inspect archive", () => {
  const log = JSON.parse(content("inspect.json").toString().replaceAll("NaN", "null")) as { samples: { events: unknown[] }[] };
  const [sample] = log.samples;
  const header = { name: "header.json", content: JSON.stringify({ ...log, samples: undefined }) };
  const member = { name: "samples/one_epoch_1.json", content: JSON.stringify(sample) };
  const expected = fixtures.find(([file]) => file === "inspect.json")?.[2].filter((words) => !words.startsWith("raw"));
  const told = (events: Parameters<typeof inWords>[0][]): string[] => events.map(inWords).filter((words) => !words.startsWith("raw"));

  test.each([0, 8])("says what the document says (compression %i)", async (method) => {
    const { format, events } = await readContent(zipOf([{ ...member, method }, header]));
    expect(format).toBe("inspect");
    expect(told(events)).toEqual(expected);
  });

  test("that was unpacked has samples that say what they say in it", async () => {
    const { format, events } = await readContent(member.content);
    expect(format).toBe("inspect");
    expect(told(events)).toEqual(told((await readContent(zipOf([member]))).events));
    expect(new Set(events.map(({ sample }) => sample))).toEqual(new Set(["one epoch 1"]));
  });

  test("counts the last of members with one name", async () => {
    const { events } = await readContent(zipOf([{ name: member.name, content: "{}" }, member, header]));
    expect(told(events)).toEqual(expected);
  });

  test("is read from its journal while it is unfinished", async () => {
    const { facts, events } = await readContent(zipOf([{ name: "_journal/start.json", content: header.content }, member]));
    expect(facts["status"]).toBe("unfinished");
    expect(told(events).slice(1)).toEqual(expected?.slice(1));
  });

  test("that is cut off is read as far as it goes", async () => {
    const whole = zipOf([{ name: "_journal/start.json", content: header.content }, { ...member, method: 0 }, { ...member, name: "samples/two_epoch_1.json", method: 0 }, header]);
    for (let cut = 60; cut < whole.length; cut += 211) {
      const { events } = await readContent(whole.subarray(0, cut)).catch(() => ({ events: [] }));
      const ends = whole.indexOf("PK", whole.indexOf("samples/one")) ;
      if (cut > ends) {
        expect(told(events).filter((words) => words.startsWith("tool-result")).length).toBeGreaterThan(0);
        expect(events.at(-1)).toMatchObject({ kind: "error", isError: true });
      }
    }
  });

  test.each([
    ["a wrong checksum", { ...member, saysCrc: 1 }, "its checksum is wrong"],
    ["a member that holds more than it says", { ...member, saysSize: 10 }, "it holds more than the archive says"],
    ["a bomb", { name: member.name, content: "x", method: 8, saysSize: 0xf0000000 }, "expand to far more"],
    ["an unknown compression", { ...member, method: 14 }, "method 14"],
  ])("with %s says so", async (_name, part, says) => {
    const { events } = await readContent(zipOf([part, header]));
    expect(events.filter(({ kind }) => kind === "error").map(({ text }) => text).join()).toContain(says);
  });

  test("never takes a name for a path", async () => {
    const { events } = await readContent(zipOf([{ name: "samples/../../../evil.json", content: member.content }, { name: "/etc/passwd", content: "x" }, member, header]));
    expect(told(events)).toEqual(expect.arrayContaining(expected ?? []));
  });

  test("finds the messages of calls where the pool has its first name", async () => {
    const { events_data, ...rest } = sample as unknown as Record<string, unknown>;
    const older = { ...rest, message_pool: (events_data as { messages: unknown[] }).messages, call_pool: [{ role: "user" }] };
    const { events } = await readContent(zipOf([{ name: member.name, content: JSON.stringify(older) }, header]));
    expect(told(events)).toEqual(expected);
    expect(JSON.stringify(events)).not.toContain("_pool");
  });

  test("finds the parts of a sample that lies in chunks", async () => {
    const { events: list, messages, events_data, attachments, ...rest } = sample as unknown as Record<string, unknown> & { events: unknown[] };
    const pool = (events_data as { messages: unknown[] }).messages;
    const numbered = JSON.stringify({ list, pool }).replaceAll("attachment://h1", "attachment://0").replaceAll("attachment://h2", "attachment://1");
    const { list: events, pool: messagePool } = JSON.parse(numbered) as { list: unknown[]; pool: unknown[] };
    const folder = "samples/one_epoch_1/";
    const chunk = (name: string, value: unknown): { name: string; content: string } => ({ name: `${folder}${name}`, content: JSON.stringify(value) });
    const end = (messages as unknown[])[1];
    const parts = [chunk("events/0.json", events.slice(0, 3)), chunk("events/3.json", events.slice(3)), chunk("messages/0.json", [...messagePool, end]), chunk("attachments/0.json", [(attachments as { h1: string }).h1]), chunk("attachments/1.json", [(attachments as { h2: string }).h2]), chunk("sample.json", { ...rest, message_refs: [[0, 1], [3, 4]] })];
    expect(told((await readContent(zipOf([...parts, header]))).events)).toEqual(expected);
  });
});

test("encrypted reasoning is its summary, or said to be encrypted where it has none", async () => {
  const reasoning = (summary?: string): object => ({ type: "reasoning", reasoning: "gAAAAAB", redacted: true, ...(summary === undefined ? {} : { summary }) });
  const { events } = await readContent(JSON.stringify({ messages: [{ role: "user", content: "Go" }, { role: "assistant", content: [reasoning("I weigh it."), reasoning(), { type: "text", text: "Done." }] }] }));
  expect(events.filter(({ kind }) => kind === "reasoning").map(({ title, text, fields }) => [title, text, fields["reasoning"]])).toEqual([["summary of encrypted reasoning", "I weigh it.", "gAAAAAB"], ["encrypted", "", "gAAAAAB"]]);
});

describe("what newer versions write", () => {
  const call = { type: "function_call", call_id: "k1", name: "bash", arguments: '{"command":"ls"}' };

  test.each([
    [
      "mini-swe-agent over the Responses API",
      { trajectory_format: "mini-swe-agent-1.1", messages: [{ role: "user", content: "Go" }, { object: "response", output: [{ type: "reasoning", summary: [{ type: "summary_text", text: "I look." }] }, call], extra: { actions: [{ command: "ls", tool_call_id: "k1" }] } }, { type: "function_call_output", call_id: "k1", output: "none", extra: { returncode: 1 } }] },
      ["user Go", "reasoning I look.", "tool-call bash #k1 ls", "!tool-result #k1 none"],
    ],
    [
      "Vivaria with a laboratory's own answer",
      [{ runId: 1, index: 5, agentBranchNumber: 0, calledAt: 1_750_000_000_000, content: { type: "generation", agentPassthroughRequest: {}, finalPassthroughResult: { content: [{ type: "text", text: "I look." }, { type: "tool_use", id: "k1", name: "bash", input: { command: "ls" } }] } } }, { runId: 1, index: 4, agentBranchNumber: 0, calledAt: 1_750_000_001_000, content: { type: "observation", observation: "none" } }],
      ["message @0 I look.", "tool-call bash #k1 @0 ls", "tool-result bash #k1 @0 none"],
    ],
    [
      "messages with their content as text, as a data set of SWE-agent's has them",
      { instance_id: "a", trajectory: [{ role: "system", system_prompt: "You are good.", text: null, mask: false }, { role: "user", system_prompt: null, text: "Solve it.", mask: false }, { role: "ai", system_prompt: null, text: "I look.", mask: true }] },
      ["system You are good.", "user Solve it.", "message I look.", "state (document)"],
    ],
    [
      "Docent's transcripts of a run",
      { id: "r", transcripts: [{ id: "t", messages: [{ role: "user", content: "Solve it." }] }, { id: "u", messages: [{ role: "user", content: "Go on." }] }], metadata: {} },
      ["user Solve it.", "user @conversation 2 Go on.", "state (document)"],
    ],
    [
      "the trajectory of a conversation of OpenHands",
      { trajectory: [{ id: 1, source: "agent", message: "", action: "run", args: { command: "ls" } }, { id: 2, source: "agent", message: "", cause: 1, observation: "run", content: "a.txt", extras: { exit_code: 0 } }] },
      ["tool-call run #1 ls", "tool-result run #1 a.txt"],
    ],
    [
      "the AI Scientist's journal",
      { nodes: [{ code: "x", plan: "p", step: 0, id: "a", _term_out: [], metric: { value: { metric_names: [{ metric_name: "loss", data: [{ dataset_name: "d", final_value: 0.25 }] }] }, maximize: false } }], node2parent: {} },
      ["message @draft 0 (step 0: draft) p", "tool-call run #a @draft 0 (step 0) x", "tool-result run #a @draft 0", "score =0.25 @draft 0 (metric)"],
    ],
    [
      "a terminal's one answer to two commands in ATIF",
      { schema_version: "ATIF-v1.7", agent: { name: "t" }, steps: [{ step_id: 1, source: "agent", message: "", tool_calls: [{ tool_call_id: "c1", function_name: "keys", arguments: { keystrokes: "a" } }, { tool_call_id: "c2", function_name: "keys", arguments: { keystrokes: "b" } }], observation: { results: [{ content: "ab" }] } }], subagent_trajectories: [{ steps: [{ step_id: 1, source: "agent", message: "in", tool_calls: [{ tool_call_id: "c1", function_name: "keys", arguments: {} }] }] }] },
      ["tool-call keys #c1 @t a", "tool-call keys #c2 @t b", "tool-result keys #c2 @t ab", "message @subagent 1 in", "tool-call keys #subagent 1 c1 @subagent 1", "state (trajectory)"],
    ],
    [
      "a result in ATIF that is trajectories of others",
      { schema_version: "ATIF-v1.7", agent: { name: "t" }, steps: [{ step_id: 1, source: "system", message: "Summarised.", observation: { results: [{ subagent_trajectory_ref: "s" }] } }] },
      ["system Summarised.", 'tool-result {\\n  \\"subagent_trajectory_ref\\": \\"s\\"\\n}', "state (trajectory)"],
    ],
    [
      "how a run of mini-swe-agent ended",
      { trajectory_format: "mini-swe-agent-1.1", info: {}, messages: [{ role: "user", content: "Go" }, { role: "exit", content: "diff", extra: { exit_status: "Submitted" } }] },
      ["user Go", "note (exit: Submitted) diff", "state (end)"],
    ],
    [
      "a step in ATIF that failed, and one that is copied from before",
      {
        schema_version: "ATIF-v1.6",
        agent: { name: "t" },
        steps: [
          { step_id: 1, source: "agent", message: "a", is_copied_context: true },
          { step_id: 2, source: "agent", message: "b", tool_calls: [{ tool_call_id: "c1", function_name: "Bash", arguments: { command: "ls" } }], observation: { results: [{ source_call_id: "c1", content: "no" }] }, extra: { tool_result_is_error: true } },
        ],
      },
      ["message @t (copied from before) a", "message @t b", "tool-call Bash #c1 @t ls", "!tool-result Bash #c1 @t no", "state (trajectory)"],
    ],
    [
      "several trajectories in ATIF",
      [{ schema_version: "ATIF-v1.6", agent: { name: "t" }, steps: [{ step_id: 1, source: "user", message: "a" }] }, { schema_version: "ATIF-v1.6", agent: { name: "t" }, steps: [{ step_id: 1, source: "user", message: "b" }] }],
      ["user a", "user @trajectory 2 b", "state (trajectory)", "state @trajectory 2 (trajectory)"],
    ],
    [
      "OpenAI's older calls without ids",
      [{ role: "user", content: "x" }, { role: "assistant", content: null, function_call: { name: "f", arguments: "{}" } }, { role: "function", name: "f", content: "r" }],
      ["user x", "tool-call f #call 1", "tool-result f #call 1 r"],
    ],
    [
      "messages whose type is their role, such as LangChain's",
      { messages: [{ type: "human", content: "x", id: "m1" }, { type: "ai", content: "", tool_calls: [{ name: "f", args: { a: "1" }, id: "k1", type: "tool_call" }] }, { type: "tool", content: "r", tool_call_id: "k1", name: "f" }, { type: "ai", data: { content: "y" } }] },
      ["user x", "tool-call f #k1 1", "tool-result f #k1 r", "message y"],
    ],
    [
      "ShareGPT's conversations",
      [{ conversations: [{ from: "human", value: "x" }, { from: "function_call", value: '{"name":"f","arguments":{"a":"1"}}' }, { from: "observation", value: "r" }, { from: "gpt", value: "y" }] }],
      ["user x", "tool-call f #call 1 1", "tool-result #call 1 r", "message y"],
    ],
    [
      "a benchmark's list of runs, each with its reward",
      [
        { task_id: 0, reward: 1, info: { user: "u" }, traj: [{ role: "user", content: "x" }, { role: "assistant", content: "y" }] },
        { task_id: 1, reward: 0, traj: [{ role: "user", content: "z" }] },
      ],
      ["user x", "message y", "user @conversation 2 z", "state (document)", "score =1 final (reward)", "state @conversation 2 (document)", "score =0 final @conversation 2 (reward)"],
    ],
    [
      "simulations with users, each with its reward",
      { info: { trials: 1 }, simulations: [{ id: "a", messages: [{ role: "user", content: "x" }], reward_info: { reward: 0.5 } }, { id: "b", messages: [{ role: "user", content: "z" }] }] },
      ["user x", "user @conversation 2 z", "state (document)", "score =0.5 final (reward)", "state @conversation 2 (document)", "state (document)"],
    ],
    [
      "a request that was logged, with what was answered",
      { request: { model: "m", system: "S", messages: [{ role: "user", content: "x" }] }, response: { choices: [{ message: { role: "assistant", content: null, tool_calls: [{ id: "k1", function: { name: "f", arguments: '{"a":"1"}' } }] } }] } },
      ["user x", "system S", "tool-call f #k1 1", "state (document)"],
    ],
    [
      "a branch of MALT's that begins with the result of a call in another",
      {
        run_id: "r",
        task_id: "t",
        nodes: [
          { branch_id: 0, node_id: 1, parent_node_id: null, node_data: { message: { role: "assistant", content: "", function_call: { name: "bash", arguments: '{"command":"ls"}' } } } },
          { branch_id: 0, node_id: 2, parent_node_id: 1, node_data: { message: { role: "function", name: "bash", content: "a" } } },
          { branch_id: 1, node_id: 3, parent_node_id: 1, node_data: { message: { role: "function", name: "bash", content: "b" } } },
        ],
      },
      ["tool-call bash #1 @0 ls", "tool-result bash #1 @0 a", "tool-result bash #1 @1 b", "state (run)"],
    ],
    [
      "MALT's rows in a list, with what each says of its run",
      ["r1", "r2"].map((run) => ({ run_id: run, task_id: "t", labels: ["l"], nodes: [{ node_id: 1, node_data: { message: { role: "user", content: run } } }] })),
      ["user r1", "user @2 r2", "state (run)", "state @2 (run)"],
    ],
    [
      "SWE-agent's several attempts, of which one is said once more as the result",
      {
        attempts: [
          { trajectory: [{ action: "ls", observation: "a", thought: "I look.", response: "I look." }], history: [], info: { exit_status: "submitted", submission: "d1" } },
          { trajectory: [{ action: "str_replace_editor str_replace /a --old_str x --new_str y", observation: "No replacement was performed, old_str `x` did not appear verbatim in /a.", thought: "", response: "" }], history: [], info: { exit_status: "exit_cost" } },
        ],
        trajectory: [{ action: "ls", observation: "a", thought: "I look.", response: "I look." }],
        info: { exit_status: "submitted", best_attempt_idx: 0 },
      },
      [
        "message @attempt 1 I look.",
        "tool-call ls #attempts.0.trajectory.0 @attempt 1 ls",
        "tool-result #attempts.0.trajectory.0 @attempt 1 a",
        "tool-call str_replace_editor #attempts.1.trajectory.0 @attempt 2 str_replace_editor str_replace /a --old_",
        "!tool-result #attempts.1.trajectory.0 @attempt 2 No replacement was performed, old_str `x",
        "~message I look.",
        "~tool-call ls #trajectory.0 ls",
        "~tool-result #trajectory.0 a",
        "state @attempt 1 (end) submitted\\nd1",
        "state @attempt 2 (end) exit_cost",
        "state (end) submitted",
      ],
    ],
    [
      "AIDE's journal of which the output is left out",
      { nodes: [{ code: "x", plan: "p", step: 0, id: "a", _term_out: "<OMITTED>", exc_type: "E", exc_stack: "<OMITTED>", metric: null }], node2parent: {} },
      ["message @draft 0 (step 0: draft) p", "tool-call run #a @draft 0 (step 0) x", "!tool-result run #a @draft 0 <OMITTED>", "!error @draft 0 (E) <OMITTED>\\n"],
    ],
  ])("%s", async (_name, document, events) => {
    const read = await readContent(JSON.stringify(document));
    expect(read.events.map(inWords).filter((words) => !words.startsWith("raw"))).toEqual(events);
  });

  test("AIDE's output in lines or in pieces of a stream, and what came of running a node when that had run", async () => {
    const node = (step: number, output: string[]): object => ({ code: "x", plan: "p", step, id: String(step), ctime: 1_750_000_000, exec_time: 90.5, _term_out: output, metric: { value: 1 } });
    const { events } = await readContent(JSON.stringify({ nodes: [node(0, ["=====", "PASSED"]), node(1, ["a", "\n", "b"])], node2parent: {} }), "journal.json");
    expect(events.filter(({ kind }) => kind === "tool-result").map(({ text }) => text)).toEqual(["=====\nPASSED", "a\nb"]);
    expect(events.slice(0, 4).map(({ kind, time }) => [kind, time])).toEqual([["message", 1_750_000_000_000], ["tool-call", 1_750_000_000_000], ["tool-result", 1_750_000_090_500], ["score", 1_750_000_090_500]]);
  });

  test("what a state of Inspect was before a change and after it, as a diff", async () => {
    const changes = [
      { op: "replace", path: "/metadata/tries", value: 2, replaced: { "of a": ["kind"] } },
      { op: "add", path: "/store/x", value: null },
      { op: "move", path: "/b", from: "/a" },
      { op: "remove", path: "/output/completion", replaced: "two\nlines", why: "unknown" },
      "no change at all",
    ];
    const { events } = await readContent(JSON.stringify({ version: 2, status: "success", eval: { eval_id: "e", task: "t", model: "m" }, plan: {}, samples: [{ id: "one", epoch: 1, input: "x", target: "", messages: [], output: {}, scores: {}, events: [{ event: "sample_init", sample: { id: "one", input: "x" }, state: { messages: [{ role: "user", content: "x" }], metadata: { tries: 1 } } }, { event: "state", timestamp: "2026-01-02T03:04:09+00:00", changes }] }] }), "log.json");
    expect(events.find(({ title }) => title === "sample begins")?.fields).toEqual({ id: "one", state: { metadata: { tries: 1 } } });
    const event = events.find(({ title }) => title === "state");
    expect(event?.text.split("\n")).toEqual(["replace /metadata/tries", "-{", '-  "of a": [', '-    "kind"', "-  ]", "-}", "+2", "add /store/x", "+null", "move /b from /a", "remove /output/completion {", '  "why": "unknown"', "}", "-two", "-lines", "no change at all"]);
    expect(event === undefined ? undefined : textLanguage(event)).toBe("diff");
  });

  test("what Inspect filled up with spaces on its way into a sandbox and out of it", async () => {
    const of = (more: object): object => ({ event: "sandbox", timestamp: "2026-01-02T03:04:09+00:00", ...more });
    const written = [of({ action: "write_file", file: "/b", input: "[]\n".padEnd(10_000) }), of({ action: "exec", cmd: "ls", result: 0, output: "\u{1f600}".padEnd(10_001) }), of({ action: "exec", cmd: "ls", result: 0, output: "kept".padEnd(9_999) })];
    const { events } = await readContent(JSON.stringify({ version: 2, status: "success", eval: { eval_id: "e", task: "t", model: "m" }, plan: {}, samples: [{ id: "one", epoch: 1, input: "x", target: "", messages: [], output: {}, scores: {}, events: written }] }), "log.json");
    expect(events.filter(({ tool }) => tool === "sandbox").map(({ text }) => text)).toEqual(["[]\n", "\u{1f600}", "kept".padEnd(9_999)]);
  });

  const bashed = (id: string, result: object): object[] => [
    { kind: "ActionEvent", id: `a${id}`, timestamp: "2025-10-30T03:50:30", source: "agent", thought: [], action: { kind: "ExecuteBashAction", command: "ls" }, tool_name: "execute_bash", tool_call_id: id },
    { kind: "ObservationEvent", id: `o${id}`, timestamp: "2025-10-30T03:50:31", source: "environment", tool_name: "execute_bash", tool_call_id: id, observation: { kind: "ExecuteBashObservation", command: "ls", ...result }, action_id: `a${id}` },
  ];

  test("results of an OpenHands benchmark, with a score for each line", async () => {
    const said = { kind: "MessageEvent", id: "m", timestamp: "2025-10-30T03:50:29", source: "user", llm_message: { role: "user", content: [{ type: "text", text: "Go" }] }, extended_content: [{ type: "text", text: "Knowledge" }] };
    const rows = [
      { instance_id: "i1", instruction: "Do it", test_result: { checkpoints: [], final_score: { total: 2, result: 1 } }, history: [said, ...bashed("c1", { output: "no", exit_code: null, error: false, metadata: { exit_code: 127 } })], error: null },
      { instance_id: "i2", test_result: { report: { resolved: true } }, history: bashed("c2", { output: "a", exit_code: null, error: false, metadata: { exit_code: 0 } }), error: "out of money" },
    ];
    const { format, events } = await readContent(rows.map((row) => `${JSON.stringify(row)}\n`).join(""), "output.jsonl");
    expect([format, ...events.map(inWords)]).toEqual([
      "openhands-v1",
      "user @i1 Go",
      "system @i1 (added to the message) Knowledge",
      "tool-call execute_bash #c1 @i1 ls",
      "!tool-result execute_bash #c1 @i1 no",
      "state @i1 (result) Do it",
      "score =1 final @i1 (result)",
      "tool-call execute_bash #c2 @i2 ls",
      "tool-result execute_bash #c2 @i2 a",
      "state @i2 (result)",
      "score =1 final @i2 (result)",
      "!error @i2 (error) out of money",
    ]);
  });

  test("results of an OpenHands benchmark are called by their tasks, by their lines where they name none or the same again; the model is a fact", async () => {
    const row = (more: object): string => `${JSON.stringify({ ...more, metadata: { agent_class: "CodeActAgent", llm_config: { model: "m/1" } }, history: [{ id: 0, source: "user", action: "message", args: { content: "Go" } }] })}\n`;
    const { facts, events } = await readContent([{ instance_id: "a__a-1" }, { id: "q_7" }, {}, { instance_id: "a__a-1" }].map(row).join(""), "output.jsonl");
    expect(facts).toMatchObject({ agent: "CodeActAgent", model: "m/1" });
    expect(events.filter(({ kind }) => kind === "user").map(({ sample }) => sample)).toEqual(["a__a-1", "q_7", "line 3", "a__a-1, line 4"]);
    expect(events.filter(({ kind }) => kind === "state").map(({ sample }) => sample)).toEqual(["a__a-1", "q_7", "line 3", "a__a-1, line 4"]);
  });

  test("an observation of OpenHands without an exit status that says it was no success", async () => {
    const pair = (id: number, more: object): object[] => [
      { id, timestamp: "2025-01-01T00:00:00", source: "agent", action: "call_tool_mcp", args: { name: "f" } },
      { id: id + 1, timestamp: "2025-01-01T00:00:01", source: "agent", observation: "mcp", content: "r", cause: id, extras: {}, ...more },
    ];
    const { events } = await readContent(JSON.stringify([...pair(1, { success: false }), ...pair(3, { success: true }), ...pair(5, { success: false, extras: { metadata: { exit_code: -1 } } })]), "trajectory.json");
    expect(events.filter(({ kind }) => kind === "tool-result").map(({ isError }) => isError)).toEqual([true, false, false]);
  });

  test.each([
    ["with calls and results of their own kind", [{ type: "session", id: "s" }, { type: "message", id: "1", timestamp: "2026-01-01T00:00:00.000Z", message: { role: "user", content: "x" } }, { type: "message", id: "2", message: { role: "assistant", content: [{ type: "thinking", thinking: "t" }, { type: "toolCall", id: "k1", name: "bash", arguments: { command: "ls" } }] } }, { type: "message", id: "3", message: { role: "toolResult", toolCallId: "k1", toolName: "bash", content: [{ type: "text", text: "no" }], isError: true } }], ["user x", "reasoning t", "tool-call bash #k1 ls", "!tool-result bash #k1 no"]],
    ["whose roles are the lines'", [{ role: "user", message: { content: [{ type: "text", text: "x" }] } }, { role: "assistant", message: { content: [{ type: "text", text: "y" }] } }], ["user x", "message y"]],
  ])("messages that are wrapped in lines, %s", async (_how, lines, events) => {
    const read = await readContent(lines.map((line) => `${JSON.stringify(line)}\n`).join(""), "lines.jsonl");
    expect([read.format, ...read.events.map(inWords).filter((words) => !words.startsWith("raw"))]).toEqual(["messages", ...events]);
  });

  test("mini-swe-agent's times in messages, and the output that the model was not shown in full", async () => {
    const messages = [
      { role: "user", content: "Go", timestamp: 1_750_000_000 },
      { role: "assistant", content: "```bash\nls\n```", timestamp: 1_750_000_001.5, extra: { response: { usage: { prompt_tokens: 9, completion_tokens: 1 } } } },
      { role: "user", content: "<returncode>0</returncode>\n<output_head>\na", timestamp: 1_750_000_002, extra: { returncode: 0, raw_output: "a\nb\n", exception_info: "cut" } },
      { role: "assistant", content: "```bash\npwd\n```" },
      { role: "user", content: "<returncode>0</returncode>\n<output>\n/w\n</output>", extra: { returncode: 0, raw_output: "/w\n", exception_info: "" } },
    ];
    const { events } = await readContent(JSON.stringify({ trajectory_format: "mini-swe-agent-1", info: {}, messages }), "x.traj.json");
    expect(events.slice(0, 4).map(({ kind, time }) => [kind, time])).toEqual([["user", 1_750_000_000_000], ["message", 1_750_000_001_500], ["tool-call", 1_750_000_001_500], ["tool-result", 1_750_000_002_000]]);
    expect(events.filter(({ kind }) => kind === "tool-result").map(({ fields }) => fields)).toEqual([{ exitCode: 0, raw_output: "a\nb\n", exception_info: "cut" }, { exitCode: 0 }]);
  });

  test("what Claude Code writes where the model gave no answer, and facts that a later line tells", async () => {
    const line = (more: object): string => `${JSON.stringify({ sessionId: "s", uuid: "u", parentUuid: null, timestamp: "2026-01-01T00:00:00.000Z", version: "2.1.9", ...more })}\n`;
    const { facts, events } = await readContent(
      [
        `${JSON.stringify({ type: "from-the-future", of: "default", sessionId: "s", timestamp: "2025-12-31T00:00:00.000Z" })}\n`,
        line({ type: "user", message: { role: "user", content: "Go" } }),
        line({ type: "assistant", isApiErrorMessage: true, apiErrorStatus: 529, error: "server_error", message: { id: "m", role: "assistant", model: "<synthetic>", content: [{ type: "text", text: "API Error: 529" }] } }),
      ].join(""),
      "session.jsonl",
    );
    expect(events.map(inWords).slice(1)).toEqual(["user Go", "!message API Error: 529"]);
    // What is not known stands at its time all the same.
    expect(events[0]).toMatchObject({ kind: "raw", time: Date.UTC(2025, 11, 31) });
    expect(events[2]?.fields).toMatchObject({ error: "server_error", apiErrorStatus: 529 });
    expect(facts).toEqual({ session: "s", model: null, version: "2.1.9" });
  });

  test("what Claude Code puts into a conversation beside what is said, and what it notes of the session", async () => {
    const line = (type: string, more: object): string => `${JSON.stringify({ type, sessionId: "s", ...more })}\n`;
    const attachment = (given: object, more: object = {}): string => line("attachment", { uuid: "u", parentUuid: null, attachment: given, ...more });
    const reminder = (content: string): object => ({ rendered: [{ content: `<system-reminder>\n${content}\n</system-reminder>` }], renderedRole: "system" });
    const { events } = await readContent(
      [
        line("mode", { mode: "normal" }),
        line("user", { uuid: "p", parentUuid: null, message: { role: "user", content: "Go" } }),
        attachment({ type: "date", date: "2026-01-02" }, reminder("Today is 2026-01-02.")),
        attachment({ type: "prompt_snapshot", systemPrompt: ["\nBe good.", "Be brief."], reminderFold: false }),
        attachment({ type: "prompt_snapshot", systemPrompt: ["\nBe good.", "Be brief."], tools: [{ name: "Bash" }] }),
        attachment({ type: "queued_command", prompt: "Also this", commandMode: "prompt", origin: { kind: "human" } }, reminder("The user sent a new message: Also this")),
        attachment({ type: "queued_command", prompt: "A task ended", commandMode: "task-notification", origin: { kind: "task-notification" } }),
        attachment({ type: "hook_success", hookName: "PreToolUse:Bash", hookEvent: "PreToolUse", content: "", stdout: "checked\n", stderr: "", exitCode: 0 }),
        attachment({ type: "hook_blocking_error", hookName: "PreToolUse:Bash", blockingError: { blockingError: "not this", command: "check" } }),
        line("system", { subtype: "turn_duration", durationMs: 5, uuid: "x", parentUuid: "p" }),
        line("system", { subtype: "stop_hook_summary", hookErrors: ["broke"], uuid: "y", parentUuid: "x" }),
        line("api-request-blob", { hash: "h", message: { role: "user", content: [{ type: "text", text: "Go" }] } }),
        line("last-prompt", { lastPrompt: "Go", leafUuid: "p" }),
        line("cost-state", { totalCostUSD: 1 }),
        line("custom-title", { customTitle: "A name" }),
      ].join(""),
      "session.jsonl",
    );
    expect(events.map(inWords)).toEqual([
      "state (mode) normal",
      "user Go",
      "state (attachment date) Today is 2026-01-02.",
      "system (system prompt) Be good.\\n\\nBe brief.",
      "~system (system prompt) Be good.\\n\\nBe brief.",
      "user (queued while the model worked) Also this",
      "note (report of a task) A task ended",
      "state (hook PreToolUse:Bash (success)) checked",
      "!state (hook PreToolUse:Bash (blocking error)) not this",
      "state (turn_duration)",
      "note (stop_hook_summary) broke",
      "~state (api-request-blob) Go",
      "~state (last-prompt) Go",
      "state (cost-state)",
      "state (custom-title) A name",
    ]);
    expect(events[2]?.fields).toMatchObject({ attachment: { date: "2026-01-02" } });
    expect(events[4]?.fields).toMatchObject({ tools: [{ name: "Bash" }] });
  });

  test.each([
    ["<bash-input>ls -l</bash-input>", "user (command of the user's) ls -l"],
    ["<bash-stdout>a\n</bash-stdout><bash-stderr>no b\n</bash-stderr>", "user (output of the user's command) a\\nno b"],
    ["<command-name>/compact</command-name>\n  <command-message>compact</command-message>\n  <command-args>soon</command-args>", "user (slash command) /compact soon"],
    ["<local-command-stdout>Compacted</local-command-stdout>", "user (output of a slash command) Compacted"],
    ["<local-command-caveat>Not for you.</local-command-caveat>", "user (about what follows) Not for you."],
    ["<task-notification>\n<task-id>a</task-id>\n<summary>It ended</summary>\n<result>4 files</result>\n</task-notification>", "user (report of a task) It ended\\n\\n4 files"],
    ["[Request interrupted by user]", "user (interrupted) [Request interrupted by user]"],
    ["<bash-input> is a tag", "user <bash-input> is a tag"],
    ["What is <command-name>x</command-name>?", "user What is <command-name>x</command-name>?"],
  ])("what Claude Code writes for the user without its tags: %s", async (content, words) => {
    const { events } = await readContent(`${JSON.stringify({ type: "user", uuid: "u", parentUuid: null, sessionId: "s", message: { role: "user", content } })}\n`, "session.jsonl");
    expect(events.map(inWords)).toEqual([words]);
  });

  test("subagents of what Claude Code printed, by what they were told to do", async () => {
    const line = (more: object): string => `${JSON.stringify({ type: "assistant", session_id: "s", parent_tool_use_id: "t", message: { role: "assistant", content: "Look." }, ...more })}\n`;
    const { events } = await readContent([line({ agent_id: "a1b2c3", task_description: "Count" }), line({ agent_id: "d4e5f6", task_description: "Count" }), line({ agent_id: "a1b2c3" }), line({})].join(""), "out.jsonl");
    expect(events.map(({ agent }) => agent)).toEqual(["a1b2 Count", "d4e5 Count", "a1b2c3", "subagent"]);
  });

  test("what Codex notes since 2026, calls that it refuses, and turns that were taken back", async () => {
    const line = (type: string, payload: object): string => `${JSON.stringify({ timestamp: "2026-01-01T00:00:00.000Z", type, payload })}\n`;
    const output = (call: string, text: string): string => line("response_item", { type: "function_call_output", call_id: call, output: text });
    const { events } = await readContent(
      [
        line("session_meta", { id: "x" }),
        line("world_state", { full: true, state: {} }),
        line("token_usage_record", { response_id: "r" }),
        output("c1", "unsupported call: nothing"),
        output("c2", "apply_patch verification failed: Failed to find expected lines in /w/a:\nx"),
        output("c3", "Wall time: 3.2 seconds\naborted by user"),
        output("c4", "Chunk ID: 1\nWall time: 0.1 seconds\nProcess exited with code 0\nOutput:\napply_patch verification failed"),
        line("response_item", { type: "custom_tool_call_output", call_id: "c5", output: [{ type: "input_text", text: "Script failed\nWall time 0.0 seconds\nOutput:\n" }, { type: "input_text", text: "thrown" }] }),
        line("inter_agent_communication_metadata", { trigger_turn: false }),
        line("event_msg", { type: "thread_rolled_back", num_turns: 2 }),
      ].join(""),
      "rollout.jsonl",
    );
    expect(events.map(inWords).map((words) => words.slice(0, 34))).toEqual(["state (session)", "state (world state)", "~state (token usage record)", "!tool-result #c1 unsupported call: ", "!tool-result #c2 apply_patch verifi", "!tool-result #c3 Wall time: 3.2 sec", "tool-result #c4 Chunk ID: 1\\nWall ", "!tool-result #c5 Script failed\\nWall", "state (inter agent communication metadata)", "note (rolled back) The last 2 turn"].map((words) => words.slice(0, 34)));
  });

  test("calls and results of Claude Code without ids, which their lines link, and what was printed but is not in the result", async () => {
    const line = (uuid: string, parentUuid: string | null, role: string, content: unknown, more: object = {}): string => `${JSON.stringify({ type: role, uuid, parentUuid, sessionId: "s", message: { role, content }, ...more })}\n`;
    const { events } = await readContent(
      [
        line("a", null, "assistant", [{ type: "tool_use", name: "Bash", input: { command: "ls" } }]),
        line("b", "a", "user", [{ type: "tool_result", content: "ok" }], { toolUseResult: { stdout: "a.txt\n", stderr: "", interrupted: false } }),
        line("c", "b", "assistant", [{ type: "tool_use", id: "t2", name: "Bash", input: { command: "pwd" } }]),
        line("d", "c", "user", [{ type: "tool_result", tool_use_id: "t2", content: "/w" }], { toolUseResult: { stdout: "/w\n", stderr: "" } }),
      ].join(""),
      "session.jsonl",
    );
    expect(events.map(inWords)).toEqual(["tool-call Bash #a ls", "tool-result #a ok", "tool-call Bash #t2 pwd", "tool-result #t2 /w"]);
    expect(events.map(({ fields }) => (fields["toolUseResult"] as { stdout?: string } | undefined)?.stdout)).toEqual([undefined, "a.txt\n", undefined, undefined]);
  });

  test("Claude Code's lines that tell neither their own ids nor those before them", async () => {
    const { format, events } = await readContent(["user", "assistant"].map((role) => `${JSON.stringify({ sessionId: "s", timestamp: "2025-08-28T23:11:59.693Z", type: role, message: { role, content: [{ type: "text", text: role } ] } })}\n`).join(""), "session.jsonl");
    expect([format, ...events.map(inWords)]).toEqual(["claude-code", "user user", "message assistant"]);
  });

  test("what Claude Code's lines and results have beside the usual, but not what they say twice", async () => {
    const lines = [
      { type: "user", uuid: "u", parentUuid: null, sessionId: "s", cwd: "/w", isMeta: false, permissionMode: "bypassPermissions", origin: { kind: "task-notification" }, todos: [], planContent: "# Plan", message: { role: "user", content: "Go" } },
      { type: "user", uuid: "r", parentUuid: "u", sessionId: "s", toolUseResult: { answers: { which: "this" }, oldString: "a", file: { filePath: "/w/a", content: "long", numLines: 1 } }, message: { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: "this" }] } },
      { type: "tool_use", uuid: "v", sessionId: "s", name: "bash", input: { command: "ls" } },
      { type: "tool_result", uuid: "w", parentUuid: "v", sessionId: "s", name: "bash", output: "a" },
    ];
    const { events } = await readContent(lines.map((line) => `${JSON.stringify(line)}\n`).join(""), "session.jsonl");
    expect(events.map(inWords)).toEqual(["user Go", "tool-result #t this", "tool-call bash #v ls", "tool-result bash #v a"]);
    expect(events[0]?.fields).toEqual({ uuid: "u", cwd: "/w", permissionMode: "bypassPermissions", origin: { kind: "task-notification" }, planContent: "# Plan" });
    expect(events[1]?.fields["toolUseResult"]).toEqual({ answers: { which: "this" }, file: { filePath: "/w/a", numLines: 1 } });
  });

  test.each([
    ["as the SDK stores it", "run/base_state.json", "run/events/event-00000-a1.json", "run/events/event-00001-a2.json", "base_state"],
    ["as it is exported", "meta.json", "event_000000_a1.json", "event_000001_a2.json", "meta"],
  ])("an OpenHands conversation in a zip archive, %s", async (_how, about, first, second, aboutId) => {
    const archive = zipOf([
      { name: second, content: JSON.stringify({ kind: "ObservationEvent", id: "a2", timestamp: "2025-01-01T00:00:01", source: "environment", tool_name: "terminal", tool_call_id: "c1", observation: { kind: "TerminalObservation", content: [{ type: "text", text: "a.txt" }], exit_code: 0 } }) },
      { name: about, content: JSON.stringify({ id: "conversation-1" }) },
      { name: first, content: JSON.stringify({ kind: "ActionEvent", id: "a1", timestamp: "2025-01-01T00:00:00", source: "agent", tool_name: "terminal", tool_call_id: "c1", action: { kind: "TerminalAction", command: "ls" } }) },
      { name: "logs/1.json", content: "[]" },
    ]);
    const { format, facts, events } = await readContent(archive, "conversation.zip");
    expect([format, facts["id"], ...events.map(inWords)]).toEqual(["openhands-v1", "conversation-1", expect.stringContaining("state (conversation)"), "tool-call terminal #c1 ls", "tool-result terminal #c1 a.txt"]);
    expect(events.map(({ id, source }) => [id, source.member])).toEqual([[aboutId, about], ["0", first], ["1", second]]);
  });

  test("an event of an OpenHands conversation in a zip archive shows the file that it was made from, and a damaged one says so", async () => {
    const content = JSON.stringify({ kind: "MessageEvent", id: "m1", timestamp: "2025-01-01T00:00:00", source: "user", llm_message: { role: "user", content: [{ type: "text", text: "hi" }] } });
    const path = transcriptFile(zipOf([{ name: "events/event-0-m1.json", content }, { name: "events/event-1-m2.json", content, saysCrc: 1 }]), "conversation.zip");
    const { events } = await readTranscript(path);
    expect(events.map(inWords)).toEqual(["user hi", "user hi", expect.stringMatching(/^!error \(damaged\) This event is damaged: its checksum/)]);
    expect(await rawText(path, events[0]?.source)).toBe(content);
  });

  test("an archive with numbered files that are no events is no transcript", async () => {
    await expect(readContent(zipOf([{ name: "1.json", content: "{}" }]), "numbers.zip")).rejects.toThrow(/neither a log of Inspect nor a conversation of OpenHands/);
  });

  test("OpenHands' first version in a folder", async () => {
    const folder = mkdtempSync(join(tmpdir(), "baseliner-test-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    mkdirSync(join(folder, "events"));
    writeFileSync(join(folder, "events", "1.json"), JSON.stringify({ id: 1, timestamp: "2025-01-01T00:00:00", source: "agent", action: "run", args: { command: "ls" } }));
    writeFileSync(join(folder, "events", "2.json"), JSON.stringify({ id: 2, timestamp: "2025-01-01T00:00:01", source: "agent", observation: "run", content: "a.txt", cause: 1, extras: { exit_code: 0 } }));
    const { format, events } = await readTranscript(folder);
    expect([format, ...events.map(inWords)]).toEqual(["openhands", "tool-call run #1 ls", "tool-result run #1 a.txt"]);
  });
});
