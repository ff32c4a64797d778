import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scoreAtK } from "../../../src/analysis";

const results = fc.array(fc.double({ min: 0, max: 3, noNaN: true }), { minLength: 1, maxLength: 9 });

/** The definition: the mean, over all subsets of k runs, of the best of each. */
function meanOverSubsets(values: readonly number[], k: number): number {
  let sum = 0;
  let count = 0;
  for (let subset = 0; subset < 2 ** values.length; subset++) {
    const chosen = values.filter((_, index) => (subset & (1 << index)) !== 0);
    if (chosen.length === k) {
      sum += Math.max(...chosen);
      count++;
    }
  }
  return sum / count;
}

/** The same by the weights that RE-Bench's paper gives: k/n, then each the last times 1 − (k − 1)/r for r = n − 1 … k, normalised. */
function byWeights(values: readonly number[], k: number): number {
  const n = values.length;
  const weights = [k / n];
  for (let r = n - 1; r >= k; r--) {
    weights.push((weights.at(-1) ?? 0) * (1 - (k - 1) / r));
  }
  const sum = weights.reduce((one, other) => one + other, 0);
  const descending = [...values].sort((one, other) => other - one);
  return weights.reduce((expected, weight, index) => expected + (weight / sum) * (descending[index] ?? 0), 0);
}

describe("score@k", () => {
  it("is the mean over all subsets of the best of each", () => {
    fc.assert(
      fc.property(results, fc.nat(), (values, pick) => {
        const k = 1 + (pick % values.length);
        expect(scoreAtK(values, k)).toBeCloseTo(meanOverSubsets(values, k), 10);
        expect(scoreAtK(values, k)).toBeCloseTo(byWeights(values, k), 10);
      }),
    );
  });

  it("is the mean for 1, the best for n and for more than n", () => {
    fc.assert(
      fc.property(results, (values) => {
        expect(scoreAtK(values, 1)).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / values.length, 10);
        expect(scoreAtK(values, values.length)).toBe(Math.max(...values));
        expect(scoreAtK(values, values.length + 5)).toBe(Math.max(...values));
      }),
    );
  });

  it("never falls with k and does not depend on the order", () => {
    fc.assert(
      fc.property(results, (values) => {
        for (let k = 1; k < values.length; k++) {
          expect(scoreAtK(values, k + 1)).toBeGreaterThanOrEqual(scoreAtK(values, k) - 1e-12);
          expect(scoreAtK([...values].reverse(), k)).toBe(scoreAtK(values, k));
        }
      }),
    );
  });

  it("comes to four decimals that were computed elsewhere from all subsets", () => {
    const values = [0, 0.11, 0.37, 0.37, 0.64, 0.9, 1.25];
    expect([1, 2, 3, 4, 5, 6, 7, 8].map((k) => scoreAtK(values, k).toFixed(4))).toEqual(["0.5200", "0.7867", "0.9449", "1.0551", "1.1376", "1.2000", "1.2500", "1.2500"]);
  });

  it("stays exact for thousands of runs, where binomial coefficients overflow", () => {
    const values = Array.from({ length: 5000 }, (_, index) => index / 5000);
    // The expected best of k of the numbers 0 … n − 1 is k (n + 1) / (k + 1) − 1.
    for (const k of [1, 2, 17, 400, 4999]) {
      expect(scoreAtK(values, k)).toBeCloseTo(((k * 5001) / (k + 1) - 1) / 5000, 9);
    }
  });
});
