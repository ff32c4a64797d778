import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { auditEvents, generalRuleSet } from "../../../src/audit";
import { hasRealTranscripts, readTranscript, realTranscripts } from "../../support/transcripts";

const files = hasRealTranscripts ? readdirSync(realTranscripts, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile() && entry.name !== "SOURCES.md").map((entry) => join(entry.parentPath, entry.name)) : [];

/** Real runs of agents on other tasks, looked at by hand: nobody cheats in them. */
describe("a real transcript of an honest run gives no finding", () => {
  test.skipIf(!hasRealTranscripts).each(files.map((file) => [file.slice(realTranscripts.length + 1), file]))("%s", async (_name, file) => {
    const { events } = await readTranscript(file);
    const { findings } = await auditEvents(events, generalRuleSet());
    expect(findings.map(({ rule, reason, span }) => `${rule}: ${reason} ${span.quote}`)).toEqual([]);
  });

  test("real transcripts are there, or none is", () => {
    expect(files.length > 0).toBe(hasRealTranscripts);
  });
});
