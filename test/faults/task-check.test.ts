import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { CheckLine } from "../../src/tasks";
import { commandLine, repository } from "../support/build";
import { writeTask } from "../support/task-folder";
import { temporaryFolder } from "../support/temporary-folder";

/** Checks a task by the command line. */
function check(folder: string): { status: number | null; lines: CheckLine[] } {
  const run = spawnSync(process.execPath, [commandLine, "task", "check", folder, "--json"], { encoding: "utf8", timeout: 100_000 });
  return { status: run.status, lines: (JSON.parse(run.stdout) as { lines: CheckLine[] }).lines };
}

function about(lines: readonly CheckLine[], subject: string): CheckLine[] {
  return lines.filter((line) => line.subject === subject);
}

/** Reads the solution as text, and says what is wrong with it. */
const carefulScorer = `
import re
try:
    found = re.fullmatch(r"value = (\\d+)\\n", open("solution.py").read(100))
except (OSError, UnicodeDecodeError):
    found = None
result(int(found[1]) if found else None, **({} if found else {"error": "solution.py holds no value."}))`;

const instructions = `# Halve

Edit \`solution.py\`; see [the scorer](scoring/score.py). 480 min, 1 core, 1 GB, 50 MB a file.

## Rules

- None.
`;

function soundTask(scorer: string): string {
  const folder = writeTask(temporaryFolder(), scorer, {}, { open: ["solution.py"], reference: "reference" });
  writeFileSync(join(folder, "instructions.md"), instructions);
  mkdirSync(join(folder, "reference"));
  writeFileSync(join(folder, "reference", "solution.py"), "value = 2\n");
  return folder;
}

describe("checking a task", () => {
  test("finds nothing wrong with one that is sound", () => {
    const { status, lines } = check(soundTask(carefulScorer));
    expect(lines.filter(({ level }) => level !== "ok")).toEqual([]);
    expect(about(lines, "a missing solution")[0]?.text).toContain("solution.py holds no value");
    expect(status).toBe(0);
  });

  test("finds a scorer that a broken solution brings down", () => {
    const { status, lines } = check(soundTask("result(solution())"));
    expect(about(lines, "a crashing solution")).toEqual([expect.objectContaining({ level: "failed", text: expect.stringContaining("SIGSEGV") as string })]);
    expect(about(lines, "a missing solution")[0]?.level).toBe("failed");
    expect(status).toBe(1);
  });

  test("points at the constant that does not hold, at what the instructions lack, and at a reference in reach", () => {
    const folder = soundTask(carefulScorer);
    const task = join(folder, "task.json");
    writeFileSync(task, JSON.stringify({ ...(JSON.parse(readFileSync(task, "utf8")) as object), profiles: { cpu: { resources: { cpus: 1, memoryGB: 7 }, start: 20, reference: 2 } } }, null, 2));
    writeFileSync(join(folder, "instructions.md"), instructions.replace("scoring/score.py", "elsewhere.md").replace("## Rules", "## Good luck"));
    copyFileSync(join(folder, "reference", "solution.py"), join(folder, "scoring", "example.py"));
    const { status, lines } = check(folder);
    const [start] = about(lines, "starting solution");
    expect(start).toMatchObject({ level: "warning", place: { file: "task.json" } });
    expect(readFileSync(task, "utf8").split("\n")[(start?.place?.line ?? 0) - 1]).toContain('"start": 20');
    expect(about(lines, "instructions").map(({ text, place }) => `${place?.line ?? 0} ${text}`)).toEqual([
      "3 the link to elsewhere.md leads nowhere",
      "1 there is no section Rules with a list of them",
      "1 the memory of profile cpu in task.json is not mentioned",
    ]);
    expect(about(lines, "reference out of reach")).toEqual([expect.objectContaining({ level: "failed", place: { file: "scoring/example.py", line: 1 } })]);
    expect(status).toBe(1);
  });

  test("points at the line of a task.json that is none", () => {
    const folder = soundTask(carefulScorer);
    writeFileSync(join(folder, "task.json"), '{\n  "id": "sample",\n  "version": "one"\n}\n');
    const { status, lines } = check(folder);
    expect(lines.find(({ text }) => text.startsWith("version"))?.place).toEqual({ file: "task.json", line: 3 });
    expect(status).toBe(1);
  });

  test("says in one sentence what a box lacks", () => {
    const folder = join(temporaryFolder(), "rust-codecontests");
    cpSync(join(repository, "tasks", "rust-codecontests"), folder, { recursive: true });
    const file = join(folder, "task.json");
    writeFileSync(file, readFileSync(file, "utf8").replace('"RUST_MODEL_URL": "weak"', '"RUST_MODEL_URL": ""'));
    const { status, lines } = check(folder);
    expect(about(lines, "starting solution")).toEqual([expect.objectContaining({ level: "failed", text: expect.stringContaining("no model endpoint is named") as string })]);
    expect(status).toBe(1);
  });
});
