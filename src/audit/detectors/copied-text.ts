import type { TranscriptEvent } from "../../transcripts";
import type { Span } from "../finding";
import type { SourceRole } from "../rules";
import { type SampleAudit, settling } from "../sample";
import { spanOf, type Step } from "../step";
import { type Copy, TextIndex } from "../text/text-index";
import { characterCodes, tokenCodes, unescapedInPlace } from "../text/tokens";
import type { Detector } from "./detector";
import { sourceOf } from "./sources";

/** A copy of 63 characters without white space shares a fingerprint with its source. */
const ofCharacters = { run: 24, window: 40 };
/** A copy of 39 tokens does, whatever its names. */
const ofTokens = { run: 20, window: 20 };
/** Fewer tokens that agree but for their names are chance. */
const leastTokens = 70;
/** The part of a copy that has to be new; the rest may be starting solution or one's own. */
const leastNovelty = 0.5;
const maxText = 2 ** 21;

interface Source {
  readonly role: SourceRole;
  readonly place: string;
  readonly event: TranscriptEvent;
  readonly ordinal: number;
}

/** Text that stands in something written after it was read where nothing may be copied from. */
export class CopiedText implements Detector {
  private readonly characters = new TextIndex<Source>(characterCodes, ofCharacters);
  private readonly tokens = new TextIndex<Source>(tokenCodes, ofTokens);
  private instructions = "";

  constructor(private readonly sample: SampleAudit) {
    sample.ruleSet.given.forEach((text) => this.free(text));
  }

  told({ text }: TranscriptEvent): void {
    this.free(text);
    if (this.instructions.length < 2 ** 18) {
      this.instructions += text;
    }
  }

  called(step: Step): void {
    for (const { code } of this.characters.isEmpty ? [] : [...step.written, ...step.python.filter(({ code: { file } }) => file === undefined), ...step.shell.filter(({ code: { file } }) => file === undefined)]) {
      const { placed } = code.edited ?? code;
      this.lookUp(step, placed.text, (from, to) => step.place({ ...code, placed, edited: undefined }, from, to), code);
    }
    // What was written once is one's own from here on.
    step.written.forEach(({ code }) => this.free((code.edited?.placed ?? code.placed).text));
  }

  returned(event: TranscriptEvent, ordinal: number, call: Step): void {
    if (event.text.length > maxText || event.text === "") {
      return;
    }
    const source = sourceOf(this.sample, call);
    const isNamed = source?.role === "reference" && this.isNamedToSolver(source.place);
    if (source === undefined || isNamed || !this.sample.rulesFor("copied-text").some(({ from }) => from.includes(source.role))) {
      // What programs print is hardly what anyone copies; files that may be read are.
      if (call.reads.length > 0) {
        this.free(unescapedInPlace(event.text));
      }
      return;
    }
    const text = unescapedInPlace(event.text);
    this.characters.addSource(text, { ...source, event: { ...event, fields: {} }, ordinal });
    this.tokens.addSource(text, { ...source, event: { ...event, fields: {} }, ordinal });
  }

  private free(text: string): void {
    if (text.length <= maxText) {
      this.characters.addFree(text);
      this.tokens.addFree(text);
    }
  }

  /** Files that the instructions point to are meant to be read. */
  private isNamedToSolver(place: string): boolean {
    const path = place.slice(1, -1).split("/");
    const base = path.at(-1) ?? "";
    // A file in a folder of the reference may be called like one that everyone is given.
    const name = path.length > 1 && !this.sample.roles.has(base, "reference") ? path.slice(-2).join("/") : base;
    return name.length > 3 && /\.\w+$/.test(name) && (this.instructions.includes(name) || this.sample.ruleSet.given.some((text) => text.includes(name)));
  }

  private lookUp(step: Step, text: string, place: (from: number, to: number) => { start: number; end: number }, code: Step["written"][number]["code"]): void {
    for (const rule of text.length > maxText ? [] : this.sample.rulesFor("copied-text")) {
      const plain = this.characters.copiesIn(text, Math.min(80, rule.minimumLength)).filter(({ source, novelty }) => rule.from.includes(source.role) && novelty >= leastNovelty);
      const renamed = this.tokens.copiesIn(text, leastTokens).filter(({ source, novelty }) => rule.from.includes(source.role) && novelty >= leastNovelty);
      const same = plain.reduce((sum, { length }) => sum + length, 0);
      const [copies, how] = same >= rule.minimumLength ? [plain, "word for word"] : [renamed, "but for names and spaces"];
      const longest = copies.reduce<Copy<Source> | undefined>((best, copy) => (best === undefined || copy.length > best.length ? copy : best), undefined);
      if (longest === undefined) {
        continue;
      }
      const { source } = longest;
      const coverage = Math.round((100 * copies.reduce((sum, { start, end }) => sum + end - start, 0)) / Math.max(1, text.length));
      const sourceSpan = (copy: Copy<Source>): Span => spanOf(copy.source.event, copy.source.ordinal, copy.sourceStart, copy.sourceEnd);
      const others = copies.filter((copy) => copy !== longest).slice(0, 2);
      this.sample.report({
        rule,
        step,
        ...place(longest.start, longest.end),
        ...settling(step, code),
        key: `${source.place}\0${code.file ?? ""}\0${longest.sourceStart}`,
        evidence: [{ label: "source", span: sourceSpan(longest) }, ...others.flatMap((copy) => [{ label: "source", span: sourceSpan(copy) }, { label: "copy", span: step.span(...asPair(place(copy.start, copy.end))) }])],
        reason: `${longest.end - longest.start} characters in a row, and ${coverage} % of what is written, stand ${how} in ${source.place}, which was read before.`,
      });
    }
  }
}

const asPair = ({ start, end }: { start: number; end: number }): [number, number] => [start, end];
