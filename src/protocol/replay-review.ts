import * as z from "zod";
import { once } from "../base/once";
import { type ReviewVerdict, reviewVerdicts } from "./replay-words";

/** How much findings weigh, in ascending order. */
export const findingSeverities = ["info", "low", "medium", "high", "critical"] as const;
export type FindingSeverity = (typeof findingSeverities)[number];

/** What can be said of a finding; `open` takes back what was said. */
export const findingDecisions = ["confirmed", "dismissed", "open"] as const;
export type FindingDecision = (typeof findingDecisions)[number];

/** A place in an event's text. */
export interface ReplaySpan {
  /** The event: its place among all, and its id, which stays when the transcript is written anew. */
  readonly ordinal: number;
  readonly id: string;
  /** ms since its sample began. */
  readonly elapsed: number | undefined;
  /** UTF-16 units of the event's text. */
  readonly start: number;
  readonly end: number;
  readonly quote: string;
}

/** A place where a rule may have been broken. */
export interface ReplayFinding {
  readonly fingerprint: string;
  readonly rule: string;
  readonly title: string;
  readonly severity: FindingSeverity;
  readonly status: "attempted" | "succeeded";
  readonly reason: string;
  /** The sentence of the instructions that the rule enforces; empty where there is none. */
  readonly sentence: string;
  readonly sample: string;
  readonly span: ReplaySpan;
  readonly evidence: readonly { readonly label: string; readonly span: ReplaySpan }[];
  readonly occurrences: number;
}

/** How the audit of a transcript stands. */
export interface ReplayAudit {
  readonly state: "none" | "running" | "done" | "failed";
  /** From 0 to 1. */
  readonly done: number;
  /** Why it failed, or did not come to the end of the transcript. */
  readonly problem: string;
  /** Whose rules: those of a task by its title; empty for the general ones. */
  readonly rules: string;
  /** How many events the transcript had. */
  readonly events: number;
  /** Whether the transcript was written anew since: places may be others. */
  readonly isStale: boolean;
  /** In the order of the transcript. */
  readonly findings: readonly ReplayFinding[];
  /** How many findings are too many to be shown. */
  readonly left: number;
}

export interface ReplayDecision {
  readonly fingerprint: string;
  readonly decision: Exclude<FindingDecision, "open">;
  readonly reason: string;
  /** ms since the epoch. */
  readonly at: number;
}

/** What was said of a place, and the answers to it. */
export interface ReplayNote {
  readonly id: string;
  readonly reviewer: string;
  /** Id of the event. */
  readonly event: string;
  readonly field: string;
  readonly start: number;
  readonly end: number;
  readonly quote: string;
  readonly text: string;
  readonly labels: readonly string[];
  readonly at: number;
  readonly answers: readonly { readonly reviewer: string; readonly text: string; readonly at: number }[];
  readonly isClosed: boolean;
}

export interface ReplayVerdict {
  readonly verdict: ReviewVerdict;
  readonly score: "counted" | "zero";
  readonly reason: string;
  readonly signature: string;
  readonly at: number;
}

/** What one reviewer says. */
export interface ReplayReviewer {
  readonly reviewer: string;
  readonly decisions: readonly ReplayDecision[];
  readonly verdict: ReplayVerdict | undefined;
}

/** How far another reviewer agrees with one's own review. */
export interface ReplayAgreement {
  readonly reviewer: string;
  /** Findings that both decided. */
  readonly both: number;
  /** Cohen's κ; undefined where it says nothing. */
  readonly kappa: number | undefined;
  /** Findings that were decided differently. */
  readonly disagreements: readonly string[];
  readonly sameVerdict: boolean | undefined;
}

/** All reviews of a transcript that may be seen. */
export interface ReplayReview {
  /** With what a verdict is signed; empty until it is known. */
  readonly signature: string;
  readonly own: ReplayReviewer;
  readonly others: readonly ReplayReviewer[];
  readonly agreements: readonly ReplayAgreement[];
  readonly notes: readonly ReplayNote[];
  /** How many reviews are hidden until the own verdict is given. */
  readonly hidden: number;
  /** How many reviews of others are left out: those of another version of the transcript, and those that were changed by hand. */
  readonly leftOut: number;
  /** Whether the transcript has grown since the own review was begun, which is about its beginning. */
  readonly isOfBeginning: boolean;
  /** Why nothing can be added; empty where it can. */
  readonly problem: string;
}

const place = once(() => z.number().int().nonnegative());
const sentence = once(() => z.string().max(4000));

/** What a reviewer does. */
export const reviewQuestions = once(
  () =>
    ({
      decide: z
        .object({ fingerprint: z.string().max(100), decision: z.enum(findingDecisions), reason: sentence() })
        .refine(({ decision, reason }) => decision !== "dismissed" || reason.trim() !== ""),
      /** Start and end are UTF-16 units behind byte `from` of the text, or of the title. */
      annotate: z.object({ ordinal: place(), field: z.enum(["text", "title"]), from: place(), start: place(), end: place(), text: sentence().min(1), labels: z.array(z.string().min(1).max(40)).max(10) }),
      answerNote: z.object({ to: z.string().max(100), text: sentence().min(1) }),
      closeNote: z.object({ id: z.string().max(100) }),
      giveVerdict: z.object({ verdict: z.enum(reviewVerdicts), score: z.enum(["counted", "zero"]), reason: sentence(), signature: z.string().trim().min(1).max(200) }),
    }) as const satisfies Record<string, z.ZodType>,
);

type ReviewQuestions = ReturnType<typeof reviewQuestions>;
export type ReviewAction = { readonly [Name in keyof ReviewQuestions]: { readonly action: Name; readonly data: z.infer<ReviewQuestions[Name]> } }[keyof ReviewQuestions];
