import type { Move } from "../fixtures/audit/scenario";

/** Gives numbers from 0 to 1. */
export type Chance = () => number;

/** What readers of shells, Python, JSON, patches and expressions stumble over. */
const hostile = ["(", ")", "[", "]", "{", "}", "'", '"', '"""', "`", "$(", "${", "\\", "\n", "\r\n", "\t", " ", "\u0000", "\u2028", "\ud800", "é", "😀", "<<EOF\n", "EOF\n", "<<<", "<(", "|", "||", "&&", ";", "&", ">", ">>", "#", "*", "**", "?", "=", ":=", "==", "@", ",", ":", ".", "/", "../", "~/", "-", "--", "%", "!", "%%bash\n", "```python\n", "```\n", "*** Begin Patch\n*** Update File: a.py\n@@\n", "--- a\n+++ b\n@@ -1 +1 @@\n", "import ", "from a import (\n", "def f(", "class A(B):\n", "lambda ", "f'{", "getattr(", "exec('", "x = [x, x]\n", "x.y = ", "for i in ", "if x:\n ", "async ", "return ", "bash -c '", "sudo ", "eval ", "cp a b; ", "sed -i s/a/b/ ", "x=$x$x;", "f() { f; }; f; ", "python -c \"", "0", "1e999", "-0.0", "9".repeat(400), "a".repeat(300), "score: ", "{\"score\": ", "null", "true", "\\u0000", "\\ud800", "\\n"];

/** A text with one thing in it changed: something cut out, repeated, exchanged, put in, or many times put in. */
export function mutated(text: string, chance: Chance): string {
  const below = (limit: number): number => Math.floor(chance() * limit);
  const at = below(text.length + 1);
  const end = Math.min(text.length, at + below(chance() < 0.5 ? 20 : text.length));
  const part = hostile[below(hostile.length)] ?? "";
  switch (below(8)) {
    case 0:
      return text.slice(0, at) + text.slice(end);
    case 1:
      return text.slice(0, end) + text.slice(at, end).repeat(1 + below(3)) + text.slice(end);
    case 2:
      return text.slice(0, at) + part.repeat(chance() < 0.85 ? 1 + below(4) : below(15_000)) + text.slice(at);
    case 3:
      return text.slice(0, at) + Array.from({ length: below(40) }, () => hostile[below(hostile.length)] ?? "").join("") + text.slice(end);
    case 4:
      return text.slice(0, at);
    case 5:
      return text.slice(at) + text.slice(0, at);
    case 6:
      return text.split(part).join(hostile[below(hostile.length)] ?? "");
    default:
      return text.slice(0, at) + String.fromCharCode(below(0x2100)) + text.slice(at + 1);
  }
}

/** A run with texts of some of its moves changed, and moves left out, repeated and out of order. */
export function mutatedMoves(moves: readonly Move[], chance: Chance): Move[] {
  const changed = moves.flatMap((move) => {
    const times = chance() < 0.05 ? 0 : chance() < 0.05 ? 2 : 1;
    return Array.from({ length: times }, () => (chance() < 0.4 ? withTexts(move, (text) => (chance() < 0.6 ? mutated(text, chance) : text)) : move));
  });
  const at = Math.floor(chance() * changed.length);
  return chance() < 0.2 ? [...changed.slice(at), ...changed.slice(0, at)] : changed;
}

/** A move with each of its texts as something else. Which kind of move it is stays. */
function withTexts(move: Move, change: (text: string) => string): Move {
  return Object.fromEntries(Object.entries(move).map(([name, value]) => [name, name !== "kind" && typeof value === "string" ? change(value) : (value as unknown)])) as Move;
}
