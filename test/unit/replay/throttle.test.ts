import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { throttled } from "../../../webview/replay/throttle";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("what is throttled", () => {
  let value = 0;
  let kept: number[] = [];
  let keep = (): void => undefined;

  beforeEach(() => {
    value = 0;
    kept = [];
    keep = throttled(300, () => kept.push(value));
  });

  /** Changes the value every 100 ms. */
  function change(times: number): void {
    for (let time = 0; time < times; time++) {
      value++;
      keep();
      vi.advanceTimersByTime(100);
    }
  }

  test("is done at once, before any time has passed", () => {
    value = 7;
    keep();
    expect(kept).toEqual([7]);
  });

  test("is done once in a while as long as there is more, and has the last of it", () => {
    change(10);
    expect(kept).toEqual([1, 3, 6, 9]);
    vi.advanceTimersByTime(1000);
    expect(kept).toEqual([1, 3, 6, 9, 10]);
  });

  test("is done again behind a single change, for what was not there yet, and then rests", () => {
    keep();
    value = 5;
    vi.advanceTimersByTime(5000);
    expect(kept).toEqual([0, 5]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is done at once again after a rest", () => {
    change(1);
    vi.advanceTimersByTime(1000);
    value = 9;
    keep();
    expect(kept).toEqual([1, 1, 9]);
  });
});
