import { formatSeconds } from "../base";
import type { Estimate } from "./bootstrap";
import type { SeriesFigures } from "./figures";

/** A score with three decimals, which is finer than any of its noise; empty where it is not defined. */
export function scoreText(value: number): string {
  return Number.isNaN(value) ? "" : value.toFixed(3);
}

/** How many there are, thousands apart. */
export function countText(count: number): string {
  return new Intl.NumberFormat("en").format(count);
}

/** How many runs are behind a series' figures, such as `12 on 3 tasks (few)`. */
export function runsText({ result, tasks, fewestRuns, isSmall }: SeriesFigures): string {
  const few = fewestRuns > 1 ? "few" : result.n === tasks.length ? (tasks.length > 1 ? "one on each: no interval" : "no interval") : "one alone on some: no interval";
  return `${countText(result.n)}${tasks.length > 1 ? ` on ${tasks.length} tasks` : ""}${isSmall ? ` (${few})` : ""}`;
}

/** A percentile with one decimal. */
export function percentText(value: number): string {
  return Number.isNaN(value) ? "" : value.toFixed(1);
}

/** A share as a percentage with its interval, such as `82 % [74, 90]`. */
export function shareText({ value, low, high }: Estimate): string {
  const percentage = (share: number): string => (100 * share).toFixed(0);
  return Number.isNaN(value) ? "" : `${percentage(value)} %${low === null || high === null ? "" : ` [${percentage(low)}, ${percentage(high)}]`}`;
}

/** A human-equivalent time as `h:mm:ss`. */
export function humanTimeText(ms: number): string {
  return timeText(ms, "not within the limit");
}

/** A time to the first improvement as `h:mm:ss`. */
export function improvementText(ms: number): string {
  return timeText(ms, "never");
}

function timeText(ms: number, unreached: string): string {
  return Number.isNaN(ms) ? "" : ms === Infinity ? unreached : formatSeconds(ms);
}

/** An estimate with its interval, such as `0.41 [0.32, 0.50]`. */
export function estimateText({ value, low, high }: Estimate, text: (value: number) => string): string {
  const isPlain = low === null || high === null || Number.isNaN(value) || (low === Infinity && value === Infinity);
  return isPlain ? text(value) : `${text(value)} [${text(low)}, ${text(high)}]`;
}
