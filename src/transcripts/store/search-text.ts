import { closeSync, openSync, readSync } from "node:fs";
import { type Finder, lineFinder } from "./line-finder";
import { LiteralSearch } from "./literal-search";
import type { PlainQuery } from "./messages";

/** Some matches: byte offsets in the text file, and lengths in bytes. */
export interface Matches {
  readonly starts: Float64Array;
  readonly lengths: Uint32Array;
}

/** As much as stays in the memory that is quickest to reach. */
const windowBytes = 2 ** 18;
/** The longest line in which a match may cross the end of a window; longer lines are searched in pieces of this length. */
const maxLineBytes = 32 * 2 ** 20;
/** After so many bytes whoever cancels, or asks for something else, has a turn. */
const turnBytes = 4 * 2 ** 20;

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
  const finder = await finderOf(query);
  const file = openSync(path, "r");
  try {
    let position = 0;
    let size = windowBytes;
    let lastEnd = 0;
    let turn = turnBytes;
    while (position < bytes && !signal.aborted) {
      const window = finder.window(Math.min(size, bytes - position));
      const read = readSync(file, window, 0, window.length, position);
      if (read === 0) {
        return;
      }
      let end = position + read >= bytes ? read : finder.overlap === undefined ? window.lastIndexOf(0x0a, read - 1) + 1 : read - finder.overlap;
      if (end <= 0) {
        if (size < maxLineBytes) {
          // A line longer than the window: look at more of it at once.
          size *= 2;
          continue;
        }
        end = read;
      }
      const found = finder.find(Math.max(0, lastEnd - position), finder.overlap === undefined ? end : read);
      if (found.starts.length > 0) {
        const starts = new Float64Array(found.starts.length);
        found.starts.forEach((start, index) => (starts[index] = position + start));
        lastEnd = (starts.at(-1) ?? 0) + (found.lengths.at(-1) ?? 0);
        yield { starts, lengths: new Uint32Array(found.lengths) };
      }
      position += end;
      size = windowBytes;
      if (position >= turn) {
        turn = position + turnBytes;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  } finally {
    closeSync(file);
  }
}

async function finderOf(query: PlainQuery): Promise<Finder> {
  if (query.isRegex) {
    // Much to load, and for regular expressions alone.
    const { regexFinder } = await import("./search-regex");
    return regexFinder(query);
  }
  // oxlint-disable-next-line no-control-regex -- ASCII is what is asked for
  if (query.isCaseSensitive || /^[\x00-\x7f]*$/.test(query.pattern)) {
    return literalFinder(new LiteralSearch(Buffer.from(query.pattern), query.isCaseSensitive));
  }
  const insensitive = new RegExp(query.pattern.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"), "giu");
  return lineFinder((line) => Array.from(line.matchAll(insensitive), (match) => [match.index, match[0].length]));
}

function literalFinder(search: LiteralSearch): Finder {
  return {
    overlap: search.bytes - 1,
    window: (bytes) => search.window(bytes),
    find(from, to) {
      const starts: number[] = [];
      for (let at = search.next(from, to); at >= 0; at = search.next(at + search.bytes, to)) {
        starts.push(at);
      }
      return { starts, lengths: starts.map(() => search.bytes) };
    },
  };
}
