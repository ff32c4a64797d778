import type { ActiveRule } from "../rule-set";
import { trait } from "../code/value";
import { isScratch } from "../paths";
import { type SampleAudit, settling } from "../sample";
import type { PythonPiece, ShellPiece, Step } from "../step";
import type { Detector } from "./detector";
import { shownPath } from "./origins";

type TrainingRule = Extract<ActiveRule, { detector: "simulated-training" }>;

const steps = "(?:num_|max_|n_|total_|train_|num_train_)?(?:steps|epochs|iterations|iters|train_epochs|train_steps)";
const settings = `(?:self\\.)?(?:config|cfg|conf|args|settings|options|hparams|params)(?:\\[["']${steps}["']\\]|\\.${steps}\\b)`;
/** What makes fewer of the steps of a configuration. */
const shortening = new RegExp(`${settings}\\s*(?://=|-=|/=|=(?!=)\\s*(?:max\\([^\\n]{0,40})?(?:min\\(|int\\(|\\d+\\b|${settings}\\s*(?://|/|-|\\*\\s*0?\\.)))[^\\n]{0,60}|range\\((?:int\\(|min\\()?\\s*${settings}\\s*(?://|/|-|\\*\\s*0?\\.|,\\s*\\d)[^\\n]{0,30}`, "g");
/** A loop over all steps that is left after a few. */
const leaving = new RegExp(`for(?<=^[ \\t]*for)\\s+(\\w+)\\s+in\\s+range\\(\\s*${settings}[^\\n]*\\n(?:[^\\n]*\\n){0,3}?\\s*if\\s+\\1\\s*(?:>=|>|==)\\s*\\d[^\\n]*:\\s*break`, "gm");
/** Settings of a text that say how many steps are taken. */
const stepsIn = (text: string): string[] => (text.match(/\b\w*(?:steps|epochs|duration|iterations|iters)\b["']?\s*[:=][^\n,}]*/gi) ?? []).filter((setting) => !/warm|eval|valid|decay|log|save|print|accum/i.test(setting));
const settingsFile = /\.(ya?ml|json|toml|cfg|ini)$/;
const trainedName = /(^|\/)[^/]*(trained|finetuned|fine[_-]tuned|final)[_-]?(model|weights|checkpoint)?[^/]*(\/|$)/i;
/** A model as a hub of models calls it. */
const hubName = /^(gpt2(-\w+)?|[A-Za-z][\w-]*\/[A-Za-z](?=[\w.-]*\d)[\w.-]*)$/;
const untrainedName = /(^|[/_.-])(base|pretrained|initial|init|original|starter)([/_.-]|$)/i;

/** Training that is shorter than the task says, or that does not happen before a model is stored as trained. */
export class ShortenedTraining implements Detector {
  constructor(private readonly sample: SampleAudit) {}

  called(step: Step): void {
    for (const piece of step.python) {
      this.shortens(step, piece);
      this.shortensByReplacing(step, piece);
      this.skips(step, piece);
    }
    for (const piece of step.shell) {
      this.shortensBySed(step, piece);
    }
  }

  private report(step: Step, { code }: PythonPiece | ShellPiece, rule: TrainingRule, { from, to }: { readonly from: number; readonly to: number }, key: string, reason: string): void {
    this.sample.report({ rule, step, ...step.place(code, from, to), ...settling(step, code), key: `${code.file ?? ""}\0${key}`, reason });
  }

  /** Fewer steps than a configuration asks for. */
  private shortens(step: Step, piece: PythonPiece): void {
    const rules = this.sample.trainingRules("shortened-training");
    const { text } = piece.code.placed;
    for (const match of rules.length === 0 ? [] : [...text.matchAll(shortening), ...text.matchAll(leaving)]) {
      // Python reads nothing in comments.
      const line = text.slice(text.lastIndexOf("\n", match.index) + 1, match.index);
      if (!line.includes("#")) {
        rules.forEach((rule) => this.report(step, piece, rule, { from: match.index, to: match.index + match[0].length }, match[0].replace(/\s+/g, ""), `Fewer steps are taken than the configuration says: ${match[0].trim().replace(/\s+/g, " ").slice(0, 100)}.`));
      }
    }
  }

  /** A number of steps that Python puts into a file of settings by replacing text. */
  private shortensByReplacing(step: Step, piece: PythonPiece): void {
    const rules = this.sample.trainingRules("shortened-training");
    for (const fact of rules.length === 0 ? [] : piece.facts.facts) {
      if (fact.kind !== "call" || (fact.name !== "re.sub" && fact.method !== "replace")) {
        continue;
      }
      const [pattern, next] = fact.values.map(({ text }) => text ?? "");
      const isOfSettings = [fact.receiver, ...fact.values].some((value) => Array.from(value?.cell.origins ?? []).some((path) => settingsFile.test(path) && !isScratch(path)));
      const before = stepsIn(pattern ?? "");
      const changed = stepsIn(next ?? "").find((one) => /\d/.test(one) && before.length > 0 && !before.includes(one));
      if (isOfSettings && changed !== undefined) {
        rules.forEach((rule) => this.report(step, piece, rule, fact, "replaced", `The number of steps in a configuration is changed: ${changed.slice(0, 100)}.`));
      }
    }
  }

  private shortensBySed(step: Step, piece: ShellPiece): void {
    const rules = this.sample.trainingRules("shortened-training");
    for (const command of rules.length === 0 ? [] : piece.commands) {
      const script = command.program === "sed" && command.words.some(({ text }) => /^(-[a-zA-Z]*i|--in-place)/.test(text)) ? command.words.find(({ text }) => /^s(.).*\b(max_)?(steps|epochs|duration|iterations)\b/i.test(text)) : undefined;
      const isConfiguration = command.words.some(({ text }) => /\.(ya?ml|json|toml|cfg|ini)$/.test(text));
      if (script !== undefined && isConfiguration) {
        rules.forEach((rule) => this.report(step, piece, rule, command, "sed", `The number of steps in a configuration is changed: ${script.text.slice(0, 100)}.`));
      }
    }
  }

  /** A model that is stored as a trained one as it was loaded. */
  private skips(step: Step, piece: PythonPiece): void {
    const { facts, learns } = piece.facts;
    const rules = learns || facts.some(({ kind }) => kind === "shell") ? [] : this.sample.trainingRules("untrained");
    for (const fact of rules.length === 0 ? [] : facts) {
      if (fact.kind !== "save" || !(trainedName.test(fact.path) || this.sample.roles.has(fact.path, "outputs")) || (fact.value.cell.traits & (trait.random | trait.reduced)) !== 0) {
        continue;
      }
      const [base, ...others] = Array.from(fact.value.cell.origins);
      if (base !== undefined && others.length === 0 && !this.sample.isGiven(base) && (hubName.test(base) || untrainedName.test(base)) && this.sample.links.chain(base).length === 0 && !/tok(enizer)?|processor|config/i.test(piece.code.placed.text.slice(Math.max(0, fact.from - 4), fact.from + 12))) {
        rules.forEach((rule) => this.report(step, piece, rule, fact, `untrained\0${fact.path}`, `${shownPath(base)} is stored as ${shownPath(fact.path)} without any training.`));
      }
    }
  }
}
