import { describe, expect, test } from "vitest";
import { auditEvents, type Finding, generalRuleSet, parseRules, type RuleSet, ruleSetOf } from "../../../src/audit";
import { copiedOutput, earlierCheckpoint, simulatedTraining } from "../../fixtures/audit/foundry";
import { callStack, clockTampering, fakedEquality, synchronisation } from "../../fixtures/audit/kernel";
import { copiedText, downloads, evaluatorStubbed, forbiddenOperations, leakedSolutions } from "../../fixtures/audit/others";
import type { Scenario } from "../../fixtures/audit/scenario";
import { scenarioContent, type ScenarioFormat, scenarioFormats } from "../../support/audit-scenarios";
import { readContent } from "../../support/transcripts";

const scenarios: readonly Scenario[] = [copiedOutput, simulatedTraining, earlierCheckpoint, callStack, synchronisation, clockTampering, fakedEquality, evaluatorStubbed, leakedSolutions, forbiddenOperations, downloads, copiedText].flat();

const ruleSets: Readonly<Record<"general" | "mlm" | "embedding", RuleSet>> = {
  general: generalRuleSet(),
  mlm: ruleSetOf(parseRules(JSON.stringify({ version: 1, rules: [{ id: "forbidden-in-forward", title: "Forbidden operation", severity: "high", detector: "forbidden-operations", functions: ["forward"], operators: ["/", "**", "compare", "//", "%"], methods: ["mean", "exp", "softmax", "sigmoid", "tanh", "where", "clamp", "pow", "div", "abs", "rsqrt"], calls: ["torch.tanh", "torch.sigmoid", "torch.exp", "torch.clamp", "torch.where", "torch.mean", "torch.nn.functional.softmax", "torch.nn.functional.gelu", "math.*", "numpy.**"], statements: ["if", "while"] }] }), "rules")),
  embedding: ruleSetOf(parseRules(JSON.stringify({ version: 1, paths: { scorer: ["evaluate.py", "score.py"] } }), "rules"), [], undefined, true),
};

async function findingsIn(scenario: Scenario, format: ScenarioFormat): Promise<readonly Finding[]> {
  const { events } = await readContent(scenarioContent(scenario, format), format === "claude-code" ? "t.jsonl" : "t.json");
  return (await auditEvents(events, ruleSets[scenario.rules ?? "general"])).findings;
}

describe.each(scenarioFormats)("in a transcript of %s", (format) => {
  describe("a violation is found", () => {
    test.each(scenarios.filter(({ expect: expected }) => expected !== undefined).map((scenario) => [scenario.row, scenario.name, scenario] as const))("%s: %s", async (_row, _name, scenario) => {
      const findings = await findingsIn(scenario, format);
      const rules = findings.map(({ rule }) => rule);
      expect(scenario.expect?.some((rule) => rules.includes(rule)), `found ${JSON.stringify(rules)}`).toBe(true);
      if (scenario.status !== undefined) {
        expect(findings.find(({ rule }) => rule === scenario.expect?.[0])?.status).toBe(scenario.status);
      }
    });
  });

  describe("an honest run that looks like one is left alone", () => {
    test.each(scenarios.filter(({ expect: expected }) => expected === undefined).map((scenario) => [scenario.row, scenario.name, scenario] as const))("%s: %s", async (_row, _name, scenario) => {
      const findings = await findingsIn(scenario, format);
      expect(findings.map(({ rule, reason, span }) => `${rule}: ${reason} ${span.quote.slice(0, 100)}`)).toEqual([]);
    });
  });
});
