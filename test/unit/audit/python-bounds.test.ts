import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { generalRuleSet } from "../../../src/audit";
import { auditTranscript } from "../../../src/audit/audit-transcript";
import { readPython } from "../../../src/audit/code/python";
import { write } from "../../fixtures/audit/scenario";
import { scaffoldContent } from "../../support/audit-scaffolds";
import { temporaryFolder } from "../../support/temporary-folder";

const code = "import torch\ntorch.cuda.synchronize = lambda *a: None\nx = {'a': [1, (2, 3)]}\n".repeat(600);

describe("Python is parsed as far as it is any", () => {
  test.each([
    ["code", code, 0],
    ["code with an error in some of its lines", code.replaceAll("x = {", "x = = {"), 0],
    ["code that ends within a bracket", `${code}f(`, 0],
    ["a table", '{"a": [1, 2.5], "b": None},\n'.repeat(2000), 0],
    ["brackets that close nothing", ")".repeat(80_000), 78_000],
    ["code with such brackets behind it", code + "]".repeat(80_000), 78_000],
    ["the output of a program", "Epoch 1/3: loss 0.3 [====>] 3s\n".repeat(2000), 42_000],
    ["prose", "The model is not as good, (see above) as what was asked for.\n".repeat(2000), 102_000],
    ["brackets that nobody nests so deeply", "(".repeat(1000), 1000],
    ["code longer than anyone's", "x = 1\n".repeat(80_000), 480_000],
  ])("%s", (_name, text, unread) => {
    const facts = readPython(text);
    expect(facts.unread).toBe(unread);
    expect(facts.isWhole && unread > 0).toBe(false);
  });

  test("and what is not looked at is said", async () => {
    const problemOf = async (content: string): Promise<string | undefined> => {
      const folder = temporaryFolder();
      const file = join(folder, "messages.json");
      writeFileSync(file, scaffoldContent([write("/work/a.py", content)], "openai"));
      return (await auditTranscript(file, () => generalRuleSet(), folder)).problem;
    };
    expect(await problemOf(code)).toBeUndefined();
    expect(await problemOf(code + ")".repeat(80_000))).toBe("A piece of Python in the transcript is too long or too broken to be read and could not be audited to the end.");
  });
});
