import { closeSync, openSync, readSync } from "node:fs";
import { RE2JS } from "re2js";
import type { PlainQuery } from "./messages";

/** Some matches: byte offsets in the text file, and lengths in bytes. */
export interface Matches {
  readonly starts: Float64Array;
  readonly lengths: Uint32Array;
}

const windowBytes = 4 * 2 ** 20;
/** The longest line in which a match may cross the end of a window; longer lines are searched in pieces of this length. */
const maxLineBytes = 32 * 2 ** 20;

/**
 * Searches the first `bytes` of a text file line by line, in time linear in its length: a match never crosses a line.
 * Matches follow each other without overlapping. Empty matches do not count.
 *
 * @throws {RE2JSSyntaxException} where the pattern is no regular expression
 */
export async function* searchText(path: string, query: PlainQuery, bytes: number, signal: AbortSignal): AsyncGenerator<Matches, void> {
  if (query.pattern === "") {
    return;
  }
  const find = finder(query);
  const file = openSync(path, "r");
  try {
    let position = 0;
    let size = windowBytes;
    while (position < bytes && !signal.aborted) {
      const window = Buffer.allocUnsafe(Math.min(size, bytes - position));
      const read = readSync(file, window, 0, window.length, position);
      if (read === 0) {
        return;
      }
      const isEnd = position + read >= bytes;
      let end = isEnd ? read : window.lastIndexOf(0x0a, read - 1) + 1;
      if (end === 0) {
        if (size < maxLineBytes) {
          // A line longer than the window: look at more of it at once.
          size *= 2;
          continue;
        }
        end = read;
      }
      const found = find(window.subarray(0, end));
      if (found.length > 0) {
        yield { starts: Float64Array.from(found, ([start]) => position + start), lengths: Uint32Array.from(found, ([, length]) => length) };
      }
      position += end;
      size = windowBytes;
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    closeSync(file);
  }
}

type Found = [start: number, length: number][];

function finder(query: PlainQuery): (bytes: Buffer) => Found {
  if (query.isRegex) {
    const compiled = RE2JS.compile(query.pattern, query.isCaseSensitive ? RE2JS.MULTILINE : RE2JS.MULTILINE | RE2JS.CASE_INSENSITIVE);
    return (bytes) => byLine(bytes, (line) => regexMatches(compiled, line));
  }
  // oxlint-disable-next-line no-control-regex -- ASCII is what is asked for
  const isAscii = /^[\x00-\x7f]*$/.test(query.pattern);
  if (query.isCaseSensitive || (isAscii && !/[a-z]/i.test(query.pattern))) {
    const pattern = Buffer.from(query.pattern, "utf8");
    return (bytes) => literalMatches(bytes, pattern);
  }
  const insensitive = new RegExp(query.pattern.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"), isAscii ? "gi" : "giu");
  // One byte is one unit in Latin-1, so that what is found needs no counting.
  return isAscii ? (bytes) => unitMatches(bytes.toString("latin1"), insensitive) : (bytes) => byLine(bytes, (line) => inBytes(line, unitMatches(line, insensitive)));
}

function literalMatches(bytes: Buffer, pattern: Buffer): Found {
  const found: Found = [];
  for (let at = bytes.indexOf(pattern); at >= 0; at = bytes.indexOf(pattern, at + pattern.length)) {
    found.push([at, pattern.length]);
  }
  return found;
}

function unitMatches(text: string, expression: RegExp): Found {
  return Array.from(text.matchAll(expression), (match) => [match.index, match[0].length]);
}

function regexMatches(compiled: RE2JS, line: string): Found {
  const matcher = compiled.matcher(line);
  const found: Found = [];
  while (matcher.find()) {
    if (matcher.end() > matcher.start()) {
      found.push([matcher.start(), matcher.end() - matcher.start()]);
    }
  }
  return inBytes(line, found);
}

function byLine(bytes: Buffer, find: (line: string) => Found): Found {
  const found: Found = [];
  for (let from = 0; from < bytes.length; ) {
    const feed = bytes.indexOf(0x0a, from);
    const to = feed < 0 ? bytes.length : feed;
    for (const [start, length] of find(bytes.toString("utf8", from, to))) {
      found.push([from + start, length]);
    }
    from = to + 1;
  }
  return found;
}

/** UTF-16 offsets within a line as bytes of its UTF-8, counted once from left to right. */
function inBytes(line: string, found: Found): Found {
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
