import type { AST } from "@eslint-community/regexpp";
import { unitTest } from "./counted-expression";

/** A text that repeats something, behind a beginning, with an end that lets no match come about. */
export interface HostileText {
  readonly before: string;
  readonly repeated: string;
  readonly after: string;
}

const units = Array.from("a -0\tA_./\n\"'\\()[]{}=#*:,;|&<>+!`$%@~^?xZ9\u0000é");
const ends = ["\u0000", "\n"];

/** Texts that give an expression as much to do as its own parts can: each row of them, repeated, behind what stands before it in the expression. */
export function hostileTexts(pattern: AST.Pattern, flags: string): HostileText[] {
  const found = new Map<string, HostileText>();
  const add = (before: string, repeated: string): void => {
    for (const after of repeated === "" ? [] : ends) {
      found.set(JSON.stringify([before, repeated, after]), { before, repeated, after });
    }
  };
  const inRow = (elements: readonly AST.Element[], outer: string): void => {
    const parts = partsOf(elements);
    const sampleOf = (from: number, to: number, turn: number): string => parts.slice(from, to).flat().map((one) => sample(one, flags, turn)).join("");
    parts.forEach((part, from) => {
      const before = outer + sampleOf(0, from, 1);
      for (let to = from + 1; to <= parts.length; to++) {
        for (const turn of [0, 1, 2]) {
          const repeated = sampleOf(from, to, turn);
          add("", repeated);
          add(before, repeated);
        }
      }
      part.forEach((element) => inside(element, before));
    });
  };
  const inside = (node: AST.Element, before: string): void => {
    if ("alternatives" in node) {
      node.alternatives.forEach(({ elements }) => inRow(elements, before));
    } else if (node.type === "Quantifier" && node.max > 1) {
      const { element } = node;
      if (element.type === "Character" || element.type === "CharacterSet" || element.type === "CharacterClass") {
        units.filter(unitTest(element, flags)).forEach((unit) => {
          add("", unit);
          add(before, unit);
        });
      } else {
        inside(element, before);
      }
    }
  };
  pattern.alternatives.forEach(({ elements }) => inRow(elements, ""));
  return Array.from(found.values());
}

/** The elements of a row, with characters that follow each other as one word. */
function partsOf(elements: readonly AST.Element[]): AST.Element[][] {
  const parts: AST.Element[][] = [];
  elements.forEach((element, at) => {
    if (element.type === "Character" && elements[at - 1]?.type === "Character") {
      parts.at(-1)?.push(element);
    } else {
      parts.push([element]);
    }
  });
  return parts;
}

/** Something that a part of an expression matches; another one each turn. */
function sample(node: AST.Node, flags: string, turn: number): string {
  switch (node.type) {
    case "Character":
      return String.fromCodePoint(node.value);
    case "CharacterSet":
    case "CharacterClass": {
      const fitting = units.filter(unitTest(node, flags));
      return fitting[turn % Math.max(1, fitting.length)] ?? "";
    }
    case "Alternative":
      return node.elements.map((element) => sample(element, flags, turn)).join("");
    case "Group":
    case "CapturingGroup":
      return sample(node.alternatives[turn % node.alternatives.length] as AST.Alternative, flags, turn);
    case "Quantifier":
      return sample(node.element, flags, turn).repeat(Math.min(node.max, Math.max(node.min, turn)));
    default:
      return "";
  }
}
