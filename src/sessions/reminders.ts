import type { Clock } from "./clock";
import { remainingAt } from "./clock";

const minute = 60_000;

/** With so much time left, in ms, the expert is told. */
export const remindAt = [120 * minute, 30 * minute, 5 * minute] as const;

/**
 * Which of `remindAt` is to be told now; undefined where none is.
 * @param now UTC, ms
 * @param told the last that was told in this session; undefined where none was
 */
export function dueReminder(clock: Clock, now: number, told: number | undefined): number | undefined {
  if (clock.state !== "running") {
    return undefined;
  }
  const remaining = remainingAt(clock, now);
  // A session that is shorter anyway has nothing to be told at its start.
  const due = remindAt.filter((left) => left < clock.limitMs && remaining <= left).at(-1);
  return due !== undefined && remaining > 0 && (told === undefined || due < told) ? due : undefined;
}
