import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { TranscriptError } from "../../../src/transcripts";
import { callsOf, recordsOf } from "../../support/calls";
import { mutated } from "../../support/mutations";
import { random } from "../../support/random";
import { readTranscript, realTranscripts, transcriptFile, transcriptFixtures, zipOf } from "../../support/transcripts";

/**
 * Calls of models in real transcripts, counted by other means from the raw files: how many there are; messages of their inputs, how many
 * UTF-16 units these have, and tools that were offered, of all calls together; and the units once more, each call's times its number.
 */
const samples: readonly (readonly [file: string, calls: number, messages: number, units: number, tools: number, inOrder: number])[] = [
  ["inspect/ctf-gpt4o-legacy-steps.eval", 147, 2485, 893451, 441, 73038411],
  ["inspect/gemma-2026.eval", 4, 8, 5878, 0, 13841],
  ["inspect/gpqa-gpt5.eval", 4, 4, 2128, 0, 5320],
  ["inspect/images-legacy-transcript.json", 1, 2, 260, 0, 260],
  ["inspect/llm-foundry-single-turn-qwen3.eval", 16, 16, 194059, 0, 1657862],
  ["inspect/message-deduplication.eval", 6, 36, 1956, 12, 9016],
  ["inspect/metr-oxdna-opus41.eval", 76, 1487, 511929, 304, 20695286],
  ["inspect/security-guide.json", 6, 9, 4462, 0, 17142],
  ["inspect/unfinished.eval", 0, 0, 0, 0, 0],
];

describe("calls of models in a real log", () => {
  test.for(samples)("%s", async ([file, count, messages, units, tools, inOrder], { skip }) => {
    const path = join(realTranscripts, file);
    skip(!existsSync(path), "real transcripts are not part of the repository");
    const { calls } = await callsOf(path);
    const inputs = calls.map(({ summary }) => summary.input ?? { messages: NaN, units: NaN });
    const sum = (values: readonly number[]): number => values.reduce((one, other) => one + other, 0);
    expect([calls.length, sum(inputs.map((input) => input.messages)), sum(inputs.map((input) => input.units)), sum(calls.map(({ summary }) => summary.tools?.length ?? NaN)), sum(inputs.map((input, number) => (number + 1) * input.units))]).toEqual([count, messages, units, tools, inOrder]);
  });
});

const time = (second: number): string => `2026-01-01T00:00:${String(second).padStart(2, "0")}+00:00`;
const bash = { name: "bash", description: "Runs a command.", parameters: { type: "object", properties: { cmd: { type: "string" } } } };

/** A sample of Inspect in which the second call is given what the first one was, what it made, and what came of it. */
const sample = {
  id: 1,
  epoch: 1,
  messages: [],
  events: [
    { event: "model", model: "m", timestamp: time(1), input: [], input_refs: [[0, 2]], tools: [bash], tool_choice: "auto", config: { temperature: 0.5 }, output: { choices: [{ message: { id: "a1", role: "assistant", content: "I run it.", tool_calls: [{ id: "c1", function: "bash", arguments: { cmd: "ls" } }] }, stop_reason: "tool_calls" }], usage: { input_tokens: 7, output_tokens: 3 }, time: 1.25 } },
    { event: "tool", id: "c1", function: "bash", arguments: { cmd: "ls" }, result: "attachment://long", timestamp: time(2) },
    { event: "model", model: "m", timestamp: time(3), input: [], input_refs: [[0, 4]], tools: [bash, { ...bash, name: "other" }], tool_choice: { name: "bash" }, config: {}, retries: 2, cache: "read", output: { choices: [{ message: { id: "a2", role: "assistant", content: "One." }, stop_reason: "stop" }, { message: { id: "a3", role: "assistant", content: "Two." }, stop_reason: "stop" }] }, call: { request: { model: "m", messages: [] }, response: { id: "r", text: "attachment://long" }, call_refs: [[0, 1], [1, 2]], call_key: "messages" } },
  ],
  events_data: {
    messages: [
      { id: "s", role: "system", content: "Be brief." },
      { id: "u", role: "user", content: [{ type: "text", text: "attachment://task" }] },
      { id: "a1", role: "assistant", content: "I run it.", tool_calls: [{ id: "c1", function: "bash", arguments: { cmd: "ls" } }] },
      { id: "t1", role: "tool", tool_call_id: "c1", function: "bash", content: "attachment://long" },
    ],
    calls: [{ role: "user", content: "attachment://task" }, { role: "assistant", content: "sent" }],
  },
  attachments: { task: "List the files.", long: "x".repeat(100_000) },
};
const log = { version: 2, status: "success", eval: { task: "t", model: "m" } };
/** The same as an archive in which the sample lies in chunks. */
function inChunks(): Buffer {
  const { events, events_data: pools, attachments, messages: _messages, ...shell } = sample;
  const byNumber = JSON.stringify([attachments.task, attachments.long]);
  const numbered = (value: unknown): string => JSON.stringify(value).replaceAll("attachment://task", "attachment://0").replaceAll("attachment://long", "attachment://1");
  return zipOf([
    { name: "header.json", content: JSON.stringify(log) },
    { name: "samples/1_epoch_1/sample.json", content: JSON.stringify({ ...shell, message_refs: [] }) },
    { name: "samples/1_epoch_1/messages/0.json", content: numbered(pools.messages.slice(0, 3)) },
    { name: "samples/1_epoch_1/messages/3.json", content: numbered(pools.messages.slice(3)) },
    { name: "samples/1_epoch_1/calls/0.json", content: numbered(pools.calls) },
    { name: "samples/1_epoch_1/attachments/0.json", content: byNumber },
    { name: "samples/1_epoch_1/events/0.json", content: numbered(events.slice(0, 1)) },
    { name: "samples/1_epoch_1/events/1.json", content: numbered(events.slice(1)) },
  ]);
}

describe("a model's call", () => {
  test.each<[file: string, answers: readonly string[]]>([
    ["gemini-cli.json", ["m: reasoning Plan\nRead.; message I read.; tool-call read_file /w/a.py; tool-call read_file /w/b.py"]],
    ["google-contents.json", [": reasoning Two files.; message I read.; tool-call read a; tool-call read b", ": tool-call code_execution language: PYTHON\ncode: print(1)"]],
    ["langfuse.json", ["m: message I look.; tool-call bash ls", "m: message Done."]],
    ["opencode.json", ["m: reasoning A sum.; message I edit.; tool-call write filePath: /w/a.py\ncontent: x = 1\n; tool-call edit filePath: /w/a.py\noldString: y\nnewString: z; tool-call bash echo 2 > b.txt; false; tool-call bash sleep 9", "m: message "]],
    ["qwen-code.jsonl", ["m: reasoning Into b.; message I write.; tool-call run_shell_command echo 2 > b.txt; false; tool-call edit file_path: /w/a.py\nold_string: \nnew_string: x"]],
  ])("of %s is what the model answered", async (file, answers) => {
    const { calls } = await callsOf(join(transcriptFixtures, file));
    expect(calls.map(({ summary }) => `${Object.fromEntries(summary.facts)["model"] ?? ""}: ${summary.outputs.flatMap(({ message }) => message.parts.map(({ kind, tool, text }) => [kind, tool, text].filter((part, index) => part !== "" || index === 2).join(" "))).join("; ")}`)).toEqual(answers);
  });

  test.each([
    ["one document", JSON.stringify({ ...log, samples: [{ ...sample, id: 0, events: [], events_data: {} }, sample] }), "log.json"],
    ["an archive", zipOf([{ name: "header.json", content: JSON.stringify(log) }, { name: "samples/1_epoch_1.json", content: JSON.stringify(sample) }]), "log.eval"],
    ["an archive with a sample in chunks", inChunks(), "log.eval"],
  ])("of Inspect is whole in %s: pools and attachments are in their places", async (_what, content, name) => {
    const { calls, records, format } = await callsOf(transcriptFile(content, name));
    expect(calls.map(({ summary }) => summary.input)).toEqual([
      { messages: 2, units: 24, new: undefined, isCut: false },
      { messages: 4, units: 100_033, new: 1, isCut: false },
    ]);
    const [, second] = calls;
    if (second === undefined) {
      return;
    }
    const { place, summary } = second;
    expect(Object.fromEntries(summary.facts)).toMatchObject({ model: "m", cache: "read", retries: "2" });
    expect(Object.fromEntries(calls[0]?.summary.facts ?? [])).toMatchObject({ time: "1.25 s", "input tokens": "7", "output tokens": "3" });
    expect([JSON.parse(summary.toolChoice), summary.config, calls[0]?.summary.toolChoice, JSON.parse(calls[0]?.summary.config ?? "")]).toEqual([{ name: "bash" }, "", "auto", { temperature: 0.5 }]);
    expect(summary.tools?.map((tool) => ({ ...tool, parameters: JSON.parse(tool.parameters) as unknown }))).toEqual([bash, { ...bash, name: "other" }]);
    expect(summary.outputs.map(({ stopReason, message }) => [stopReason, message.parts.map(({ text }) => text)])).toEqual([["stop", ["One."]], ["stop", ["Two."]]]);
    const messages = await records.messages(format, place, 0, 100);
    expect(messages.map(({ role, isNew, parts }) => [role, isNew, ...parts.map(({ kind, tool, text }) => `${kind} ${tool} ${text.slice(0, 20)}`)])).toEqual([
      ["system", false, "system  Be brief."],
      ["user", false, "user  List the files."],
      ["assistant", false, "message  I run it.", "tool-call bash ls"],
      ["tool", true, `tool-result bash ${"x".repeat(20)}`],
    ]);
    // Of a long text the beginning is there, and the rest comes in pieces.
    expect([messages[3]?.parts[0]?.text.length, messages[3]?.parts[0]?.units]).toEqual([1200, 100_000]);
    const rest = await records.text(format, place, { list: "input", message: 3, part: 0, from: 1200 });
    expect([rest.text.length, rest.units]).toEqual([65_536, 100_000]);
    const request = JSON.parse(await records.json(format, place, "request")) as { messages: unknown };
    expect(request.messages).toEqual([{ role: "user", content: "List the files." }, { role: "assistant", content: "sent" }]);
    expect((JSON.parse(await records.json(format, place, "response")) as { text: string }).text).toMatch(/^x{2000}… \(100000 characters\)$/);
  });

  test("of one agent is compared with its own call before, not with one of another agent that stands between", async () => {
    const call = (second: number, ...messages: readonly object[]): object => ({ event: "model", model: "m", timestamp: time(second), input: messages, tools: [], output: { choices: [{ message: { id: `a${second}`, role: "assistant", content: `made at ${second}` }, stop_reason: "stop" }] } });
    const said = (id: string, role: string, content: string): object => ({ id, role, content });
    const [one, other] = [said("u1", "user", "First task"), said("u2", "user", "Second task")];
    const { calls, records, format } = await callsOf(transcriptFile(JSON.stringify({ ...log, samples: [{ id: 1, epoch: 1, messages: [], events: [call(1, one), call(2, other), call(3, one, said("a1", "assistant", "made at 1"), said("u3", "user", "Go on."), said("u4", "user", "Go on."))] }] }), "log.json"));
    expect(calls.map(({ summary }) => summary.input?.new)).toEqual([undefined, undefined, 2]);
    const last = calls[2];
    expect(last === undefined ? [] : (await records.messages(format, last.place, 0, 10)).map(({ isNew }) => isNew)).toEqual([false, false, true, true]);
  });

  test("that a tool made within its own event is told apart from others that it made", async () => {
    const inner = (second: number): object => ({ event: "model", model: `m${second}`, timestamp: time(second), input: [{ role: "user", content: `asked at ${second}` }], tools: [], output: { choices: [{ message: { role: "assistant", content: `made at ${second}` }, stop_reason: "stop" }] } });
    const path = transcriptFile(JSON.stringify({ ...log, samples: [{ id: 1, epoch: 1, messages: [], events: [{ event: "tool", id: "c", function: "ask", arguments: {}, result: "done", timestamp: time(1), events: [inner(2), { event: "subtask", name: "s", timestamp: time(3), events: [inner(4)] }] }] }] }), "log.json");
    const { events, format } = await readTranscript(path);
    const records = recordsOf(path);
    const models = events.filter(({ kind }) => kind === "message").map(async (event) => [event.text, (await records.call(format, event, []))?.facts[0]?.[1]]);
    expect(await Promise.all(models)).toEqual([["made at 2", "m2"], ["made at 4", "m4"]]);
    expect(await records.call(format, { source: events[0]?.source ?? { file: "", member: "", start: 0, end: 0 }, time: 0 }, [])).toBeUndefined();
  });

  test("of Vivaria has its messages, functions, settings and all outputs, or its prompt as it was filled in, or what went through unchanged", async () => {
    const entry = (index: number, content: object): object => ({ runId: 1, index, agentBranchNumber: 0, calledAt: 1767000000000 + index, content: { type: "generation", ...content }, modifiedAt: 0 });
    const messages = [{ role: "system", content: "Be brief." }, { role: "user", content: [{ type: "text", text: "Hi" }] }];
    const asked = { role: "assistant", content: "I ask.", function_call: { name: "f", arguments: "{}" } };
    const { calls, records, format } = await callsOf(transcriptFile(JSON.stringify([
      entry(1, { agentRequest: { settings: { model: "m", temp: 0.7, n: 2, function_call: "auto" }, messages, functions: [{ name: "f", description: "F.", parameters: { type: "object" } }], extraParameters: { seed: 1 } }, finalResult: { outputs: [{ completion: "I ask.", function_call: { name: "f", arguments: "{}" } }, { completion: "Two" }], cost: 0.5, duration_ms: 1500, n_prompt_tokens_spent: 9 } }),
      entry(2, { agentRequest: { settings: { model: "m", temp: 0, n: 1 }, messages: [...messages, asked, { role: "function", name: "f", content: "done" }] }, finalResult: { error: "overloaded" } }),
      entry(3, { agentRequest: { settings: { model: "m", n: 1 }, template: "Say {{what}}, {{unknown}}.", templateValues: { what: "hello" } }, finalResult: { outputs: [{ completion: "hello" }] } }),
      entry(4, { agentPassthroughRequest: { model: "c", max_tokens: 5, system: "Told.", messages: [{ role: "user", content: "Hi" }], tools: [{ name: "g", input_schema: { type: "object" } }] }, finalPassthroughResult: { content: [{ type: "text", text: "Hello" }], stop_reason: "end_turn", usage: { input_tokens: 4 } } }),
      entry(5, { agentPassthroughRequest: { model: "o", instructions: "Told.", input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "Hi" }] }, { type: "function_call_output", call_id: "c", output: "done" }] }, finalPassthroughResult: { output: [{ type: "reasoning", summary: [{ type: "summary_text", text: "Well." }] }, { type: "message", role: "assistant", content: [{ type: "output_text", text: "Hello" }] }], status: "completed" } }),
    ]), "trace.json"));
    expect(calls.map(({ summary: { input, outputs, error, tools } }) => [input?.messages, input?.units, input?.new, outputs.length, error, tools?.length])).toEqual([[2, 11, undefined, 2, "", 1], [4, 21, 1, 0, "overloaded", 0], [1, 23, undefined, 1, "", 0], [2, 7, 1, 1, "", 1], [3, 7, 1, 1, "", 0]]);
    const [first, , third, fourth, fifth] = calls;
    expect(Object.fromEntries(first?.summary.facts ?? [])).toEqual({ model: "m", time: "1.5 s", cost: "$0.5", "tokens in": "9" });
    expect([first?.summary.toolChoice, JSON.parse(first?.summary.config ?? "")]).toEqual(["auto", { temp: 0.7, n: 2, seed: 1 }]);
    expect(third === undefined ? "" : (await records.messages(format, third.place, 0, 1))[0]?.parts[0]?.text).toBe("Say hello, {{unknown}}.");
    expect([fourth?.summary.facts, fourth?.summary.outputs[0]?.stopReason, fourth?.summary.hasRequest, JSON.parse(fourth?.summary.config ?? "")]).toEqual([[["model", "c"], ["input tokens", "4"]], "end_turn", true, { max_tokens: 5 }]);
    expect(fifth?.summary.outputs[0]?.message.parts.map(({ kind, text }) => `${kind} ${text}`)).toEqual(["reasoning Well.", "message Hello"]);
    expect(fifth === undefined ? [] : (await records.messages(format, fifth.place, 0, 9)).map(({ role, parts }) => `${role} ${parts[0]?.text ?? ""}`)).toEqual(["system Told.", "user Hi", "function_call_output done"]);
  });

  test("of SWE-agent has what was sent where a step keeps it, and nothing is claimed where it does not", async () => {
    const step = (query?: readonly object[]): object => ({ action: "ls", observation: "a", response: "I look.", thought: "I look.", state: {}, execution_time: 0.5, ...(query === undefined ? {} : { query }) });
    const { calls } = await callsOf(transcriptFile(JSON.stringify({ trajectory: [step([{ role: "system", content: "Be brief." }, { role: "user", content: "Hi" }]), step()], info: {} }), "run.traj"));
    expect(calls.map(({ summary }) => [summary.input?.messages, summary.input?.units, summary.tools])).toEqual([[2, 11, undefined], [undefined, undefined, undefined]]);
  });

  test.each(["mini-swe-agent.traj.json", "claude-code.jsonl", "atif.json", "openai.json", "malt.jsonl", "openhands-v1.jsonl"])("in %s says what the log has, and claims no input", async (name) => {
    const { calls } = await callsOf(join(transcriptFixtures, name));
    expect(calls.length).toBeGreaterThan(0);
    expect(calls.map(({ summary }) => [summary.input, summary.tools, summary.outputs.length])).toEqual(calls.map(() => [undefined, undefined, 1]));
  });

  test.each([
    ["of OpenAI", { request: { model: "m", temperature: 0, messages: [{ role: "user", content: "Hi" }], tools: [{ type: "function", function: { name: "f", description: "F." } }] }, response: { id: "r", choices: [{ message: { role: "assistant", content: "Hello" }, finish_reason: "stop" }], usage: { total_tokens: 3 } } }],
    ["of Anthropic", { body: { model: "m", temperature: 0, system: [{ type: "text", text: "Told." }], messages: [{ role: "user", content: "Hi" }], tools: [{ name: "f", description: "F.", input_schema: {} }] }, response: { body: { id: "r", role: "assistant", content: [{ type: "text", text: "Hello" }], stop_reason: "stop", usage: { total_tokens: 3 } } } }],
  ])("that was logged with its response has both, one %s", async (_whose, document) => {
    const { calls, records, format } = await callsOf(transcriptFile(`${JSON.stringify(document)}\n${JSON.stringify(document)}\n`, "requests.jsonl"));
    const [call] = calls.filter(({ summary }) => summary.input !== undefined);
    expect([format, calls.length]).toEqual(["messages", 2]);
    expect(call?.summary).toMatchObject({ facts: [["model", "m"], ["response", "r"], ["total tokens", "3"]], config: '{"temperature":0}', tools: [{ name: "f", description: "F." }], outputs: [{ stopReason: "stop", message: { parts: [{ text: "Hello" }] } }], hasRequest: true, hasResponse: true });
    expect(call === undefined ? [] : (await records.messages(format, call.place, 0, 9)).map(({ role }) => role)).toEqual("body" in document ? ["system", "user"] : ["user"]);
  });

  test("keeps the whole of a response that mini-swe-agent has", async () => {
    const response = { model: "m", id: "r", choices: [{ message: { role: "assistant", content: "I look." }, finish_reason: "stop" }], usage: { prompt_tokens: 4, prompt_tokens_details: { cached_tokens: 2 } } };
    const { calls, records, format } = await callsOf(transcriptFile(JSON.stringify({ trajectory_format: "mini-swe-agent-1.1", info: {}, messages: [{ role: "user", content: "Hi" }, { role: "assistant", content: "I look.", extra: { response, cost: 0.1 } }] }), "run.traj.json"));
    const [call] = calls;
    expect([call?.summary.facts, call?.summary.outputs[0]?.stopReason]).toEqual([[["model", "m"], ["cost", "$0.1"], ["prompt tokens", "4"], ["prompt tokens details cached tokens", "2"]], "stop"]);
    expect(call === undefined ? undefined : JSON.parse(await records.json(format, call.place, "response"))).toEqual(response);
  });

  test("with hostile references ends, and is bounded", async () => {
    const endless = Array.from({ length: 2000 }, () => [0, 1e9]);
    const deep = `${'{"a":'.repeat(2000)}1${"}".repeat(2000)}`;
    const content = JSON.stringify({ ...log, samples: [{ id: 1, epoch: 1, messages: [], events: [{ event: "model", model: "m", timestamp: time(1), input: [null, 7, { role: 5 }, { role: "user", content: "attachment://a" }], input_refs: [...endless, ["x"], null, [5, 1]], tools: ["t", null, { function: 3 }], output: { choices: [{ message: { role: "assistant", content: "ok" } }, 3] }, call: { request: { deep: "DEEP", wide: "w".repeat(5_000_000) }, response: Array.from({ length: 300_000 }, () => "y".repeat(10)) } }], events_data: { messages: [{ role: "user", content: "m" }], calls: [] }, attachments: { a: "attachment://a" } }] }).replace('"DEEP"', deep);
    const { calls, records, format } = await callsOf(transcriptFile(content, "log.json"));
    const [call] = calls;
    expect([calls.length, call?.summary.input?.messages, call?.summary.tools?.length]).toEqual([1, 2004, 3]);
    for (const what of ["request", "response"] as const) {
      const json = call === undefined ? "" : await records.json(format, call.place, what);
      expect(json.length).toBeLessThan(2_000_000);
      expect(() => void JSON.parse(json)).not.toThrow();
    }
    expect(call === undefined ? [] : await records.messages(format, call.place, 1990, 3000)).toHaveLength(14);
  });

  test("in damaged logs is read as far as it goes, or said not to be", async () => {
    const numbers = random(20260101);
    const chance = (): number => numbers.next().value;
    for (const name of ["inspect.json", "vivaria.json", "openhands-v0.json", "swe-agent.traj", "malt.jsonl", "claude-code.jsonl", "openai.jsonl", "mini-swe-agent.traj.json", "atif.json"]) {
      const whole = readFileSync(join(transcriptFixtures, name), "utf8");
      for (let turn = 0; turn < 12; turn++) {
        const path = transcriptFile(mutated(mutated(whole, chance), chance), name);
        const read = await readTranscript(path).catch(() => undefined);
        const records = recordsOf(path);
        for (const event of read?.events ?? []) {
          const asked = records.call(read?.format ?? "", event, read?.events.slice(0, 3) ?? []).then(async (summary) => (summary === undefined ? [] : await records.messages(read?.format ?? "", event, 0, 5)));
          await expect(asked.then(() => "read", (error: unknown) => (error instanceof TranscriptError ? "said" : error))).resolves.toMatch(/read|said/);
        }
      }
    }
  });

  test("whose file is gone is said to be so, and one that was cancelled too", async () => {
    const path = transcriptFile(JSON.stringify({ ...log, samples: [sample] }), "log.json");
    const { events, format } = await readTranscript(path);
    const event = events.find(({ kind }) => kind === "message");
    const place = { source: event?.source ?? { file: "", member: "", start: 0, end: 0 } };
    await expect(recordsOf(`${path}.gone`).call(format, place, [])).rejects.toThrow(TranscriptError);
    await expect(recordsOf(path).call(format, place, [], AbortSignal.abort())).rejects.toMatchObject({ reason: "cancelled" });
  });
});
