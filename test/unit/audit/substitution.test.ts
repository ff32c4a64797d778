import { expect, test } from "vitest";
import { substitutionIn } from "../../../src/audit/code/substitution";

test.each([
  ["s/a/b/", "a", "b"],
  ["s#path/train.bin#path/dev.bin#g", "path/train.bin", "path/dev.bin"],
  [String.raw`s/^run/[ -e out\/last.pt ] || run/`, "^run", "[ -e out/last.pt ] || run"],
  [String.raw`s/a\.b\\/c/`, String.raw`a\.b\\`, "c"],
  ["3,7s|x|y|", "x", "y"],
  ["/^lr/ s/1/0/", "1", "0"],
  ["s/gone//", "gone", ""],
] as const)("%s puts one text in the place of another", (script, pattern, replacement) => {
  expect(substitutionIn(script)).toEqual({ pattern, replacement });
});

test.each(["/x/d", "p", "s/unfinished", "sort", "s//x/"])("%s puts nothing in the place of anything", (script) => {
  expect(substitutionIn(script)).toBeUndefined();
});
