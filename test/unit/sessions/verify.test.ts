import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sha256 } from "../../../src/base";
import { type EntryData, journalFileName, JournalWriter, readJournal, usualConditions, verifySession } from "../../../src/sessions";
import { headFileName, headText } from "../../../src/sessions/journal-head";
import { runNameAfter } from "../../../src/sessions/run-name";
import { FakeTime } from "../../support/fake-time";
import { temporaryFolder } from "../../support/temporary-folder";

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

/** The record of a session with three attempts and as many notes, without snapshots. */
async function recordOfThree(): Promise<{ root: string; journal: Buffer }> {
  const root = temporaryFolder();
  const time = new FakeTime();
  const writer = await JournalWriter.create(root, time);
  await writer.append("session.created", created);
  await writer.append("clock.started", {});
  for (let attempt = 0; attempt < 3; attempt += 1) {
    time.pass(60_000);
    const stdout = `scored ${attempt}\n`;
    mkdirSync(join(root, "attempts", String(attempt)), { recursive: true });
    writeFileSync(join(root, "attempts", String(attempt), "stdout.log"), stdout);
    await writer.append("attempt.started", { attempt, kind: "work", run: runNameAfter(writer.head?.sha256 ?? ""), snapshot: null });
    await writer.append("attempt.finished", {
      attempt,
      score: 9 - attempt,
      message: {},
      changedTo: null,
      invalid: null,
      box: { startedAt: 0, endedAt: 0, aheadMs: 0 },
      files: { "stdout.log": { bytes: stdout.length, sha256: sha256(stdout) }, "stderr.log": null, "result.json": null },
    });
    await writer.append("note.added", { text: `note ${attempt}` });
  }
  await writer.close();
  return { root, journal: readFileSync(join(root, journalFileName)) };
}

const linesOf = (journal: Buffer): string[] => journal.toString("utf8").split("\n").slice(0, -1);
const journalOf = (lines: readonly string[]): Buffer => Buffer.from(lines.map((line) => `${line}\n`).join(""));

/** The lines with their chain made anew, as whoever owns the computer can do it. */
function chainedAnew(lines: readonly string[]): string[] {
  let prev = "0".repeat(64);
  return lines.map((line, seq) => {
    const anew = JSON.stringify({ ...(JSON.parse(line) as object), seq, prev });
    prev = sha256(anew);
    return anew;
  });
}

describe("a record", () => {
  test("is whole as it was written", async () => {
    const { root } = await recordOfThree();
    const { problems, head } = await verifySession(root);
    expect(problems).toEqual([]);
    expect(head).toBe((await readJournal(root)).lineHashes.at(-1));
  });

  test("is not whole after any one line was flipped, removed, doubled, swapped, or put in, or after lines were cut off", async () => {
    const { root, journal } = await recordOfThree();
    const lines = linesOf(journal);
    const place = fc.nat(lines.length - 1);
    const without = (at: number, count: number): string[] => [...lines.slice(0, at), ...lines.slice(at + count)];
    const damaged = fc.oneof(
      fc.tuple(fc.nat(journal.length - 1), fc.nat(7)).map(([at, bit]) => {
        const flipped = Buffer.from(journal);
        flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << bit), at);
        return flipped;
      }),
      place.map((at) => journalOf(without(at, 1))),
      place.map((at) => journalOf([...lines.slice(0, at), lines[at] ?? "", ...lines.slice(at)])),
      fc.tuple(place, place).map(([from, to]) => {
        const rest = without(from, 1);
        return journalOf([...rest.slice(0, to), lines[from] ?? "", ...rest.slice(to)]);
      }),
      fc.tuple(place, fc.string()).map(([at, text]) => journalOf([...lines.slice(0, at), JSON.stringify({ text }), ...lines.slice(at)])),
      place.map((at) => journalOf(lines.slice(0, at))),
      fc.nat(journal.length - 1).map((bytes) => journal.subarray(0, bytes)),
    );
    await fc.assert(
      fc.asyncProperty(damaged, async (bytes) => {
        fc.pre(!bytes.equals(journal) && bytes.includes(0x0a));
        writeFileSync(join(root, journalFileName), bytes);
        expect((await verifySession(root)).problems).not.toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test("is not whole where a line was changed and the chain behind it made anew", async () => {
    const { root, journal } = await recordOfThree();
    const lines = linesOf(journal);
    const head = readFileSync(join(root, headFileName));
    await fc.assert(
      fc.asyncProperty(fc.nat(lines.length - 1), async (at) => {
        writeFileSync(join(root, headFileName), head);
        const anew = chainedAnew(lines.map((line, index) => (index === at ? line.replace(/"mono":(\d+)/, (_, mono: string) => `"mono":${Number(mono) + 1}`) : line)));
        writeFileSync(join(root, journalFileName), journalOf(anew));
        expect((await verifySession(root)).problems).not.toEqual([]);
        // Where it ends was written anew too: runs are named after lines that are no more.
        writeFileSync(join(root, headFileName), headText({ seq: anew.length - 1, sha256: sha256(anew.at(-1) ?? "") }));
        const isBeforeARun = at < lines.findLastIndex((line) => line.includes("attempt.started"));
        expect((await verifySession(root)).problems.length > 0, `line ${at}`).toBe(isBeforeARun);
      }),
      { numRuns: 25 },
    );
  });

  test("whose end was cut off together with all that it left says so as long as the end itself is kept", async () => {
    const { root, journal } = await recordOfThree();
    const lines = linesOf(journal);
    const last = lines.findLastIndex((line) => line.includes("attempt.started"));
    writeFileSync(join(root, journalFileName), journalOf(lines.slice(0, last)));
    rmSync(join(root, "attempts", "2"), { recursive: true });
    expect((await verifySession(root)).problems).toEqual([`The journal ends at line ${last}, and had ${lines.length} lines: its end was cut off.`]);
    // Going on with it keeps the fact.
    const { writer } = await JournalWriter.continue(root, new FakeTime());
    await writer.append("note.added", { text: "on we go" });
    await writer.close();
    expect((await verifySession(root)).problems).toContainEqual(expect.stringContaining(`the journal had ${lines.length} lines`));
    rmSync(join(root, headFileName));
    expect((await verifySession(root)).problems).toContainEqual(expect.stringContaining("is missing or damaged"));
  });
});

test("a run is named after a line as a UUID, and after no other line", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, other) => {
      const name = runNameAfter(sha256(one));
      expect(name).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(name === runNameAfter(sha256(other))).toBe(one === other);
    }),
  );
});
