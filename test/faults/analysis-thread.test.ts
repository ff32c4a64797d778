import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { AnalysisThread } from "../../src/editor/analysis-thread";
import { row } from "../support/analysis";
import { commandLine } from "../support/build";
import { writeLargeStudy } from "../support/large-study";
import { temporaryFolder } from "../support/temporary-folder";

const programs = dirname(commandLine);
const open = async (path: string, signal = new AbortController().signal, progress: Parameters<typeof AnalysisThread.open>[2]["progress"] = () => undefined) => await AnalysisThread.open(path, programs, { signal, progress });

describe("a study in a thread of its own", () => {
  test("answers what the panel asks, from a table of CSV as from lines of JSON, and writes the exports", async () => {
    const folder = temporaryFolder();
    const texts: string[] = [];
    for (const format of ["jsonl", "csv"] as const) {
      const thread = await open(writeLargeStudy(join(folder, format), 60, 4, format));
      try {
        expect((await thread.charts("task-2")).task).toBe("task-2");
        expect((await thread.charts("no such task")).task).toBe("");
        const { rows } = await thread.runs("", "run-000007", 0);
        const place = await thread.placeOf(rows[0]?.run ?? -1, undefined);
        expect(readFileSync(place?.path ?? "", "utf8").split("\n")[(place?.line ?? 0) - 1]).toContain("run-000007");
        expect(await thread.placeOf(1e6, undefined)).toBeUndefined();
        const made = (kind: "csv" | "json" | "svg"): string => join(folder, `${format}-out.${kind}`);
        await Promise.all((["csv", "json", "svg"] as const).map(async (kind) => await thread.export(kind, made(kind))));
        expect(readFileSync(made("svg"), "utf8")).toMatch(/^<svg [^]*<\/svg>\n$/);
        expect((JSON.parse(readFileSync(made("json"), "utf8")) as { runs: unknown[] }).runs).toHaveLength(60);
        texts.push(readFileSync(made("csv"), "utf8"));
        await expect(thread.export("csv", join(folder, "none", "out.csv"))).rejects.toThrow(/ENOENT/);
      } finally {
        await thread.close();
      }
      await expect(thread.view()).rejects.toThrow("The study was closed.");
    }
    expect(texts[0]).toBe(texts[1]);
  });

  test("ends when it is cancelled while it reads", async () => {
    const folder = temporaryFolder();
    const path = writeLargeStudy(folder, 3000, 20, "jsonl");
    const cancelling = new AbortController();
    let told = 0;
    await expect(
      open(path, cancelling.signal, () => {
        told++;
        cancelling.abort();
      }),
    ).rejects.toMatchObject({ reason: "cancelled" });
    expect(told).toBeGreaterThan(0);
    await expect(open(path, AbortSignal.abort())).rejects.toMatchObject({ reason: "cancelled" });
  });

  test("says in one sentence why there is nothing to show", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "runs.jsonl"), row({ id: "a", score: null }));
    await expect(open(join(folder, "runs.jsonl"))).rejects.toThrow(/^There is no run to compare: .*line 1: it has no score\.$/);
  });
});
