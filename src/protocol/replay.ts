import * as z from "zod";
import { mediaType } from "../base/media-mark";
import { once } from "../base/once";
import { pictureKey, type ReplayRecordAnswers, recordQuestions } from "./replay-call";
import { type ReplayAudit, type ReplayReview, reviewQuestions } from "./replay-review";
import { type ReplaySampleAnswers, sampleQuestions, sampleQuery } from "./replay-samples";
import { outlineFigures, type OutlineKind, outlineKinds, type ReplayKind, replayKinds, stopUnits } from "./replay-words";

const whole = once(() => z.number().int());
const place = once(() => whole().nonnegative());
const names = once(() => z.array(z.string()).max(10_000));

/** Which events are listed. Ordinals count all events; indexes count those that are listed. */
export const replayFilter = once(() =>
  z.object({
    hiddenKinds: z.array(z.enum(replayKinds)),
    agents: names(),
    tools: names(),
    samples: names(),
    branches: names(),
    showsRepeats: z.boolean(),
    openScores: z.array(place()).max(10_000),
    revealed: z.array(place()).max(10_000),
  }),
);
export type ReplayFilter = z.infer<ReturnType<typeof replayFilter>>;

export const replayQuery = once(() => z.object({ pattern: z.string().max(10_000), isRegex: z.boolean(), isCaseSensitive: z.boolean() }));
export type ReplayQuery = z.infer<ReturnType<typeof replayQuery>>;

/** What the side shows. */
export const sideTabs = ["run", "samples", "call", "files", "scores", "findings", "review"] as const;
export type SideTab = (typeof sideTabs)[number];

/** How two transcripts beside each other go together: each to the turn that the other is at, or to the time since its beginning, or not at all. */
export const togetherWays = ["turn", "time", "apart"] as const;
export type TogetherWay = (typeof togetherWays)[number];

/** A transcript that stands beside another. */
export interface ReplayBeside {
  readonly name: string;
  readonly together: TogetherWay;
  /** Whether both say when things happened. */
  readonly haveTimes: boolean;
}

/** What a panel remembers of a transcript while it is hidden, closed, or VS Code is. */
export const replayState = once(() =>
  z.object({
    /** When this was kept: UTC, ms. */
    keptAt: z.number().optional(),
    /** Id of the event in question, and by how many pixels its top lies below that of the list. */
    event: z.string().max(1000).optional(),
    /** Where it was then among all events: where it is looked for first. */
    ordinal: place().optional(),
    offset: z.number().optional(),
    filter: replayFilter().optional(),
    query: replayQuery().optional(),
    outline: z.enum(outlineKinds).optional(),
    figure: z.enum(outlineFigures).optional(),
    axis: z.enum(["step", "time"]).optional(),
    unit: z.enum(stopUnits).optional(),
    speed: z.number().positive().optional(),
    idle: z.number().nonnegative().optional(),
    isCompact: z.boolean().optional(),
    /** Whether messages are shown as they are written, not as Markdown. */
    isAsWritten: z.boolean().optional(),
    showsOutline: z.boolean().optional(),
    showsSide: z.boolean().optional(),
    side: z.enum(sideTabs).optional(),
    /** How samples are listed. */
    samples: sampleQuery().optional(),
    findingsBy: z.enum(["place", "rule"]).optional(),
    /** Whether it was audited: then it is again when it is opened. */
    isAudited: z.boolean().optional(),
    outlineWidth: z.number().positive().optional(),
    sideWidth: z.number().positive().optional(),
  }),
);
export type ReplayState = z.infer<ReturnType<typeof replayState>>;

/** An event as the list shows it. */
export interface ReplayRow {
  readonly index: number;
  readonly ordinal: number;
  readonly id: string;
  readonly kind: ReplayKind;
  /** ms since the epoch. */
  readonly time: number | undefined;
  /** ms since its sample began. */
  readonly elapsed: number | undefined;
  /** ms since the event that is listed before it, where that is long. */
  readonly gap: number | undefined;
  readonly sample: string;
  readonly agent: string;
  readonly branch: string;
  readonly tool: string;
  readonly title: string;
  /** The beginning of its text. */
  readonly text: string;
  /** Bytes of the text that is here, and of all of it. */
  readonly shownBytes: number;
  readonly textBytes: number;
  /** About how many bytes its fields have; 0 where there are none. */
  readonly fieldsBytes: number;
  /** A path that its text is the content of, or a language; empty where unknown. */
  readonly language: string;
  /** The values of a call's arguments within the text; empty where the text is one whole. */
  readonly parts: readonly ReplayTextPart[];
  readonly isError: boolean;
  readonly isRepeat: boolean;
  /** Whether it stands with the event above: a result with its call. */
  readonly isAttached: boolean;
  /** Whether it belongs to the score above. */
  readonly isScorers: boolean;
  readonly beginsTurn: boolean;
  readonly score: ReplayScore | undefined;
  /** Whether it belongs to a call of a model that the log keeps with what was sent. */
  readonly hasCall: boolean;
  /** What the model's answer took, where the transcript says so. */
  readonly usage: ReplayUsage | undefined;
  /** ms that the answer or the call took. */
  readonly took: number | undefined;
  /** Where what was searched for lies in title and text, in UTF-16 units. */
  readonly matches: readonly ReplayMatch[];
}

/** A value within a text, from start to end in UTF-16 units, behind its name. */
export interface ReplayTextPart {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly role: "plain" | "code" | "before" | "after";
  readonly language: string;
}

export interface ReplayScore {
  readonly name: string;
  readonly value: number | null;
  readonly text: string;
  /** What would have been right, where the log says so; empty where not. */
  readonly target: string;
  readonly isFinal: boolean;
  /** Normalised: 0 as the start, 1 as the reference; undefined where the task is not known. */
  readonly normalised: number | undefined;
  /** How many events its scorer made, and whether they are listed. */
  readonly events: number;
  readonly isOpen: boolean;
}

/** Tokens: all that were given, those of them that were cached, those that were made, those of them that were reasoning; and US dollars. */
export interface ReplayUsage {
  readonly input: number | undefined;
  readonly cached: number | undefined;
  readonly output: number | undefined;
  readonly reasoning?: number | undefined;
  readonly cost: number | undefined;
}

/** What answers of models took together; of how many answers tokens and a cost are said. */
export interface ReplayUsageSum {
  readonly answers: number;
  readonly withTokens: number;
  readonly withCost: number;
  readonly input: number;
  readonly cached: number;
  readonly output: number;
  readonly reasoning: number;
  readonly cost: number;
}

export interface ReplayMatch {
  readonly inTitle: boolean;
  readonly start: number;
  readonly end: number;
}

/** Part of a text. */
export interface ReplayText {
  readonly text: string;
  /** Bytes from..to of `bytes`. */
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
  readonly matches: readonly ReplayMatch[];
}

export interface ReplayFacet {
  readonly name: string;
  readonly count: number;
}

export interface ReplayFacets {
  readonly kinds: readonly { readonly kind: ReplayKind; readonly count: number }[];
  readonly agents: readonly ReplayFacet[];
  readonly tools: readonly ReplayFacet[];
  readonly samples: readonly ReplayFacet[];
  readonly branches: readonly ReplayFacet[];
  readonly repeats: number;
}

export interface ReplayPart {
  /** Its events: from this one to that before `end`. */
  readonly ordinal: number;
  readonly end: number;
  readonly depth: number;
  /** 0 for a sample that stands above its turns. */
  readonly number: number;
  readonly label: string;
  /** The result of a sample; else empty. */
  readonly score: string;
  readonly scores: number;
  readonly errors: number;
  /** ms from its first event to its last; of a span, to the last that lies within it. */
  readonly took: number | undefined;
  /** Of what may run side by side, where that lies in the time of its sample, and of a sample in that of all: from and to, each 0 to 1. */
  readonly within: readonly [from: number, to: number] | undefined;
  /** Undefined until all events were looked at. */
  readonly usage: ReplayUsageSum | undefined;
  /** Tokens that the last answer in it was given, where that is known. */
  readonly context: number | undefined;
}

/** A run in numbers. */
export interface ReplayRun {
  /** How much of it was looked at for what models took, from 0 to 1, and how many events were too large to be. */
  readonly summed: number;
  readonly unread: number;
  readonly events: number;
  readonly problems: number;
  readonly took: number | undefined;
  readonly usage: ReplayUsageSum;
  /** What the log itself says that models took, where it does. */
  readonly recorded: ReplayUsage | undefined;
  readonly models: readonly ReplayNamedUsage[];
  readonly agents: readonly ReplayNamedUsage[];
  /** How many samples there are. */
  readonly samples: number;
  /** The event that says how the run was configured, where one does outside of all samples. */
  readonly configuration: number | undefined;
  readonly tools: readonly ReplayTool[];
}

export interface ReplayNamedUsage {
  readonly name: string;
  readonly usage: ReplayUsageSum;
}

export interface ReplayTool {
  readonly name: string;
  readonly calls: number;
  readonly failed: number;
  /** ms of all calls together. */
  readonly took: number | undefined;
  /** ms that half of the calls did not exceed, and 95 % of them, and of the longest, with its result's ordinal. */
  readonly times: { readonly median: number; readonly percentile95: number; readonly longest: number; readonly longestAt: number } | undefined;
}

export interface ReplayTimeline {
  readonly range: { readonly by: "step" | "time"; readonly from: number; readonly to: number };
  readonly buckets: number;
  readonly counts: readonly number[];
  /** Who did something when, by the same pieces; `name` is undefined for all that have no lane of their own. */
  readonly lanes: readonly { readonly name: string | undefined; readonly counts: readonly number[] }[];
  readonly scores: readonly { readonly ordinal: number; readonly at: number; readonly value: number | null; readonly isFinal: boolean }[];
  readonly hasMoreScores: boolean;
  /** Events that an audit found something at. */
  readonly findings: readonly { readonly ordinal: number; readonly id: string; readonly at: number }[];
}

export interface ReplayStop {
  readonly index: number;
  readonly ordinal: number;
  readonly time: number | undefined;
}

export interface ReplayFile {
  readonly path: string;
  readonly kind: "known" | "unknown" | "deleted";
  /** Why its content is not known; empty where it is. */
  readonly why: string;
  readonly bytes: number;
  readonly since: number;
  /** What it is against the event that is compared with. */
  readonly change: "same" | "added" | "changed" | "removed" | "unknown";
}

/** Where an event stands in the whole. */
export interface ReplayPlace {
  readonly index: number;
  readonly ordinal: number;
  readonly id: string;
  readonly isListed: boolean;
  /** Its sample; empty where it is of none. */
  readonly sample: string;
  /** ms since the first event of its sample. */
  readonly elapsed: number | undefined;
  readonly turn: number;
  readonly turns: number;
  readonly part: number;
  /** Best score so far in its sample, as it is shown; empty where there is none. */
  readonly best: string;
}

export interface ReplayScoreRow {
  readonly ordinal: number;
  readonly sample: string;
  readonly time: number | undefined;
  readonly elapsed: number | undefined;
  readonly name: string;
  readonly score: string;
  readonly normalised: string;
  readonly isFinal: boolean;
}

/** What a panel asks of the extension, and the answers. */
export interface ReplayAnswers extends ReplayRecordAnswers, ReplaySampleAnswers {
  rows: readonly ReplayRow[];
  text: ReplayText;
  fields: { readonly json: string; readonly isCut: boolean };
  filter: ReplayListing;
  place: ReplayPlace | undefined;
  stops: readonly ReplayStop[];
  match: { readonly number: number; readonly place: ReplayPlace; readonly inTitle: boolean; readonly byte: number } | undefined;
  /** `summed` as in {@link ReplayRun}; `all` is what models took in the whole. */
  /** `count` is that of all rows, `named` that of what the outline is named after. */
  outline: { readonly count: number; readonly named: number; readonly parts: readonly ReplayPart[]; readonly modes: readonly OutlineKind[]; readonly summed: number; readonly all: ReplayUsageSum };
  run: ReplayRun;
  timeline: ReplayTimeline | undefined;
  indexAt: number;
  facets: ReplayFacets;
  files: { readonly files: readonly ReplayFile[] };
  scores: { readonly rows: readonly ReplayScoreRow[]; readonly hasMore: boolean };
  /** Byte of the text at which a unit stands. */
  byteOf: number;
  decide: null;
  annotate: null;
  answerNote: null;
  closeNote: null;
  giveVerdict: null;
}
export type ReplayQuestion = keyof ReplayAnswers;

const mode = once(() => z.enum(outlineKinds));
const axis = once(() => z.enum(["step", "time"]));
const target = once(() => z.object({ ordinal: place().optional(), id: z.string().max(1000).optional(), index: place().optional() }));

export const replayQuestions = once(
  () =>
    ({
      rows: z.object({ from: place(), to: place() }),
      text: z.object({ ordinal: place(), from: place(), bytes: place().max(2 ** 20) }),
      fields: z.object({ ordinal: place() }),
      filter: z.object({ filter: replayFilter(), current: place().optional() }),
      place: z.object({ target: target(), mode: mode(), reveals: z.boolean() }),
      /** `at` is the event at the index `from`, where it is known: the list may be another by now. */
      stops: z.object({ unit: z.enum(stopUnits), from: whole(), at: place().optional(), direction: z.union([z.literal(1), z.literal(-1)]), limit: place().max(4000) }),
      match: z.object({ from: place(), number: whole().optional(), direction: z.union([z.literal(1), z.literal(-1), z.literal(0)]), mode: mode() }),
      outline: z.object({ mode: mode(), from: place(), to: place() }),
      timeline: z.object({ axis: axis(), from: z.number().optional(), to: z.number().optional(), buckets: place().min(1).max(4000) }),
      run: z.object({}),
      indexAt: z.object({ axis: axis(), at: z.number() }),
      facets: z.object({}),
      files: z.object({ ordinal: place(), base: whole() }),
      scores: z.object({}),
      byteOf: z.object({ ordinal: place(), unit: place() }),
      ...recordQuestions(),
      ...sampleQuestions(),
      ...reviewQuestions(),
    }) as const satisfies Record<ReplayQuestion, z.ZodType>,
);

export type ReplayAsked = { readonly [Name in ReplayQuestion]: z.infer<ReturnType<typeof replayQuestions>[Name]> };

/** How many events are listed. */
export interface ReplayListing {
  readonly count: number;
  /** Indexes below mean what they meant before. */
  readonly kept: number;
  /** All events, those that are not listed included. */
  readonly total: number;
  /** Index of the event that was asked about, or of the nearest one. */
  readonly index: number;
  /** The events of the samples that are looked at, from one to before another; undefined where all are. */
  readonly ranges: readonly (readonly [from: number, to: number])[] | undefined;
  /** Whether there are samples and branches to be told apart: then each row names its own. */
  readonly hasSamples: boolean;
  readonly hasBranches: boolean;
}

/** How far reading has come. */
export interface ReplayProgress {
  readonly formatTitle: string;
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  readonly isComplete: boolean;
  /** From 0 to 1. */
  readonly done: number;
  /** The same of what has to be expanded or looked through before more is read; undefined where nothing has. */
  readonly prepared: number | undefined;
  readonly problem: string;
}

/** From the extension to the panel. */
export type ToReplay =
  | { readonly type: "opened"; readonly name: string; readonly state: ReplayState; readonly progress: ReplayProgress; readonly listing: ReplayListing; readonly facets: ReplayFacets; readonly place: ReplayPlace | undefined; readonly rows: readonly ReplayRow[] }
  /** All that the page opens with was sent before it ran; a page that has not got it says again that it runs. */
  | { readonly type: "sent" }
  | { readonly type: "grown"; readonly progress: ReplayProgress; readonly listing: ReplayListing }
  | { readonly type: "failed"; readonly message: string }
  /** Another sample is looked at alone: an event of it was gone to. */
  | { readonly type: "sampleShown"; readonly name: string }
  /** How much was found, in the samples that are looked at; `events` is undefined where they are too many to be counted. */
  | { readonly type: "found"; readonly count: number; readonly events: number | undefined; readonly hasMore: boolean; readonly isSearching: boolean; readonly problem: string }
  | { readonly type: "goTo"; readonly id: string }
  | { readonly type: "searchFor"; readonly query: ReplayQuery }
  | { readonly type: "audited"; readonly audit: ReplayAudit }
  /** How far an audit that goes on has come, from 0 to 1. */
  | { readonly type: "auditing"; readonly done: number }
  | { readonly type: "reviewed"; readonly review: ReplayReview }
  | { readonly type: "findFirst" }
  | { readonly type: "showCall" }
  | { readonly type: "toggleMarkdown" }
  /** The transcript that stands beside this one; null where none does. */
  | { readonly type: "beside"; readonly beside: ReplayBeside | null }
  /** The other has come to a turn, or to a time: goes to where that is here. */
  | { readonly type: "follow"; readonly ordinal: number }
  | { readonly type: "answer"; readonly request: number; readonly value: unknown }
  | { readonly type: "refused"; readonly request: number; readonly problem: string };

/** Audio, a video or a document of an event, as its mark names it, that is to be played or saved. */
const replayMedia = once(() => z.object({ type: z.literal("media"), ordinal: place(), key: pictureKey(), mediaType: z.string().regex(mediaType), name: z.string().max(200), isSaved: z.boolean() }));
export type ReplayMedia = z.infer<ReturnType<typeof replayMedia>>;

const fromReplay = once(() =>
  z.discriminatedUnion("type", [
    z.object({ type: z.literal("ready"), state: z.unknown().optional() }),
    z.object({ type: z.literal("ask"), request: place(), question: z.enum(Object.keys(replayQuestions()) as [ReplayQuestion, ...ReplayQuestion[]]), asked: z.unknown().optional() }),
    z.object({ type: z.literal("search"), query: replayQuery().nullable() }),
    z.object({ type: z.literal("remember"), state: replayState() }),
    z.object({ type: z.literal("raw"), ordinal: place() }),
    z.object({ type: z.literal("openText"), ordinal: place() }),
    z.object({ type: z.literal("openPicture"), ordinal: place(), key: pictureKey() }),
    replayMedia(),
    z.object({ type: z.literal("copyLink"), ordinal: place() }),
    z.object({ type: z.literal("moved"), turn: place(), elapsed: z.number().optional() }),
    z.object({ type: z.literal("stepTogether"), together: z.enum(togetherWays) }),
    z.object({ type: z.literal("copyEvent"), ordinal: place() }),
    z.object({ type: z.literal("copySource"), ordinal: place() }),
    z.object({ type: z.literal("diffInputs"), ordinal: place() }),
    z.object({ type: z.literal("openFile"), ordinal: place(), path: z.string().max(10_000) }),
    z.object({ type: z.literal("audit"), isCancelled: z.boolean() }),
    z.object({ type: z.literal("diffTexts"), from: place(), to: place() }),
    z.object({ type: z.literal("diffFile"), from: whole(), to: place(), path: z.string().max(10_000) }),
  ]),
);

/** From the panel to the extension; `ready` comes first. */
export type FromReplay = z.infer<ReturnType<typeof fromReplay>>;

/** Reads a message from the panel; undefined for anything else. */
export function parseFromReplay(message: unknown): FromReplay | undefined {
  return fromReplay().safeParse(message).data;
}

/** What is asked in an `ask`; undefined where it is not what the question takes. */
export function parseQuestion<Name extends ReplayQuestion>(question: Name, asked: unknown): ReplayAsked[Name] | undefined {
  return replayQuestions()[question].safeParse(asked).data as ReplayAsked[Name] | undefined;
}
