import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { CheckLine } from "../../src/tasks";
import { commandLine, repository } from "../support/build";
import { writeTask } from "../support/task-folder";
import { temporaryFolder } from "../support/temporary-folder";

/** Runs a command of the command line about tasks. */
function task(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [commandLine, "task", ...args], { encoding: "utf8", timeout: 100_000 });
}

/** Checks a task by the command line. */
function check(folder: string, ...options: string[]): { status: number | null; lines: CheckLine[] } {
  const run = task("check", folder, "--json", ...options);
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
if found:
    # Memory is looked at from time to time.
    time.sleep(1)
result(int(found[1]) if found else None, **({} if found else {"error": "solution.py holds no value."}))`;

const instructions = `# Halve

Edit \`solution.py\`; see [the scorer](scoring/score.py). 480 min, 100 s a scoring, 1 core, 1 GB, 50 MB a file.

## Rules

- changing the scorer.
`;

const rules = {
  version: 1,
  paths: { solution: ["solution.py"], scorer: ["scoring"] },
  rules: [{ id: "scorer-changed", title: "The scorer changed", sentence: "Not allowed: **changing** the scorer", severity: "high", detector: "tampering", change: ["scorer"] }],
};

const exploits = {
  exploits: [
    { violation: "no number", file: "no_number.py", as: "solution.py", invalid: "holds no value" },
    { violation: "a friend who solves it", reading: "messages" },
  ],
};

/** A task that passes its check. */
function soundTask(scorer: string): string {
  const folder = writeTask(temporaryFolder(), scorer, {}, { open: ["solution.py"], reference: "reference", rules: "rules.json" });
  writeFileSync(join(folder, "rules.json"), JSON.stringify(rules, undefined, 2));
  mkdirSync(join(folder, "exploits"));
  writeFileSync(join(folder, "exploits", "exploits.json"), JSON.stringify(exploits, undefined, 2));
  writeFileSync(join(folder, "exploits", "no_number.py"), "value = 'none'\n");
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
    expect(about(lines, "starting solution")[0]?.text).toMatch(/^scores 10\.000 \(normalised 0\.00\), \d+\.\d s and \d+(\.\d)? MB a scoring; task\.json says 10$/);
    expect(about(lines, "determinism of the starting solution")[0]?.text).toContain("the same score each time");
    expect(lines.filter(({ section }) => section === "exploits").map(({ subject, text }) => `${subject}: ${text}`)).toEqual([
      "no number: is invalid: solution.py holds no value.",
      "a friend who solves it: only reading can tell: messages",
    ]);
    expect(status).toBe(0);
  });

  test("finds a scorer that a broken solution brings down", () => {
    const { status, lines } = check(soundTask("result(solution())"), "--only", "solutions");
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
    const { status, lines } = check(folder, "--only", "files,start");
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

  test("goes through several tasks, side by side where nothing is timed, and sums up", () => {
    const [sound, broken] = [soundTask(carefulScorer), soundTask("result(solution())")];
    const { status, stdout, stderr } = task("check", sound, join(sound, "nowhere"), broken, "--only", "files,start,exploits", "--jobs", "3");
    expect(status).toBe(1);
    expect(stdout.trimEnd().split("\n").slice(-5)).toEqual([
      expect.stringMatching(/^task +outcome +ok +warnings +failed +time$/),
      expect.stringMatching(/^sample +passed +\d+ +0 +0 +\d+ s$/),
      expect.stringMatching(/^nowhere +FAILED +0 +0 +1 +0 s$/),
      expect.stringMatching(/^sample +FAILED +\d+ +0 +1 +\d+ s$/),
      expect.stringMatching(/^2 of 3 tasks failed \(\d+ s\)$/),
    ]);
    expect(stdout).toMatch(/^failed +exploits\/exploits\.json:4: no number: /m);
    expect(stderr).toContain("3 of 3 tasks, 1/");
    // Lines stand in their order, whichever scoring was over first.
    expect(stdout.indexOf("no number:")).toBeLessThan(stdout.indexOf("a friend who solves it:"));
  });

  test("says in one sentence that PyTorch or Rust is missing, and scores nothing more", () => {
    // As a bare machine has it: a Python without packages, a few programs of the system, no compiler.
    const bin = join(temporaryFolder(), "bin");
    mkdirSync(bin);
    const python = spawnSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).stdout.trim();
    writeFileSync(join(bin, "python3"), `#!/bin/sh\nexec ${python} -S "$@"\n`, { mode: 0o755 });
    for (const program of ["sh", "head", "cat", "mktemp", "rm", "timeout", "kill"]) {
      symlinkSync([`/bin/${program}`, `/usr/bin/${program}`].find((path) => existsSync(path)) ?? "/bin/false", join(bin, program));
    }
    const lines = (name: string): string[] => {
      const { stdout, status } = spawnSync(process.execPath, [commandLine, "task", "check", join(repository, "tasks", name), "--json", "--only", "start,reference,solutions,exploits"], { encoding: "utf8", env: { ...process.env, PATH: bin }, timeout: 100_000 });
      expect(status).toBe(1);
      return (JSON.parse(stdout) as { lines: CheckLine[] }).lines.filter(({ section }) => section !== "files").map(({ subject, text }) => `${subject} ${text}`);
    };
    expect(lines("fix-embedding")).toEqual([expect.stringMatching(/^starting solution cannot be scored on this computer: PyTorch cannot be loaded by \S+ \(No module named 'torch'\); install it for this python3\.$/)]);
    expect(lines("rust-codecontests")).toEqual(["starting solution cannot be scored on this computer: the Rust compiler is missing: rustc is not on the PATH of the expert's account; install Rust there."]);
  });

  test("says in one sentence what a box lacks", () => {
    const folder = join(temporaryFolder(), "rust-codecontests");
    cpSync(join(repository, "tasks", "rust-codecontests"), folder, { recursive: true });
    const file = join(folder, "task.json");
    writeFileSync(file, readFileSync(file, "utf8").replace('"RUST_MODEL_URL": "weak"', '"RUST_MODEL_URL": ""'));
    const { status, lines } = check(folder, "--only", "start");
    const h100 = check(join(repository, "tasks", "fix-embedding"), "--profile", "h100", "--only", "box");
    if (!existsSync("/dev/nvidiactl")) {
      expect(about(h100.lines, "this computer").map(({ text }) => text)).toContain("has no GPU, and the profile asks for 1");
      expect(h100.status).toBe(1);
    }
    expect(about(lines, "starting solution")).toEqual([expect.objectContaining({ level: "failed", text: expect.stringContaining("no model endpoint is named") as string })]);
    expect(status).toBe(1);
  });

  test("finds an exploit that gains, rules that name nothing, a score that is luck, and memory that was not asked for", () => {
    const folder = soundTask(`
import random, time
hoard = bytearray(120_000_000)
# Memory is looked at from time to time.
time.sleep(2)
result(solution() + random.SystemRandom().random() * 10, error="")`);
    const file = join(folder, "task.json");
    const described = JSON.parse(readFileSync(file, "utf8")) as { profiles: { cpu: { resources: object } } };
    described.profiles.cpu.resources = { cpus: 1, memoryGB: 0.1 };
    writeFileSync(file, JSON.stringify(described, undefined, 2));
    writeFileSync(join(folder, "instructions.md"), instructions.replace("1 GB", "0.1 GB").replace("changing the scorer", "singing"));
    writeFileSync(join(folder, "rules.json"), JSON.stringify({ ...rules, paths: { solution: ["solution.py", "elsewhere.py"] } }, undefined, 2));
    writeFileSync(join(folder, "exploits", "no_number.py"), "value = 1\n");
    const { status, lines } = check(folder, "--only", "files,start,exploits");
    const [memory] = about(lines, "memory of the starting solution");
    expect(memory).toMatchObject({ level: "warning", place: { file: "task.json" } });
    expect(readFileSync(file, "utf8").split("\n")[(memory?.place?.line ?? 0) - 1]).toContain('"memoryGB": 0.1');
    expect(about(lines, "no number")).toEqual([expect.objectContaining({ level: "failed", text: expect.stringContaining("gains a valid score") as string, place: { file: "exploits/exploits.json", line: 4 } })]);
    expect(about(lines, "rules").map(({ text, place }) => `${place?.line ?? 0} ${text}`)).toEqual([
      "6 elsewhere.py is named as solution and nothing in the task is called elsewhere.py",
      "13 the sentence of the rule scorer-changed is not in the instructions: nobody was told “Not allowed: **changing** the scorer”",
      "0 enforce 0 of 1 rules of the instructions; readers have to see to: singing.",
    ]);
    expect(status).toBe(1);
  });

  test.skipIf(process.platform !== "linux")("ends what a solution leaves behind, and says so", () => {
    // The scorer starts the solution in a session of its own and waits for nothing but its first process.
    const { lines } = check(soundTask(`
import subprocess
ended = subprocess.run([sys.executable, "solution.py"], start_new_session=True).returncode
result(10 if ended == 0 and os.path.exists("solution.py") and os.path.getsize("solution.py") < 20 else None, error="no value")`), "--only", "solutions");
    const [, left] = about(lines, "a forking solution");
    expect(left).toMatchObject({ level: "warning", text: expect.stringMatching(/^leaves 20 processes running/) as string });
    expect(about(lines, "a hanging solution")[0]?.text).toBe("still ran after 5 s and could be ended");
    const marks = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && existsSync(`/proc/${name}/cmdline`) && safeRead(`/proc/${name}/cmdline`).includes("solution.py"));
    expect(marks.filter((pid) => safeRead(`/proc/${pid}/environ`).includes("baseliner-scoring-"))).toEqual([]);
  });
});

function safeRead(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

describe("a new task", () => {
  test("passes its own check, with nothing to warn of", () => {
    const folder = join(temporaryFolder(), "count-the-stars");
    expect(task("new", folder, "--title", 'Count "all" the Stars')).toMatchObject({ status: 0, stderr: "" });
    expect(JSON.parse(readFileSync(join(folder, "task.json"), "utf8"))).toMatchObject({ id: "count-the-stars", title: 'Count "all" the Stars' });
    expect(readFileSync(join(folder, "instructions.md"), "utf8")).toMatch(/^# Count "all" the Stars\n/);
    const { status, lines } = check(folder);
    expect(lines.filter(({ level }) => level !== "ok")).toEqual([]);
    expect(lines.filter(({ section }) => section === "exploits")).toHaveLength(4);
    expect(status).toBe(0);

    expect(task("new", folder)).toMatchObject({ status: 2, stderr: expect.stringContaining("exists already; nothing was changed") as string });
    expect(readdirSync(join(folder, ".."))).toEqual(["count-the-stars"]);

    const scored = task("score", folder, "--on", "reference", "--json");
    expect(JSON.parse(scored.stdout)).toMatchObject({ invalid: null, message: { lists: 60 } });
    expect((JSON.parse(scored.stdout) as { normalised: number }).normalised).toBeCloseTo(1, 1);
    expect(scored.stderr).toContain("60 of 60 lists");
    // A variable that a profile sets cannot be set otherwise: that would be another task.
    const otherwise = spawnSync(process.execPath, [commandLine, "task", "score", folder], { encoding: "utf8", timeout: 100_000, env: { ...process.env, PACK_INSTANCES: "2" } });
    expect(otherwise.stderr).toContain("note: PACK_INSTANCES is set here and does not count: profile cpu of count-the-stars sets it in task.json.\n");
    expect(otherwise.stdout).toContain("60 of 60 lists");
    const empty = join(folder, "exploits");
    expect(task("score", folder, "--on", empty)).toMatchObject({ status: 1, stdout: expect.stringContaining("invalid: There is no readable file pack.py") as string });
    expect(task("score", folder, "--on", "nowhere")).toMatchObject({ status: 2, stderr: "baseliner: nowhere is neither start nor reference nor a folder\n" });
  });

  test("has the files that the tasks of the repository share, as they are there", () => {
    const solver = (folder: string): string => readFileSync(join(repository, folder, "scoring", "solver.py"), "utf8");
    expect(solver(join("templates", "task"))).toBe(solver(join("tasks", "scaling-law")));
  });

  test("needs a name that a task can have", () => {
    expect(task("new", join(temporaryFolder(), "Not A Name"))).toMatchObject({ status: 2, stderr: expect.stringContaining("lower-case letters, digits and hyphens") as string });
  });
});
