import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { elapsedAt, remainingAt } from "../../../src/sessions";
import { advanceClock, newClock } from "../../../src/sessions/clock";
import { absenceBetween, adjustmentFor, type Gap } from "../../../src/sessions/gaps";
import { firstPrevious, type JournalEntry } from "../../../src/sessions/journal-entry";

const limit = 8 * 3_600_000;
const begin = Date.parse("2026-01-05T09:00:00.000Z");

type ClockStep = { type: "clock.started" | "clock.paused" | "clock.resumed"; afterMs: number };

function entry(type: ClockStep["type"] | "clock.expired" | "session.submitted", at: number): JournalEntry {
  const common = { seq: 0, at: new Date(at).toISOString(), mono: 0, prev: firstPrevious };
  switch (type) {
    case "clock.paused":
      return { ...common, type, data: { reason: "lunch" } };
    case "session.submitted":
      return { ...common, type, data: { result: null, attempt: null } };
    default:
      return { ...common, type, data: {} };
  }
}

describe("the session clock", () => {
  test("counts exactly the stretches between start or resume and pause", () => {
    const gaps = fc.array(fc.nat(3_600_000), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(gaps, fc.nat(3_600_000), (stretches, tail) => {
        let clock = newClock(limit);
        let at = begin;
        let worked = 0;
        stretches.forEach((stretch, index) => {
          const type = index === 0 ? "clock.started" : index % 2 === 1 ? "clock.paused" : "clock.resumed";
          clock = advanceClock(clock, entry(type, at));
          const runs = type !== "clock.paused";
          const length = index === stretches.length - 1 ? tail : stretch;
          worked += runs ? length : 0;
          at += length;
        });
        expect(elapsedAt(clock, at)).toBe(Math.min(limit, worked));
        expect(remainingAt(clock, at)).toBe(limit - Math.min(limit, worked));
      }),
    );
  });

  test("is the same however long the editor was not running", () => {
    const clock = advanceClock(newClock(limit), entry("clock.started", begin));
    expect(elapsedAt(clock, begin + 90 * 60_000)).toBe(90 * 60_000);
  });

  test("stands still after submission", () => {
    const running = advanceClock(newClock(limit), entry("clock.started", begin));
    const submitted = advanceClock(running, entry("session.submitted", begin + 5000));
    expect(elapsedAt(submitted, begin + 3_600_000)).toBe(5000);
  });

  test("never shows less than nothing or more than the limit, even when the wall clock is set back", () => {
    const clock = advanceClock(newClock(limit), entry("clock.started", begin));
    expect(elapsedAt(clock, begin - 60_000)).toBe(0);
    expect(elapsedAt(clock, begin + 2 * limit)).toBe(limit);
    expect(remainingAt(clock, begin + 2 * limit)).toBe(0);
  });
});

describe("a gap", () => {
  const gap: Gap = { cause: "closed", from: begin, until: begin + 3_600_000 };
  const sign = (at: number, sinceBoot: number, boot: string | null = "a"): { at: number; sinceBoot: number; boot: string | null } => ({ at, sinceBoot, boot });

  test("that was a break takes nothing away of what was scored in it", () => {
    const scorings = [
      { from: begin - 600_000, until: begin + 600_000 },
      { from: begin + 900_000, until: begin + 1_000_000 },
      { from: begin + 3_500_000, until: begin + 9_000_000 },
      { from: begin + 9_000_000, until: begin + 9_100_000 },
    ];
    expect(adjustmentFor(gap, "break", scorings)).toBe(-(3_600_000 - 600_000 - 100_000 - 100_000));
    expect(adjustmentFor(gap, "work", scorings)).toBe(0);
    expect(adjustmentFor({ ...gap, cause: "clock-jumped" }, "break", scorings)).toBe(-3_600_000);
  });

  test("is as long as the clock says that nobody can set, where the computer ran on", () => {
    expect(absenceBetween(sign(begin, 1000), sign(begin + 3_600_000, 1000 + 3_600_000), "closed", false)).toEqual({ gaps: [gap], corrections: [] });
    expect(absenceBetween(sign(begin, 1000), sign(begin - 60_000, 1000 + 3_600_000), "closed", false)).toEqual({
      gaps: [{ cause: "closed", from: begin - 60_000 - 3_600_000, until: begin - 60_000 }],
      corrections: [{ cause: "clock-jumped", from: begin + 3_600_000, until: begin - 60_000 }],
    });
  });

  test("is as long as the wall clock says where the computer was started anew", () => {
    expect(absenceBetween(sign(begin, 1000), sign(begin + 3_600_000, 5000, "b"), "closed", false)).toEqual({ gaps: [gap], corrections: [] });
    expect(absenceBetween(sign(begin, 1000, null), sign(begin + 3_600_000, 9_000_000, null), "closed", false).gaps).toEqual([gap]);
  });

  test("is none where the editor was only loaded anew", () => {
    expect(absenceBetween(sign(begin, 1000), sign(begin + 119_000, 120_000), "closed", false)).toEqual({ gaps: [], corrections: [] });
  });
});
