import { lanes, lanesInstructions } from "./lanes-program";
import type { Found } from "./line-finder";
import { type LineMatches, windowStart } from "./line-matches";
import { type Program, type ProgramMemory, programOf } from "./web-assembly";

/** Lines one after the other, from a place in the window up to another; the last may have no line feed. */
export type Stretch = readonly [from: number, to: number];

/** Finds what a regular expression matches in all of some lines: several stretches of them are read in turn. */
export class LaneFinder {
  private readonly read: Program;
  // Of the lanes: which stretch they read, up to where, and where what they look for may begin.
  private readonly stretches = new Int32Array(lanes);
  private readonly ends = new Int32Array(lanes);
  private readonly origins = new Int32Array(lanes);

  constructor(
    private readonly matches: LineMatches,
    memory: ProgramMemory,
  ) {
    this.read = programOf(lanesInstructions, memory);
  }

  /** The matches in stretches of the window, which come in their order. */
  find(stretches: readonly Stretch[]): Found {
    const { matches, ends, origins } = this;
    const { forwards, places, states } = matches;
    const found: (Found | undefined)[] = [];
    let begun = 0;
    for (let lane = 0; lane < lanes; lane++) {
      this.begin(lane, stretches, begun++);
    }
    for (let count = this.common(); count > 0; count = this.common()) {
      count = this.read(count);
      for (let lane = 0; lane < lanes; lane++) {
        places[lane] = (places[lane] as number) + count;
        if ((states[lane] as number) < 0) {
          states[lane] = forwards.resolve(states[lane] as number, states);
          if ((states[lane] as number) < 0) {
            const own = (found[this.stretches[lane] as number] ??= { starts: [], lengths: [] });
            const next = matches.take(places[lane] as number, states[lane] as number, origins[lane] as number, own);
            places[lane] = next;
            origins[lane] = next;
            states[lane] = matches.stateAt(next);
          }
        }
        if ((places[lane] as number) >= (ends[lane] as number)) {
          this.begin(lane, stretches, begun++);
        }
      }
    }
    const inOrder = found.filter((each) => each !== undefined);
    const none: number[] = [];
    return { starts: none.concat(...inOrder.map(({ starts }) => starts)), lengths: none.concat(...inOrder.map(({ lengths }) => lengths)) };
  }

  /** Lets a lane read a stretch; where there is none, it reads anything, in the state in which nothing is found. */
  private begin(lane: number, stretches: readonly Stretch[], index: number): void {
    const [from, to] = stretches[index] ?? [0, 0];
    const start = windowStart + from;
    this.stretches[lane] = index;
    this.ends[lane] = windowStart + to;
    this.origins[lane] = start;
    this.matches.places[lane] = start;
    this.matches.states[lane] = from < to ? this.matches.stateAt(start) : 0;
  }

  /** How many bytes all lanes have before them that have not come to their end; 0 where all have. */
  private common(): number {
    const { places } = this.matches;
    let least = Infinity;
    for (let lane = 0; lane < lanes; lane++) {
      const left = (this.ends[lane] as number) - (places[lane] as number);
      least = left > 0 && left < least ? left : least;
    }
    return least === Infinity ? 0 : least;
  }
}
