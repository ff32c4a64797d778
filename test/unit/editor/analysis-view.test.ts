import { expect, it } from "vitest";
import { analysisCharts, analysisRuns, analysisView } from "../../../src/editor/analysis-view";
import { analysisOfRows, type RowOptions } from "../../support/analysis";

/** Three experts and many agents on one task, each with two improvements; one expert and one agent on another. */
const study = analysisOfRows(
  [
    ...Array.from({ length: 3 }, (_, index): RowOptions => ({ id: `human-${index}`, attempts: [[60, 0.2], [120, 0.3 + index / 10]] })),
    ...Array.from({ length: 3000 }, (_, index): RowOptions => ({ id: `agent-${index}`, group: "bot", limitMinutes: 30, attempts: [[5, index / 6000], [10, index / 3000]] })),
    { id: "u-human", task: "u", attempts: [[60, 0.5]] },
    { id: "u-agent", task: "u", group: "bot", limitMinutes: 30, attempts: [[5, 0.4]] },
  ],
  { tasks: { t: { start: 0, reference: 1 }, u: { start: 0, reference: 1 } } },
);

it("draws some of very many runs, says of how many, and always the few of a series and its best and worst", async () => {
  const { dots, runCount, lines, lineCount } = analysisCharts(await study, "t");
  expect([dots.length, runCount, lines.length, lineCount]).toEqual([2000, 3003, 60, 3002]);
  const names = dots.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["human-0", "human-1", "human-2", "agent-0", "agent-2999"]));
  expect(new Set(names).size).toBe(2000);
  expect(lines.filter(({ name }) => name.startsWith("human"))).toHaveLength(3);
  const all = analysisCharts(await study, "");
  expect(all.dots.filter(({ task }) => task === "u")).toHaveLength(2);
  expect([all.runCount, all.lines]).toEqual([3005, []]);
});

it("pages through all runs, and finds them by name, task or group", async () => {
  const first = analysisRuns(await study, "t", "", 0);
  expect([first.from, first.found, first.rows.length]).toEqual([0, 3003, 100]);
  expect(first.rows[0]?.cells.slice(0, 4)).toEqual(["agent-2999", "t", "bot", "1.000"]);
  const last = analysisRuns(await study, "t", "", 1e9);
  expect([last.from, last.rows.length]).toEqual([3000, 3]);
  const found = analysisRuns(await study, "", " AGENT-299", 0);
  expect(found.rows.map(({ cells }) => cells[0])).toEqual(["agent-2999", "agent-2998", "agent-2997", "agent-2996", "agent-2995", "agent-2994", "agent-2993", "agent-2992", "agent-2991", "agent-2990", "agent-299"]);
  expect((await study).runs[found.rows[10]?.run ?? -1]?.id).toBe("agent-299");
  expect(analysisRuns(await study, "", "nobody", 300)).toMatchObject({ from: 0, found: 0, rows: [] });
});

it("lists what was left out and what counts with a remark, equal reasons once with their places", async () => {
  const { remarks } = analysisView(await analysisOfRows([{ id: "a", attempts: [[-1, 1], [1, 0.5], [2, "inf"]] }, { id: "b", attempts: [[-2, 1]] }, { id: "b", score: 1 }, "{"]), "");
  expect(remarks.map(({ isLeftOut, count, reason, places }) => [isLeftOut, count, reason, places.map((place) => place.replace(/^.*runs\.jsonl/, ""))])).toEqual([
    [true, 2, "attempt: it lies before the clock was started", [", line 1, attempt 1", ", line 2, attempt 1"]],
    [true, 1, "run: it is a duplicate: a run b of t was read before", [", line 3"]],
    [true, 1, "row: it is not JSON", [", line 4"]],
    [false, 1, "attempt: its score is infinite, so it counts as an invalid attempt", [", line 1, attempt 3"]],
    [false, 1, "run: it has no attempt, so it counts as 0", [", line 2"]],
  ]);
});

it("says how many runs are behind a figure, and where one alone gives no interval", async () => {
  const rowOf = (task: string, series: string): string | undefined => analysisCharts(analysis, task).figures.find(([name]) => name === series)?.[1];
  const analysis = await study;
  expect(rowOf("t", "bot · 30 min")).toBe("3,000");
  expect(rowOf("t", "human · 8 h")).toBe("3 (few)");
  expect(rowOf("u", "human · 8 h")).toBe("1 (no interval)");
  expect(rowOf("", "bot · 30 min")).toBe("3,001 on 2 tasks (one alone on some: no interval)");
  const two = await analysisOfRows([{ id: "a", score: 0.5 }, { id: "b", task: "u", score: 0.7 }]);
  expect(analysisCharts(two, "").figures[1]?.slice(1, 3)).toEqual(["2 on 2 tasks (one on each: no interval)", "0.600"]);
  expect(analysisView(analysis, "/x").method).toMatch(/^3,005 runs\. /);
});

it("says how solvers stand among experts, that there are none, and nothing of that of experts themselves", async () => {
  const amongExperts = (analysis: Awaited<typeof study>): (string[] | undefined)[] => analysisCharts(analysis, "t").figures.slice(1).map((cells) => cells.slice(5, 7));
  const [bot, human] = amongExperts(await study).sort((one, other) => (other?.[0] ?? "").length - (one?.[0] ?? "").length);
  expect(bot?.[0]).toMatch(/^\d/);
  expect(human).toEqual(["", ""]);
  expect(amongExperts(await analysisOfRows([{ id: "a", group: "bot", attempts: [[5, 0.4]] }]))).toEqual([["no experts", "no experts"]]);
  const withoutLogs = await analysisOfRows([{ id: "a", group: "bot", attempts: [[5, 0.4]] }, { id: "b", task: "u", score: 0.5 }], { tasks: { t: { start: 0, reference: 1 }, u: { start: 0, reference: 1 } } });
  expect(analysisCharts(withoutLogs, "").figures.slice(1).map((cells) => cells.slice(5, 7))).toContainEqual(["not known", "not known"]);
});
