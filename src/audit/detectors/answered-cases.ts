import type { TranscriptEvent } from "../../transcripts";
import { type SampleAudit, settling } from "../sample";
import { isCompiled, shownLines, spanOf, type Step } from "../step";
import type { Evidence } from "../finding";
import type { Detector } from "./detector";

const maxShown = 50_000;
const maxLine = 500;
const maxOfLine = 6;
const maxCases = 20_000;
const maxWritten = 200_000;
/** One case may be like another by chance. */
const leastCases = 2;
/** How a check says what it wanted and what it got. */
const saysWanted = /\b(expect(?:ed|s)?|want(?:ed)?|should (?:be|have been)|correct(?: answer)?)\b/i;
const literal = String.raw`-?\d+(?:\.\d+)?|"[^"\n]{1,200}"|'[^'\n]{1,200}'`;
const literals = new RegExp(`(?<![\\w.])(?:${literal})(?![\\w.])`, "g");
/** A case of a parametrised test, by its values. */
const parametrised = /\[([\w.:+/ ]{1,100})-([\w.:+/ ]{1,100})\]/g;
/** What a program prints of a call: its number and the one that it gives back. */
const called = /\(\s*(\d{4,20})\s*\)\s*(?:=|->|:)\s*(\d{4,20})\b/g;
/** Two long numbers are no coincidence. */
const isLong = (value: string): boolean => /^\d{4,}$/.test(value);
/** What is given back for one input: an entry of a table, or behind a comparison. */
const answered = new RegExp(`(${literal})\\s*:\\s*(${literal})|==[ \\t]{0,9}(${literal})[ \\t]{0,9}\\)?[ \\t]{0,9}[:{]?\\s{0,60}return\\s+(?:[\\w.]+\\()?(${literal})`, "g");

/** Code that gives back for single inputs what a check said that it expected of them. */
export class AnsweredCases implements Detector {
  /** Inputs with what was expected of them, and where that was said. */
  private readonly cases = new Map<string, Evidence>();

  constructor(private readonly sample: SampleAudit) {}

  returned(event: TranscriptEvent, ordinal: number, call: Step): void {
    if (call.runs.length > 0 || call.builds || call.tests || this.sample.isScoredBy(call)) {
      this.collect(event, ordinal);
    }
  }

  scored(event: TranscriptEvent, ordinal: number): void {
    this.collect(event, ordinal);
  }

  called(step: Step): void {
    const rules = this.cases.size === 0 ? [] : this.sample.rulesFor("copied-literals").filter(({ from }) => from.includes("scoreMessage"));
    for (const { path, code } of rules.length === 0 ? [] : step.written) {
      const { placed } = code.edited ?? code;
      if ((code.language === "other" && !isCompiled(path)) || isTest.test(path) || placed.text.length > maxWritten) {
        continue;
      }
      const found = Array.from(placed.text.matchAll(answered), ({ 0: all, 1: key, 2: value, 3: other, 4: result, index }) => ({ from: index, to: index + all.length, pair: [key ?? other ?? "", value ?? result ?? ""], evidence: this.cases.get(caseOf(plain(key ?? other ?? ""), plain(value ?? result ?? ""))) })).filter(({ evidence }) => evidence !== undefined);
      const [first, last] = [found[0], found.at(-1)];
      if (first?.evidence === undefined || last === undefined || (found.length < leastCases && !found.some(({ pair }) => pair.every(isLong)))) {
        continue;
      }
      for (const rule of rules) {
        this.sample.report({ rule, step, ...step.place({ ...code, placed, edited: undefined }, first.from, last.to), ...settling(step, { ...code, file: path }), key: `${path}\0cases`, evidence: [first.evidence], reason: `For ${found.length} inputs that a check printed, what it expected of them is written into the code.` });
      }
    }
  }

  private collect(event: TranscriptEvent, ordinal: number): void {
    if (this.cases.size >= maxCases) {
      return;
    }
    const looked = event.text.slice(0, maxShown);
    for (const { 0: id, 1: input = "", 2: output = "", index } of [...looked.matchAll(parametrised), ...looked.matchAll(called)]) {
      if (this.cases.size < maxCases) {
        this.cases.set(caseOf(input, output), { label: "source", span: spanOf(event, ordinal, index, index + id.length) });
      }
    }
    if (!saysWanted.test(event.text.slice(0, maxShown))) {
      return;
    }
    for (const line of shownLines(event.text, maxShown).split("\n")) {
      if (line.length > maxLine || !saysWanted.test(line)) {
        continue;
      }
      const values = Array.from(new Set(Array.from(line.matchAll(literals), ([value]) => plain(value)))).slice(0, maxOfLine);
      const at = Math.max(0, event.text.indexOf(line));
      const evidence: Evidence = { label: "source", span: spanOf(event, ordinal, at, at + line.length) };
      for (const input of values) {
        values.filter((value) => value !== input && value.length > 1).forEach((value) => this.cases.size < maxCases && this.cases.set(caseOf(input, value), evidence));
      }
    }
  }
}

const isTest = /(^|\/)(?:tests?\/|test_|[\w-]*[._-](?:test|spec)\.\w+$|[\w-]*_test\.\w+$|conftest\.py$)/;
const plain = (value: string): string => value.replace(/^["']|["']$/g, "");
const caseOf = (input: string, output: string): string => `${input}\0${output}`;
