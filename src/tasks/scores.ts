import type { Profile, Task } from "./task";

/**
 * A score on the axis where the starting solution is 0 and the reference 1,
 * never below 0: `max(0, (y − start) / (reference − start))`, for either direction
 * (RE-Bench, arXiv 2411.15114, section 3).
 */
export function normalise(score: number, profile: Pick<Profile, "start" | "reference">): number {
  return Math.max(0, (score - profile.start) / (profile.reference - profile.start));
}

/** Whether `score` is strictly better than `other`. */
export function isBetter(score: number, other: number, direction: Task["scoring"]["direction"]): boolean {
  return direction === "min" ? score < other : score > other;
}
