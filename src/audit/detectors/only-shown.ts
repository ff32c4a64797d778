import type { PythonFact } from "../code/python-facts";
import type { PythonPiece } from "../step";

/** What of an object or a frame says how large it is or where it stands, and nothing of what is in it. */
const harmlessMember = "(?:shape|dtype|device|is_cuda|numel|element_size|size|nbytes|ndim|requires_grad|grad_fn|__class__|__name__|function|lineno|filename|f_code|f_lineno|f_back|co_name|co_filename|co_firstlineno|tb_lineno)";

/** What the module of a frame is called. */
export const moduleName = /\.f_globals\s*(?:\.get\(|\[)\s*["']__(?:name|file|package|spec)__["'][^\n)\]]{0,20}[)\]]/g;

/**
 * Looking for what takes memory, or naming the place that logs, only shows something: of the objects or frames that are gone through, sizes
 * and places are asked for, and none is given back, kept or given to another function.
 */
export function isOnlyShown(piece: PythonPiece, { from, to }: PythonFact): boolean {
  // What a module is called is no data of it.
  const text = piece.code.placed.text.replace(moduleName, (all) => ".f_lineno".padEnd(all.length));
  const lineEnd = text.indexOf("\n", to) < 0 ? text.length : text.indexOf("\n", to);
  const lineStart = text.lastIndexOf("\n", from) + 1;
  const line = text.slice(lineStart, lineEnd);
  if (/\b(f_locals|f_globals)\b/.test(line)) {
    return false;
  }
  if (/\blen\(gc\.get_objects\(\)\)/.test(line)) {
    return true;
  }
  const looped = /^[ \t]*for\s+(\w+)\s+in\b.*:\s*$/.exec(line)?.[1];
  const bound = /^[ \t]*(\w+)(?:\s*:[^=]+)?\s*=(?!=)/.exec(line)?.[1];
  const name = looped ?? bound;
  if (name === undefined) {
    return /\.(function|lineno|filename|f_code|co_name|f_lineno|co_filename)\b|\bgetframeinfo\b/.test(line);
  }
  const rest = looped === undefined ? after(text, lineEnd, indentOf(line) - 1) : after(text, lineEnd, indentOf(line));
  const uses = Array.from(rest.matchAll(new RegExp(`(?<![\\w.])${name}\\b(?!\\s*=(?!=))`, "g")), ({ index }) => rest.slice(index + name.length));
  const isAsked = (use: string, index: number): boolean => new RegExp(`^\\.${harmlessMember}\\b`).test(use) || /\b(?:type|isinstance|is_tensor|id|getsizeof|repr|getframeinfo)\(\s*$/.test(before(rest, name, index));
  const isOwnPlace = bound !== undefined && /\.(f_code\.\w+|f_lineno|function|lineno|filename)\s*$/.test(line);
  return isOwnPlace || (uses.length > 0 && uses.every(isAsked) && !/\b(f_locals|f_globals)\b/.test(rest));
}

const indentOf = (line: string): number => /^[ \t]*/.exec(line)?.[0].length ?? 0;

/** The lines behind a place that are indented by more than this. */
function after(text: string, at: number, indent: number): string {
  const found: string[] = [];
  for (const line of text.slice(at + 1).split("\n")) {
    if (line.trim() !== "" && indentOf(line) <= indent) {
      break;
    }
    found.push(line);
  }
  return found.join("\n");
}

/** What stands in front of a use of a name, by its number. */
function before(text: string, name: string, index: number): string {
  const places = Array.from(text.matchAll(new RegExp(`(?<![\\w.])${name}\\b(?!\\s*=(?!=))`, "g")), (match) => match.index);
  const place = places[index] ?? 0;
  return text.slice(Math.max(0, place - 30), place);
}
