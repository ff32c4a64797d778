import { type EventKind, eventKinds } from "../event";
import type { EventRow } from "../store/rows";
import { growingBytes, growingIntegers, growingNumbers } from "./growing";

/** The kinds of events as they are filtered: what a sandbox or a terminal did is a kind of its own among states. */
export const shownKinds = [...eventKinds, "sandbox"] as const;

export type ShownKind = EventKind | "sandbox";

/** Where the columns are taken from: a store. */
export interface RowSource {
  readonly count: number;
  row(ordinal: number): EventRow;
}

/** Names and their numbers; 0 is the empty one. */
class NameTable {
  readonly names: string[] = [""];
  private readonly numbers = new Map<string, number>([["", 0]]);

  number(name: string): number {
    let number = this.numbers.get(name);
    if (number === undefined) {
      number = this.names.push(name) - 1;
      this.numbers.set(name, number);
    }
    return number;
  }
}

/** Bits of a column of flags. */
export const columnFlag = { isError: 1, isRepeat: 2, hasScore: 4, isFinal: 8, changesFiles: 16, isScorers: 32, beginsTurn: 64, isProblem: 128 } as const;

/** A sample begins to do something within so many events. */
const farthestBegin = 100;

/** Where events have times, one of so many at the beginning and the end of a range has. */
const farthestTime = 200;

const agentKinds: readonly EventKind[] = ["message", "reasoning", "tool-call"];

/** From when to when something was done, in ms since the epoch; never backwards. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

function stretchOf(from: number, to: number): Stretch {
  return { from, to: Math.max(from, to) };
}

/** What filters, outline and timeline need of all events, in columns: about 40 bytes an event, quick to go through. */
export class EventColumns {
  readonly kinds = growingBytes();
  readonly flags = growingBytes();
  /** ms since the epoch, NaN where there is none. */
  readonly times = growingNumbers();
  /** The call of a result, else -1. */
  readonly calls = growingIntegers();
  readonly agents = growingIntegers();
  readonly branches = growingIntegers();
  readonly samples = growingIntegers();
  readonly tools = growingIntegers();
  readonly spans = growingIntegers();
  readonly scoreValues = growingNumbers();
  readonly agentNames = new NameTable();
  readonly branchNames = new NameTable();
  readonly sampleNames = new NameTable();
  readonly toolNames = new NameTable();

  /** Events that begin a turn: a message of a user, or the agent acting again after something answered it. */
  readonly turns = growingIntegers();
  /** The same, with each sample that has a name where it begins: twice the number of the event for a sample, one more for a turn. */
  readonly turnsInSamples = growingIntegers();
  readonly scores = growingIntegers();
  /** Events that report a failure, each failure once. */
  readonly problems = growingIntegers();
  readonly changes = growingIntegers();
  readonly spanBegins = growingIntegers();
  readonly agentBegins = growingIntegers();
  readonly branchBegins = growingIntegers();
  readonly sampleBegins = growingIntegers();

  get count(): number {
    return this.kinds.length;
  }

  /** Whether there are samples to be told apart. */
  get hasSamples(): boolean {
    return this.turnsInSamples.length - this.turns.length > 1;
  }

  /** Whether there are branches to be told apart. What stands outside of all, such as a line that is not written to its end, is none. */
  get hasBranches(): boolean {
    return this.branchNames.names.filter((name) => name !== "").length > 1;
  }

  kind(ordinal: number): ShownKind {
    return shownKinds[this.kinds.at(ordinal)] ?? "raw";
  }

  has(ordinal: number, flag: keyof typeof columnFlag): boolean {
    return (this.flags.at(ordinal) & columnFlag[flag]) !== 0;
  }

  /**
   * ms since the sample of an event began to do something, or undefined where there are no times. What a log notes before
   * that, such as waiting for a machine, has times below 0.
   */
  elapsed(ordinal: number): number | undefined {
    const elapsed = this.times.at(ordinal) - this.origin(ordinal);
    return Number.isNaN(elapsed) ? undefined : elapsed;
  }

  /** ms for which a sample was at work up to its last event that has a time; undefined where none has. */
  tookUntil(last: number): number | undefined {
    const elapsed = last < 0 ? undefined : this.elapsed(last);
    return elapsed === undefined ? undefined : Math.max(0, elapsed);
  }

  /** The events of the sample that an event is of: from the first to one behind the last. */
  sampleRange(ordinal: number): readonly [begin: number, end: number] {
    const number = this.sampleBegins.countUpTo(ordinal) - 1;
    return [this.sampleBegins.at(Math.max(0, number)), number + 1 < this.sampleBegins.length ? this.sampleBegins.at(number + 1) : this.count];
  }

  /** When the sample of an event began to do something, in ms since the epoch; NaN where that is not known. */
  origin(ordinal: number): number {
    const [begin, end] = this.sampleRange(ordinal);
    let origin = NaN;
    for (let event = begin; event < Math.min(end, begin + farthestBegin); event++) {
      const time = this.times.at(event);
      if (!Number.isNaN(time) && (Number.isNaN(origin) || this.kind(event) !== "state")) {
        origin = time;
      }
      if (!Number.isNaN(time) && this.kind(event) !== "state") {
        break;
      }
    }
    return origin;
  }

  /** The times of the first and the last event of a range that have one; undefined where there are none. */
  stretch(from: number, to: number): Stretch | undefined {
    const [first, last] = [this.nearestTimed(from, Math.min(to, from + farthestTime)), this.lastTimed(from, to)];
    return first < 0 || last < 0 ? undefined : stretchOf(this.times.at(first), this.times.at(last));
  }

  /** When the sample of an event was at work; undefined where it has no times. */
  sampleStretch(ordinal: number): Stretch | undefined {
    const last = this.lastTimed(...this.sampleRange(ordinal));
    return last < 0 ? undefined : stretchOf(this.origin(ordinal), this.times.at(last));
  }

  /** The last event of a range that has a time, or -1. */
  lastTimed(from: number, to: number): number {
    return this.nearestTimed(to - 1, Math.max(from, to - farthestTime) - 1);
  }

  /** Of the events from one to before another, in whichever direction, the first that has a time, or -1. */
  private nearestTimed(from: number, to: number): number {
    for (let ordinal = from; ordinal !== to; ordinal += to < from ? -1 : 1) {
      if (!Number.isNaN(this.times.at(ordinal))) {
        return ordinal;
      }
    }
    return -1;
  }

  /** Takes in rows that were added, for no longer than `budget` ms. Returns whether all are in. */
  extend(source: RowSource, budget: number): boolean {
    const end = performance.now() + budget;
    for (let ordinal = this.count; ordinal < source.count; ordinal++) {
      if (ordinal % 256 === 0 && performance.now() > end) {
        return false;
      }
      this.add(ordinal, source.row(ordinal));
    }
    return true;
  }

  /** Forgets the events from `kept` on. */
  truncate(kept: number): void {
    for (const column of [this.kinds, this.flags, this.times, this.calls, this.agents, this.branches, this.samples, this.tools, this.spans, this.scoreValues]) {
      column.truncate(kept);
    }
    for (const list of [this.turns, this.scores, this.problems, this.changes, this.spanBegins, this.agentBegins, this.branchBegins, this.sampleBegins]) {
      list.truncate(list.countUpTo(kept - 1));
    }
    this.turnsInSamples.truncate(this.turnsInSamples.countUpTo(2 * kept - 1));
  }

  private add(ordinal: number, row: EventRow): void {
    const agent = this.agentNames.number(row.agent);
    const branch = this.branchNames.number(row.branch);
    const sample = this.sampleNames.number(row.sample);
    const isFirst = ordinal === 0;
    const newSample = isFirst || sample !== this.samples.at(ordinal - 1);
    const newAgent = newSample || agent !== this.agents.at(ordinal - 1);
    const newBranch = newSample || branch !== this.branches.at(ordinal - 1);
    const beginsTurn = !row.isRepeat && !row.isScorers && this.beginsTurn(ordinal, row.kind, newAgent || newBranch);
    const isProblem = row.isError && !row.isRepeat && (newSample || newBranch || !this.isOfFailedResult(ordinal, row));
    this.kinds.push(row.kind === "state" && row.tool !== "" ? shownKinds.indexOf("sandbox") : eventKinds.indexOf(row.kind));
    this.flags.push(
      (row.isError ? columnFlag.isError : 0) |
        (row.isRepeat ? columnFlag.isRepeat : 0) |
        (row.score === undefined ? 0 : columnFlag.hasScore) |
        (row.score?.isFinal === true ? columnFlag.isFinal : 0) |
        (row.changesFiles ? columnFlag.changesFiles : 0) |
        (row.isScorers ? columnFlag.isScorers : 0) |
        (beginsTurn ? columnFlag.beginsTurn : 0) |
        (isProblem ? columnFlag.isProblem : 0),
    );
    this.times.push(row.time ?? NaN);
    this.calls.push(row.kind === "tool-call" || row.link === undefined ? -1 : row.link);
    this.agents.push(agent);
    this.branches.push(branch);
    this.samples.push(sample);
    // A result without the name of its tool is one of its call's.
    this.tools.push(row.tool === "" && row.link !== undefined && row.link < ordinal ? this.tools.at(row.link) : this.toolNames.number(row.tool));
    this.spans.push(row.span ?? -1);
    this.scoreValues.push(row.score?.value ?? NaN);
    if (newSample && row.sample !== "") {
      this.turnsInSamples.push(2 * ordinal);
    }
    if (beginsTurn) {
      this.turnsInSamples.push(2 * ordinal + 1);
    }
    const lists = [
      [beginsTurn, this.turns],
      [row.score !== undefined && !row.isRepeat, this.scores],
      [isProblem, this.problems],
      [row.changesFiles, this.changes],
      [row.beginsSpan, this.spanBegins],
      [newAgent, this.agentBegins],
      [newBranch, this.branchBegins],
      [newSample, this.sampleBegins],
    ] as const;
    for (const [belongs, list] of lists) {
      if (belongs) {
        list.push(ordinal);
      }
    }
  }

  /** Whether an error or a score says once more, at the same moment, that the tool failed whose result stands before it. */
  private isOfFailedResult(ordinal: number, { kind, time }: EventRow): boolean {
    if ((kind !== "error" && kind !== "score") || time === undefined) {
      return false;
    }
    for (let before = ordinal - 1; before >= 0 && this.times.at(before) === time; before--) {
      if (this.kind(before) === "tool-result") {
        return this.has(before, "isProblem");
      }
      if (agentKinds.includes(this.kind(before) as EventKind)) {
        return false;
      }
    }
    return false;
  }

  private beginsTurn(ordinal: number, kind: EventKind, isElsewhere: boolean): boolean {
    if (kind === "user") {
      return true;
    }
    if (!agentKinds.includes(kind)) {
      return false;
    }
    if (isElsewhere) {
      return true;
    }
    // Looks back to the one before that tells; what lies between is short.
    for (let before = ordinal - 1; before >= 0 && before >= ordinal - 200; before--) {
      const kindBefore = this.kind(before);
      if (this.has(before, "isRepeat") || this.has(before, "isScorers")) {
        continue;
      }
      if (kindBefore === "user" || agentKinds.includes(kindBefore as EventKind)) {
        return false;
      }
      if (kindBefore === "tool-result" || kindBefore === "error" || kindBefore === "score" || kindBefore === "system") {
        return true;
      }
    }
    return true;
  }
}
