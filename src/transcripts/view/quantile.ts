import type { Sliced } from "./slices";

/**
 * The value that this share of the values does not exceed, by the nearest rank: one that is among them. Puts them into another order.
 * Quickselect (C. A. R. Hoare, Algorithm 65, 1961), which rests after each pass.
 *
 * @param values at least one, none of them NaN
 * @param share above 0, at most 1
 */
export function* quantile(values: Float64Array, share: number): Sliced<number> {
  const rank = Math.max(0, Math.ceil(share * values.length) - 1);
  let from = 0;
  let to = values.length - 1;
  while (from < to) {
    // At random, so that no order of values makes it slow; what comes out is the same.
    const pivot = values[from + Math.floor(Math.random() * (to - from + 1))] ?? 0;
    let low = from;
    let high = to;
    while (low <= high) {
      while ((values[low] ?? 0) < pivot) {
        low++;
      }
      while ((values[high] ?? 0) > pivot) {
        high--;
      }
      if (low <= high) {
        const value = values[low] ?? 0;
        values[low++] = values[high] ?? 0;
        values[high--] = value;
      }
    }
    if (rank <= high) {
      to = high;
    } else if (rank >= low) {
      from = low;
    } else {
      break;
    }
    yield;
  }
  return values[rank] ?? NaN;
}
