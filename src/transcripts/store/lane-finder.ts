import { lanes, lanesInstructions } from "./lanes-program";
import type { Found } from "./line-finder";
import { lineFeed, type LineMatches, windowStart } from "./line-matches";
import { type Program, type ProgramMemory, programOf } from "./web-assembly";

/** Finds what a regular expression matches in all lines of a window: several parts of it are read in turn. */
export class LaneFinder {
  private readonly read: Program;
  // Of the lanes: where they end, and where what they look for may begin.
  private readonly ends = new Int32Array(lanes);
  private readonly origins = new Int32Array(lanes);

  constructor(
    private readonly matches: LineMatches,
    memory: ProgramMemory,
  ) {
    this.read = programOf(lanesInstructions, memory);
  }

  /** The matches in [from, to) of the window. */
  find(from: number, to: number): Found {
    const { matches, ends, origins } = this;
    const { forwards, places, states } = matches;
    const found = Array.from({ length: lanes }, (): Found => ({ starts: [], lengths: [] }));
    this.divide(windowStart + from, windowStart + to);
    for (let count = this.common(); count > 0; count = this.common()) {
      count = this.read(count);
      for (let lane = 0; lane < lanes; lane++) {
        places[lane] = (places[lane] as number) + count;
        if ((states[lane] as number) < 0) {
          states[lane] = forwards.resolve(states[lane] as number, states);
          if ((states[lane] as number) < 0) {
            const next = matches.take(places[lane] as number, states[lane] as number, origins[lane] as number, found[lane] as Found);
            places[lane] = next;
            origins[lane] = next;
            states[lane] = matches.stateAt(next);
          }
        }
        if ((places[lane] as number) >= (ends[lane] as number)) {
          this.rest(lane);
        }
      }
    }
    return { starts: ([] as number[]).concat(...found.map(({ starts }) => starts)), lengths: ([] as number[]).concat(...found.map(({ lengths }) => lengths)) };
  }

  /** Gives each lane some of the lines. */
  private divide(from: number, to: number): void {
    const { bytes, places, states } = this.matches;
    let start = from;
    for (let lane = 0; lane < lanes; lane++) {
      const least = from + Math.floor(((to - from) * (lane + 1)) / lanes);
      // The last line may have no line feed of its own.
      const end = lane === lanes - 1 ? to + 1 : Math.max(start, bytes.indexOf(lineFeed, least) + 1);
      places[lane] = start;
      states[lane] = this.matches.stateAt(start);
      this.origins[lane] = start;
      this.ends[lane] = end;
      if (end <= start) {
        this.rest(lane);
      }
      start = end;
    }
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

  /** Lets a lane read anything, in the state in which nothing is found. */
  private rest(lane: number): void {
    this.ends[lane] = 0;
    this.matches.places[lane] = windowStart;
    this.matches.states[lane] = 0;
  }
}
