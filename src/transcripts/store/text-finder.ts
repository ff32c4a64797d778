import type { Found } from "./line-finder";
import { lineFeed, type LineMatches, windowStart } from "./line-matches";
import type { LiteralSearch } from "./literal-search";

/** Finds what a regular expression matches where a text stands that every match contains. */
export class TextFinder {
  /** Bytes that were looked at besides those that the text was looked for in, each place counted as some of them. */
  looked = 0;

  /** @param isBeginning whether every match begins with the text */
  constructor(
    private readonly matches: LineMatches,
    private readonly text: LiteralSearch,
    private readonly isBeginning: boolean,
  ) {}

  /** The matches in [from, to) of the window. */
  find(from: number, to: number): Found {
    const found: Found = { starts: [], lengths: [] };
    const look = this.isBeginning ? this.beginningHere : this.inLine;
    for (let at = this.text.next(from, to); at >= 0; ) {
      const next = look.call(this, windowStart + at, found) - windowStart;
      this.looked += placeBytes;
      at = next < to ? this.text.next(next, to) : -1;
    }
    return found;
  }

  /** Looks whether a match begins at a place; gives back where to go on. */
  private beginningHere(at: number, found: Found): number {
    const { matches } = this;
    const end = matches.endFrom(at, matches.forwards.begin(matches.bytes[at - 1] as number, true), -1);
    if (end < 0) {
      return at + 1;
    }
    found.starts.push(at - windowStart);
    found.lengths.push(end - at);
    return end;
  }

  /** Looks for matches in the line around a place; gives back where the next begins. */
  private inLine(at: number, found: Found): number {
    const { matches } = this;
    const { bytes, forwards } = matches;
    let place = at;
    while (bytes[place - 1] !== lineFeed) {
      place--;
    }
    this.looked -= place;
    let origin = place;
    let state = matches.stateAt(place);
    do {
      const cell = forwards.cells[(state + (forwards.classes[bytes[place] as number] as number)) >> 2] as number;
      state = cell < 0 ? forwards.resolve(cell) : cell;
      place++;
      if (state < 0) {
        place = matches.take(place, state, origin, found);
        origin = place;
        state = matches.stateAt(place);
      }
    } while (bytes[place - 1] !== lineFeed);
    this.looked += place;
    return place;
  }
}

/** To look at a place takes as long as to read so many bytes. */
const placeBytes = 50;
