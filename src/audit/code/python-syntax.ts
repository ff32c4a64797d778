import type { SyntaxNode, Tree } from "@lezer/common";
import { parser } from "@lezer/python";

/** So many brackets that close nothing are no code, and each of them takes the parser as long as a line of code. Those in texts count too. */
const maxUnopened = 2000;
/** Of longer code the beginning says whether it is any. UTF-16 units. */
const beginning = 20_000;
/** Python has an error in a thousand units at most, even where it is cut off or of another version; prose has a hundred. */
const maxErrors = beginning / 20;

/** Code as the parser understands it. */
export interface ParsedPython {
  readonly top: SyntaxNode;
  /** How much of the code was looked at, in UTF-16 units: what is no Python takes the parser up to fifty times as long, so not all of it is. */
  readonly end: number;
}

/** Parses Python, as far as it is any. */
export function parsePython(code: string): ParsedPython {
  const end = brackets(code).end;
  const start = end > beginning ? parser.parse(code.slice(0, beginning)) : undefined;
  if (start !== undefined && errorsIn(start) > maxErrors) {
    return { top: start.topNode, end: beginning };
  }
  return { top: parser.parse(end < code.length ? code.slice(0, end) : code).topNode, end };
}

function errorsIn(tree: Tree): number {
  let errors = 0;
  tree.iterate({ enter: ({ type }) => void (errors += type.isError ? 1 : 0) });
  return errors;
}

/** How deep brackets stand inside each other, up to where too many close what was never opened; those in texts count too. */
export function brackets(code: string): { readonly deepest: number; readonly end: number } {
  let [depth, deepest, unopened] = [0, 0, 0];
  for (let at = 0; at < code.length; at++) {
    const unit = code.charCodeAt(at);
    if (unit === 40 || unit === 91 || unit === 123) {
      deepest = Math.max(deepest, ++depth);
    } else if ((unit === 41 || unit === 93 || unit === 125) && --depth < 0) {
      depth = 0;
      if (++unopened > maxUnopened) {
        return { deepest, end: at };
      }
    }
  }
  return { deepest, end: code.length };
}

/** The parts of a node, in their order. */
export function children(node: SyntaxNode | null): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node?.firstChild ?? null; child !== null; child = child.nextSibling) {
    found.push(child);
  }
  return found;
}

export const isExpression = (node: SyntaxNode): boolean => /Expression$|^(VariableName|String|FormatString|ContinuedString|Number|Boolean|None|Ellipsis)$/.test(node.name);

/** Whether an expression is made of numbers alone. */
export const isConstant = (node: SyntaxNode, depth = 0): boolean =>
  node.name === "Number" || (depth < 20 && (node.name === "BinaryExpression" || node.name === "UnaryExpression" || node.name === "ParenthesizedExpression") && children(node).filter(isExpression).every((part) => isConstant(part, depth + 1)));

/** Parameters by their name, with what they are where nothing is given. */
export function parametersOf(list: SyntaxNode): (readonly [SyntaxNode, SyntaxNode | undefined])[] {
  const parts = children(list).filter(({ name }) => name !== "TypeDef");
  return parts.flatMap((part, index) => (part.name === "VariableName" && parts[index - 1]?.name !== "AssignOp" ? [[part, parts[index + 1]?.name === "AssignOp" ? parts[index + 2] : undefined] as const] : []));
}

/** The text of a string literal. */
export function stringText(literal: string): string {
  const match = /^([A-Za-z]*)("""|'''|"|')/.exec(literal);
  const quote = match?.[2] ?? '"';
  const inner = literal.slice(match?.[0].length ?? 1, literal.endsWith(quote) ? -quote.length : undefined);
  return /r/i.test(match?.[1] ?? "")
    ? inner
    : inner.replace(/\\(\n|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[ntr\\'"0])/g, (_all, escape: string) => (escape.length > 1 ? String.fromCharCode(parseInt(escape.slice(1), 16)) : (({ n: "\n", t: "\t", r: "\r", "\n": "" }) as Record<string, string>)[escape] ?? escape));
}
