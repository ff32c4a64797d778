import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalise } from "../../../src/tasks";

const finite = fc.double({ noNaN: true, min: -1e6, max: 1e6 });

describe("a normalised score", () => {
  test("is 0 for the start and 1 for the reference, in either direction", () => {
    fc.assert(
      fc.property(finite, finite, (start, reference) => {
        fc.pre(start !== reference);
        expect(normalise(start, { start, reference })).toBe(0);
        expect(normalise(reference, { start, reference })).toBe(1);
      }),
    );
  });

  test("is never negative and grows with better scores", () => {
    fc.assert(
      fc.property(finite, finite, (one, other) => {
        const profile = { start: 10, reference: 2 };
        const [better, worse] = [Math.min(one, other), Math.max(one, other)];
        expect(normalise(worse, profile)).toBeGreaterThanOrEqual(0);
        expect(normalise(better, profile)).toBeGreaterThanOrEqual(normalise(worse, profile));
      }),
    );
  });

  // Published pairs of RE-Bench (arXiv 2411.15114): kernel in ms, LLM Foundry in s, MLM and embedding in loss, Rust as a share.
  test.each([
    ["kernel, 0.3 ms", Math.log(0.3), 1.56, 0.47, 2.53],
    ["kernel, 0.5 ms", Math.log(0.5), 1.56, 0.47, 2.07],
    ["LLM Foundry, 40 s", Math.log(40), 5.6058, 4.5433, 1.8],
    ["LLM Foundry, 80 s", Math.log(80), 5.6058, 4.5433, 1.15],
    ["MLM, loss 2.6", Math.log(2.6 - 1.5), 1.8142, 1.13, 2.51],
    ["embedding, loss 2.3", Math.log(2.3 - 1.5), 2.1962, 0.2624, 1.25],
    ["Rust, 17 %", 0.17, 0, 0.127, 1.34],
  ])("agrees with the published one: %s", (_name, score, start, reference, published) => {
    // Both the constants and the published values are rounded to the second decimal.
    expect(Math.abs(normalise(score, { start, reference }) - published)).toBeLessThan(0.01);
  });
});
