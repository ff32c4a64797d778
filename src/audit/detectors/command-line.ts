import type { ShellCommand } from "../code/shell";
import { oncePer } from "../once-per";
import { AnyPattern } from "../patterns";

const maxKnown = 1000;

/** Patterns of command lines, by the programs that they begin with: most commands are of none of these, and need no look. */
export class CommandPatterns {
  private readonly byProgram = new Map<string, AnyPattern>();
  /** Those that may begin with any program. */
  private readonly others: AnyPattern;
  private readonly isEmpty: boolean;
  /** The same by programs as commands write them, with their versions. */
  private readonly known = new Map<string, AnyPattern>();

  constructor(sources: readonly string[]) {
    this.isEmpty = sources.length === 0;
    const heads = sources.map((source) => ({ source, heads: headsOf(source) }));
    const others = heads.filter((one) => one.heads === undefined).map(({ source }) => source);
    this.others = new AnyPattern(others);
    for (const program of new Set(heads.flatMap((one) => one.heads ?? []))) {
      this.byProgram.set(program, new AnyPattern([...heads.filter((one) => one.heads?.includes(program)).map(({ source }) => source), ...others]));
    }
  }

  test(command: ShellCommand): boolean {
    return !this.isEmpty && (this.matches(command.program, command, "") || (command.wrappers.length > 0 && command.wrappers.some((wrapper) => this.matches(wrapper, command, `${wrapper} `))));
  }

  private matches(program: string, command: ShellCommand, before: string): boolean {
    // What a loop chooses from may be any of it.
    if (program.charCodeAt(0) === 123 && program.endsWith("}")) {
      return program.slice(1, -1).split(",").some((one) => one !== "" && !one.startsWith("{") && (this.byProgram.get(one) ?? this.others).test(one + command.line.slice(program.length)));
    }
    const patterns = this.known.get(program) ?? this.patternsFor(program);
    return !patterns.isEmpty && patterns.test(before === "" ? command.line : before + command.line);
  }

  private patternsFor(program: string): AnyPattern {
    const patterns = this.byProgram.get(withoutVersion(program).toLowerCase()) ?? this.others;
    if (this.known.size < maxKnown) {
      this.known.set(program, patterns);
    }
    return patterns;
  }
}

/** The patterns of a list of them, made once. */
export const commandPatterns = oncePer((sources: readonly string[]) => new CommandPatterns(sources));

/** `python3.11` is a `python`. */
function withoutVersion(program: string): string {
  const last = program.charCodeAt(program.length - 1);
  return (last >= 48 && last <= 57) || last === 46 ? program.replace(/(?<![\d.])[\d.]+$/, "") : program;
}

/** Names of the programs that a pattern begins with, as far as it tells: a superset of them. */
function headsOf(source: string): string[] | undefined {
  let end = 0;
  for (let depth = 0; end < source.length && !(depth === 0 && (source[end] === " " || source.startsWith("\\b", end))); end++) {
    depth += source[end] === "(" ? 1 : source[end] === ")" ? -1 : 0;
  }
  const head = source.slice(0, end);
  return source.startsWith("^") && !/\\[wWsSdDB]|\[\^|\.[*+]/.test(head) ? head.toLowerCase().split(/[^a-z0-9_-]+/).filter((name) => name !== "") : undefined;
}
