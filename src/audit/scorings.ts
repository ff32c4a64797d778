import type { TranscriptEvent } from "../transcripts";
import { failuresIn } from "./failures";

/** What a scoring said. */
export interface Scoring {
  /** Undefined where it is hidden, or said in another way. */
  readonly value: number | undefined;
  readonly isValid: boolean;
}

const invalid = /["']?\b(?:valid|correct|passed|success|accepted)["']?\s*[:=]\s*["']?(?:false|no)\b|\b(?:invalid|disqualified|rejected)\b|\bscore["']?\s*[:=]\s*["']?(?:null|none|nan)\b|RuleViolation/i;
/** A scoring that shows no score says that it counts. */
const saysValid = /^[^\w\n]*(?:(?:the )?(?:answer|submission|result)\W*|the \W*)?(?:is )?valid\b(?!["']?\s*[:=]\s*["']?(?:false|no))/im;
const scored = /\bscore["']?\s*(?:[:=]|is|of)\s*["']?(-?\d[\d_]*(?:\.\d+)?(?:e[-+]?\d+)?)/gi;

/** A scoring as the transcript tells of it by itself. */
export function scoringOf({ score, isError, text }: TranscriptEvent): Scoring {
  const value = score?.value ?? undefined;
  const said = text.slice(0, 4000);
  return { value, isValid: !isError && (value === undefined ? saysValid.test(said) : Number.isFinite(value) && !/["']?\b(?:valid|correct)["']?\s*[:=]\s*false\b/i.test(said)) };
}

/** What a scorer printed that was called like any other program. */
export function scoringIn(result: TranscriptEvent): Scoring {
  const text = result.text.slice(-20_000);
  const number = Array.from(text.matchAll(scored), ([, digits]) => Number(digits)).at(-1);
  const value = number !== undefined && Number.isFinite(number) ? number : undefined;
  return { value, isValid: saysValid.test(text) || (!invalid.test(text) && (value !== undefined || failuresIn(result).length === 0)) };
}
