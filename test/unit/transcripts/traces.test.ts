import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Records, type TranscriptEvent, UsageMeter } from "../../../src/transcripts";
import { inWords, readContent, readTranscript, transcriptFixtures } from "../../support/transcripts";

const nanoseconds = (second: number): string => `${1_700_000_000 + second}000000000`;
const attributesOf = (given: Readonly<Record<string, unknown>>): unknown[] => Object.entries(given).map(([key, value]) => ({ key, value: typeof value === "number" ? { intValue: String(value) } : { stringValue: typeof value === "string" ? value : JSON.stringify(value) } }));

function span(id: string, second: number, name: string, attributes: Readonly<Record<string, unknown>>, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { traceId: "t1", spanId: id, name, startTimeUnixNano: nanoseconds(second), endTimeUnixNano: nanoseconds(second + 1), attributes: attributesOf(attributes), status: {}, ...more };
}

const traceOf = (...spans: unknown[]): string => JSON.stringify({ resourceSpans: [{ resource: { attributes: [] }, scopeSpans: [{ scope: {}, spans }] }] });
const said = (role: string, type: string, part: Readonly<Record<string, unknown>>): Record<string, unknown> => ({ role, parts: [{ type, ...part }] });
const asked = said("user", "text", { content: "Weather?" });
const called = said("assistant", "tool_call", { id: "c1", name: "weather", arguments: { city: "Paris" } });
const returned = said("tool", "tool_call_response", { id: "c1", response: "rain" });
const answer = said("assistant", "text", { content: "It rains." });

describe("a trace of OpenTelemetry", () => {
  test("is in the order in which spans began, whatever the order in which they were exported", async () => {
    const chat = { "gen_ai.operation.name": "chat" };
    const { events } = await readContent(traceOf(
      span("b", 5, "chat", { ...chat, "gen_ai.input.messages": [asked, called, returned], "gen_ai.output.messages": [answer] }),
      span("a", 1, "chat", { ...chat, "gen_ai.input.messages": [asked], "gen_ai.output.messages": [called], "gen_ai.usage.input_tokens": 11 }),
    ));
    expect(events.map(inWords)).toEqual(["user Weather?", "tool-call weather #c1 Paris", "tool-result #c1 rain", "message It rains.", "state (trace)"]);
    expect(events[1]?.fields["usage"]).toEqual({ prompt_tokens: 11 });
    expect(events[0]?.time).toBe(1_700_000_001_000);
  });

  test("in lines, each an export of its own, is in that order across all of them; a line that is cut off has an id of its own", async () => {
    const chat = { "gen_ai.operation.name": "chat" };
    const second = span("b", 5, "chat", { ...chat, "gen_ai.input.messages": [asked, called, returned], "gen_ai.output.messages": [answer] });
    const agent = span("r", 0, "invoke_agent", { "gen_ai.agent.name": "Helper" });
    const first = span("a", 1, "chat", { ...chat, "gen_ai.input.messages": [asked], "gen_ai.output.messages": [called] }, { parentSpanId: "r" });
    const { events } = await readContent(`${traceOf(second)}\n${traceOf(first, agent)}\n${traceOf(agent).slice(0, -60)}`, "traces.jsonl");
    expect(events.map(inWords).slice(0, 6)).toEqual(["state @Helper (invoke_agent)", "user @Helper Weather?", "tool-call weather #c1 @Helper Paris", "tool-result #c1 rain", "message It rains.", "state (trace)"]);
    expect(events.some(({ kind, text }) => kind === "error" || text.includes("invoke_agent"))).toBe(true);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  });

  test("tells a result once, though the tool's span and the next request have it", async () => {
    const { events } = await readTranscript(join(transcriptFixtures, "otel.json"));
    expect(events.filter(({ kind }) => kind === "tool-result").map(inWords)).toEqual(["tool-result get_weather #call_1 @Helper rainy", "!tool-result broken #call_9 @Helper timeout: too late"]);
  });

  test("tells what a model was sent and answered where OpenInference has each as one value, or as one list", async () => {
    const of = (id: string, second: number, attributes: object): object => ({ name: "llm", context: { trace_id: "t", span_id: id }, parent_id: null, start_time: `2026-01-01T00:00:0${second}Z`, end_time: `2026-01-01T00:00:0${second}.5Z`, attributes: { "openinference.span.kind": "LLM", ...attributes } });
    const rows = [
      of("a", 1, { "input.value": "Say hi", "output.value": "Hi", "llm.token_count.prompt": 3, "llm.token_count.completion": 2 }),
      of("b", 2, { "input.value": "{}", "llm.input_messages": JSON.stringify([{ "message.role": "system", "message.content": "Be brief" }]), "llm.output_messages": [{ "message.role": "assistant", "message.content": "Well" }] }),
      of("c", 3, { "llm.input_messages": "What?", "llm.output_messages": "That." }),
      of("d", 4, {}),
    ];
    const { events } = await readContent(rows.map((row) => `${JSON.stringify(row)}\n`).join(""), "spans.jsonl");
    expect(events.map(inWords)).toEqual(["user Say hi", "message Hi", "system Be brief", "message Well", "user What?", "message That.", "message (not recorded)"]);
    expect(events[1]?.fields).toEqual({ usage: { prompt_tokens: 3, completion_tokens: 2 }, seconds: 0.5, "openinference.span.kind": "LLM" });
    expect(events[3]?.fields).toMatchObject({ "input.value": "{}" });
  });

  test("without what was said, and with times as OpenTelemetry's library for JavaScript has them, tells which calls there were and how long they took", async () => {
    const of = (spanId: string, operation: string, start: number, end: number, more: object = {}): object => ({ type: "span", traceId: "t", spanId, parentSpanId: "root", name: `${operation} x`, kind: 0, startTime: [1_785_773_000 + start, 366_000_000], endTime: [1_785_773_000 + end, 405_000_000], attributes: { "gen_ai.operation.name": operation, "gen_ai.request.model": "m", ...more }, status: { code: 0 }, events: [] });
    const rows = [
      of("tool", "execute_tool", 4, 6, { "gen_ai.tool.name": "bash", "gen_ai.tool.call.id": "c" }),
      of("chat", "chat", 1, 3, { "gen_ai.usage.input_tokens": 7, "gen_ai.usage.output_tokens": 5 }),
      { type: "metric", name: "gen_ai.client.token.usage", description: "Tokens.", unit: "{token}", dataPoints: [] },
      { ...of("root", "invoke_agent", 0, 9), parentSpanId: undefined },
    ];
    const { format, events } = await readContent(rows.map((row) => `${JSON.stringify(row)}\n`).join(""), "traces.jsonl");
    expect(format).toBe("otel");
    expect(events.map((event) => [inWords(event), event.time, event.span])).toEqual([
      ["state (invoke_agent x)", 1_785_773_000_366, undefined],
      ["message (not recorded)", 1_785_773_003_405, "root"],
      ["state (metric gen_ai.client.token.usage) Tokens.", undefined, undefined],
      ["tool-call bash #c", 1_785_773_004_366, "root"],
      ["tool-result bash #c (not recorded)", 1_785_773_006_405, "root"],
    ]);
    expect(events[1]?.fields).toMatchObject({ model: "m", usage: { prompt_tokens: 7, completion_tokens: 5 } });
  });

  test("with several traces has a sample for each", async () => {
    const chat = (id: string, second: number, traceId: string): unknown => span(id, second, "chat", { "gen_ai.input.messages": [asked], "gen_ai.output.messages": [answer] }, { traceId });
    const { events } = await readContent(traceOf(chat("a", 1, "t1"), chat("b", 2, "t2")));
    expect(events.map(inWords)).toEqual(["user Weather?", "message It rains.", "user @trace 2 Weather?", "message @trace 2 It rains.", "state (trace)"]);
  });

  test("as spans in lines, with plain attributes, is read the same", async () => {
    const line = { name: "chat", context: { trace_id: "0x1", span_id: "0x2" }, parent_id: null, start_time: "2026-01-01T00:00:00.000000Z", end_time: "2026-01-01T00:00:02.000000Z", status: { status_code: "ERROR", description: "rate limit" }, attributes: { "gen_ai.operation.name": "chat", "gen_ai.input.messages": JSON.stringify([asked]), "gen_ai.output.messages": JSON.stringify([answer]), "app.note": "kept" }, events: [{ name: "retry", attributes: { after: 3 } }] };
    const { format, events } = await readContent(`${JSON.stringify(line)}\n${JSON.stringify({ ...line, context: { trace_id: "0x1", span_id: "0x3" }, name: "flush", attributes: {}, status: {} })}\n`, "spans.jsonl");
    expect(format).toBe("otel");
    expect(events.map(inWords)).toEqual(["user Weather?", "message It rains.", "!error (chat) rate limit", "state (flush)"]);
    expect(events[1]?.fields).toMatchObject({ "app.note": "kept", seconds: 2, events: [{ name: "retry", after: 3 }] });
  });

  test("keeps what a model was sent", async () => {
    expect(await inputOf("otel.json", "resourceSpans.0.scopeSpans.0.spans.3.1")).toEqual(["user", "assistant", "tool"]);
  });
});

/** The roles of the messages that the model was sent for an event. */
async function inputOf(file: string, id: string): Promise<string[]> {
  const path = join(transcriptFixtures, file);
  const event = (await readTranscript(path)).events.find((one) => one.id === id);
  const records = new Records(path, "/nonexistent");
  try {
    const messages = event === undefined ? [] : await records.messages(file === "otel.json" ? "otel" : "langsmith", event, 0, 10);
    return messages.map(({ role }) => role);
  } finally {
    records.close();
  }
}

describe("observations of Langfuse", () => {
  const trace = JSON.parse(readFileSync(join(transcriptFixtures, "langfuse.json"), "utf8")) as { observations: Record<string, unknown>[]; scores: unknown[] };
  const said = async (content: unknown, name = "traces.json"): Promise<string[]> => (await readContent(typeof content === "string" ? content : JSON.stringify(content), name)).events.filter(({ kind }) => kind !== "score" && kind !== "state").map(inWords);

  test("are read the same in a trace, a list of traces, a page of them, a line each, and alone", async () => {
    const expected = await said(trace);
    expect(expected).toHaveLength(9);
    expect(await said([trace])).toEqual(expected);
    expect(await said({ data: [trace], meta: { page: 1 } })).toEqual(expected);
    expect(await said(trace.observations)).toEqual(expected);
    expect(await said({ data: trace.observations, meta: { page: 1 } })).toEqual(expected);
    expect(await said(`${JSON.stringify(trace)}\n${JSON.stringify({ ...trace, observations: [], scores: [] })}\n`, "traces.jsonl")).toEqual(expected);
    expect(await said(trace.observations.map((one) => `${JSON.stringify(one)}\n`).join(""), "observations.jsonl")).toEqual(expected);
  });

  test("have the scores of the trace that they are of, in a list of traces and in a page", async () => {
    const second = { ...trace, id: "t2", observations: trace.observations.map((one) => ({ ...one, traceId: "t2" })), scores: [{ name: "correctness", value: 0.1 }] };
    const tool = { id: "o9", traceId: "t2", type: "TOOL", name: "f", startTime: "2026-01-02T03:04:08.500Z", output: { text: "ok", more: 7 } };
    for (const content of [[trace, second], { data: [trace, { ...second, observations: [...second.observations, tool] }], meta: { page: 1 } }]) {
      const { events } = await readContent(JSON.stringify(content), "traces.json");
      expect(events.flatMap(({ score, sample }) => (score === undefined ? [] : [[score.name, score.value, sample]]))).toEqual([["correctness", 0.9, undefined], ["verdict", null, undefined], ["correctness", 0.1, "trace 2"]]);
      expect(events.some(({ text }) => text.includes('"more": 7'))).toBe(!Array.isArray(content));
    }
  });

  test("of a model tell what it was sent and answered however that is written down, and what stands around it", async () => {
    const of = (id: string, second: number, input: unknown, output: unknown): object => ({ id, traceId: id, type: "GENERATION", name: "g", startTime: `2026-01-01T00:00:0${second}Z`, input, output });
    const { events } = await readContent(JSON.stringify([
      of("a", 1, { messages: [{ role: "user", content: "Hi" }], tools: [{ name: "t" }] }, { choices: [{ message: { role: "assistant", content: "Ho" } }], created: 5 }),
      of("b", 2, "Hi again", '{"role":"assistant","content":"Yes"}'),
      of("c", 3, { question: 7 }, { text: "ok" }),
      of("d", 4, null, null),
    ]));
    expect(events.map(({ kind, title, text }) => [kind, title, text.replace(/\s+/g, "")])).toEqual([["user", "", "Hi"], ["message", "", "Ho"], ["user", "", "Hiagain"], ["message", "", "Yes"], ["user", "", '{"question":7}'], ["message", "", '{"text":"ok"}'], ["message", "not recorded", ""]]);
    expect(events[1]?.fields).toMatchObject({ request: { tools: [{ name: "t" }] }, response: { created: 5 } });
  });
});

describe("runs of LangSmith", () => {
  const lines = readFileSync(join(transcriptFixtures, "langsmith.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
  const expected = async (): Promise<string[]> => (await readTranscript(join(transcriptFixtures, "langsmith.jsonl"))).events.map(inWords);

  test("tell what LangSmith counted for a run of a model, where the answer does not say it", async () => {
    const run = (id: string, more: object): string => `${JSON.stringify({ id, name: "m", run_type: "llm", trace_id: "t", dotted_order: id, start_time: "2026-01-01T00:00:01", end_time: "2026-01-01T00:00:02", inputs: { messages: [{ role: "user", content: id }] }, outputs: { choices: [{ message: { role: "assistant", content: "Yes" } }] }, ...more })}\n`;
    const counted = { prompt_tokens: 651, completion_tokens: 705, total_cost: "0.00052065", prompt_token_details: { cache_read: 12 }, completion_token_details: { reasoning: 34 } };
    const { events } = await readContent(run("1", counted) + run("2", { prompt_tokens: 0, completion_tokens: 0, total_cost: null }), "runs.jsonl");
    const meter = new UsageMeter();
    expect(events.flatMap((event) => meter.take(event).added).map(({ input, cached, output, reasoning, cost }) => ({ input, cached, output, reasoning, cost }))).toEqual([{ input: 651, cached: 12, output: 705, reasoning: 34, cost: 0.00052065 }]);
  });

  test("are in the order of their beginning, in a list as in lines", async () => {
    const { format, events } = await readContent(JSON.stringify(lines.toReversed()));
    expect(format).toBe("langsmith");
    expect(events.map(inWords)).toEqual(await expected());
  });

  test("are read below the run that they are part of, too", async () => {
    const [root, ...below] = lines;
    const { format, events } = await readContent(JSON.stringify({ ...root, child_runs: below }));
    expect(format).toBe("langsmith");
    expect(events.map(inWords).toSorted()).toEqual((await expected()).toSorted());
  });

  test("keep what a model was sent", async () => {
    expect(await inputOf("langsmith.jsonl", "3")).toEqual(["human", "ai", "tool"]);
  });
});

describe("attributes of one part of a message each", () => {
  const lines = (spans: readonly object[]): string => spans.map((one) => `${JSON.stringify(one)}\n`).join("");
  const inOrder = ({ kind, call, tool, text, isRepeat }: TranscriptEvent): unknown[] => [isRepeat ? `${kind} again` : kind, call, tool, text];

  test("as OpenLLMetry writes them are messages, calls and results, told once", async () => {
    const model = (number: number, attributes: object): object => ({ context: { trace_id: "t", span_id: `s${number}` }, parent_id: null, name: "openai.chat", start_time: `2026-01-01T00:00:0${number}Z`, end_time: `2026-01-01T00:00:0${number}Z`, attributes: { "llm.request.type": "chat", ...attributes } });
    const request = { "gen_ai.prompt.0.role": "system", "gen_ai.prompt.0.content": "Help", "gen_ai.prompt.1.role": "user", "gen_ai.prompt.1.content": '[{"type":"text","text":"Weather?"}]' };
    const call = (of: string): object => ({ [`${of}.role`]: "assistant", [`${of}.tool_calls.0.id`]: "a", [`${of}.tool_calls.0.name`]: "find", [`${of}.tool_calls.0.arguments`]: '{"q":"x"}', [`${of}.tool_calls.1.id`]: "b", [`${of}.tool_calls.1.name`]: "find", [`${of}.tool_calls.1.arguments`]: '{"q":"y"}' });
    const { format, events } = await readContent(
      lines([
        model(1, { ...request, ...call("gen_ai.completion.0"), "gen_ai.completion.0.finish_reason": "tool_calls", "gen_ai.request.model": "m", "gen_ai.usage.prompt_tokens": 9 }),
        model(2, { "traceloop.span.kind": "tool", "traceloop.entity.name": "find", "traceloop.entity.input": '{"q":"x"}', "traceloop.entity.output": "sunny" }),
        model(3, { ...request, ...call("gen_ai.prompt.2"), "gen_ai.prompt.3.role": "tool", "gen_ai.prompt.3.tool_call_id": "a", "gen_ai.prompt.3.content": "sunny", "gen_ai.prompt.10.role": "user", "gen_ai.prompt.10.content": "And then?", "gen_ai.completion.0.role": "assistant", "gen_ai.completion.0.content": "Sun" }),
      ]),
      "spans.jsonl",
    );
    expect(format).toBe("otel");
    expect(events.filter(({ isRepeat }) => !isRepeat).map(inOrder)).toEqual([
      ["system", undefined, undefined, "Help"],
      ["user", undefined, undefined, "Weather?"],
      ["tool-call", "a", "find", "x"],
      ["tool-call", "b", "find", "y"],
      ["tool-result", "a", "find", "sunny"],
      ["user", undefined, undefined, "And then?"],
      ["message", undefined, undefined, "Sun"],
    ]);
    expect(events.find(({ kind }) => kind === "tool-call")?.fields).toMatchObject({ model: "m", usage: { prompt_tokens: 9 } });
    expect(JSON.stringify(events)).not.toContain("gen_ai.prompt.0");
  });

  test("as OpenInference writes them are messages, pictures, calls and results", async () => {
    const step = (number: number, kind: string, attributes: object): object => ({ context: { trace_id: "t", span_id: `s${number}` }, parent_id: null, name: "step", start_time: `2026-01-01T00:00:0${number}Z`, end_time: `2026-01-01T00:00:0${number}Z`, attributes: { "openinference.span.kind": kind, ...attributes } });
    const { format, events } = await readContent(
      lines([
        step(1, "LLM", {
          "llm.model_name": "m",
          "llm.input_messages.0.message.role": "user",
          "llm.input_messages.0.message.contents.0.message_content.type": "text",
          "llm.input_messages.0.message.contents.0.message_content.text": "Look",
          "llm.input_messages.0.message.contents.1.message_content.type": "image",
          "llm.input_messages.0.message.contents.1.message_content.image.image.url": "https://example.org/a.png",
          "llm.output_messages.0.message.tool_calls.0.tool_call.id": "c",
          "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "find",
          "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": '{"q":"x"}',
          "llm.token_count.prompt": 9,
          "llm.token_count.completion": 3,
        }),
        step(2, "TOOL", { "tool.name": "find", "input.value": '{"q":"x"}', "output.value": "found" }),
      ]),
      "spans.jsonl",
    );
    expect([format, ...events.map(inOrder)]).toEqual(["otel", ["user", undefined, undefined, "Look\n[image: https://example.org/a.png]"], ["tool-call", "c", "find", "x"], ["tool-call again", undefined, "find", "x"], ["tool-result", "c", "find", "found"]]);
    expect(events[1]?.fields).toMatchObject({ model: "m", usage: { prompt_tokens: 9, completion_tokens: 3 } });
  });
});
