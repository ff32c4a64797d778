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
 */
export function lineFinder(find: (line: string) => FoundInLine): Finder {
  let room = Buffer.alloc(0);
  return {
    overlap: undefined,
    window(bytes) {
      if (room.length < bytes) {
        room = Buffer.allocUnsafeSlow(bytes);
      }
      return room.subarray(0, bytes);
    },
    find(from, to) {
      const found: Found = { starts: [], lengths: [] };
      for (let start = from; start < to; ) {
        const feed = room.subarray(0, to).indexOf(0x0a, start);
        const end = feed < 0 ? to : feed;
        const line = room.toString("utf8", start, end);
        for (const [place, length] of inBytes(line, find(line))) {
          found.starts.push(start + place);
          found.lengths.push(length);
        }
        start = end + 1;
      }
      return found;
    },
  };
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
