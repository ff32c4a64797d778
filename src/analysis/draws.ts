import { drawCounts } from "./random";

/** How many resamples are computed together: what the runs did is then fetched from memory once for all of them. */
export const lanes = 4;

/** How often each run of a list was drawn, in each of four resamples. */
export class Draws {
  /** A list for each resample. */
  readonly counts: readonly Uint32Array[];
  /** The same, the four numbers of each run next to each other. */
  readonly together: Float64Array;

  constructor(runs: number) {
    this.counts = Array.from({ length: lanes }, () => new Uint32Array(runs));
    this.together = new Float64Array(lanes * runs);
  }

  /** @param first number of the first of the resamples; −1 draws every run once, in all of them */
  draw(seed: number, first: number): void {
    for (const [lane, counts] of this.counts.entries()) {
      if (first < 0) {
        counts.fill(1);
      } else {
        drawCounts(counts, seed, first + lane);
      }
      for (let run = 0; run < counts.length; run++) {
        this.together[lanes * run + lane] = counts[run] ?? 0;
      }
    }
  }
}
