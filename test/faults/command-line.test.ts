import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { commandLine } from "../support/build";
import { plainScorer } from "../support/session";
import { taskJson, writeTask } from "../support/task-folder";
import { temporaryFolder } from "../support/temporary-folder";

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function baseliner(args: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): Ended {
  return spawnSync(process.execPath, [commandLine, ...args], { encoding: "utf8", ...options });
}

function sampleTask(scorer = plainScorer): { task: string; sessions: string } {
  const folder = temporaryFolder();
  return { task: writeTask(join(folder, "task"), scorer), sessions: join(folder, "sessions") };
}

/** The one session in a folder of sessions. */
function onlySession(sessions: string): string {
  const [name = "", ...more] = readdirSync(sessions);
  expect(more).toEqual([]);
  return join(sessions, name);
}

/** A folder with a link to one program alone, to be the PATH. */
function pathWithOnly(name: string, program: string): string {
  const folder = temporaryFolder();
  symlinkSync(program, join(folder, name));
  return folder;
}

const printed = (program: string, ...args: string[]): string => execFileSync(program, args, { encoding: "utf8" }).trim();

describe("the command line", () => {
  test("carries a session from its start to a verified submission", () => {
    const { task, sessions } = sampleTask();
    const assignment = join(dirname(task), "one.assignment.json");
    writeFileSync(assignment, JSON.stringify({ task: "task", participant: "p-07", timeLimitMinutes: 60 }));
    const started = baseliner(["session", "start", assignment, "--sessions", sessions]).stdout;
    const root = onlySession(sessions);
    expect(started).toMatch(/Attempt 0: 10\.0 {2}normalised 0\.00/);
    expect(started).toContain(`Instructions      ${join(root, "box", "instructions.md")}\nWorkspace         ${join(root, "workspace")}: `);
    expect(started).toMatch(/Begin with +baseliner session clock start, in that folder\n$/);
    const cwd = join(root, "workspace");
    expect(baseliner(["session", "clock", "start"], { cwd }).stdout).toMatch(/Clock running, (0:59|1:00) left of 1:00/);
    writeFileSync(join(cwd, "solution.py"), "value = 6\n");
    expect(baseliner(["session", "score"], { cwd }).stdout).toMatch(/Attempt 1: 6\.00 {2}normalised 0\.50 {2}best \+0\.50/);
    const status = JSON.parse(baseliner(["session", "status", "--json"], { cwd }).stdout) as { best: number; attempts: unknown[] };
    expect(status).toMatchObject({ best: 1, attempts: [{ outcome: { score: 10 } }, { outcome: { score: 6 } }] });
    expect(baseliner(["session", "submit"], { cwd }).stdout).toContain("attempt 1 is the result");
    expect(baseliner(["session", "verify"], { cwd })).toMatchObject({ status: 0, stdout: expect.stringMatching(/^valid: /) as string });
    expect(baseliner(["session", "score"], { cwd })).toMatchObject({ status: 2, stderr: "baseliner: This session was submitted; it can only be read.\n" });
  });

  test("finds output that was changed after it was recorded", () => {
    const { task, sessions } = sampleTask();
    baseliner(["session", "start", task, "--sessions", sessions]);
    const root = onlySession(sessions);
    writeFileSync(join(root, "attempts", "0", "result.json"), '{"score": 1}');
    expect(baseliner(["session", "verify", root])).toMatchObject({ status: 1, stdout: expect.stringContaining("result.json was changed") as string });
  });

  test.each([
    ["an unknown command", ["session", "dance"]],
    ["an unknown option", ["session", "status", "--loud"]],
    ["no session", ["session", "status", "/"]],
    ["an assignment that is not there", ["session", "start", "nowhere.json"]],
    ["no task", ["session", "start"]],
    ["a wrong number of repeats", ["task", "check", ".", "--repeats", "often"]],
  ])("answers %s with one line and status 2", (_name, args) => {
    const { status, stdout, stderr } = baseliner(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^baseliner: [^\n]+\n$/);
  });

  test("tells every problem of a task.json with its path and reason, and starts nothing", () => {
    const { task, sessions } = sampleTask();
    writeFileSync(join(task, "task.json"), JSON.stringify(taskJson({ version: "one", timeLimitMinutes: -5 })));
    const checked = baseliner(["task", "check", task]);
    expect(checked.status).toBe(1);
    expect(checked.stdout).toMatch(/failed {3}task\.json:1: task\.json: version: .*\nfailed {3}task\.json:1: task\.json: timeLimitMinutes: .*/);
    const started = baseliner(["session", "start", task, "--sessions", sessions]);
    expect(started).toMatchObject({ status: 2, stderr: expect.stringContaining("version: must be a version such as 1.0.0 (and 1 more)") as string });
  });

  test("checks a task by scoring its start and its reference", () => {
    const { task } = sampleTask();
    writeFileSync(join(task, "task.json"), JSON.stringify(taskJson({ reference: "reference" })));
    mkdirSync(join(task, "reference"));
    writeFileSync(join(task, "reference", "solution.py"), "value = 2\n");
    // Broken solutions bring this scorer down, so it fails the check all the same.
    expect(baseliner(["task", "check", task, "--repeats", "2"])).toMatchObject({ status: 1, stdout: expect.stringContaining("the reference is better") as string });
    writeFileSync(join(task, "reference", "solution.py"), "value = 12\n");
    expect(baseliner(["task", "check", task])).toMatchObject({ status: 1, stdout: expect.stringContaining("the reference is not better") as string });
  });
});

describe("a computer without", () => {
  test("python3 keeps the attempt and says what is missing", () => {
    const { task, sessions } = sampleTask();
    const env = { PATH: pathWithOnly("git", printed("sh", "-c", "command -v git")), HOME: temporaryFolder() };
    expect(baseliner(["session", "start", task, "--sessions", sessions], { env })).toMatchObject({
      status: 1,
      stdout: expect.stringContaining("Attempt 0: invalid: The scoring command did not start: python3 is not installed or not on the PATH.") as string,
    });
    expect(baseliner(["session", "verify", onlySession(sessions)]).status).toBe(0);
  });

  test("git scores all the same and says that no snapshots are kept", () => {
    const { task, sessions } = sampleTask();
    const env = { PATH: pathWithOnly("python3", printed("python3", "-c", "import sys; print(sys.executable)")), HOME: process.env["HOME"] };
    const { status, stderr } = baseliner(["session", "start", task, "--sessions", sessions], { env });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "baseliner: git is not installed, so no snapshots of the workspace are kept.\n" });
  });
});
