import { singleLine } from "../../base";
import type { Finding } from "../finding";

/** A transcript that was audited. */
export interface AuditedTranscript {
  /** As it was named by whoever asked. */
  readonly file: string;
  readonly format: string;
  /** Title of the task whose rules were used; empty for the general ones. */
  readonly rules: string;
  readonly events: number;
  readonly findings: readonly Finding[];
  /** Why it could not be read to its end, in one sentence. */
  readonly problem: string | undefined;
}

/** Findings of the same kind in a few words: `2 critical, 1 high`. */
export function countsOf(findings: readonly Finding[]): string {
  const counts = new Map<string, number>();
  for (const { severity } of findings) {
    counts.set(severity, (counts.get(severity) ?? 0) + 1);
  }
  return ["critical", "high", "medium", "low", "info"].flatMap((severity) => (counts.has(severity) ? [`${counts.get(severity) ?? 0} ${severity}`] : [])).join(", ");
}

/** Whose rules were used, for a person. */
export const rulesText = (rules: string): string => (rules === "" ? "the general rules" : `the rules of ${singleLine(rules, 100)}`);
