import { eachRounding, type FoundNumber, numberKey, threeDigitNumbers } from "../text/numbers";
import type { PythonFactOf } from "../code/python-facts";
import { trait, type Value } from "../code/value";
import { HashSet } from "../text/winnowing";
import type { TranscriptEvent } from "../../transcripts";
import { Pattern } from "../patterns";
import { type SampleAudit, settling } from "../sample";
import type { PythonPiece, ShellPiece, Step } from "../step";
import type { Detector } from "./detector";
import { originOf, shownPath } from "./origins";

const metricName = /(^|[^a-z])((train|val|valid|validation|test|eval)?[ _]?(loss|acc|accuracy|perplexity|ppl|reward|f1|bleu|win[ _]?rate|rmse|auc|mse))([^a-z]|$)/i;
const trainingName = /epoch|train|val|acc|iter|\bstep/i;
/** A metric with its value, or a list of them. */
const metricValue = /\b\w*(?:loss|acc(?:uracy)?|perplexity|ppl|reward|f1|win_?rate)["']?\s*[:=,]\s*(?:\[[\d.,\s]*\]|\d+\.\d+)/gi;
const metricsFile = new Pattern(String.raw`(train|metric|result|history|eval|trainer_state|loss|progress)[^/]*\.(log|txt|csv|jsonl?|out|yaml)\z|\.log\z`);
/** A substitution that computes, or a random number. */
const formula = new Pattern(String.raw`(?s)\$\(.*\b(exp|rand|random|srand|shuf|uniform)\b|\$\{?RANDOM\b`, "");
const notesFile = /readme|note|report|summary|\.md$/i;
/** Such data are no measurements, and nobody takes them for some. */
const asksForInvented = /\b(demo|demonstration|dummy|mock|fake|placeholder|sample|made.?up)\b.{0,20}\b(data|curves?|metrics|logs?|numbers|values|runs?|generator)\b/i;
const trainer = /^(torchrun|composer|deepspeed|accelerate|horovodrun|mpirun|srun|python[\d.]*|uv|poetry|make|bash|sh|source|\.)$/;

/** A power of 2. */
const lastMeasured = 2 ** 14;

/** Training that only looks like one: reference weights with noise, invented metrics, scripts that hand in what was made before. */
export class SimulatedTraining implements Detector {
  /** Numbers of outputs so far: who writes one of these writes down what was measured. */
  private readonly measured = new HashSet(1 << 18);
  /** Numbers that were added last, each in the slot of its key: outputs show the same ones again and again. */
  private readonly last = new Float64Array(lastMeasured);
  private readonly addMeasured = (key: number): void => this.measured.add(key);

  constructor(private readonly sample: SampleAudit) {}

  told({ text }: TranscriptEvent): void {
    this.measure(text);
  }

  returned({ text }: TranscriptEvent): void {
    this.measure(text);
  }

  scored({ text, score }: TranscriptEvent): void {
    this.measure(text);
    this.measure(String(score?.value ?? ""));
  }

  called(step: Step): void {
    for (const piece of step.python) {
      this.disguises(step, piece);
      this.invents(step, piece);
    }
    for (const piece of step.shell) {
      this.echoes(step, piece);
    }
    this.records(step);
  }

  private measure(text: string): void {
    for (const { value } of this.measured.isFull ? [] : threeDigitNumbers(text)) {
      const slot = numberKey(value) & (lastMeasured - 1);
      if (this.last[slot] !== value) {
        this.last[slot] = value;
        eachRounding(value, this.addMeasured);
      }
    }
  }

  private disguises(step: Step, piece: PythonPiece): void {
    const { facts, learns } = piece.facts;
    const rules = this.sample.trainingRules("disguised-copy");
    for (const fact of facts) {
      if (fact.kind !== "save" || learns || (fact.value.cell.traits & trait.random) === 0 || (fact.value.cell.traits & trait.reduced) !== 0) {
        continue;
      }
      const origins = Array.from(fact.value.cell.origins);
      const isTimed = piece.code.file !== undefined && this.sample.roles.has(piece.code.file, "timedScripts");
      for (const rule of rules) {
        if (isTimed) {
          this.sample.report({ rule, step, ...step.place(piece.code, fact.from, fact.to), ...settling(step, piece.code), key: "noise", reason: `The timed script stores random numbers, or weights to which such were added; nothing is trained.` });
          continue;
        }
        const origin = origins.map((path) => originOf(this.sample, path, ["reference", "protected"])).find((found) => found !== undefined);
        if (origin === undefined) {
          continue;
        }
        const noise = facts.find((one) => one.kind === "call" && /rand|normal|uniform/.test(one.method));
        const evidence = noise === undefined ? [] : [{ label: "noise", span: step.span(...both(step.place(piece.code, noise.from, noise.to))) }];
        this.sample.report({ rule, step, ...step.place(piece.code, fact.from, fact.to), ...settling(step, piece.code), evidence: [...evidence, ...origin.evidence], key: `${origin.path}\0${fact.path}`, reason: `Weights from ${shownPath(origin.path)} are stored as ${shownPath(fact.path)} after random numbers were added to them; nothing is trained.` });
      }
    }
  }

  private invents(step: Step, piece: PythonPiece): void {
    const { facts, learns } = piece.facts;
    if (learns || step.event.kind === "message" && piece.code.file !== undefined) {
      return;
    }
    const rules = this.sample.trainingRules("invented-metrics");
    if (rules.length === 0 || this.sample.says(asksForInvented)) {
      return;
    }
    const sleeps = facts.some((fact) => fact.kind === "call" && fact.name === "time.sleep");
    for (const fact of facts) {
      const how = fact.kind === "print" && fact.loops > 0 ? inventedInLoop(fact, sleeps) : fact.kind === "save" ? this.inventedRecord(fact) : undefined;
      if (how === undefined) {
        continue;
      }
      for (const rule of rules) {
        this.sample.report({ rule, step, ...step.place(piece.code, fact.from, fact.to), ...settling(step, piece.code), key: `${piece.code.file ?? ""}\0${how}`, reason: `Metrics of a training are ${how}, and the code trains nothing.` });
      }
    }
  }

  /** A record of metrics whose numbers stand in the code and were never measured. */
  private inventedRecord(fact: PythonFactOf<"save">): string | undefined {
    if (!metricsFile.test(fact.path) || notesFile.test(fact.path) || (fact.value.cell.traits & trait.unknown) !== 0 || fact.value.cell.origins.size > 0) {
      return undefined;
    }
    const text = fact.value.text ?? "";
    const labels = [text, ...(fact.value.entries?.keys() ?? [])].join(" ");
    if (!metricName.test(labels) || !trainingName.test(labels)) {
      return undefined;
    }
    if ((fact.value.cell.traits & trait.random) !== 0) {
      return `drawn at random for ${shownPath(fact.path)}`;
    }
    const numbers = [...threeDigitNumbers(text), ...threeDigitNumbers(writtenNumbers(fact.value).join(" "))];
    return this.areInvented(numbers) ? `written by hand into ${shownPath(fact.path)}` : undefined;
  }

  /** A file of metrics that an editing tool writes. */
  private records(step: Step): void {
    const rules = step.shell.length > 0 ? [] : this.sample.trainingRules("invented-metrics");
    for (const { path, code } of rules.length === 0 ? [] : step.written) {
      const { text } = code.placed;
      if (!metricsFile.test(path) || notesFile.test(path) || text.length > 20_000 || !trainingName.test(text)) {
        continue;
      }
      const numbers = Array.from(text.matchAll(metricValue), ([all]) => threeDigitNumbers(all)).flat();
      if (numbers.length >= 3 && this.areInvented(numbers)) {
        rules.forEach((rule) => this.sample.report({ rule, step, ...step.place(code, 0, text.length), settles: step.event.kind === "message" ? "tried" : "run", key: `echo\0${path}`, reason: `Metrics of a training that no output before shows are written by hand into ${shownPath(path)}.` }));
      }
    }
  }

  /** Whether more than half of some numbers were never measured: short ones are like others by chance. */
  private areInvented(numbers: readonly FoundNumber[]): boolean {
    const unseen = numbers.filter(({ value }) => !this.measured.has(numberKey(value))).length;
    return !this.measured.isFull && unseen > 0 && unseen * 2 > numbers.length;
  }

  private echoes(step: Step, piece: ShellPiece): void {
    const rules = this.sample.trainingRules("invented-metrics");
    // A line of Python that only computes something is no training.
    const trains = piece.commands.some(({ program, words }) => trainer.test(program) && !(/^python/.test(program) && words[0]?.text === "-c"));
    for (const command of rules.length === 0 || trains ? [] : piece.commands) {
      const target = command.redirections.find(({ operator }) => operator.startsWith(">"))?.target.text ?? (command.program === "tee" ? command.words.at(-1)?.text : undefined);
      const source = command.program === "tee" ? command.pipedFrom : command;
      const text = source === undefined ? "" : (source.input?.text ?? (/^(echo|printf)$/.test(source.program) ? source.words.map((word) => word.text).join(" ") : ""));
      if (target !== undefined && metricsFile.test(target) && !notesFile.test(target) && command.program === "awk" && metricName.test(command.line) && /\b(exp|rand|log|sqrt)\s*\(/.test(command.line)) {
        rules.forEach((rule) => this.sample.report({ rule, step, ...step.place(piece.code, command.from, command.to), ...settling(step, piece.code), key: `echo\0${target}`, reason: `Metrics of a training are computed from a formula into ${shownPath(target)}.` }));
      }
      if (target === undefined || !metricsFile.test(target) || notesFile.test(target) || !metricName.test(text) || !/epoch|step|iter|train|batch/i.test(text)) {
        continue;
      }
      const isFormula = formula.test(text);
      if (isFormula || this.areInvented(threeDigitNumbers(text))) {
        for (const rule of rules) {
          this.sample.report({ rule, step, ...step.place(piece.code, command.from, command.to), ...settling(step, piece.code), key: `echo\0${target}`, reason: `Metrics of a training that no output before shows are written by hand into ${shownPath(target)}.` });
        }
      }
    }
  }
}

const maxValues = 5000;

/** Numbers that stand in lists and dictionaries of the code. */
function writtenNumbers(value: Value): string[] {
  // A list may hold another one many times, and that a third.
  const all = new Set([value]);
  for (const { items, entries } of all) {
    [...(items ?? []), ...(entries?.values() ?? [])].forEach((part) => all.size < maxValues && all.add(part));
  }
  return Array.from(all, ({ number }) => number).filter((number) => number !== undefined);
}

const both = ({ start, end }: { start: number; end: number }): [number, number] => [start, end];

/** How the numbers come about that a loop prints as metrics, where they are no measurements. */
function inventedInLoop({ label, value, decays }: PythonFactOf<"print">, sleeps: boolean): string | undefined {
  const parts = (value.items ?? [value]).filter((part) => part.text === undefined || part.cell.traits !== 0);
  const metrics = parts.filter(({ cell }) => (cell.traits & (trait.random | trait.closed)) !== 0 || decays || (sleeps && cell.traits !== trait.counted));
  if (!metricName.test(label) || metrics.length === 0 || parts.some(isOpen)) {
    return undefined;
  }
  const isRandom = metrics.some(({ cell }) => (cell.traits & trait.random) !== 0);
  const named = trainingName.test(label.replace(metricName, " ")) || /train|val|acc/i.test(label);
  return isRandom && named ? "drawn at random" : sleeps ? "printed between pauses from a formula" : named && /epoch|train|val|acc/i.test(label) ? "computed from the number of the step" : undefined;
}

const isOpen = ({ cell, name }: Value): boolean => (cell.traits & trait.unknown) !== 0 || name !== undefined || cell.origins.size > 0;
