/** An estimate with its bootstrap interval. */
export interface Estimate {
  /** NaN where it is not defined, Infinity for a time that is never reached. */
  readonly value: number;
  /** 2.5th and 97.5th percentile of the resamples; null where there are fewer than two runs of a task to draw from. */
  readonly low: number | null;
  readonly high: number | null;
  /** How many runs are behind it. */
  readonly n: number;
}

/**
 * A quantile of numbers in ascending order, linearly interpolated between the two nearest (type 7 of Hyndman and Fan 1996, what
 * numpy computes). Next to an infinite one there is nothing to interpolate: then the upper of the two counts.
 */
export function quantile(ascending: Float64Array, share: number): number {
  const place = share * (ascending.length - 1);
  const lower = ascending[Math.floor(place)] ?? NaN;
  const upper = ascending[Math.ceil(place)] ?? NaN;
  return Number.isFinite(upper) ? lower + (upper - lower) * (place - Math.floor(place)) : upper;
}

/**
 * The percentile interval of resampled values (Efron and Tibshirani 1993, chapter 13): 95 % of them lie within. Values that are not
 * defined are passed over. Sorts `values`.
 */
export function interval(values: Float64Array): { low: number; high: number } | undefined {
  values.sort();
  const defined = values.findLastIndex((value) => !Number.isNaN(value)) + 1;
  const usable = values.subarray(0, defined);
  return defined === 0 ? undefined : { low: quantile(usable, 0.025), high: quantile(usable, 0.975) };
}

/**
 * An estimate from a value and its resamples. Where there are fewer than two runs to draw from, a bootstrap says nothing, so there is no interval.
 * @param fewest runs on any of the tasks that it is over
 */
export function estimate(value: number, resampled: Float64Array, n: number, fewest: number): Estimate {
  const found = fewest < 2 || Number.isNaN(value) ? undefined : interval(resampled);
  return { value, low: found?.low ?? null, high: found?.high ?? null, n };
}
