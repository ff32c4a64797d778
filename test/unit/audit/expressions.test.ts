import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { CountedExpression, TooManySteps } from "../../support/counted-expression";
import { repository } from "../../support/build";
import { hostileTexts } from "../../support/hostile-texts";

/** UTF-16 units of the shorter text, at least: more than an expression of the room says of how often something may stand there. */
const length = 120;
const leastTimes = 20;
/** Of a text twice as long, and of one four times as long, steps may be so many times those of the shorter one: 4 would be its square. */
const mostGrowth = 3;
/** Fewer steps for each unit are no square of anything. */
const fewSteps = 8;
const mostSteps = 2e6;

interface Found {
  readonly place: string;
  readonly source: string;
  readonly flags: string;
}

/** The expressions of a file: as they are written, or put together from texts of the file. A value that is put into one counts as a word. */
function expressionsIn(path: string): Found[] {
  const file = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
  const values = new Map<string, ts.Expression>();
  const textOf = (node: ts.Expression | undefined, depth = 0): string => {
    if (node === undefined) {
      return "";
    }
    if (ts.isTemplateExpression(node)) {
      return node.head.text + node.templateSpans.map(({ expression, literal }) => textOf(expression, depth + 1) + literal.text).join("");
    }
    const value = ts.isIdentifier(node) ? values.get(node.text) : undefined;
    return ts.isStringLiteralLike(node) ? node.text : value !== undefined && depth < 9 && (ts.isStringLiteralLike(value) || ts.isTemplateExpression(value)) ? textOf(value, depth + 1) : "word";
  };
  const found: Found[] = [];
  const visit = (node: ts.Node): void => {
    const place = (): string => `${path.slice(repository.length + 1)}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer !== undefined) {
      values.set(node.name.text, node.initializer);
    } else if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf("/");
      found.push({ place: place(), source: node.text.slice(1, end), flags: node.text.slice(end + 1) });
    } else if (ts.isNewExpression(node) && node.expression.getText() === "RegExp") {
      found.push({ place: place(), source: textOf(node.arguments?.[0]), flags: textOf(node.arguments?.[1]) });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** A text on which the steps of an expression grow with its square, or worse; undefined where none was found. */
function worstFor(source: string, flags: string): string | undefined {
  if (!/[*+]|,\}/.test(source)) {
    return undefined;
  }
  const expression = new CountedExpression(source, flags);
  for (const { before, repeated, after } of hostileTexts(expression.pattern, flags)) {
    const times = Math.max(leastTimes, Math.ceil(length / repeated.length));
    const text = (most: number): string => before + repeated.repeat(most) + after;
    try {
      const steps = expression.stepsIn(text(times), mostSteps);
      const twice = steps > fewSteps * text(times).length ? expression.stepsIn(text(2 * times), mostSteps) : 0;
      if (twice > mostGrowth * steps && expression.stepsIn(text(4 * times), mostSteps) > mostGrowth * twice) {
        return JSON.stringify([before, repeated, after]);
      }
    } catch (error) {
      if (error instanceof TooManySteps) {
        return JSON.stringify([before, repeated, after]);
      }
      throw error;
    }
  }
  return undefined;
}

const room = join(repository, "src/audit");
const files = readdirSync(room, { withFileTypes: true, recursive: true }).filter(({ name }) => name.endsWith(".ts")).map(({ parentPath, name }) => join(parentPath, name)).sort();

describe("an expression that looks through what others wrote", () => {
  test.each(files.map((path) => [path.slice(room.length + 1), path] as const))("takes steps that grow with the text and not with its square: %s", (_name, path) => {
    expect(expressionsIn(path).flatMap(({ place, source, flags }) => { const worst = worstFor(source, flags); return worst === undefined ? [] : [`${place}: /${source}/${flags} on ${worst}`]; })).toEqual([]);
  });

  test.each([
    ["a run that two parts share", String.raw`\s*a?\s*b`, ""],
    ["a run that may begin anywhere", String.raw`[\w-]+\.py`, ""],
    ["two words in one line", String.raw`\bfor\b.*\bin\b.*:`, ""],
    ["groups inside of groups", "^(?:a+)+b", ""],
    ["a lookbehind over a run", String.raw`(?<=^[ \t]*)for`, "m"],
  ])("is seen where it does not: %s", (_name, source, flags) => {
    expect(worstFor(source, flags)).toBeDefined();
  });

  test.each([
    ["a run that is looked at from its beginning alone", String.raw`(?<![\w-])[\w-]+\.py`, ""],
    ["a run that ends an expression", String.raw`\bfor\s+(\w+)`, "g"],
    ["a row of a few units", "a.{0,80}b", ""],
  ])("is not taken for one where it does: %s", (_name, source, flags) => {
    expect(worstFor(source, flags)).toBeUndefined();
  });

  test.each([
    [/(\w+)\s*=\s*\1/, "ab = ab", 1],
    [/a*?b/, "aaab", 1],
    [/(?<=x)y/, "xyxy", 2],
  ])("is counted as it matches: %s", (expression, text, matches) => {
    expect(Array.from(text.matchAll(new RegExp(expression, "g"))).length).toBe(matches);
    expect(new CountedExpression(expression.source, "").stepsIn(text)).toBeGreaterThan(0);
  });
});
