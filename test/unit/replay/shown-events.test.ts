import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EventRow } from "../../../src/transcripts/store/rows";
import { eventAtTime, EventColumns, inSlices, outlineAt, outlineParts, sharesOfTime, ShownEvents, stopsFrom, timelineOf, usefulOutlines, wholeRange } from "../../../src/transcripts";
import { everything } from "../../../src/transcripts/view/shown-events";

const plain: EventRow = { kind: "message", isError: false, isRepeat: false, changesFiles: false, time: undefined, link: undefined, agent: "", branch: "", sample: "", tool: "", score: undefined, span: undefined, beginsSpan: false, isScorers: false, titleBytes: 0, textBytes: 0 };

function columnsOf(rows: readonly Partial<EventRow>[]): EventColumns {
  const columns = new EventColumns();
  const all = rows.map((row): EventRow => ({ ...plain, ...row }));
  columns.extend({ count: all.length, row: (ordinal) => all[ordinal] ?? plain }, Infinity);
  return columns;
}

function tookOf(stretch: { readonly from: number; readonly to: number } | undefined): number | undefined {
  return stretch === undefined ? undefined : stretch.to - stretch.from;
}

function orderOf(shown: ShownEvents): number[] {
  return Array.from({ length: shown.count }, (_, index) => shown.ordinal(index));
}

function listed(rows: readonly Partial<EventRow>[], filter = {}): number[] {
  const shown = new ShownEvents(columnsOf(rows), { ...everything, ...filter });
  shown.extend(true);
  return orderOf(shown);
}

const call = { kind: "tool-call" } as const;
const resultOf = (link: number): Partial<EventRow> => ({ kind: "tool-result", link });
const judge = { kind: "message", isScorers: true } as const;
const score = { kind: "score", isScorers: true, score: { value: 1, isFinal: true } } as const;

describe("the events that are listed", () => {
  test("have each result behind its call, and leave one that comes much later where it happened", () => {
    expect(listed([call, call, resultOf(0), resultOf(1)])).toEqual([0, 2, 1, 3]);
    expect(listed([call, ...Array<Partial<EventRow>>(60).fill({}), resultOf(0)]).at(-1)).toBe(61);
  });

  test("have what a scorer did under its score where that is opened, and else not at all", () => {
    const rows = [{}, judge, judge, score, {}];
    expect(listed(rows)).toEqual([0, 3, 4]);
    expect(listed(rows, { openScores: [3] })).toEqual([0, 3, 1, 2, 4]);
    expect(listed([{}, judge, {}])).toEqual([0, 1, 2]);
    expect(listed([{}, judge])).toEqual([0, 1]);
  });

  test("leave out what is filtered, but for what is revealed", () => {
    const rows: Partial<EventRow>[] = [{ kind: "state" }, { agent: "a" }, { agent: "b" }, { isRepeat: true }, { ...call, tool: "bash" }, resultOf(4)];
    expect(listed(rows, { hiddenKinds: ["state"] })).toEqual([1, 2, 4, 5]);
    expect(listed(rows, { agents: ["b"] })).toEqual([2]);
    expect(listed(rows, { tools: ["bash"] })).toEqual([4, 5]);
    expect(listed(rows, { hiddenKinds: ["state"], showsRepeats: true, revealed: [0] })).toEqual([0, 1, 2, 3, 4, 5]);
    expect(listed([{ kind: "state", tool: "terminal" }], { hiddenKinds: ["state"] })).toEqual([0]);
  });

  const someRows = fc.array(fc.constantFrom<Partial<EventRow>>({}, call, judge, score, { kind: "state" }, { isRepeat: true }, { kind: "tool-result", link: 0 }, { kind: "tool-result", link: 3 }), { maxLength: 40 });

  test("are the same whether they came at once, bit by bit, or were taken back in between", () => {
    fc.assert(
      fc.property(someRows, fc.array(fc.nat(40)), fc.nat(40), (some, cuts, kept) => {
        const rows = some.map((row, ordinal) => (row.link !== undefined && row.link >= ordinal ? {} : row));
        const all = columnsOf(rows);
        const filter = { ...everything, hiddenKinds: ["state" as const] };
        const atOnce = new ShownEvents(all, filter);
        atOnce.extend(true);

        const growing = new EventColumns();
        const shown = new ShownEvents(growing, filter);
        const grow = (count: number): void => {
          growing.extend({ count, row: (ordinal) => ({ ...plain, ...rows[ordinal] }) }, Infinity);
          shown.extend(false);
        };
        cuts.forEach((count) => grow(Math.min(count, rows.length)));
        growing.truncate(kept);
        shown.truncate(Math.min(kept, growing.count));
        grow(rows.length);
        shown.extend(true);
        expect(orderOf(shown)).toEqual(orderOf(atOnce));
        orderOf(shown).forEach((ordinal, index) => expect(shown.indexOf(ordinal)).toBe(index));
      }),
    );
  });

  test("tell from which index on they changed", () => {
    const rows: Partial<EventRow>[] = [call, call, {}, resultOf(0)];
    const growing = new EventColumns();
    const shown = new ShownEvents(growing, everything);
    const grow = (count: number): number => {
      growing.extend({ count, row: (ordinal) => ({ ...plain, ...rows[ordinal] }) }, Infinity);
      return shown.extend(false);
    };
    expect(grow(3)).toBe(0);
    expect(grow(4)).toBe(1);
  });
});

describe("turns, stops and the outline", () => {
  const rows: Partial<EventRow>[] = [
    { kind: "system" }, { kind: "user" }, { kind: "reasoning" }, call, resultOf(3),
    { kind: "message" }, call, resultOf(6), { kind: "score", score: { value: 0.5, isFinal: false } }, { kind: "user" },
  ];
  const columns = columnsOf(rows);
  const shown = new ShownEvents(columns, everything);
  shown.extend(true);

  test("begin a turn at a user's message and where the agent goes on after an answer", () => {
    expect(outlineParts(columns, "turns", 0, 10).map(({ ordinal, end, scores }) => [ordinal, end, scores])).toEqual([[1, 5, 0], [5, 9, 1], [9, columns.count, 0]]);
    expect([0, 1, 4, 5, 9].map((ordinal) => outlineAt(columns, "turns", ordinal))).toEqual([-1, 0, 0, 1, 2]);
  });

  test("step by turn and by score, both ways, from anywhere", () => {
    const stops = (unit: "turn" | "score" | "event", from: number, direction: 1 | -1): number[] => stopsFrom(columns, shown, unit, from, direction, 9).map(({ index }) => index);
    expect(stops("turn", 0, 1)).toEqual([1, 5, 9]);
    expect(stops("turn", 9, -1)).toEqual([5, 1]);
    expect(stops("score", 0, 1)).toEqual([8]);
    expect(stops("score", 8, 1)).toEqual([]);
    expect(stops("event", 7, 1)).toEqual([8, 9]);
    expect(stopsFrom(columns, shown, "finding", 0, 1, 9, [6, 4]).map(({ index }) => index)).toEqual([4, 6]);
  });

  test("step by what failed, but for what is said again", () => {
    const failing = columnsOf([{ isError: true }, {}, { kind: "error", isError: true, isRepeat: true }, { kind: "tool-result", isError: true }]);
    const all = new ShownEvents(failing, { ...everything, showsRepeats: true });
    all.extend(true);
    expect(stopsFrom(failing, all, "problem", 0, 1, 9).map(({ ordinal }) => ordinal)).toEqual([3]);
    expect(stopsFrom(failing, all, "problem", 3, -1, 9).map(({ ordinal }) => ordinal)).toEqual([0]);
    expect(outlineParts(failing, "agents", 0, 9).map(({ errors }) => errors)).toEqual([2]);
  });

  test("count a failure once, although an error and a score say the same at that moment", () => {
    const failed = (time: number | undefined, of: Partial<EventRow> = {}): Partial<EventRow> => ({ isError: true, ...(time === undefined ? {} : { time }), ...of });
    const node = [failed(9, { kind: "tool-result" }), failed(9, { kind: "error" }), { kind: "note", time: 9 } as const, failed(9, { kind: "score" })];
    const problems = (rows: readonly Partial<EventRow>[]): number[] => {
      const { problems: found } = columnsOf(rows);
      return Array.from({ length: found.length }, (_, number) => found.at(number));
    };
    expect(problems([call, ...node, call, ...node])).toEqual([1, 6]);
    expect(problems([{ kind: "tool-result", time: 9 }, failed(9, { kind: "score" })])).toEqual([1]);
    // What fails later, elsewhere, or at a time that is not known is another thing.
    expect(problems([failed(9, { kind: "tool-result" }), failed(10, { kind: "error" })])).toEqual([0, 1]);
    expect(problems([failed(9, { kind: "tool-result" }), { ...call, time: 9 }, failed(9, { kind: "error" })])).toEqual([0, 2]);
    expect(problems([failed(9, { kind: "tool-result" }), failed(9, { kind: "error", branch: "b" })])).toEqual([0, 1]);
    expect(problems([failed(9, { kind: "tool-result" }), failed(9, { kind: "tool-result" })])).toEqual([0, 1]);
    expect(problems([failed(undefined, { kind: "tool-result" }), failed(undefined, { kind: "error" })])).toEqual([0, 1]);
  });

  test("have times below zero before their sample does something, which is no time that it took", () => {
    const columns = columnsOf([{ kind: "state", sample: "a", time: 1000 }, { sample: "a", time: 31_000 }, { sample: "a", time: 33_000 }, { kind: "state", sample: "b", time: 5 }]);
    expect([0, 1, 2].map((ordinal) => columns.elapsed(ordinal))).toEqual([-30_000, 0, 2000]);
    expect([columns.tookUntil(0), columns.tookUntil(2), columns.tookUntil(-1)]).toEqual([0, 2000, undefined]);
  });

  test("tell how long each turn took: with the answer that it begins with, and without the wait for a person before it", () => {
    const timed = columnsOf([{ kind: "user", time: 1000 }, { time: 3000 }, { ...call, time: 3000 }, { ...resultOf(2), time: 4000 }, { kind: "reasoning", time: undefined }, { time: 9000 }, { kind: "user", time: 60_000 }, { time: 61_000 }, { time: 70_000, sample: "b" }]);
    expect(outlineParts(timed, "turns", 0, 9).map(({ ordinal, stretch }) => [ordinal, tookOf(stretch)])).toEqual([[0, 3000], [4, 5000], [6, 1000], [8, 0]]);
    expect(outlineParts(columnsOf([{ kind: "user" }, {}]), "turns", 0, 9).map(({ stretch }) => stretch)).toEqual([undefined]);
  });

  test("tell how long each sample took since it began to do something", () => {
    const waited = columnsOf([{ kind: "state", time: 0, sample: "a" }, { kind: "user", time: 50_000, sample: "a" }, { time: 58_000, sample: "a" }, { kind: "state", sample: "a" }]);
    expect(outlineParts(waited, "samples", 0, 9).map(({ stretch }) => tookOf(stretch))).toEqual([8000]);
  });

  test("say which share of the time of their sample they took where they may run side by side, and samples of the time of all", () => {
    const rows: Partial<EventRow>[] = [{ kind: "state", time: 0, beginsSpan: true }, { time: 4000, agent: "one" }, { time: 8000, agent: "two" }, { time: 10_000, agent: "two" }];
    const columns = columnsOf([...rows.map((row) => ({ ...row, sample: "a" })), { kind: "user", time: 5000, sample: "b" }, { time: 20_000, sample: "b" }, { kind: "user", sample: "c" }]);
    const shareOf = sharesOfTime(columns);
    const shares = (mode: "turns" | "agents" | "samples"): unknown[] => outlineParts(columns, mode, 0, 9).map((part) => [part.ordinal, shareOf(part.mode, part.ordinal, part.stretch)]);
    expect(shares("agents").slice(1, 3)).toEqual([[1, [0.4, 0.4]], [2, [0.8, 1]]]);
    expect(shares("samples")).toEqual([[0, [0, 0.375]], [4, [0.0625, 1]], [6, undefined]]);
    expect(new Set(outlineParts(columns, "turns", 0, 9).flatMap((part) => (part.mode === "turns" ? [shareOf(part.mode, part.ordinal, part.stretch)] : [])))).toEqual(new Set([undefined]));
    // What a span's own ends say may lie outside of what is known of the sample.
    expect(shareOf("spans", 0, { from: -5000, to: 99_000 })).toEqual([0, 1]);
  });

  test("stand under their sample where there are several", () => {
    const rows: Partial<EventRow>[] = [{ kind: "state" }, { kind: "state", sample: "a" }, { kind: "user", sample: "a" }, { ...score, sample: "a" }, { sample: "b" }, { kind: "user", sample: "b" }];
    const several = columnsOf(rows);
    const shownParts = (): unknown[] => outlineParts(several, "turns", 0, 9).map(({ mode, ordinal, end, number, scores }) => [mode, ordinal, end, number, scores]);
    const all = [["samples", 1, 4, 0, 1], ["turns", 2, 4, 1, 1], ["samples", 4, 6, 0, 0], ["turns", 4, 5, 2, 0], ["turns", 5, 6, 3, 0]];
    expect(shownParts()).toEqual(all);
    expect([0, 1, 2, 4, 5].map((ordinal) => outlineAt(several, "turns", ordinal))).toEqual([-1, 0, 1, 3, 4]);
    several.truncate(4);
    expect(shownParts()).toEqual([["turns", 2, 4, 1, 1]]);
    several.extend({ count: rows.length, row: (ordinal) => ({ ...plain, ...rows[ordinal] }) }, Infinity);
    expect(shownParts()).toEqual(all);
  });

  test("nest spans by those around them", () => {
    const spans = columnsOf([{ kind: "state", beginsSpan: true }, { kind: "state", beginsSpan: true, span: 0 }, { span: 1 }, { kind: "state", beginsSpan: true }]);
    expect(outlineParts(spans, "spans", 0, 9).map(({ ordinal, depth }) => [ordinal, depth])).toEqual([[0, 0], [1, 1], [3, 0]]);
  });
});

describe("the timeline", () => {
  test("counts every event that is listed once, by step and by time", async () => {
    const columns = columnsOf([{ time: 1000 }, { kind: "user", time: 2000 }, {}, { kind: "score", time: 5000, score: { value: 2, isFinal: true } }]);
    const shown = new ShownEvents(columns, everything);
    shown.extend(true);
    for (const [by, counted] of [["step", 4], ["time", 3]] as const) {
      const range = await inSlices(wholeRange(columns, shown, by));
      expect(range).toBeDefined();
      const timeline = await inSlices(timelineOf(columns, shown, range ?? { by, from: 0, to: 1 }, 7));
      expect(timeline.counts.reduce((sum, one) => sum + one, 0)).toBe(counted);
      expect(timeline.scores).toMatchObject([{ ordinal: 3, value: 2, isFinal: true }]);
    }
  });
});

describe("the lanes of the timeline", () => {
  const lanesOf = async (rows: readonly Partial<EventRow>[], by: "step" | "time" = "step"): Promise<[name: string | undefined, counts: readonly number[]][]> => {
    const columns = columnsOf(rows);
    const shown = new ShownEvents(columns, everything);
    shown.extend(true);
    return (await inSlices(timelineOf(columns, shown, { by, from: 0, to: rows.length }, rows.length))).lanes.map(({ name, counts }) => [name, counts]);
  };

  test("say which agent did something when, and nothing of one that is alone", async () => {
    expect(await lanesOf([{}, { agent: "b" }, {}, { agent: "b" }])).toEqual([["", [1, 0, 1, 0]], ["b", [0, 1, 0, 1]]]);
    expect(await lanesOf([{ agent: "b" }, { agent: "b" }])).toEqual([]);
  });

  test("are those of samples where there are several, by time and without what is of none", async () => {
    const rows: Partial<EventRow>[] = [{ kind: "state", time: 0 }, { sample: "x", agent: "b", time: 1 }, { sample: "y", time: 1 }, { sample: "x", time: 3 }];
    expect(await lanesOf(rows, "time")).toEqual([["x", [0, 1, 0, 1]], ["y", [0, 1, 0, 0]]]);
    expect(await lanesOf(rows)).toEqual([]);
  });

  test("are few: of many the others are one, and every event is in one", async () => {
    const rows = Array.from({ length: 300 }, (_, row): Partial<EventRow> => ({ agent: `a${row % 3 === 0 ? row % 4 : row}` }));
    const lanes = await lanesOf(rows);
    expect(lanes.map(([name]) => name)).toEqual(["a0", "a1", "a2", undefined]);
    expect(lanes.flatMap(([, counts]) => counts).reduce((sum, one) => sum + one, 0)).toBe(rows.length);
  });
});

describe("branches", () => {
  test("are of use where there are several, which a line that is written in part does not make", () => {
    expect(usefulOutlines(columnsOf([{ branch: "0" }, { branch: "0" }, { kind: "error" }]))).not.toContain("branches");
    expect(usefulOutlines(columnsOf([{ branch: "0" }, { branch: "1" }]))).toContain("branches");
  });
});

describe("the event at a time", () => {
  const rows: Partial<EventRow>[] = [
    { sample: "a", time: 1000 },
    { sample: "a", time: 3000, kind: "state" },
    { sample: "a" },
    { sample: "a", time: 5000 },
    { sample: "b", time: 90_000 },
    { sample: "b", time: 94_000 },
  ];
  const at = (near: number, elapsed: number, filter = {}, all = rows): number | undefined => {
    const columns = columnsOf(all);
    const shown = new ShownEvents(columns, { ...everything, ...filter });
    shown.extend(true);
    return eventAtTime(columns, shown, near, elapsed);
  };

  test("is the last one up to it in the sample that the reader is at, or its first", () => {
    expect([0, 1999, 2000, 3999, 4000, 1e9].map((elapsed) => at(3, elapsed))).toEqual([0, 0, 1, 1, 3, 3]);
    expect([0, 3999, 4000].map((elapsed) => at(5, elapsed))).toEqual([4, 4, 5]);
  });

  test("is one that is listed, and none where nothing has a time", () => {
    expect(at(0, 2000, { hiddenKinds: ["state"] })).toBe(0);
    expect(at(0, 2000, { samples: ["b"] })).toBeUndefined();
    expect(at(0, 0, {}, [{}, {}])).toBeUndefined();
    expect(at(0, 0, {}, [])).toBeUndefined();
  });
});
