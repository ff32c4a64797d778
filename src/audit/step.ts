import type { FileChange, TranscriptEvent } from "../transcripts";
import type { Code } from "./code/actions";
import { placeIn } from "./code/placed-text";
import type { PythonFacts } from "./code/python-facts";
import type { ShellCommand } from "./code/shell";
import { maxQuote, type Span } from "./finding";

/** Python that a step runs or writes. */
export interface PythonPiece {
  readonly language: "python";
  readonly code: Code;
  readonly facts: PythonFacts;
}

/** A shell script that a step runs or writes. */
export interface ShellPiece {
  readonly language: "shell";
  readonly code: Code;
  readonly commands: readonly ShellCommand[];
}

/** An event that does something, with what it does. */
export class Step {
  readonly python: PythonPiece[] = [];
  readonly shell: ShellPiece[] = [];
  /** Files of scripts that it runs. */
  readonly runs: string[] = [];
  /** Files that programs run without being told to, such as conftest.py. */
  readonly loads: string[] = [];
  /** Whether it builds programs from their sources, or runs what is built so. */
  builds = false;
  /** Whether it runs tests, which use whatever lies beside them. */
  tests = false;
  /** Paths that it reads from, as far as its code tells. */
  readonly reads: string[] = [];
  readonly fetches: string[] = [];
  readonly changes: FileChange[] = [];
  readonly written: { readonly path: string; readonly code: Code }[] = [];
  /** Texts that it writes into files of settings. */
  readonly settings: { readonly path: string; readonly code: Code }[] = [];

  constructor(
    readonly event: TranscriptEvent,
    readonly ordinal: number,
  ) {}

  span(start: number, end: number): Span {
    return spanOf(this.event, this.ordinal, start, end);
  }

  /** Where a place of a piece's code stands in the event. What an edit left as it was stands for the edit. */
  place({ placed, edited }: Code, from: number, to: number): { start: number; end: number } {
    if (edited === undefined) {
      return placeIn(placed, from, to);
    }
    const isInside = from < edited.to && to > edited.from;
    return isInside ? placeIn(edited.placed, Math.max(0, from - edited.from), Math.min(edited.to, to) - edited.from) : { start: edited.placed.start, end: edited.placed.end };
  }
}

/** A program's source in a language that is compiled. */
export const isCompiled = (path: string): boolean => /\.(c|cc|cpp|cxx|cu|h|hpp|cuh|go|rs|zig|java|kt|swift)$/.test(path);

/** The texts that a change puts others in the place of, with these. */
export function exchangesOf(change: FileChange): readonly (readonly [before: string, after: string])[] {
  return change.kind === "replace" ? [[change.before, change.after]] : change.kind === "patch" ? change.hunks.map(({ before, after }) => [before.join("\n"), after.join("\n")] as const) : [];
}

/** How a line begins that is shown with its number. */
const lineNumber = /^[ \t]{0,12}\d{1,7}(?:\t|→|[ \t]?\|[ \t]?)/;

/** A file as it is, where its lines are shown with numbers. */
function withoutNumbers(shown: string): string {
  const lines = shown.split("\n");
  const numbered = lines.filter((line) => lineNumber.test(line));
  return numbered.length > 1 && numbered.length * 2 > lines.length ? numbered.map((line) => line.replace(lineNumber, "")).join("\n") : shown;
}

/** What a call gave back, with its lines as lines: some scaffolds keep it as JSON, and some show numbers before the lines of a file. */
export const shownLines = (text: string, most: number): string => {
  const shown = text.slice(0, most);
  return withoutNumbers(/^\s*[[{]/.test(shown) && shown.includes("\\n") ? shown.replaceAll("\\n", "\n").replaceAll('\\"', '"').replace(/^([^\S\n]*"(?:stdout|stderr|output|result|content|text)"\s*:\s*")/gm, "\n") : shown);
};

/** A place in an event's text, with its quote. */
export function spanOf(event: TranscriptEvent, ordinal: number, start: number, end: number): Span {
  const { text } = event;
  const from = Math.max(0, Math.min(start, text.length));
  const to = Math.max(from, Math.min(end, text.length));
  return { event: ordinal, eventId: event.id, time: event.time, start: from, end: to, quote: to - from > maxQuote ? `${text.slice(from, from + maxQuote)}…` : text.slice(from, to) };
}
