import { RE2JS } from "re2js";
import { byteGraph, MatchTest } from "../base/linear-regex";
import { oncePer } from "./once-per";

/** Longer paths are no paths. UTF-16 units. */
const maxPath = 4096;
const maxRemembered = 10_000;
/** Rules hold some hundreds of patterns; who audits many tasks at once has some thousands. */
const maxCompiled = 5000;

/** A compiled expression. */
class Expression {
  private tester: { test(text: string): boolean } | undefined;

  constructor(readonly re2: RE2JS) {}

  test(text: string): boolean {
    if (this.tester === undefined) {
      const graph = byteGraph(this.re2);
      this.tester = graph === undefined ? this.re2 : new MatchTest(graph);
    }
    return this.tester.test(text);
  }
}

const compiled = new Map<string, Expression>();

/** A compiled expression, once for all who use it: to compile the rules takes longer than to audit a short transcript. @throws where RE2 cannot compile it */
function compile(source: string, flags = 0): Expression {
  const key = `${flags} ${source}`;
  let found = compiled.get(key);
  if (found === undefined) {
    found = new Expression(RE2JS.compile(source, flags));
    if (compiled.size >= maxCompiled) {
      compiled.clear();
    }
    compiled.set(key, found);
  }
  return found;
}

/** Several expressions, of which any may match, looked for at once. */
export class AnyPattern {
  private readonly compiled: Expression | undefined;
  /** Plain texts, of which every match holds one; undefined where not every expression has such. */
  private readonly needed: RegExp | undefined;

  /** @throws where RE2 cannot compile one of them */
  constructor(sources: readonly string[], flags: "i" | "" = "i") {
    const needed = sources.map(neededTexts);
    this.needed = needed.some((texts) => texts.length === 0) ? undefined : new RegExp(needed.flat().map((text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("|"), "iu");
    this.compiled = sources.length === 0 ? undefined : compile(sources.length === 1 ? (sources[0] ?? "") : sources.map((source) => `(?:${source})`).join("|"), (flags === "i" ? RE2JS.CASE_INSENSITIVE : 0) | RE2JS.MULTILINE);
  }

  get isEmpty(): boolean {
    return this.compiled === undefined;
  }

  test(text: string): boolean {
    return this.compiled !== undefined && (this.needed === undefined || this.needed.test(text)) && this.compiled.test(text);
  }
}

/** A regular expression that takes time linear in the text, whatever the pattern. */
export class Pattern extends AnyPattern {
  private readonly expression: Expression;

  /** @throws where RE2 cannot compile it */
  constructor(source: string, flags: "i" | "" = "i") {
    super([source], flags);
    this.expression = compile(source, (flags === "i" ? RE2JS.CASE_INSENSITIVE : 0) | RE2JS.MULTILINE);
  }

  /** The first match. */
  first(text: string): { start: number; end: number } | undefined {
    const [match] = this.test(text) ? this.matches(text) : [];
    return match;
  }

  /** What the groups of each match hold; undefined for one that has no part in it. */
  *groups(text: string): Generator<readonly (string | undefined)[]> {
    const matcher = this.expression.re2.matcher(text);
    while (matcher.find()) {
      yield Array.from({ length: matcher.groupCount() }, (_, index) => matcher.group(index + 1) ?? undefined);
    }
  }

  /** Every match as [start, end) in UTF-16 units. */
  *matches(text: string): Generator<{ start: number; end: number }> {
    const matcher = this.expression.re2.matcher(text);
    while (matcher.find()) {
      yield { start: matcher.start(), end: matcher.end() };
    }
  }
}

/** Shorter texts are nearly everywhere. */
const leastNeeded = 3;

/**
 * Texts of which every match of an expression holds one: the longest outside of groups and classes, or a group of plain texts. None where
 * the expression is a choice of several.
 */
function neededTexts(source: string): readonly string[] {
  let best: readonly string[] = [];
  let run = "";
  const lengthOf = (texts: readonly string[]): number => texts.reduce((least, { length }) => Math.min(least, length), texts.length === 0 ? 0 : Infinity);
  const take = (texts: readonly string[]): void => {
    best = lengthOf(texts) >= lengthOf(best) ? texts : best;
  };
  const end = (): void => {
    take(run === "" ? [] : [run]);
    run = "";
  };
  for (let at = 0; at < source.length; at++) {
    const unit = source[at] ?? "";
    if (unit === "|") {
      return [];
    }
    if (unit === "[") {
      end();
      at = endOfClass(source, at);
    } else if (unit === "(") {
      end();
      const close = endOfGroup(source, at);
      const inner = source.slice(at + 1, close);
      if (/^[A-Za-z0-9 _/:@=|-]+$/.test(inner) && !/[?*{]/.test(source[close + 1] ?? "")) {
        take(inner.split("|"));
      }
      at = close;
    } else if (/[?*{]/.test(unit)) {
      // What stands before may be left out.
      run = run.slice(0, -1);
      end();
      at = unit === "{" ? Math.max(at, source.indexOf("}", at)) : at;
    } else if (unit === "\\") {
      const next = source[++at] ?? "";
      if (/[A-Za-z0-9]/.test(next)) {
        end();
      } else {
        run += next;
      }
    } else if (/[.^$+]/.test(unit)) {
      end();
    } else {
      run += unit;
    }
  }
  end();
  return lengthOf(best) >= leastNeeded && best.every((text) => /^[\x20-\x7e]+$/.test(text)) ? best : [];
}

function endOfClass(source: string, from: number): number {
  let at = from + (source[from + 1] === "^" ? 3 : 2);
  while (at < source.length && source[at] !== "]") {
    at += source[at] === "\\" ? 2 : 1;
  }
  return at;
}

function endOfGroup(source: string, from: number): number {
  let at = from + 1;
  for (let depth = 1; at < source.length; at++) {
    const unit = source[at];
    depth += unit === "(" ? 1 : unit === ")" ? -1 : 0;
    if (depth === 0) {
      break;
    }
    at = unit === "[" ? endOfClass(source, at) : unit === "\\" ? at + 1 : at;
  }
  return at;
}

/** Whether this is a regular expression of RE2, for schemas. */
export function isPattern(source: string): boolean {
  try {
    compile(source);
    return true;
  } catch {
    return false;
  }
}

/**
 * Paths as rules write them: `*` within a name, `**` over folders. A pattern stands for what is below it too, and begins at
 * any folder unless it begins with `/`.
 */
export class PathPatterns {
  private readonly compiled: Expression | undefined;
  private readonly remembered = new Map<string, boolean>();

  constructor(globs: readonly string[]) {
    this.compiled = globs.length === 0 ? undefined : compile(globs.map(globSource).join("|"));
  }

  test(path: string): boolean {
    if (this.compiled === undefined || path === "" || path.length > maxPath) {
      return false;
    }
    let known = this.remembered.get(path);
    if (known === undefined) {
      known = this.compiled.test(path);
      if (this.remembered.size >= maxRemembered) {
        this.remembered.clear();
      }
      this.remembered.set(path, known);
    }
    return known;
  }
}

function globSource(glob: string): string {
  const body = glob
    .replace(/^\/|\/$/g, "")
    .split("/")
    .map((part) => (part === "**" ? "(?:.*)" : part.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", "[^/]*").replaceAll("?", "[^/]")))
    .join("/")
    .replaceAll("(?:.*)/", "(?:.*/)?");
  return `(?:${glob.startsWith("/") ? "^/" : "(?:^|/)"}${body}(?:/|$))`;
}

/** Dotted names as rules write them, such as `time.*`: `*` stands for anything without a dot, `**` for anything. */
export class NamePatterns {
  private readonly compiled: Expression | undefined;

  constructor(names: readonly string[]) {
    this.compiled =
      names.length === 0
        ? undefined
        : compile(`^(?:${names.map((name) => name.replace(/[+?^${}()|[\]\\.]/g, "\\$&").replaceAll("**", "\0").replaceAll("*", "[^.]*").replaceAll("\0", ".*")).join("|")})$`);
  }

  test(name: string | undefined): boolean {
    return name !== undefined && this.compiled !== undefined && name.length < 500 && this.compiled.test(name);
  }
}

/** The patterns of a list of names, made once. */
export const namePatterns = oncePer((names: readonly string[]) => new NamePatterns(names));
