import type { PythonFact } from "../code/python-facts";
import type { PythonPiece } from "../step";

/** What of an object or a frame says how large it is or where it stands, and nothing of what is in it. */
const member = /^\.(?:shape|dtype|device|is_cuda|numel|element_size|size|nbytes|ndim|requires_grad|grad_fn|__class__|__name__|function|lineno|filename|f_code|f_lineno|f_back|co_name|co_filename|co_firstlineno|tb_lineno)\b/;
/** More than the longest of them. UTF-16 units. */
const longestMember = 20;
/** Where more follows, nobody sees whether things are only shown. UTF-16 units. */
const maxLooked = 20_000;
const maxLine = 2000;

/** What the module of a frame is called. */
export const moduleName = /\.f_globals\s*(?:\.get\(|\[)\s*["']__(?:name|file|package|spec)__["'][^\n)\]]{0,20}[)\]]/g;

/**
 * Looking for what takes memory, or naming the place that logs, only shows something: of the objects or frames that are gone through, sizes
 * and places are asked for, and none is given back, kept or given to another function.
 */
export function isOnlyShown(piece: PythonPiece, { from, to }: PythonFact): boolean {
  const whole = piece.code.placed.text;
  // What a module is called is no data of it.
  const shown = (part: string): string => part.replace(moduleName, (all) => ".f_lineno".padEnd(all.length));
  const begin = Math.max(0, from - maxLooked);
  const before = shown(whole.slice(begin, from));
  const text = `${before}${whole.slice(from, to)}${shown(whole.slice(to, to + 2 * maxLooked))}`;
  const behind = text.indexOf("\n", to - begin);
  const [lineStart, lineEnd] = [before.lastIndexOf("\n") + 1, behind < 0 ? text.length : behind];
  const line = text.slice(lineStart, lineEnd);
  if (line.length > maxLine || /\b(f_locals|f_globals)\b/.test(line)) {
    return false;
  }
  if (/\blen\(gc\.get_objects\(\)\)/.test(line)) {
    return true;
  }
  const looped = /^[ \t]*for\s+(\w+)\s+in\b.*:\s*$/.exec(line)?.[1];
  const bound = /^[ \t]*(\w+)\s*(?::[^=]+)?=(?!=)/.exec(line)?.[1];
  const name = looped ?? bound;
  if (name === undefined) {
    return /\.(function|lineno|filename|f_code|co_name|f_lineno|co_filename)\b|\bgetframeinfo\b/.test(line);
  }
  const rest = looped === undefined ? after(text, lineEnd, indentOf(line) - 1) : after(text, lineEnd, indentOf(line));
  const uses = Array.from(rest.matchAll(new RegExp(`(?<![\\w.])${name}\\b(?!\\s*=(?!=))`, "g")), ({ index }) => index);
  const isAsked = (at: number): boolean => member.test(rest.slice(at + name.length, at + name.length + longestMember)) || /\b(?:type|isinstance|is_tensor|id|getsizeof|repr|getframeinfo)\(\s*$/.test(rest.slice(Math.max(0, at - 30), at));
  const isOwnPlace = bound !== undefined && /\.(f_code\.\w+|f_lineno|function|lineno|filename)\s*$/.test(line);
  return isOwnPlace || (rest.length <= maxLooked && uses.length > 0 && uses.every(isAsked) && !/\b(f_locals|f_globals)\b/.test(rest));
}

const indentOf = (line: string): number => /^[ \t]*/.exec(line)?.[0].length ?? 0;

/** The lines behind a place that are indented by more than this. */
function after(text: string, at: number, indent: number): string {
  const found: string[] = [];
  // One more unit than is looked at says that there is more.
  for (const line of text.slice(at + 1, at + 2 + maxLooked).split("\n")) {
    if (line.trim() !== "" && indentOf(line) <= indent) {
      break;
    }
    found.push(line);
  }
  return found.join("\n");
}
