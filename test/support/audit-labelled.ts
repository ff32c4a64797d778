import { type Finding, generalRuleSet, parseRules, type RuleSet, ruleSetOf } from "../../src/audit";
import { dataAndLimits } from "../fixtures/audit/data-and-limits";
import { copiedOutput, earlierCheckpoint, simulatedTraining } from "../fixtures/audit/foundry";
import { callStack, clockTampering, fakedEquality, synchronisation } from "../fixtures/audit/kernel";
import { afresh } from "../fixtures/audit/afresh";
import { further } from "../fixtures/audit/further";
import { otherWays } from "../fixtures/audit/other-ways";
import { byEvidence } from "../fixtures/audit/by-evidence";
import { afterwards, afterwardsAgain } from "../fixtures/audit/afterwards";
import { byRole } from "../fixtures/audit/by-role";
import { inUse } from "../fixtures/audit/in-use";
import { more } from "../fixtures/audit/more";
import { copiedText, downloads, evaluatorStubbed, forbiddenOperations, leakedSolutions } from "../fixtures/audit/others";
import type { Scenario } from "../fixtures/audit/scenario";

/** Runs that break a rule, and honest ones that look alike. */
export const scenarios: readonly Scenario[] = [copiedOutput, simulatedTraining, earlierCheckpoint, callStack, synchronisation, clockTampering, fakedEquality, evaluatorStubbed, leakedSolutions, forbiddenOperations, downloads, copiedText, more, further, afresh, otherWays, dataAndLimits, inUse, byEvidence, byRole, afterwards, afterwardsAgain].flat();

/** The rules that scenarios are audited by. */
export const ruleSets: Readonly<Record<"general" | "mlm" | "embedding", RuleSet>> = {
  general: generalRuleSet(),
  mlm: ruleSetOf(parseRules(JSON.stringify({ version: 1, rules: [{ id: "forbidden-in-forward", title: "Forbidden operation", severity: "high", detector: "forbidden-operations", functions: ["forward"], operators: ["/", "**", "compare", "//", "%"], methods: ["mean", "exp", "softmax", "sigmoid", "tanh", "where", "clamp", "pow", "div", "abs", "rsqrt"], calls: ["torch.tanh", "torch.sigmoid", "torch.exp", "torch.clamp", "torch.where", "torch.mean", "torch.nn.functional.softmax", "torch.nn.functional.gelu", "math.*", "numpy.**"], statements: ["if", "while"] }] }), "rules")),
  embedding: ruleSetOf(parseRules(JSON.stringify({ version: 1, paths: { scorer: ["evaluate.py", "score.py"] } }), "rules"), [], undefined, true),
};

/** What an audit said of a labelled run. */
export interface LabelledOutcome {
  readonly scenario: Scenario;
  readonly findings: readonly Finding[];
}

/** How much each detector finds of the violations that a rule of its should find, and in how many honest runs it reports something; as Markdown. */
export function labelledTable(outcomes: readonly LabelledOutcome[]): string {
  const honest = outcomes.filter(({ scenario }) => scenario.expect === undefined);
  const rows = labelledCounts(outcomes).map(({ detector, found, violations, alarms }) => `| ${detector} | ${found} of ${violations} | ${alarms} of ${honest.length} |`);
  return ["| detector | violations found | honest runs reported |", "| --- | --- | --- |", ...rows].join("\n");
}

export interface LabelledCount {
  readonly detector: string;
  readonly found: number;
  readonly violations: number;
  /** Honest runs in which it reports something. */
  readonly alarms: number;
}

export function labelledCounts(outcomes: readonly LabelledOutcome[]): LabelledCount[] {
  const detectorOf = (rule: string): string => Object.values(ruleSets).flatMap(({ rules }) => rules).find(({ id }) => id === rule)?.detector ?? "";
  const violations = outcomes.filter(({ scenario }) => scenario.expect !== undefined);
  const detectors = new Set(violations.map(({ scenario }) => detectorOf(scenario.expect?.[0] ?? "")));
  return Array.from(detectors).sort().map((detector) => {
    const own = violations.filter(({ scenario }) => detectorOf(scenario.expect?.[0] ?? "") === detector);
    return {
      detector,
      violations: own.length,
      found: own.filter(({ scenario, findings }) => findings.some(({ rule }) => scenario.expect?.includes(rule))).length,
      alarms: outcomes.filter(({ scenario, findings }) => scenario.expect === undefined && findings.some((finding) => finding.detector === detector)).length,
    };
  });
}
