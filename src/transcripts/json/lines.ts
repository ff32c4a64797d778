import { type ByteSource, Windows } from "../sources/byte-source";

/** A line of a source without its line break. */
export interface Line {
  readonly start: number;
  readonly end: number;
  readonly bytes: Buffer;
  /** Whether a line break ends it; only the last line may be without. */
  readonly isEnded: boolean;
}

const lineFeed = 0x0a;

/** The lines from byte `from` on, empty ones too, the bytes of each until the next is asked for. Memory is bound by the longest line alone. */
export function* lines(source: ByteSource, from = 0, windowBytes = 2 ** 20): Generator<Line, void> {
  const windows = new Windows(source, windowBytes);
  let lineStart = from;
  let position = from;
  for (;;) {
    const window = windows.at(position, source.size);
    if (window.length === 0) {
      break;
    }
    let at = 0;
    for (;;) {
      const feed = window.indexOf(lineFeed, at);
      if (feed < 0) {
        break;
      }
      const end = position + feed;
      yield { start: lineStart, end, bytes: lineStart >= position ? window.subarray(lineStart - position, feed) : source.read(lineStart, end), isEnded: true };
      at = feed + 1;
      lineStart = position + at;
    }
    position += window.length;
  }
  if (lineStart < position) {
    yield { start: lineStart, end: position, bytes: source.read(lineStart, position), isEnded: false };
  }
}

/** Whether there is nothing but white space. */
export function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) {
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) {
      return false;
    }
  }
  return true;
}
