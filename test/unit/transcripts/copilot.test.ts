import { appendFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { fileChanges, FileStates, openTranscript, type TranscriptEvent, UsageMeter } from "../../../src/transcripts";
import { changesFiles } from "../../../src/transcripts/files/file-changes";
import { ChatPlayer, vsCodeChatLog } from "../../../src/transcripts/formats/vscode-chat-log";
import { inWords, readContent, readTranscript, transcriptFile, transcriptFixtures } from "../../support/transcripts";

const lines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
const said = (events: readonly TranscriptEvent[]): string[] => events.filter(({ kind, isRepeat }) => kind !== "state" && !isRepeat).map(inWords);

describe("GitHub Copilot's events", () => {
  const event = (type: string, data: object, more: object = {}): object => ({ type, data, id: "e", timestamp: "2026-01-02T03:04:05.000Z", parentId: null, ...more });
  const begin = event("session.start", { sessionId: "s", producer: "copilot-agent", selectedModel: "m", context: { cwd: "/w" } });

  test("tell which files its tools wrote, each call once", async () => {
    const { events } = await readTranscript(join(transcriptFixtures, "copilot.jsonl"));
    const files = new FileStates();
    events.forEach((one, ordinal) => files.apply(changesFiles(one) ? fileChanges(one) : [], ordinal));
    expect(files.all.map(({ path, state }) => [path, state.kind === "known" ? state.content : state.kind])).toEqual([["/w/a.py", "x = 2\n"]]);
  });

  test("count a shell that ended with another status than 0 as a failure, and no other tool that says so", async () => {
    const result = (tool: string, text: string): object[] => [event("tool.execution_start", { toolCallId: `${tool}${text}`, toolName: tool, arguments: {} }), event("tool.execution_complete", { toolCallId: `${tool}${text}`, success: true, result: { content: text } })];
    const { events, facts } = await readContent(lines([begin, ...result("bash", "no\n<exited with exit code 2>"), ...result("bash", "<exited with exit code 1>\nquoted"), ...result("powershell", "<exited with exit code 0>"), ...result("view", "<exited with exit code 3>"), ...result("bash", "hi\n<shellId: 0 completed with exit code 4>"), event("tool.execution_complete", { toolCallId: "k", success: true, result: { content: "cut" }, shellExecution: { exitCode: 5 } })]), "events.jsonl");
    expect(events.filter(({ kind }) => kind === "tool-result").map(({ isError, fields }) => [isError, fields["exitCode"]])).toEqual([[true, 2], [false, undefined], [false, 0], [false, undefined], [true, 4], [true, 5]]);
    expect(facts).toMatchObject({ session: "s", model: "m", folder: "/w" });
  });

  test("name a subagent in what it says, by its own id or by the call that began it", async () => {
    const begun = event("subagent.started", { toolCallId: "t", agentName: "explore", agentDisplayName: "Explorer" }, { agentId: "a" });
    const words = (more: object, data: object = {}): object => event("assistant.message", { messageId: "m", content: "Found.", ...data }, more);
    const { events } = await readContent(lines([begin, begun, words({ agentId: "a" }), words({}, { parentToolCallId: "t" }), words({}), words({ agentId: "b" })]), "events.jsonl");
    expect(events.filter(({ kind }) => kind === "message").map(({ agent }) => agent)).toEqual(["Explorer", "Explorer", undefined, "b"]);
  });

  test("tell of each answer what the record of its call says that it took, once", async () => {
    const record = (apiCallId: string, inputTokens: number): object => event("session.usage_record", { usage: { model: "m", inputTokens, outputTokens: 2, cacheReadTokens: 4, apiCallId } });
    const answer = (more: object): object => event("assistant.message", { messageId: JSON.stringify(more), model: "m", content: "Yes", ...more });
    const { events } = await readContent(lines([begin, record("a", 10), answer({ apiCallId: "a" }), record("b", 20), answer({ apiCallId: "b", outputTokens: 2 }), answer({ outputTokens: 7 })]), "events.jsonl");
    const meter = new UsageMeter();
    expect(events.flatMap((one) => meter.take(one).added).map(({ input, cached, output }) => [input, cached, output])).toEqual([[10, 4, 2], [20, 4, 2], [0, 0, 7]]);
    expect(events.filter(({ title }) => title === "usage record").map(({ fields }) => fields["record"])).toHaveLength(2);
  });

  test("tell what all answers took, with what was cached as a part of the input", async () => {
    const { events } = await readTranscript(join(transcriptFixtures, "copilot.jsonl"));
    const meter = new UsageMeter();
    expect(events.flatMap((one) => meter.take(one).recorded)).toEqual([{ sample: undefined, model: "m", usage: { input: 100, cached: 60, output: 20, reasoning: undefined, cost: undefined } }]);
  });
});

describe("a session of GitHub Copilot that was resumed", () => {
  test("tells at each end what was taken since the one before, of which each tells all", async () => {
    const end = (inputTokens: number, model = "m"): object => ({ type: "session.shutdown", data: { modelMetrics: { [model]: { usage: { inputTokens, outputTokens: 1, cacheReadTokens: 0 } } } }, id: "e", timestamp: "2026-01-02T03:04:05.000Z", parentId: null });
    const { events } = await readContent(lines([{ type: "session.start", data: { sessionId: "s" }, id: "e", timestamp: "2026-01-02T03:04:05.000Z", parentId: null }, end(600), end(700), end(5, "other")]), "events.jsonl");
    const meter = new UsageMeter();
    expect(events.flatMap((one) => meter.take(one).recorded).map(({ model, usage }) => [model, usage.input, usage.output])).toEqual([["m", 600, 1], ["m", 100, 0], ["other", 5, 1]]);
  });
});

describe("the log of a chat in VS Code", () => {
  const chat = { version: 3, creationDate: 1, sessionId: "c", requests: [] };
  const request = (id: string, text: string, response: readonly unknown[] = []): object => ({ requestId: id, timestamp: 1_770_000_000_000, message: { text }, response });

  test("comes to the same as the chat that it leaves, whichever way that was written", async () => {
    const word = fc.stringMatching(/^[a-zé😀]{1,6}$/u);
    const part = fc.oneof(word.map((value) => ({ value })), word.map((value) => ({ kind: "thinking", value })), fc.uniqueArray(word, { minLength: 1, maxLength: 1 }).map(([toolCallId]) => ({ kind: "toolInvocationSerialized", toolCallId, toolId: "run", isComplete: true })));
    const asked = fc.array(fc.record({ text: word, parts: fc.array(part, { maxLength: 4 }), steps: fc.array(fc.nat(4), { maxLength: 4 }), sets: fc.boolean() }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(asked, async (requests) => {
        const log: object[] = [{ kind: 0, v: chat }];
        requests.forEach(({ text, parts, steps, sets }, number) => {
          log.push({ kind: 2, k: ["requests"], v: [request(`r${number}`, text)] });
          let written = 0;
          for (const step of steps) {
            const from = Math.min(written, step);
            const to = Math.max(from, Math.min(parts.length, step + 1));
            log.push({ kind: 2, k: ["requests", number, "response"], v: parts.slice(from, to), i: from });
            written = to;
          }
          log.push(sets ? { kind: 1, k: ["requests", number, "response"], v: parts } : { kind: 2, k: ["requests", number, "response"], v: parts, i: 0 });
        });
        const played = await readContent(lines(log), "c.jsonl");
        const whole = await readContent(JSON.stringify({ ...chat, requests: requests.map(({ text, parts }, number) => request(`r${number}`, text, parts)) }), "c.json");
        expect(played.format).toBe("vscode-chat");
        expect(said(played.events)).toEqual(said(whole.events));
      }),
      { numRuns: 60 },
    );
  });

  test("tells a call that is shown again as it goes on once, as it was shown last", async () => {
    const shown = (more: object): object => ({ kind: "toolInvocationSerialized", toolCallId: "k", toolId: "run_in_terminal", toolSpecificData: { kind: "terminal", commandLine: { original: "make" }, ...more } });
    const { events } = await readContent(lines([{ kind: 0, v: chat }, { kind: 2, k: ["requests"], v: [request("r", "Build", [shown({}), shown({ terminalCommandOutput: { text: "built" } })])] }]), "c.jsonl");
    expect(said(events)).toEqual(["user Build", "tool-call run_in_terminal #k make", "tool-result run_in_terminal #k built"]);
  });

  test("is read where it is one line, as VS Code puts it together from time to time", async () => {
    const { format, events } = await readContent(lines([{ kind: 0, v: { ...chat, requests: [request("r", "Hi", [{ value: "Ho" }])] } }]), "c.jsonl");
    expect([format, said(events)]).toEqual(["vscode-chat", ["user Hi", "message Ho"]]);
  });

  test("keeps what was taken back as a branch, and not what was written anew under its id", async () => {
    const log = [{ kind: 0, v: chat }, { kind: 2, k: ["requests"], v: [request("r0", "First"), request("r1", "Second")] }, { kind: 2, k: ["requests"], v: [request("r1", "Second"), request("r2", "Third")], i: 1 }, { kind: 2, k: ["requests"], i: 0 }];
    const { events } = await readContent(lines(log), "c.jsonl");
    expect(said(events).filter((words) => !words.startsWith("message"))).toEqual([
      "user @abandoned 1 First",
      "user @abandoned 1 Second",
      "user @abandoned 1 Third",
      "note @main (rewound) 3 messages were taken back. Whether file",
    ]);
  });

  test("does nothing to other objects, and makes no list longer than what was put into it", async () => {
    const hostile = [
      { kind: 1, k: ["__proto__", "spoilt"], v: 1 },
      { kind: 1, k: ["constructor", "prototype", "spoilt"], v: 1 },
      { kind: 1, k: ["requests", "__proto__", "spoilt"], v: 1 },
      { kind: 1, k: ["__proto__"], v: { requests: [request("x", "Never said")] } },
      { kind: 2, k: ["requests"], v: [], i: 4_294_967_295 },
      { kind: 1, k: ["requests", 4_294_967_294], v: 1 },
      { kind: 2, k: ["sessionId"], v: ["x"] },
      { kind: 3, k: [] },
      { kind: 1 },
    ];
    const { events } = await readContent(lines([{ kind: 0, v: chat }, ...hostile, { kind: 2, k: ["requests"], v: [request("r", "Said")] }]), "c.jsonl");
    expect(said(events)).toEqual(["user Said", "message"]);
    expect(Object.prototype).not.toHaveProperty("spoilt");
    expect(Array.prototype).not.toHaveProperty("spoilt");
  });

  test("of very many requests, each of which takes back the one before, is read in time that grows with its length alone", async () => {
    const many = Array.from({ length: 40_000 }, (_, number) => ({ kind: 2, k: ["requests"], v: [request(`r${number}`, "x")], ...(number % 2 === 1 ? { i: Math.floor(number / 2) } : {}) }));
    const { events } = await readContent(lines([{ kind: 0, v: chat }, ...many]), "c.jsonl");
    expect(events.filter(({ kind }) => kind === "user")).toHaveLength(40_000);
    expect(events.filter(({ title }) => title === "rewound")).toHaveLength(20_000);
  });

  test("ends with what its last line says, though no line break ends that", async () => {
    const { events } = await readContent(lines([{ kind: 0, v: chat }, { kind: 2, k: ["requests"], v: [request("r", "Hi")] }]).trimEnd(), "c.jsonl");
    expect(said(events)).toEqual(["user Hi", "message"]);
  });

  test("says that it is too long to be played, and shows each line then", () => {
    const player = new ChatPlayer(100);
    const [first, second] = [JSON.stringify({ kind: 0, v: chat }), JSON.stringify({ kind: 2, k: ["requests"], v: [request("r", "Hi")] })];
    [first, second].forEach((line, record) => player.line(Buffer.from(line), record));
    const reader = vsCodeChatLog[0]?.read(undefined, player.found);
    const drafts = [first, second].flatMap((line, document) => reader?.record({ path: [], document, value: JSON.parse(line) as unknown, text: () => line }) ?? []);
    expect(drafts.map(({ kind, title, isRepeat }) => [kind, title, isRepeat ?? false])).toEqual([
      ["state", "chat", false],
      ["error", "The log is too long to be played: each of its lines is shown as it is.", false],
      ["state", "push requests", false],
    ]);
  });

  test("is read anew where it has grown, because a line may change what came before", async () => {
    const path = transcriptFile(lines([{ kind: 0, v: chat }, { kind: 2, k: ["requests"], v: [request("r", "Hi")] }]), "c.jsonl");
    const reading = await openTranscript(path, dirname(path));
    onTestFinished(() => reading.close());
    for await (const { events } of reading.batches()) {
      expect(events.length).toBeGreaterThan(0);
    }
    appendFileSync(path, lines([{ kind: 2, k: ["requests", 0, "response"], v: [{ value: "Ho" }] }]));
    expect(reading.more?.()).toBeUndefined();
    expect(said((await readTranscript(path)).events)).toEqual(["user Hi", "message Ho"]);
  });
});
