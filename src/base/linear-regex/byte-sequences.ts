/** The bytes that may stand at one place: all from the first to the last. */
export type ByteRange = readonly [first: number, last: number];

/** The last code point of UTF-8's forms of one, two and three bytes. */
const lastOfForm = [0x7f, 0x7ff, 0xffff] as const;

/**
 * Code points from `first` to `last` as UTF-8: sequences of ranges of bytes, of which each code point is in exactly one. A lone surrogate
 * has the three bytes that its number would have.
 */
export function* byteSequences(first: number, last: number): Generator<readonly ByteRange[]> {
  const split = splitOf(first, last);
  if (split !== undefined) {
    yield* byteSequences(first, split);
    yield* byteSequences(split + 1, last);
    return;
  }
  const lasts = utf8(last);
  yield utf8(first).map((byte, index) => [byte, lasts[index] ?? byte]);
}

/** The code point behind which the range has to be cut, so that each byte may be any of a range whatever the others are. */
function splitOf(first: number, last: number): number | undefined {
  for (const end of lastOfForm) {
    if (first <= end && end < last) {
      return end;
    }
  }
  for (let bits = 6; last > 0x7f && bits <= 18; bits += 6) {
    const low = (1 << bits) - 1;
    if (first >> bits !== last >> bits) {
      if ((first & low) !== 0) {
        return first | low;
      }
      if ((last & low) !== low) {
        return (last & ~low) - 1;
      }
    }
  }
  return undefined;
}

/** The bytes of a code point, also of a lone surrogate. */
export function utf8(codePoint: number): number[] {
  const behind = (shift: number): number => 0x80 | ((codePoint >> shift) & 0x3f);
  if (codePoint <= lastOfForm[0]) {
    return [codePoint];
  }
  if (codePoint <= lastOfForm[1]) {
    return [0xc0 | (codePoint >> 6), behind(0)];
  }
  return codePoint <= lastOfForm[2] ? [0xe0 | (codePoint >> 12), behind(6), behind(0)] : [0xf0 | (codePoint >> 18), behind(12), behind(6), behind(0)];
}
