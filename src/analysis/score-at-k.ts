/**
 * Chance that the best of `k` runs, drawn without replacement from `n`, is among the worst `m`, for m = 0 … n: C(m, k) / C(n, k).
 * More than `n` runs cannot be drawn: k over n counts as n.
 */
export function chanceOfBestBelow(n: number, k: number): Float64Array {
  const drawn = Math.min(k, n);
  const chances = new Float64Array(n + 1);
  chances[n] = 1;
  for (let m = n; m > drawn; m--) {
    chances[m - 1] = ((chances[m] ?? 0) * (m - drawn)) / m;
  }
  return chances;
}

/**
 * score@k: the expected best of `k` runs drawn without replacement, exactly. The i-th best of n counts with the weight
 * C(n − i, k − 1) / C(n, k), which is k/n for the best, and for each next one the last times 1 − (k − 1) / r, r = n − 1 … k
 * (RE-Bench, arXiv 2411.15114, section 4). NaN without runs.
 *
 * @param results in any order
 */
export function scoreAtK(results: Float64Array | readonly number[], k: number): number {
  const descending = Float64Array.from(results).sort().reverse();
  const n = descending.length;
  const chances = chanceOfBestBelow(n, k);
  let expected = n === 0 ? NaN : 0;
  for (let index = 0; index < n; index++) {
    expected += (descending[index] ?? 0) * ((chances[n - index] ?? 0) - (chances[n - index - 1] ?? 0));
  }
  return expected;
}
