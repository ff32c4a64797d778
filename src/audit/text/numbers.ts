/** A number in a text. */
export interface FoundNumber {
  /** Its significant digits without sign, point, exponent and zeros at the ends: `0.02510` is `251`. */
  readonly digits: string;
  readonly start: number;
  readonly end: number;
}

const longest = 64;

/** The numbers of a text with at least so many significant digits. Parts of names and of hexadecimal hashes are none. */
export function* numbersIn(text: string, least: number): Generator<FoundNumber> {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 48 || unit > 57) {
      continue;
    }
    const start = at;
    const before = start > 0 ? text.charCodeAt(start - 1) : 32;
    let hasPoint = false;
    for (at++; at < text.length; at++) {
      const next = text.charCodeAt(at);
      if (next === 46 && !hasPoint && isDigit(text.charCodeAt(at + 1))) {
        hasPoint = true;
      } else if (!isDigit(next) && !(next === 95 && isDigit(text.charCodeAt(at + 1)))) {
        break;
      }
    }
    let end = at;
    if (end - start > longest) {
      continue;
    }
    const after = text.charCodeAt(end);
    if (after === 101 || after === 69) {
      const exponent = /^[eE][-+]?\d{1,3}/.exec(text.slice(end, end + 6));
      end += exponent?.[0].length ?? 0;
    }
    if (isLetter(before) || (isLetter(text.charCodeAt(end)) && !/^(s|ms|x|k|M|G|B|GB|MB|it)\b/.test(text.slice(end, end + 3)))) {
      at = end - 1;
      continue;
    }
    const digits = text.slice(start, at).replace(/[._]/g, "").replace(/^0+/, "").replace(/0+$/, "");
    if (digits.length >= least) {
      yield { digits, start, end };
    }
    at = end - 1;
  }
}

let last: { readonly text: string; readonly numbers: readonly FoundNumber[] } = { text: "", numbers: [] };

/** The numbers of a text with three digits or more; asked for twice in a row, it is looked through once. */
export function threeDigitNumbers(text: string): readonly FoundNumber[] {
  if (last.text !== text) {
    last = { text, numbers: Array.from(numbersIn(text, 3)) };
  }
  return last.numbers;
}

/** The digits of a number and of what it becomes when it is cut or rounded to fewer, down to `least`. */
export function roundings(digits: string, least: number): string[] {
  const found = [digits];
  for (let length = Math.min(digits.length - 1, 8); length >= least; length--) {
    const cut = digits.slice(0, length);
    found.push(cut.replace(/0+$/, ""));
    if (digits.charCodeAt(length) >= 53) {
      found.push(String(Number(cut) + 1).replace(/0+$/, ""));
    }
  }
  return found;
}

const isDigit = (unit: number): boolean => unit >= 48 && unit <= 57;
const isLetter = (unit: number): boolean => (unit >= 97 && unit <= 122) || (unit >= 65 && unit <= 90) || unit === 95;
