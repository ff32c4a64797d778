import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { analyse, type Analysis, analysisJson, loadStudy, studySchema } from "../../src/analysis";
import { row } from "../support/analysis";
import { commandLine } from "../support/build";
import { random } from "../support/random";
import { temporaryFolder } from "../support/temporary-folder";

function scores(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [commandLine, "scores", ...args], { encoding: "utf8", maxBuffer: 2 ** 28 });
}

/** How bright each pixel of the first rows of an RGBA picture is: PNG (ISO/IEC 15948) without interlacing, its five filters undone. */
function greys(png: Buffer, height: number): { width: number; rows: number[][] } {
  const width = png.readUInt32BE(16);
  const parts: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString("latin1", at + 4, at + 8) === "IDAT") {
      parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
    }
  }
  const data = inflateSync(Buffer.concat(parts));
  const length = 4 * width;
  const rows: number[][] = [];
  let above = Buffer.alloc(length);
  for (let row = 0; row < height; row++) {
    const start = row * (length + 1);
    const line = data.subarray(start + 1, start + 1 + length);
    for (let at = 0; at < length; at++) {
      const left = at < 4 ? 0 : (line[at - 4] ?? 0);
      const up = above[at] ?? 0;
      const corner = at < 4 ? 0 : (above[at - 4] ?? 0);
      const nearest = [left, up, corner].reduce((best, one) => (Math.abs(left + up - corner - one) < Math.abs(left + up - corner - best) ? one : best));
      line[at] = (line[at] ?? 0) + ([0, left, up, Math.floor((left + up) / 2), nearest][data[start] ?? 0] ?? 0);
    }
    rows.push(Array.from({ length: width }, (_, x) => line[4 * x + 1] ?? 0));
    above = line;
  }
  return { width, rows };
}

/** A study of made-up runs: experts with 8 hours, agents with 30 minutes. */
function madeUpStudy(agents: number): string {
  const folder = temporaryFolder();
  const next = random(7);
  const run = (id: string, group: string, limitMinutes: number, attempts: number): string =>
    row({ id, group, limitMinutes, attempts: Array.from({ length: attempts }, () => [next.next().value * limitMinutes, next.next().value < 0.2 ? null : next.next().value] as const) });
  const rows = [...Array.from({ length: 12 }, (_, index) => run(`h${index}`, "human", 480, 12)), ...Array.from({ length: agents }, (_, index) => run(`a${index}`, "bot", 30, 8))];
  writeFileSync(join(folder, "runs.jsonl"), rows.join("\n"));
  writeFileSync(join(folder, "study.json"), JSON.stringify({ format: 1, title: "Made up", sources: [{ path: "runs.jsonl" }], tasks: { t: { start: 0, reference: 1 } }, groups: { Experts: { kind: "expert", names: ["human"] } } }));
  return folder;
}

describe("baseliner scores", () => {
  test("prints a study's figures as text, CSV and JSON, and draws them", () => {
    const folder = madeUpStudy(20);
    const chart = join(folder, "out.svg");
    const text = scores(folder, "--chart", chart);
    expect(text).toMatchObject({ status: 0, stderr: "" });
    expect(text.stdout).toMatch(/Experts · 8 h +12 +0\.\d{3} \[0\.\d{3}, 0\.\d{3}\]/);
    expect(text.stdout).toContain("32 × run: its attempts were not in the order of their times and were put so");
    expect(readFileSync(chart, "utf8")).toMatch(/^<svg [\s\S]*bot · 30 min[\s\S]*<\/svg>\n$/);
    expect(scores("--study", join(folder, "study.json"), "--format", "csv").stdout).toMatch(/^task,tasks,group,/);
    expect((JSON.parse(scores(folder, "--format", "json").stdout) as { runs: unknown[] }).runs).toHaveLength(32);
  });

  test("draws a PNG, lines and text, on a machine without fonts", () => {
    const folder = madeUpStudy(5);
    const chart = join(folder, "out.png");
    expect(spawnSync(process.execPath, [commandLine, "scores", folder, "--chart", chart], { encoding: "utf8", env: { PATH: process.env["PATH"], HOME: folder, FONTCONFIG_FILE: "/dev/null" } })).toMatchObject({ status: 0, stderr: "" });
    const { width, rows } = greys(readFileSync(chart), 160);
    expect(width).toBe(2480);
    // The title stands alone above the charts: what is dark there is text.
    const dark = rows.slice(0, 50).map((row) => row.filter((grey) => grey < 128).length);
    expect(dark.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(300);
    expect(rows.slice(110).some((row) => row.filter((grey) => grey < 250).length > 1000)).toBe(true);
  });

  test("comes to the same figures with workers as without", async () => {
    const folder = madeUpStudy(4200);
    const file = studySchema.parse(JSON.parse(readFileSync(join(folder, "study.json"), "utf8")));
    const study = await loadStudy({ ...file, sources: [{ path: join(folder, "runs.jsonl") }] }, [], { cache: folder });
    let jobs = 0;
    const withWorkers = await analyse(study, { worker: join(dirname(commandLine), "analysis-worker.js"), progress: () => jobs++ });
    expect(jobs).toBe(1);
    const json = (analysis: Analysis): string => Array.from(analysisJson(analysis)).join("");
    expect(json(withWorkers) === json(await analyse(study))).toBe(true);
  });

  test("says in one line what it cannot use", () => {
    const folder = temporaryFolder();
    expect(scores(folder)).toMatchObject({ status: 2, stdout: "", stderr: "baseliner: There is no run to compare: no file was named.\n" });
    expect(scores(join(folder, "none"))).toMatchObject({ status: 2, stderr: expect.stringMatching(/^baseliner: There is no run to compare: .*none: it cannot be read: it does not exist\.\n$/) as string });
    expect(scores("--study", join(folder, "none.json"))).toMatchObject({ status: 2 });
    expect(scores(folder, "--format", "xml")).toMatchObject({ status: 2, stderr: "baseliner: unknown format: xml (text, json or csv)\n" });
    expect(scores(folder, "--chart", "out.pdf").stderr).toMatch(/^baseliner: charts are SVG or PNG/);
    expect(scores()).toMatchObject({ status: 2 });
  });
});
