import { describe, expect, test } from "vitest";
import { describeAttempt, formatScore, stateOf, usualConditions } from "../../../src/sessions";
import { type EntryData, type EntryType, firstPrevious, type JournalEntry } from "../../../src/sessions/journal-entry";

const created: EntryData<"session.created"> = {
  format: 1,
  id: "one",
  participant: "p",
  task: { id: "t", version: "1.0.0", title: "T", profile: "cpu", instructions: "i.md", open: [], files: {}, startingSolution: {} },
  scoring: {
    command: ["true"],
    environment: {},
    timeoutSeconds: 1,
    start: 10,
    reference: 2,
    direction: "min",
    aggregate: "best",
    unit: "s",
    visible: true,
    final: false,
  },
  sync: { ignore: [], pull: [], maxFileMB: 1 },
  timeLimitMinutes: 480,
  conditions: usualConditions,
  box: { kind: "local" },
  protection: "none",
};

function journal(first: Partial<EntryData<"session.created">["scoring"]>, scores: readonly (number | null)[]): JournalEntry[] {
  const entries: JournalEntry[] = [];
  const add = <Type extends EntryType>(type: Type, data: EntryData<Type>): void => {
    const at = new Date(Date.parse("2026-01-05T09:00:00.000Z") + entries.length * 1000).toISOString();
    entries.push({ seq: entries.length, at, mono: 0, type, data, prev: firstPrevious } as JournalEntry);
  };
  add("session.created", { ...created, scoring: { ...created.scoring, ...first } });
  scores.forEach((score, attempt) => {
    add("attempt.started", { attempt, kind: attempt === 0 ? "start" : "work", run: `r${attempt}`, snapshot: null });
    add("attempt.finished", {
      attempt,
      score,
      message: {},
      changedTo: null,
      invalid: score === null ? { reason: "rejected", text: "wrong" } : null,
      box: { startedAt: 0, endedAt: 0, aheadMs: 0 },
      files: { "stdout.log": null, "stderr.log": null, "result.json": null },
    });
  });
  return entries;
}

describe("the state of a session", () => {
  test("has the best valid attempt as its result where lower is better", () => {
    expect(stateOf(journal({}, [10, 6, null, 4, 5]))?.best).toBe(3);
  });

  test("has the best valid attempt as its result where higher is better", () => {
    expect(stateOf(journal({ direction: "max", start: 0, reference: 1 }, [0, 0.4, 0.9, 0.2]))?.best).toBe(2);
  });

  test("has the last valid attempt as its result where the task says so", () => {
    expect(stateOf(journal({ aggregate: "last" }, [10, 3, 7, null]))?.best).toBe(2);
  });

  test("keeps the earlier of two equal attempts as the best", () => {
    expect(stateOf(journal({}, [10, 6, 6]))?.best).toBe(1);
  });

  test("shows no score, normalised score or best mark of a task that hides them", () => {
    const state = stateOf(journal({ visible: false }, [10, 4]));
    const shown = (state?.attempts ?? []).map((attempt) => JSON.stringify(state && describeAttempt(attempt, state)));
    expect(shown.join()).not.toMatch(/\d/);
    expect(shown.join()).not.toContain("best");
  });

  test("is not derived from a journal that does not begin with its creation", () => {
    expect(stateOf(journal({}, [10]).slice(1))).toBeUndefined();
  });
});

describe("a raw score", () => {
  test("is shown with three significant digits", () => {
    expect([6.9423, 0.54, 1.56, 272.4, -0.0712, 0].map(formatScore)).toEqual(["6.94", "0.540", "1.56", "272", "-0.0712", "0.00"]);
  });

  test("times attempts and notes behind a gap anew when it is answered, and none before it", () => {
    const minute = 60_000;
    const entries: JournalEntry[] = [];
    const add = <Type extends EntryType>(type: Type, data: EntryData<Type>, atMinute: number): void => {
      const at = new Date(Date.parse("2026-01-05T09:00:00.000Z") + atMinute * minute).toISOString();
      entries.push({ seq: entries.length, at, mono: 0, type, data, prev: firstPrevious } as JournalEntry);
    };
    const from = Date.parse("2026-01-05T09:20:00.000Z");
    const gap = { cause: "closed" as const, from, until: from + 30 * minute };
    add("session.created", created, 0);
    add("clock.started", {}, 0);
    add("attempt.started", { attempt: 0, kind: "work", run: "a", snapshot: null }, 10);
    add("clock.gap", gap, 50);
    add("attempt.started", { attempt: 1, kind: "work", run: "b", snapshot: null }, 55);
    add("note.added", { text: "here" }, 56);
    const before = stateOf(entries);
    expect(before?.attempts.map(({ elapsedMs }) => elapsedMs)).toEqual([10 * minute, 55 * minute]);
    add("clock.adjusted", { addMs: -30 * minute, reason: "", gap: { ...gap, countedAs: "break" } }, 57);
    const after = stateOf(entries);
    expect(after?.attempts.map(({ elapsedMs }) => elapsedMs)).toEqual([10 * minute, 25 * minute]);
    expect(after?.notes.map(({ elapsedMs }) => elapsedMs)).toEqual([26 * minute]);
    expect(after?.clock.gaps).toEqual([]);
  });

  test("has no attempt as its result that was begun after the time was up", () => {
    const entries = journal({}, [10, 6, 3]).map((entry) => (entry.type === "attempt.started" && entry.data.attempt === 2 ? { ...entry, data: { ...entry.data, kind: "after-time" as const } } : entry));
    expect(stateOf(entries)?.best).toBe(1);
    expect(stateOf(entries)?.attempts[2]?.outcome).toMatchObject({ score: 3, gain: null });
  });
});
