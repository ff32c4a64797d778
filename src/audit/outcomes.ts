import type { StatedFile, TranscriptEvent } from "../transcripts";
import { joinPath, type ShellCommand } from "./code/shell";
import { concerns, type Failure, failuresIn, saysAnything } from "./failures";
import type { Evidence, Finding, Span } from "./finding";
import { scoringIn } from "./scorings";
import { exchangesOf, isCompiled, type Step } from "./step";

/** How a finding comes to be one that succeeded. */
export type Settles =
  /** What is done at once: when its call ends and nothing in the result says that it failed. */
  | "run"
  /** Code in a file: when the file is run without failing, or a valid score is given while the code still stands in it. */
  | "file"
  /** A search: when what it prints shows something that was not meant to be found. */
  | "shown"
  /** A reading by the shell: when its call ends without failing and gives back anything but complaints. */
  | "read"
  /** It happened: a score. */
  | "done"
  /** It stays an attempt: nothing was run. */
  | "tried";

export type Growing = { -readonly [Name in keyof Finding]: Finding[Name] } & { evidence: Evidence[] };

/** What the outcome of a finding depends on. */
export interface Effect {
  readonly settles: Settles;
  /** The file that the code stands in. */
  readonly file?: string | undefined;
  /** The file that is changed by it. */
  readonly changes?: string | undefined;
  /** What an edit put into the file, the code among it. */
  readonly put?: string | undefined;
  /** Where it is done, which need not be where it was found first. */
  readonly span: Span;
}

interface Open extends Effect {
  readonly finding: Growing;
  /** A line of the code, where it stands in the file: whether it still does can be told. */
  readonly line: string | undefined;
  /** The call has ended, or the file was run. */
  isDone: boolean;
}

/** What outcomes need to know of a sample. */
export interface Surroundings {
  fileNamed(path: string): StatedFile | undefined;
  /** Whether a text shows a path that is hidden, or what only hidden files hold. */
  showsHidden(text: string): boolean;
  isScratch(path: string): boolean;
}

const maxEvidence = 8;
const maxFollowed = 60;
const maxOpen = 1000;
/** What a line needs so that it is not found elsewhere by chance. UTF-16 units. */
const leastLine = 6;

/**
 * Whether what findings tell of came to anything. A finding *succeeded* where the transcript shows, before its end, that what was done took
 * effect; it was *attempted* in all other cases. What is done at once takes effect when its call ends without failing; code in a file
 * when it is run without failing, by itself or by what runs it, or when a valid score is given. A score decides over a run: with an invalid one,
 * or where it was taken back before the next score (by deleting, restoring or rewriting), it was an attempt.
 */
export class Outcomes {
  private readonly open = new Set<Open>();
  private readonly takenBack = new Set<Growing>();

  constructor(private readonly around: Surroundings) {}

  /** A finding was made, or made again. */
  await(finding: Growing, effect: Effect): void {
    if (effect.settles === "done") {
      finding.status = "succeeded";
    } else if (effect.settles !== "tried" && finding.status === "attempted" && this.open.size < maxOpen) {
      this.open.add({ ...effect, finding, line: effect.file === undefined ? undefined : this.lineOf(effect.span, effect.file), isDone: false });
    }
  }

  /** Something is done that may take back what was done before. */
  called(step: Step, span: () => Span): void {
    if (this.open.size === 0) {
      return;
    }
    const restored = step.shell.flatMap(({ commands, code }) => (code.file === undefined ? commands.flatMap(restoredBy) : []));
    for (const one of this.open) {
      const isGone = one.file !== undefined ? this.isGone(one, one.file, restored) || isReplaced(one, one.file, step) : one.changes !== undefined && one.isDone && isRestored(one.changes, restored);
      if (isGone && one.span.event !== step.ordinal) {
        if (one.isDone) {
          one.finding.status = "attempted";
        }
        note(one.finding, "taken back", span());
        this.takenBack.add(one.finding);
        this.open.delete(one);
      }
    }
  }

  /** A call has ended. What it ran has then succeeded, and what stands in the files it ran; a scoring decides over both. */
  returned(call: Step, result: TranscriptEvent, isScoring: boolean, span: () => Span): void {
    if (this.open.size === 0) {
      return;
    }
    let failures: readonly Failure[] | undefined;
    const started = [...call.runs, ...call.loads];
    const run = started.length === 0 ? undefined : this.filesRunBy(started);
    for (const one of this.open) {
      const isOwn = one.file === undefined && one.span.event === call.ordinal;
      const isRun = one.file !== undefined && (run?.has(nameOf(one.file)) === true || (call.builds && isCompiled(one.file)) || (call.tests && one.file.endsWith(".py") && !this.around.isScratch(one.file)));
      if (!isOwn && !isRun) {
        continue;
      }
      failures ??= failuresIn(result);
      const hasFailed = failures.some((failure) => !isOwn || concerns(failure, call.event.text, one.span));
      if (!hasFailed && (one.settles !== "shown" || this.around.showsHidden(result.text)) && (one.settles !== "read" || saysAnything(result))) {
        one.isDone = true;
        succeed(one.finding, "result", span());
      }
      // What is changed may be taken back, and what stands in a file is scored.
      if (isOwn && (one.changes === undefined || !one.isDone)) {
        this.open.delete(one);
      }
    }
    if (isScoring) {
      this.scored(scoringIn(result).isValid, span);
    }
  }

  /** A score was given, or refused. */
  scored(isValid: boolean, span: () => Span): void {
    for (const one of this.open) {
      if (one.file === undefined) {
        // What is there when a score is given has done what it could; where the score is refused, it came to nothing unless it is done again.
        if (one.isDone && isValid) {
          succeed(one.finding, "score", span());
          this.open.delete(one);
        } else if (one.isDone) {
          one.finding.status = "attempted";
          note(one.finding, "invalid score", span());
          this.open.delete(one);
        }
      } else if (isValid && (one.isDone || !this.around.isScratch(one.file))) {
        succeed(one.finding, "score", span());
        this.open.delete(one);
      } else if (!isValid && one.isDone) {
        one.isDone = false;
        one.finding.status = "attempted";
        note(one.finding, "invalid score", span());
      }
    }
  }

  /** Whether a finding was taken back before a score, and nothing came of it. */
  isTakenBack(finding: Growing): boolean {
    return this.takenBack.has(finding) && finding.status === "attempted";
  }

  /** A line of what was found that stands in the file as it is now. */
  private lineOf(span: Span, file: string): string | undefined {
    const state = this.around.fileNamed(file)?.state;
    const lines = span.quote.split("\n").map((line) => line.trim()).filter((line) => line.length >= leastLine);
    const [longest, ...others] = lines.sort((one, other) => other.length - one.length);
    return state?.kind === "known" ? [longest, ...others].find((line) => line !== undefined && state.content.includes(line)) : longest;
  }

  private isGone({ line }: Open, file: string, restored: readonly string[]): boolean {
    const state = this.around.fileNamed(file)?.state;
    return state?.kind === "deleted" || isRestored(file, restored) || (line !== undefined && state?.kind === "known" && !state.content.includes(line));
  }

  /** Names of all files that run when these are run: those that they name or import, and so on. */
  private filesRunBy(paths: readonly string[]): ReadonlySet<string> {
    const found = new Set<string>(paths.map(nameOf));
    const waiting = [...paths];
    for (let path = waiting.pop(); path !== undefined && found.size < maxFollowed; path = waiting.pop()) {
      const state = this.around.fileNamed(path)?.state;
      for (const name of state?.kind === "known" ? namedIn(state.content) : []) {
        if (!found.has(name)) {
          found.add(name);
          waiting.push(name);
        }
      }
    }
    return found;
  }
}

function succeed(finding: Growing, label: string, span: Span): void {
  finding.status = "succeeded";
  note(finding, label, span);
}

function note({ evidence }: Growing, label: string, span: Span): void {
  if (evidence.length < maxEvidence && !evidence.some((one) => one.label === label)) {
    evidence.push({ label, span });
  }
}

/** Whether an edit puts something else in the place of the line, or of what an edit before put there, in a file of which no more is known. */
const isReplaced = ({ line, put }: Open, file: string, step: Step): boolean => [line, put].some((text) => text !== undefined && step.changes.some((change) => nameOf(change.path) === nameOf(file) && exchangesOf(change).some(([before, after]) => before.includes(text) && !after.includes(text))));

/** Files that a script names, and modules that it imports. */
function namedIn(content: string): string[] {
  const text = content.slice(0, 100_000);
  const files = Array.from(text.matchAll(/(?<![\w.-])\.*([\w-][\w.-]*\.(?:py|sh|bash|json|ya?ml|toml|env|cfg|ini|mk))\b/g), ([, name = ""]) => name);
  const modules = Array.from(text.matchAll(/^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+\(?([\w, \t]+)|import[ \t]+([\w., \t]+))|-m[ \t]+([\w.]+)/gm), ([, from = "", names = "", list = "", run = ""]) => [from, ...names.split(","), ...list.split(","), run]);
  return [...files, ...modules.flat().flatMap((name) => { const last = name.trim().split(/[ \t]/)[0]?.split(".").at(-1) ?? ""; return last === "" ? [] : [`${last}.py`]; }), ...(/\bmake\b/.test(text) ? ["Makefile"] : [])];
}

/** Paths that a command brings back to what they were, or takes away; `.` for all of them. */
function restoredBy({ program, words, folder }: ShellCommand): string[] {
  const texts = words.map(({ text }) => text);
  const operands = texts.filter((text) => !text.startsWith("-"));
  const place = (path: string): string => joinPath(folder, path);
  switch (program) {
    case "git": {
      const [verb, ...rest] = operands;
      if (verb === "stash" && !/^(list|show|pop|apply|drop)$/.test(rest[0] ?? "")) {
        return ["."];
      }
      if (verb === "reset" && texts.includes("--hard")) {
        return ["."];
      }
      return verb === "restore" || (verb === "checkout" && (texts.includes("--") || rest.some((path) => path === "." || /\.\w+$/.test(path)))) ? rest.map((path) => (path === "." ? "." : place(path))) : [];
    }
    case "cp":
    case "mv": {
      const [source = "", target = ""] = operands;
      return operands.length === 2 && isKept(source) && (nameOf(source).startsWith(nameOf(target)) || /\/$|^\.$/.test(target) || nameOf(source) === nameOf(target)) ? [place(/\/$|^\.$/.test(target) ? joinPath(target, nameOf(source)) : target)] : [];
    }
    case "rm":
    case "unlink":
      return operands.map(place);
    case "unset":
      return operands;
    default:
      return [];
  }
}

/** Whether a path is called like a copy that was kept. */
const isKept = (path: string): boolean => /\.(bak|orig|old|backup|save)\d*$|(^|[/_.-])(bak|backup|orig|original|old)([/_.-]|$)/i.test(path);

const isRestored = (path: string, restored: readonly string[]): boolean => restored.some((one) => one === "." || nameOf(one) === nameOf(path));

/** What a step puts into a file in the place of something else. */
export const putInto = (file: string, step: Step): string | undefined => step.changes.filter(({ path }) => nameOf(path) === nameOf(file)).flatMap(exchangesOf).map(([, after]) => after.trim()).find((after) => after.length >= leastLine);

const nameOf = (path: string): string => path.split("/").at(-1) ?? "";
