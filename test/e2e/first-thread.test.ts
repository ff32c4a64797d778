// From an empty window to a submitted session, by clicks and keys alone.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import {
  editSolution,
  isAttempt,
  isBest,
  score,
  seeInstructions,
  seeNewBest,
  seeStartingScore,
  seeWelcome,
  startClock,
  startDemoSession,
  submit,
} from "../../scripts/demo-steps.mjs";
import { scoreLog } from "../../scripts/score-log.mjs";
import { testWithAllExtensions as test } from "./support";

describe("the first thread", () => {
  test("an expert goes from an empty window to a submitted session", async ({ stage }) => {
    const workbench = await stage.openWindow();
    await seeWelcome(workbench);
    const sessionFolder = await startDemoSession(workbench);
    expect(stage.sessionFolders()).toEqual([sessionFolder]);

    const [start] = await seeStartingScore(workbench);
    expect(start?.description).toMatch(/off the clock/);
    await seeInstructions(workbench);

    expect(await startClock(workbench)).toMatch(/left/);

    const solution = await editSolution(workbench);
    expect(readFileSync(join(sessionFolder, "workspace", "prefix_sum.py"), "utf8")).toBe(solution);

    await score(workbench);
    const { rows, statusBar } = await seeNewBest(workbench);
    expect(rows.filter(isBest)).toHaveLength(1);
    expect(rows.map((row) => isAttempt(row, 1))).toEqual([true, false]);
    expect(statusBar).toMatch(/left.*best/);

    const log = scoreLog(rows, sessionFolder);
    expect(log.map((line) => line.attempt)).toEqual(["0", "1"]);
    // By the raw score, of which less is better: on a slow machine both normalise to 0.
    expect(Number(log[1]?.score)).toBeLessThan(Number(log[0]?.score));

    const { question } = await submit(workbench);
    expect(question.buttons).toContain("Submit");
    expect(readFileSync(join(sessionFolder, "session.jsonl"), "utf8")).toMatch(/"session\.submitted"/);
  });
});
