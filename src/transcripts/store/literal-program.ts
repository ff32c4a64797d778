import { areEqual, block, both, bothVectors, byteAt, constant, either, eitherVector, end, get, giveBack, highBits, type Instructions, isEqual, isGreater, isOther, isZero, leave, leaveIf, loop, minus, minusOne, plus, set, sixteenAt, sixteenTimes, trailingZeros, when } from "./web-assembly";

// What it is given.
const [from, to, length, first, second] = [0, 1, 2, 3, 4] as const;
// Its own numbers and vectors.
const [last, bits, candidate, index] = [5, 6, 7, 8] as const;
const [firstByte, firstFold, secondByte, secondFold] = [9, 10, 11, 12] as const;

/** Which of sixteen places from `from` on have the byte at `offset` behind them. */
const placesOf = (offset: number, byte: number, fold: number): number[] => [...get(from), ...get(offset), plus, ...sixteenAt, ...get(fold), ...eitherVector, ...get(byte), ...areEqual];

const body: readonly number[] = [
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
  ...[...get(index), ...get(length), isEqual, ...when, ...get(candidate), giveBack, end],
  ...[...get(candidate), ...get(index), plus, ...byteAt(0), ...get(length), ...get(index), plus, ...byteAt(0), either, ...get(index), ...byteAt(0), isOther, ...leaveIf(1)],
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

/**
 * (from, to, length, first, second): where in [from, to) of the memory the text at its beginning, of `length` bytes, begins first; -1
 * where it does not. Behind the text lie as many bytes of bits that do not count. `first` and `second` say which of its bytes are looked
 * for. Up to 15 bytes behind `to` are looked at.
 */
export const literalInstructions: Instructions = { parameters: 5, numbers: 4, vectors: 4, body };
