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

/** Memory that readings share, so that each needs none of its own; what is kept has to be copied with {@link keptCodes}. */
let shared = { codes: new Uint32Array(1 << 12), starts: new Uint32Array(1 << 12), ends: new Uint32Array(1 << 12) };

function sharedFor(length: number): typeof shared {
  if (shared.codes.length < length) {
    const size = 2 ** Math.ceil(Math.log2(length));
    shared = { codes: new Uint32Array(size), starts: new Uint32Array(size), ends: new Uint32Array(size) };
  }
  return shared;
}

/** Codes that stay when the next text is read. */
export function keptCodes({ codes, starts, ends, length }: Codes): Codes {
  return { codes: codes.slice(0, length), starts: starts.slice(0, length), ends: ends.slice(0, length), length };
}

/** The characters that are no white space: other line breaks and indents do not hide a copy. Good until the next text is read. */
export function characterCodes(text: string): Codes {
  const { codes, starts, ends } = sharedFor(text.length);
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

/** The tokens of code in which all names are alike, and all numbers, and all strings: other names do not hide a copy. Comments count for nothing. Good until the next text is read. */
export function tokenCodes(text: string): Codes {
  const { codes, starts, ends } = sharedFor(text.length);
  let length = 0;
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
    codes[length] = code;
    starts[length] = from;
    ends[length++] = at;
  }
  return { codes, starts, ends, length };
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

/** FNV-1a, 32 bits, of a text or of its part from `start` to `end`. */
export function hashOf(text: string, start = 0, end = text.length): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}
