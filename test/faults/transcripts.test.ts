import { appendFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Worker } from "node:worker_threads";
import { describe, expect, onTestFinished, test } from "vitest";
import { EventColumns, FileHistory, filesAt, followTranscript, type StoreOptions, TranscriptStore, UsageMeter, UsageTotals } from "../../src/transcripts";
import { commandLine, repository } from "../support/build";
import { writeArchive, writeClaudeCode, writeInspectSample } from "../support/large-transcripts";
import { temporaryFolder } from "../support/temporary-folder";
import { readTranscript, transcriptFile, transcriptFixtures } from "../support/transcripts";
import { spawnSync } from "node:child_process";
import { plainScorer } from "../support/session";
import { writeTask } from "../support/task-folder";

const worker = join(repository, "dist", "transcript-worker.js");

async function opened(path: string, cache = temporaryFolder(), more: Partial<StoreOptions> = {}): Promise<TranscriptStore> {
  const store = await TranscriptStore.open(path, { cache, worker, ...more });
  onTestFinished(() => store.close());
  return store;
}

async function until(store: TranscriptStore, holds: () => boolean): Promise<void> {
  if (holds()) {
    return;
  }
  await new Promise<void>((resolve) => {
    const listening = store.onDidChange(() => {
      if (holds()) {
        listening.dispose();
        resolve();
      }
    });
  });
}

const whole = (store: TranscriptStore): Promise<void> => until(store, () => store.state.isComplete);

async function all(store: TranscriptStore): Promise<unknown[]> {
  return await Promise.all(Array.from({ length: store.count }, (_value, ordinal) => store.event(ordinal, 1e9)));
}

const line = (text: string): string => `${JSON.stringify({ role: "user", content: text })}\n`;

describe("a stored transcript", () => {
  test.each(readdirSync(transcriptFixtures))("of %s has the events that were read", async (file) => {
    const path = join(transcriptFixtures, file);
    const store = await opened(path);
    await whole(store);
    expect(await all(store)).toEqual((await readTranscript(path)).events.map((event) => JSON.parse(JSON.stringify(event)) as unknown));
    for (let ordinal = 0; ordinal < store.count; ordinal++) {
      expect(await store.ordinalOf((await store.event(ordinal)).id)).toBe(ordinal);
    }
  });

  test("of a long conversation that was taken back at its end says of all events on which branch they are", async () => {
    const line = (uuid: string, parentUuid: string | null, role: string, content: string): string => `${JSON.stringify({ parentUuid, uuid, sessionId: "s", type: role, message: { role, content } })}\n`;
    const turns = Array.from({ length: 400 }, (_, turn) => line(`p${turn}`, turn === 0 ? null : `a${turn - 1}`, "user", `Prompt ${turn}`) + line(`a${turn}`, `p${turn}`, "assistant", "x".repeat(30_000)));
    const path = transcriptFile([...turns, line("q", "a99", "user", "Back to a hundred")].join(""));
    for (const isShown of [true, false]) {
      const store = await opened(path, temporaryFolder(), { isShown });
      await whole(store);
      expect(await all(store)).toEqual((await readTranscript(path)).events.map((event) => JSON.parse(JSON.stringify(event)) as unknown));
      expect(Array.from({ length: store.count }, (_value, ordinal) => store.row(ordinal).branch)).toEqual([...Array.from({ length: 200 }, () => "main"), ...Array.from({ length: 600 }, () => "abandoned 1"), "main", "main"]);
    }
  });

  test("tells what models took as its events do, also of one whose arguments are large", async () => {
    const message = (id: string, output: number, content: object): object => ({ type: "assistant", uuid: id, sessionId: "s", timestamp: "2026-01-01T00:00:00.000Z", message: { id, type: "message", role: "assistant", model: "m", content: [content], usage: { input_tokens: 100, output_tokens: output } } });
    const lines = [message("one", 3, { type: "text", text: "I write." }), message("two", 50, { type: "tool_use", id: "t", name: "Write", input: { file_path: "a", content: "usage: x ".repeat(40_000) } }), message("three", 7, { type: "text", text: "Done." })];
    const path = transcriptFile(lines.map((one) => `${JSON.stringify(one)}\n`).join(""));
    const store = await opened(path);
    await whole(store);
    const columns = new EventColumns();
    columns.extend(store, Infinity);
    const totals = new UsageTotals(store, columns);
    await totals.read(new AbortController().signal);
    expect([totals.isComplete, totals.unread, totals.all]).toMatchObject([true, 0, { answers: 3, input: 300, output: 60 }]);
    const meter = new UsageMeter();
    expect((await readTranscript(path)).events.flatMap((event) => meter.take(event).added).reduce((sum, { output }) => sum + output, 0)).toBe(60);
  });

  test("of a size that is read in parts by several threads has the same events", async () => {
    const path = join(temporaryFolder(), "large.jsonl");
    writeClaudeCode(path, 9.5e6, 5);
    const store = await opened(path);
    await whole(store);
    const { events } = await readTranscript(path);
    expect(store.count).toBe(events.length);
    for (let ordinal = 0; ordinal < store.count; ordinal += 97) {
      expect(await store.event(ordinal)).toEqual(JSON.parse(JSON.stringify(events[ordinal])));
    }
    // In an order in which neighbours, far ones and the same one twice are asked for.
    const ordinals = Array.from({ length: 300 }, (_value, number) => (number * number * 7) % store.count);
    const glances = await store.glances(ordinals, 500);
    for (const [number, ordinal] of ordinals.entries()) {
      const event = JSON.parse(JSON.stringify(events[ordinal])) as object;
      expect(glances[number]?.event).toEqual({ ...event, text: Buffer.from(events[ordinal]?.text ?? "").subarray(0, 500).toString() });
    }
    const result = events.findLastIndex(({ kind }) => kind === "tool-result");
    expect(store.row(result).link).toBe(events.findIndex(({ kind, call }) => kind === "tool-call" && call === events[result]?.call));
  });

  test.each(["log.json", "log.eval"])("of Inspect whose entries are read in parts by several threads has the same events: %s", async (name) => {
    const folder = temporaryFolder();
    const path = join(folder, name);
    if (name === "log.json") {
      writeInspectSample(path, 12_000_000, 4, true);
    } else {
      writeInspectSample(join(folder, "sample.json"), 17_500_000, 4, false);
      await writeArchive(path, "samples/big_epoch_1.json", join(folder, "sample.json"));
    }
    const store = await opened(path);
    await whole(store);
    const { events } = await readTranscript(path);
    expect(store.count).toBe(events.length);
    for (let ordinal = 0; ordinal < store.count; ordinal += 41) {
      expect(await store.event(ordinal, 1e9)).toEqual(JSON.parse(JSON.stringify(events[ordinal])));
    }
    const result = events.findLastIndex(({ kind }) => kind === "tool-result");
    expect(store.row(result).link).toBe(events.findIndex(({ kind, call }) => kind === "tool-call" && call === events[result]?.call));
  });

  test("is read in parts by no thread that finds another file in its place", async () => {
    const path = join(temporaryFolder(), "large.jsonl");
    writeClaudeCode(path, 100_000, 5);
    const { dev, ino } = statSync(path, { bigint: true });
    const answerOf = async (file: string): Promise<unknown> => {
      const thread = new Worker(worker, { workerData: { readsPartsOf: path, file, members: dirname(path) } });
      onTestFinished(async () => void (await thread.terminate()));
      thread.postMessage({ request: 0, part: { kind: "lines", start: 0, end: 50_000, number: 0, bytes: 50_000, done: 50_000 } });
      return await new Promise((resolve) => thread.once("message", resolve).once("error", ({ message }) => resolve(message)));
    };
    expect(await answerOf(`${dev}:${ino}`)).toMatchObject({ request: 0, written: { notes: expect.any(String) as string } });
    expect(await answerOf(`${dev}:${ino + 1n}`)).toBe("Another file has taken the place of the transcript.");
  });

  test("links calls and results, both ways", async () => {
    const store = await opened(join(transcriptFixtures, "codex.jsonl"));
    await whole(store);
    const call = Array.from({ length: store.count }, (_value, ordinal) => store.row(ordinal)).findIndex(({ kind }) => kind === "tool-call");
    expect(store.row(store.row(call).link ?? -1)).toMatchObject({ kind: "tool-result", link: call, isError: true });
  });

  test("is there at once the next time, and read anew when its content is another", async () => {
    const path = transcriptFile(line("one") + line("two"));
    const cache = temporaryFolder();
    const first = await opened(path, cache);
    await whole(first);
    await first.close();
    // Without a worker nothing can be read: what is shown was kept.
    const again = await opened(path, cache, { worker: join(repository, "none.js") });
    expect([again.count, again.state.isComplete, (await again.event(1)).text]).toEqual([2, true, "two"]);
    writeFileSync(path, line("one") + line("TWO"));
    const third = await opened(path, cache);
    await whole(third);
    expect((await third.event(1)).text).toBe("TWO");
  });

  test("that was kept and is damaged is read anew", async () => {
    const path = transcriptFile(line("one") + line("two"));
    const cache = temporaryFolder();
    await whole(await opened(path, cache));
    const kept = readdirSync(cache, { recursive: true, encoding: "utf8" }).find((name) => name.endsWith("rows.bin")) ?? "";
    truncateSync(join(cache, kept), 10);
    const store = await opened(path, cache);
    await whole(store);
    expect(store.count).toBe(2);
  });

  test("shows the first events of a large log before it is read, and then the same events with all that belongs to them", async () => {
    const path = join(temporaryFolder(), "log.json");
    writeInspectSample(path, 16_000_000, 3, true);
    const store = await opened(path);
    const { id } = await store.event(20);
    expect(store.state.isComplete).toBe(false);
    await whole(store);
    const ordinal = (await store.ordinalOf(id)) ?? -1;
    expect((await store.event(ordinal)).id).toBe(id);
    const search = await store.search({ pattern: "attachment://", isRegex: false, isCaseSensitive: true }, new AbortController().signal);
    expect(search.count).toBe(0);
    const expected = (await readTranscript(path)).events;
    expect(store.count).toBe(expected.length);
  });

  test("whose index is cut while it is shown says so, and shows no rows that were never there", async () => {
    const path = transcriptFile(line("one") + line("two"));
    const cache = temporaryFolder();
    const first = await opened(path, cache);
    await whole(first);
    await first.close();
    const again = await opened(path, cache);
    const kept = readdirSync(cache, { recursive: true, encoding: "utf8" }).find((name) => name.endsWith("rows.bin")) ?? "";
    truncateSync(join(cache, kept), 10);
    expect(() => again.row(1)).toThrow("cut short");
  });

  test("of a file that is no transcript says why, and leaves nothing behind", async () => {
    const cache = temporaryFolder();
    await expect(TranscriptStore.open(transcriptFile("no transcript"), { cache, worker })).rejects.toMatchObject({ reason: "unknown-format" });
    await expect(TranscriptStore.open(join(cache, "missing"), { cache, worker })).rejects.toMatchObject({ reason: "missing" });
    await expect.poll(() => readdirSync(cache)).toEqual([]);
  });

  test("that is closed while it is read leaves nothing behind", async () => {
    const path = join(temporaryFolder(), "log.jsonl");
    writeClaudeCode(path, 16_000_000, 4);
    const cache = temporaryFolder();
    const store = await TranscriptStore.open(path, { cache, worker });
    await store.close();
    expect(readdirSync(cache)).toEqual([]);
  });
});

describe("a transcript that changes", () => {
  test("is followed: lines that are added, also in pieces", async () => {
    const path = transcriptFile(line("one") + line("two").slice(0, 12));
    const store = await opened(path);
    const following = await followTranscript(store);
    onTestFinished(() => following.dispose());
    await whole(store);
    expect([store.count, store.row(1).kind]).toEqual([2, "error"]);
    appendFileSync(path, line("two").slice(12));
    await until(store, () => store.count === 2 && store.row(1).kind === "user");
    appendFileSync(path, line("three") + line("four"));
    await until(store, () => store.count === 4);
    expect((await all(store)).map((event) => (event as { text: string }).text)).toEqual(["one", "two", "three", "four"]);
    const found = await store.search({ pattern: "o", isRegex: false, isCaseSensitive: true }, new AbortController().signal);
    expect([found.count, found.eventCount]).toEqual([3, 3]);
  });

  test("is followed from what was read, also where it grew before it was watched", async () => {
    const cache = temporaryFolder();
    const path = transcriptFile(line("one"));
    const first = await TranscriptStore.open(path, { cache, worker });
    onTestFinished(() => first.close());
    await whole(first);
    const again = await TranscriptStore.open(path, { cache, worker });
    onTestFinished(() => again.close());
    appendFileSync(path, line("two"));
    for (const store of [first, again]) {
      const following = await followTranscript(store);
      onTestFinished(() => following.dispose());
      await until(store, () => store.count === 2);
    }
  });

  test("is read anew where it is rewritten, and keeps the ids of its events", async () => {
    const journal = (nodes: number): string => JSON.stringify({ nodes: Array.from({ length: nodes }, (_value, step) => ({ id: `n${step}`, step, code: `print(${step})`, plan: "p", _term_out: [], metric: { value: step } })), node2parent: {}, __version: "2" });
    const path = transcriptFile(journal(2), "journal.json");
    const store = await opened(path);
    const following = await followTranscript(store);
    onTestFinished(() => following.dispose());
    await whole(store);
    const { id, text } = await store.event(store.count - 3);
    writeFileSync(`${path}.new`, journal(5));
    renameSync(`${path}.new`, path);
    await until(store, () => store.state.isComplete && store.count === 20);
    expect((await store.event((await store.ordinalOf(id)) ?? -1)).text).toBe(text);
  });

  test("is followed with what its subagents do, who begin later", async () => {
    const session = "0a6afc57-2f31-4cb4-8ff0-01247f50c64c";
    const said = (text: string, agent?: string): string => `${JSON.stringify({ type: "user", uuid: text, sessionId: session, parentUuid: null, ...(agent === undefined ? {} : { isSidechain: true, agentId: agent }), message: { role: "user", content: text } })}\n`;
    const path = transcriptFile(said("one"), `${session}.jsonl`);
    const store = await opened(path);
    const following = await followTranscript(store);
    onTestFinished(() => following.dispose());
    await whole(store);
    const subagents = join(dirname(path), session, "subagents");
    mkdirSync(subagents, { recursive: true });
    writeFileSync(join(subagents, "agent-a.jsonl"), said("two", "a"));
    await until(store, () => store.state.isComplete && store.count === 2);
    appendFileSync(join(subagents, "agent-a.jsonl"), said("three", "a"));
    await until(store, () => store.count === 3);
    expect((await all(store)).map((event) => (event as { text: string }).text)).toEqual(["one", "two", "three"]);
  });

  test("that vanishes stays as it was read", async () => {
    const path = transcriptFile(line("one"));
    const store = await opened(path);
    const following = await followTranscript(store);
    onTestFinished(() => following.dispose());
    await whole(store);
    rmSync(path);
    store.refresh();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await store.event(0)).text).toBe("one");
  });
});

describe("searching", () => {
  const texts = ["Alpha beta", "beta BETA bétá\nBeta", "x".repeat(5_000_000) + " beta", "a.b (c) $&", "straße ÉCOLE 😀 beta"];
  const program = ripgrep();

  const queries: readonly (readonly [pattern: string, isRegex: boolean, isCaseSensitive: boolean, count: number])[] = [
    ["beta", false, true, 4],
    ["BETA", false, false, 6],
    ["BÉTÁ", false, false, 1],
    ["école", false, false, 1],
    ["a.b (c) $&", false, true, 1],
    ["b[eé]t[aá]", true, true, 5],
    ["^beta", true, false, 2],
    ["(x+x+)+y", true, true, 0],
    ["", false, true, 0],
  ];

  test.each(["the worker", "ripgrep"])("with %s finds every place", async (by) => {
    if (by === "ripgrep" && program === undefined) {
      return;
    }
    const store = await opened(transcriptFile(texts.map(line).join("")), temporaryFolder(), by === "ripgrep" && program !== undefined ? { ripgrep: program } : {});
    await whole(store);
    for (const [pattern, isRegex, isCaseSensitive, count] of queries) {
      const found = await store.search({ pattern, isRegex, isCaseSensitive }, new AbortController().signal);
      expect([pattern, found.count]).toEqual([pattern, count]);
      for (let index = 0; index < found.count; index++) {
        const { ordinal, start, bytes, inTitle } = found.match(index);
        const text = (await store.text(ordinal, start, bytes)).text;
        expect(inTitle).toBe(false);
        expect(isRegex ? new RegExp(pattern, isCaseSensitive ? "u" : "iu").test(text) : text.toLowerCase() === pattern.toLowerCase()).toBe(true);
      }
    }
    const found = await store.search({ pattern: "beta", isRegex: false, isCaseSensitive: true }, new AbortController().signal);
    expect([found.firstFrom(0), found.firstFrom(2), found.firstFrom(4), found.match(found.firstFrom(4) ?? -1).ordinal]).toEqual([0, 2, 3, 4]);
    await expect(store.search({ pattern: "(", isRegex: true, isCaseSensitive: true }, new AbortController().signal)).rejects.toThrow();
  });

  test("can be cancelled", async () => {
    const store = await opened(transcriptFile(texts.map(line).join("")));
    await whole(store);
    const stop = new AbortController();
    const search = store.search({ pattern: "(a|b)*c", isRegex: true, isCaseSensitive: true }, stop.signal);
    stop.abort();
    await expect(search).rejects.toMatchObject({ reason: "cancelled" });
  });
});

describe("files at a step", () => {
  test("are those of the edits before it, without those that failed", async () => {
    const call = (id: string, name: string, input: object): string => JSON.stringify({ role: "assistant", content: [{ type: "tool_use", id, name, input }] });
    const result = (id: string, isError: boolean): string => JSON.stringify({ role: "user", content: [{ type: "tool_result", tool_use_id: id, content: "r", is_error: isError }] });
    const rows = [call("1", "Write", { file_path: "/a", content: "one" }), result("1", false), call("2", "Edit", { file_path: "/a", old_string: "one", new_string: "two" }), result("2", true), call("3", "Edit", { file_path: "/a", old_string: "one", new_string: "three" }), result("3", false)];
    const store = await opened(transcriptFile(rows.join("\n")));
    await whole(store);
    const content = async (ordinal: number): Promise<unknown> => (await filesAt(store, ordinal)).map(({ state, since }) => [state.kind === "known" ? state.content : state.kind, since]);
    expect(await Promise.all([0, 3, 5].map(content))).toEqual([[["one", 0]], [["one", 0]], [["three", 4]]]);
  });

  test("of a conversation that was taken back are unknown where what was left changed them, until they are written whole", async () => {
    const line = (uuid: string, parentUuid: string | null, role: string, content: unknown): string => `${JSON.stringify({ parentUuid, uuid, sessionId: "s", type: role, message: { role, content } })}\n`;
    const write = (id: string, path: string, content: string): object => ({ type: "tool_use", id, name: "Write", input: { file_path: path, content } });
    const rows = [
      line("p1", null, "user", "First"),
      line("a1", "p1", "assistant", [write("1", "/kept", "one"), write("2", "/changed", "one")]),
      line("p2", "a1", "user", "Second"),
      line("a2", "p2", "assistant", [write("3", "/changed", "two"), write("4", "/again", "two")]),
      line("p3", "a1", "user", "Instead"),
      line("a3", "p3", "assistant", [write("5", "/again", "three"), { type: "tool_use", id: "6", name: "Edit", input: { file_path: "/changed", old_string: "two", new_string: "three" } }]),
    ];
    const store = await opened(transcriptFile(rows.join("")));
    await whole(store);
    const columns = new EventColumns();
    columns.extend(store, Infinity);
    const history = new FileHistory(store, columns);
    for (const files of [(ordinal: number) => filesAt(store, ordinal), (ordinal: number) => history.filesAt(ordinal)]) {
      const content = async (ordinal: number): Promise<unknown> => Object.fromEntries((await files(ordinal)).map(({ path, state }) => [path, state.kind === "known" ? state.content : state.kind]));
      expect(await content(5)).toEqual({ "/kept": "one", "/changed": "two", "/again": "two" });
      expect(await content(7)).toEqual({ "/kept": "one", "/changed": "unknown", "/again": "unknown" });
      expect(await content(9)).toEqual({ "/kept": "one", "/changed": "unknown", "/again": "three" });
    }
  });

  test("of a conversation that was taken back are those that its checkpoints name again, and without those that are not there", async () => {
    const line = (uuid: string, parentUuid: string | null, role: string, content: unknown): string => `${JSON.stringify({ parentUuid, uuid, sessionId: "s", type: role, message: { role, content } })}\n`;
    const write = (id: string, path: string, content: string): object => ({ type: "tool_use", id, name: "Write", input: { file_path: path, content } });
    const copy = (backupFileName: string | null): object => ({ backupFileName, version: 1, realParentDir: "/w" });
    const checkpoint = (messageId: string, backups: object): string => `${JSON.stringify({ type: "file-history-snapshot", messageId, snapshot: { messageId, trackedFileBackups: backups } })}\n`;
    const rows = [
      line("p1", null, "user", "First"),
      line("a1", "p1", "assistant", [write("1", "/w/back", "one"), write("2", "/w/not", "one")]),
      line("p2", "a1", "user", "Second"),
      checkpoint("p2", { back: copy("b@v1"), not: copy("n@v1") }),
      line("a2", "p2", "assistant", [write("3", "/w/back", "two"), write("4", "/w/not", "two"), write("5", "/w/new", "two"), write("6", "/w/other", "two")]),
      `${JSON.stringify({ type: "file-history-delta", messageId: "a2", snapshotMessageId: "p2", trackingPath: "new", backup: copy(null) })}\n`,
      checkpoint("p3", { back: copy("b@v1"), not: copy("n@v2"), new: copy(null) }),
      line("p3", "a1", "user", "Instead"),
      line("a3", "p3", "assistant", [{ type: "tool_use", id: "7", name: "Edit", input: { file_path: "/w/back", old_string: "one", new_string: "three" } }]),
    ];
    const store = await opened(transcriptFile(rows.join("")));
    await whole(store);
    const columns = new EventColumns();
    columns.extend(store, Infinity);
    const history = new FileHistory(store, columns);
    const last = store.count - 1;
    for (const files of [await filesAt(store, last), await history.filesAt(last)]) {
      expect(Object.fromEntries(files.map(({ path, state }) => [path, state.kind === "known" ? state.content : state.kind]))).toEqual({ "/w/back": "three", "/w/not": "unknown", "/w/new": "deleted", "/w/other": "unknown" });
    }
  });

  test("a call that is said again when it is carried out changed files once", async () => {
    const line = (type: string, data: object): string => `${JSON.stringify({ type, data, id: "e", timestamp: "2026-01-02T03:04:05.000Z", parentId: null })}\n`;
    const given = { command: "echo two >> /a" };
    const first = { toolCallId: "0", name: "create", arguments: { path: "/a", file_text: "one\n" } };
    const store = await opened(transcriptFile([line("assistant.message", { messageId: "m", content: "", toolRequests: [first, { toolCallId: "1", name: "bash", arguments: given }] }), line("tool.execution_start", { toolCallId: "1", toolName: "bash", arguments: given }), line("tool.execution_complete", { toolCallId: "1", success: true, result: { content: "" } })].join("")));
    await whole(store);
    const columns = new EventColumns();
    columns.extend(store, Infinity);
    const last = store.count - 1;
    for (const files of [await filesAt(store, last), await new FileHistory(store, columns).filesAt(last)]) {
      expect(files.map(({ path, state }) => [path, state])).toEqual([["/a", { kind: "known", content: "one\ntwo\n" }]]);
    }
  });

  test("a script that failed did what stands before its last command", async () => {
    const script = { type: "assistant", uuid: "a", sessionId: "s", message: { role: "assistant", content: [{ type: "tool_use", id: "1", name: "Bash", input: { command: "cat > /a <<'E'\none\nE\npython /a > /b" } }] } };
    const failure = { type: "user", uuid: "u", sessionId: "s", message: { role: "user", content: [{ type: "tool_result", tool_use_id: "1", content: "Exit code 1\nno", is_error: true }] } };
    const store = await opened(transcriptFile(`${JSON.stringify(script)}\n${JSON.stringify(failure)}\n`));
    await whole(store);
    expect((await filesAt(store, 1)).map(({ path, state }) => [path, state])).toEqual([
      ["/a", { kind: "known", content: "one\n" }],
      ["/b", { kind: "unknown", why: "the command that changes it failed" }],
    ]);
  });
});

describe("the command line", () => {
  const baseliner = (...args: string[]): { status: number | null; stdout: string; stderr: string } => spawnSync(process.execPath, [commandLine, "transcript", ...args], { encoding: "utf8", maxBuffer: 2 ** 28 });

  test("tells what is in a transcript, and its events as JSON lines", () => {
    const file = join(transcriptFixtures, "claude-code.jsonl");
    expect(JSON.parse(baseliner("info", file, "--json").stdout)).toMatchObject({ format: "claude-code", events: 7, calls: 1, linkedResults: 1, kinds: { raw: 1 } });
    expect(baseliner("info", file).stdout).toMatch(/^format +Claude Code\n/);
    expect(JSON.parse(baseliner("info", file, "--json").stdout)).toHaveProperty("usage.answers");
    const events = baseliner("events", file, "--json").stdout.trimEnd().split("\n");
    expect(events.map((text) => (JSON.parse(text) as { kind: string }).kind)).toEqual(["note", "user", "reasoning", "tool-call", "tool-result", "message", "raw"]);
  });

  test("counts nothing twice of a log that is so large that its beginning is looked at first", () => {
    const file = transcriptFile(JSON.stringify({ version: 2, status: "success", eval: { task: "t" }, samples: [{ id: "s", epoch: 1, input: "x", messages: [], scores: {}, events: Array.from({ length: 400 }, (_, index) => ({ event: "info", data: `${index} `.padEnd(100_000, "x") })) }] }), "log.json");
    expect((JSON.parse(baseliner("info", file, "--json").stdout) as { kinds: object }).kinds).toMatchObject({ note: 400 });
  });

  test("prints no control character of a transcript", () => {
    const { stdout } = baseliner("events", transcriptFile(line("a\u001b[2Jb\u202ec\nd")));
    expect(stdout).toContain("a [2Jb c d");
    expect(stdout).not.toContain("\u001b");
    expect(stdout).not.toContain("\u202e");
  });

  test.each([[["info"]], [["events", "/"]], [["info", "/none"]], [["info", commandLine]], [["dance"]]])("answers %j with one line and status 2", (args) => {
    const { status, stdout, stderr } = baseliner(...args);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^baseliner: [^\n]+\n$/);
  });

  test("reads a session of ours: clock, attempts, edits as diffs", () => {
    const folder = temporaryFolder();
    const task = writeTask(join(folder, "task"), plainScorer);
    const run = (...args: string[]): void => expect(spawnSync(process.execPath, [commandLine, "session", ...args], { encoding: "utf8" }).status).toBe(0);
    run("start", task, "--sessions", join(folder, "sessions"));
    const session = join(folder, "sessions", readdirSync(join(folder, "sessions"))[0] ?? "");
    run("clock", "start", session);
    writeFileSync(join(session, "workspace", "solution.py"), "value = 6\n");
    run("score", session);
    run("submit", session);
    const { format, events } = JSON.parse(`{"format":"x","events":[${baseliner("events", session, "--json").stdout.trimEnd().split("\n").join(",")}]}`) as { format: string; events: { kind: string; text: string; score?: { value: number; isFinal: boolean }; call?: string }[] };
    expect(format).toBe("x");
    expect(events.filter(({ kind }) => kind === "score").map(({ score }) => [score?.value, score?.isFinal])).toEqual([[10, false], [6, false], [6, true]]);
    expect(events.filter(({ kind }) => kind === "file-edit").at(-1)?.text).toContain("+value = 6");
    expect(events.filter(({ kind }) => kind === "tool-result").map(({ call }) => call)).toEqual(["attempt 0", "attempt 1"]);
    expect(events.some(({ kind }) => kind === "clock")).toBe(true);
  });
});

/** A ripgrep that some editor under test brought, or that is installed. */
function ripgrep(): string | undefined {
  const installed = spawnSync("rg", ["--version"]);
  if (installed.status === 0) {
    return "rg";
  }
  const servers = join(repository, ".vscode-test", "server");
  const inside = join("node_modules", "code-server", "lib", "vscode", "node_modules", "@vscode", "ripgrep-universal", "bin", `${process.platform}-${process.arch}`, "rg");
  return existsSync(servers) ? readdirSync(servers).map((version) => join(servers, version, inside)).find((path) => existsSync(path)) : process.env["BASELINER_RIPGREP"];
}
