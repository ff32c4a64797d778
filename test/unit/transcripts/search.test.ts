import { RE2JS } from "re2js";
import { describe, expect, test } from "vitest";
import { LiteralSearch } from "../../../src/transcripts/store/literal-search";
import type { PlainQuery } from "../../../src/transcripts/store/messages";
import { requiredText } from "../../../src/transcripts/store/required-text";
import { searchText } from "../../../src/transcripts/store/search-text";
import { type Pick, picks, someText } from "../../support/random-patterns";
import { transcriptFile } from "../../support/transcripts";

const some = (pick: Pick, letters: string, length: number): string => someText(pick, Array.from(letters), length);

test("a text is found in bytes where it begins first, whichever of its bytes are rare", () => {
  const pick = picks(1);
  for (let round = 0; round < 3000; round++) {
    const bytes = Buffer.from(some(pick, "abAB\n", pick(80)));
    const text = some(pick, "abAB", 1 + pick(5));
    const isCaseSensitive = pick(2) === 0;
    const from = pick(bytes.length + 1);
    const to = from + pick(bytes.length - from + 1);
    const search = new LiteralSearch(Buffer.from(text), isCaseSensitive);
    bytes.copy(search.window(bytes.length));
    const searched = bytes.toString("latin1", 0, to);
    const wanted = isCaseSensitive ? searched.indexOf(text, from) : searched.toLowerCase().indexOf(text.toLowerCase(), from);
    expect([bytes.toString(), text, isCaseSensitive, from, to, search.next(from, to)]).toEqual([bytes.toString(), text, isCaseSensitive, from, to, wanted]);
  }
});

test("letters of both cases are told from what differs from them in the same bit", () => {
  const search = new LiteralSearch(Buffer.from("a[b"), false);
  Buffer.from("A{b a[\u0002 A[B").copy(search.window(12));
  expect(search.next(0, 12)).toBe(8);
});

describe("a file is searched", () => {
  const pick = picks(2);
  // Lines of all lengths, some longer than what is looked at together.
  const content = Array.from({ length: 60 }, (_, line) => some(pick, "aaab é", line % 20 === 7 ? 300_000 : pick(30_000))).join("\n");
  const bytes = Buffer.from(content);

  test.each<[pattern: string, isRegex: boolean, isCaseSensitive: boolean]>([
    ["aa", false, true],
    ["aab aaa", false, true],
    ["B É", false, false],
    ["BA", false, false],
    ["b é", false, true],
    ["a+b", true, true],
    ["bb +a", true, true],
    ["^a", true, false],
    ["BB [^ \\n]", true, false],
  ])("for %s (a regular expression: %s, by case: %s) as its lines are", async (pattern, isRegex, isCaseSensitive) => {
    const expression = new RegExp(isRegex ? pattern : pattern.replace("+", "\\+"), isCaseSensitive ? "gmu" : "gimu");
    const wanted = [...bytes.toString("utf8").matchAll(expression)].map(([match]) => match);
    const found = await places(transcriptFile(bytes), { pattern, isRegex, isCaseSensitive }, bytes.length);
    expect(found.map(([start, length]) => bytes.toString("utf8", start, start + length))).toEqual(wanted);
    expect(found.every(([start], index) => index === 0 || start >= (found[index - 1]?.[0] ?? 0) + (found[index - 1]?.[1] ?? 0))).toBe(true);
    expect(wanted.length).toBeGreaterThan(10);
  });

  test("up to where it was written", async () => {
    const all = await places(transcriptFile(bytes), { pattern: "aab", isRegex: false, isCaseSensitive: true }, bytes.length);
    const [start, length] = all[50] ?? [0, 0];
    expect(await places(transcriptFile(bytes), { pattern: "aab", isRegex: false, isCaseSensitive: true }, start + length - 1)).toEqual(all.slice(0, 50));
    expect(await places(transcriptFile(bytes), { pattern: "aab", isRegex: false, isCaseSensitive: true }, start + length)).toEqual(all.slice(0, 51));
  });
});

test.each<[pattern: string, isCaseSensitive: boolean, text: string]>([
  ["loss", true, "loss"],
  ["gradient\\s+kernel", true, "gradient"],
  ["step \\d+ of (ten|more)", true, "step "],
  ["ab?cde*f", true, "cd"],
  ["ab+cd{2}e", true, "ab"],
  ["a\\.b\\(c\\)", true, "a.b(c)"],
  ["[abc]def", true, "def"],
  ["[]x]yz[^]q]r[[:alpha:]]s", true, "yz"],
  ["(abc)*d", true, "d"],
  ["(?:abc|x)de", true, "de"],
  ["one|two", true, ""],
  ["(?i)abc", true, ""],
  ["\\Qa.b\\E", true, ""],
  ["\\x41bc", true, ""],
  ["a{,3}bc", true, ""],
  ["\\pNabc", true, ""],
  ["masked", false, "ma"],
  ["é+abc", true, ""],
  ["", true, ""],
])("of what %s matches (by case: %s) all contain %j", (pattern, isCaseSensitive, text) => {
  expect(requiredText(pattern, isCaseSensitive)).toBe(text);
});

test("no match is without the text that all are said to contain", () => {
  const pick = picks(3);
  const parts = ["a", "b", "k", "\\.", ".", "[ab]", "(a|b)", "(ab)", "(?:ba)", "\\w", "^", "x|", "[^a]", "S"];
  const counts = ["", "", "", "*", "+", "?", "{2}", "{0,1}", "+?", "??"];
  let matched = 0;
  for (let round = 0; round < 3000; round++) {
    const pattern = Array.from({ length: 1 + pick(5) }, () => `${parts[pick(parts.length)] ?? ""}${counts[pick(counts.length)] ?? ""}`).join("").replaceAll(/[|^][*+?{][^a-z]*/g, "");
    const isCaseSensitive = pick(2) === 0;
    const compiled = compiledOf(pattern, isCaseSensitive);
    const text = requiredText(pattern, isCaseSensitive);
    for (let tries = 0; compiled !== undefined && tries < 10; tries++) {
      const line = some(pick, "abABkK\u212asS\u017f.", 12);
      if (compiled.matcher(line).find()) {
        matched++;
        expect([pattern, line, isCaseSensitive ? line.includes(text) : line.toLowerCase().includes(text.toLowerCase())]).toEqual([pattern, line, true]);
      }
    }
  }
  expect(matched).toBeGreaterThan(1000);
});

function compiledOf(pattern: string, isCaseSensitive: boolean): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern, isCaseSensitive ? RE2JS.MULTILINE : RE2JS.MULTILINE | RE2JS.CASE_INSENSITIVE);
  } catch {
    return undefined;
  }
}

async function places(path: string, query: PlainQuery, bytes: number): Promise<[start: number, length: number][]> {
  const found: [number, number][] = [];
  for await (const { starts, lengths } of searchText(path, query, bytes, new AbortController().signal)) {
    starts.forEach((start, index) => found.push([start, lengths[index] ?? 0]));
  }
  return found;
}
