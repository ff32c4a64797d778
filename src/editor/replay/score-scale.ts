import { formatScore } from "../../base";
import type { EventColumns, TranscriptStore } from "../../transcripts";

/** How scores of a transcript are normalised, where its task is known. */
export interface ScoreScale {
  /** Scores of the starting solution and of the reference: 0 and 1. */
  readonly start: number;
  readonly reference: number;
}

/** The scale of a session: its journal says at its beginning how it is scored. */
export async function scoreScale(store: TranscriptStore): Promise<ScoreScale | undefined> {
  if (store.state.format !== "baseliner" || store.count === 0) {
    return undefined;
  }
  const { scoring } = (await store.event(0)).fields;
  if (typeof scoring !== "object" || scoring === null || !("start" in scoring) || !("reference" in scoring)) {
    return undefined;
  }
  const { start, reference } = scoring;
  return typeof start === "number" && typeof reference === "number" && start !== reference ? { start, reference } : undefined;
}

export function normalised(value: number, scale: ScoreScale | undefined): number | undefined {
  return scale === undefined ? undefined : (value - scale.start) / (scale.reference - scale.start);
}

/** What is said of the scores up to an event of its sample: the best where it is known which way is better, else the last. */
export function scoreSoFar(columns: EventColumns, ordinal: number, scale: ScoreScale | undefined): string {
  let best = -Infinity;
  for (let number = columns.scores.countUpTo(ordinal) - 1; number >= 0; number--) {
    const score = columns.scores.at(number);
    if (columns.samples.at(score) !== columns.samples.at(ordinal)) {
      break;
    }
    const value = columns.scoreValues.at(score);
    if (Number.isNaN(value)) {
      continue;
    }
    const one = normalised(value, scale);
    if (one === undefined) {
      return `score ${formatScore(value)}`;
    }
    best = Math.max(best, one);
  }
  return best === -Infinity ? "" : `best ${formatScore(best)}`;
}
