import { random } from "./random";

/** Chooses numbers from 0 to below a limit. */
export type Pick = (below: number) => number;

export function picks(seed: number): Pick {
  const numbers = random(seed);
  return (below) => Math.floor(numbers.next().value * below);
}

/** Letters of an alphabet, put together at random. */
export const someText = (pick: Pick, letters: readonly string[], length: number): string => Array.from({ length }, () => letters[pick(letters.length)] ?? "").join("");

const parts = ["a", "b", "k", "é", "😀", "\\.", ".", "[ab]", "(a|b)", "(ab|a)", "(?:ba)", "\\w", "\\W", "\\s", "\\d", "^", "$", "\\A", "\\z", "\\b", "\\B", "x|", "[^a]", "[^é]", "[à-ü]", "[😀-😎]", "S", "(?s:.)", "(?i:k)", "(?U:a+)", "(a*b)", "(|a)", "\\pL", "[[:alpha:]]", "\\x{17f}"];
const counts = ["", "", "", "", "*", "+", "?", "{2}", "{0,2}", "{1,}", "+?", "*?", "??"];

/** A regular expression of RE2, perhaps; what is none is refused when it is compiled. */
export function somePattern(pick: Pick): string {
  return Array.from({ length: 1 + pick(5) }, () => `${parts[pick(parts.length)] ?? ""}${counts[pick(counts.length)] ?? ""}`).join("");
}

/** What such expressions match and do not, also letters that have a third case, lone surrogates, and the first and the last characters of each length in UTF-8. */
export const trickyLetters = ["a", "a", "b", "b", "A", "B", "k", "K", "\u212a", "s", "S", "\u017f", "x", ".", " ", "1", "_", "é", "É", "à", "ü", "😀", "😎", "\u0080", "\u07ff", "\u0800", "\uffff", "\u{10ffff}", "\0", "\u007f", "\r"] as const;
