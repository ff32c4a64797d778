import { RE2JS } from "re2js";
import { byteGraph } from "../../base/linear-regex";
import { LaneFinder } from "./lane-finder";
import { type Finder, type FoundInLine, lineFinder } from "./line-finder";
import { LiteralSearch } from "./literal-search";
import type { PlainQuery } from "./messages";
import { requiredText } from "./required-text";

/**
 * Finds what a regular expression matches. Where everything that it matches contains some text, only lines with that are looked at: finding
 * a text is a hundred times as quick.
 *
 * @throws {RE2JSSyntaxException} where the pattern is no regular expression
 */
export function regexFinder({ pattern, isCaseSensitive }: PlainQuery): Finder {
  const compiled = RE2JS.compile(pattern, isCaseSensitive ? RE2JS.MULTILINE : RE2JS.MULTILINE | RE2JS.CASE_INSENSITIVE);
  const graph = byteGraph(compiled);
  if (graph !== undefined) {
    return new LaneFinder(graph);
  }
  const required = requiredText(pattern, isCaseSensitive);
  return lineFinder((line) => matchesIn(compiled, line), required === "" ? undefined : new LiteralSearch(required, isCaseSensitive));
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
