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
});
