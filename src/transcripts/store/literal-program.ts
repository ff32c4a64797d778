// The instructions that LiteralSearch runs, put together here: so few need no compiler. Numbers are those of the WebAssembly
// specification, https://webassembly.github.io/spec/core/binary/.

const number = 0x7f;
const vector = 0x7b;

const block = [0x02, 0x40] as const;
const loop = [0x03, 0x40] as const;
const end = 0x0b;
const giveBack = 0x0f;
/** Leaves as many blocks more than the innermost, or begins a loop again. */
const leave = (depth: number): number[] => [0x0c, depth];
const leaveIf = (depth: number): number[] => [0x0d, depth];
const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
/** Up to 63. */
const constant = (value: number): number[] => [0x41, value];
const minusOne = [0x41, 0x7f] as const;
const byteAt = [0x2d, 0, 0] as const;
const isZero = 0x45;
const isEqual = 0x46;
const isOther = 0x47;
const isGreater = 0x4a;
const trailingZeros = 0x68;
const plus = 0x6a;
const minus = 0x6b;
const both = 0x71;
const either = 0x72;
const sixteenAt = [0xfd, 0x00, 0, 0] as const;
const sixteenTimes = [0xfd, 0x07, 0, 0] as const;
const areEqual = [0xfd, 0x23] as const;
const bothVectors = [0xfd, 0x4e] as const;
const eitherVector = [0xfd, 0x50] as const;
const highBits = [0xfd, 0x64] as const;

// What `find` is given.
const [from, to, length, first, second] = [0, 1, 2, 3, 4] as const;
// Its own numbers and vectors.
const [last, bits, candidate, index] = [5, 6, 7, 8] as const;
const [firstByte, firstFold, secondByte, secondFold] = [9, 10, 11, 12] as const;

/** Which of sixteen places from `from` on have the byte at `offset` behind them. */
const placesOf = (offset: number, byte: number, fold: number): number[] => [...get(from), ...get(offset), plus, ...sixteenAt, ...get(fold), ...eitherVector, ...get(byte), ...areEqual];

/**
 * find(from, to, length, first, second): where in [from, to) of the memory the text at its beginning, of `length` bytes, begins first; -1
 * where it does not. Behind the text lie as many bytes of bits that do not count. `first` and `second` say which of its bytes are looked
 * for. Up to 15 bytes behind `to` are looked at.
 */
const find: readonly number[] = [
  ...[...get(to), ...get(length), minus, ...set(last)],
  ...[...get(first), ...sixteenTimes, ...set(firstByte)],
  ...[...get(second), ...sixteenTimes, ...set(secondByte)],
  ...[...get(first), ...get(length), plus, ...sixteenTimes, ...set(firstFold)],
  ...[...get(second), ...get(length), plus, ...sixteenTimes, ...set(secondFold)],
  ...block,
  ...loop,
  ...[...get(from), ...get(last), isGreater, ...leaveIf(1)],
  ...[...placesOf(first, firstByte, firstFold), ...placesOf(second, secondByte, secondFold), ...bothVectors, ...highBits, ...set(bits)],
  ...block,
  ...loop,
  ...[...get(bits), isZero, ...leaveIf(1)],
  ...[...get(from), ...get(bits), trailingZeros, plus, ...set(candidate)],
  ...[...get(candidate), ...get(last), isGreater, ...leaveIf(3)],
  ...[...constant(0), ...set(index)],
  ...block,
  ...loop,
  ...[...get(index), ...get(length), isEqual, 0x04, 0x40, ...get(candidate), giveBack, end],
  ...[...get(candidate), ...get(index), plus, ...byteAt, ...get(length), ...get(index), plus, ...byteAt, either, ...get(index), ...byteAt, isOther, ...leaveIf(1)],
  ...[...get(index), ...constant(1), plus, ...set(index), ...leave(0)],
  end,
  end,
  ...[...get(bits), ...get(bits), ...constant(1), minus, both, ...set(bits), ...leave(0)],
  end,
  end,
  ...[...get(from), ...constant(16), plus, ...set(from), ...leave(0)],
  end,
  end,
  ...minusOne,
  end,
];

const section = (id: number, content: readonly number[]): number[] => [id, ...size(content.length), ...content];

/** A length below 2^14. */
const size = (length: number): number[] => (length < 0x80 ? [length] : [(length & 0x7f) | 0x80, length >> 7]);

const body = [2, 4, number, 4, vector, ...find];

/** The module: it imports its memory, and exports `find`. */
export const literalProgram = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(1, [1, 0x60, 5, number, number, number, number, number, 1, number]),
  ...section(2, [1, 0, 1, 0x6d, 2, 0, 1]),
  ...section(3, [1, 0]),
  ...section(7, [1, 1, 0x66, 0, 0]),
  ...section(10, [1, ...size(body.length), ...body]),
]);
