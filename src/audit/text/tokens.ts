/** Text as a row of codes, with where each stands in the text: what two texts are compared by. */
export interface Codes {
  readonly codes: Uint32Array;
  /** UTF-16 offsets of each code's beginning and end. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly length: number;
}

/** Text that stands in a text as JSON writes it, as it was meant; of the same length, so that places stay. */
export function unescapedInPlace(text: string): string {
  return /\\n/.test(text) && !/\n.*\n.*\n/s.test(text.slice(0, 2000)) ? text.replace(/\\([nrt"\\])/g, (_all, unit: string) => (unit === "n" ? " \n" : unit === '"' || unit === "\\" ? ` ${unit}` : "  ")) : text;
}

/** The characters that are no white space: other line breaks and indents do not hide a copy. */
export function characterCodes(text: string): Codes {
  const codes = new Uint32Array(text.length);
  const starts = new Uint32Array(text.length);
  const ends = new Uint32Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 32 && unit !== 160) {
      codes[length] = unit;
      starts[length] = at;
      ends[length++] = at + 1;
    }
  }
  return { codes, starts, ends, length };
}

const keywords = new Set(
  "and as assert async await break case class const continue def del do elif else enum except export extends false finally fn for from function global if impl import in int interface is lambda let loop match mut new nonlocal not null or pass pub public raise return self static struct super switch this throw true try type typeof use var void where while with yield None True False float double bool char".split(" "),
);
const identifierCode = 1;
const numberCode = 2;
const stringCode = 3;

const isWordUnit = (unit: number): boolean => (unit >= 97 && unit <= 122) || (unit >= 65 && unit <= 90) || (unit >= 48 && unit <= 57) || unit === 95 || unit > 127;

/** The tokens of code in which all names are alike, and all numbers, and all strings: other names do not hide a copy. Comments count for nothing. */
export function tokenCodes(text: string): Codes {
  const codes: number[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  for (let at = 0; at < text.length; ) {
    const unit = text.charCodeAt(at);
    const from = at;
    let code: number;
    if (unit <= 32 || unit === 160) {
      at++;
      continue;
    } else if (unit === 35 || (unit === 47 && text.charCodeAt(at + 1) === 47)) {
      const end = text.indexOf("\n", at);
      at = end < 0 ? text.length : end;
      continue;
    } else if (unit === 34 || unit === 39) {
      at = stringEnd(text, at);
      code = stringCode;
    } else if (isWordUnit(unit)) {
      while (at < text.length && isWordUnit(text.charCodeAt(at))) {
        at++;
      }
      const word = text.slice(from, at);
      code = unit >= 48 && unit <= 57 ? numberCode : keywords.has(word) ? hashOf(word) : identifierCode;
    } else {
      at++;
      code = unit + 16;
    }
    codes.push(code);
    starts.push(from);
    ends.push(at);
  }
  return { codes: Uint32Array.from(codes), starts: Uint32Array.from(starts), ends: Uint32Array.from(ends), length: codes.length };
}

function stringEnd(text: string, open: number): number {
  const quote = text.charCodeAt(open);
  const isTriple = text.charCodeAt(open + 1) === quote && text.charCodeAt(open + 2) === quote;
  if (isTriple) {
    const end = text.indexOf(text.slice(open, open + 3), open + 3);
    return end < 0 ? text.length : end + 3;
  }
  for (let at = open + 1; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 92) {
      at++;
    } else if (unit === quote) {
      return at + 1;
    } else if (unit === 10) {
      return at;
    }
  }
  return text.length;
}

/** FNV-1a, 32 bits. */
export function hashOf(word: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < word.length; at++) {
    hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}
