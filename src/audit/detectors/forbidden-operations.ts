import type { PythonFact, PythonFactOf } from "../code/python-facts";
import { isScratch } from "../paths";
import { type NamePatterns, namePatterns, Pattern } from "../patterns";
import type { RuleOf } from "../rules";
import { type SampleAudit, settling } from "../sample";
import type { PythonPiece, Step } from "../step";
import type { Detector } from "./detector";

/** Operations in functions where the task forbids them, told by the syntax tree. */
export class ForbiddenOperations implements Detector {
  constructor(private readonly sample: SampleAudit) {}

  called(step: Step): void {
    for (const rule of this.sample.rulesFor("forbidden-operations")) {
      const calls = namePatterns(rule.calls);
      for (const piece of step.python) {
        // What tests refuse has to stand in them, and what lies where nothing is handed in is tried or compared with.
        const isTest = isTestFile(piece.code.file ?? "") || isScratch(piece.code.file ?? "") || onlyTries(piece);
        const functions = isTest ? new Set<string>() : reachable(piece, rule);
        const isInside = !isTest && isOfForward(piece, rule);
        for (const fact of functions.size === 0 && !isInside ? [] : [...piece.facts.facts, ...piece.facts.included]) {
          const what = (fact.within === undefined ? isInside : functions.has(fact.within)) ? forbidden(fact, rule, calls) : undefined;
          if (what !== undefined) {
            this.sample.report({ rule, step, ...step.place(piece.code, fact.from, fact.to), ...settling(step, piece.code), key: `${piece.code.file ?? ""}\0${fact.within ?? ""}\0${what}`, reason: `${what} is used in ${fact.within ?? "forward"}, where the task forbids it.` });
          }
        }
      }
    }
  }
}

/** Whether code that is run once, and neither trains nor stores anything, tries what is refused. */
const onlyTries = ({ code, facts }: PythonPiece): boolean => code.file === undefined && !facts.learns && /^[ \t]*(except\b|assert\b|with .*\braises\()/m.test(code.placed.text) && facts.facts.every(({ kind }) => kind !== "save");

const isTestFile = (path: string): boolean => path.endsWith(".py") && /(^|\/)(?:tests?\/|(?:test_\w*|\w*_test|conftest)\.py$)/.test(path);

const usesLayer = new Pattern(String.raw`(?:=|\breturn\b)[^=\n]*\bself\.\w+\(\s*\w`, "");

/** Whether lines that are put into a file which nobody has seen stand in the function that a model computes with: they call its layers. */
function isOfForward({ code }: PythonPiece, rule: RuleOf<"forbidden-operations">): boolean {
  const { text } = code.placed;
  return code.file?.endsWith(".py") === true && code.edited === undefined && rule.functions.includes("forward") && !/^[ \t]*(?:async[ \t]+)?(?:def|class|import|from)\b/m.test(text) && usesLayer.test(text) && !/^[ \t]*self\.\w+\s*=/m.test(text);
}

/** The functions that a rule names and those of the same code that these use. */
function reachable({ facts }: PythonPiece, rule: RuleOf<"forbidden-operations">): Set<string> {
  const found = new Set<string>();
  const waiting = rule.functions.filter((name) => facts.facts.some(({ within }) => within === name));
  // What is put in the place of a function that the rule names is that function from then on.
  for (const fact of facts.facts) {
    if (fact.kind === "call" && /^register_(full_)?(module_)?(forward|forward_pre)_(pre_)?hook$/.test(fact.method) && fact.values[0]?.function !== undefined && changesWhatPasses(facts.facts, fact.values[0].function)) {
      waiting.push(fact.values[0].function);
    }
    if (fact.kind === "assign" && fact.value?.function !== undefined && rule.functions.includes(fact.name.split(".").at(-1) ?? "")) {
      waiting.push(fact.value.function);
    }
  }
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (!found.has(name)) {
      found.add(name);
      waiting.push(...(facts.uses.get(name) ?? []));
      // Methods are called by their name alone.
      for (const fact of facts.facts) {
        if (fact.kind === "call" && fact.within === name && fact.name === undefined && facts.facts.some(({ within }) => within === fact.method)) {
          waiting.push(fact.method);
        }
      }
    }
  }
  return found;
}

/** Whether a hook gives something back, or writes into what it is given. One that only looks is no part of the forward pass. */
function changesWhatPasses(facts: readonly PythonFact[], name: string): boolean {
  const hook = facts.find((fact): fact is PythonFactOf<"function"> => fact.kind === "function" && fact.name === name);
  return hook === undefined || /^[ \t]+return[ \t]+(?!None\b)\S/m.test(hook.text) || hook.parameters.some((parameter) => new RegExp(`\\b${parameter}\\b(?:\\[\\d+\\]|\\.data)*(?:\\[[^\\]\\n]*\\]\\s*[-+*/]?=(?!=)|\\s*[-+*/]=|\\.\\w+_\\()`).test(hook.text));
}

function forbidden(fact: PythonFact, rule: RuleOf<"forbidden-operations">, calls: NamePatterns): string | undefined {
  switch (fact.kind) {
    case "operator":
      return !fact.isConstant && rule.operators.includes(fact.operator) ? (fact.operator === "compare" ? "A comparison" : `The operator ${fact.operator}`) : undefined;
    case "call":
      return forbiddenCall(fact, rule, calls);
    case "attribute":
      // An alias of a forbidden function counts where it is taken.
      return calls.test(usualName(fact.name)) || (/^torch\.(Tensor\.)?\w+$/.test(fact.name ?? "") && rule.methods.includes(fact.attribute)) ? (fact.name ?? "") : undefined;
    case "statement":
      return rule.statements.includes(fact.statement) ? `A statement with ${fact.statement}` : undefined;
    default:
      return undefined;
  }
}

function forbiddenCall({ name, method }: PythonFactOf<"call">, rule: RuleOf<"forbidden-operations">, calls: NamePatterns): string | undefined {
  const full = usualName(name);
  if (calls.test(full)) {
    return full ?? "";
  }
  const operator = Object.hasOwn(operators, method) && (name === undefined ? method.startsWith("__") : /^(_?operator|torch|torch\.Tensor|numpy\.ndarray|builtins\.\w+)\./.test(name)) ? operators[method] : undefined;
  if (operator !== undefined && rule.operators.includes(operator)) {
    return operator === "compare" ? "A comparison" : `The operator ${operator}`;
  }
  const plain = method.replace(/(?<=[a-z0-9])_$/, "");
  return (full === undefined || /^torch\.(Tensor\.)?\w+$/.test(full)) && (rule.methods.includes(method) || rule.methods.includes(plain)) ? `.${method}()` : undefined;
}

/** A function of PyTorch's operators underneath by the name that people use. */
const usualName = (name: string | undefined): string | undefined => name?.replace(/^torch\.(ops\.(aten|prims)|_C\._VariableFunctions|_C\._nn|_VF|_refs)\.(\w+?)_?(\.\w+)?$/, "torch.$3");

/** Functions that do what an operator does. */
const operators: Readonly<Record<string, string>> = {
  ...Object.fromEntries(["truediv", "itruediv", "__truediv__", "__rtruediv__", "__itruediv__", "__div__"].map((name) => [name, "/"])),
  ...Object.fromEntries(["floordiv", "ifloordiv", "__floordiv__", "__rfloordiv__"].map((name) => [name, "//"])),
  ...Object.fromEntries(["pow", "ipow", "__pow__", "__rpow__", "__ipow__"].map((name) => [name, "**"])),
  ...Object.fromEntries(["mod", "__mod__", "__rmod__", "imod"].map((name) => [name, "%"])),
  ...Object.fromEntries(["lt", "le", "gt", "ge", "eq", "ne", "__lt__", "__le__", "__gt__", "__ge__", "__eq__", "__ne__"].map((name) => [name, "compare"])),
};
