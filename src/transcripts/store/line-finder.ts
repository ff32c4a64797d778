/** Places in a window, in their order. */
export interface Found {
  readonly starts: number[];
  readonly lengths: number[];
}

/** Places in a line, in UTF-16 units. */
export type FoundInLine = [start: number, length: number][];

/** Finds places in a text that is read window by window. */
export interface Finder {
  /** Memory for a window. */
  window(bytes: number): Buffer;
  /** The places in [from, to) of the window. */
  find(from: number, to: number): Found;
  /** How much of a window's end has to be looked at again with what follows it; undefined where windows have to end with a line. */
  readonly overlap: number | undefined;
}

/**
 * Looks at line by line.
 *
 * @param find the places in a line
 * @param candidates tells of lines that cannot have any
 */
export function lineFinder(find: (line: string) => FoundInLine, candidates: Candidates = new EveryLine()): Finder {
  return {
    overlap: undefined,
    window: (bytes) => candidates.window(bytes),
    find(from, to) {
      const window = candidates.window(to);
      const found: Found = { starts: [], lengths: [] };
      for (let at = candidates.next(from, to); at >= 0 && at < to; ) {
        const start = at === 0 ? 0 : window.lastIndexOf(0x0a, at - 1) + 1;
        const feed = window.indexOf(0x0a, at);
        const end = feed < 0 ? to : feed;
        const line = window.toString("utf8", start, end);
        for (const [place, length] of inBytes(line, find(line))) {
          found.starts.push(start + place);
          found.lengths.push(length);
        }
        at = candidates.next(end + 1, to);
      }
      return found;
    },
  };
}

/** Lines that are worth a look. */
export interface Candidates {
  /** Memory for a window; of one that is no longer than the last its beginning is what it was. */
  window(bytes: number): Buffer;
  /** A byte in the next such line at or behind `from`; negative, or not below `to`, where there is none. */
  next(from: number, to: number): number;
}

class EveryLine implements Candidates {
  private room = Buffer.alloc(0);

  window(bytes: number): Buffer {
    if (this.room.length < bytes) {
      this.room = Buffer.allocUnsafeSlow(bytes);
    }
    return this.room.subarray(0, bytes);
  }

  next(from: number): number {
    return from;
  }
}

/** UTF-16 offsets within a line as bytes of its UTF-8, counted once from left to right. */
function inBytes(line: string, found: FoundInLine): FoundInLine {
  let units = 0;
  let bytes = 0;
  return found.map(([start, length]) => {
    bytes += Buffer.byteLength(line.slice(units, start));
    const from = bytes;
    bytes += Buffer.byteLength(line.slice(start, start + length));
    units = start + length;
    return [from, bytes - from];
  });
}
