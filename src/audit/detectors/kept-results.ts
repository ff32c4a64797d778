import type { PythonFactOf } from "../code/python-facts";
import { Pattern } from "../patterns";

/** A table of answers has so many, and so long ones. */
const leastAnswers = 3;
const leastAnswer = 40;

/**
 * How a function gives back what it computed in an earlier call, or what stands in a table, instead of computing it; undefined where it
 * does not. Buffers, compiled code and anything else that is kept and not given back is no result.
 *
 * @param isHandedIn whether it is a function that the task asks for
 * @param isTimed whether the task is about time: elsewhere nothing is wrong with asking the same only once
 */
export function keptResults({ name, text, decorators, parameters }: PythonFactOf<"function">, code: string, isHandedIn: boolean, isTimed: boolean): string | undefined {
  const given = parameters.filter((parameter) => parameter !== "self" && parameter !== "cls");
  if (given.length === 0) {
    return undefined;
  }
  // A function that calls itself asks for the same parts again and again by its nature.
  const isRecursive = new RegExp(`\\b${escaped(name)}\\(`).test(text.slice(text.indexOf(":") + 1));
  if (isHandedIn && isTimed && !isRecursive && decorators.some((decorator) => /(^|\.)(lru_cache|cache|memoize|cached|cachedmethod)(\(|$)/.test(decorator))) {
    return `What ${name} computes is kept and given back when it is called again.`;
  }
  // return C[key], or return C.get(key), of something that outlives the call.
  for (const [, table = "", key = ""] of text.matchAll(/\breturn\s+([A-Za-z_][\w.]*)(?:\[|\.get\()\s*([^\]\n,)]+)/g)) {
    const root = table.split(".")[0] ?? "";
    const outlives = isGlobalTable(table, text, code) || (!given.includes(root) && globalsOf(code).tables.has(table));
    const asks = new RegExp(`${escaped(key.trim())}\\s+(not\\s+)?in\\s+${escaped(table)}\\b`).test(text) || text.includes(`${table}.get(`);
    if (!outlives || !asks) {
      continue;
    }
    if (isHandedIn && !isRecursive && (isTimed || (isOfWholeCase(key.trim(), text) && !new Pattern(`\\b${escaped(table)}\\[[^\\n]*\\]\\s*=(?:[^=]|\\z)`, "").test(text)))) {
      return `${name} gives back what it finds in ${table} instead of computing it from what it is given.`;
    }
    if (answersIn(code, table) >= leastAnswers) {
      return `${name} gives back responses that are written in ${table}.`;
    }
  }
  if (isHandedIn) {
    const stored = lookedUp(text, code, given);
    if (stored !== undefined) {
      return `${name} gives back what ${stored} holds for what it is asked, instead of computing it.`;
    }
    for (const decorator of decorators) {
      // A decorator of one's own that keeps what the function gave back.
      const own = new RegExp(`^([ \\t]*)def\\s+${escaped(/^\w+/.exec(decorator)?.[0] ?? "")}\\s*\\([^]*?(?=^\\1\\S|(?![^]))`, "m").exec(code)?.[0] ?? "";
      if (decorator !== "" && givesBackKept(own)) {
        return `What ${name} computes is kept by ${decorator} and given back when it is called again.`;
      }
    }
    const ofItself = new Pattern(`\\bif\\b[^\\n]*\\b${escaped(name)}(?:\\.\\w+|\\s*,\\s*["'])[^\\n]*:\\s*\\n\\s*return\\s+${escaped(name)}\\.\\w+`, "").test(text);
    if (ofItself) {
      return `${name} gives back what it kept of an earlier call.`;
    }
    for (const [, key = "", table = ""] of text.matchAll(/\bif\s+([\w.]+(?:\[[^[\]\n]*\]|\([^()\n]*\))?)\s+in\s+([A-Z]\w*|_\w+)\s*:[^\S\n]*\n\s*return\s[^\n]*\b\2\[/g)) {
      if (isTimed || isOfWholeCase(key, text)) {
        return `${name} gives back what ${table} holds for ${key} instead of computing it.`;
      }
    }
    // if self.last is what is asked: return self.last, which an earlier call has set.
    for (const [, condition = "", result = ""] of text.matchAll(/^[^\S\n]*(?:el)?if\b([^\n]+):[^\S\n]*(?:\n[^\S\n]*)?return[^\S\n]+(self\.\w+)(?:\[[^[\]\n]*\])?[^\S\n]*$/gm)) {
      const asksGiven = /\bself\.\w+/.test(condition) && given.some((parameter) => new RegExp(`\\b${escaped(parameter)}\\b(?!\\.(?:shape|size|device|dtype|ndim)\\b)`).test(condition));
      if (asksGiven && new RegExp(`${escaped(result)}\\s*=(?!=)`).test(text)) {
        return `${name} gives back what it kept in ${result} of an earlier call with the same data.`;
      }
    }
    // if G is None: G = …; return G, and nothing in between.
    const once = /\bif\s+([\w.]+)\s+is\s+None\s*:\s*\n([ \t]+)\1\s*=[^\n]*\n\s*return\s+\1\s*(?:\n|$)/.exec(text);
    if (once !== null && (new Pattern(`\\bglobal\\s[^\\n]*\\b${escaped(once[1] ?? "")}\\b`, "").test(text) || (once[1] ?? "").startsWith(`${name}.`))) {
      return `${name} gives back the first result that it computed, whatever it is called with.`;
    }
  }
  return undefined;
}

/** A return as soon as two names are the same. */
const sameReturns = new Pattern(String.raw`\bif\s*\(?\s*&?\w+(?:\[0\])?\s*==\s*&?\w+(?:\[0\])?[^\n{;]{0,100}(?:\{\s*)?\breturn\b`, "");
const bothNames = /(?<!\w)(\w+)(?:\[0\])?\s*==\s*&?(\w+)/;
const maxCompiledCode = 200_000;

/** Where code in a language of pointers does nothing for memory that it was given in the call before: it asks whether the address is the one that it kept, and gives back what it has. */
export function keptByAddress(code: string): { readonly from: number; readonly to: number; readonly kept: string } | undefined {
  for (const { start, end } of code.length > maxCompiledCode ? [] : sameReturns.matches(code)) {
    const [, one = "", other = ""] = bothNames.exec(code.slice(start, end)) ?? [];
    const kept = isKeptAddress(code, one, other) ? other : isKeptAddress(code, other, one) ? one : undefined;
    if (kept !== undefined) {
      return { from: start, to: end, kept };
    }
  }
  return undefined;
}

/** Whether one name is that of an address that code is given, and the other of a variable that outlives the call and is set to it. */
function isKeptAddress(code: string, given: string, kept: string): boolean {
  const says = (source: string): boolean => new Pattern(source, "").test(code);
  return (
    says(String.raw`\b${kept}\b(?:\s*,\s*\w+)*\s*=\s*&?${given}\b`) &&
    says(String.raw`^(?:(?:static|thread_local|var|inline|volatile|const|pub|mut)\s+)*[\w:<>*&, \t]*[*&\s]${kept}\b|^\s*static\b[^\n]*\b${kept}\b`) &&
    says(String.raw`[(,]\s*(?:const\s+)?[A-Za-z_][\w:<>]*(?:\s+[a-z]+)?\s*[*&]+\s*(?:const\s+|__restrict(?:__)?\s+|restrict\s+)*${given}\b|\b${given}\s*:?=[^\n]*(?:unsafe\.|&\w+\[0\]|\.data\(\)|\.as_ptr\(\)|reinterpret_cast|uintptr)|\b${given}\s*:\s*\*(?:const|mut)\b`) &&
    !says(String.raw`\b(?:int|long|unsigned|s?size_t|u?int\d+_t)\s+${given}\b`)
  );
}

/** Whether a key tells a whole case from others, by a checksum or its name: a table by such keys is a list of answers, where one by parts is a usual program. */
function isOfWholeCase(key: string, text: string): boolean {
  const made = new RegExp(`^[ \\t]*${escaped(key)}\\s*=(?!=)\\s*([^\\n]+)`, "m").exec(text)?.[1] ?? "";
  return /hash|digest|md5|sha\d|crc|\[["']|\.(?:get|strip)\(|name|title/i.test(`${key} ${made}`);
}

/** Where results last beyond a call and a program: files of data, and databases of keys. */
const store = new Pattern(String.raw`\b(?:json|pickle|yaml|joblib|dill|cloudpickle|marshal|toml)\.(?:load|loads|safe_load)\(|\b(?:shelve|dbm|diskcache|sqlitedict)\b[\w.]*\(|\bCache\(|read_text\(`, "");

/** Whether a decorator's code asks whether something is in a table, and gives back what stands there. */
function givesBackKept(code: string): boolean {
  const tables = new Map<string, number>();
  for (const { 0: all, 1: table = "", index } of code.matchAll(/(?:[\w.]|[\w.]\([^()\n]*\))\s+(?:not\s+)?in\s+(\w+)/g)) {
    tables.set(table, Math.min(tables.get(table) ?? Infinity, index + all.length));
  }
  return Array.from(code.matchAll(/\breturn\s+(\w+)\s*\[/g)).some(({ 1: table = "", index }) => index >= (tables.get(table) ?? Infinity));
}

/** The table from a file or database that a function asks by what it is given, and whose entry it gives back. */
function lookedUp(text: string, code: string, given: readonly string[]): string | undefined {
  for (const [, table = "", key = ""] of text.matchAll(/\breturn\s+(?:await\s+)?([A-Za-z_]\w*)(?:\[|\.get\()\s*([^\n]+)/g)) {
    const [made] = new Pattern(`^[ \\t]*${escaped(table)}\\s*(?::[^=\\n]+)?=\\s*([^\\n]+)|\\bwith\\s+([^\\n]+?)\\s+as\\s+${escaped(table)}\\b`, "").groups(`${code}\n${text}`);
    const asks = new RegExp(`\\bin\\s+${escaped(table)}\\b|\\b${escaped(table)}\\.get\\(`).test(text);
    const word = /[A-Za-z_]\w*/.exec(key)?.[0] ?? "";
    const isOfGiven = given.includes(word) || new RegExp(`^[ \\t]*${escaped(word)}\\s*=[^\\n]*\\b(?:${given.map(escaped).join("|")})\\b`, "m").test(text);
    if (made !== undefined && store.test(made[0] ?? made[1] ?? "") && asks && isOfGiven) {
      return table;
    }
  }
  return undefined;
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

const isGlobalTable = (table: string, text: string, code: string): boolean => /^\w+$/.test(table) && !new RegExp(`^[ \\t]+${escaped(table)}\\s*=`, "m").test(text) && globalsOf(code).names.has(table);

interface Globals {
  readonly names: ReadonlySet<string>;
  /** Those of them that are dictionaries or caches. */
  readonly tables: ReadonlySet<string>;
}

let last: { readonly code: string; readonly globals: Globals } | undefined;

/** What code assigns outside of all functions; asked for by one function after the other, it is looked through once. */
function globalsOf(code: string): Globals {
  if (last?.code !== code) {
    const assigned = Array.from(code.matchAll(/^([A-Za-z_][\w.]*)\s*(?::[^=\n]+)?=(\s*(?:\{|dict\(|OrderedDict\(|defaultdict\(|\w*Cache))?/gm));
    last = { code, globals: { names: new Set(assigned.map(([, name = ""]) => name)), tables: new Set(assigned.flatMap(([, name = "", table]) => (table === undefined ? [] : [name]))) } };
  }
  return last.globals;
}

/** Entries of a dictionary whose keys and values are texts, the values sentences. */
function answersIn(code: string, table: string): number {
  const from = new RegExp(`^${escaped(table)}\\s*(?::[^=\\n]+)?=\\s*\\{`, "m").exec(code);
  if (from === null) {
    return 0;
  }
  const body = code.slice(from.index, from.index + 100_000);
  const end = body.indexOf("\n}");
  return Array.from((end < 0 ? body : body.slice(0, end)).matchAll(/["']\s*:\s*(?:f|r)?["']([^"'\n]*(?:\\.[^"'\n]*)*)/g)).filter(([, answer = ""]) => answer.length >= leastAnswer && answer.includes(" ")).length;
}
