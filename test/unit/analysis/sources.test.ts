import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AnalysisError, analyse, analysisCsv, analysisJson, analysisSvg, loadStudy, readStudyFile, studyAt, studySchema } from "../../../src/analysis";
import { type EntryData, JournalWriter, usualConditions } from "../../../src/sessions";
import { FakeTime } from "../../support/fake-time";
import { analysisOfRows, studyOf } from "../../support/analysis";

const minute = 60_000;

async function inFolder<Result>(act: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "baseliner-analysis-"));
  try {
    return await act(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const created: EntryData<"session.created"> = {
  format: 1,
  id: "one",
  participant: "p",
  task: { id: "t", version: "1.0.0", title: "T", profile: "cpu", instructions: "i.md", open: [], files: {}, startingSolution: {} },
  scoring: { command: ["true"], environment: {}, timeoutSeconds: 1, start: 10, reference: 2, direction: "min", aggregate: "best", unit: "s", visible: true, final: false },
  sync: { ignore: [], pull: [], maxFileMB: 1 },
  timeLimitMinutes: 480,
  conditions: usualConditions,
  box: { kind: "local" },
  protection: "none",
};

/** Writes a session folder: the starting solution, then scores on the clock, each so many minutes after the one before. */
async function writeSession(folder: string, id: string, scores: readonly (readonly [minutes: number, score: number | null])[], reference = 2): Promise<void> {
  mkdirSync(folder);
  const time = new FakeTime();
  const journal = await JournalWriter.create(folder, time);
  await journal.append("session.created", { ...created, id, scoring: { ...created.scoring, reference } });
  const attempt = async (number: number, kind: "start" | "work", score: number | null): Promise<void> => {
    await journal.append("attempt.started", { attempt: number, kind, run: `r${number}`, snapshot: null });
    const invalid = score === null ? { reason: "rejected", text: "wrong" } : null;
    await journal.append("attempt.finished", { attempt: number, score, message: {}, changedTo: null, invalid, box: { startedAt: 0, endedAt: 0, aheadMs: 0 }, files: { "stdout.log": null, "stderr.log": null, "result.json": null } });
  };
  await attempt(0, "start", 9.5);
  await journal.append("clock.started", {});
  for (const [index, [minutes, score]] of scores.entries()) {
    time.pass(minutes * minute);
    await attempt(index + 1, "work", score);
  }
  await journal.append("session.submitted", { result: null, attempt: null });
  await journal.close();
}

describe("sessions", () => {
  it("are experts' runs on their own constants, without the starting solution, and leave out those with others", async () => {
    await inFolder(async (folder) => {
      await writeSession(join(folder, "a"), "one", [[30, 6], [30, null], [60, 4]]);
      await writeSession(join(folder, "b"), "two", [[10, 8]]);
      await writeSession(join(folder, "c"), "three", [[10, 8]], 3);
      const study = await loadStudy(studySchema.parse({ format: 1 }), [folder], { cache: folder });
      expect(study.runs.map(({ id, task, kind, group, workedMs, attempts, trajectory }) => [id, task, kind, group, workedMs / minute, attempts.names, Array.from(trajectory.atMs, (ms) => ms / minute), [...trajectory.values]])).toEqual([
        ["one", "t (cpu)", "expert", "Experts", 120, ["1", "2", "3"], [30, 120], [0.5, 0.75]],
        ["two", "t (cpu)", "expert", "Experts", 10, ["1"], [10], [0.25]],
      ]);
      expect(study.remarks.filter(({ kind }) => kind === "left-out").map(({ what, reason }) => `${what}: ${reason}`)).toEqual([
        "attempt: it is the starting solution, scored off the clock; it counts as 0",
        "attempt: it is the starting solution, scored off the clock; it counts as 0",
        "attempt: it is the starting solution, scored off the clock; it counts as 0",
        "run: it was scored with start 10 and reference 3, others of t (cpu) with 10 and 2",
      ]);
    });
  });
});

it("takes the study's constants where it names some, and says of sessions with others that it does", async () => {
  await inFolder(async (folder) => {
    await writeSession(join(folder, "a"), "one", [[30, 6]]);
    const study = await loadStudy(studySchema.parse({ format: 1, tasks: { "t (cpu)": { start: 10, reference: 5 } } }), [folder], { cache: folder });
    expect([...(study.runs[0]?.trajectory.values ?? [])]).toEqual([0.8]);
    expect(study.remarks.map(({ kind, reason }) => `${kind}: ${reason}`)).toContain("note: it was scored with start 10 and reference 2; the study's 10 and 5 hold");
  });
});

describe("runs whose scores are hidden", () => {
  it("are left out and listed, as sessions and as score logs, and never count as 0", async () => {
    await inFolder(async (folder) => {
      const session = join(folder, "a");
      mkdirSync(session);
      const journal = await JournalWriter.create(session, new FakeTime());
      await journal.append("session.created", { ...created, scoring: { ...created.scoring, visible: false } });
      await journal.append("clock.started", {});
      await journal.append("attempt.started", { attempt: 0, kind: "work", run: "r", snapshot: null });
      const hidden = { commitment: "0".repeat(64) };
      await journal.append("attempt.finished", { attempt: 0, score: null, message: {}, changedTo: null, invalid: null, hidden, box: { startedAt: 0, endedAt: 0, aheadMs: 0 }, files: { "stdout.log": null, "stderr.log": null, "result.json": null } });
      await journal.close();
      writeFileSync(join(folder, "log.csv"), "timestamp,score,elapsed_seconds,outcome\n2026-01-05T09:00:00Z,nan,60,hidden\n");
      await writeSession(join(folder, "b"), "shown", [[10, 8]]);
      const study = await loadStudy(studySchema.parse({ format: 1 }), [folder], { cache: folder });
      expect(study.runs.map(({ id }) => id)).toEqual(["shown"]);
      expect(study.remarks.filter(({ what }) => what === "run").map(({ reason }) => reason).sort()).toEqual([
        "its scores are hidden from its expert, and so from its journal",
        "its scores are hidden from its expert, and so from its score log",
      ]);
    });
  });
});

describe("transcripts", () => {
  const at = (minutes: number): string => new Date(Date.parse("2026-01-05T09:00:00Z") + minutes * minute).toISOString();
  const score = (minutes: number, value: number | string): object => ({ event: "score", timestamp: at(minutes), score: { value }, intermediate: true });
  const sample = (id: string, events: object[], final: number | string): object => ({ id, epoch: 1, input: "go", target: "", messages: [], scores: { metric: { value: final } }, events: [{ event: "info", timestamp: at(0), source: "x", data: "begin" }, ...events, { event: "info", timestamp: at(100), source: "x", data: "end" }] });
  const log = (samples: object[]): string => JSON.stringify({ version: 2, status: "success", eval: { task: "suite/t", model: "bot", created: at(0) }, samples });

  it("of Inspect have a run for each sample: its scores on the way, or else the final one", async () => {
    const study = await studyOf({ "log.json": log([sample("1", [score(5, 0.2), score(20, "bad"), score(50, 0.4)], 0.4), sample("2", [], 0.7), sample("3", [], "excellent")]) }, { tasks: { t: { start: 0, reference: 1, timeLimitMinutes: 120 } } });
    expect(study.runs.map(({ task, group, hasLog, workedMs, attempts, trajectory }) => [task, group, hasLog, workedMs / minute, Array.from(attempts.scores, (one) => (Number.isNaN(one) ? null : one)), trajectory.values.at(-1)])).toEqual([
      ["t", "bot", true, 100, [0.2, null, 0.4], 0.4],
      ["t", "bot", false, 100, [0.7], 0.7],
    ]);
    expect(study.remarks.map(({ kind, reason }) => `${kind}: ${reason}`)).toEqual(["left-out: its score is no number: excellent"]);
  });

  it("that hold no score, and files that are none, are listed", async () => {
    const rows = JSON.stringify({ run_id: "1", task_id: "t", alias: "bot", time_limit: 60, score: 0.5 });
    const study = await studyOf({ "runs.jsonl": rows, "chat.json": JSON.stringify([{ role: "user", content: "hi" }]), "notes.txt": "x", "broken.json": "\0\0", "empty.csv": "" });
    expect(study.remarks.map(({ source, reason }) => `${source.path.split("/").at(-1) ?? ""}: ${reason}`)).toEqual([
      "notes.txt: its name tells of no runs (.csv, .log, .json, .jsonl, .eval, .traj)",
      "broken.json: The file is neither JSON nor an archive of it, so it is no transcript of a known format.",
      "chat.json: it holds no score",
      "empty.csv: it is empty",
    ]);
  });
});

describe("study.json", () => {
  it("says where it is wrong", async () => {
    await inFolder(async (folder) => {
      const path = join(folder, "study.json");
      for (const [content, message] of [
        ["{", /is not JSON/],
        ['{"format": 2}', /is not valid: format/],
        ['{"format": 1, "sauces": []}', /sauces/],
        ['{"format": 1, "tasks": {"t": {"start": 1}}}', /must have both start and reference/],
        ['{"format": 1, "tasks": {"t": {"start": 1, "reference": 2, "direction": "min"}}}', /contradict/],
      ] as const) {
        writeFileSync(path, content);
        await expect(readStudyFile(path)).rejects.toThrow(message);
        await expect(readStudyFile(path)).rejects.toBeInstanceOf(AnalysisError);
      }
      await expect(readStudyFile(join(folder, "other.json"))).rejects.toMatchObject({ reason: "unreadable" });
    });
  });

  it("is the study of its folder too, and about all of it where it names no sources", async () => {
    await inFolder(async (folder) => {
      const path = join(folder, "study.json");
      expect(await studyAt(folder)).toEqual({ file: studySchema.parse({ format: 1 }), paths: [folder] });
      await expect(studyAt(path)).rejects.toMatchObject({ reason: "unreadable" });
      writeFileSync(path, '{"format": 1, "title": "Ours"}');
      for (const named of [folder, path]) {
        expect(await studyAt(named)).toMatchObject({ file: { title: "Ours" }, paths: [folder] });
      }
      writeFileSync(path, '{"format": 1, "sources": [{ "path": "runs.csv" }]}');
      for (const named of [folder, path]) {
        expect(await studyAt(named)).toMatchObject({ file: { sources: [{ path: join(folder, "runs.csv") }] }, paths: [] });
      }
      expect((await studyAt(join(folder, "runs.csv"))).paths).toEqual([join(folder, "runs.csv")]);
    });
  });
});

describe("exports", () => {
  it("hold every figure, are whole documents, and take names as text", async () => {
    const analysis = await analysisOfRows([{ id: "1", attempts: [[1, 0.5]] }, { id: "2", group: '<b>"bot", & co', attempts: [[2, 0.9]] }]);
    const json = JSON.parse(Array.from(analysisJson(analysis)).join("")) as { figures: { group: string; statistic: string; value: unknown }[]; runs: unknown[]; remarks: unknown[] };
    expect(json.figures.find(({ group, statistic }) => group.startsWith("<b>") && statistic === "human-equivalent hours")?.value).toBe("not within the limit");
    expect(json.runs).toHaveLength(2);
    const lines = analysisCsv(analysis).trimEnd().split("\r\n");
    expect(lines).toHaveLength(json.figures.length + 1);
    expect(lines[1]).toMatch(/^,1,"?<b>|^,1,human/);
    const svg = analysisSvg(analysis);
    expect(svg).toContain("&lt;b&gt;&quot;bot&quot;, &amp; co");
    expect(svg).not.toContain("<b>");
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it("can be cancelled before anything is computed", async () => {
    const study = await studyOf({ "runs.jsonl": JSON.stringify({ run_id: "1", task_id: "t", alias: "bot", time_limit: 60, score: 0.5 }) });
    const stop = new AbortController();
    stop.abort();
    await expect(analyse(study, { signal: stop.signal })).rejects.toMatchObject({ reason: "cancelled" });
  });
});
