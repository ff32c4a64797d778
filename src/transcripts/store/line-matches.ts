import { addressBits, Automaton, type ByteGraph, maxCells, reversed } from "../../base/linear-regex";
import { lanes, layout } from "./lanes-program";
import type { Found } from "./line-finder";
import { behindBytes } from "./literal-search";
import type { ProgramMemory } from "./web-assembly";

export const lineFeed = 0x0a;

/** Where a window begins in the memory, behind a line feed. */
export const windowStart = layout.table + maxCells * 4 + 1;

/** Where in the lines of a window matches of a regular expression begin and end. All places are those of the memory. */
export class LineMatches {
  /** The memory, where the window lies at `windowStart`, with what the program for lanes is given before it. */
  bytes: Buffer;
  /** Of the lanes: where they read, and the states they are in. */
  places: Int32Array;
  states: Int32Array;
  stoppedAt = 0;
  /** Its table lies in the memory, too. */
  readonly forwards: Automaton;
  private readonly backwards: Automaton;

  constructor(
    graph: ByteGraph,
    private readonly memory: ProgramMemory,
  ) {
    const buffer = memory.reach(windowStart);
    this.forwards = new Automaton(graph, { isByLine: true, isBackwards: false }, new Int32Array(buffer, layout.table, maxCells));
    this.backwards = new Automaton(reversed(graph), { isByLine: true, isBackwards: true });
    new Uint16Array(buffer, layout.classes, 256).set(this.forwards.classes.subarray(0, 256));
    this.bytes = Buffer.from(buffer);
    this.bytes[windowStart - 1] = lineFeed;
    this.places = new Int32Array(buffer, layout.places, lanes);
    this.states = new Int32Array(buffer, layout.states, lanes);
  }

  /** Memory for a window. Its beginning is what that of the window before was. */
  window(bytes: number): Buffer {
    const buffer = this.memory.reach(windowStart + bytes + behindBytes);
    if (buffer !== this.bytes.buffer) {
      this.forwards.cells = new Int32Array(buffer, layout.table, maxCells);
      this.bytes = Buffer.from(buffer);
      this.places = new Int32Array(buffer, layout.places, lanes);
      this.states = new Int32Array(buffer, layout.states, lanes);
    }
    return this.bytes.subarray(windowStart, windowStart + bytes);
  }

  /**
   * Where the match ends that is preferred.
   *
   * @param at where to read on; where reading stopped is `stoppedAt` afterwards
   * @param state what was come to by what stands before
   * @param known where a match ends that was found already, or -1
   * @returns -1 where none ends
   */
  endFrom(at: number, state: number, known: number): number {
    const { bytes, forwards } = this;
    const { cells, classes } = forwards;
    let end = known;
    let place = at;
    for (; state !== 0; place++) {
      let next = cells[(state + (classes[bytes[place] as number] as number)) >> 2] as number;
      if (next < 0) {
        next = forwards.resolve(next, this.states);
        end = next < 0 ? place : end;
      }
      state = next & addressBits;
    }
    this.stoppedAt = place;
    return end;
  }

  /** The state in which the next match is looked for from a place on. */
  stateAt(place: number): number {
    return this.forwards.begin(this.bytes[place - 1] as number, false);
  }

  /**
   * Takes the match whose end was come to, unless it is empty.
   *
   * @param place behind the byte that was read last
   * @param state what was come to, which says that a match ends before that byte
   * @param origin where the match may begin at the earliest
   * @returns where the next may begin
   */
  take(place: number, state: number, origin: number, found: Found): number {
    const end = this.endFrom(place, state & addressBits, place - 1);
    const start = this.startOf(end, origin);
    if (end > start) {
      found.starts.push(start - windowStart);
      found.lengths.push(end - start);
      return end;
    }
    let next = end + 1;
    while (((this.bytes[next] as number) & 0xc0) === 0x80) {
      next++;
    }
    return next;
  }

  /**
   * Where the match that ends at `end` begins.
   *
   * @param origin before which it does not begin
   */
  private startOf(end: number, origin: number): number {
    const { bytes, backwards } = this;
    const { classes } = backwards;
    let start = end;
    let state = backwards.begin(bytes[end] as number, true);
    let { cells } = backwards;
    for (let at = end - 1; state !== 0 && at >= origin - 1; at--) {
      let next = cells[(state + (classes[bytes[at] as number] as number)) >> 2] as number;
      if (next < 0) {
        next = backwards.resolve(next);
        ({ cells } = backwards);
        start = next < 0 ? at + 1 : start;
      }
      state = next & addressBits;
    }
    return start;
  }
}
