/** No one writes a longer script by hand. UTF-16 units. */
const maxScript = 2 ** 20;
const maxDepth = 4;
/** Variables are filled in up to so many UTF-16 units for a script; beyond, they stand as they are written. */
const maxExpanded = 2 ** 20;
const maxValue = 2 ** 16;
/** Longer values are no paths. */
const maxKeptValue = 4096;
/** Calls of functions that a script defines are followed up to this number. */
const maxCalls = 100;

/** A word of a command as the shell makes it, as far as the script tells. */
export interface ShellWord {
  /** Variables that the script sets are filled in, quotes are gone; what cannot be known stands as it was written. */
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

export interface Redirection {
  /** `>`, `>>`, `<`, … without a file descriptor. */
  readonly operator: string;
  readonly target: ShellWord;
}

/** A simple command with what belongs to it. */
export interface ShellCommand {
  /** Name of the program without its folder; `sudo`, `env`, `time` and the like are taken off. */
  readonly program: string;
  /** What was taken off in front of it, outermost first. */
  readonly wrappers: readonly string[];
  /** What stands behind the program's name. */
  readonly words: readonly ShellWord[];
  readonly assignments: ReadonlyMap<string, ShellWord>;
  readonly redirections: readonly Redirection[];
  /** The here-document or here-string that is its input. */
  readonly input: ShellWord | undefined;
  /** The command whose output it gets through a pipe. */
  readonly pipedFrom: ShellCommand | undefined;
  /** The folder it runs in, as far as `cd` tells; empty for where the script began. */
  readonly folder: string;
  readonly from: number;
  readonly to: number;
  /** The command as one line for patterns of rules: the program without its folder, variables filled in, quotes gone; of a long one its beginning. */
  readonly line: string;
}

/** What most commands have none of is made once. */
const noAssignments: ReadonlyMap<string, ShellWord> = new Map();
const noWrappers: readonly string[] = [];

const maxLine = 1000;
const maxLineWords = 100;

/** A command as its parts make it. Its line is put together when someone asks for it: few do. */
class SimpleCommand implements ShellCommand {
  private known: string | undefined;

  constructor(
    readonly program: string,
    readonly wrappers: readonly string[],
    readonly words: readonly ShellWord[],
    readonly assignments: ReadonlyMap<string, ShellWord>,
    readonly redirections: readonly Redirection[],
    readonly input: ShellWord | undefined,
    readonly pipedFrom: ShellCommand | undefined,
    readonly folder: string,
    readonly from: number,
    readonly to: number,
  ) {}

  get line(): string {
    this.known ??= [this.program, ...this.words.slice(0, maxLineWords).map(({ text }) => (text.length > maxLine ? text.slice(0, maxLine) : text))].join(" ").slice(0, maxLine);
    return this.known;
  }
}

/** The same command with other words. */
export function withWords(command: ShellCommand, words: readonly ShellWord[]): ShellCommand {
  return new SimpleCommand(command.program, command.wrappers, words, command.assignments, command.redirections, command.input, command.pipedFrom, command.folder, command.from, command.to);
}

/**
 * The commands of a shell script in their order, with those inside `$(…)`, loops, conditions and `bash -c`. Quotes, here-documents,
 * variables and `cd` are followed; nothing is run, so what depends on output stays as it is written.
 */
export function readShell(script: string, environment: Environment = noEnvironment): readonly ShellCommand[] {
  if (script.length > maxScript) {
    return [];
  }
  if (last.script !== script || last.environment !== environment) {
    const reader = new ShellReader(script, 0, 0, environment);
    reader.read();
    last = { script, environment, commands: reader.commands };
  }
  return last.commands;
}

/** Variables that commands before have set. Never changed, but replaced by another one. */
export type Environment = ReadonlyMap<string, string>;

const noEnvironment: Environment = new Map();
const maxEnvironment = 200;

/** What is asked for twice in a row is read once. */
let last: { readonly script: string; readonly environment: Environment; readonly commands: readonly ShellCommand[] } = { script: "", environment: noEnvironment, commands: [] };

/** The variables of a shell after these commands. */
export function environmentAfter(environment: Environment, commands: readonly ShellCommand[]): Environment {
  let next: Map<string, string> | undefined;
  for (const { program, assignments } of commands) {
    if (assignments.size > 0 && /^(|export|declare|readonly)$/.test(program)) {
      next ??= new Map(environment);
      for (const [name, { text }] of assignments) {
        if (next.size < maxEnvironment && text.length < maxKeptValue) {
          next.set(name, text);
        }
      }
    }
  }
  return next ?? environment;
}

/** How a program runs what stands behind it. */
interface Wrapper {
  /** Its options that take a value. */
  readonly options: RegExp;
  /** Its subcommand that runs something, where it has others too. */
  readonly subcommand?: RegExp;
  /** Words between its options and what it runs: a container, a file, a mask. */
  readonly operands?: number;
  /** Whether the words behind it are one script rather than a program with its arguments. */
  readonly isScript?: boolean;
}

const none = /^$/;
const environments: Wrapper = { options: /^(-[npC]|--(name|prefix|project|directory|with|extra|group|python|env|index-url|cwd))$/, subcommand: /^run$/ };
const containers: Wrapper = { options: /^(-[euwnvpcB]|--(env|env-file|user|workdir|name|volume|mount|gpus|network|namespace|container|index|bind|pwd|shm-size|ipc|entrypoint))$/, subcommand: /^(exec|run)$/, operands: 1 };
const wrappers: ReadonlyMap<string, Wrapper> = new Map<string, Wrapper>([
  ["sudo", { options: /^-[ugCpT]$/ }],
  ["doas", { options: /^-[uC]$/ }],
  ["gosu", { options: none, operands: 1 }],
  ["env", { options: /^-[uCS]$/ }],
  ["time", { options: /^-[fo]$/ }],
  ["nohup", { options: none }],
  ["nice", { options: /^-n$/ }],
  ["ionice", { options: /^-[cn]$/ }],
  ["timeout", { options: /^-[ks]$/, operands: 1 }],
  ["stdbuf", { options: /^-[ioe]$/ }],
  ["unbuffer", { options: none }],
  ["setsid", { options: none }],
  ["command", { options: none }],
  ["exec", { options: /^-a$/ }],
  ["builtin", { options: none }],
  ["xargs", { options: /^-[IiLnPdsE]$/ }],
  ["chroot", { options: none, operands: 1 }],
  ["strace", { options: /^-[eopE]$/ }],
  ["numactl", { options: /^-[NmCi]$/ }],
  ["taskset", { options: none, operands: 1 }],
  ["chrt", { options: none, operands: 1 }],
  ["flock", { options: /^-[wEc]$/, operands: 1 }],
  ["unshare", { options: none }],
  ["systemd-run", { options: /^-[pu]$/ }],
  ["srun", { options: /^-[nNpctJGwA]$/ }],
  ["screen", { options: /^-[a-zA-Z]*[StTpLc]$/ }],
  ...["uv", "poetry", "pipenv", "pdm", "hatch", "rye", "pixi", "conda", "mamba", "micromamba"].map((name): [string, Wrapper] => [name, environments]),
  ...["docker", "podman", "nerdctl", "singularity", "apptainer", "docker-compose", "kubectl"].map((name): [string, Wrapper] => [name, containers]),
  ["ssh", { options: /^-[oipFlJLRDb]$/, operands: 1, isScript: true }],
]);
/** Programs that give a script to another shell by their option `-c`. */
const scriptOption = new Set(["sh", "bash", "zsh", "dash", "ksh", "su", "runuser", "script"]);
const keywords = new Set(["if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "{", "}", "!", "function", "select", "[["]);

/** Of each character of ASCII, whether it ends a word, and whether it means nothing to a shell. */
const [endsWord, isPlain] = [(/[\s;|&<>()]/), (/[^\s;|&<>()'"\\$`]/)].map((expression) => Uint8Array.from({ length: 128 }, (_, unit) => (expression.test(String.fromCharCode(unit)) ? 1 : 0))) as [Uint8Array, Uint8Array];
const isWordEnd = (unit: number): boolean => (unit < 128 ? endsWord[unit] === 1 : /\s/.test(String.fromCharCode(unit)));
const isPlainUnit = (unit: number): boolean => (unit < 128 ? isPlain[unit] === 1 : !/\s/.test(String.fromCharCode(unit)));
/** Of each character of ASCII, whether a word begins with it whatever stands around it: a digit may stand before a redirection, and `#` begins a comment. */
const beginsWord = isPlain.map((plain, unit) => (plain === 1 && !/[#\d]/.test(String.fromCharCode(unit)) ? 1 : 0));

/** The brace that ends a function: the first word of a line or command. */
const functionEnd = /(?:^|[;\n])[^\S\n]*\}/gm;

/** Variables of a shell, in front of those of the shell that it was started from. */
class Variables {
  private readonly own = new Map<string, string | undefined>();

  constructor(private readonly outer?: Pick<Variables, "get"> | Environment) {}

  get(name: string): string | undefined {
    return this.own.has(name) ? this.own.get(name) : this.outer?.get(name);
  }

  set(name: string, value: string | undefined): void {
    this.own.set(name, value);
  }
}

/** What means nothing to a shell inside of double quotes. */
const plainQuoted = /[^"\\$`]+/y;

class ShellReader {
  readonly commands: ShellCommand[] = [];
  readonly variables: Variables;
  private functions = new Map<string, { readonly body: string; readonly from: number }>();
  /** Calls of functions that may still be followed. */
  private budget = { calls: maxCalls };
  private folder = "";
  private folderBefore = "~";
  /** What `popd` goes back to. */
  private folders: string[] = [];
  /** Parentheses that are open: where they began, and what comes into them through a pipe. */
  private groups: { readonly folder: string; readonly input: ShellCommand | undefined }[] = [];
  private at = 0;
  private expanded = 0;
  private words: ShellWord[] = [];
  private redirections: Redirection[] = [];
  private input: ShellWord | undefined;
  /** What is set for the command that ends. */
  private assignments: Map<string, ShellWord> | undefined;
  private pipedFrom: ShellCommand | undefined;
  private commandFrom = 0;
  /** Here-documents whose text begins behind the next line break. */
  private nextEnd = -1;
  private pending: { end: string; stripsTabs: boolean; take: (word: ShellWord) => void }[] = [];

  constructor(
    private readonly script: string,
    private readonly depth: number,
    private readonly base = 0,
    outer?: Variables | Environment,
  ) {
    this.variables = new Variables(outer);
  }

  read(): void {
    const { script } = this;
    while (this.at < script.length) {
      if (beginsWord[script.charCodeAt(this.at)] === 1) {
        this.takeWord();
        continue;
      }
      const unit = script[this.at] ?? "";
      if (unit === "\n") {
        this.at++;
        this.readDocuments();
        this.endCommand(false);
      } else if (unit === " " || unit === "\t" || unit === "\r") {
        this.at++;
      } else if (unit === "\\" && script[this.at + 1] === "\n") {
        this.at += 2;
      } else if (unit === "#" ) {
        const end = script.indexOf("\n", this.at);
        this.at = end < 0 ? script.length : end;
      } else if (unit === "(" && this.readDefinition()) {
        continue;
      } else if (unit === "(" || unit === ")") {
        this.at++;
        const input = this.words.length === 0 ? this.pipedFrom : undefined;
        this.endCommand(false);
        if (unit === "(") {
          this.groups.push({ folder: this.folder, input: input ?? this.groups.at(-1)?.input });
        } else {
          this.folder = this.groups.pop()?.folder ?? this.folder;
        }
      } else if (unit === ";") {
        this.at++;
        this.endCommand(false);
      } else if (unit === "|") {
        const isPipe = script[this.at + 1] !== "|";
        this.at += isPipe && script[this.at + 1] !== "&" ? 1 : 2;
        this.endCommand(isPipe);
      } else if (unit === "&" && script[this.at + 1] !== ">") {
        this.at += script[this.at + 1] === "&" ? 2 : 1;
        this.endCommand(false);
      } else if (unit === "<" || unit === ">" || unit === "&" || (unit >= "0" && unit <= "9" && /[<>]/.test(script[this.at + 1] ?? "") && this.isWordStart())) {
        this.readRedirection();
      } else {
        this.takeWord();
      }
    }
    this.endCommand(false);
  }

  private takeWord(): void {
    if (this.words.length === 0 && this.redirections.length === 0) {
      this.commandFrom = this.at;
    }
    this.words.push(this.readWord());
  }

  /** `name() {`: remembers the function; its body is read where it stands, and again where it is called. */
  private readDefinition(): boolean {
    const [name, ...more] = this.words.filter(({ text }) => text !== "function");
    const match = /^\(\)\s*\{/.exec(this.script.slice(this.at, this.at + 100));
    if (name === undefined || more.length > 0 || match === null) {
      return false;
    }
    const from = this.at + match[0].length;
    this.functions.set(name.text, { body: this.script.slice(from, this.bodyEnd(from)), from });
    this.words = [];
    this.at = from;
    return true;
  }

  /** Where the body of a function ends that begins at a place. Places are asked for in their order, so one search is enough for all. */
  private bodyEnd(from: number): number {
    if (this.nextEnd < from) {
      functionEnd.lastIndex = from;
      this.nextEnd = functionEnd.exec(this.script)?.index ?? this.script.length;
    }
    return this.nextEnd;
  }

  private isWordStart(): boolean {
    return this.at === 0 || /[\s;|&(]/.test(this.script[this.at - 1] ?? "");
  }

  private readRedirection(): void {
    const match = /^\d?(&>>|&>|<<<|<<-|<<|<>|>>|>\||>&|<&|<\(|>\(|>|<)/.exec(this.script.slice(this.at, this.at + 5));
    if (match === null) {
      this.at++;
      return;
    }
    const operator = match[1] ?? "";
    this.at += match[0].length;
    if (operator.endsWith("(")) {
      const inner = this.readNested(")");
      this.words.push({ text: `${operator}${inner.text})`, from: inner.from, to: this.at });
      return;
    }
    while (/[ \t]/.test(this.script[this.at] ?? "")) {
      this.at++;
    }
    const target = this.readWord();
    if (operator === "<<" || operator === "<<-") {
      this.pending.push({ end: target.text, stripsTabs: operator === "<<-", take: (word) => (this.input = word) });
    } else if (operator === "<<<") {
      this.input = target;
    } else if (!/^\d$|^-$/.test(target.text) || !operator.endsWith("&")) {
      this.redirections.push({ operator: operator.replace("&>", ">").replace(">|", ">"), target });
    }
  }

  private readDocuments(): void {
    for (const { end, stripsTabs, take } of this.pending) {
      const from = this.at;
      let to = from;
      for (;;) {
        const lineEnd = this.script.indexOf("\n", this.at);
        const line = this.script.slice(this.at, lineEnd < 0 ? this.script.length : lineEnd);
        if ((stripsTabs ? line.replace(/^\t+/, "") : line).trimEnd() === end || this.at >= this.script.length) {
          to = Math.min(this.at, this.script.length);
          this.at = lineEnd < 0 ? this.script.length : lineEnd + 1;
          break;
        }
        this.at = lineEnd < 0 ? this.script.length : lineEnd + 1;
        to = this.at;
      }
      const text = this.script.slice(from, to);
      take({ text: stripsTabs ? text.replace(/^\t+/gm, "") : text, from: this.base + from, to: this.base + to });
    }
    this.pending = [];
  }

  private readWord(): ShellWord {
    const { script } = this;
    const from = this.at;
    // Most words are plain from their beginning to their end.
    while (this.at < script.length && isPlainUnit(script.charCodeAt(this.at))) {
      this.at++;
    }
    let text = this.at === from ? "" : script.slice(from, this.at);
    while (this.at < script.length && !isWordEnd(script.charCodeAt(this.at))) {
      const unit = script[this.at] ?? "";
      if (unit === "'") {
        const end = script.indexOf("'", this.at + 1);
        text += script.slice(this.at + 1, end < 0 ? script.length : end);
        this.at = end < 0 ? script.length : end + 1;
      } else if (unit === '"') {
        this.at++;
        text += this.readQuoted();
      } else if (unit === "\\") {
        text += script[this.at + 1] === "\n" ? "" : (script[this.at + 1] ?? "");
        this.at += 2;
      } else if (unit === "$" || unit === "`") {
        text += this.readExpansion();
      } else {
        // A run of plain characters at once.
        const start = this.at++;
        while (this.at < script.length && isPlainUnit(script.charCodeAt(this.at))) {
          this.at++;
        }
        text += script.slice(start, this.at);
      }
    }
    if (this.at === from) {
      this.at++;
    }
    return { text, from: this.base + from, to: this.base + this.at };
  }

  private readQuoted(): string {
    const parts: string[] = [];
    while (this.at < this.script.length) {
      const unit = this.script[this.at] ?? "";
      if (unit === '"') {
        this.at++;
        break;
      }
      if (unit === "\\") {
        const next = this.script[this.at + 1] ?? "";
        parts.push(/[$`"\\]/.test(next) ? next : next === "\n" ? "" : `\\${next}`);
        this.at += 2;
      } else if (unit === "$" || unit === "`") {
        parts.push(this.readExpansion());
      } else {
        plainQuoted.lastIndex = this.at;
        plainQuoted.test(this.script);
        parts.push(this.script.slice(this.at, plainQuoted.lastIndex));
        this.at = plainQuoted.lastIndex;
      }
    }
    return parts.join("");
  }

  private readExpansion(): string {
    const { script } = this;
    const from = this.at;
    if (script[from] === "`") {
      this.at++;
      this.readNested("`");
      return script.slice(from, this.at);
    }
    if (script[from + 1] === "(") {
      this.at += 2;
      if (script[from + 2] === "(") {
        const end = script.indexOf("))", this.at);
        this.at = end < 0 ? script.length : end + 2;
        return script.slice(from, this.at);
      }
      const inner = this.readNested(")");
      // What a substitution prints is known only where it echoes its words.
      const [only, ...more] = inner.commands;
      if (only === undefined || more.length > 0) {
        const last = inner.commands.at(-1);
        const isPipe = last !== undefined && last.pipedFrom !== undefined && last.pipedFrom === inner.commands.at(-2);
        const listed = isPipe && /^(ls|find|fd)$/.test(only?.program ?? "") ? listedBy(last) : undefined;
        return (isPipe ? printedBy(last)?.text : undefined) ?? (listed === "*" ? undefined : listed) ?? script.slice(from, this.at);
      }
      const listed = /^(ls|find|fd)$/.test(only.program) ? listedBy(only) : undefined;
      if (listed !== undefined && listed !== "*") {
        return listed;
      }
      // The real path is another name of the same place.
      return /^(echo|printf)$/.test(only.program) ? only.words.map(({ text }) => text).join(" ") : /^(realpath|readlink)$/.test(only.program) ? (only.words.at(-1)?.text ?? "") : script.slice(from, this.at);
    }
    const match = /^\$(?:([A-Za-z_]\w*|[0-9@*#?$!-])|\{([A-Za-z_]\w*)(?!\w)(?::?[-=]([^}]*)|[^}]*)?\}|')/.exec(script.slice(from, from + 400));
    if (match === null) {
      this.at++;
      return "$";
    }
    if (match[0] === "$'") {
      const end = script.indexOf("'", from + 2);
      this.at = end < 0 ? script.length : end + 1;
      return script.slice(from + 2, end < 0 ? script.length : end);
    }
    this.at += match[0].length;
    const value = this.variables.get(match[1] ?? match[2] ?? "") ?? match[3] ?? match[0];
    this.expanded += value.length;
    return this.expanded > maxExpanded ? match[0] : value;
  }

  /** Reads commands up to what closes them, as commands of their own. */
  private readNested(close: ")" | "`"): { text: string; from: number; commands: ShellCommand[] } {
    const from = this.at;
    let depth = 1;
    let quote = "";
    for (; this.at < this.script.length; this.at++) {
      const unit = this.script[this.at] ?? "";
      if (unit === "\\" && quote !== "'") {
        this.at++;
      } else if (quote === "" && (unit === "'" || unit === '"') ) {
        quote = unit;
      } else if (unit === quote) {
        quote = "";
      } else if (quote === "" && close === ")" && unit === "(") {
        depth++;
      } else if (quote === "" && unit === close && --depth === 0) {
        break;
      }
    }
    const text = this.script.slice(from, this.at);
    this.at++;
    const commands = this.readInner(text, from);
    return { text, from: this.base + from, commands };
  }

  private readInner(text: string, from: number): ShellCommand[] {
    if (this.depth >= maxDepth) {
      return [];
    }
    const inner = new ShellReader(text, this.depth + 1, this.base + from, this.variables);
    inner.folder = this.folder;
    inner.functions = this.functions;
    inner.budget = this.budget;
    inner.read();
    inner.commands.forEach((command) => this.commands.push(command));
    return inner.commands;
  }

  private endCommand(isPiped: boolean): void {
    const { words, redirections } = this;
    // A here-document's text stands behind the line, so its command ends there.
    if (this.pending.length > 0 && words.length > 0) {
      const lineEnd = this.script.indexOf("\n", this.at);
      const rest = this.script.slice(this.at, lineEnd < 0 ? this.script.length : lineEnd);
      if (lineEnd >= 0 && (rest.trim() !== "" || isPiped)) {
        const after = this.at;
        this.at = lineEnd + 1;
        this.readDocuments();
        const resume = this.at;
        // The rest of the line is read as if it stood behind the document.
        const tail = new ShellReader(rest, this.depth, this.base + after, this.variables);
        tail.folder = this.folder;
        this.finish(words, redirections);
        tail.pipedFrom = isPiped ? this.commands.at(-1) : undefined;
        tail.read();
        tail.commands.forEach((command) => this.commands.push(command));
        this.at = resume;
        this.pipedFrom = undefined;
        return;
      }
    }
    this.finish(words, redirections);
    this.pipedFrom = isPiped ? this.commands.at(-1) : undefined;
  }

  private finish(words: ShellWord[], redirections: Redirection[]): void {
    const { input } = this;
    const pipedFrom = this.pipedFrom ?? this.groups.at(-1)?.input;
    this.pipedFrom = undefined;
    this.words = [];
    this.redirections = [];
    this.input = undefined;
    let rest = words;
    while (rest[0] !== undefined && keywords.has(rest[0].text)) {
      if (rest[0].text === "for") {
        this.loopVariable(rest);
        rest = [];
        break;
      }
      rest = rest.slice(1);
    }
    rest = this.takeAssignments(rest);
    let wrapped: string[] | undefined;
    let remote: readonly ShellWord[] | undefined;
    for (let inner = behindWrapper(rest); inner !== undefined; inner = behindWrapper(rest)) {
      wrapped ??= [];
      wrapped.push(nameOf(rest[0]?.text ?? ""));
      if (inner.isScript) {
        remote = inner.words;
        break;
      }
      rest = this.takeAssignments(inner.words);
    }
    const [first] = rest;
    const others = rest.slice(1);
    const program = nameOf(first?.text ?? "");
    if (first === undefined || program === "export" || program === "declare" || program === "local" || program === "readonly") {
      this.takeAssignments(others);
      this.assignments?.forEach(({ text }, name) => this.variables.set(name, text.slice(0, maxValue)));
    }
    const assignments = this.assignments ?? noAssignments;
    this.assignments = undefined;
    if (first === undefined && assignments.size === 0 && redirections.length === 0) {
      return;
    }
    const command = new SimpleCommand(program, wrapped ?? noWrappers, others, assignments, redirections, input, pipedFrom, this.folder, this.base + this.commandFrom, this.base + Math.min(this.at, this.script.length));
    this.commands.push(command);
    if (remote !== undefined) {
      this.readInner(remote.map(({ text }) => text).join(" "), (remote[0]?.from ?? this.base) - this.base);
    } else if (program === "cd" || program === "pushd") {
      const target = others.find(({ text }) => !text.startsWith("-"))?.text;
      const before = this.folder;
      this.folder = others[0]?.text === "-" ? this.folderBefore : target === undefined ? "~" : joinPath(this.folder, target);
      this.folderBefore = before;
      if (program === "pushd") {
        this.folders.push(before);
      }
    } else if (program === "popd") {
      this.folder = this.folders.pop() ?? this.folder;
    } else if (program === "read" && pipedFrom !== undefined) {
      // A line of what comes through the pipe stands for all of them.
      const line = listedBy(pipedFrom);
      others.filter(({ text }) => line !== undefined && /^[A-Za-z_]\w*$/.test(text)).forEach(({ text }) => this.variables.set(text, line ?? ""));
    } else if (program === "tmux") {
      this.typedWords(others).forEach(({ text, from }) => this.readInner(text, from - this.base + 1));
    } else if (scriptOption.has(program)) {
      const option = others.findIndex(({ text }) => /^-[a-z]*c$|^--command$/.test(text));
      const script = option >= 0 ? others[option + 1] : undefined;
      if (script !== undefined) {
        this.readInner(script.text, script.from - this.base + 1);
      } else if (input !== undefined) {
        this.readInner(input.text, input.from - this.base);
      } else if (others.every(({ text }) => text.startsWith("-")) && pipedFrom !== undefined) {
        const piped = printedBy(pipedFrom);
        this.readInner(piped?.text ?? "", (piped?.from ?? this.base) - this.base);
      }
    } else if (this.functions.has(program)) {
      this.callFunction(program, others);
    } else if (program === "trap" && others.length > 1) {
      this.readInner(others[0]?.text ?? "", (others[0]?.from ?? this.base) - this.base + 1);
    } else if (program === "eval") {
      this.readInner(others.map(({ text }) => text).join(" "), (others[0]?.from ?? this.base) - this.base);
    }
  }

  /** What tmux runs in a window of its own, or types into one. */
  private typedWords(words: readonly ShellWord[]): readonly ShellWord[] {
    const [subcommand] = words;
    const isRun = /^(send(-keys)?|new(-session|-window)?|neww|splitw|split-window|respawn-(pane|window)|run-shell|run)$/.test(subcommand?.text ?? "");
    return isRun ? words.filter(({ text }, index) => index > 0 && text.includes(" ") && !/^-[a-zA-Z]$/.test(words[index - 1]?.text.replace(/^-[dPlRAD]$/, "") ?? "")) : [];
  }

  private callFunction(name: string, words: readonly ShellWord[]): void {
    const called = this.functions.get(name);
    if (called === undefined || this.budget.calls-- <= 0) {
      return;
    }
    const given: [string, string][] = [...words.map(({ text }, index): [string, string] => [String(index + 1), text]), ["@", words.map(({ text }) => text).join(" ")]];
    const before = given.map(([variable]) => [variable, this.variables.get(variable)] as const);
    given.forEach(([variable, value]) => this.variables.set(variable, value.slice(0, maxValue)));
    this.readInner(called.body, called.from);
    before.forEach(([variable, value]) => this.variables.set(variable, value));
  }

  private loopVariable(words: readonly ShellWord[]): void {
    const [, name, isIn, ...values] = words;
    if (name !== undefined && isIn?.text === "in") {
      // All values at once would be several commands; a brace list says that it is one of them.
      this.variables.set(name.text, values.length === 1 ? (values[0]?.text ?? "") : `{${values.slice(0, 20).map(({ text }) => text).join(",")}}`);
    }
  }

  /** Takes note of what words in front set for the command, and gives back the others. */
  private takeAssignments(words: ShellWord[]): ShellWord[] {
    let at = 0;
    for (; at < words.length; at++) {
      const word = words[at];
      const match = word?.text.includes("=") === true ? /^([A-Za-z_]\w*)\+?=/.exec(word.text) : null;
      if (word === undefined || match === null) {
        break;
      }
      this.assignments ??= new Map();
      this.assignments.set(match[1] ?? "", { ...word, text: word.text.slice(match[0].length) });
    }
    return at === 0 ? words : words.slice(at);
  }
}

/** What a command prints, where its words or its input tell: of `echo`, and of what decodes base64. */
function printedBy({ program, words, input, pipedFrom }: ShellCommand): ShellWord | undefined {
  if (program === "echo" || program === "printf") {
    return words.find(({ text }) => !text.startsWith("-"));
  }
  if (program === "cat") {
    return input;
  }
  const isDecoding = (program === "base64" || program === "openssl") && words.some(({ text }) => /^(-[dDi]+|--decode)$/.test(text));
  const isHexadecimal = program === "xxd" && words.some(({ text }) => /^-[a-z]*r/.test(text));
  const from = isDecoding || isHexadecimal ? (input ?? (pipedFrom === undefined ? undefined : printedBy(pipedFrom))) : undefined;
  return from === undefined ? undefined : { ...from, text: Buffer.from(from.text.trim(), isDecoding ? "base64" : "hex").toString("utf8") };
}

function nameOf(word: string): string {
  return word.slice(word.lastIndexOf("/") + 1);
}

/** What a program runs that does nothing but run it; undefined where the first word is none of these, or runs nothing. */
function behindWrapper(words: ShellWord[]): { words: ShellWord[]; isScript: boolean } | undefined {
  const name = nameOf(words[0]?.text ?? "");
  const wrapper = words.length > 1 ? wrappers.get(name) : undefined;
  if (wrapper === undefined) {
    return undefined;
  }
  let at = 1;
  const skipOptions = (): void => {
    while (words[at]?.text.startsWith("-") === true) {
      const isEnd = words[at]?.text === "--";
      at += wrapper.options.test(words[at]?.text ?? "") ? 2 : 1;
      if (isEnd) {
        break;
      }
    }
  };
  skipOptions();
  if (wrapper.subcommand !== undefined) {
    // `docker compose exec` is `docker-compose exec`.
    at += words[at]?.text === "compose" ? 1 : 0;
    if (!wrapper.subcommand.test(words[at]?.text ?? "")) {
      return undefined;
    }
    at++;
    skipOptions();
  }
  at += wrapper.operands ?? 0;
  skipOptions();
  const isScript = wrapper.isScript === true;
  return at < words.length || (wrapper.subcommand === undefined && !isScript) ? { words: words.slice(at), isScript } : undefined;
}

/** A path that stands for each line that a command prints; undefined where it prints no paths. */
function listedBy(command: ShellCommand): string | undefined {
  const { program, words, folder } = command;
  if (program === "find" || program === "fd") {
    const operands = words.map(({ text }) => text).filter((text, index, all) => !text.startsWith("-") && !/^-(name|iname|type|path|size|mtime|newer|maxdepth|mindepth|printf|exec)$/.test(all[index - 1] ?? ""));
    const place = (program === "find" ? operands[0] : operands[1]) ?? ".";
    return joinPath(folder, `${place}/*`);
  }
  if (/^(sort|uniq|head|tail|grep|egrep|tac|shuf|sed)$/.test(program) && command.pipedFrom !== undefined) {
    return listedBy(command.pipedFrom);
  }
  if (program === "ls") {
    // Of folders and patterns themselves their paths, of what is in a folder the names.
    const named = words.map(({ text }) => text).find((text) => !text.startsWith("-"));
    const isPath = words.some(({ text }) => /^-[a-zA-Z]*d/.test(text)) || (named !== undefined && /[*?]/.test(named));
    return isPath && named !== undefined ? joinPath(folder, named) : "*";
  }
  return printedBy(command)?.text;
}

/** A path as it is from the folder a script began in. */
export function joinPath(folder: string, path: string): string {
  const joined = folder === "" || /^[/~$]/.test(path) ? path : `${folder.replace(/\/$/, "")}/${path}`;
  const parts: string[] = [];
  for (const part of joined.split("/")) {
    if (part === ".." && parts.length > 0 && parts.at(-1) !== ".." && parts.at(-1) !== "" && parts.at(-1) !== "~") {
      parts.pop();
    } else if (part !== "." && (part !== "" || parts.length === 0)) {
      parts.push(part);
    }
  }
  return parts.join("/") || (joined.startsWith("/") ? "/" : ".");
}
