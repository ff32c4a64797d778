import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Audit, generalRuleSet } from "../../../src/audit";
import { readPython } from "../../../src/audit/code/python";
import { readShell } from "../../../src/audit/code/shell";
import { TextIndex } from "../../../src/audit/text/text-index";
import { characterCodes, tokenCodes } from "../../../src/audit/text/tokens";
import { random } from "../../support/random";
import type { TranscriptEvent } from "../../../src/transcripts";

const names = "alpha beta gamma delta total carry block chunk value result index layer weight bias scale mean step loss input output".split(" ");

/** Code as a generator makes it: lines of assignments, loops and calls. */
function codeOf(seed: number, lines: number): string {
  const next = random(seed);
  const number = (below: number): number => Math.floor(next.next().value * below);
  const name = (): string => `${names[number(names.length)] ?? "x"}${number(4)}`;
  return Array.from({ length: lines }, () => {
    switch (number(4)) {
      case 0:
        return `${name()} = ${name()} + ${name()}[${number(900)}]`;
      case 1:
        return `for ${name()} in range(${number(100)}, len(${name()})):`;
      case 2:
        return `    ${name()}.append(${name()}(${name()}, ${name()} * ${number(50)}))`;
      default:
        return `if ${name()} > ${number(10)} and not ${name()}: ${name()} -= ${number(7)}`;
    }
  }).join("\n");
}

describe("a copy is found", () => {
  test("whatever stands around it, however its white space is changed, at its exact place", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), fc.integer(), fc.nat(60), fc.integer({ min: 6, max: 30 }), (one, two, three, from, length) => {
        const source = codeOf(one, 100);
        const index = new TextIndex<string>(characterCodes, { run: 24, window: 40 });
        index.addSource(source, "source");
        const copied = source.split("\n").slice(from, from + length);
        const spaced = copied.map((line) => `\t ${line.replaceAll(" ", "  ")}  `).join("\r\n\r\n");
        const before = codeOf(two, 20);
        const text = `${before}\n#\n${spaced}\n#\n${codeOf(three, 20)}`;
        const found = index.copiesIn(text, 60);
        const start = text.indexOf(spaced) + (spaced.length - spaced.trimStart().length);
        // A neighbour that happens to be the same makes a copy longer, never shorter.
        expect(found.some((copy) => copy.start <= start && copy.end >= text.indexOf(spaced) + spaced.trimEnd().length && copy.source === "source" && copy.novelty === 1)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test("with all its names changed", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), fc.nat(60), (one, two, from) => {
        const source = codeOf(one, 100);
        const index = new TextIndex<string>(tokenCodes, { run: 20, window: 20 });
        index.addSource(source, "source");
        const copied = source.split("\n").slice(from, from + 12).join("\n").replace(/\b[a-z]+[0-3]\b/g, (name) => `renamed_${name.length}${name.slice(-1)}`);
        const found = index.copiesIn(`${codeOf(two, 10)}\n${copied}`, 39);
        expect(found.reduce((sum, { length }) => sum + length, 0)).toBeGreaterThanOrEqual(tokenCodes(copied).length * 0.9);
      }),
      { numRuns: 100 },
    );
  });

  test("but not of what anyone may repeat, nor where there is none", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (one, two) => {
        fc.pre(one !== two);
        const index = new TextIndex<string>(characterCodes, { run: 24, window: 40 });
        index.addFree(codeOf(one, 60));
        index.addSource(`${codeOf(one, 60)}\n`, "shared");
        expect(index.copiesIn(codeOf(one, 60), 60).every(({ novelty }) => novelty === 0)).toBe(true);
        expect(index.copiesIn(codeOf(two, 60), 60)).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});

describe("work grows with the text, not with its square", () => {
  const repeated = (length: number): string => "ab ".repeat(length / 3);
  test.each([
    ["code", (length: number) => codeOf(7, length / 30)],
    ["one run that repeats", repeated],
  ])("for %s", (_name, text) => {
    const stepsFor = (length: number): number => {
      const index = new TextIndex<string>(characterCodes, { run: 24, window: 40 });
      index.addSource(text(length), "source");
      index.addFree(text(length));
      index.copiesIn(text(length), 60);
      index.copiesIn(text(length).split("").reverse().join(""), 60);
      return index.steps;
    };
    expect(stepsFor(100_000)).toBeLessThan(stepsFor(10_000) * 13);
  });
});

describe("hostile code is read without harm", () => {
  test("Python of any shape", () => {
    const parts = fc.constantFrom("(", ")", "[", "'", '"""', "lambda x:", "f'{", "}", "\\", "\n", "    ", "def f(", "class A:", "import ", "from x import y as z", "x.y = ", "for i in ", "**", "*", "# ", "\u0000", "é", "getattr(", "exec('exec(1)')", "@", ":=", "async ");
    fc.assert(fc.property(fc.array(parts, { maxLength: 60 }), (all) => {
      expect(Array.isArray(readPython(all.join("")).facts)).toBe(true);
    }), { numRuns: 100 });
    for (const deep of ["(".repeat(50_000), `x${".a".repeat(3000)}`, `${"-".repeat(3000)}1`, "f(".repeat(20_000), "if x:\n ".repeat(200), `${"a + ".repeat(3000)}a`, "[".repeat(30_000) + "]".repeat(30_000), "lambda: ".repeat(3000)]) {
      expect(Array.isArray(readPython(deep).facts)).toBe(true);
    }
  });

  test("shell of any shape", () => {
    const parts = fc.constantFrom("$(", ")", "`", "'", '"', "<<EOF\n", "EOF\n", "|", "&&", ";", "\n", "bash -c ", "x=", "$x", "${", "}", "\\", "cp a b", ">", "<(", "for i in a b; do ", "done", "eval ", "#", "sudo ", "[[ ");
    fc.assert(fc.property(fc.array(parts, { maxLength: 60 }), (all) => {
      expect(Array.isArray(readShell(all.join("")))).toBe(true);
    }), { numRuns: 200 });
    for (const piece of ["$(", "`", "bash -c '", "<<A\n", "x=$x$x;", "eval \"", "sudo ", "f() {\n", "cat <<A; ", "f() { f; }; f; "]) {
      expect(Array.isArray(readShell(piece.repeat(5000)))).toBe(true);
    }
    expect(readShell(Array.from({ length: 20_000 }, (_, number) => `x${number}=1; $(a); `).join("")).length).toBe(60_000);
  });

  test("values that hold each other, and functions that call each other", () => {
    const event = (id: number, kind: TranscriptEvent["kind"], text: string, more: Partial<TranscriptEvent>): TranscriptEvent => ({ id: String(id), kind, title: "", text, fields: {}, isError: false, isRepeat: false, source: { file: "", member: "", start: 0, end: 0 }, ...more });
    const written = (content: string): TranscriptEvent => event(1, "tool-call", content, { tool: "edit", call: "1", fields: { arguments: { command: "create", path: "/work/solution.py", file_text: content } } });
    for (const piece of ["x = [x, x]\n", "x = {'a': x, 'b': x}\n", "x = (x, x, x)\nopen('train.log', 'w').write(x)\n", "def f(x):\n  score.main(f(x), f(x))\n", "x = a.f_back\n", "from a import (\n", "import a as b\n"]) {
      const audit = new Audit(generalRuleSet());
      audit.add(event(0, "user", "The true answer is hidden: predict it.", {}));
      audit.add(written(`import score\nx = 1.25\n${piece.repeat(500)}`));
      audit.add(event(2, "tool-call", "python solution.py a", { tool: "bash", call: "2", fields: { arguments: { command: "python solution.py a" } } }));
      audit.add(event(3, "tool-result", "", { call: "2" }));
      expect(audit.end().events).toBe(4);
    }
  });

  test("variables that grow do not grow without end", () => {
    const commands = readShell(`x=${"a".repeat(100)};${"x=$x$x;".repeat(60)}cp $x b`);
    expect(commands.every(({ words }) => words.every(({ text }) => text.length <= 70_000))).toBe(true);
    expect(readPython(`x = "${"a".repeat(100)}"\n${"x = x + x\n".repeat(60)}open(x)`).facts.length).toBeGreaterThan(0);
  });
});

test("findings stay the same when the transcript grows", () => {
  const event = (id: number, kind: TranscriptEvent["kind"], text: string): TranscriptEvent => ({ id: String(id), kind, title: "", text, fields: kind === "tool-call" ? { arguments: { command: text } } : {}, isError: false, isRepeat: false, source: { file: "", member: "", start: 0, end: 0 }, tool: "bash", call: String(id - (kind === "tool-result" ? 1 : 0)) });
  const all = [event(0, "tool-call", "cp -r ../trained_model_reference trained_model"), event(1, "tool-result", ""), event(2, "tool-call", "ln -s ../trained_model_reference trained_model"), event(3, "tool-result", "")];
  const after = (count: number): string[] => {
    const audit = new Audit(generalRuleSet());
    all.slice(0, count).forEach((one) => audit.add(one));
    return audit.end().findings.map(({ fingerprint }) => fingerprint);
  };
  expect(after(4).slice(0, 1)).toEqual(after(1));
});
