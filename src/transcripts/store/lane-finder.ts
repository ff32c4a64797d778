import { addressBits, Automaton, type ByteGraph, edgeOfText, maxCells, reversed } from "../../base/linear-regex";
import { lanes, lanesInstructions, layout } from "./lanes-program";
import type { Finder, Found } from "./line-finder";
import { Program } from "./web-assembly";

const lineFeed = 0x0a;

/** Where the window begins, behind a line feed. */
const textStart = layout.table + maxCells * 4 + 1;

/**
 * Finds what a regular expression matches in the lines of a window. Several parts of the window are read at once, up to where a match ends
 * as the expression prefers it; from there it is read backwards to where it begins.
 */
export class LaneFinder implements Finder {
  readonly overlap = undefined;
  private readonly program = new Program(lanesInstructions);
  private readonly forwards: Automaton;
  private readonly backwards: Automaton;
  // Of the lanes: where they read, where they end, where what they look for may begin, and what they came to last.
  private places: Int32Array;
  private readonly ends = new Int32Array(lanes);
  private readonly origins = new Int32Array(lanes);
  private states: Int32Array;
  private memory: Buffer;

  constructor(graph: ByteGraph) {
    const buffer = this.program.reach(textStart);
    this.forwards = new Automaton(graph, { isByLine: true, isBackwards: false }, new Int32Array(buffer, layout.table, maxCells));
    this.backwards = new Automaton(reversed(graph), { isByLine: true, isBackwards: true });
    new Uint16Array(buffer, layout.classes, 256).set(this.forwards.classes.subarray(0, 256));
    this.places = new Int32Array(buffer, layout.places, lanes);
    this.states = new Int32Array(buffer, layout.states, lanes);
    this.memory = Buffer.from(buffer);
    this.memory[textStart - 1] = lineFeed;
  }

  window(bytes: number): Buffer {
    const buffer = this.program.reach(textStart + bytes + 1);
    if (buffer !== this.memory.buffer) {
      this.forwards.cells = new Int32Array(buffer, layout.table, maxCells);
      this.places = new Int32Array(buffer, layout.places, lanes);
      this.states = new Int32Array(buffer, layout.states, lanes);
      this.memory = Buffer.from(buffer);
    }
    return this.memory.subarray(textStart, textStart + bytes);
  }

  find(from: number, to: number): Found {
    const found = Array.from({ length: lanes }, (): Found => ({ starts: [], lengths: [] }));
    const { places, ends, states, program, forwards } = this;
    this.divide(textStart + from, textStart + to);
    for (let count = this.together(); count > 0; count = this.together()) {
      count = program.run(count);
      for (let lane = 0; lane < lanes; lane++) {
        places[lane] = (places[lane] as number) + count;
        if ((states[lane] as number) < 0) {
          states[lane] = forwards.resolve(states[lane] as number, states);
          if ((states[lane] as number) < 0) {
            this.take(lane, found[lane] as Found);
          }
        }
        if ((places[lane] as number) >= (ends[lane] as number)) {
          this.rest(lane);
        }
      }
    }
    return { starts: ([] as number[]).concat(...found.map(({ starts }) => starts)), lengths: ([] as number[]).concat(...found.map(({ lengths }) => lengths)) };
  }

  /** How far all lanes get that have not come to their end; 0 where all have. */
  private together(): number {
    let least = Infinity;
    for (let lane = 0; lane < lanes; lane++) {
      const left = (this.ends[lane] as number) - (this.places[lane] as number);
      least = left > 0 && left < least ? left : least;
    }
    return least === Infinity ? 0 : least;
  }

  /** Gives each lane some of the lines. */
  private divide(from: number, to: number): void {
    // The last line may have no end of its own.
    this.memory[to] = lineFeed;
    let start = from;
    for (let lane = 0; lane < lanes; lane++) {
      const least = from + Math.floor(((to - from) * (lane + 1)) / lanes);
      const end = lane === lanes - 1 ? to + (this.memory[to - 1] === lineFeed ? 0 : 1) : Math.max(start, this.memory.indexOf(lineFeed, least) + 1);
      this.places[lane] = start;
      this.origins[lane] = start;
      this.ends[lane] = end;
      this.states[lane] = this.forwards.begin(edgeOfText, false);
      if (end <= start) {
        this.rest(lane);
      }
      start = end;
    }
  }

  /** Lets a lane read anything from now on, which it is in no state to find something in. */
  private rest(lane: number): void {
    this.ends[lane] = 0;
    this.places[lane] = textStart;
    this.states[lane] = 0;
  }

  /** Takes the match whose end a lane came to, and goes on behind it. */
  private take(lane: number, found: Found): void {
    const { memory, forwards } = this;
    let at = this.places[lane] as number;
    let end = at - 1;
    for (let state = (this.states[lane] as number) & addressBits; state !== 0; at++) {
      let next = forwards.cells[(state + (forwards.classes[memory[at] as number] as number)) >> 2] as number;
      if (next < 0) {
        next = forwards.resolve(next, this.states);
        end = next < 0 ? at : end;
      }
      state = next & addressBits;
    }
    const start = this.startOf(end, this.origins[lane] as number);
    if (end > start) {
      found.starts.push(start - textStart);
      found.lengths.push(end - start);
    }
    const next = end > start ? end : behind(memory, end);
    this.places[lane] = next;
    this.origins[lane] = next;
    this.states[lane] = forwards.begin(memory[next - 1] as number, false);
  }

  /** Where the match that ends at `end` begins, at `origin` at the earliest. */
  private startOf(end: number, origin: number): number {
    const { memory, backwards } = this;
    let start = end;
    let state = backwards.begin(memory[end] as number, true);
    for (let at = end - 1; state !== 0 && at >= origin - 1; at--) {
      let next = backwards.cells[(state + (backwards.classes[memory[at] as number] as number)) >> 2] as number;
      if (next < 0) {
        next = backwards.resolve(next);
        start = next < 0 ? at + 1 : start;
      }
      state = next & addressBits;
    }
    return start;
  }
}

/** The place behind a character of UTF-8. */
function behind(memory: Buffer, at: number): number {
  let next = at + 1;
  while (((memory[next] as number) & 0xc0) === 0x80) {
    next++;
  }
  return next;
}
