import * as z from "zod";
import { once, sha256 } from "../../base";

/** Decisions about a finding. `open` takes a decision back. */
export const decisions = ["confirmed", "dismissed", "open"] as const;
export const verdicts = ["clean", "violation", "unclear"] as const;

const anchorSchema = once(() =>
  z.object({
    /** Id of the event in the transcript. */
    event: z.string(),
    /** `text`, or the path of a field such as `fields.arguments.command`. */
    field: z.string().default("text"),
    /** UTF-16 units. */
    start: z.number().int().nonnegative(),
    end: z.number().int().nonnegative(),
    /** What stands there, so that it is found again should the transcript be rewritten. */
    quote: z.string().max(2000),
  }),
);

const partSchema = once(() =>
  z.discriminatedUnion("type", [
    z.object({ type: z.literal("finding.decided"), data: z.object({ fingerprint: z.string(), decision: z.enum(decisions), reason: z.string() }) }),
    z.object({ type: z.literal("note.added"), data: z.object({ id: z.string(), anchor: anchorSchema(), text: z.string(), labels: z.array(z.string()).default([]) }) }),
    z.object({ type: z.literal("note.answered"), data: z.object({ id: z.string(), to: z.string(), text: z.string() }) }),
    z.object({ type: z.literal("note.closed"), data: z.object({ id: z.string() }) }),
    z.object({ type: z.literal("verdict.given"), data: z.object({ verdict: z.enum(verdicts), score: z.enum(["counted", "zero"]), reason: z.string(), signature: z.string().min(1) }) }),
  ]),
);

/** What a reviewer does. */
export type ReviewPart = z.infer<ReturnType<typeof partSchema>>;

const entrySchema = once(() => z.intersection(z.object({ seq: z.number().int(), at: z.string(), prev: z.string() }), partSchema()));

/** One thing that a reviewer did, chained to the one before. */
export type ReviewEntry = z.infer<ReturnType<typeof entrySchema>>;

const reviewSchema = once(() =>
  z.object({
    format: z.literal(1),
    /** SHA-256 of the transcript's bytes: a review belongs to what was read, wherever it lies. */
    transcript: z.object({ name: z.string(), sha256: z.string(), bytes: z.number() }),
    /** Code of the reviewer. */
    reviewer: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
    entries: z.array(entrySchema()),
  }),
);

/** All that one reviewer said of one transcript. */
export type Review = z.infer<ReturnType<typeof reviewSchema>>;

export type Verdict = Extract<ReviewPart, { type: "verdict.given" }>["data"] & { readonly at: string };
export type Decision = Extract<ReviewPart, { type: "finding.decided" }>["data"] & { readonly at: string };
export type Note = Extract<ReviewPart, { type: "note.added" }>["data"] & { readonly at: string; readonly answers: readonly { readonly text: string; readonly at: string }[]; readonly isClosed: boolean };

/** What a review says now. */
export interface ReviewState {
  /** By the finding's fingerprint; taken back ones are not in it. */
  readonly decisions: ReadonlyMap<string, Decision>;
  readonly notes: readonly Note[];
  /** The last one that was given. */
  readonly verdict: Verdict | undefined;
}

export function newReview(transcript: Review["transcript"], reviewer: string): Review {
  return reviewSchema().parse({ format: 1, transcript, reviewer, entries: [] });
}

const beginning = "0".repeat(64);
const hashOfEntry = (entry: ReviewEntry): string => sha256(JSON.stringify([entry.seq, entry.at, entry.type, entry.data, entry.prev]));

/** The review with one more entry; what was there stays as it is. @param at UTC, ms since the epoch */
export function withEntry(review: Review, part: ReviewPart, at: number): Review {
  const last = review.entries.at(-1);
  const entry: ReviewEntry = { seq: review.entries.length, at: new Date(at).toISOString(), ...partSchema().parse(part), prev: last === undefined ? chainStart(review) : hashOfEntry(last) };
  return { ...review, entries: [...review.entries, entry] };
}

/** The chain begins with who reviews what, so that neither can be changed. */
const chainStart = ({ transcript, reviewer }: Review): string => sha256(JSON.stringify([beginning, transcript.sha256, reviewer]));

/** Where the chain of a review is broken: the first entry that is not what was written. */
export function brokenAt(review: Review): number | undefined {
  let prev = chainStart(review);
  for (const [index, entry] of review.entries.entries()) {
    if (entry.prev !== prev || entry.seq !== index) {
      return index;
    }
    prev = hashOfEntry(entry);
  }
  return undefined;
}

export function reviewState({ entries }: Review): ReviewState {
  const decided = new Map<string, Decision>();
  const notes = new Map<string, { -readonly [Name in keyof Note]: Note[Name] }>();
  let verdict: Verdict | undefined;
  for (const entry of entries) {
    const { at } = entry;
    switch (entry.type) {
      case "finding.decided":
        if (entry.data.decision === "open") {
          decided.delete(entry.data.fingerprint);
        } else {
          decided.set(entry.data.fingerprint, { ...entry.data, at });
        }
        break;
      case "note.added":
        notes.set(entry.data.id, { ...entry.data, at, answers: [], isClosed: false });
        break;
      case "note.answered": {
        const note = notes.get(entry.data.to);
        if (note !== undefined) {
          note.answers = [...note.answers, { text: entry.data.text, at }];
        }
        break;
      }
      case "note.closed": {
        const note = notes.get(entry.data.id);
        if (note !== undefined) {
          note.isClosed = true;
        }
        break;
      }
      case "verdict.given":
        verdict = { ...entry.data, at };
        break;
    }
  }
  return { decisions: decided, notes: Array.from(notes.values()), verdict };
}

/** Reads a review as it was stored. @throws {z.ZodError | SyntaxError} where it is none */
export function parseReview(text: string): Review {
  return reviewSchema().parse(JSON.parse(text));
}

/** One review of each reviewer: of several versions, as when files were renamed or copied, the one that goes furthest. */
export function furthestReviews(reviews: readonly Review[]): Review[] {
  const furthest = new Map<string, Review>();
  for (const review of reviews) {
    const other = furthest.get(review.reviewer);
    if (other === undefined || review.entries.length > other.entries.length) {
      furthest.set(review.reviewer, review);
    }
  }
  return [...furthest.values()];
}

/**
 * Two versions of one reviewer's review as one, where one continues the other; undefined where they went apart, which only a
 * person can settle.
 */
export function mergedReview(one: Review, other: Review): Review | undefined {
  const [short, long] = one.entries.length <= other.entries.length ? [one, other] : [other, one];
  const isSame = one.reviewer === other.reviewer && one.transcript.sha256 === other.transcript.sha256;
  return isSame && short.entries.every((entry, index) => long.entries[index] !== undefined && hashOfEntry(entry) === hashOfEntry(long.entries[index])) ? long : undefined;
}
