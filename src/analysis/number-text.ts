import { formatMinutes } from "../base";
import type { Estimate } from "./bootstrap";

/** A score with three decimals, which is finer than any of its noise; empty where it is not defined. */
export function scoreText(value: number): string {
  return Number.isNaN(value) ? "" : value.toFixed(3);
}

/** A percentile with one decimal. */
export function percentText(value: number): string {
  return Number.isNaN(value) ? "" : value.toFixed(1);
}

/** A share as a percentage. */
export function shareText(share: number): string {
  return Number.isNaN(share) ? "" : `${(100 * share).toFixed(0)} %`;
}

/** A human-equivalent time as `h:mm`. */
export function humanTimeText(ms: number): string {
  return timeText(ms, "not within the limit");
}

/** A time to the first improvement as `h:mm`. */
export function improvementText(ms: number): string {
  return timeText(ms, "never");
}

function timeText(ms: number, unreached: string): string {
  return Number.isNaN(ms) ? "" : ms === Infinity ? unreached : formatMinutes(ms);
}

/** An estimate with its interval, such as `0.41 [0.32, 0.50]`. */
export function estimateText({ value, low, high }: Estimate, text: (value: number) => string): string {
  const isPlain = low === null || high === null || Number.isNaN(value) || (low === Infinity && value === Infinity);
  return isPlain ? text(value) : `${text(value)} [${text(low)}, ${text(high)}]`;
}
