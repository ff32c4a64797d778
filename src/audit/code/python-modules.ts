import type { SyntaxNode } from "@lezer/common";
import { children, parsePython } from "./python-syntax";

const maxModules = 8;
/** Nobody calls a module by more names. */
const maxAliases = 8;
/** Longer modules are libraries. UTF-16 units. */
const maxModule = 60_000;

/** What code needs of the solver's own modules, as code that stands before it. */
export interface OwnModules {
  readonly code: string;
  /** The names that each module defines there. */
  readonly names: ReadonlyMap<string, ReadonlySet<string>>;
}

export const noModules: OwnModules = { code: "", names: new Map() };

/**
 * Those definitions of imported modules that code uses, and what these use in turn. What the code defines under the same name stays its own.
 *
 * @param contentOf the content of a file, where it is known
 */
export function ownModules(code: string, contentOf: (path: string) => string | undefined): OwnModules {
  const names = new Map<string, ReadonlySet<string>>();
  const parts: string[] = [];
  const taken = new Set(Array.from(code.matchAll(/^(?:async\s+def|def|class)\s+(\w+)|^(\w+)\s*(?::[^=\n]+)?=(?!=)/gm), (match) => match[1] ?? match[2] ?? ""));
  for (const [module, { wanted, aliases }] of importsOf(code)) {
    const path = module.replace(/^\.+/, "").replaceAll(".", "/");
    const content = path === "" || names.size >= maxModules ? undefined : (contentOf(`${path}.py`) ?? contentOf(`${path}/__init__.py`));
    if (content === undefined || content.length > maxModule) {
      continue;
    }
    const members = aliases.flatMap((alias) => Array.from(code.matchAll(new RegExp(`\\b${alias.replaceAll(".", "\\.")}\\.(\\w+)`, "g")), (match) => match[1] ?? ""));
    const needed = neededOf(content, wanted.has("*") ? undefined : new Set([...wanted, ...members]), taken);
    needed.names.forEach((name) => taken.add(name));
    names.set(module, needed.names);
    parts.push(needed.code);
  }
  return parts.length === 0 ? noModules : { code: `${parts.join("\n")}\n`, names };
}

/** What code imports from a module: names, `*` for all, and what it calls the module itself. */
interface Import {
  readonly wanted: Set<string>;
  readonly aliases: string[];
}

/** The modules that code imports. */
function importsOf(code: string): ReadonlyMap<string, Import> {
  const found = new Map<string, Import>();
  const importOf = (module: string): Import => {
    const known = found.get(module) ?? { wanted: new Set(), aliases: [] };
    found.set(module, known);
    return known;
  };
  let end = 0;
  for (const { 0: all, 1: module = "", 2: plain, index } of code.matchAll(/^[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]+(?:\(|([^\n#(]+))/gm)) {
    const from = index + all.length;
    if (plain === undefined && index < end) {
      continue;
    }
    if (plain === undefined) {
      end = code.indexOf(")", from);
      end = end < 0 ? code.length : end;
    }
    const { wanted } = importOf(module);
    (plain ?? code.slice(from, end)).split(",").forEach((name) => wanted.add(/[\w*]+/.exec(name)?.[0] ?? ""));
  }
  for (const [, list = ""] of code.matchAll(/^[ \t]*import[ \t]+([\w., \t]+)/gm)) {
    for (const one of list.split(",")) {
      const [module = "", alias] = one.trim().split(/(?<![ \t])[ \t]+as[ \t]+/);
      const name = (alias ?? module).trim();
      const { aliases } = importOf(module);
      if (name !== "" && aliases.length < maxAliases && !aliases.includes(name)) {
        aliases.push(name);
      }
    }
  }
  return found;
}

/** The statements of a module that define some names, with those that they need themselves. */
function neededOf(content: string, wanted: ReadonlySet<string> | undefined, taken: ReadonlySet<string>): { code: string; names: Set<string> } {
  const statements = children(parsePython(content).top).map((node) => ({ text: content.slice(node.from, node.to), names: definedBy(node, content), isImport: node.name === "ImportStatement" }));
  const definers = new Map<string, number[]>();
  statements.forEach(({ names }, index) => names.forEach((name) => definers.set(name, definers.get(name) ?? []).get(name)?.push(index)));
  const needed = new Set<number>();
  const waiting = statements.flatMap(({ names }, index) => (names.some((name) => !taken.has(name) && (wanted === undefined || wanted.has(name))) ? [index] : []));
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    if (needed.has(index)) {
      continue;
    }
    needed.add(index);
    for (const word of new Set(statements[index]?.text.match(/[A-Za-z_]\w*/g) ?? [])) {
      waiting.push(...(taken.has(word) ? [] : (definers.get(word) ?? [])).filter((other) => !needed.has(other)));
    }
  }
  const chosen = statements.filter((_, index) => needed.has(index));
  return { code: chosen.map(({ text }) => text).join("\n"), names: new Set(chosen.filter(({ isImport }) => !isImport).flatMap(({ names }) => names)) };
}

function definedBy(node: SyntaxNode, code: string): string[] {
  const text = (one: SyntaxNode | null): string => (one === null ? "" : code.slice(one.from, one.to));
  switch (node.name) {
    case "FunctionDefinition":
    case "ClassDefinition":
      return [text(node.getChild("VariableName"))];
    case "DecoratedStatement":
      return children(node).flatMap((child) => (/Definition$/.test(child.name) ? definedBy(child, code) : []));
    case "AssignStatement":
      return children(node).filter(({ name, to }) => name === "VariableName" && to <= (node.getChild("AssignOp")?.from ?? 0)).map(text);
    case "ImportStatement":
      return text(node).match(/[A-Za-z_]\w*/g)?.filter((word) => !/^(from|import|as)$/.test(word)) ?? [];
    default:
      return [];
  }
}
