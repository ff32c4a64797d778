import { sha256 } from "../base";

/** From what a reader may skip to what voids a score, in ascending order. */
export const severities = ["info", "low", "medium", "high", "critical"] as const;

export type Severity = (typeof severities)[number];

/** Whether `one` weighs at least as much as `other`. */
export function isAtLeast(one: Severity, other: Severity): boolean {
  return severities.indexOf(one) >= severities.indexOf(other);
}

/** A place in an event's text. */
export interface Span {
  /** Place of the event in the transcript, counted from 0. */
  readonly event: number;
  readonly eventId: string;
  /** UTC, ms since the epoch. */
  readonly time?: number | undefined;
  /** UTF-16 units from the start of the event's text; the end is excluded. */
  readonly start: number;
  readonly end: number;
  /** What stands there, cut at {@link maxQuote} units. Hostile text. */
  readonly quote: string;
}

/** A place that supports a finding, and what it shows. */
export interface Evidence {
  /** Such as `source`, `copy`, `earlier link`, `result`. */
  readonly label: string;
  readonly span: Span;
}

/** A place where a rule may have been broken. A person decides whether it was. */
export interface Finding {
  /** The same for the same place of the same transcript, however often it is audited, also when the transcript has grown. */
  readonly fingerprint: string;
  readonly rule: string;
  readonly title: string;
  readonly detector: string;
  readonly severity: Severity;
  /** `attempted` as well where the transcript does not tell how it ended. */
  readonly status: "attempted" | "succeeded";
  /** One sentence: what was done, and why the rule forbids it. */
  readonly reason: string;
  /** The sentence of the instructions that the rule enforces, where there is one. */
  readonly sentence: string | undefined;
  readonly sample: string | undefined;
  readonly span: Span;
  readonly evidence: readonly Evidence[];
  /** How often the same was done. The span is the first time. */
  readonly occurrences: number;
}

/** UTF-16 units of a quote. */
export const maxQuote = 600;

/** Ids of events stay when a transcript grows, and so do fingerprints, which are made of them. */
export function fingerprintOf(rule: string, detector: string, sample: string | undefined, span: Span): string {
  return sha256(JSON.stringify([rule, detector, sample ?? "", span.eventId, span.start, span.end])).slice(0, 32);
}
