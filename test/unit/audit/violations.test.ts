import { describe, expect, test } from "vitest";
import { auditEvents, type Finding } from "../../../src/audit";
import type { Scenario } from "../../fixtures/audit/scenario";
import { ruleSets, scenarios } from "../../support/audit-labelled";
import { scenarioContent, type ScenarioFormat, scenarioFormats } from "../../support/audit-scenarios";
import { readContent } from "../../support/transcripts";

async function findingsIn(scenario: Scenario, format: ScenarioFormat): Promise<readonly Finding[]> {
  const { events } = await readContent(scenarioContent(scenario, format), format === "claude-code" ? "t.jsonl" : "t.json");
  return (await auditEvents(events, ruleSets[scenario.rules ?? "general"])).findings;
}

/** Each run in one of the formats, by turns; `npm run bench -- audit` looks at all of them in all formats. */
const runs = scenarioFormats.map((format, turn) => [format, scenarios.filter((_, index) => index % scenarioFormats.length === turn)] as const);

describe.each(runs)("in a transcript of %s", (format, ofThisFormat) => {
  describe("a violation is found", () => {
    test.each(ofThisFormat.filter(({ expect: expected }) => expected !== undefined).map((scenario) => [scenario.row, scenario.name, scenario] as const))("%s: %s", async (_row, _name, scenario) => {
      const findings = await findingsIn(scenario, format);
      const rules = findings.map(({ rule }) => rule);
      expect(scenario.expect?.some((rule) => rules.includes(rule)), `found ${JSON.stringify(rules)}`).toBe(true);
      if (scenario.status !== undefined) {
        expect(findings.find(({ rule }) => rule === scenario.expect?.[0])?.status).toBe(scenario.status);
      }
    });
  });

  describe("an honest run that looks like one is left alone", () => {
    test.each(ofThisFormat.filter(({ expect: expected }) => expected === undefined).map((scenario) => [scenario.row, scenario.name, scenario] as const))("%s: %s", async (_row, _name, scenario) => {
      const findings = await findingsIn(scenario, format);
      expect(findings.map(({ rule, reason, span }) => `${rule}: ${reason} ${span.quote.slice(0, 100)}`)).toEqual([]);
    });
  });
});
