import { existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addedUp, EventColumns, inSlices, noUsage, type TranscriptEvent, UsageMeter, type UsageSum, UsageTotals } from "../../../src/transcripts";
import { closedHead, type HeadPlace, headsWith } from "../../../src/transcripts/store/heads";
import type { EventRow } from "../../../src/transcripts/store/rows";
import { usageWords } from "../../../src/transcripts/view/usage";
import { quantile } from "../../../src/transcripts/view/quantile";
import { runSummary, scorerName } from "../../../src/transcripts/view/run-summary";
import { readContent, readTranscript, realTranscripts } from "../../support/transcripts";

const plain: EventRow = { kind: "message", isError: false, isRepeat: false, changesFiles: false, time: undefined, link: undefined, agent: "", branch: "", sample: "", tool: "", score: undefined, span: undefined, beginsSpan: false, isScorers: false, titleBytes: 0, textBytes: 0 };

interface Made extends Partial<EventRow> {
  readonly fields?: Record<string, unknown>;
}

/** Columns and heads of events that are given by what is particular about them, and so many of them are read at once. */
function totalsOf(events: Made[], batch = 3): { columns: EventColumns; totals: UsageTotals } {
  const columns = new EventColumns();
  columns.extend({ count: events.length, row: (ordinal) => ({ ...plain, ...events[ordinal] }) }, Infinity);
  const totals = new UsageTotals(
    {
      headsWith: (words, from) => {
        const heads = events.slice(from, from + batch).map(({ kind = "message", fields = {}, sample }) => Buffer.from(`${JSON.stringify({ id: "x", kind, sample, fields })}\n`));
        let start = 1000;
        const places = heads.map((head, number): HeadPlace => {
          start += head.length;
          return { ordinal: from + number, start: start - head.length, bytes: head.length - 1 };
        });
        return Promise.resolve({ heads: headsWith(words, places, Buffer.concat(heads)), to: from + heads.length });
      },
    },
    columns,
  );
  return { columns, totals };
}

const never = new AbortController().signal;
const took = (input: number, output: number, more: Record<string, unknown> = {}): Made => ({ fields: { usage: { input_tokens: input, output_tokens: output }, ...more } });
const tokens = ({ answers, input, output }: UsageSum): number[] => [answers, input, output];

describe("what models took in total", () => {
  test("is told of a range, of models, of agents with scorers by themselves, and of samples", async () => {
    const { columns, totals } = totalsOf([{}, took(10, 1, { model: "a" }), took(20, 2, { model: "b" }), { ...took(40, 4, { model: "a" }), agent: "helper", sample: "s" }, { ...took(80, 8, { model: "b" }), isScorers: true, sample: "s" }, { sample: "s" }]);
    expect(totals.isComplete).toBe(false);
    await totals.read(never);
    expect([totals.isComplete, totals.done]).toEqual([true, 6]);
    expect(tokens(totals.all)).toEqual([4, 150, 15]);
    expect(tokens(totals.between(2, 4))).toEqual([2, 60, 6]);
    expect(tokens(totals.between(4, 4))).toEqual([0, 0, 0]);
    expect((await inSlices(totals.byModel())).map(({ name, usage }) => [name, usage.input])).toEqual([["b", 100], ["a", 50]]);
    const summary = await inSlices(runSummary(columns, totals));
    expect(summary.agents.map(({ name, usage }) => [name, usage.input])).toEqual([[scorerName, 80], ["helper", 40], ["", 30]]);
    expect(summary.samples.map(({ name, ordinal, events, usage }) => [name, ordinal, events, usage.input])).toEqual([["s", 3, 3, 120]]);
  });

  test("counts a cost where there is one and says of how many answers", async () => {
    const { totals } = totalsOf([took(1, 1, { cost: 0.25 }), { fields: { cost: 0.5 } }, took(1, 1)]);
    await totals.read(never);
    expect(totals.all).toMatchObject({ answers: 3, withTokens: 2, withCost: 2, cost: 0.75 });
  });

  test("leaves out repeats, what Inspect took from its own cache, and what the user or a tool says", async () => {
    const { totals } = totalsOf([{ ...took(1, 1), isRepeat: true }, took(2, 2, { cache: "read" }), took(4, 4, { cache: "write" }), { ...took(8, 8), kind: "tool-result" }, { ...took(16, 16), kind: "user" }]);
    await totals.read(never);
    expect(tokens(totals.all)).toEqual([1, 4, 4]);
  });

  test("of a span has all that lies within it, and when its last event happened", async () => {
    const span = (around: number | undefined, time: number): Made => ({ kind: "state", beginsSpan: true, span: around, time });
    const { totals } = totalsOf([span(undefined, 0), { ...took(1, 1), span: 0, time: 5 }, span(0, 6), { ...took(2, 2), span: 2, time: 9 }, { ...took(4, 4), span: 0 }, span(undefined, 20), took(8, 8)]);
    await totals.read(never);
    const spanOf = await inSlices(totals.bySpan());
    expect([0, 1, 2].map((number) => [tokens(spanOf(number).usage), spanOf(number).end])).toEqual([[[3, 7, 7], 9], [[1, 2, 2], 9], [[0, 0, 0], 20]]);
  });

  test("knows what the last answer in a range was given, which is no scorer's", async () => {
    const { totals } = totalsOf([took(100, 1), {}, took(250, 1), { ...took(9, 1), isScorers: true }, { kind: "user" }, took(0, 1)]);
    await totals.read(never);
    expect([[0, 2], [0, 6], [1, 2], [2, 4], [3, 6]].map(([from = 0, to = 0]) => totals.contextIn(from, to))).toEqual([100, 250, undefined, 250, undefined]);
  });

  test("is the same in whichever pieces events are read, and taken back", async () => {
    const one = fc.record({ input: fc.nat(50), output: fc.nat(50), message: fc.option(fc.constantFrom("m1", "m2", "m3"), { nil: undefined }), isCodex: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(one, { maxLength: 30 }), fc.integer({ min: 1, max: 7 }), fc.nat(30), async (answers, batch, kept) => {
        const events = answers.map(({ input, output, message, isCodex }): Made => (isCodex ? { kind: "state", fields: { info: { total_token_usage: { input_tokens: input, output_tokens: output } } } } : took(input, output, message === undefined ? {} : { message })));
        const meter = new UsageMeter();
        const added = events.map(({ kind = "message", fields = {} }) => meter.take({ kind, fields, sample: undefined, isRepeat: false }).added.reduce<UsageSum>(addedUp, noUsage));
        const { totals } = totalsOf(events, batch);
        await totals.read(never);
        totals.truncate(kept);
        await totals.read(never);
        const [from, to] = [Math.min(kept, events.length) >> 1, events.length];
        expect(tokens(totals.between(from, to))).toEqual(tokens(added.slice(from).reduce(addedUp, noUsage)));
        expect(tokens(totals.all)).toEqual(tokens(added.reduce(addedUp, noUsage)));
      }),
    );
  });

  test("is right where events are taken back while they are read", async () => {
    const events = [took(1, 1), took(2, 2), took(4, 4), took(8, 8)];
    for (const kept of [0, 1, 2, 4]) {
      const { totals } = totalsOf(events, 2);
      const reading = totals.read(never);
      await Promise.resolve();
      totals.truncate(kept);
      await reading;
      await totals.read(never);
      expect(tokens(totals.all)).toEqual([4, 15, 15]);
    }
  });
});

describe("what an event adds to what was said before", () => {
  function addedBy(events: readonly Pick<TranscriptEvent, "kind" | "fields">[]): number[][] {
    const meter = new UsageMeter();
    return events.map((event) => tokens(meter.take({ ...event, sample: undefined, isRepeat: false }).added.reduce<UsageSum>(addedUp, noUsage)));
  }
  const said = (message: string, output: number): Pick<TranscriptEvent, "kind" | "fields"> => ({ kind: "message", fields: { message, usage: { input_tokens: 100, output_tokens: output } } });
  const soFar = (input: number, output: number): Pick<TranscriptEvent, "kind" | "fields"> => ({ kind: "state", fields: { info: { total_token_usage: { input_tokens: input, output_tokens: output }, last_token_usage: { input_tokens: 7, output_tokens: 7 } } } });

  test("is the most that is said of an answer, of which several lines tell while it is given, also where another's stand between", () => {
    expect(addedBy([said("m", 1), said("m", 1), said("n", 5), said("m", 40), said("m", 3)])).toEqual([[1, 100, 1], [0, 0, 0], [1, 100, 5], [0, 0, 39], [0, 0, 0]]);
  });

  test("is what came since where all so far is said, also where it is said again, or begins anew", () => {
    expect(addedBy([soFar(0, 0), soFar(100, 10), soFar(100, 10), soFar(250, 30), soFar(40, 4)])).toEqual([[0, 0, 0], [1, 100, 10], [0, 0, 0], [1, 150, 20], [1, 40, 4]]);
  });

  test("is told of each service in OpenHands", () => {
    const stats = (agent: number, condenser: number): Pick<TranscriptEvent, "kind" | "fields"> => ({
      kind: "state",
      fields: { stats: { usage_to_metrics: { agent: { model_name: "a", accumulated_cost: agent / 100, accumulated_token_usage: { prompt_tokens: agent, completion_tokens: 1, cache_read_tokens: 2 } }, condenser: { model_name: "c", accumulated_token_usage: { prompt_tokens: condenser, completion_tokens: 0 } } } } },
    });
    const meter = new UsageMeter();
    const added = [stats(50, 0), stats(80, 9)].map((event) => meter.take({ ...event, sample: undefined, isRepeat: false }).added.map(({ model, input, cached, cost }) => [model, input, cached, Number(cost.toFixed(2))]));
    expect(added).toEqual([[["a", 50, 2, 0.5]], [["a", 30, 0, 0.3], ["c", 9, 0, 0]]]);
  });

  test("is that of the model which Codex names at the beginning of a turn", () => {
    const turn = (model: string): Pick<TranscriptEvent, "kind" | "fields"> => ({ kind: "state", fields: { approval_policy: "never", model } });
    const meter = new UsageMeter();
    const added = [soFar(5, 1), turn("a"), soFar(30, 2), turn("b"), soFar(90, 3)].flatMap((event) => meter.take({ ...event, sample: undefined, isRepeat: false }).added.map(({ model, input }) => [model, input]));
    expect(added).toEqual([["", 5], ["a", 25], ["b", 60]]);
    expect(usageWords.some((word) => JSON.stringify(turn("a")).includes(word))).toBe(true);
  });

  test("is nothing where a log says what the whole run took", () => {
    const meter = new UsageMeter();
    const take = (kind: "state" | "note", fields: Record<string, unknown>) => meter.take({ kind, fields, sample: undefined, isRepeat: false });
    expect(take("state", { model_usage: { m: { input_tokens: 5, output_tokens: 6, total_tokens: 11 } } })).toMatchObject({ added: [], recorded: [{ model: "m", usage: { input: 5, output: 6 } }] });
    expect(take("note", { total_cost_usd: 0.5, usage: { input_tokens: 5, output_tokens: 6 } })).toMatchObject({ added: [], recorded: [{ usage: { input: 5, output: 6, cost: 0.5 } }] });
    expect(take("state", { model_stats: { instance_cost: 0.5, total_cost: 375, tokens_sent: 9, tokens_received: 3 } })).toMatchObject({ added: [], recorded: [{ usage: { input: 9, output: 3, cost: 0.5 } }] });
    expect(take("state", { final_metrics: { total_prompt_tokens: 9, total_completion_tokens: 3, total_cost_usd: 1 } })).toMatchObject({ added: [], recorded: [{ usage: { input: 9, output: 3, cost: 1 } }] });
  });
});

describe("heads of events", () => {
  test("are found by words, each once, wherever these stand", () => {
    const heads = ['{"a":"usage\\":"}', '{"usage":1,"cost":2,"x":"usage"}', "{}", '{"cost":{"cost":1}}'].map((head) => Buffer.from(`${head}\n`));
    const places = heads.map((head, number): HeadPlace => ({ ordinal: 7 + number, start: 50 + Buffer.concat(heads.slice(0, number)).length, bytes: head.length - 1 }));
    expect(headsWith([Buffer.from('usage":'), Buffer.from('cost":')], places, Buffer.concat(heads)).map(({ ordinal, head }) => [ordinal, head])).toEqual([[8, '{"usage":1,"cost":2,"x":"usage"}'], [10, '{"cost":{"cost":1}}']]);
  });

  test("that are cut are closed behind the last field that is whole", () => {
    const head = JSON.stringify({ id: "1", kind: "tool-call", fields: { model: 'a "quoted", {name}', usage: { input_tokens: 3, details: [1, 2] }, arguments: { content: "x".repeat(100) } }, isError: false });
    for (const length of [head.length - 60, head.indexOf('"arguments"') + 20]) {
      expect(JSON.parse(closedHead(head.slice(0, length)) ?? "")).toEqual({ id: "1", kind: "tool-call", fields: { model: 'a "quoted", {name}', usage: { input_tokens: 3, details: [1, 2] } } });
    }
    expect(closedHead('{"id":"1","kind":"message","fields":{"text":"xxxx')).toBeUndefined();
  });
});

describe("a run in numbers", () => {
  test("tells of tools how often they were called, failed, and how long they took", async () => {
    const call = (tool: string, time: number): Made => ({ kind: "tool-call", tool, time });
    const result = (link: number, time: number | undefined, isError = false): Made => ({ kind: "tool-result", link, time, isError });
    const { columns, totals } = totalsOf([call("bash", 0), result(0, 100), call("bash", 200), result(2, 250, true), { ...result(2, undefined, true) }, call("submit", 300), { ...result(0, 1), isRepeat: true }]);
    const { tools, problems, took: all } = await inSlices(runSummary(columns, totals));
    expect(tools).toEqual([{ name: "bash", calls: 2, failed: 1, took: 150, times: { median: 50, percentile95: 100, longest: 100, longestAt: 1 } }, { name: "submit", calls: 1, failed: 0, took: undefined, times: undefined }]);
    expect([problems, all]).toEqual([2, 300]);
  });

  test("tells of any values the one at a rank, as if they were sorted", async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.oneof(fc.nat(5), fc.double({ noNaN: true, min: 0 })), { minLength: 1, maxLength: 300 }), fc.constantFrom(0.01, 0.5, 0.95, 1), async (values, share) => {
      const sorted = [...values].sort((one, other) => one - other);
      expect(await inSlices(quantile(Float64Array.from(values), share))).toBe(sorted[Math.max(0, Math.ceil(share * values.length) - 1)]);
    }));
  });

  test("tells how long it took since its first sample began to do something, and nothing where there are no times", async () => {
    const at = (time: number, sample: string, kind: "state" | "message" = "message"): Made => ({ time, sample, kind });
    const waited = totalsOf([{ kind: "state", time: 0 }, at(10, "a", "state"), at(100, "a"), at(130, "a"), at(20, "b", "state"), at(90, "b"), at(95, "b"), { kind: "state", sample: "b" }]);
    const summary = await inSlices(runSummary(waited.columns, waited.totals));
    expect([summary.took, summary.samples.map(({ took: sample }) => sample)]).toEqual([40, [30, 5]]);
    const untimed = totalsOf([{}, {}]);
    expect((await inSlices(runSummary(untimed.columns, untimed.totals))).took).toBeUndefined();
  });

  test("tells of samples their final scores, or the last one where none is final", async () => {
    const score = (value: number, isFinal: boolean, sample: string): Made => ({ kind: "score", score: { value, isFinal }, sample });
    const { columns, totals } = totalsOf([{ kind: "state" }, { sample: "a" }, score(1, false, "a"), score(2, true, "a"), score(3, true, "a"), score(4, false, "b"), score(5, false, "b"), { sample: "c", isError: true }]);
    const { samples } = await inSlices(runSummary(columns, totals));
    expect(samples.map(({ name, scores, problems }) => [name, scores, problems])).toEqual([["a", [3, 4], 0], ["b", [6], 0], ["c", [], 1]]);
  });
});

test("Claude Code's lines say of an answer what it took in the end", async () => {
  const line = (uuid: string, block: object, output: number): object => ({ type: "assistant", uuid, sessionId: "s", timestamp: "2026-01-01T00:00:00.000Z", message: { id: "msg_1", type: "message", role: "assistant", model: "m", content: [block], usage: { input_tokens: 3, output_tokens: output } } });
  const lines = [line("a", { type: "text", text: "I look." }, 1), line("b", { type: "text", text: "I see." }, 1), line("c", { type: "tool_use", id: "t", name: "Bash", input: { command: "ls" } }, 90)];
  const { events } = await readContent(lines.map((one) => `${JSON.stringify(one)}\n`).join(""), "session.jsonl");
  const meter = new UsageMeter();
  expect(tokens(events.flatMap((event) => meter.take(event).added).reduce<UsageSum>(addedUp, noUsage))).toEqual([1, 3, 90]);
});

/** Real transcripts with what models took, counted by other means from the raw files: answers, tokens in, of them cached, out, and cost. */
const samples: readonly (readonly [file: string, ...counted: readonly number[]])[] = [
  ["inspect/metr-oxdna-opus41.eval", 76, 267_701, 239_400, 10_660, 0],
  ["inspect/llm-foundry-single-turn-qwen3.eval", 16, 52_404, 0, 4997, 0],
  ["inspect/gpqa-gpt5.eval", 4, 580, 0, 3320, 0],
  ["inspect/ctf-gpt4o-legacy-steps.eval", 147, 395_844, 0, 30_038, 0],
  ["mini-swe-agent/django-10914.traj.json", 48, 552_410, 512_448, 10_181, 0.029_814],
  ["atif/terminus.trajectory.json", 3, 2252, 0, 160, 0.007_23],
  ["openhands/v0-basic.json", 2, 8132, 3482, 1312, 0],
  ["openhands/v1-events.jsonl", 4, 107_458, 68_193, 1347, 0],
  ["codex/rollout.jsonl", 1, 16_341, 3584, 81, 0],
];

describe("what models took in a real transcript", () => {
  test.for(samples)("%s", async ([file, ...counted], { skip }) => {
    const path = join(realTranscripts, file);
    skip(!existsSync(path), "real transcripts are not part of the repository");
    const meter = new UsageMeter();
    const taken = (await readTranscript(path)).events.map((event) => meter.take(event));
    const { answers, input, cached, output, cost } = taken.flatMap(({ added }) => added).reduce<UsageSum>(addedUp, noUsage);
    expect([answers, input, cached, output, Number(cost.toFixed(6))]).toEqual(counted);
    const recorded = taken.flatMap((one) => one.recorded);
    const sum = (name: "input" | "output" | "cost"): number => Number(recorded.reduce((all, { usage }) => all + (usage[name] ?? 0), 0).toFixed(6));
    // Where the log says it itself, it says the same.
    for (const [name, value] of [["input", input], ["output", output], ["cost", Number(cost.toFixed(6))]] as const) {
      expect(recorded.some(({ usage }) => usage[name] !== undefined) ? sum(name) : value).toBe(value);
    }
  });
});
