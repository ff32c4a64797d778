import { singleLine } from "../base";
import type { Attempt, SessionState } from "./session-state";

/** An attempt in the words of a score log: for a table, a tree row or a line of output. */
export interface AttemptDescription {
  /** The raw score; empty where there is none to show. */
  readonly score: string;
  /** The raw score with its unit: `1.11 ln(ms)`; empty where there is none to show. */
  readonly scoreWithUnit: string;
  /** On the axis start 0, reference 1; empty where there is none to show. */
  readonly normalised: string;
  /** `best`, `+0.06`, `invalid: …`, `scoring…` and the like. */
  readonly note: string;
  readonly isBest: boolean;
}

/** Describes an attempt. Scores of a task that hides them are not in it. Its text is one line, free of control characters. */
export function describeAttempt(attempt: Attempt, state: SessionState): AttemptDescription {
  const { outcome } = attempt;
  const isBest = state.best === attempt.number && attempt.kind !== "start" && state.created.scoring.visible;
  const only = (note: string): AttemptDescription => ({ score: "", scoreWithUnit: "", normalised: "", note, isBest: false });
  switch (outcome.kind) {
    case "running":
      return only("scoring…");
    case "invalid":
      return only(`invalid: ${singleLine(outcome.text)}`);
    case "lost":
      return only(`lost: ${singleLine(outcome.text)}`);
    case "failed":
      return only(`failed: ${singleLine(outcome.text)}`);
    case "hidden":
      return only(["recorded; the score is hidden", kindNotes[attempt.kind]].filter((part) => part !== "").join(" · "));
    case "scored": {
      const kind = kindNotes[attempt.kind];
      if (!state.created.scoring.visible) {
        return only(["recorded; the score is hidden", kind].filter((part) => part !== "").join(" · "));
      }
      const gain = outcome.gain === null || attempt.kind === "start" ? "" : `+${outcome.gain.toFixed(2)}`;
      const changed = attempt.changedWhileScoring ? "· files changed while scoring" : "";
      const note = [isBest ? "best" : "", gain, kind, changed].filter((part) => part !== "").join(" ");
      const score = formatScore(outcome.score);
      return { score, scoreWithUnit: singleLine(`${score} ${state.created.scoring.unit}`), normalised: outcome.normalised.toFixed(2), note, isBest };
    }
  }
}

/** What is special about an attempt of a kind, in a word or two. */
const kindNotes: Record<Attempt["kind"], string> = { start: "off the clock", work: "", "after-time": "after time", final: "final" };

/** A raw score with three significant digits, at most four of them behind the point. */
export function formatScore(score: number): string {
  const magnitude = score === 0 ? 0 : Math.floor(Math.log10(Math.abs(score)));
  return score.toFixed(Math.min(4, Math.max(0, 2 - magnitude)));
}
