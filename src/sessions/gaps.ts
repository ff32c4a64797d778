/** A stretch of a running clock of which it is not known whether it was worked in. UTC, ms. */
export interface Gap {
  /**
   * `closed`: nothing that shows the session was running. `slept`: it was, but the computer, or it, stood still.
   * `clock-jumped`: the wall clock moved and no other clock did.
   */
  readonly cause: "closed" | "slept" | "clock-jumped";
  readonly from: number;
  /** Before `from` where the wall clock was set back. */
  readonly until: number;
}

/** A moment at which the editor was there, by all clocks of the computer. In ms. */
export interface Sign {
  /** UTC, since the epoch. */
  readonly at: number;
  /** Since the computer was started. */
  readonly sinceBoot: number;
  /** Which start of the computer it counts from; null where that is not known. */
  readonly boot: string | null;
}

/** What lies between two signs. */
export interface Absence {
  /** What the expert is to be asked about. */
  readonly gaps: readonly Gap[];
  /** What the wall clock gained or lost and is no question: never counted. */
  readonly corrections: readonly Gap[];
}

/** Shorter than this (a reload, a restart of the editor) nothing is a gap. In ms. */
export const shortestGap = 2 * 60_000;

/** Wall clocks are adjusted by small steps all the time, and starts are told to the second; less than this is no jump. In ms. */
export const tolerableJump = 2000;

/**
 * Finds the gaps between two signs while the clock ran.
 *
 * The clock that counts from the computer's start tells how long it really was; it goes on while the computer sleeps, and nobody can
 * set it. What the wall clock says beyond that is a jump. Set back, it is made up for: time does not run backwards, so there is
 * nothing to ask. Set forward by much, there may have been time that no clock of this computer saw (a virtual machine that stood
 * still), so it is a question. Where the computer was started anew in between, only the wall clock can tell.
 *
 * @param isOneProcess whether the same process gave both signs, so that there was no start of the computer in between
 */
export function absenceBetween(last: Sign, now: Sign, cause: "closed" | "slept", isOneProcess: boolean): Absence {
  const wall = now.at - last.at;
  const isOneBoot = isOneProcess || (last.boot !== null && last.boot === now.boot);
  const passed = isOneBoot ? Math.max(0, now.sinceBoot - last.sinceBoot) : Math.max(0, wall);
  const jump = wall - passed;
  const jumped: Gap = { cause: "clock-jumped", from: now.at - jump, until: now.at };
  const isQuestion = jump >= shortestGap;
  const end = isQuestion ? jumped.from : now.at;
  return {
    gaps: [...(passed >= shortestGap ? [{ cause, from: end - passed, until: end }] : []), ...(isQuestion ? [jumped] : [])],
    corrections: !isQuestion && Math.abs(jump) >= tolerableJump ? [jumped] : [],
  };
}

/** What an answer adds to the working time, in ms: a break takes away the gap, but for what was scored in it. */
export function adjustmentFor(gap: Gap, countedAs: "work" | "break", scorings: readonly { readonly from: number; readonly until: number }[]): number {
  if (countedAs === "work") {
    return 0;
  }
  const scored = scorings.reduce((sum, { from, until }) => sum + Math.max(0, Math.min(until, gap.until) - Math.max(from, gap.from)), 0);
  // Of a phantom stretch, which no clock but one saw, nothing was scored.
  return -(gap.until - gap.from) + (gap.cause === "clock-jumped" ? 0 : scored);
}
