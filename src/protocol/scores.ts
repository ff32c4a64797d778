/** What the Scores panel shows: always the whole of it, so that a panel that was hidden misses nothing. */
export interface ScoresView {
  readonly title: string;
  readonly unit: string;
  /** False where the task hides scores; `rows` then hold none. */
  readonly visible: boolean;
  readonly limitMs: number;
  /** Working time now, in ms; the best line is drawn up to here. */
  readonly elapsedMs: number;
  /** In the order of their numbers. */
  readonly rows: readonly ScoreRow[];
}

/** One attempt in the Scores panel. */
export interface ScoreRow {
  readonly attempt: number;
  /** Working time in ms; null for the starting solution, off the clock. */
  readonly elapsedMs: number | null;
  /** As it is shown in the table. */
  readonly time: string;
  readonly score: string;
  /** Exact normalised score; null where there is none. */
  readonly normalised: number | null;
  /** Normalised best so far, this attempt included; null before the first valid one. */
  readonly best: number | null;
  readonly valid: boolean;
  readonly note: string;
}

/** From the extension to the panel. */
export type ToScores = { readonly type: "scores"; readonly view: ScoresView };

/** From the panel to the extension; `ready` comes first. */
export type FromScores = { readonly type: "ready" } | { readonly type: "openAttempt"; readonly attempt: number };

/** Reads a message from the panel; undefined for anything else. */
export function parseFromScores(message: unknown): FromScores | undefined {
  if (typeof message !== "object" || message === null || !("type" in message)) {
    return undefined;
  }
  if (message.type === "ready") {
    return { type: "ready" };
  }
  if (message.type === "openAttempt" && "attempt" in message && typeof message.attempt === "number") {
    return { type: "openAttempt", attempt: message.attempt };
  }
  return undefined;
}
