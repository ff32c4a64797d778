// Audits in a thread of their own, of real files, by the built program.
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { auditInWorker, generalRuleSet, KeptAudits } from "../../src/audit";
import { auditTranscript, type Reading } from "../../src/audit/audit-transcript";
import { ReadingThread } from "../../src/audit/running/reading-thread";
import { contentKey, type EventBatch, openTranscript } from "../../src/transcripts";
import { repository } from "../support/build";
import { writeClaudeCode, writeInspectSample } from "../support/large-transcripts";
import { temporaryFolder } from "../support/temporary-folder";

const worker = join(repository, "dist", "audit-worker.js");
const sample = readFileSync(join(repository, "media", "sample", "solved-in-a-hurry.jsonl"), "utf8");
const rules = generalRuleSet();

function sampleFile(): string {
  const file = join(temporaryFolder(), "run.jsonl");
  writeFileSync(file, sample);
  return file;
}

describe("an audit in a thread of its own", () => {
  test("finds the violation that was planted in the sample, and says of all findings which events they are at", async () => {
    const { findings, events, problem } = await auditInWorker(sampleFile(), rules, { worker });
    expect(problem).toBeUndefined();
    expect(events).toBe(45);
    const copied = findings.filter(({ rule }) => rule === "copied-reference-text");
    expect(copied[0]).toMatchObject({ status: "succeeded", severity: "high" });
    expect(copied[0]?.span.event).toBeGreaterThan(copied[0]?.evidence[0]?.span.event ?? Infinity);
    expect(new Set(findings.map(({ rule }) => rule))).toEqual(new Set(["copied-reference-text", "forbidden-download"]));
  });

  test("has the same findings at the same places when the transcript has grown", async () => {
    const file = sampleFile();
    const before = await auditInWorker(file, rules, { worker });
    appendFileSync(file, `${sample.split("\n")[3] ?? ""}\n`);
    const after = await auditInWorker(file, rules, { worker });
    expect(after.events).toBeGreaterThan(before.events);
    expect(after.findings.map(({ fingerprint }) => fingerprint)).toEqual(before.findings.map(({ fingerprint }) => fingerprint));
  });

  test("ends when it is cancelled, and leaves nothing behind", async () => {
    const folder = temporaryFolder();
    const usual = process.env["TMPDIR"];
    process.env["TMPDIR"] = folder;
    try {
      const file = join(temporaryFolder(), "large.jsonl");
      writeClaudeCode(file, 20 * 2 ** 20, 1);
      const stop = new AbortController();
      let told = 0;
      const audit = auditInWorker(file, rules, {
        worker,
        signal: stop.signal,
        progress: () => {
          told++;
          stop.abort();
        },
      });
      await expect(audit).rejects.toMatchObject({ name: "AuditError", reason: "cancelled" });
      expect(told).toBeGreaterThan(0);
      await expect(auditInWorker(file, rules, { worker, signal: stop.signal })).rejects.toMatchObject({ reason: "cancelled" });
      expect(readdirSync(folder).filter((name) => name.startsWith("baseliner-audit-"))).toEqual([]);
    } finally {
      if (usual === undefined) {
        delete process.env["TMPDIR"];
      } else {
        process.env["TMPDIR"] = usual;
      }
    }
  });

  test("says why a file cannot be audited, and fails where there is no program to do it", async () => {
    const file = join(temporaryFolder(), "none.jsonl");
    expect((await auditInWorker(file, rules, { worker })).problem).toMatch(/cannot be opened/);
    await expect(auditInWorker(file, rules, { worker: `${worker}.missing` })).rejects.toMatchObject({ name: "AuditError", reason: "failed" });
  });
});

describe("a transcript that a thread reads while it is audited", () => {
  const batchesOf = async (reading: Reading): Promise<EventBatch[]> => {
    const batches: EventBatch[] = [];
    for await (const batch of reading.batches()) {
      batches.push(batch);
    }
    reading.close();
    return batches;
  };

  test.each([
    ["of many batches", "run.jsonl", (file: string) => void writeClaudeCode(file, 3 * 2 ** 20, 1)],
    ["that is cut off", "run.jsonl", (file: string) => writeFileSync(file, sample.slice(0, -200))],
    ["with a first look at its beginning", "log.json", (file: string) => void writeInspectSample(file, 3 * 2 ** 20, 1, true)],
  ])("has the same batches and is known by the same facts, one %s", async (_which, name, write) => {
    const folder = temporaryFolder();
    const file = join(folder, name);
    write(file);
    const [beside, here] = [await ReadingThread.open(worker, file, folder), await openTranscript(file, folder)];
    const [batches, expected] = [await batchesOf(beside), await batchesOf(here)];
    expect(expected.length).toBeGreaterThan(1);
    expect(batches).toEqual(expected);
    expect([beside.format, beside.facts]).toEqual([here.format, here.facts]);
  });

  test("is a problem where it cannot be opened or its thread ends, and never an exception", async () => {
    const file = sampleFile();
    const by = async (path: string, program = worker): Promise<string | undefined> => (await auditTranscript(path, () => rules, temporaryFolder(), { open: async (one, cache) => await ReadingThread.open(program, one, cache) })).problem;
    expect(await by(file)).toBeUndefined();
    expect(await by(`${file}.missing`)).toMatch(/^The transcript cannot be opened/);
    const [silent, broken] = ["silent.js", "broken.js"].map((name) => join(temporaryFolder(), name)) as [string, string];
    writeFileSync(silent, "");
    writeFileSync(broken, "throw new Error('no memory')");
    expect(await by(file, silent)).toMatch(/the thread that reads it ended/);
    expect(await by(file, broken)).toMatch(/no memory/);
  });
});

describe("audits that are kept", () => {
  test("are found again for the same content, rules and program alone, and nothing is made of a damaged one", async () => {
    const folder = join(temporaryFolder(), "audits");
    const program = join(temporaryFolder(), "program.js");
    writeFileSync(program, "1");
    const kept = new KeptAudits(folder, program);
    const file = sampleFile();
    const key = await kept.keyOf(await contentKey(file), rules);
    expect(await kept.read(key)).toBeUndefined();
    const audit = await auditInWorker(file, rules, { worker });
    await kept.keep(key, audit);
    expect(await kept.read(key)).toEqual(audit);

    expect(await kept.keyOf(await contentKey(file), { ...rules, rules: rules.rules.slice(1) })).not.toBe(key);
    appendFileSync(file, "\n");
    expect(await kept.keyOf(await contentKey(file), rules)).not.toBe(key);
    writeFileSync(program, "2");
    expect(await new KeptAudits(folder, program).keyOf("content", rules)).not.toBe(await kept.keyOf("content", rules));

    writeFileSync(join(folder, `${key}.json`), readFileSync(join(folder, `${key}.json`), "utf8").replace('"severity":"high"', '"severity":"none"'));
    expect(await kept.read(key)).toBeUndefined();
    // Where nothing can be kept, nothing fails.
    const blocked = join(temporaryFolder(), "blocked");
    writeFileSync(blocked, "");
    await new KeptAudits(blocked, program).keep(key, audit);
    mkdirSync(join(folder, "other"));
    await kept.keep(key, audit);
  });
});
