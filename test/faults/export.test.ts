// A session leaves the computer in every form that it can be exported to, and what leaves is the same: checked by programs that
// know nothing of ours, and read back by the readers for transcripts.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { systemTime } from "../../src/base";
import { exportSession, type ExportFormat, JournalWriter, verifySession } from "../../src/sessions";
import { expandZip, openTranscript, type TranscriptEvent } from "../../src/transcripts";
import { commandLine } from "../support/build";
import { inspectParts, inspectProblems } from "../support/inspect-schema";
import { newSession, openSession } from "../support/session";
import { temporaryFolder } from "../support/temporary-folder";

const scorer = "value = solution()\nprint('scoring', value)\nif value > 9000: raise SystemExit(3)\nresult(value, said='ok, \"quoted\"\\nand more')";

/** A folder for all tests of this file. */
const place = mkdtempSync(join(tmpdir(), "baseliner-test-export-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

/** A submitted session with four attempts, one of them invalid, a pause and two notes. The tests only read it. */
async function finishedSession(): Promise<string> {
  const kept = join(place, "session");
  if (!existsSync(kept)) {
    const root = await newSession(scorer);
    const session = await openSession(root);
    await session.score();
    await session.startClock();
    for (const value of [6, 9001, 4]) {
      writeFileSync(join(root, "workspace", "solution.py"), `value = ${value}\n`);
      await session.score();
    }
    await session.pauseClock("Break");
    await session.resumeClock();
    await session.close();
    const { writer } = await JournalWriter.continue(root, systemTime);
    await writer.append("note.added", { text: "tried a *larger* block" });
    await writer.append("note.added", { text: "it was slower" });
    await writer.close();
    await (await openSession(root)).submit();
    cpSync(root, kept, { recursive: true });
  }
  return kept;
}

const out = (format: ExportFormat): string => join(temporaryFolder(), `out-${format}`);

async function exported(root: string, format: ExportFormat): Promise<string> {
  return (await exportSession(root, format, systemTime, { to: out(format) })).path;
}

function python(...args: string[]): { status: number | null; stdout: string } {
  return spawnSync("python3", args, { encoding: "utf8" });
}

async function eventsOf(path: string): Promise<TranscriptEvent[]> {
  const reading = await openTranscript(path, temporaryFolder());
  const events: TranscriptEvent[] = [];
  for await (const batch of reading.batches()) {
    events.push(...batch.events);
  }
  reading.close();
  return events;
}

describe("an exported record", () => {
  test("is whole by its own program, by sha256sum, by git and by ours, as a folder and as a zip", async () => {
    const root = await finishedSession();
    const folder = await exported(root, "folder");
    expect(readdirSync(folder).sort()).toEqual(
      ["README.md", "SHA256SUMS", "attempts", "instructions.md", "journal.head", "session.jsonl", "snapshots.bundle", "task.json", "verify.py"].sort(),
    );
    expect(python(join(folder, "verify.py"))).toMatchObject({ status: 0, stdout: expect.stringMatching(/^whole: \d+ files, \d+ journal lines, 4 attempts, 4 snapshots\n/) as string });
    execFileSync("sha256sum", ["--check", "--strict", "--quiet", "SHA256SUMS"], { cwd: folder });
    const clone = join(temporaryFolder(), "clone");
    execFileSync("git", ["clone", "--quiet", "-b", "session", join(folder, "snapshots.bundle"), clone], { stdio: "pipe" });
    expect(readFileSync(join(clone, "solution.py"), "utf8")).toBe("value = 4\n");
    expect((await verifySession(folder)).problems).toEqual([]);

    const zip = await exported(root, "zip");
    execFileSync("python3", ["-m", "zipfile", "-t", zip]);
    expect(spawnSync(process.execPath, [commandLine, "session", "verify", zip], { encoding: "utf8" })).toMatchObject({ status: 0, stdout: expect.stringMatching(/^valid: /) as string });
  });

  test("is not whole once any file of it was changed, removed or added, by either program", async () => {
    const folder = await exported(await finishedSession(), "folder");
    const changes: Record<string, (copy: string) => void> = {
      "a byte of the journal": (copy) => flip(join(copy, "session.jsonl"), 900),
      "a byte of its last line": (copy) => flip(join(copy, "session.jsonl"), -20),
      "the output of an attempt": (copy) => writeFileSync(join(copy, "attempts", "1", "stdout.log"), "scoring 1\n"),
      "a result that is gone": (copy) => rmSync(join(copy, "attempts", "2", "stderr.log"), { force: true }),
      "an attempt more": (copy) => {
        mkdirSync(join(copy, "attempts", "4"));
        writeFileSync(join(copy, "attempts", "4", "stdout.log"), "");
      },
      "no snapshots": (copy) => rmSync(join(copy, "snapshots.bundle")),
      "a byte of the snapshots": (copy) => flip(join(copy, "snapshots.bundle"), -300),
    };
    for (const [name, change] of Object.entries(changes)) {
      const copy = join(temporaryFolder(), "copy");
      cpSync(folder, copy, { recursive: true });
      change(copy);
      expect(python(join(copy, "verify.py")).status, name).toBe(1);
      // The checksums were made anew as well: what is left is the journal's own word.
      rewriteChecksums(copy);
      expect(python(join(copy, "verify.py")).status, `${name}, with new checksums`).toBe(1);
      expect((await verifySession(copy)).problems, `${name}, with new checksums`).not.toEqual([]);
    }
    writeFileSync(join(folder, "README.md"), "nothing");
    expect((await verifySession(folder)).problems).toEqual(["README.md is not as SHA256SUMS says."]);
  });

  test("of a session that goes on is as it was when the export began", async () => {
    const root = await newSession();
    const session = await openSession(root);
    await session.score();
    const folder = await exported(root, "folder");
    await session.startClock();
    expect((await verifySession(folder)).problems).toEqual([]);
    expect(python(join(folder, "verify.py")).status).toBe(0);
  });

  test("appears whole or not at all, and never in the place of something else", async () => {
    const root = await finishedSession();
    const to = out("folder");
    const stop = new AbortController();
    const exporting = exportSession(root, "folder", systemTime, { to, signal: stop.signal, progress: (step) => (step === "snapshots" ? stop.abort(new Error("enough")) : undefined) });
    await expect(exporting).rejects.toThrow("enough");
    expect(readdirSync(dirname(to))).toEqual([]);
    writeFileSync(to, "mine");
    await expect(exportSession(root, "folder", systemTime, { to, replace: true })).rejects.toMatchObject({ reason: "exists" });
    await expect(exportSession(root, "csv", systemTime, { to })).rejects.toMatchObject({ reason: "exists" });
    expect(readFileSync(to, "utf8")).toBe("mine");
  });
});

/** A session whose journal says all that can happen, one after the other. */
async function eventfulSession(): Promise<string> {
  const root = await newSession();
  const { writer } = await JournalWriter.continue(root, systemTime);
  const start = async (attempt: number): Promise<unknown> => await writer.append("attempt.started", { attempt, kind: "work", run: `run-${attempt}`, snapshot: null });
  await writer.append("recording.consent", { given: true });
  await writer.append("clock.started", {});
  await start(0);
  await writer.append("attempt.lost", { attempt: 0, problem: "Its files are gone." });
  await start(1);
  await writer.append("attempt.failed", { attempt: 1, reason: "disk", problem: "The disk is full." });
  await writer.append("clock.paused", { reason: "Break" });
  await writer.append("clock.resumed", {});
  await writer.append("clock.adjusted", { addMs: -1, reason: "a call" });
  await writer.append("note.added", { text: "half a pair: \ud83d" });
  await writer.append("sync.conflict", { path: "a", keptAs: "b" });
  await start(2);
  await writer.append("clock.expired", {});
  await writer.close();
  return root;
}

async function hiddenSession(): Promise<string> {
  const root = await newSession(undefined, { visible: false });
  const session = await openSession(root);
  await session.startClock();
  await session.score();
  await session.submit();
  return root;
}

async function unfinishedSession(): Promise<string> {
  const root = await newSession();
  const session = await openSession(root);
  await session.startClock();
  await session.score();
  return root;
}

describe("a log for Inspect", () => {
  test("holds the scores, notes and clock that the session holds, as our readers tell it", async () => {
    const root = await finishedSession();
    const log = await exported(root, "inspect");
    const [ours, theirs] = [await eventsOf(root), await eventsOf(log)];
    const scores = (events: TranscriptEvent[]): unknown[] => events.flatMap(({ score }) => (score === undefined ? [] : [[score.value, score.isFinal]]));
    expect(scores(ours)).toEqual([[10, false], [6, false], [null, false], [4, false], [4, true]]);
    // An attempt without a score has none there, and its call says why.
    expect(scores(theirs)).toEqual([[10, false], [6, false], [4, false], [4, true]]);
    const count = (events: TranscriptEvent[], kind: string): number => events.filter((event) => event.kind === kind).length;
    expect([count(theirs, "note"), count(ours, "note")]).toEqual([2, 2]);
    expect(theirs.filter(({ kind }) => kind === "clock").map(({ title }) => title)).toEqual(["start", "stop", "start", "submit"]);
    const results = theirs.filter(({ kind }) => kind === "tool-result");
    expect(results.map(({ text, isError }) => [text, isError])).toEqual([["scoring 10", false], ["scoring 6", false], ["scoring 9001\n\nThe scoring command failed with exit status 3.", true], ["scoring 4", false]]);
  });

  test("is read by Python's zipfile and json, with every part that a finished log has", async () => {
    const parts = inspectParts(await exported(await finishedSession(), "inspect"));
    expect(Object.keys(parts).sort()).toEqual(["_journal/start.json", "_journal/summaries/1.json", "header.json", "samples/sample_epoch_1.json", "summaries.json"]);
    expect(parts["header.json"]).toMatchObject({ version: 2, status: "success", eval: { task: "sample", model: "human/tester", dataset: { samples: 1 } }, results: { scores: [{ metrics: { result: { value: 4 }, normalised: { value: 0.75 } } }] } });
    expect(parts["samples/sample_epoch_1.json"]).toMatchObject({ id: "sample", epoch: 1, scores: { score: { value: 4 } }, input: expect.stringContaining("Make the value small") as string });
  });

  test.each([
    ["finished, with an invalid attempt", finishedSession, { status: "success", outcomes: ["scored", "scored", "invalid", "scored"], limit: null }],
    ["that goes on", unfinishedSession, { status: "started", outcomes: ["scored"], limit: null }],
    ["whose time is up, with attempts that were lost, failed and not ended", eventfulSession, { status: "started", outcomes: ["lost", "failed", "running"], limit: { type: "working", limit: 28_800 } }],
    ["with hidden scores", hiddenSession, { status: "success", outcomes: ["hidden"], limit: null }],
  ])("of a session %s is JSON, and valid by the published schemas", async (_name, session, { status, outcomes, limit }) => {
    const parts = inspectParts(await exported(await session(), "inspect"));
    expect(inspectProblems(parts)).toEqual([]);
    const sample = parts["samples/sample_epoch_1.json"] as { events: { event: string; metadata: { outcome: string } }[] };
    expect(parts["header.json"]).toMatchObject({ status });
    expect(sample).toMatchObject({ limit });
    expect(JSON.stringify(parts)).not.toContain("\\ud83d");
    // What is not a whole sample, Inspect's viewer waits for in vain.
    expect(parts["summaries.json"]).toMatchObject([{ completed: true }]);
    expect(sample.events.filter(({ event }) => event === "tool").map(({ metadata }) => metadata.outcome)).toEqual(outcomes);
  });

  test("has no result of an attempt that has not ended", async () => {
    const events = await eventsOf(await exported(await eventfulSession(), "inspect"));
    expect(events.flatMap(({ kind, call, text }) => (kind === "tool-call" ? [call] : kind === "tool-result" ? [`${call ?? ""}: ${text}`] : []))).toEqual([
      "attempt-0",
      "attempt-0: Its files are gone.",
      "attempt-1",
      "attempt-1: The disk is full.",
      "attempt-2",
    ]);
  });

  test("with a member too many, one too few or a time that is none is not valid by the published schemas", async () => {
    const parts = inspectParts(await exported(await finishedSession(), "inspect"));
    const changed = (name: string, change: (part: Record<string, unknown>) => void): string[] => {
      const copy = structuredClone(parts) as Record<string, Record<string, unknown>>;
      change(copy[name] ?? {});
      return inspectProblems(copy);
    };
    expect(changed("header.json", (header) => delete (header["stats"] as Record<string, unknown>)["completed_at"])).toEqual([expect.stringContaining("completed_at")]);
    expect(changed("samples/sample_epoch_1.json", (sample) => (sample["role_usage"] = {}))).toEqual([expect.stringContaining("role_usage")]);
    expect(changed("samples/sample_epoch_1.json", (sample) => ((sample["events"] as Record<string, unknown>[])[0] = { ...(sample["events"] as object[])[0], timestamp: "now" }))[0]).toMatch(/^events\/0\/timestamp .*date-time/);
  });

  /** Run where Inspect is installed (`pip install inspect_ai`); its own reader is the judge then. */
  test.skipIf(python("-c", "import inspect_ai").status !== 0)("is accepted by Inspect's own reader", async () => {
    const log = await exported(await finishedSession(), "inspect");
    const program = "import sys\nfrom inspect_ai.log import read_eval_log\nlog=read_eval_log(sys.argv[1])\nprint(log.status, log.samples[0].scores['score'].value, sum(e.event=='score' for e in log.samples[0].events))";
    expect(python("-c", program, log).stdout.trim()).toBe("success 4.0 4");
  });
});

describe("the score log", () => {
  test("as CSV is read by Python's csv with message and details as JSON", async () => {
    const csv = await exported(await finishedSession(), "csv");
    const program = "import csv,json,sys\nrows=list(csv.DictReader(open(sys.argv[1],newline='')))\nprint(json.dumps([[r['score'],json.loads(r['message']),json.loads(r['details']),r['kind'],r['outcome'],r['normalised']] for r in rows]))";
    const said = { said: 'ok, "quoted"\nand more' };
    expect(JSON.parse(python("-c", program, csv).stdout)).toEqual([
      ["10", said, {}, "start", "scored", "0"],
      ["6", said, {}, "work", "scored", "0.5"],
      ["nan", { error: expect.any(String) as string, reason: expect.any(String) as string }, {}, "work", "invalid", ""],
      ["4", said, {}, "work", "scored", "0.75"],
    ]);
  });

  test("as JSON holds every entry of the journal and what they come to", async () => {
    const root = await finishedSession();
    const json = JSON.parse(readFileSync(await exported(root, "json"), "utf8")) as { attempts: unknown[]; entries: unknown[]; best: number; clock: { state: string } };
    expect(json).toMatchObject({ best: 3, clock: { state: "submitted" } });
    expect(json.attempts).toHaveLength(4);
    expect(json.entries).toHaveLength(readFileSync(join(root, "session.jsonl"), "utf8").trimEnd().split("\n").length);
  });
});

test("an archive whose names lead elsewhere is not expanded", async () => {
  const folder = temporaryFolder();
  const zip = join(folder, "evil.zip");
  execFileSync("python3", ["-c", "import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1],'w')\nz.writestr('../evil','x')\nz.close()", zip]);
  await expect(expandZip(zip, join(folder, "inside"))).rejects.toMatchObject({ reason: "unsafe" });
  expect(existsSync(join(folder, "evil"))).toBe(false);
});

/** Flips a bit of a file; a negative place counts from its end. */
function flip(path: string, place: number): void {
  const bytes = readFileSync(path);
  const at = place < 0 ? bytes.length + place : place;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(path, bytes);
}

function rewriteChecksums(folder: string): void {
  execFileSync("sh", ["-c", "find . -type f ! -name SHA256SUMS | sed 's,^\\./,,' | sort | xargs sha256sum > SHA256SUMS"], { cwd: folder });
}
