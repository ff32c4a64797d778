import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { coverage, indexOfScroll, scrollHeight, scrollTopOf, settle } from "../../../webview/replay/window";

describe("where rows lie in the list", () => {
  test("the anchor stays where it is when rows above it become higher", () => {
    const before = settle({ index: 5, top: 40 }, { first: 3, heights: [50, 50, 50, 900] }, 100, 300);
    const after = settle({ index: 5, top: 40 }, { first: 3, heights: [50, 350, 50, 900] }, 100, 300);
    expect(before.top).toBe(-60);
    expect(after.top).toBe(-360);
  });

  test("the list begins at the top of the view and ends at its bottom", () => {
    expect(settle({ index: 0, top: 80 }, { first: 0, heights: [100, 500] }, 2, 300).top).toBe(0);
    expect(settle({ index: 8, top: -400 }, { first: 8, heights: [100, 300] }, 10, 300).top).toBe(-100);
    expect(settle({ index: 0, top: -50 }, { first: 0, heights: [20] }, 1, 300).top).toBe(0);
  });

  test("drawing more and dropping what is far away ends, and then covers the view", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.array(fc.integer({ min: 20, max: 1500 }), { minLength: 1, maxLength: 50 }), fc.nat(), fc.integer({ min: -3000, max: 3000 }), (count, heights, at, top) => {
        const height = (index: number): number => heights[index % heights.length] ?? 20;
        let first = at % count;
        let last = first + 1;
        let anchor = { index: first, top };
        let settled = settle(anchor, { first, heights: [height(first)] }, count, 800);
        for (let round = 0; round < 60; round++) {
          const drawn = { first, heights: Array.from({ length: last - first }, (_, number) => height(first + number)) };
          settled = settle(anchor, drawn, count, 800);
          anchor = settled.anchor;
          const need = coverage(settled.top, drawn, count, 800, 600, 120);
          if (need.before + need.behind + need.dropBefore + need.dropBehind === 0) {
            const bottom = drawn.heights.reduce((sum, one) => sum + one, settled.top);
            expect(first === 0 || settled.top <= 0).toBe(true);
            expect(last === count || bottom >= 800).toBe(true);
            expect(anchor.index >= first && anchor.index < last).toBe(true);
            return;
          }
          first += need.dropBefore - need.before;
          last += need.behind - need.dropBehind;
          expect(first >= 0 && last <= count && first < last).toBe(true);
        }
        expect.fail("does not end");
      }),
    );
  });
});

describe("the scroll bar", () => {
  test("leads to every row of a list far longer than it", () => {
    const count = 337_000;
    const scrollable = scrollHeight(count, 120, 900) - 900;
    expect(scrollable).toBeLessThan(8_000_001);
    for (const index of [1, 168_500, 336_900]) {
      const top = scrollTopOf({ index, top: 0 }, 120, count, scrollable, false, false);
      expect(Math.abs(indexOfScroll(top, count, scrollable) - index)).toBeLessThanOrEqual(1);
    }
    expect(scrollTopOf({ index: 3, top: 0 }, 120, count, scrollable, true, false)).toBe(0);
    expect(scrollTopOf({ index: 336_990, top: 0 }, 120, count, scrollable, false, true)).toBe(scrollable);
  });
});
