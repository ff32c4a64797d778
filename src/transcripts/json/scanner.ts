import { type ByteSource, Windows } from "../sources/byte-source";

/**
 * Which values inside a JSON value are records of their own. A name leads to a member, `*` to every element of an
 * array and every member of an object. `true` makes the value there a record.
 */
export interface RecordPaths {
  readonly [name: string]: RecordPaths | true;
}

/** A record found in a source: the bytes [start, end) are one JSON value. */
export interface FoundRecord {
  /** Names and indexes that lead to it, such as `["samples", 0, "events", 12]`. */
  readonly path: readonly (string | number)[];
  /** All of the path but its last; the same array for all records in one list. */
  readonly within: readonly (string | number)[];
  /** The last of the path. */
  readonly name: string | number;
  readonly start: number;
  readonly end: number;
  /** Valid until the next record is asked for. */
  readonly bytes: Buffer;
}

/** The value itself, with its records taken out. */
export interface FoundShell {
  readonly path: readonly [];
  readonly start: number;
  readonly end: number;
  /** Valid JSON: the value with each record replaced by null, or as far as it goes where it is cut off. */
  readonly bytes: Buffer;
  /** The byte ranges of which it is made. */
  readonly ranges: readonly (readonly [start: number, end: number])[];
  /** Where the value stops being JSON, or undefined where it is whole. */
  readonly stoppedAt: number | undefined;
}

/** A shell over this size is cut: nobody reads it, and it must not fill the memory. */
const maxShellBytes = 64 * 2 ** 20;

const tab = 0x09;
const lineFeed = 0x0a;
const space = 0x20;
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const carriageReturn = 0x0d;

/** The value is not JSON, or ends before it should, at this byte. */
class Stopped extends Error {
  constructor(readonly at: number) {
    super();
  }
}

const nullBytes = Buffer.from("null");

/**
 * Walks one JSON value by its brackets and quotes alone, in bounded memory and in time linear in its bytes, however
 * deeply it is nested. Yields each record when its last byte has been seen, and the shell at the end.
 * A damaged value yields what lies before the damage.
 */
export class JsonScanner {
  private window: Buffer = Buffer.alloc(0);
  private windowStart = 0;
  /** Index in the window of the next byte. */
  private at = 0;
  private shell = Buffer.alloc(1024);
  /** Beginnings and ends, one after the other. */
  private shellRanges: number[] = [];
  private shellBytes = 0;
  private shellFrom = 0;
  private readonly windows: Windows;

  constructor(
    private readonly source: ByteSource,
    private readonly from = 0,
    private readonly to = source.size,
    /** How much is read at once; a test's business. */
    windowBytes = 2 ** 20,
  ) {
    this.windows = new Windows(source, windowBytes);
    this.windowStart = from;
  }

  /** Where the next byte lies in the source. */
  get position(): number {
    return this.windowStart + this.at;
  }

  /** Whether anything but white space is left. */
  hasMore(): boolean {
    try {
      return this.skipSpace() !== undefined;
    } catch {
      return false;
    }
  }

  /** The records of the next value and its shell. */
  *next(paths: RecordPaths): Generator<FoundRecord | FoundShell, void> {
    this.skipSpace();
    const start = this.position;
    this.shellRanges = [];
    this.shellBytes = 0;
    this.shellFrom = start;
    let stoppedAt: number | undefined;
    try {
      yield* this.value(paths, []);
    } catch (error) {
      if (!(error instanceof Stopped)) {
        throw error;
      }
      stoppedAt = error.at;
    }
    const end = stoppedAt === undefined ? this.position : this.to;
    this.keepShell(stoppedAt ?? end);
    const ranges = this.shellRanges;
    yield { path: [], start, end, bytes: Buffer.from(this.shell.subarray(0, this.shellBytes)), stoppedAt, get ranges() { return pairs(ranges); } };
  }

  private *value(paths: RecordPaths, path: readonly (string | number)[]): Generator<FoundRecord, void> {
    const first = this.skipSpace();
    if (first === undefined) {
      throw new Stopped(this.position);
    }
    if (first !== openBrace && first !== openBracket) {
      this.skipValue(first, this.position);
      return;
    }
    this.at++;
    if (first === openBracket) {
      yield* this.elements(paths, path);
    } else {
      yield* this.members(paths, path);
    }
  }

  private *elements(paths: RecordPaths, path: readonly (string | number)[]): Generator<FoundRecord, void> {
    const inner = paths["*"];
    for (let index = 0; ; index++) {
      if (this.skipSpace() === closeBracket) {
        this.at++;
        return;
      }
      // Lists of records are long, so they cost no generator for each.
      if (inner === true) {
        yield this.record(path, index);
      } else {
        yield* this.inside(inner, path, index);
      }
      if (!this.hasComma(closeBracket)) {
        return;
      }
    }
  }

  private *members(paths: RecordPaths, path: readonly (string | number)[]): Generator<FoundRecord, void> {
    for (;;) {
      const start = this.skipSpace();
      if (start === closeBrace) {
        this.at++;
        return;
      }
      if (start !== quote) {
        throw new Stopped(this.position);
      }
      const nameStart = this.position;
      this.skipString(nameStart);
      const name = nameOf(this.slice(nameStart, this.position));
      if (this.skipSpace() !== colon) {
        throw new Stopped(this.position);
      }
      this.at++;
      const inner = Object.hasOwn(paths, name) ? paths[name] : paths["*"];
      if (inner === true) {
        yield this.record(path, name);
      } else {
        yield* this.inside(inner, path, name);
      }
      if (!this.hasComma(closeBrace)) {
        return;
      }
    }
  }

  private *inside(paths: RecordPaths | undefined, path: readonly (string | number)[], name: string | number): Generator<FoundRecord, void> {
    if (paths === undefined) {
      const first = this.skipSpace();
      if (first === undefined) {
        throw new Stopped(this.position);
      }
      this.skipValue(first, this.position);
    } else {
      yield* this.value(paths, [...path, name]);
    }
  }

  private record(within: readonly (string | number)[], name: string | number): FoundRecord {
    const first = this.skipSpace();
    if (first === undefined) {
      throw new Stopped(this.position);
    }
    const start = this.position;
    this.skipValue(first, start);
    const end = this.position;
    this.keepShell(start);
    if (this.shellBytes < maxShellBytes) {
      this.addToShell(nullBytes);
    }
    this.shellFrom = end;
    return new ScannedRecord(this, within, name, start, end);
  }

  /** Whether another element follows; otherwise the container's end has been passed. */
  private hasComma(close: number): boolean {
    const next = this.skipSpace();
    if (next === comma) {
      this.at++;
      return true;
    }
    if (next === close) {
      this.at++;
      return false;
    }
    throw new Stopped(this.position);
  }

  private skipSpace(): number | undefined {
    for (;;) {
      while (this.at < this.window.length) {
        const byte = this.window[this.at] ?? 0;
        if (byte !== space && byte !== lineFeed && byte !== carriageReturn && byte !== tab) {
          return byte;
        }
        this.at++;
      }
      if (!this.fill()) {
        return undefined;
      }
    }
  }

  /** Passes the value that begins here. Brackets are counted, not matched: a parser looks at each record later. */
  private skipValue(first: number, start: number): void {
    if (first === quote) {
      this.skipString(start);
      return;
    }
    if (first !== openBrace && first !== openBracket) {
      this.skipScalar(start);
      return;
    }
    let depth = 0;
    for (;;) {
      const { window } = this;
      const { length } = window;
      let at = this.at;
      while (at < length) {
        const byte = window[at++] ?? 0;
        if (byte === quote) {
          // Most strings end in the same window.
          const close = closingQuote(window, at);
          if (close < 0) {
            this.at = at;
            this.stringRest(start);
            at = -1;
            break;
          }
          at = close + 1;
        } else if (byte === openBrace || byte === openBracket) {
          depth++;
        } else if (byte === closeBrace || byte === closeBracket) {
          depth--;
          if (depth === 0) {
            this.at = at;
            return;
          }
        }
      }
      if (at >= 0) {
        this.at = at;
        if (!this.fill()) {
          throw new Stopped(start);
        }
      }
    }
  }

  private skipString(start: number): void {
    this.at++;
    this.stringRest(start);
  }

  /** Passes the rest of a string; the window may end within it, or within an escape. */
  private stringRest(start: number): void {
    for (;;) {
      const { window } = this;
      const close = closingQuote(window, this.at);
      if (close >= 0) {
        this.at = close + 1;
        return;
      }
      const over = slashesBefore(window, window.length, this.at) % 2;
      this.at = window.length;
      if (!this.fill()) {
        throw new Stopped(start);
      }
      this.at += over;
    }
  }

  private skipScalar(start: number): void {
    for (;;) {
      while (this.at < this.window.length) {
        const byte = this.window[this.at] ?? 0;
        if (byte === comma || byte === closeBrace || byte === closeBracket || byte <= space || byte === colon || byte === quote) {
          if (this.position === start) {
            throw new Stopped(start);
          }
          return;
        }
        this.at++;
      }
      if (!this.fill()) {
        return;
      }
    }
  }

  /** The next window; false at the end. */
  private fill(): boolean {
    const start = this.windowStart + this.window.length;
    const next = this.windows.at(start, this.to);
    if (next.length === 0) {
      return false;
    }
    this.at -= this.window.length;
    this.windowStart = start;
    this.window = next;
    return true;
  }

  /** Bytes that were passed, from the window where they are still in it. */
  slice(start: number, end: number): Buffer {
    return start >= this.windowStart ? this.window.subarray(start - this.windowStart, end - this.windowStart) : this.source.read(start, end);
  }

  private keepShell(end: number): void {
    if (end <= this.shellFrom) {
      return;
    }
    this.shellRanges.push(this.shellFrom, end);
    const kept = Math.min(end, this.shellFrom + maxShellBytes - this.shellBytes);
    if (kept > this.shellFrom) {
      const from = this.shellFrom - this.windowStart;
      if (from >= 0) {
        this.addToShell(this.window, from, kept - this.windowStart);
      } else {
        this.addToShell(this.source.read(this.shellFrom, kept));
      }
    }
    this.shellFrom = end;
  }

  private addToShell(bytes: Buffer, from = 0, to = bytes.length): void {
    const needed = this.shellBytes + to - from;
    if (needed > this.shell.length) {
      const larger = Buffer.alloc(Math.max(needed, this.shell.length * 2));
      this.shell.copy(larger, 0, 0, this.shellBytes);
      this.shell = larger;
    }
    // Mostly a comma between two records, which takes longer to be asked for than to be copied.
    for (let at = from; at < to && to - from <= 16; at++) {
      this.shell[this.shellBytes + at - from] = bytes[at] ?? 0;
    }
    if (to - from > 16) {
      bytes.copy(this.shell, this.shellBytes, from, to);
    }
    this.shellBytes = needed;
  }
}

/** Whoever only wants to know where records lie need not have their bytes and paths. */
class ScannedRecord implements FoundRecord {
  constructor(
    private readonly scanner: JsonScanner,
    readonly within: readonly (string | number)[],
    readonly name: string | number,
    readonly start: number,
    readonly end: number,
  ) {}

  get path(): readonly (string | number)[] {
    return [...this.within, this.name];
  }

  get bytes(): Buffer {
    return this.scanner.slice(this.start, this.end);
  }
}

function pairs(numbers: readonly number[]): [number, number][] {
  return Array.from({ length: numbers.length / 2 }, (_, pair) => [numbers[2 * pair] ?? 0, numbers[2 * pair + 1] ?? 0]);
}

/** The quote that ends the string whose content begins here, or goes on here behind a whole escape; -1 where it is not in the window. */
function closingQuote(window: Buffer, from: number): number {
  // Short strings are quicker gone through than searched.
  const near = Math.min(window.length, from + 32);
  let at = from;
  while (at < near) {
    const byte = window[at];
    if (byte === quote) {
      return at;
    }
    at += byte === backslash ? 2 : 1;
  }
  let close = window.indexOf(quote, at);
  while (close >= 0 && slashesBefore(window, close, at) % 2 === 1) {
    close = window.indexOf(quote, close + 1);
  }
  return close;
}

/** How many backslashes stand right before a byte, none of them before `from`. */
function slashesBefore(window: Buffer, end: number, from: number): number {
  let at = end;
  while (at > from && window[at - 1] === backslash) {
    at--;
  }
  return end - at;
}

function nameOf(quoted: Buffer): string {
  const text = quoted.toString("utf8", 1, quoted.length - 1);
  if (!text.includes("\\")) {
    return text;
  }
  try {
    return JSON.parse(quoted.toString("utf8")) as string;
  } catch {
    return text;
  }
}
