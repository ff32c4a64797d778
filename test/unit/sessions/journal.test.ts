import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { journalFileName, JournalWriter, parseJournal, readJournal } from "../../../src/sessions";
import { FakeTime } from "../../support/fake-time";
import { temporaryFolder } from "../../support/temporary-folder";

const notes = fc.array(fc.string({ unit: "binary", maxLength: 40 }), { minLength: 1, maxLength: 12 });

async function journalWith(texts: readonly string[]): Promise<{ folder: string; bytes: Buffer }> {
  const folder = temporaryFolder();
  const writer = await JournalWriter.create(folder, new FakeTime());
  for (const text of texts) {
    await writer.append("note.added", { text });
  }
  await writer.close();
  return { folder, bytes: readFileSync(join(folder, journalFileName)) };
}

/** The lines of a journal without their breaks. */
function linesOf(bytes: Buffer): string[] {
  return bytes.toString("utf8").split("\n").slice(0, -1);
}

describe("the journal", () => {
  test("gives back what was appended, whatever the text", async () => {
    await fc.assert(
      fc.asyncProperty(notes, async (texts) => {
        const { bytes } = await journalWith(texts);
        const content = parseJournal(bytes);
        expect(content.problems).toEqual([]);
        expect(content.entries.map(({ data }) => data)).toEqual(texts.map((text) => ({ text })));
      }),
      { numRuns: 25 },
    );
  });

  test("keeps the order of appends that were not awaited", async () => {
    const folder = temporaryFolder();
    const writer = await JournalWriter.create(folder, new FakeTime());
    const texts = Array.from({ length: 50 }, (_, index) => `note ${index}`);
    await Promise.all(texts.map((text) => writer.append("note.added", { text })));
    await writer.close();
    const { entries, problems } = await readJournal(folder);
    expect(problems).toEqual([]);
    expect(entries.map(({ data }) => data)).toEqual(texts.map((text) => ({ text })));
  });

  test("tells of any one flipped bit in any line but the last", async () => {
    const { bytes } = await journalWith(["one", "two", "three", "four"]);
    const lastLine = bytes.lastIndexOf(0x0a, bytes.length - 2) + 1;
    fc.assert(
      fc.property(fc.nat(lastLine - 1), fc.nat(7), (position, bit) => {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(changed.readUInt8(position) ^ (1 << bit), position);
        expect(parseJournal(changed).problems).not.toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  test("tells of a line that was removed, swapped, doubled or inserted, with its place", async () => {
    const { bytes } = await journalWith(["one", "two", "three", "four", "five"]);
    const lines = linesOf(bytes);
    const [, second = "", third = ""] = lines;
    const tampered: [string, string[], number][] = [
      ["removed", lines.filter((line) => line !== second), 2],
      ["swapped", [lines[0] ?? "", third, second, ...lines.slice(3)], 2],
      ["doubled", [...lines.slice(0, 2), second, ...lines.slice(2)], 3],
      ["inserted", [...lines.slice(0, 2), second.replace("two", "new"), ...lines.slice(2)], 3],
      ["first removed", lines.slice(1), 1],
    ];
    for (const [name, changed, line] of tampered) {
      const { problems } = parseJournal(Buffer.from(`${changed.join("\n")}\n`));
      expect(problems[0]?.line, name).toBe(line);
    }
  });

  test("stays readable around a damaged line", async () => {
    const { bytes } = await journalWith(["one", "two", "three"]);
    const lines = linesOf(bytes);
    lines[1] = "not an entry";
    const { entries, problems } = parseJournal(Buffer.from(`${lines.join("\n")}\n`));
    expect(entries.map(({ data }) => data)).toEqual([{ text: "one" }, { text: "three" }]);
    expect(problems.map(({ line }) => line)).toEqual([2, 3]);
  });

  test("is not continued where the chain is broken, and nothing is written", async () => {
    const { folder, bytes } = await journalWith(["one", "two", "three"]);
    const path = join(folder, journalFileName);
    writeFileSync(path, bytes.toString("utf8").replace("two", "2"));
    const before = readFileSync(path);
    await expect(JournalWriter.continue(folder, new FakeTime())).rejects.toMatchObject({ reason: "broken" });
    expect(readFileSync(path)).toEqual(before);
  });

  test("sets a torn last line aside byte for byte, at whatever byte it was torn, and says so", async () => {
    const whole = await journalWith(["one", "two"]);
    const next = linesOf((await journalWith(["one", "two", "thrëe"])).bytes)[2] ?? "";
    const bytes = Buffer.from(next, "utf8");
    for (let length = 1; length <= bytes.length; length += 7) {
      const folder = temporaryFolder();
      writeFileSync(join(folder, journalFileName), whole.bytes);
      appendFileSync(join(folder, journalFileName), bytes.subarray(0, length));
      const { writer, entries } = await JournalWriter.continue(folder, new FakeTime());
      await writer.append("note.added", { text: "after" });
      await writer.close();
      const repaired = entries.at(-1);
      expect(repaired?.type).toBe("journal.repaired");
      const file = repaired?.type === "journal.repaired" ? repaired.data.file : "";
      expect(readFileSync(join(folder, file))).toEqual(bytes.subarray(0, length));
      const content = await readJournal(folder);
      expect(content.problems).toEqual([]);
      expect(content.entries).toHaveLength(4);
    }
  });

  test("is never begun over an existing one", async () => {
    const { folder, bytes } = await journalWith(["one"]);
    await expect(JournalWriter.create(folder, new FakeTime())).rejects.toMatchObject({ reason: "exists" });
    expect(readFileSync(join(folder, journalFileName))).toEqual(bytes);
  });
});

describe("what is known of a journal", () => {
  test("changes nothing of what is read, whatever was added, and is forgotten when a byte of it has changed", async () => {
    await fc.assert(
      fc.asyncProperty(notes, notes, fc.nat(), fc.nat(7), async (before, after, place, bit) => {
        const { folder, bytes } = await journalWith(before);
        const { known } = parseJournal(bytes);
        const { writer } = await JournalWriter.continue(folder, new FakeTime());
        for (const text of after) {
          await writer.append("note.added", { text });
        }
        await writer.close();
        const longer = readFileSync(join(folder, journalFileName));
        expect(parseJournal(longer, known)).toEqual(parseJournal(longer));
        const changed = Buffer.from(longer);
        const position = place % bytes.length;
        changed.writeUInt8(changed.readUInt8(position) ^ (1 << bit), position);
        expect(parseJournal(changed, known)).toEqual(parseJournal(changed));
      }),
      { numRuns: 25 },
    );
  });

  test("is told only where the entries say just what the lines say, and nothing is wrong", async () => {
    const { bytes } = await journalWith(["one", "two"]);
    expect(parseJournal(bytes).known?.bytes).toBe(bytes.length);
    expect(parseJournal(bytes.subarray(0, bytes.length - 3)).known?.bytes).toBe(bytes.lastIndexOf(0x0a, bytes.length - 2) + 1);
    const [first = ""] = linesOf(bytes);
    const withMore = { ...(JSON.parse(first) as object), data: { text: "one", more: "of a later version" } };
    expect(parseJournal(Buffer.from(`${JSON.stringify(withMore)}\n`))).toMatchObject({ problems: [], known: undefined });
    expect(parseJournal(Buffer.from(bytes.toString("utf8").replace("one", "eno"))).known).toBeUndefined();
  });
});
