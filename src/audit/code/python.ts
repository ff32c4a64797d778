import type { SyntaxNode } from "@lezer/common";
import { answersOfScorer, type Call, type FactPart, libraryCall, type ScriptArguments } from "./python-calls";
import type { PythonFact, PythonFacts, PythonMethod } from "./python-facts";
import { builtinFunctions, learning, optimizers, usualNames } from "./python-library";
import { noModules, type OwnModules, ownModules } from "./python-modules";
import { children, isConstant, isExpression, brackets, parametersOf, parsePython, stringText } from "./python-syntax";
import { joinPath } from "./shell";
import { anyOf, boundedText, joined, made, newCell, pour, trait, unknownValue, type Value } from "./value";

/** Longer code is made by programs. UTF-16 units. */
const maxCode = 400_000;
/** Deeper expressions are no one's code; what lies below counts as unknown. */
const maxDepth = 120;
const maxFacts = 20_000;
const maxNesting = 300;

/** Of a list of so many texts each is looked at by itself. */
const maxEach = 8;

const noArguments: ScriptArguments = { words: [], options: new Map() };

/**
 * Reads Python without running it: what it calls, assigns, loads and stores, with names followed through imports, aliases, `getattr`
 * and parameters, and paths through what they are put together from. Takes time linear in the code; what cannot be parsed is
 * passed over.
 */
export function readPython(code: string, given: ScriptArguments = noArguments): PythonFacts {
  if (code.length > maxCode || brackets(code).deepest > maxNesting) {
    return { facts: [], included: [], uses: new Map(), learns: false, isWhole: false, unread: code.length };
  }
  const modules = given.contentOf === undefined ? noModules : ownModules(code, given.contentOf);
  if (modules === noModules) {
    return factsOf(code, given, modules);
  }
  const whole = factsOf(modules.code + code, given, modules);
  const alone = new Set(factsOf(modules.code, given, noModules).facts.map(keyOf));
  const start = modules.code.length;
  const own = whole.facts.filter(({ from }) => from >= start).map((fact) => moved(fact, -start));
  const included = whole.facts.filter(({ from, within }) => from < start && within !== undefined).map((fact) => ({ ...fact, ...callOf(own, fact, code) }));
  // What functions of a module do with what they are given here was not known when the module was read.
  return { ...whole, facts: [...own, ...included.filter((fact) => /^(copy|save|load|shell|python|change|environment)$/.test(fact.kind) && !alone.has(keyOf(fact)))], included };
}

/** What a fact says, wherever it stands. */
function keyOf(fact: PythonFact): string {
  switch (fact.kind) {
    case "copy":
      return `${fact.source}\0${fact.target}`;
    case "save":
      return `save\0${fact.path}\0${Array.from(fact.value.cell.origins).join("\0")}`;
    case "load":
    case "change":
      return `${fact.kind}\0${fact.path}`;
    case "shell":
      return `shell\0${fact.script}`;
    case "python":
      return `python\0${fact.code}`;
    case "environment":
      return `environment\0${fact.name}\0${fact.value}`;
    default:
      return "";
  }
}

function moved(fact: PythonFact, by: number): PythonFact {
  const place = { from: fact.from + by, to: fact.to + by };
  return fact.kind === "class" ? { ...fact, ...place, methods: fact.methods.map((method) => ({ ...method, from: method.from + by, to: method.to + by })) } : { ...fact, ...place };
}

/** Where code calls the function that a fact of a module stands in, or else its first line. */
function callOf(own: readonly PythonFact[], { within }: PythonFact, code: string): { from: number; to: number } {
  const call = own.find((fact) => fact.kind === "call" && fact.method === within);
  return call === undefined ? { from: 0, to: Math.max(0, code.indexOf("\n")) } : { from: call.from, to: call.to };
}

function factsOf(code: string, given: ScriptArguments, modules: OwnModules): PythonFacts {
  const { top, end } = parsePython(code);
  const reader = new PythonReader(code, given, modules);
  // What functions get and give back is known after the first reading, what they do with it after the second.
  reader.read(top);
  if (reader.hasFunctions) {
    reader.read(top);
    reader.read(top);
  }
  const unread = code.length - end;
  return unread === 0 ? reader.result : { ...reader.result, isWhole: false, unread };
}

interface LocalFunction {
  readonly parameters: readonly string[];
  /** The parameter that takes all further values. */
  readonly rest: string | undefined;
  /** What it was given and gave back in the reading before. */
  given: Map<string, Value>;
  returned: Value | undefined;
  /** The same in this reading. */
  givenNow: Map<string, Value>;
  returnedNow: Value | undefined;
}

class Scope {
  readonly names = new Map<string, Value>();
  constructor(
    readonly outer: Scope | undefined,
    /** The class whose body it is. */
    readonly ofClass?: string,
  ) {}

  find(name: string): Value | undefined {
    return this.names.get(name) ?? this.outer?.find(name);
  }

  /** The body of the class that it lies in. */
  get classScope(): Scope | undefined {
    return this.ofClass !== undefined ? this : this.outer?.classScope;
  }
}

class PythonReader {
  private facts: PythonFact[] = [];
  private uses = new Map<string, Set<string>>();
  private learns = false;
  /** Of each optimizer that is made, whether its learning rate is 0. */
  private optimizers: boolean[] = [];
  private isWhole = true;
  private readonly functions = new Map<string, LocalFunction>();
  /** What methods keep in their object, by class, as of the reading before. */
  private readonly members = new Map<string, Map<string, Value>>();
  /** What stands in the first row of a table that is written. */
  private tableHead = "";
  /** What the arguments of the program are set to. */
  private programArguments: readonly string[] = [];
  /** What the lambda that is read next is called. */
  private lambdaName: string | undefined;
  /** Modules of which all names were imported. */
  private readonly starred = new Set<string>();
  private scope = new Scope(undefined);
  private within: string | undefined;
  private loops = 0;
  private depth = 0;
  /** The object of the member that was evaluated last. */
  private lastObject: Value | undefined;

  constructor(
    private readonly code: string,
    private readonly given: ScriptArguments,
    private readonly modules: OwnModules,
  ) {}

  get hasFunctions(): boolean {
    return this.functions.size > 0;
  }

  get result(): PythonFacts {
    // An optimizer that takes no steps of any length teaches nothing.
    const isIdle = this.optimizers.length > 0 && this.optimizers.every((isZero) => isZero);
    return { facts: this.facts, included: [], uses: this.uses, learns: this.learns && !isIdle, isWhole: this.isWhole, unread: 0 };
  }

  read(top: SyntaxNode): void {
    this.facts = [];
    this.uses = new Map();
    this.learns = false;
    this.optimizers = [];
    this.scope = new Scope(undefined);
    for (const own of this.functions.values()) {
      own.given = own.givenNow;
      own.returned = own.returnedNow;
      own.givenNow = new Map();
      own.returnedNow = undefined;
    }
    this.body(top);
  }

  private text(node: SyntaxNode | null | undefined): string {
    return node === null || node === undefined ? "" : this.code.slice(node.from, node.to);
  }

  private tell(node: SyntaxNode, fact: FactPart): void {
    if (this.facts.length < maxFacts) {
      this.facts.push({ ...fact, from: node.from, to: node.to, within: this.within });
    }
  }

  private body(node: SyntaxNode): void {
    for (let child = node.firstChild; child !== null; child = child.nextSibling) {
      this.statement(child);
    }
  }

  private statement(node: SyntaxNode): void {
    if (this.depth > maxDepth) {
      return;
    }
    this.depth++;
    switch (node.name) {
      case "ImportStatement":
        this.importStatement(node);
        break;
      case "AssignStatement":
        this.assignStatement(node);
        break;
      case "UpdateStatement":
        this.updateStatement(node);
        break;
      case "FunctionDefinition":
        this.functionDefinition(node);
        break;
      case "ClassDefinition":
        this.classDefinition(node);
        break;
      case "ReturnStatement":
      case "YieldStatement": {
        const value = this.firstExpression(node);
        const own = this.functions.get(this.within ?? "");
        if (own !== undefined && value !== undefined) {
          own.returnedNow = own.returnedNow === undefined ? value : { ...made([own.returnedNow, value]), text: own.returnedNow.text ?? value.text, kind: own.returnedNow.kind ?? value.kind };
        }
        break;
      }
      case "ForStatement":
        this.forStatement(node);
        break;
      case "WhileStatement":
      case "IfStatement":
        this.tell(node.firstChild ?? node, { kind: "statement", statement: node.name === "IfStatement" ? "if" : "while" });
        this.loops += node.name === "WhileStatement" ? 1 : 0;
        this.parts(node);
        this.loops -= node.name === "WhileStatement" ? 1 : 0;
        break;
      case "WithStatement":
        this.withStatement(node);
        break;
      case "DeleteStatement":
        for (const child of children(node)) {
          this.subscript(child, true);
        }
        break;
      case "ExpressionStatement":
      case "DecoratedStatement":
      case "TryStatement":
      case "MatchStatement":
      case "MatchBody":
      case "MatchClause":
      case "StatementGroup":
      case "Decorator":
        this.parts(node);
        break;
      case "⚠":
        this.isWhole = false;
        break;
      default:
        if (/Expression$|^(VariableName|String|Body|ContinuedString|FormatString)$/.test(node.name)) {
          this.parts(node);
        } else if (/Statement$/.test(node.name)) {
          this.parts(node);
        }
        break;
    }
    this.depth--;
  }

  /** Statements and expressions below a statement, in their order. */
  private parts(node: SyntaxNode): void {
    if (/Expression$|^(String|FormatString|ContinuedString|VariableName)$/.test(node.name)) {
      this.evaluate(node);
      return;
    }
    for (let child = node.firstChild; child !== null; child = child.nextSibling) {
      if (child.name === "Body") {
        this.body(child);
      } else if (/Statement$|Definition$|^(Decorator|MatchBody|MatchClause|⚠)$/.test(child.name)) {
        this.statement(child);
      } else if (isExpression(child)) {
        this.evaluate(child);
      }
    }
  }

  private firstExpression(node: SyntaxNode): Value | undefined {
    const found = children(node).filter(isExpression).map((child) => this.evaluate(child));
    return found.length <= 1 ? found[0] : { ...made(found), items: found };
  }

  private importStatement(node: SyntaxNode): void {
    const parts = children(node);
    const isFrom = parts[0]?.name === "from";
    let at = 1;
    const dotted = (): string => {
      const names: string[] = [];
      for (; at < parts.length && /^(VariableName|\.|\.\.\.)$/.test(parts[at]?.name ?? ""); at++) {
        names.push(this.text(parts[at]));
      }
      return names.join("");
    };
    const module = isFrom ? dotted() : "";
    if (isFrom) {
      this.tell(node, { kind: "import", name: module });
      at++;
      if (this.text(parts[at]) === "*") {
        this.starred.add(module);
      }
    }
    while (at < parts.length) {
      if (parts[at]?.name !== "VariableName") {
        at++;
        continue;
      }
      const name = dotted();
      const full = isFrom ? `${module}.${name}` : name;
      this.tell(node, isFrom ? { kind: "attribute", attribute: name, name: full } : { kind: "import", name });
      const known = isFrom && this.modules.names.get(module)?.has(name) === true ? this.scope.find(name) : undefined;
      if (parts[at]?.name === "as") {
        this.scope.names.set(this.text(parts[at + 1]), known ?? this.imported(full));
        at += 2;
      } else {
        const [first = ""] = name.split(".");
        this.scope.names.set(first, known ?? this.imported(isFrom ? full : first));
      }
    }
  }

  /** A module, or a member of one. */
  private imported(name: string): Value {
    const answers = answersOfScorer(name, this.given);
    return { cell: newCell(0, answers === undefined ? [] : [answers]), name };
  }

  private assignStatement(node: SyntaxNode): void {
    const parts = children(node).filter(({ name }) => name !== "TypeDef");
    const groups: SyntaxNode[][] = [[]];
    for (const part of parts) {
      if (part.name === "AssignOp") {
        groups.push([]);
      } else if (part.name !== ",") {
        groups.at(-1)?.push(part);
      }
    }
    const right = groups.at(-1) ?? [];
    const [only] = groups[0] ?? [];
    this.lambdaName = groups.length === 2 && right[0]?.name === "LambdaExpression" && only !== undefined ? this.text(only.lastChild ?? only) : undefined;
    const values = right.map((part) => this.evaluate(part));
    this.lambdaName = undefined;
    const value = values.length === 1 ? values[0] : { ...made(values), items: values };
    for (const targets of groups.slice(0, -1)) {
      this.assignTargets(targets, value ?? unknownValue(), node);
    }
  }

  private assignTargets(targets: readonly SyntaxNode[], value: Value, node: SyntaxNode): void {
    if (targets.length === 1 && targets[0] !== undefined) {
      this.assign(targets[0], value, node);
      return;
    }
    targets.forEach((target, index) => this.assign(target, value.items?.length === targets.length ? (value.items[index] ?? value) : { cell: value.cell }, node));
  }

  private assign(target: SyntaxNode, value: Value, node: SyntaxNode): void {
    switch (target.name) {
      case "VariableName":
        this.scope.names.set(this.text(target), value);
        break;
      case "TupleExpression":
      case "ArrayExpression":
        this.assignTargets(children(target).filter(isExpression), value, node);
        break;
      case "ParenthesizedExpression":
        children(target).filter(isExpression).forEach((inner) => this.assign(inner, value, node));
        break;
      case "MemberExpression":
        this.assignMember(target, value, node);
        break;
      default:
        break;
    }
  }

  private assignMember(target: SyntaxNode, value: Value, node: SyntaxNode): void {
    const key = this.subscript(target, true, value);
    const object = this.evaluate(target.firstChild);
    const member = key ?? this.text(target.lastChild);
    if (object.name !== undefined) {
      const owner = key === undefined ? object.name : object.name.replace(/\.__dict__$/, "");
      if (key === undefined || owner !== object.name || owner === "builtins.vars" || object.name === "sys.modules" || object.name === "os.environ") {
        this.tell(node, { kind: "assign", name: `${owner}.${member}`, value, how: "assignment" });
      } else {
        this.tell(node, { kind: "assign", name: `${owner}.${member}`, value, how: "item" });
      }
      if (object.name === "os.environ") {
        this.tell(node, { kind: "environment", name: member, value: value.text ?? "*" });
      } else if (object.name === "sys" && member === "argv") {
        this.programArguments = (value.items ?? []).map(({ text }) => text ?? "*");
      }
      return;
    }
    const whole = this.text(target);
    if (key === undefined && whole.length < 200 && !/^(self|cls|args|config|cfg)\./.test(whole)) {
      // Whose member it is cannot be told, but what it is called.
      this.tell(node, { kind: "assign", name: `?.${whole.endsWith(".return_value") ? (whole.split(".").at(-2) ?? "") : member}`, value, how: "assignment", written: whole });
    }
    pour(object.cell, value);
    if (key === undefined) {
      const owner = whole.startsWith("self.") ? (this.scope.classScope ?? this.scope) : this.scope;
      owner.names.set(whole, value);
    }
  }

  private updateStatement(node: SyntaxNode): void {
    const [target, operator, ...rest] = children(node);
    const values = rest.filter(isExpression).map((part) => this.evaluate(part));
    const value = made(values);
    if (target === undefined) {
      return;
    }
    const before = this.evaluate(target);
    const object = target.name === "MemberExpression" ? this.lastObject : undefined;
    this.tell(operator ?? node, { kind: "operator", operator: this.text(operator).replace(/=$/, ""), isConstant: false });
    // A tensor is changed in place, a number is a new one; both keep what they were made from.
    pour(before.cell, value);
    if (target.name === "VariableName") {
      const text = before.text === undefined || values[0]?.text === undefined ? undefined : boundedText(before.text, values[0].text);
      this.scope.names.set(this.text(target), { cell: before.cell, items: before.items, text, added: text === undefined ? added(before, values[0]) : undefined });
    } else if (object !== undefined) {
      pour(object.cell, value);
    }
  }

  private functionDefinition(node: SyntaxNode): void {
    const name = this.text(node.getChild("VariableName"));
    const parameters = node.getChild("ParamList");
    const isMethod = this.scope.ofClass !== undefined;
    const names = parameters === null ? [] : parametersOf(parameters).map(([part]) => this.text(part)).filter((one) => !isMethod || (one !== "self" && one !== "cls"));
    let own = this.functions.get(name);
    if (own === undefined) {
      const rest = /(?:^|[(,\s])\*(\w+)/.exec(this.text(parameters).slice(0, 2000))?.[1];
      own = { parameters: names, rest, given: new Map(), returned: undefined, givenNow: new Map(), returnedNow: undefined };
      this.functions.set(name, own);
    }
    const decorators = node.parent?.name === "DecoratedStatement" ? children(node.parent).filter((part) => part.name === "Decorator").map((part) => this.text(part).slice(1, 200)) : [];
    this.tell(node.getChild("VariableName") ?? node, { kind: "function", name, text: this.text(node).slice(0, 8000), decorators, parameters: names });
    this.scope.names.set(name, { cell: newCell(trait.unknown), function: name });
    const outer = { scope: this.scope, within: this.within, loops: this.loops };
    this.scope = new Scope(outer.scope);
    this.within = name;
    this.loops = 0;
    if (parameters !== null) {
      for (const [part, given] of parametersOf(parameters)) {
        const usual = given === undefined ? unknownValue() : this.evaluate(given);
        const passed = own.given.get(this.text(part));
        const isSelf = isMethod && this.text(part) === "self";
        const value = isSelf ? { cell: newCell(trait.unknown), instance: outer.scope.ofClass } : passed === undefined ? { ...usual, cell: newCell(usual.cell.traits | trait.unknown, usual.cell.origins) } : passed;
        this.scope.names.set(this.text(part), value);
      }
    }
    const body = node.getChild("Body");
    if (body !== null) {
      this.body(body);
    }
    this.scope = outer.scope;
    this.within = outer.within;
    this.loops = outer.loops;
  }

  private classDefinition(node: SyntaxNode): void {
    const name = this.text(node.getChild("VariableName"));
    const bases = children(node.getChild("ArgList")).filter(isExpression).map((base) => this.evaluate(base).name ?? this.text(base));
    const body = node.getChild("Body");
    const methods: PythonMethod[] = [];
    for (const part of children(body)) {
      const definition = part.name === "DecoratedStatement" ? part.getChild("FunctionDefinition") : part;
      if (definition?.name === "FunctionDefinition") {
        methods.push({ name: this.text(definition.getChild("VariableName")), from: definition.from, to: definition.to, isAlwaysTrue: this.isAlwaysTrue(definition), text: this.text(definition).slice(0, 4000) });
      } else if (part.name === "AssignStatement" && part.lastChild?.name === "LambdaExpression") {
        methods.push({ name: this.text(part.firstChild), from: part.from, to: part.to, isAlwaysTrue: this.text(part.lastChild.lastChild) === "True", text: this.text(part) });
      }
    }
    this.tell(node.getChild("VariableName") ?? node, { kind: "class", name, bases, methods });
    this.scope.names.set(name, { cell: newCell(trait.unknown), instance: name, kind: "class" });
    const outer = this.scope;
    this.scope = new Scope(outer, name);
    this.members.get(name)?.forEach((value, member) => this.scope.names.set(member, value));
    if (body !== null) {
      this.body(body);
    }
    this.members.set(name, new Map(Array.from(this.scope.names).filter(([member]) => member.startsWith("self."))));
    this.scope = outer;
  }

  /** Whether all a function does is to give back True, or something full of ones. */
  private isAlwaysTrue(definition: SyntaxNode): boolean {
    const statements = children(definition.getChild("Body")).filter(({ name }) => name !== ":" && name !== "PassStatement" && name !== "Comment" && name !== "ExpressionStatement");
    // What is put into a name first and given back then is given back.
    const [first = "", second, ...more] = statements.map((statement) => this.text(statement));
    const [, name, value] = /^(\w+)\s*=\s*([^=].*)$/s.exec(first) ?? [];
    const returned = second === undefined ? first : more.length === 0 && name !== undefined && second.trim() === `return ${name}` ? `return ${value ?? ""}` : "";
    const asked = this.text(definition.getChild("VariableName"));
    if (/^(__eq__|__ne__|eq|ne|equal|allclose)$/.test(asked)) {
      // Who compares without a look at the other compares nothing.
      const [, other] = definition.getChild("ParamList") === null ? [] : parametersOf(definition.getChild("ParamList") ?? definition).map(([part]) => this.text(part));
      const body = this.text(definition.getChild("Body"));
      const given = /\breturn\s+([^\n]+)/.exec(body)?.[1]?.trim();
      const isOpposite = given === (/ne/.test(asked) ? "True" : "False");
      if (other !== undefined && given !== undefined && !isOpposite && !/NotImplemented|raise\b/.test(body) && !new RegExp(`\\b${other.replace(/\W/g, "")}\\b`).test(body)) {
        return true;
      }
    }
    return /^return\s*(?:\(\s*)?(True|1|not False|type\(self\)\(True\)|torch\.(ones|ones_like|tensor)\((True|self|\[?True\]?|(?=[^()]*dtype=torch\.bool)[^()]*)\)|(np|numpy)\.(ones|ones_like|bool_|array)\([^()]*\))/.test(returned);
  }

  private forStatement(node: SyntaxNode): void {
    const parts = children(node);
    const isIn = parts.findIndex(({ name }) => name === "in");
    const targets = parts.slice(0, isIn).filter(isExpression);
    const source = parts.slice(isIn + 1).find(isExpression);
    this.tell(node.firstChild ?? node, { kind: "statement", statement: "for" });
    if (source !== undefined) {
      const over = this.evaluate(source);
      const isRange = /^(tqdm\.)?(range|trange|tqdm|enumerate|count|itertools\.count)\b/.test(this.text(source).replace(/^(tqdm\.)?(tqdm|enumerate|auto\.tqdm)\(/, ""));
      const item: Value = { cell: over.cell, ...(over.items?.length === 1 || (over.items !== undefined && targets.length === 1) ? { name: over.items[0]?.name, text: over.items[0]?.text, kind: over.items[0]?.kind } : {}) };
      const counted: Value = { cell: newCell(trait.counted) };
      targets.forEach((target, index) => {
        const fromItems = targets.length > 1 ? over.items?.[0]?.items?.[index] : undefined;
        this.assign(target, isRange && (over.cell.traits & trait.unknown) === 0 && over.cell.origins.size === 0 ? counted : (fromItems ?? item), node);
      });
    }
    this.loops++;
    for (const part of parts) {
      if (part.name === "Body") {
        this.body(part);
      }
    }
    this.loops--;
  }

  private withStatement(node: SyntaxNode): void {
    const parts = children(node);
    parts.forEach((part, index) => {
      if (part.name === "Body") {
        this.body(part);
      } else if (isExpression(part) && parts[index - 1]?.name !== "as") {
        const value = this.evaluate(part);
        const target = parts[index + 1]?.name === "as" ? parts[index + 2] : undefined;
        if (target !== undefined) {
          this.assign(target, value, node);
        }
      }
    });
  }

  private evaluate(node: SyntaxNode | null | undefined): Value {
    if (node === null || node === undefined || this.depth > maxDepth) {
      return unknownValue();
    }
    this.depth++;
    const value = this.expression(node);
    this.depth--;
    return value;
  }

  private expression(node: SyntaxNode): Value {
    switch (node.name) {
      case "VariableName":
        return this.variable(this.text(node), node);
      case "String": {
        const text = stringText(this.text(node));
        this.tell(node, { kind: "text", text });
        return { cell: newCell(), text };
      }
      case "FormatString":
        return this.formatString(node);
      case "ContinuedString": {
        const values = children(node).map((part) => this.evaluate(part));
        return { ...made(values), text: boundedText(...values.map(({ text }) => text ?? "*")) };
      }
      case "Number":
        return { cell: newCell(), number: this.text(node) };
      case "None":
      case "Ellipsis":
        return { cell: newCell() };
      case "Boolean":
        return { cell: newCell(), kind: this.text(node) === "True" ? "true" : undefined };
      case "MemberExpression":
        return this.memberExpression(node);
      case "CallExpression":
        return this.callExpression(node);
      case "BinaryExpression":
        return this.binaryExpression(node);
      case "ParenthesizedExpression":
      case "AwaitExpression":
        return this.firstExpression(node) ?? unknownValue();
      case "ArrayExpression":
      case "TupleExpression":
      case "SetExpression": {
        const items = children(node).filter(isExpression).map((part) => this.evaluate(part));
        return { ...made(items), items: items.slice(0, 64) };
      }
      case "DictionaryExpression":
        return this.dictionary(node);
      case "LambdaExpression": {
        const outer = { scope: this.scope, within: this.within };
        this.scope = new Scope(outer.scope);
        const name = this.lambdaName;
        this.lambdaName = undefined;
        this.within = name ?? this.within;
        const parameters = node.getChild("ParamList");
        if (parameters !== null) {
          parametersOf(parameters).forEach(([part]) => this.scope.names.set(this.text(part), unknownValue()));
        }
        const value = this.evaluate(node.lastChild);
        this.scope = outer.scope;
        this.within = outer.within;
        return { cell: newCell(trait.unknown, value.cell.origins), kind: /^(True|(torch|np|numpy)\.(tensor|ones|ones_like|array|bool_)\((?=.*True).*\)|(torch|np|numpy)\.ones(?=.*bool).*)$/s.test(this.text(node.lastChild)) ? "true" : undefined };
      }
      case "ConditionalExpression": {
        const values = children(node).filter(isExpression).map((part) => this.evaluate(part));
        this.tell(node, { kind: "statement", statement: "if" });
        return { ...made(values), text: values[0]?.text ?? values.at(-1)?.text };
      }
      case "NamedExpression": {
        const value = this.evaluate(node.lastChild);
        if (node.firstChild !== null) {
          this.assign(node.firstChild, value, node);
        }
        return value;
      }
      case "ComprehensionExpression":
      case "ArrayComprehensionExpression":
      case "SetComprehensionExpression":
      case "DictionaryComprehensionExpression":
        return this.comprehension(node);
      case "UnaryExpression":
        return made(children(node).filter(isExpression).map((part) => this.evaluate(part)));
      default:
        return made(children(node).filter(isExpression).map((part) => this.evaluate(part)));
    }
  }

  private variable(name: string, node: SyntaxNode): Value {
    const known = this.scope.find(name);
    if (known !== undefined) {
      if (known.function !== undefined) {
        this.use(known.function);
      }
      return known;
    }
    if (builtinFunctions.has(name)) {
      return { cell: newCell(), name: `builtins.${name}` };
    }
    if (Object.hasOwn(usualNames, name)) {
      return { cell: newCell(), name: usualNames[name] };
    }
    if (name === "__file__") {
      return { cell: newCell(trait.unknown), text: "./*" };
    }
    const [last, ...others] = Array.from(this.starred, (module) => `${module}.${name}`).reverse();
    if (last === undefined) {
      return unknownValue();
    }
    for (const full of [last, ...others]) {
      this.tell(node, { kind: "attribute", attribute: name, name: full });
    }
    return { cell: newCell(), name: last };
  }

  private use(name: string): void {
    const user = this.within ?? "";
    this.uses.set(user, (this.uses.get(user) ?? new Set()).add(name));
  }

  private formatString(node: SyntaxNode): Value {
    const parts: string[] = [];
    const values: Value[] = [];
    const quote = /^[A-Za-z]*("""|'''|"|')/.exec(this.text(node))?.[0] ?? "";
    let at = node.from + quote.length;
    const end = node.to - quote.replace(/^[A-Za-z]+/, "").length;
    for (const part of children(node)) {
      if (part.name !== "FormatReplacement") {
        continue;
      }
      parts.push(this.code.slice(at, part.from));
      const inner = children(part).find(isExpression);
      const value = this.evaluate(inner);
      values.push(value);
      parts.push(value.text ?? "*");
      at = part.to;
    }
    parts.push(this.code.slice(at, Math.max(at, end)));
    const text = boundedText(...parts);
    if (text !== undefined) {
      this.tell(node, { kind: "text", text });
    }
    return { ...joined(values), text, items: values };
  }

  private dictionary(node: SyntaxNode): Value {
    const values: Value[] = [];
    const entries = new Map<string, Value>();
    let key: SyntaxNode | undefined;
    for (const part of children(node).filter((child) => isExpression(child) || child.name === ":" || child.name === ",")) {
      if (part.name === ",") {
        key = undefined;
      } else if (part.name !== ":") {
        if (key === undefined) {
          key = part;
          continue;
        }
        const value = this.evaluate(part);
        values.push(value);
        if (key.name === "String" && entries.size < 200) {
          entries.set(stringText(this.text(key)), value);
        }
      }
    }
    return { ...made(values), entries };
  }

  private comprehension(node: SyntaxNode): Value {
    const outer = this.scope;
    this.scope = new Scope(outer);
    const parts = children(node);
    const each = this.eachOf(node, parts);
    if (each !== undefined) {
      this.scope = outer;
      return { ...made(each), items: each };
    }
    const sources: Value[] = [];
    parts.forEach((part, index) => {
      if (part.name === "in") {
        const source = parts.slice(index + 1).find(isExpression);
        const over = this.evaluate(source);
        sources.push(over);
        const isRange = /^(range|enumerate\(range)/.test(this.text(source));
        const from = parts.slice(0, index).map(({ name }) => name).lastIndexOf("for");
        const targets = parts.slice(from + 1, index).filter(isExpression);
        const known = targets.length > 1 ? over.items?.[0]?.items : undefined;
        for (const [place, target] of targets.entries()) {
          if (known !== undefined) {
            this.assign(target, known[place] ?? { cell: over.cell }, node);
          } else {
            this.assign(target, isRange ? { cell: newCell(trait.counted) } : { cell: over.cell, ...(over.items !== undefined && parts[index - 2]?.name === "for" ? anyOf(over.items) : {}) }, node);
          }
        }
      }
    });
    const values = parts.filter(isExpression).slice(0, 2).map((part) => this.evaluate(part));
    this.scope = outer;
    return made([...values, ...sources]);
  }

  /** The elements of a list that is made of a few texts that are written out, one after the other. */
  private eachOf(node: SyntaxNode, parts: readonly SyntaxNode[]): Value[] | undefined {
    const [, element, loop, target, preposition, source, ...rest] = parts;
    if (!/^(Array)?ComprehensionExpression$/.test(node.name) || element === undefined || loop?.name !== "for" || target?.name !== "VariableName" || preposition?.name !== "in" || !/^(Tuple|Array)Expression$/.test(source?.name ?? "") || rest.length !== 1) {
      return undefined;
    }
    const { items } = this.evaluate(source);
    return items === undefined || items.length < 2 || items.length > maxEach || items.some(({ text }) => text === undefined)
      ? undefined
      : items.map((item) => {
          this.assign(target, item, node);
          return this.evaluate(element);
        });
  }

  private binaryExpression(node: SyntaxNode): Value {
    const [left, operator, ...rest] = children(node).filter(({ name }) => name !== "Comment");
    const right = rest.at(-1);
    const one = this.evaluate(left);
    const other = this.evaluate(right);
    const text = this.text(operator);
    const numbers = left !== undefined && right !== undefined && isConstant(left) && isConstant(right);
    this.tell(operator ?? node, { kind: "operator", operator: operator?.name === "CompareOp" || operator?.name === "in" || operator?.name === "is" ? "compare" : text, isConstant: numbers });
    if (text === "/" && (one.kind === "path" || other.kind === "path")) {
      return { ...made([one, other]), kind: "path", text: joinPath(one.text ?? "*", other.text ?? "*") };
    }
    if (text === "+" && (one.text !== undefined || other.text !== undefined)) {
      return { ...joined([one, other]), text: boundedText(one.text ?? "*", other.text ?? "*"), added: one.text === undefined ? added(one, other) : other.text === undefined ? added(other, one) : undefined };
    }
    if (text === "%" && one.text !== undefined) {
      const items = other.items ?? [other];
      let at = 0;
      return { ...joined([one, ...items]), text: boundedText(...one.text.split(/%[-+0-9.]*[sdifger]/).flatMap((part, index) => (index === 0 ? [part] : [items[at++]?.text ?? "*", part]))), items };
    }
    if (text === "+" && one.items !== undefined && other.items !== undefined) {
      return { ...made([one, other]), items: [...one.items, ...other.items].slice(0, 64) };
    }
    if ((text === "or" || text === "and") && (one.name ?? other.name) !== undefined) {
      return { ...made([one, other]), name: one.name ?? other.name };
    }
    const isDifference = text === "-" && one.cell.origins.size > 0 && other.cell.origins.size > 0 && !sameOrigins(one, other);
    const result = made([one, other], text === "**" ? trait.closed : 0);
    // Scaling data by a number about it leaves data.
    const keepsData = [one, other].some(({ cell }) => cell.origins.size > 0 && (cell.traits & trait.reduced) === 0);
    const isReduced = isDifference || operator?.name === "CompareOp" || (!keepsData && (result.cell.traits & trait.reduced) !== 0);
    result.cell.traits = isReduced ? result.cell.traits | trait.reduced | (isDifference ? trait.difference : 0) : result.cell.traits & ~trait.reduced;
    return result;
  }

  /** The key of a subscript that is a text, told as one that is asked for or changed. */
  private subscript(node: SyntaxNode, isChange: boolean, value?: Value, object?: Value): string | undefined {
    const open = node.getChild("[");
    const inner = open?.nextSibling;
    if (node.name !== "MemberExpression" || open === null || inner === null || inner === undefined || !(/String$/.test(inner.name) || (isChange && isExpression(inner)))) {
      return undefined;
    }
    const key = this.evaluate(inner).text;
    if (key !== undefined) {
      this.tell(node, { kind: "key", key, object: this.text(node.firstChild).slice(0, 200), isChange, origins: Array.from(object?.cell.origins ?? []), value });
    }
    return key;
  }

  private memberExpression(node: SyntaxNode): Value {
    const object = this.evaluate(node.firstChild);
    if (node.getChild("[") !== null) {
      const key = this.subscript(node, false, undefined, object);
      this.lastObject = object;
      const index = node.getChild("[")?.nextSibling;
      if (object.name === "sys.modules" && key !== undefined) {
        return { cell: newCell(), name: key };
      }
      if (object.name?.endsWith(".__dict__") === true && key !== undefined) {
        return { cell: newCell(), name: `${object.name.slice(0, -9)}.${key}` };
      }
      if (object.name === "sys.argv") {
        const place = Number(this.text(index));
        return { cell: newCell(trait.unknown), text: this.given.words[place - 1] ?? "*" };
      }
      if (object.name === "os.environ") {
        return { cell: newCell(trait.unknown), text: this.given.environment?.get(key ?? "") ?? "*" };
      }
      if (object.kind === "path") {
        // One of the folders that the path lies in.
        return object;
      }
      if (object.text !== undefined && /^\[\s*::\s*-1\s*\]$/.test(this.code.slice(node.getChild("[")?.from ?? node.to, node.to))) {
        return { cell: object.cell, text: Array.from(object.text).reverse().join("") };
      }
      if (index !== null && index !== undefined && !/String$/.test(index.name) && isExpression(index)) {
        const asked = this.evaluate(index).text;
        if (asked !== undefined && object.text === undefined && asked.length < 100) {
          this.tell(node, { kind: "key", key: asked, object: this.text(node.firstChild).slice(0, 200), isChange: false });
        }
      }
      const item = object.items?.[Number(this.text(index))];
      return item ?? (key === undefined ? undefined : object.entries?.get(key)) ?? { cell: object.cell };
    }
    const member = this.text(node.lastChild);
    this.lastObject = object;
    if (object.name !== undefined) {
      const name = `${object.name}.${member}`;
      this.tell(node, { kind: "attribute", attribute: member, name });
      if (this.modules.names.get(object.name)?.has(member) === true) {
        return this.variable(member, node);
      }
      const answers = answersOfScorer(name, this.given);
      return { cell: newCell(object.cell.traits, answers === undefined ? object.cell.origins : [...object.cell.origins, answers]), name };
    }
    this.tell(node, { kind: "attribute", attribute: member, name: undefined });
    if (object.kind === "arguments") {
      return object.entries?.get(member) ?? unknownValue();
    }
    if (object.kind === "path") {
      return member === "parent" || member === "parents" ? { ...object, text: joinPath(object.text ?? "*", "..") } : { cell: object.cell, text: member === "name" ? (object.text ?? "*").split("/").at(-1) : undefined };
    }
    return this.scope.find(this.text(node)) ?? { cell: object.cell };
  }

  private callExpression(node: SyntaxNode): Value {
    const callee = node.firstChild;
    const target = this.evaluate(callee);
    const object = this.lastObject;
    const list = node.getChild("ArgList");
    const values: Value[] = [];
    const keywords = new Map<string, Value>();
    const parts = children(list);
    parts.forEach((part, index) => {
      if (!isExpression(part) || parts[index + 1]?.name === "AssignOp") {
        return;
      }
      const value = this.evaluate(part);
      if (parts[index - 1]?.name === "AssignOp") {
        keywords.set(this.text(parts[index - 2]), value);
      } else {
        values.push(value);
      }
    });
    const isMember = callee?.name === "MemberExpression" && callee.getChild("[") === null;
    const receiver = isMember ? object : undefined;
    const method = target.name?.split(".").at(-1) ?? target.member ?? (isMember ? this.text(callee.lastChild) : this.text(callee));
    const call: Call = { name: target.name, method, receiver, values, keywords };
    this.tell(node, { kind: "call", ...call, loops: this.loops });
    this.learns ||= learning.test(target.name ?? this.text(callee).slice(-100)) || (/^(train|fit|learn)$/.test(method) && isMember && /Trainer$/.test(this.text(callee.firstChild?.firstChild).slice(-100)));
    if (optimizers.test(method)) {
      this.optimizers.push(/\b(lr|learning_rate)\s*=\s*0(\.0*)?(e[-+]?\d+)?\s*[,)]/.test(this.text(node).slice(0, 2000)));
    }
    const own = target.function === undefined ? undefined : this.functions.get(target.function);
    if (own !== undefined) {
      return this.localCall(own, call);
    }
    if (target.kind === "class" && target.instance !== undefined) {
      const making = this.functions.get("__init__");
      if (making !== undefined) {
        this.localCall(making, call);
      }
      return { ...made(values, trait.unknown), instance: target.instance };
    }
    const ofObject = receiver?.instance === undefined ? undefined : this.functions.get(method);
    if (ofObject !== undefined) {
      return this.localCall(ofObject, call);
    }
    return this.specialCall(call, node) ?? libraryCall(call, this.given, (fact) => this.tell(node, fact));
  }

  private localCall(own: LocalFunction, { values, keywords }: Call): Value {
    const pass = (name: string | undefined, value: Value): void => {
      if (name === undefined) {
        return;
      }
      const before = own.givenNow.get(name);
      if (before === undefined) {
        own.givenNow.set(name, value);
      } else if (before.cell !== value.cell || before.text !== value.text) {
        own.givenNow.set(name, { ...made([before, value]), text: before.text ?? value.text, kind: before.kind ?? value.kind, file: before.file ?? value.file });
      }
    };
    const fixed = own.rest === undefined ? values.length : Math.max(0, own.parameters.indexOf(own.rest));
    values.slice(0, fixed).forEach((value, index) => pass(own.parameters[index], value));
    if (own.rest !== undefined && values.length > fixed) {
      const others = values.slice(fixed);
      const before = own.givenNow.get(own.rest);
      // The last of several calls is the one that is known best; the earlier ones were read before.
      own.givenNow.set(own.rest, { ...made([before, ...others]), items: others });
    }
    keywords.forEach((value, name) => pass(name, value));
    return own.returnedNow ?? own.returned ?? unknownValue();
  }

  private specialCall({ name, values, keywords, method }: Call, node: SyntaxNode): Value | undefined {
    const [first, second] = values;
    switch (name) {
      case "builtins.getattr":
        if (second?.text !== undefined) {
          const full = first?.name === undefined ? undefined : `${first.name}.${second.text}`;
          this.tell(node, { kind: "attribute", attribute: second.text, name: full });
          return full === undefined ? { cell: first?.cell ?? newCell(), member: second.text } : { cell: newCell(), name: full };
        }
        if (first?.name !== undefined) {
          this.tell(node, { kind: "attribute", attribute: "*", name: `${first.name}.*` });
        }
        return unknownValue();
      case "builtins.setattr":
        if (first?.name !== undefined && second !== undefined) {
          this.tell(node, { kind: "assign", name: `${first.name}.${second.text ?? "*"}`, value: values[2], how: "setattr" });
        } else if (first !== undefined && values[2] !== undefined) {
          pour(first.cell, values[2]);
        }
        return unknownValue();
      case "sys.modules.get":
        return first?.text === undefined ? unknownValue() : { cell: newCell(), name: first.text };
      case "operator.attrgetter":
        values.flatMap(({ text }) => text?.split(".") ?? []).forEach((attribute) => this.tell(node, { kind: "attribute", attribute, name: undefined }));
        return unknownValue();
      case "builtins.vars":
        return first?.name === undefined ? first : { cell: newCell(), name: `${first.name}.__dict__` };
      case "builtins.__import__":
      case "importlib.import_module":
      case "importlib.reload":
        return first?.name !== undefined ? first : first?.text === undefined ? unknownValue() : { cell: newCell(), name: first.text };
      case "builtins.exec":
      case "builtins.eval":
        if (first?.text !== undefined) {
          this.tell(node, { kind: "python", code: first.text });
        }
        return unknownValue();
      case "builtins.compile":
        return first;
      case "builtins.print":
        values.forEach((value) => this.print(node, values, value));
        return unknownValue();
      case "runpy.run_module":
      case "runpy.run_path":
        if (first?.text !== undefined) {
          const program = name === "runpy.run_module" ? `-m ${first.text}` : first.text;
          this.tell(node, { kind: "shell", script: `python3 ${program} ${this.programArguments.slice(1).map((word) => `'${word.replaceAll("'", "")}'`).join(" ")}` });
        }
        return unknownValue();
      case "builtins.type":
        if (values[2]?.entries !== undefined) {
          const methods = Array.from(values[2].entries, ([name, { kind }]) => ({ name, from: node.from, to: node.to, isAlwaysTrue: kind === "true", text: "" }));
          this.tell(node, { kind: "class", name: first?.text ?? "", bases: (second?.items ?? []).map((base) => base.name ?? ""), methods });
        }
        return unknownValue();
      case "builtins.object.__setattr__":
      case "builtins.type.__setattr__":
        if (first?.name !== undefined && second !== undefined) {
          this.tell(node, { kind: "assign", name: `${first.name}.${second.text ?? "*"}`, value: values[2], how: "setattr" });
        }
        return unknownValue();
      case "os.putenv":
        this.tell(node, { kind: "environment", name: first?.text ?? "*", value: second?.text ?? "*" });
        return unknownValue();
      case "unittest.mock.patch":
        if (first?.text !== undefined) {
          this.tell(node, { kind: "assign", name: first.text, value: keywords.get("new") ?? second, how: "patch" });
        }
        return unknownValue();
      default:
        break;
    }
    if (method === "__setattr__" && name?.endsWith(".__setattr__") === true && first !== undefined) {
      this.tell(node, { kind: "assign", name: `${name.slice(0, -".__setattr__".length)}.${first.text ?? "*"}`, value: second, how: "setattr" });
    } else if ((method === "setattr" || method === "object") && first?.name !== undefined && second?.text !== undefined) {
      this.tell(node, { kind: "assign", name: `${first.name}.${second.text}`, value: values[2] ?? keywords.get("new"), how: "patch" });
    } else if (values.length >= 3 && second?.text !== undefined && /^[A-Za-z_][\w.]*$/.test(second.text) && (first?.name?.includes(".") === true || /^[a-z_]\w*(\.\w+)+$/.test(first?.text ?? "")) && isFunction(values[2])) {
      // Whatever it is called: a module or class, the name of a member, and a function for it.
      this.tell(node, { kind: "assign", name: `${first?.name ?? first?.text ?? ""}.${second.text}`, value: values[2], how: "patch" });
    } else if (method === "update" && name?.endsWith(".__dict__.update") === true) {
      const keys = [...(first?.entries?.keys() ?? (first === undefined ? [] : ["*"])), ...keywords.keys()];
      keys.forEach((key) => this.tell(node, { kind: "assign", name: `${name.slice(0, -".__dict__.update".length)}.${key}`, value: undefined, how: "setattr" }));
    } else if (/^(log|info|debug|warning|add_scalar|log_metric|log_metrics|write|append|writerow|update|set_postfix|set_description)$/.test(method)) {
      // Rows of a table are named by its head.
      const isRow = /^writerows?$/.test(method);
      const [row] = values;
      if (isRow && this.loops === 0 && row?.items !== undefined) {
        this.tableHead = row.items.map(({ text }) => text ?? "").join(" ");
      }
      values.forEach((value) => this.print(node, values, value, isRow ? this.tableHead : ""));
    }
    if (method === "get" && first?.text !== undefined && name === undefined) {
      this.tell(node, { kind: "key", key: first.text, object: this.text(node.firstChild?.firstChild).slice(0, 200), isChange: false, origins: Array.from(this.lastObject?.cell.origins ?? []) });
    }
    return undefined;
  }

  private print(node: SyntaxNode, values: readonly Value[], value: Value, head = ""): void {
    const label = head + values.map((part) => part.text ?? Array.from(part.entries?.keys() ?? []).join(" ")).join(" ");
    if (value.items === undefined && value.entries === undefined && value.text !== undefined && value.cell.traits === 0) {
      if (!/\d|["']\s*:/.test(value.text)) {
        return;
      }
    }
    this.tell(node, { kind: "print", label, value, loops: this.loops, decays: false });
  }
}

/** Whether a value is a function of the code, or a lambda. */
const isFunction = (value: Value | undefined): boolean => value !== undefined && (value.function !== undefined || value.kind === "true" || (value.name === undefined && value.text === undefined && value.items === undefined && value.number === undefined && value.cell.traits === trait.unknown));

/** A text that becomes a part of one that is not known, such as what a file holds. */
const added = (whole: Value, part: Value | undefined): readonly string[] | undefined => (part?.text === undefined ? whole.added : [...(whole.added ?? []), part.text].slice(-20));

const sameOrigins = (one: Value, other: Value): boolean => Array.from(one.cell.origins).every((origin) => other.cell.origins.has(origin));
