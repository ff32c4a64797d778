import { describe, expect, test } from "vitest";
import { checkReport } from "../../../src/editor/tasks/check-report";
import { changedSince, type KeptResult, TaskResults } from "../../../src/editor/tasks/task-results";
import { profileOf, taskSchema, type TaskVersions } from "../../../src/tasks";
import { taskJson } from "../../support/task-folder";

const task = taskSchema().parse(taskJson({ title: "A *sample* [task](command:evil)" }));
const versions: TaskVersions = { "task.json": "1", instructions: "1", rules: "1", scoring: "1", protected: "1", workspace: "1", reference: "1", exploits: "1" };

function result(changes: Partial<KeptResult> = {}): KeptResult {
  return { at: 0, durationMs: 61_000, versions, scorings: [], reference: [], lines: [], ...changes };
}

const report = (kept: KeptResult, changed: string[] = []): string =>
  checkReport({ task, profileName: "cpu", profile: profileOf({ folder: "", task }, "cpu"), result: kept, changed, finished: "today", linkTo: ({ file, line }) => `../${file}#L${line}` });

describe("the report of a check", () => {
  test("begins with what is to be mended, the worst first, with a link to the line", () => {
    const text = report(
      result({
        lines: [
          { section: "files", level: "ok", subject: "task.json", text: "follows the schema" },
          { section: "files", level: "warning", subject: "instructions", text: "no limit", place: { file: "instructions.md", line: 3 } },
          { section: "exploits", level: "failed", subject: "a forged result", text: "gains", mend: "Close it.", place: { file: "exploits/exploits.json", line: 4 } },
        ],
      }),
    );
    expect(text).toContain("**1 failed, 1 warning.** 1 thing holds.");
    const [failed, warning] = [text.indexOf("- **✗ a forged result"), text.indexOf("- **⚠ instructions")];
    expect(failed).toBeGreaterThan(text.indexOf("## To mend"));
    expect(warning).toBeGreaterThan(failed);
    expect(text).toContain("(../exploits/exploits.json#L4)");
    expect(text).toContain("took 1 min 1 s");
    expect(text).toContain("| ✓ holds | task\\.json | follows the schema |");
  });

  test("has the scores with their noise as a share of the way from start to reference", () => {
    const scoring = (score: number, peakMemoryBytes: number) => ({ score, invalid: "", durationMs: 1500, peakMemoryBytes });
    const text = report(result({ scorings: [scoring(10, 1e8), scoring(9.6, 3e8)], reference: [scoring(2, 2e8)] }));
    expect(text).toContain("| start | 9.8 | 10 | 0.02 | 5.0 % | 1.5 s | 300 MB | 2 |");
    expect(text).toContain("| reference | 2 | 2 | 1.00 | – | 1.5 s | 200 MB | 1 |");
  });

  test("makes nothing of Markdown that a task or a solution says, and keeps to its table", () => {
    const text = report(result({ lines: [{ section: "solutions", level: "failed", subject: "a | b", text: "<img src=x>\n# [click](command:evil) `code`" }] }));
    expect(text).not.toMatch(/(?<!\\)\[(click|task)|(?<!\\)<img|^# \[/m);
    expect(text).toContain("a \\| b");
  });

  test("says that it is out of date, and of what", () => {
    expect(report(result(), ["scoring", "rules"])).toContain("Changed since this check: scoring, rules.");
  });
});

describe("kept results", () => {
  test("are out of date by what they depend on alone", () => {
    const now = { ...versions, reference: "2", instructions: "2" };
    expect([changedSince("start", result(), now), changedSince("reference", result(), now), changedSince("check", result(), now)]).toEqual([[], ["reference"], ["instructions", "reference"]]);
  });

  test("are kept by folder and profile, and nothing is made of what cannot be read", async () => {
    const kept = new Map<string, unknown>();
    const storage = { get: (key: string) => kept.get(key), update: (key: string, value: unknown) => Promise.resolve(void kept.set(key, JSON.parse(JSON.stringify(value)))) };
    const results = new TaskResults(storage);
    await results.keep("/a", "cpu", { start: result({ at: 1 }) });
    await results.keep("/a", "cpu", { check: result({ at: 2 }) });
    await results.keep("/a", "h100", { start: result({ at: 3 }) });
    expect([results.of("/a", "cpu").start?.at, results.of("/a", "cpu").check?.at, results.of("/a", "h100").start?.at, results.of("/b", "cpu")]).toEqual([1, 2, 3, {}]);
    kept.set("baseliner.taskResults", { "cpu /a": { start: { at: "yesterday" } } });
    expect(results.of("/a", "cpu")).toEqual({});
  });
});
