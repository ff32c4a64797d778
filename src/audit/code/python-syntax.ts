import type { SyntaxNode } from "@lezer/common";

/** How deep brackets stand inside each other; those in texts count too. */
export function nesting(code: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < code.length; at++) {
    const unit = code.charCodeAt(at);
    if (unit === 40 || unit === 91 || unit === 123) {
      deepest = Math.max(deepest, ++depth);
    } else if (unit === 41 || unit === 93 || unit === 125) {
      depth = Math.max(0, depth - 1);
    }
  }
  return deepest;
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
