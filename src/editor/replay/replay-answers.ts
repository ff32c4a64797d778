import { formatScore, singleLine } from "../../base";
import type { ReplayAsked, ReplayAnswers, ReplayFile, ReplayPart, ReplayPlace, ReplayScoreRow } from "../../protocol";
import { type EventColumns, facetsOf, indexAt, inSlices, outlineAt, outlineCount, type OutlineMode, type OutlinePart, outlineParts, SampleRanges, Selection, sharesOfTime, type ShownEvents, stopsFrom, type Stretch, timelineOf, turnsOf, usefulOutlines, type UsageTotals, wholeRange } from "../../transcripts";
import { callLabel } from "./call-label";
import { type Listed, replayRows, replayText } from "./replay-rows";
import { normalised, scoreSoFar } from "./score-scale";

/** A range of rows or parts is no longer than this. */
const maxRange = 300;
/** Fields are shown up to this many UTF-16 units. */
const maxFields = 256 * 1024;
const maxScores = 2000;
/** Places are looked up in no more than so many bytes of a text. */
const largestSearched = 64 * 2 ** 20;
/** What of a text is read for a line of the outline, in bytes. */
const labelBytes = 300;
/** So far back from a sample's end its result is looked for, in scores. */
const mostResults = 100;
/** Colours and the like of a terminal. */
// oxlint-disable-next-line no-control-regex -- they begin with one
const colours = /\u001b\[[\d;]*m/g;
/** Texts that begin with the same so many UTF-16 units are alike. */
const alikeUnits = 12;

/** Answers to what only reads; what changes the list is the panel's. */
export const answers = {
  rows: (listed: Listed, { from, to }: ReplayAsked["rows"]): Promise<ReplayAnswers["rows"]> => replayRows(listed, from, Math.min(to, from + maxRange)),

  text: (listed: Listed, { ordinal, from, bytes }: ReplayAsked["text"]): Promise<ReplayAnswers["text"]> => replayText(listed, ordinal, from, bytes),

  fields: async (listed: Listed, { ordinal }: ReplayAsked["fields"]): Promise<ReplayAnswers["fields"]> => {
    const { event, fieldsBytes } = await listed.document.store.glance(ordinal, 0);
    const json = JSON.stringify(event.fields);
    const isCut = json.length > maxFields || (fieldsBytes > 0 && json === "{}");
    return { json: isCut ? "" : json, isCut };
  },

  stops: ({ document, shown }: Listed, { unit, from, at, direction, limit }: ReplayAsked["stops"]): ReplayAnswers["stops"] => stopsFrom(document.columns, shown, unit, (at === undefined ? undefined : shown.indexOf(at)) ?? from, direction, limit, document.audit.state.findings.map(({ span }) => span.ordinal)),

  outline: async (listed: Listed, { mode, from, to }: ReplayAsked["outline"]): Promise<ReplayAnswers["outline"]> => {
    const { columns } = listed.document;
    const samples = samplesShown(listed);
    const parts = outlineParts(columns, mode, from, Math.min(to, from + maxRange), samples);
    const { totals } = listed.document;
    const figures = await figuresOf(columns, totals, mode);
    return {
      count: outlineCount(columns, mode, samples),
      named: mode === "turns" ? turnsOf(columns, 0, samples).turns : outlineCount(columns, mode, samples),
      modes: usefulOutlines(columns),
      parts: await Promise.all(parts.map(async (part) => partOf(part, figures(part), await labelOf(listed, part), part.mode === "samples" ? await resultOf(listed, part) : ""))),
      summed: summed(columns, totals),
      all: totals.all,
    };
  },

  timeline: async ({ document, shown }: Listed, { axis, from, to, buckets }: ReplayAsked["timeline"]): Promise<ReplayAnswers["timeline"]> => {
    const whole = await inSlices(wholeRange(document.columns, shown, axis));
    if (whole === undefined) {
      return undefined;
    }
    const range = { by: axis, from: Math.max(whole.from, from ?? whole.from), to: Math.min(whole.to, to ?? whole.to) };
    const { by, ...ends } = range.to > range.from ? range : whole;
    // Pieces narrower than an event would show gaps that are none.
    const timeline = await inSlices(timelineOf(document.columns, shown, { by, ...ends }, by === "step" ? Math.max(1, Math.min(buckets, Math.ceil(ends.to - ends.from))) : buckets));
    return { ...timeline, findings: findingsWithin({ document, shown }, by, ends) };
  },

  indexAt: ({ document, shown }: Listed, { axis, at }: ReplayAsked["indexAt"]): number => indexAt(document.columns, shown, axis, at),

  byteOf: ({ document: { store } }: Listed, { ordinal, unit }: ReplayAsked["byteOf"]): Promise<number> => byteOf(store, ordinal, unit),

  facets: ({ document }: Listed): Promise<ReplayAnswers["facets"]> => inSlices(facetsOf(document.columns)),

  files: async ({ document }: Listed, { ordinal, base }: ReplayAsked["files"], signal: AbortSignal): Promise<ReplayAnswers["files"]> => {
    const before = new Map((base < 0 ? [] : await document.history.filesAt(Math.min(base, ordinal), signal)).map((file) => [file.path, file.state]));
    const files = (await document.history.filesAt(ordinal, signal)).map((file): ReplayFile => {
      const was = before.get(file.path);
      const { state } = file;
      return {
        path: file.path,
        kind: state.kind,
        why: state.kind === "unknown" ? state.why : "",
        bytes: state.kind === "known" ? Buffer.byteLength(state.content) : 0,
        since: file.since,
        change: state.kind === "unknown" ? "unknown" : state.kind === "deleted" ? "removed" : was?.kind === "known" ? (was.content === state.content ? "same" : "changed") : "added",
      };
    });
    return { files };
  },

  scores: async (listed: Listed): Promise<ReplayAnswers["scores"]> => {
    const { document: { columns, store }, scale } = listed;
    const scores = samplesShown(listed)?.within((ordinal) => columns.scores.countUpTo(ordinal - 1)) ?? Selection.all(columns.scores.length);
    const count = Math.min(maxScores, scores.length);
    const rows = Array.from({ length: count }, async (_, number): Promise<ReplayScoreRow> => {
      const ordinal = columns.scores.at(scores.at(number));
      const { event } = await store.glance(ordinal, 0);
      const value = event.score?.value ?? null;
      const one = value === null ? undefined : normalised(value, scale);
      return { ordinal, sample: event.sample ?? "", time: event.time, elapsed: columns.elapsed(ordinal), name: event.score?.name ?? event.title, score: value === null ? (event.score?.text ?? "") : formatScore(value), normalised: one === undefined ? "" : formatScore(one), isFinal: event.score?.isFinal === true };
    });
    return { rows: await Promise.all(rows), hasMore: scores.length > count };
  },
};

/** Events with findings in a range of the timeline; one that is not listed stands where the next one is. */
function findingsWithin({ document: { audit, columns }, shown }: Pick<Listed, "document" | "shown">, by: "step" | "time", { from, to }: { readonly from: number; readonly to: number }): NonNullable<ReplayAnswers["timeline"]>["findings"] {
  const { findings, isStale } = audit.state;
  const samples = samplesShown({ document: { columns }, shown });
  return (isStale ? [] : findings).flatMap(({ span: { ordinal, id } }) => {
    const at = ordinal >= columns.count || samples?.has(ordinal) === false ? NaN : by === "step" ? shown.indexNear(ordinal) : columns.times.at(ordinal);
    return at >= from && at <= to ? [{ ordinal, id, at }] : [];
  });
}

/** At which byte of an event's text a UTF-16 unit stands; its end where the text is shorter. */
async function byteOf(store: Listed["document"]["store"], ordinal: number, unit: number): Promise<number> {
  // No unit takes more than three bytes of UTF-8.
  const { text } = await store.text(ordinal, 0, Math.min(unit * 3 + 4, largestSearched));
  return Buffer.byteLength(text.slice(0, unit));
}

/** When parts were, and what models took in them, once that is known of all. Spans are taken with all that lies within them. */
async function figuresOf(columns: EventColumns, totals: UsageTotals, mode: OutlineMode): Promise<(part: OutlinePart) => Pick<ReplayPart, "took" | "within" | "usage" | "context">> {
  const shareOf = sharesOfTime(columns);
  const timesOf = ({ ordinal }: OutlinePart, stretch: Stretch | undefined): Pick<ReplayPart, "took" | "within"> => ({ took: stretch === undefined ? undefined : stretch.to - stretch.from, within: shareOf(mode, ordinal, stretch) });
  if (!totals.isComplete) {
    return (part) => ({ ...timesOf(part, mode === "spans" ? undefined : part.stretch), usage: undefined, context: undefined });
  }
  if (mode === "spans") {
    const spanOf = await inSlices(totals.bySpan());
    return (part) => {
      const { usage, end: to } = spanOf(columns.spanBegins.countUpTo(part.ordinal) - 1);
      const from = columns.times.at(part.ordinal);
      return { ...timesOf(part, Number.isNaN(to - from) ? undefined : { from, to: Math.max(from, to) }), usage, context: totals.contextIn(part.ordinal, part.end) };
    };
  }
  return (part) => ({ ...timesOf(part, part.stretch), usage: totals.between(part.ordinal, part.end), context: totals.contextIn(part.ordinal, part.end) });
}

/** How much of a transcript was looked at for what models took, from 0 to 1. */
export function summed(columns: EventColumns, totals: UsageTotals): number {
  return totals.isComplete ? 1 : Math.min(0.99, totals.done / Math.max(1, columns.count));
}

function partOf({ ordinal, end, depth, number, scores, errors }: OutlinePart, figures: Pick<ReplayPart, "took" | "within" | "usage" | "context">, label: string, score: string): ReplayPart {
  return { ordinal, end, depth, number, scores, errors, ...figures, label, score };
}

async function labelOf(listed: Listed, part: OutlinePart): Promise<string> {
  const { store, columns } = listed.document;
  const { mode, ordinal } = part;
  const name = { turns: "", spans: "", agents: columns.agentNames.names[columns.agents.at(ordinal)], branches: columns.branchNames.names[columns.branches.at(ordinal)], samples: columns.sampleNames.names[columns.samples.at(ordinal)] }[mode];
  if (mode !== "turns" && mode !== "spans") {
    return singleLine(name === undefined || name === "" ? `(no ${mode.slice(0, -1)})` : name);
  }
  const said = await saidAt(listed, ordinal);
  if (mode === "turns" && columns.kind(ordinal) === "user" && part.number > 1) {
    // What says the same at each turn, such as how many tokens are left, tells nothing of this one: then what the agent did.
    const before = await store.text(columns.turns.at(columns.turns.countUpTo(ordinal) - 2), 0, labelBytes);
    const alike = singleLine(before.text).slice(0, alikeUnits);
    const next = alike !== "" && said.startsWith(alike) ? firstOfAgent(listed, ordinal) : undefined;
    return next === undefined ? said : await saidAt(listed, next);
  }
  return said;
}

/** The result of a sample: its last score that is final, else its last; empty where it has none. */
async function resultOf({ document: { store, columns } }: Listed, { ordinal, end }: Pick<OutlinePart, "ordinal" | "end">): Promise<string> {
  const [from, to] = [columns.scores.countUpTo(ordinal - 1), columns.scores.countUpTo(end - 1)];
  const scores = Array.from({ length: Math.min(to - from, mostResults) }, (_, back) => columns.scores.at(to - 1 - back));
  const result = scores.find((score) => columns.has(score, "isFinal")) ?? scores[0];
  if (result === undefined) {
    return "";
  }
  const { event } = await store.glance(result, 0);
  const { value = null, text = "" } = event.score ?? {};
  return value === null ? singleLine(text, 20) : formatScore(value);
}

/** The beginning of what an event says, on one line. */
async function saidAt({ document: { store, columns } }: Listed, ordinal: number): Promise<string> {
  const [title, { text }] = await Promise.all([store.title(ordinal), store.text(ordinal, 0, labelBytes)]);
  const isCall = columns.kind(ordinal) === "tool-call";
  const tool = isCall ? singleLine(columns.toolNames.names[columns.tools.at(ordinal)] ?? "", 40) : "";
  const isSpeech = ["user", "message", "reasoning", "system"].includes(columns.kind(ordinal));
  const said = isSpeech && text !== "" ? firstSaid(text.replace(colours, "")).replace(/^[#\s]+(?=\S)|\*\*/g, "") : title !== "" ? title : isCall ? callLabel(text) : text;
  return [tool, singleLine(said, 120)].filter((word) => word !== "").join(": ") || (isSpeech ? "says nothing" : columns.kind(ordinal));
}

/** How an answer begins; of one in JSON, its first text. */
function firstSaid(text: string): string {
  const [opening = ""] = /^\s*\{\s*"[^"\\]{1,60}"\s*:\s*"/.exec(text) ?? [];
  return opening === "" ? text : text.slice(opening.length).replace(/\\[nrt]/g, " ").replace(/\\(?=["\\/])/g, "");
}

function firstOfAgent({ document: { columns } }: Listed, turn: number): number | undefined {
  for (let ordinal = turn + 1; ordinal < Math.min(columns.count, turn + 30) && !columns.has(ordinal, "beginsTurn"); ordinal++) {
    if (["message", "reasoning", "tool-call"].includes(columns.kind(ordinal)) && !columns.has(ordinal, "isRepeat")) {
      return ordinal;
    }
  }
  return undefined;
}

/** The samples that the filter lets through; undefined where it lets all. */
export function samplesShown({ document: { columns }, shown }: { readonly document: Pick<Listed["document"], "columns">; readonly shown: ShownEvents }): SampleRanges | undefined {
  return SampleRanges.of(columns, shown.filter.samples);
}

/** Where an event stands in the whole; hidden ones at the nearest that is listed. */
export async function placeOf(listed: Listed, mode: OutlineMode, ordinal: number): Promise<ReplayPlace | undefined> {
  const { document, shown, scale } = listed;
  const { columns, store } = document;
  if (ordinal >= columns.count || shown.count === 0) {
    return undefined;
  }
  const samples = samplesShown(listed);
  const index = shown.indexOf(ordinal);
  const at = index ?? shown.indexNear(ordinal);
  const listedOrdinal = shown.ordinal(at);
  const { event } = await store.glance(listedOrdinal, 0);
  return {
    index: at,
    ordinal: listedOrdinal,
    id: event.id,
    isListed: index !== undefined,
    sample: columns.sampleNames.names[columns.samples.at(listedOrdinal)] ?? "",
    elapsed: columns.elapsed(listedOrdinal),
    ...turnsOf(columns, listedOrdinal, samples),
    part: outlineAt(columns, mode, listedOrdinal, samples),
    best: scoreSoFar(columns, listedOrdinal, scale),
  };
}
