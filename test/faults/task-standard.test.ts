// Families in the shape of the METR Task Standard, which name /home/agent and /protected as real ones do, become tasks.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { commandLine, repository } from "../support/build";
import { openFolder, ProtectedBox, whyNoAccounts } from "../support/protected-box";
import { temporaryFolder } from "../support/temporary-folder";

const families = join(repository, "test", "fixtures", "task-standard");
const hasYaml = spawnSync("python3", ["-c", "import yaml"]).status === 0;
// A view of its own of the file system is Linux's; some containers refuse it.
const canShow = process.platform === "linux" && spawnSync("python3", ["-c", "import ctypes, os; l = ctypes.CDLL(None); raise SystemExit(l.unshare(0x20000 | (0x10000000 if os.geteuid() else 0)) != 0)"]).status === 0;

function task(args: string[], environment: Record<string, string> = { GUESS_KEY: "a secret" }): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [commandLine, "task", ...args], { encoding: "utf8", timeout: 100_000, env: { ...process.env, ...environment } });
}

interface Scored {
  readonly score: number | null;
  readonly message: Record<string, unknown>;
  readonly invalid: string | null;
}

/** Scores a workspace with these files in it by the command of the task alone, which says all that a scoring comes to. */
function scoreFiles(folder: string, files: Readonly<Record<string, string>>, environment: Record<string, string>): Scored & { output: string } {
  const place = temporaryFolder();
  const [workspace, result] = [join(place, "workspace"), join(place, "result.json")];
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(workspace, path, ".."), { recursive: true });
    writeFileSync(join(workspace, path), content);
  }
  const { scoring, profiles } = JSON.parse(readFileSync(join(folder, "task.json"), "utf8")) as Described;
  const [program = "", ...words] = scoring.command.map((word) => word.replace("${task}", folder));
  const { stdout, stderr } = spawnSync(program, words, { cwd: workspace, encoding: "utf8", timeout: 100_000, env: { ...process.env, ...Object.values(profiles)[0]?.env, ...environment, BASELINER_RESULT: result } });
  const { score: found, message } = JSON.parse(readFileSync(result, "utf8")) as Scored;
  return { score: found, message, invalid: found === null ? String(message["error"]) : null, output: stdout + stderr };
}

interface Described {
  readonly scoring: { readonly command: readonly string[] };
  readonly profiles: Readonly<Record<string, { readonly env: Record<string, string> }>>;
}

/** Scores a workspace with one file in it. */
function score(folder: string, file: string, text: string, environment: Record<string, string> = { GUESS_KEY: "a secret" }): Scored & { output: string } {
  return scoreFiles(folder, { [file]: text }, environment);
}

describe.skipIf(!canShow)("a family of the Task Standard", () => {
  test.skipIf(!hasYaml)("becomes a task, unchanged, and is asked for scores by the scoring contract", () => {
    const folder = join(temporaryFolder(), "guess-near");
    const made = task(["import", join(families, "guess_number"), "--task", "near", "--to", folder, "--reference", "0.5", "--json"]);
    expect(JSON.parse(made.stdout)).toEqual({ task: folder, remarks: ["A scoring needs GUESS_KEY in its environment; they are not written into task.json, which experts read."] });
    const description = JSON.parse(readFileSync(join(folder, "task.json"), "utf8")) as unknown;
    expect(description).toMatchObject({
      id: "guess-near",
      version: "1.2.3",
      open: ["guess.txt"],
      scoring: { direction: "min", aggregate: "best", visible: true, final: true },
      profiles: { cpu: { resources: { gpus: 0, cpus: 3, memoryGB: 5 }, start: 42, reference: 0.5 } },
    });
    expect(readFileSync(join(folder, "instructions.md"), "utf8")).toMatch(/Guess a number\.[\s\S]*You may ask for your score at any time\.[\s\S]*internet \| allowed/);
    expect(readFileSync(join(folder, "workspace", "notes", "hint.txt"), "utf8")).toBe("It is even.\n");
    expect(readdirSync(join(folder, "protected", "state"))).toEqual(["score.log"]);
    expect([existsSync("/home/agent/guess.txt"), existsSync("/protected/score.log")]).toEqual([false, false]);

    const workspace = join(temporaryFolder(), "workspace");
    mkdirSync(workspace);
    writeFileSync(join(workspace, "guess.txt"), "40\n");
    const good = task(["score", folder, "--on", workspace, "--json"]);
    expect(JSON.parse(good.stdout)).toMatchObject({ score: 2, message: { guess: 40 }, invalid: null });
    // What the family prints is not for the one who is scored.
    expect(good.stderr).not.toContain("hidden number");
    expect(score(folder, "guess.txt", "40\n").output).not.toContain("hidden number");
    expect(score(folder, "guess.txt", "forty")).toMatchObject({ score: null, invalid: "could not convert string to float: 'forty'" });
    expect(score(folder, "guess.txt", "nan")).toMatchObject({ score: null, invalid: "the family guess_number gave nan" });
    expect(score(folder, "guess.txt", "logged")).toMatchObject({ score: 1.5, message: { from: "log" } });
    expect(score(folder, "guess.txt", "crash")).toMatchObject({ score: null, invalid: "The family guess_number could not score it: RuntimeError: the scorer fell over" });
    expect(score(folder, "guess.txt", "exit")).toMatchObject({ score: null, invalid: "The family guess_number ended with status 7 and gave no score." });
    expect(score(folder, "guess.txt", "40", { GUESS_KEY: "" }).invalid).toBe("Not scored, and not the solution's fault: the family needs the environment variable GUESS_KEY; set it for the scoring.");
  });

  test.skipIf(!hasYaml)("says what it asks of a box, and which of its scores count", () => {
    const folder = join(temporaryFolder(), "guess-far");
    expect(task(["import", join(families, "guess_number"), "--task", "far", "--to", folder]).status).toBe(0);
    expect(JSON.parse(readFileSync(join(folder, "task.json"), "utf8"))).toMatchObject({
      scoring: { direction: "max", aggregate: "best" },
      profiles: { h100: { resources: { gpus: 1, gpuModel: "H100", cpus: 12, memoryGB: 64, diskGB: 200 }, start: 1000, reference: 1001 } },
    });
  });

  test("needs nothing but tasks, instructions and one way to score", () => {
    const folder = join(temporaryFolder(), "echo-word");
    const made = task(["import", join(families, "echo_word"), "--to", folder]);
    expect(made.stdout).toContain("The starting solution has no score");
    expect(score(folder, "submission.txt", "whelk\n")).toMatchObject({ score: 1, message: {} });
    expect(score(folder, "submission.txt", "cowrie\n")).toMatchObject({ score: 0 });
    expect(score(folder, "other.txt", "")).toMatchObject({ score: null, invalid: "the family echo_word gave no score" });
  });
});

describe.skipIf(!canShow || !hasYaml)("a family whose start keeps files of the participant's home to itself", () => {
  const imported = (name: string): { folder: string; remarks: readonly string[] } => {
    const folder = join(temporaryFolder(), name);
    const made = task(["import", join(families, "fit_line"), "--task", name.replace("-", "_"), "--to", folder, "--reference", "0.01", "--json"], { FIT_SEED: "5" });
    expect(made.stderr).not.toContain("baseliner:");
    return { folder, remarks: (JSON.parse(made.stdout) as { remarks: string[] }).remarks };
  };
  const line = (text: string, folder: string, more: Readonly<Record<string, string>> = {}): Scored => scoreFiles(folder, { "solution/line.json": text, ...more }, { FIT_SEED: "5" });

  test("has them with the hidden data, and what lies in the workspace in their place does not count", () => {
    const { folder, remarks } = imported("main");
    expect(remarks).toEqual([
      "Its start keeps archive, data/validation.csv, score.py from the participant: they lie in protected/home/, not in the workspace, and scorings see them in /home/agent.",
      "It asks for a virtual machine (get_aux_vm_spec), which Baseliner does not start: the box has to be that machine, or what needs it fails.",
      "A scoring needs FIT_SEED in its environment; they are not written into task.json, which experts read.",
      "fit_line.teardown() is not called: what its start leaves running is yours to end.",
    ]);
    expect(readdirSync(join(folder, "workspace"), { recursive: true, encoding: "utf8" }).sort()).toEqual(["data", "data/train.csv", "solution", "solution/line.json"]);
    expect(readdirSync(join(folder, "protected", "home"), { recursive: true, encoding: "utf8" }).sort()).toEqual(["archive", "archive/earlier.txt", "data", "data/validation.csv", "score.py"]);
    expect(JSON.parse(readFileSync(join(folder, "task.json"), "utf8"))).toMatchObject({
      version: "2.0.1",
      scoring: { direction: "min", aggregate: "best", visible: true, final: true },
      profiles: { cpu: { resources: { gpus: 0, cpus: 2, memoryGB: 4, diskGB: 10 } } },
    });
    expect(readFileSync(join(folder, "instructions.md"), "utf8")).toMatch(/internet \| not allowed/);

    const good = line('{"slope": 3, "offset": -1}', folder);
    expect(good).toMatchObject({ invalid: null, message: { points: 50 } });
    expect(good.score).toBeCloseTo(0.01, 1);
    const started = line('{"slope": 0, "offset": 0}', folder);
    const forged = { "score.py": "open('/protected/score.log', 'a').write('2024-01-01,0,{},{}\\n')", "data/validation.csv": "0,0\n" };
    expect(line('{"slope": 0, "offset": 0}', folder, forged)).toMatchObject({ score: started.score, message: started.message, invalid: null });
    expect(JSON.parse(readFileSync(join(folder, "task.json"), "utf8"))).toMatchObject({ profiles: { cpu: { start: started.score, reference: 0.01 } } });
    expect(line('{"slope": "steep"}', folder)).toMatchObject({ score: null, invalid: "TypeError in solution/line.json" });
  });

  test("shows no scores where its manifest says so", () => {
    const { folder } = imported("hidden-score");
    expect(JSON.parse(readFileSync(join(folder, "task.json"), "utf8"))).toMatchObject({ scoring: { visible: false } });
    expect(readFileSync(join(folder, "instructions.md"), "utf8")).toContain("Scores are not shown.");
    expect(line('{"slope": 3, "offset": -1}', folder)).toMatchObject({ invalid: null, message: { points: 50 } });
  });
});

describe.skipIf(whyNoAccounts !== undefined || !canShow)(`a family that runs its scoring function as agent${whyNoAccounts === undefined ? "" : ` (${whyNoAccounts})`}`, () => {
  const count = "import sys\nprint(len(open(sys.argv[1]).read().split()))\n";
  /** A scoring function of the participant's, which says that everything is right. */
  const ownScore = "open('/protected/score.log', 'w').write('1.0 me me')\n";

  const ranAs = Object.fromEntries(["runuser", "su", "user", "setuid", "sudo"].map((way) => [way, "agent protected"]));

  test("can on a protected box, whose expert is agent, and nobody else gets more rights by it", async () => {
    const folder = join(openFolder(), "words");
    const made = task(["import", join(families, "count_words"), "--to", folder, "--reference", "1", "--json"]);
    expect(JSON.parse(made.stdout)).toEqual({
      task: folder,
      remarks: ["Its start lets nobody change score.py: scorings see them as they lie in protected/home/, whatever becomes of them in the workspace."],
    });
    const protectedBox = await ProtectedBox.provision(folder);
    expect(await protectedBox.score()).toMatchObject({ exit: { kind: "exited", code: 0 }, result: { score: 0, message: ranAs } });
    const { box, root, accounts } = protectedBox;
    await box.writeFile(`${root}/workspace/solution/count.py`, Buffer.from(count));
    await protectedBox.asExpert("rm -f workspace/score.py");
    await box.writeFile(`${root}/workspace/score.py`, Buffer.from(ownScore));
    expect((await protectedBox.score()).result).toMatchObject({ score: 1, message: ranAs });
    // Root of the namespace writes to the workspace, and what agent makes there is the expert's.
    expect((await protectedBox.asExpert("stat -c %U workspace/solution/called.txt; cat workspace/solution/asked.txt")).text).toBe(`${accounts.expert}\nroot may write here\n`);
    for (const attack of [`sudo -n -- ${root}/accounts /bin/true`, `sudo -n -u ${accounts.scorer} -- ${root}/accounts /bin/true`, `${root}/accounts /bin/true`, `echo >>${root}/accounts`]) {
      const { code } = await protectedBox.asExpert(`echo '{}' | { ${attack}; }`);
      expect({ attack, failed: code !== 0 }).toEqual({ attack, failed: true });
    }

    // Whoever is one account alone is told before the family is called.
    const result = join(openFolder(), "result.json");
    chmodSync(join(result, ".."), 0o777);
    spawnSync("chmod", ["-R", "a+rX", folder]);
    spawnSync("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-I", join(folder, "scoring", "score.py")], {
      cwd: join(folder, "workspace"),
      env: { PATH: "/usr/bin:/bin", BASELINER_RESULT: result, TASK_STANDARD_FAMILY: "count_words", TASK_STANDARD_TASK: "main" },
    });
    expect(JSON.parse(readFileSync(result, "utf8"))).toMatchObject({
      score: null,
      message: { error: "Not scored, and not the solution's fault: the family runs programs as the account agent with the group protected, which takes root or a protected box: score as root, or provision the task as root." },
    });
  });
});

describe.skipIf(!canShow)("a family that wants more than scores", () => {
  /** Its scores and messages are those that real families give: with no details, from a subprocess, summed up by a helper of their own. */
  const family = (more: string): string => {
    const folder = join(temporaryFolder(), "setup_heavy");
    mkdirSync(folder);
    writeFileSync(
      join(folder, "setup_heavy.py"),
      `import pathlib, subprocess, sys, typing
class Result(typing.TypedDict):
    score: float
class TaskFamily:
    standard_version = "0.5.0"
    @staticmethod
    def get_tasks(): return {"main": {"base": pathlib.Path("/home/agent")}}
    @staticmethod
    def get_instructions(t): return f"Write the answer to {t['base']}/answer.txt."
    @staticmethod
    def get_permissions(t): return ["full_internet"]
    @staticmethod
    def start(t): t["base"].joinpath("started.txt").write_text(t["base"].joinpath("installed.txt").read_text() if t["base"].joinpath("installed.txt").exists() else "bare")
    @staticmethod
    def intermediate_score(t): return Result(score=float(subprocess.run([sys.executable, "-c", "print(open('/home/agent/answer.txt').read())"], check=True, capture_output=True, text=True).stdout))
    @staticmethod
    def aggregate_scores(t, score_log): return max((one["score"] for one in score_log if one["score"] == one["score"]), default=float("nan"))
${more}`,
    );
    return folder;
  };

  test("has its install called where that is asked for, before its start; its teardown is not", () => {
    const source = family(`    @staticmethod
    def install(): pathlib.Path("/home/agent/installed.txt").write_text("installed")
    @staticmethod
    def teardown(t): raise RuntimeError("never")
`);
    const place = temporaryFolder();
    const bare = task(["import", source, "--to", join(place, "bare"), "--start", "0", "--json"]);
    expect((JSON.parse(bare.stdout) as { remarks: string[] }).remarks.slice(0, 2)).toEqual([
      "setup_heavy.install() was not called: what it installs must be on the box already, and --install calls it here.",
      "setup_heavy.teardown() is not called: what its start leaves running is yours to end.",
    ]);
    expect(readFileSync(join(place, "bare", "workspace", "started.txt"), "utf8")).toBe("bare");
    const installed = task(["import", source, "--to", join(place, "installed"), "--start", "0", "--install", "--json"]);
    expect(installed.stdout).toContain("install() was called on this computer");
    expect(readFileSync(join(place, "installed", "workspace", "started.txt"), "utf8")).toBe("installed");
    expect(JSON.parse(readFileSync(join(place, "installed", "task.json"), "utf8"))).toMatchObject({ scoring: { direction: "max", aggregate: "best" } });
    expect(score(join(place, "installed"), "answer.txt", "0.75")).toMatchObject({ score: 0.75, message: {} });
    expect(score(join(place, "installed"), "other.txt", "").invalid).toMatch(/^The family setup_heavy could not score it: subprocess\.CalledProcessError: /);
    expect(existsSync("/home/agent/installed.txt")).toBe(false);
  });

});

test("what is no family, or leaves open what is meant, is said in one sentence and leaves nothing behind", () => {
  const place = temporaryFolder();
  const refusal = (...args: string[]): string => {
    const { status, stderr } = task(["import", ...args, "--to", join(place, "made")]);
    expect(status).toBe(2);
    return stderr.trim().split("\n").at(-1) ?? "";
  };
  expect(refusal(place)).toMatch(/holds no .*\.py, as a family of the Task Standard does\.$/);
  expect(refusal(join(families, "guess_number"))).toBe("baseliner: guess_number has the tasks near, far: name one with --task.");
  expect(refusal(join(families, "guess_number"), "--task", "middle")).toBe("baseliner: guess_number has no task middle; it has near, far.");
  const broken = join(place, "broken");
  mkdirSync(broken);
  writeFileSync(join(broken, "broken.py"), "import a_package_that_is_not_there\n");
  expect(refusal(broken)).toContain("No module named 'a_package_that_is_not_there'");
  expect(readdirSync(place)).toEqual(["broken"]);
});
