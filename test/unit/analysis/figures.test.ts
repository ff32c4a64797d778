import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newReview, withEntry } from "../../../src/audit";
import { quantile } from "../../../src/analysis/bootstrap";
import { analysisOfRows, figuresOf, row, type RowOptions, studyOf } from "../../support/analysis";
import { analyse, scoreAtK } from "../../../src/analysis";

const hour = 3_600_000;

/** Two experts, whose mean rises to 0.2 at 60 min, 0.5 at 120 min and 0.8 at 240 min, and what agents did. */
const experts: readonly RowOptions[] = [
  { id: "e1", attempts: [[60, 0.4], [90, 0.3], [120, 1]] },
  { id: "e2", attempts: [[240, 0.6]] },
];
const agent = (id: string, score: number, minutes = 10): RowOptions => ({ id, group: "bot", limitMinutes: 30, attempts: [[minutes, score]] });

describe("figures", () => {
  it("are those of the definitions on a study small enough to compute by hand", async () => {
    const analysis = await analysisOfRows([...experts, agent("a1", 0, 5), agent("a2", 0.25, 15), agent("a3", 0.6), agent("a4", 1.2)]);
    const own = figuresOf(analysis, "bot");
    expect(own.result.value).toBeCloseTo(0.5125, 12);
    expect(own.aboveStart.value).toBe(0.75);
    expect(own.atReference.value).toBe(0.25);
    // Experts ended at 1 and 0.6: below both, below both, level with one, above both.
    expect(own.percentile.value).toBeCloseTo((0 + 0 + 25 + 100) / 4, 12);
    expect(own.humanMs.value).toBe(4 * hour);
    expect(own.attemptsPerHour.value).toBe(2);
    // By minute 10 two of four had improved.
    expect(own.improvementMs.value).toBe(10 * 60_000);
    const best = new Map(own.scoreAtK.map(({ totalMs, k, score, percentile, humanMs, isCapped }) => [totalMs / hour, { k, score: score.value, percentile: percentile.value, human: humanMs.value / hour, isCapped }]));
    expect(best.get(0.5)).toEqual({ k: 1, score: expect.closeTo(0.5125, 12) as number, percentile: 0, human: 4, isCapped: false });
    expect(best.get(1)).toEqual({ k: 2, score: expect.closeTo(scoreAtK([0, 0.25, 0.6, 1.2], 2), 12) as number, percentile: 50, human: Infinity, isCapped: false });
    expect(best.get(32)).toMatchObject({ k: 64, score: 1.2, isCapped: true });
    const mine = figuresOf(analysis, "human");
    expect(mine.result.value).toBeCloseTo(0.8, 12);
    expect(mine.attemptsPerHour.value).toBe(0.25);
    expect(mine.improvementMs.value).toBe(hour);
    const at = (minutes: number): number => mine.trajectory.findLast(({ atMs }) => atMs <= minutes * 60_000)?.value ?? NaN;
    expect([0, 59, 60, 120, 239, 240, 480].map(at)).toEqual([0, 0, 0.2, 0.5, 0.5, 0.8, 0.8].map((value) => expect.closeTo(value, 12) as number));
    expect(Number.isNaN(mine.percentile.value)).toBe(true);
    expect(analysis.runs.find(({ id }) => id === "a3")).toMatchObject({ percentile: 25, humanMs: 4 * hour, attempt: "1" });
  });

  it("average over tasks, each counting the same, and say over which", async () => {
    const analysis = await analysisOfRows([agent("1", 1), agent("2", 0), agent("3", 0), agent("4", 0), { ...agent("5", 1), task: "u" }, { id: "6", task: "u", attempts: [[60, 1]] }, { id: "7", attempts: [[119.7, 0.5]] }], {
      tasks: { t: { start: 0, reference: 1 }, u: { start: 0, reference: 1 } },
    });
    const average = analysis.averages.find(({ series }) => series.group === "bot");
    expect(average?.tasks).toEqual(["t", "u"]);
    expect(average?.result.value).toBeCloseTo((0.25 + 1) / 2, 12);
    expect(average?.result).toMatchObject({ n: 5, low: null, high: null });
    expect(average?.isSmall).toBe(true);
    // The experts' average over both tasks is 0.5 from one hour on and 0.75 from nearly two on.
    expect(average?.humanMs.value).toBe(119.7 * 60_000);
    expect(average?.scoreAtK.find(({ k }) => k === 2)?.score.value).toBeCloseTo((scoreAtK([1, 0, 0, 0], 2) + 1) / 2, 12);
  });

  it("count by the mean where a task's last score counts, whatever k is", async () => {
    const analysis = await analysisOfRows([agent("1", 0.2), agent("2", 0.8)], { tasks: { t: { start: 0, reference: 1, aggregate: "last" } } });
    expect(figuresOf(analysis, "bot").scoreAtK.map(({ score }) => score.value)).toEqual(Array.from({ length: 7 }, () => expect.closeTo(0.5, 12) as number));
  });

  it("have no interval with one run, and say that few runs are few", async () => {
    const one = figuresOf(await analysisOfRows([agent("1", 0.2)]), "bot");
    expect([one.result.low, one.result.high, one.isSmall]).toEqual([null, null, true]);
    const five = figuresOf(await analysisOfRows([1, 2, 3, 4, 5].map((score) => agent(String(score), score))), "bot");
    expect(five.isSmall).toBe(false);
    expect(five.result.low).toBeLessThan(3);
    expect(five.result.high).toBeGreaterThan(3);
  });

  it("are the same for the same seed in whatever order runs are read, and whatever else is read", async () => {
    const rows = [...experts, ...[0.1, 0.4, 0.4, 0.4, 0.9, 1.3].map((score, index) => agent(`a${index}`, score, 4 * index + 1))];
    const first = figuresOf(await analysisOfRows(rows), "bot");
    const second = figuresOf(await analysisOfRows([...rows].reverse()), "bot");
    const third = figuresOf(await analysisOfRows([...rows, { ...agent("z", 1), group: "other" }]), "bot");
    expect(second).toEqual(first);
    expect(third).toEqual(first);
    expect(figuresOf(await analysisOfRows(rows, { seed: 2 }), "bot").result).not.toEqual(first.result);
  });

  it("have intervals that cover the truth about as often as they say", async () => {
    // Ten studies of 40 draws from a uniform distribution, whose mean is 0.5 and whose standard error is 0.0456.
    const widths: number[] = [];
    for (let seed = 1; seed <= 10; seed++) {
      const rows = Array.from({ length: 40 }, (_, index) => agent(`r${index}`, (index + 0.5) / 40));
      const { result } = figuresOf(await analysisOfRows(rows, { seed, resamples: 400 }), "bot");
      widths.push((result.high ?? 0) - (result.low ?? 0));
    }
    const mean = widths.reduce((sum, width) => sum + width, 0) / widths.length;
    expect(mean).toBeCloseTo(2 * 1.96 * 0.0456, 1.7);
    expect(Math.abs(mean - 2 * 1.96 * 0.0456)).toBeLessThan(0.01);
  });

  it("cut runs off where the study asks for shorter ones", async () => {
    const analysis = await analysisOfRows([...experts], { runLengthsMinutes: [120] });
    const cut = analysis.perTask.find(({ series }) => series.lengthMs === 2 * hour);
    expect(cut?.series.label).toBe("human · first 2 h of 8 h");
    expect(cut?.result.value).toBeCloseTo(0.5, 12);
    expect(cut?.attemptsPerHour.value).toBe(3 / 4);
  });

  it("count violations as the study says, and show what that changes", async () => {
    const review = JSON.stringify(withEntry(newReview({ name: "cheat.jsonl", sha256: "", bytes: 0 }, "ann"), { type: "verdict.given", data: { verdict: "violation", score: "zero", reason: "copied", signature: "Ann" } }, 0));
    const files = { "honest.jsonl": row(agent("1", 0.4)), "cheat.jsonl": row(agent("2", 2)), "cheat.jsonl.ann.review.json": review, "honest.jsonl.ann.review.json": "{}" };
    const figures = async (violations: string) => await analyse(await studyOf(files, { tasks: { t: { start: 0, reference: 1 } }, violations }));
    for (const [violations, expected] of [["zero", 0.2], ["leave-out", 0.4], ["count", 1.2]] as const) {
      const analysis = await figures(violations);
      expect(figuresOf(analysis, "bot").result.value).toBeCloseTo(expected, 12);
      expect(analysis.violations).toMatchObject([{ runs: 2, violations: 1, results: { zero: 0.2, "leave-out": 0.4, count: 1.2 } }]);
      expect(analysis.remarks.map(({ reason }) => reason)).toContainEqual(expect.stringMatching(/^its review says violation; /));
      expect(analysis.remarks.map(({ reason }) => reason)).toContain("it is no review that can be read, so its verdict does not count");
    }
  });

  it("give no trajectory where only results are known", async () => {
    const own = figuresOf(await analysisOfRows([{ id: "1", group: "bot", score: 0.3 }, { id: "2", group: "bot", score: 0.5 }, { id: "3", score: 0.4 }]), "bot");
    expect(own.trajectory).toEqual([]);
    expect([own.humanMs.value, own.attemptsPerHour.value, own.improvementMs.value]).toEqual([NaN, NaN, NaN]);
    expect(own.percentile.value).toBe(50);
  });

  it("hold for any study: within bounds, and monotone in k and in time", async () => {
    const attempts = fc.array(fc.tuple(fc.double({ min: 0, max: 30, noNaN: true }), fc.oneof(fc.constant(null), fc.double({ min: -1, max: 2, noNaN: true }))), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.array(attempts, { minLength: 1, maxLength: 5 }), fc.array(attempts, { minLength: 1, maxLength: 4 }), async (agents, people) => {
        const analysis = await analysisOfRows([
          ...agents.map((log, index) => ({ id: `a${index}`, group: "bot", limitMinutes: 30, attempts: log })),
          ...people.map((log, index) => ({ id: `h${index}`, limitMinutes: 60, attempts: log })),
        ]);
        const own = figuresOf(analysis, "bot");
        for (const figures of [own.scoreAtK.map(({ score }) => score), own.trajectory]) {
          for (const [index, { value, low, high }] of figures.entries()) {
            expect(value).toBeGreaterThanOrEqual((figures[index - 1]?.value ?? 0) - 1e-9);
            expect(low ?? value).toBeLessThanOrEqual((high ?? value) + 1e-12);
          }
        }
        expect(own.trajectory.at(-1)?.value).toBeCloseTo(own.result.value, 9);
        expect(own.percentile.value).toBeGreaterThanOrEqual(-1e-9);
        expect(own.percentile.value).toBeLessThanOrEqual(100 + 1e-9);
      }),
      { numRuns: 25 },
    );
  });
});

describe("quantiles", () => {
  it("are those that numpy computes", () => {
    const values = Float64Array.of(0, 1, 2, 3, 10);
    expect([0, 0.025, 0.5, 0.6, 1].map((share) => quantile(values, share))).toEqual([0, 0.1, 2, 2.4, 10].map((value) => expect.closeTo(value, 12) as number));
    expect(quantile(Float64Array.of(1, 2, Infinity), 0.975)).toBe(Infinity);
    expect(quantile(Float64Array.of(1, 2, Infinity), 0.5)).toBe(2);
  });
});
