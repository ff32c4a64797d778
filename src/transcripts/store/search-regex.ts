import { RE2JS } from "re2js";
import { beginningOf, byteGraph, type ByteGraph } from "../../base/linear-regex";
import { LaneFinder } from "./lane-finder";
import { type Finder, type Found, type FoundInLine, lineFinder } from "./line-finder";
import { lineFeed, LineMatches, windowStart } from "./line-matches";
import { LiteralSearch } from "./literal-search";
import type { PlainQuery } from "./messages";
import { requiredText } from "./required-text";
import { TextFinder } from "./text-finder";
import { ProgramMemory } from "./web-assembly";

/** A text that has to be there is not looked for where it is shorter, or found so often that all bytes had better be read. */
const leastText = 2;
const oftenLooked = 0.25;

/**
 * Finds what a regular expression matches.
 *
 * @throws {RE2JSSyntaxException} where the pattern is no regular expression
 */
export function regexFinder(query: PlainQuery): Finder {
  const compiled = RE2JS.compile(query.pattern, query.isCaseSensitive ? RE2JS.MULTILINE : RE2JS.MULTILINE | RE2JS.CASE_INSENSITIVE);
  const graph = byteGraph(compiled);
  return graph === undefined ? lineFinder((line) => matchesIn(compiled, line)) : new GraphFinder(graph, query);
}

/** Reads all bytes with automata; or, where all that the expression matches contains some text that is rare, what stands around that: finding a text is much quicker still. */
class GraphFinder implements Finder {
  readonly overlap = undefined;
  private readonly memory = new ProgramMemory();
  private readonly matches: LineMatches;
  private readonly lanes: LaneFinder;
  private text: TextFinder | undefined;
  private seen = 0;

  constructor(graph: ByteGraph, { pattern, isCaseSensitive }: PlainQuery) {
    const beginning = beginningOf(graph, isCaseSensitive);
    const required = Buffer.from(requiredText(pattern, isCaseSensitive)).subarray(0, 64);
    const isBeginning = beginning.length >= leastText;
    const text = isBeginning ? beginning : required;
    this.matches = new LineMatches(graph, this.memory);
    this.lanes = new LaneFinder(this.matches, this.memory);
    this.text = text.length < leastText ? undefined : new TextFinder(this.matches, new LiteralSearch(text, isCaseSensitive, this.memory, windowStart), isBeginning);
  }

  window(bytes: number): Buffer {
    return this.matches.window(bytes);
  }

  find(from: number, to: number): Found {
    // The last line may have no line feed of its own.
    this.matches.bytes[windowStart + to] = lineFeed;
    if (this.text === undefined) {
      return this.lanes.find(from, to);
    }
    const found = this.text.find(from, to);
    this.seen += to - from;
    if (this.text.looked > this.seen * oftenLooked) {
      this.text = undefined;
    }
    return found;
  }
}

function matchesIn(compiled: RE2JS, line: string): FoundInLine {
  const matcher = compiled.matcher(line);
  const found: FoundInLine = [];
  while (matcher.find()) {
    if (matcher.end() > matcher.start()) {
      found.push([matcher.start(), matcher.end() - matcher.start()]);
    }
  }
  return found;
}
