import type { PythonFactOf } from "../code/python-facts";
import { Pattern } from "../patterns";

/** What gives back memory with whatever stands in it. */
const uninitialised = /^(?:torch|np|numpy|cp|cupy|jnp)\.empty(?:_like|_strided)?\(|\.new_empty\(/;
/** What is asked of a value without a look at its data. */
const shapeOnly = /(?<![\w.])[\w.]+\.(?:shape|size\(\)|numel\(\)|dtype|device|ndim|is_cuda|data_ptr\(\)|_version|stride\(\))(?:\[[^\]]{0,60}\])?|\blen\([\w.]+\)|\b(?:torch|np|numpy|cp)\.(?:empty|zeros|ones|empty_like|zeros_like|ones_like)\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)/g;
/** Looks at values and changes none. */
const onlyLooks = /^(?:int|float|bool|print|len|isinstance|id|str|repr|torch\.is_tensor|if|while|return|assert|elif|and|or|not)$/;

const startsThread = new Pattern(String.raw`\b(?:Timer|Thread|Process)\([^\n]*\)\.start\(\)`, "");
/** What is assigned to, and the value. */
const assignment = new Pattern(String.raw`^[ \t]*([\w.,\s*()[\]]+?)\s*(?::[^=\n]+)?[-+*/@|&^%]?=\s*([^=\s][^\n]*)`, "");
const loop = new Pattern(String.raw`\b(?:for|with)\s+([\w, ]+?)\s+in\s+([^\n]+):`, "");

/**
 * How a function that is handed in gives back what has nothing to do with the data that it is given; undefined where it does, or where
 * nobody can tell. What a function computes depends on its parameters through assignments, through calls that get one of them, and through
 * what such calls write into.
 */
export function unrelatedResult({ name, text, parameters }: PythonFactOf<"function">, code: string): string | undefined {
  const given = parameters.filter((parameter) => parameter !== "self" && parameter !== "cls");
  const body = text.slice(text.indexOf(":") + 1).replace(/#[^\n]*/g, "");
  if (given.length === 0 || /^[^\S\n]*(yield|async)\b/m.test(body) || text.length >= 8000) {
    return undefined;
  }
  const overwritten = new RegExp(`^[ \\t]*(${given.join("|")})(?:\\.data)?\\.(?:zero_|fill_)\\(`, "m").exec(body);
  if (overwritten !== null && new RegExp(`\\breturn\\s+${overwritten[1] ?? ""}\\b`).test(body)) {
    return `${name} overwrites the data that it is given with a constant and gives that back, so that what is compared with it is made of the same.`;
  }
  const related = relatedNames(given, body);
  for (const match of body.matchAll(/^([ \t]*)return[ \t]+([^\n]+)$/gm)) {
    const [, indent = "", whole = ""] = match;
    // Of `a if c else b` each of the two may be given back.
    const [first = ""] = whole.split(/\sif\s/, 1);
    const expression = /\selse\s/.test(whole.slice(first.length + 3)) ? first.trimEnd() : whole;
    const root = /^\(?([A-Za-z_][\w.]*)/.exec(expression)?.[1] ?? "";
    const isMemory = uninitialised.test(expression) && !/\)\s*\.\w/.test(expression);
    if (/^(None|True|False|not)\b|^["'\d(]/.test(expression) || (!isMemory && mentions(expression, related)) || isTrivialCase(body.slice(0, match.index), indent)) {
      continue;
    }
    const source = lastAssigned(root, body.slice(0, match.index));
    if (isMemory || (source !== undefined && uninitialised.test(source))) {
      return `${name} gives back memory that nothing was written into.`;
    }
    const [table = ""] = root.split(".");
    const isLoaded = source === undefined && table !== "" && new Pattern(`^${table}\\s*(?::[^=\\n]+)?=\\s*[^\\n]*\\b(?:\\w*load\\w*|frombuffer|fromfile|memmap|read_\\w+)\\(`, "").test(code);
    if (isLoaded && new RegExp(`^${table}(?:\\.(?:clone|copy|to|cuda|cpu|view|reshape)\\([^()]*\\))*$`).test(expression.trim())) {
      return `${name} gives back ${table}, which was loaded before it was called, whatever it is given.`;
    }
    const isElement = new RegExp(`^\\(?${table}\\s*(?:\\.\\w+\\([^)]*\\))?\\[|^${table}\\.(?:pop|popleft|get|get_nowait|result)\\(`).test(expression);
    const outlives = new RegExp(`^${table}\\s*(?::[^=\\n]+)?=\\s*(?:\\[\\s*\\]|\\{\\s*\\}|list\\(|dict\\(|deque\\(|collections\\.|queue\\.|Queue\\()`, "m").test(code);
    if (table !== "" && isElement && outlives && source === undefined && !/^[A-Z_]+$/.test(table)) {
      return `${name} gives back what other code put into ${table}, not what it computes from the data it is given.`;
    }
  }
  return undefined;
}

/** Whether a function that is handed in leaves its work to a stream or a thread that nobody waits for. */
export function isUnjoined({ text: whole }: PythonFactOf<"function">, code: string): boolean {
  const text = whole.replace(/#[^\n]*/g, "");
  if (startsThread.test(text) && !/\.(join|result|wait|get)\(/.test(text)) {
    return true;
  }
  const stream = /\bwith\s+torch\.cuda\.(?:stream|StreamContext)\(\s*([\w.]+)/.exec(text)?.[1];
  return stream !== undefined && !/\.(wait_stream|wait_event|synchronize|wait|record_stream)\(|cuda\.(synchronize|graph|current_stream)\b/.test(text) && !new RegExp(`${stream.replace(/\W/g, "\\$&")}\\s*=\\s*torch\\.cuda\\.(current|default)_stream`).test(code);
}

/** Names that hold what was made from the data that is given, or into which it was written. */
function relatedNames(given: readonly string[], body: string): ReadonlySet<string> {
  const related = new Set(given);
  const [assignments, loops, calls] = [Array.from(assignment.groups(body)), Array.from(loop.groups(body)), callsIn(body)];
  for (let turn = 0, before = -1; turn < 5 && related.size !== before; turn++) {
    before = related.size;
    for (const [target = "", value = ""] of assignments) {
      if (mentions(value.replace(shapeOnly, ""), related)) {
        Array.from(target.matchAll(/[A-Za-z_]\w*/g), ([name]) => related.add(name));
      }
    }
    for (const [target = "", source = ""] of loops) {
      if (mentions(source.replace(shapeOnly, ""), related)) {
        Array.from(target.matchAll(/[A-Za-z_]\w*/g), ([name]) => related.add(name));
      }
    }
    // What a call gets together with the data may be written into.
    for (const call of calls) {
      if (!onlyLooks.test(call.callee) && mentions(call.inner.replace(/(?<![\w.])[\w.]+\.(?:shape|dtype|device|numel\(\))/g, ""), related)) {
        Array.from(`${call.callee},${call.inner}`.matchAll(/[A-Za-z_]\w*/g), ([name]) => related.add(name));
      }
    }
  }
  return related;
}

/** Longer names and arguments are no one's code. UTF-16 units. */
const maxCallee = 200;
const maxArguments = 2000;
/** What is called, in front of its parenthesis. */
const called = new Pattern(String.raw`[A-Za-z_][\w.]*(?:\[(?:[^\[\]\n]|\[[^\[\]\n]*\])*\][\w.]*)*\z`, "");

function callsIn(body: string): { callee: string; inner: string }[] {
  const found: { callee: string; inner: string }[] = [];
  for (let open = body.indexOf("("); open >= 0; open = body.indexOf("(", open + 1)) {
    const before = body.slice(Math.max(0, open - maxCallee), open);
    const callee = /[\w\]]$/.test(before) ? called.first(before) : undefined;
    if (callee === undefined) {
      continue;
    }
    let depth = 1;
    let end = open + 1;
    for (; end < body.length && depth > 0 && end - open < maxArguments; end++) {
      depth += body[end] === "(" ? 1 : body[end] === ")" ? -1 : 0;
    }
    found.push({ callee: before.slice(callee.start), inner: body.slice(open + 1, end - 1) });
  }
  return found;
}

const mentions = (expression: string, names: ReadonlySet<string>): boolean => Array.from(expression.matchAll(/[A-Za-z_]\w*/g)).some(([name]) => names.has(name));

/** What a name was given last before a place. */
const lastAssigned = (name: string, before: string): string | undefined => (name === "" ? undefined : Array.from(before.matchAll(new RegExp(`^[ \\t]*${name.replace(/\W/g, "\\$&")}\\s*(?::[^=\\n]+)?=(?!=)\\s*([^\\n]+)`, "gm"))).at(-1)?.[1]);

/** Whether what is given back is for data with nothing in it. */
function isTrivialCase(before: string, indent: string): boolean {
  const guard = before.trimEnd().split("\n").reverse().find((line) => /^[ \t]*(if|elif|except|else)\b/.test(line) && (/^[ \t]*/.exec(line)?.[0].length ?? 0) < indent.length) ?? "";
  return /\bexcept\b/.test(guard) || /(numel\(\)|size|len\(|shape|==\s*0|<=?\s*[01]\b|not\s+\w)/.test(guard);
}
