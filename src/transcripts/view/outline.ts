import type { EventColumns, Stretch } from "./columns";
import type { Growing } from "./growing";
import { type SampleRanges, Selection } from "./sample-ranges";

export const outlineModes = ["turns", "spans", "agents", "branches", "samples"] as const;

/** By what the outline divides a transcript. */
export type OutlineMode = (typeof outlineModes)[number];

/** A part of a transcript, from its first event to that of the next part. */
export interface OutlinePart {
  /** What it is: among turns, samples stand above theirs where there are several. */
  readonly mode: OutlineMode;
  readonly ordinal: number;
  /** Where the next part begins. */
  readonly end: number;
  /** How deep it lies within others, from 0. */
  readonly depth: number;
  /** Which of its kind it is among those that are looked at, from 1; of a sample above its turns, 0. */
  readonly number: number;
  readonly scores: number;
  readonly errors: number;
  /**
   * When it began and ended; undefined where there are no times. A turn that an agent begins by itself begins with the end of the one
   * before: some formats say of an answer when it began, others when it was there. A sample begins when it begins to do something.
   */
  readonly stretch: Stretch | undefined;
}

/** Deeper than this is shown no deeper. */
const maxDepth = 12;

/** Where the parts of an outline begin, in their order. */
interface Beginnings {
  readonly length: number;
  /** The first event of a part that is there. */
  at(index: number): number;
  isSample(index: number): boolean;
  /** How many parts begin up to an event. */
  countUpTo(ordinal: number): number;
}

function beginnings(columns: EventColumns, mode: OutlineMode): Beginnings {
  switch (mode) {
    case "turns":
      return columns.hasSamples ? turnsInSamples(columns) : listed(columns.turns);
    case "spans":
      return listed(columns.spanBegins);
    case "agents":
      return listed(columns.agentBegins);
    case "branches":
      return listed(columns.branchBegins);
    case "samples":
      return listed(columns.sampleBegins);
  }
}

function listed(list: Growing<Int32Array>): Beginnings {
  return { length: list.length, at: (index) => list.at(index), isSample: () => false, countUpTo: (ordinal) => list.countUpTo(ordinal) };
}

function turnsInSamples({ turnsInSamples: list }: EventColumns): Beginnings {
  return { length: list.length, at: (index) => list.at(index) >> 1, isSample: (index) => list.at(index) % 2 === 0, countUpTo: (ordinal) => list.countUpTo(2 * ordinal + 1) };
}

/** Those of a list that stand in the samples that are looked at. */
function chosen(list: Pick<Beginnings, "length" | "countUpTo">, samples: SampleRanges | undefined): Selection {
  return samples?.within((ordinal) => list.countUpTo(ordinal - 1)) ?? Selection.all(list.length);
}

/** How many parts there are; of some samples alone, where those are given. */
export function outlineCount(columns: EventColumns, mode: OutlineMode, samples?: SampleRanges): number {
  return chosen(beginnings(columns, mode), samples).length;
}

/** How many turns there are, and which of them an event lies in, from 1. */
export function turnsOf(columns: EventColumns, ordinal: number, samples?: SampleRanges): { readonly turn: number; readonly turns: number } {
  const turns = chosen(columns.turns, samples);
  return { turn: turns.countBefore(columns.turns.countUpTo(ordinal)), turns: turns.length };
}

/** The parts from..to of an outline. */
export function outlineParts(columns: EventColumns, mode: OutlineMode, from: number, to: number, samples?: SampleRanges): OutlinePart[] {
  const list = beginnings(columns, mode);
  const selection = chosen(list, samples);
  const parts: OutlinePart[] = [];
  for (let place = Math.max(0, from); place < Math.min(to, selection.length); place++) {
    const index = selection.at(place);
    const ordinal = list.at(index);
    const isSample = list.isSample(index);
    const next = isSample ? columns.sampleBegins.countUpTo(ordinal) : index + 1;
    const among = isSample ? columns.sampleBegins : list;
    const end = next < among.length ? among.at(next) : columns.count;
    const of = isSample ? "samples" : mode;
    const number = isSample ? 0 : mode === "turns" ? turnsOf(columns, ordinal, samples).turn : place + 1;
    parts.push({ mode: of, ordinal, end, depth: mode === "spans" ? depthOf(columns, ordinal) : 0, number, scores: columns.scores.countUpTo(end - 1) - columns.scores.countUpTo(ordinal - 1), errors: columns.problems.countUpTo(end - 1) - columns.problems.countUpTo(ordinal - 1), stretch: stretchOf(columns, of, ordinal, end) });
  }
  return parts;
}

/** In which part an event lies; -1 before the first. */
export function outlineAt(columns: EventColumns, mode: OutlineMode, ordinal: number, samples?: SampleRanges): number {
  const list = beginnings(columns, mode);
  return chosen(list, samples).countBefore(list.countUpTo(ordinal)) - 1;
}

/** Outlines that divide it into more than one part. */
export function usefulOutlines(columns: EventColumns): OutlineMode[] {
  return outlineModes.filter((mode) => mode === "turns" || (mode === "branches" ? columns.hasBranches : beginnings(columns, mode).length > (mode === "spans" ? 0 : 1)));
}

function depthOf(columns: EventColumns, ordinal: number): number {
  let depth = 0;
  for (let around = columns.spans.at(ordinal); around >= 0 && depth < maxDepth; around = columns.spans.at(around)) {
    depth++;
  }
  return depth;
}

function stretchOf(columns: EventColumns, mode: OutlineMode, from: number, to: number): Stretch | undefined {
  if (mode === "samples") {
    return columns.sampleStretch(from);
  }
  const before = mode === "turns" && columns.kind(from) !== "user" ? columns.lastTimed(0, from) : -1;
  return columns.stretch(before < 0 || columns.samples.at(before) !== columns.samples.at(from) ? from : before, to);
}
