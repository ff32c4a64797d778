/** A number in a text. */
export interface FoundNumber {
  /** Its significant digits as a whole number, without sign, point, exponent and zeros at the ends: of `0.02510` it is 251. The first {@link mostDigits} count. */
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

const longest = 64;
/** So many digits a whole number can have and be exact. */
const mostDigits = 15;
/** Numbers of fewer significant digits stand everywhere. */
const leastDigits = 3;
const least = 10 ** (leastDigits - 1);
/** A whole number that takes one more digit and stays exact is less. */
const full = 10 ** (mostDigits - 1);

/** What may be a number of so many digits. */
const candidate = /\d[\d._]{2,}/g;

function nextNumber(text: string, from: number): RegExpExecArray | null {
  candidate.lastIndex = from;
  return candidate.exec(text);
}

/** The numbers of a text with three significant digits or more. Parts of names and of hexadecimal hashes are none. */
function numbersIn(text: string): FoundNumber[] {
  const found: FoundNumber[] = [];
  for (let match = nextNumber(text, 0); match !== null; match = nextNumber(text, candidate.lastIndex)) {
    const start = match.index;
    let at = start + 1;
    let hasPoint = false;
    let value = text.charCodeAt(start) - 48;
    for (; at < text.length; at++) {
      const next = text.charCodeAt(at);
      if (isDigit(next)) {
        value = value < full ? value * 10 + next - 48 : value;
      } else if (next === 46 && !hasPoint && isDigit(text.charCodeAt(at + 1))) {
        hasPoint = true;
      } else if (!(next === 95 && isDigit(text.charCodeAt(at + 1)))) {
        break;
      }
    }
    let end = at;
    candidate.lastIndex = end;
    if (end - start > longest || value < least) {
      continue;
    }
    const after = text.charCodeAt(end);
    if (after === 101 || after === 69) {
      const exponent = /^[eE][-+]?\d{1,3}/.exec(text.slice(end, end + 6));
      end += exponent?.[0].length ?? 0;
      candidate.lastIndex = end;
    }
    if ((start > 0 && isLetter(text.charCodeAt(start - 1))) || (isLetter(text.charCodeAt(end)) && !/^(s|ms|x|k|M|G|B|GB|MB|it)\b/.test(text.slice(end, end + 3)))) {
      continue;
    }
    while (value % 10 === 0) {
      value /= 10;
    }
    if (value >= least) {
      found.push({ value, start, end });
    }
  }
  return found;
}

let last: { readonly text: string; readonly numbers: readonly FoundNumber[] } = { text: "", numbers: [] };

/** The numbers of a text with three digits or more; asked for twice in a row, it is looked through once. */
export function threeDigitNumbers(text: string): readonly FoundNumber[] {
  if (last.text !== text) {
    last = { text, numbers: numbersIn(text) };
  }
  return last.numbers;
}

/** 32 bits that stand for the digits of a number. */
export function numberKey(value: number): number {
  const mixed = Math.imul((value >>> 0) ^ Math.imul(Math.floor(value / 2 ** 32), 0x85ebca6b), 0x9e3779b1);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

/** Gives the keys of a number and of what it becomes when it is cut or rounded to eight digits or fewer, down to three. */
export function eachRounding(value: number, take: (key: number) => void): void {
  take(numberKey(value));
  for (let cut = Math.floor(value / 10), dropped = value % 10; cut >= least; dropped = cut % 10, cut = Math.floor(cut / 10)) {
    if (cut < 1e8) {
      take(numberKey(withoutZeros(cut)));
      if (dropped >= 5) {
        take(numberKey(withoutZeros(cut + 1)));
      }
    }
  }
}

function withoutZeros(value: number): number {
  while (value >= 10 && value % 10 === 0) {
    value /= 10;
  }
  return value;
}

const isDigit = (unit: number): boolean => unit >= 48 && unit <= 57;
const isLetter = (unit: number): boolean => (unit >= 97 && unit <= 122) || (unit >= 65 && unit <= 90) || unit === 95;
