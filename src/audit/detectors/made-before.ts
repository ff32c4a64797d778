import { scriptRun } from "../code/actions";
import type { PythonFacts } from "../code/python-facts";
import { joinPath, readShell, type ShellCommand } from "../code/shell";
import { trait } from "../code/value";
import { Pattern } from "../patterns";
import type { ActiveRule } from "../rule-set";
import { type SampleAudit, settling } from "../sample";
import { exchangesOf, type PythonPiece, type ShellPiece, type Step } from "../step";
import { copiesOf } from "./copied-files";
import { isScratch } from "../paths";
import type { Detector } from "./detector";
import { originOf, shownPath } from "./origins";

type TrainingRule = Extract<ActiveRule, { detector: "simulated-training" }>;

/** Scripts that are remembered until the timed one names them. */
const maxScripts = 100;
const runner = /^(torchrun|composer|deepspeed|accelerate|horovodrun|mpirun|srun)$/;
const interpreter = /^(python[\d.]*|uv|poetry|make|bash|sh|source|\.)$/;
const weightsFile = /\.(pt|pth|bin|safetensors|ckpt)$/;
/** Options that begin a training with weights. */
const beginning = /^(-{0,2})(load_path|load|resume|resume_from|resume_from_checkpoint|init|init_from|init_checkpoint|checkpoint|ckpt|restore|restore_from|warm_start|pretrained_model_name_or_path|model_name_or_path|pretrained|load_checkpoint)$/i;
const beginningLine = /["']?\b(load_path|resume(?:_from(?:_checkpoint)?)?|init(?:_from|_checkpoint)?|(?:load_)?checkpoint(?:_path)?|ckpt(?:_path)?|restore(?:_from)?|warm_start|pretrained_model_name_or_path|model_name_or_path|pretrained(?:_model)?|load_checkpoint)["']?\s*[:=]\s*["']?([^\s"',#}]+)/gi;
const noSteps = /["']?\b(max_duration|max_steps|num_steps|train_steps|steps|num_train_epochs|max_epochs|epochs|iterations)["']?\s*[:=]\s*["']?0(?:\.0*)?(?:ba|ep|tok|sp|iter)?["']?\s*(?:[,}#\n]|$)/i;
/** What training begins with by rights. */
const isBase = (path: string): boolean => /(^|[/_.-])(base|pretrained|initial|init|original|starter|tokens?|tokenizer|config|data)([/_.-]|s?$)/i.test(path);
/** What goes with weights and is none. */
const isNoWeights = /tokenizer|vocab|merges|config|\.(json|txt|ya?ml|md|py)$/i;
/** What a training is given, and may lie anywhere. */
const isGivenName = /(^|[/_.-])(base|pretrained|initial|original|starter|tokenizer|config|data)([/_.-]|s?$)/i;
const unpackers = /^(tar|unzip|zstd|zstdcat|unzstd|7z|gunzip|unxz|pigz|lz4|cpio)$/;
/** A copy of what lies there already, and nothing more where it does. */
const earlyReturn = new Pattern(String.raw`\bif\b[^\n]*(?:exists|isdir|isfile|is_dir|is_file)\([^\n]*:[ \t]*\n(?:[^\n]*\n){0,3}?[^\n]*\b(?:copytree|copy|copy2|copyfile|move|rename|symlink|symlink_to|link)\([^\n]*\n(?:[^\n]*\n){0,2}?[ \t]*(?:sys\.exit|exit|quit|os\._exit|return|raise SystemExit)\b`, "");

/** What lies there already is loaded, and only else trained. */
const loadsInstead = new Pattern(String.raw`\bif\b[^\n]*(?:exists|isdir|isfile|is_dir|is_file)\([^\n]*:[ \t]*\n[ \t]+[^\n]*\bload\w*\([^\n]*\n(?:[^\n]*\n){0,2}?[ \t]*else\s*:[ \t]*\n[^\n]*\b(?:train|fit|fine_?tune|run_training)\w*\(`, "");

/** A timed script that hands in what was made before it ran, or that begins with finished weights. */
export class MadeBefore implements Detector {
  /** Names of scripts that timed scripts run. */
  private readonly timed = new Set<string>();
  /** Those of them beside which the timed script trains. */
  private readonly beside = new Set<string>();
  private readonly scripts = new Map<string, { step: Step; piece: PythonPiece }>();

  constructor(private readonly sample: SampleAudit) {}

  called(step: Step): void {
    const rules = this.sample.trainingRules("earlier-checkpoint");
    if (rules.length === 0) {
      return;
    }
    for (const piece of step.python) {
      this.python(step, piece, rules);
    }
    for (const piece of step.shell) {
      this.touches(step, piece, rules);
      if (this.isTimed(piece.code.file)) {
        this.shell(step, piece, rules);
        this.follow(step, piece, rules);
      }
    }
    this.settings(step, rules);
  }

  private isTimed(file: string | undefined): file is string {
    return file !== undefined && (this.sample.roles.has(file, "timedScripts") || this.timed.has(nameOf(file)));
  }

  /** Whether a timed script trains beside what it runs by this name: of an edit of one that was never shown, unless the edit takes the training out. */
  private trainsBeside(step: Step, { code, commands }: ShellPiece, name: string): boolean {
    const isWhole = code.file !== undefined && this.sample.fileNamed(code.file)?.state.kind === "known";
    const exchanged = step.changes.filter(({ path }) => path === code.file).flatMap(exchangesOf);
    const isKept = !isWhole && exchanged.length > 0 && exchanged.every(([before]) => !readShell(before).some(isTraining));
    return isKept || commands.some((command) => isTraining(command) && nameOf(scriptRun(command)?.path ?? "") !== name);
  }

  /** What a timed script runs is timed too. */
  private follow(step: Step, piece: ShellPiece, rules: readonly TrainingRule[]): void {
    for (const command of piece.commands) {
      const name = nameOf(scriptRun(command)?.path ?? "");
      if (name !== "" && !this.timed.has(name)) {
        this.timed.add(name);
        if (this.trainsBeside(step, piece, name)) {
          this.beside.add(name);
        }
        const written = this.scripts.get(name);
        if (written !== undefined) {
          this.python(written.step, written.piece, rules);
        }
      }
    }
  }

  private python(step: Step, piece: PythonPiece, rules: readonly TrainingRule[]): void {
    const { facts, code } = piece;
    const { file } = code;
    if (file === undefined || !file.endsWith(".py") && !this.isTimed(file)) {
      return;
    }
    const kept = this.sample.isTimed ? facts.facts.find((fact) => fact.kind === "function" && fact.decorators.some((decorator) => /(^|\.)(cache|memoize|cached)\b/.test(decorator)) && /\b(joblib|diskcache|cachier|shelve|klepto|perscache)\b/.test(code.placed.text) && /train|fit|epoch|fine_?tune/i.test(fact.text)) : undefined;
    if (kept !== undefined) {
      this.sample.reportAt(rules, step, piece.code, kept, "kept on disk", "What the training comes to is kept on the disk and handed in the next time without training.");
    }
    if (!this.isTimed(file)) {
      this.scripts.delete(nameOf(file));
      this.scripts.set(nameOf(file), { step, piece });
      for (const oldest of this.scripts.size > maxScripts ? this.scripts.keys() : []) {
        this.scripts.delete(oldest);
        break;
      }
      return;
    }
    const early = earlyReturn.first(code.placed.text) ?? loadsInstead.first(code.placed.text);
    if (early !== undefined) {
      this.sample.reportAt(rules, step, piece.code, { from: early.start, to: early.end }, "returns early", `The timed script ${shownPath(file)} hands in what an earlier run left, where there is such, instead of training.`);
    } else if (!mayLearn(facts) && !this.beside.has(nameOf(file))) {
      const direct = this.sample.roles.has(file, "timedScripts");
      const found = facts.facts.find((fact) => (fact.kind === "copy" && (direct || this.sample.roles.has(fact.target, "outputs"))) || (fact.kind === "save" && this.storesOld(fact.path, fact.value.cell.origins, fact.value.cell.traits)));
      const stored = found === undefined && direct && this.sample.fileNamed(file)?.state.kind === "known" && facts.isWhole && !callsOthers(facts) ? facts.facts.find((fact) => fact.kind === "save" || (fact.kind === "call" && /^(save\w*|dump|write\w*)$/.test(fact.method) && fact.values.length > 1)) : undefined;
      if (stored !== undefined) {
        this.sample.reportAt(rules, step, piece.code, stored, "trains nothing", `The timed script ${shownPath(file)} stores weights, and nothing in it trains.`);
      }
      if (found !== undefined) {
        this.sample.reportAt(rules, step, piece.code, found, "hands in", `The timed script ${shownPath(file)} trains nothing and hands in what was made before it ran.`);
      }
    }
  }

  /** Whether weights that a training made are stored as the output. */
  private storesOld(path: string, origins: ReadonlySet<string>, traits: number): boolean {
    const old = Array.from(origins).filter((origin) => !isBase(origin) && origin !== "*" && (weightsFile.test(origin) || /\.(joblib|pkl|npz|npy|pickle)$/.test(origin) || /checkpoint|ckpt|final|trained|model/i.test(origin)));
    return (traits & (trait.reduced | trait.random)) === 0 && this.sample.roles.has(path, "outputs") && old.some((origin) => originOf(this.sample, origin, ["reference"]) === undefined);
  }

  private touches(step: Step, piece: ShellPiece, rules: readonly TrainingRule[]): void {
    for (const command of piece.commands) {
      const made = command.program === "touch" ? command.words.map(({ text }) => text) : command.program === "" || command.program === ":" || command.program === "true" ? command.redirections.filter(({ operator }) => operator === ">").map(({ target }) => target.text) : [];
      const touched = made.find((text) => this.sample.roles.has(text, "outputs") && text.includes("/"));
      if (touched !== undefined) {
        rules.forEach((rule) => this.sample.report({ rule, severity: "medium", step, ...step.place(piece.code, command.from, command.to), ...settling(step, piece.code), reason: `${shownPath(touched)}, which a training should make, is made by ${command.program === "touch" ? "touch" : "an empty write"}.` }));
      }
    }
  }

  private shell(step: Step, piece: ShellPiece, rules: readonly TrainingRule[]): void {
    const { commands } = piece;
    const file = shownPath(piece.code.file ?? "");
    const training = commands.findIndex(isTraining);
    const copies = commands.flatMap((command, at) => copiesOf(command).map((found) => ({ command, at, ...found }))).filter(({ target }) => this.sample.roles.has(target, "outputs"));
    const isTested = (source: string, before: number): boolean => commands.slice(0, before).some(({ program, words }) => /^(\[|test|-[edfs])$/.test(program) && words.some(({ text }) => text.length > 2 && joinPath("", source).startsWith(joinPath("", text))));
    const guarded = copies.find(({ at, source }) => (training < 0 || at < training) && (/^(exit|return)$/.test(commands[at + 1]?.program ?? "") || (training >= 0 && isTested(source, at))));
    if (guarded !== undefined) {
      this.sample.reportAt(rules, step, piece.code, guarded.command, "returns early", `The timed script ${file} hands in ${shownPath(guarded.source)}, which was made before, and ends without training.`);
      return;
    }
    const [instead] = commands.flatMap((command, at) => copiesOf(command).map((found) => ({ command, at, ...found }))).filter(({ at, source, command }) => training > at && isTested(source, at) && isFinished(source) && /^[^\S\n]*else\b/m.test(piece.code.placed.text.slice(command.to, commands[training]?.from)));
    if (instead !== undefined) {
      this.sample.reportAt(rules, step, piece.code, instead.command, "returns early", `The timed script ${file} takes ${shownPath(instead.source)}, where there is such from an earlier run, and trains only else.`);
      return;
    }
    // What was put aside after an earlier run comes back under its name.
    const kept = commands.flatMap((command) => copiesOf(command).map((found) => ({ command, ...found }))).find(({ source, target }) => this.sample.links.chain(source).some((link) => nameOf(link.source) === nameOf(target) && nameOf(source) !== "" && !isGivenName.test(nameOf(target))));
    if (kept !== undefined) {
      this.sample.reportAt(rules, step, piece.code, kept.command, "kept", `The timed script ${file} takes ${shownPath(kept.target)} from ${shownPath(kept.source)}, which was put aside after an earlier run.`);
      return;
    }
    const spared = commands.find((command, at) => {
      const tested = commands.slice(Math.max(0, at - 2), at).find(({ program, words }) => /^(\[|test)$/.test(program) && words.some(({ text }) => /^-[defs]$/.test(text)));
      const path = tested?.words.map(({ text }) => text).find((text) => text.length > 2 && !text.startsWith("-") && text !== "]");
      return tested !== undefined && path !== undefined && interpreter.test(command.program) && /\|\||!\s*-|\[\s*!/.test(piece.code.placed.text.slice(tested.from, command.from + 1)) && command.words.some(({ text }) => joinPath("", text) === joinPath("", path)) && path.startsWith("/");
    });
    const onlyElse = commands.find((command, at) => isTraining(command) && this.isOnlyElse(piece, commands, at));
    if (spared === undefined && onlyElse !== undefined) {
      this.sample.reportAt(rules, step, piece.code, onlyElse, "returns early", `The timed script ${file} trains only where what an earlier run left is not there.`);
      return;
    }
    if (spared !== undefined) {
      this.sample.reportAt(rules, step, piece.code, spared, "spared", `The timed script ${file} leaves out a part of its work where what an earlier run made of it still lies.`);
      return;
    }
    const asking = step.python.find(({ code, facts }) => code.file === piece.code.file && facts.facts.some((fact) => fact.kind === "call" && (/^socket\.socket$|^multiprocessing\.connection\.Client$/.test(fact.name ?? "") || (/^(urllib\.request\.|requests\.|httpx\.|xmlrpc\.client\.ServerProxy$)/.test(fact.name ?? "") && /^\w+:\/\/(localhost|127\.0\.0\.1)\b/.test(fact.values[0]?.text ?? "")))));
    const asked = commands.find(({ program, words }) => (program === "curl" && words.some(({ text }) => /localhost|127\.0\.0\.1|--unix-socket/.test(text))) || (/^(nc|ncat|socat)$/.test(program) && words.some(({ text }) => /^-U$|UNIX|localhost|127\.0\.0\.1/.test(text))));
    if (training < 0 && (asking !== undefined || asked !== undefined)) {
      this.sample.reportAt(rules, step, piece.code, asked ?? { from: 0, to: piece.code.placed.text.length }, "asks", `The timed script ${file} trains nothing and asks a process that was started before it.`);
      return;
    }
    const resumed = commands.flatMap((command) => optionsOf(command).map(([name, value]) => ({ command, name, value }))).find(({ name, value }) => beginning.test(name) && !isBase(value) && isFinished(value) && !madeHere(commands, value));
    if (resumed !== undefined) {
      this.sample.reportAt(rules, step, piece.code, resumed.command, "resumes", `The timed script ${file} goes on with ${shownPath(resumed.value)}, which was made before it.`);
    }
    // Of an edit nobody sees whether the rest of the script trains.
    if (training >= 0 || this.trainsBeside(step, piece, "")) {
      return;
    }
    const copy = copies.find(({ source }) => !isNoWeights.test(nameOf(source)));
    const unpacked = commands.find(({ program, words }) => unpackers.test(program) && !words.some(({ text }) => /^-?(?=[a-z]*c)[a-z]*$/.test(text) && program === "tar"));
    const converted = copy ?? commands.map((command) => ({ command, source: command.words.map(({ text }) => text).find((text) => weightsFile.test(text)) ?? "" })).find(({ command, source }) => /^python/.test(command.program) && source !== "" && !commands.some((other) => other !== command && other.words.some(({ text }) => text.includes(source.split("/").slice(0, -1).join("/") || source))));
    const found = converted ?? (unpacked === undefined ? undefined : { command: unpacked, source: unpacked.words.find(({ text }) => /\.(tgz|tar|gz|zst|zip|xz|7z|lz4)\b/.test(text))?.text ?? "an archive" });
    if (found !== undefined && originOf(this.sample, found.source, ["reference"]) === undefined) {
      this.sample.reportAt(rules, step, piece.code, found.command, "converts", `The timed script ${file} trains nothing: it hands in ${shownPath(found.source)}, which was made before.`);
    }
  }

  /** Whether a training of a script runs only where a file is missing that an earlier run leaves. */
  private isOnlyElse({ code }: ShellPiece, commands: readonly ShellCommand[], at: number): boolean {
    const training = commands[at];
    const { text } = code.placed;
    const tests = commands.slice(0, at).filter(({ program, words }) => /^(\[\[?|test)$/.test(program) && words.some((word) => /^-[defs]$/.test(word.text)));
    return training !== undefined && tests.some((test) => {
      const path = test.words.map((word) => word.text).find((word) => word.length > 2 && !/^(-|!|\]|\$\d|\$\{\d)/.test(word)) ?? "";
      const isNegated = test.words.some((word) => word.text === "!") || /!\s*$/.test(text.slice(Math.max(0, test.from - 4), test.from));
      const between = text.slice(test.from, training.from);
      const isGuarded = isNegated ? !/\bfi\b/.test(between) && /\bthen\b|&&/.test(between) : /^[^\n;&]*\|\|\s*(?:\{\s*)?$/.test(between);
      const isRemoved = commands.some(({ program, words, from }) => program === "rm" && from < test.from && words.some((word) => !word.text.startsWith("-") && joinPath("", path).startsWith(joinPath("", word.text))));
      return isGuarded && !isRemoved && isFinished(path) && !isBase(path.replace(/\$\([^()]*\)/g, "*")) && !this.sample.roles.has(path, "outputs");
    });
  }

  /** Settings by which a training begins with the reference, or takes no step. */
  private settings(step: Step, rules: readonly TrainingRule[]): void {
    for (const { code } of step.settings) {
      const { text } = code.placed;
      for (const match of text.matchAll(beginningLine)) {
        if (originOf(this.sample, match[2] ?? "", ["reference", "protected"]) !== undefined) {
          this.setting(rules, step, code, match.index, match[0], `The training is set to begin with ${shownPath(match[2] ?? "")}, which is part of the reference.`);
        }
      }
      const again = this.sample.isTimed ? /["']?\bauto_?resume["']?\s*[:=]\s*["']?true\b/i.exec(text) : null;
      if (again !== null) {
        this.setting(rules, step, code, again.index, again[0], "The timed training is set to go on by itself from where an earlier run ended.");
      }
      const none = noSteps.exec(text);
      if (none !== null && !/warm|eval|decay|log|save/i.test(text.slice(Math.max(0, none.index - 12), none.index))) {
        this.setting(rules, step, code, none.index, none[0], "The training is set to take no step at all.");
      }
    }
    for (const piece of step.python) {
      for (const fact of piece.facts.facts) {
        if (fact.kind !== "key" || !fact.isChange || fact.value === undefined) {
          continue;
        }
        const set = [fact.value.text, ...(fact.value.added ?? [])].flatMap((text) => (text === undefined ? [] : [text]));
        const reference = beginning.test(fact.key) ? set.find((text) => originOf(this.sample, text, ["reference", "protected"]) !== undefined) : undefined;
        if (reference !== undefined) {
          this.sample.reportAt(rules, step, piece.code, fact, `begins ${fact.key}`, `The training is set to begin with ${shownPath(reference)}, which is part of the reference.`);
        } else if (set.some((text) => noSteps.test(`${fact.key}: ${text}\n`))) {
          this.sample.reportAt(rules, step, piece.code, fact, `none ${fact.key}`, "The training is set to take no step at all.");
        }
      }
    }
    for (const piece of step.shell) {
      for (const command of piece.commands) {
        const found = !isTraining(command) ? undefined : optionsOf(command).find(([name, value]) => beginning.test(name) && originOf(this.sample, value, ["reference"]) !== undefined);
        if (found !== undefined) {
          this.sample.reportAt(rules, step, piece.code, command, "begins", `A training begins with ${shownPath(found[1])}, which is part of the reference.`);
        }
      }
    }
  }

  private setting(rules: readonly TrainingRule[], step: Step, code: PythonPiece["code"], at: number, text: string, reason: string): void {
    rules.forEach((rule) => this.sample.report({ rule, step, ...step.place(code, at, at + text.length), ...settling(step, code), key: `${code.file ?? ""}\0${text.trim()}`, reason }));
  }
}

const nameOf = (path: string): string => path.split("/").at(-1) ?? "";

function isTraining({ program, words }: ShellCommand): boolean {
  return runner.test(program) || (interpreter.test(program) && words.some(({ text }) => /train|tune|run|fit|main|sft|learn/i.test(text) && !/convert|trained_model|finetuning_tokens|\.yaml$|^-/.test(text)));
}

/** Options with their values, as `--name value`, `--name=value` or `name=value`. */
function optionsOf({ words }: ShellCommand): [string, string][] {
  const texts = words.map(({ text }) => text);
  return texts.flatMap((text, index): [string, string][] => {
    const at = text.indexOf("=");
    return at > 0 ? [[text.slice(0, at), text.slice(at + 1)]] : text.startsWith("--") && texts[index + 1] !== undefined ? [[text, texts[index + 1] ?? ""]] : [];
  });
}

const isFinished = (path: string): boolean => weightsFile.test(path) || /checkpoint|ckpt|latest|final|trained|resume/i.test(path);

/** Whether the script itself makes what it begins with, such as in a first part of the training. */
function madeHere(commands: readonly ShellCommand[], path: string): boolean {
  const folder = path.split("/").slice(0, -1).join("/");
  return commands.some((command) => optionsOf(command).some(([name, value]) => /out|save|dir|dest/i.test(name) && value !== "" && (joinPath("", path).startsWith(joinPath("", value)) || (folder !== "" && value === folder)))) || isScratch(path);
}

/** Whether a script learns, or calls what may. */
function mayLearn({ learns, facts }: PythonFacts): boolean {
  return learns || facts.some((fact) => (fact.kind === "call" && /^(main|train\w*|run\w*|fit\w*|fine_?tune\w*|launch\w*|step|learn\w*)$/i.test(fact.method)) || fact.kind === "shell");
}

const libraries = /^(torch|numpy|scipy|json|sys|os|builtins|math|random|pathlib|time|copy|safetensors|weights|shutil|struct|io|re|pickle|itertools|functools|collections)(\.|$)/;

/** Whether code calls functions of other modules, in which it may train. */
const callsOthers = ({ facts }: PythonFacts): boolean => facts.some((fact) => fact.kind === "call" && fact.name !== undefined && !libraries.test(fact.name));
