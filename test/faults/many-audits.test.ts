import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { auditMany, type AuditTarget, findTargets, generalRuleSet, sameRules } from "../../src/audit";
import { commandLine, repository } from "../support/build";
import { writeClaudeCode } from "../support/large-transcripts";
import { temporaryFolder } from "../support/temporary-folder";
import { transcriptFixtures } from "../support/transcripts";

const cheating = (command = "cp -r ../trained_model_reference trained_model"): string =>
  JSON.stringify([
    { role: "user", content: "Train it." },
    { role: "assistant", content: null, tool_calls: [{ id: "c", type: "function", function: { name: "bash", arguments: JSON.stringify({ command }) } }] },
    { role: "tool", tool_call_id: "c", content: "ok" },
  ]);

interface Report {
  readonly transcripts: readonly { file: string; rules: string; findings: readonly { rule: string }[]; problem?: string }[];
}

function audit(folder: string, ...args: string[]): { status: number | null; report: Report; said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [commandLine, "audit", "--json", "--jobs", "2", ...args], { cwd: folder, encoding: "utf8", timeout: 120_000, maxBuffer: 2 ** 28 });
  return { status, report: stdout === "" ? { transcripts: [] } : (JSON.parse(stdout) as Report), said: stderr };
}

/** A folder with transcripts of all known formats, cheating ones at any depth, and what is no transcript. */
function manyFiles(): string {
  const root = temporaryFolder();
  mkdirSync(join(root, "runs", "deep", "er"), { recursive: true });
  mkdirSync(join(root, "runs", ".hidden"));
  for (const name of readdirSync(transcriptFixtures)) {
    copyFileSync(join(transcriptFixtures, name), join(root, "runs", name));
  }
  writeFileSync(join(root, "runs", "deep", "cheat.json"), cheating());
  writeFileSync(join(root, "runs", "deep", "er", "cheat 2.json"), cheating("ln -s ../trained_model_reference trained_model"));
  writeFileSync(join(root, "runs", ".hidden", "cheat.json"), cheating());
  writeFileSync(join(root, "runs", "deep", "a.json.ann.review.json"), "{}");
  writeFileSync(join(root, "runs", "package.json"), '{"name":"x","version":"1.0.0"}');
  writeFileSync(join(root, "runs", "notes.txt"), "nothing");
  writeFileSync(join(root, "runs", "empty.jsonl"), "");
  symlinkSync("..", join(root, "runs", "deep", "loop"));
  return root;
}

describe("an audit of a folder", () => {
  test("takes what is a transcript by its content, in the order of names, and counts the rest", async () => {
    const root = manyFiles();
    const { status, report, said } = audit(root, "runs");
    const files = report.transcripts.map(({ file }) => file);
    expect(files).toEqual([...files].sort());
    expect(files).toEqual(expect.arrayContaining(["runs/claude-code.jsonl", "runs/deep/cheat.json", "runs/deep/er/cheat 2.json"]));
    expect(files.filter((file) => /package|notes|empty|hidden|loop|review/.test(file))).toEqual([]);
    expect(report.transcripts.filter(({ findings }) => findings.some(({ rule }) => rule === "copied-reference-files")).map(({ file }) => file)).toEqual(["runs/deep/cheat.json", "runs/deep/er/cheat 2.json"]);
    expect(status).toBe(0);
    expect(said).toMatch(/3 files are no transcripts and were left out/);
    expect((await findTargets([join(root, "runs/**/cheat*.json")])).map(({ path }) => path)).toEqual([join(root, "runs/deep/cheat.json"), join(root, "runs/deep/er/cheat 2.json")]);
  });

  test("takes for each the rules of the task that it names, or those that were asked for", () => {
    const root = temporaryFolder();
    const log = (task: string, command: string): string => JSON.stringify({ version: 2, status: "success", eval: { task, model: "m", created: "2026-01-01T00:00:00Z" }, samples: [{ id: 1, epoch: 1, input: "", target: "", messages: [], output: {}, scores: {}, events: [{ event: "tool", id: "c", function: "bash", arguments: { cmd: command }, result: "ok", timestamp: "2026-01-01T00:00:00Z" }] }] });
    const tuned = "python3 -c 'import inputs; print(inputs.Language())'";
    writeFileSync(join(root, "a.json"), log("ai_rd_fix_embedding/main", tuned));
    writeFileSync(join(root, "b.json"), log("another", tuned));
    const used = (...more: string[]): [string, boolean][] => audit(root, "a.json", "b.json", ...more).report.transcripts.map(({ rules, findings }) => [rules, findings.some(({ rule }) => rule === "taken-from-inputs")]);
    expect(used()).toEqual([["Fix Embedding", true], ["", false]]);
    expect(used("--task", join(repository, "tasks", "fix-embedding"))).toEqual([["Fix Embedding", true], ["Fix Embedding", true]]);
  });

  test("is not stopped by a file that cannot be read, and says so", () => {
    const root = temporaryFolder();
    writeFileSync(join(root, "a.json"), cheating());
    writeFileSync(join(root, "b.json"), cheating().slice(0, -3));
    writeFileSync(join(root, "c.json"), cheating());
    // What was named is reported whatever it is.
    const { status, report } = audit(root, "missing.json", ".");
    expect(status).toBe(1);
    expect(report.transcripts.map(({ findings, problem }) => [findings.length, problem])).toEqual([[0, expect.stringContaining("cannot be opened")], [1, undefined], [1, "A part of the transcript is damaged or cut off and could not be audited."], [1, undefined]]);
  });
});

describe("an audit that keeps its results", () => {
  test("goes on where it was stopped, and comes to the same", async () => {
    const root = temporaryFolder();
    writeFileSync(join(root, "a.json"), cheating());
    writeClaudeCode(join(root, "b.jsonl"), 6e6, 1);
    writeFileSync(join(root, "c.json"), cheating("ls"));
    const stopped = spawn(process.execPath, [commandLine, "audit", "--json", "--jobs", "1", "--results", "kept", "."], { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    let isAsked = false;
    stopped.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      // The large one is being audited now.
      if (said.startsWith("1 of") && !isAsked) {
        isAsked = true;
        stopped.kill("SIGINT");
      }
    });
    expect(await new Promise((resolve) => stopped.on("exit", resolve))).toBe(1);
    expect(said).toMatch(/Stopped: what was done is kept in kept/);
    expect(readdirSync(join(root, "kept"))).toHaveLength(1);

    const resumed = audit(root, "--results", "kept", "a.json", "b.jsonl", "c.json");
    expect(resumed.said).toMatch(/3 transcripts audited, 1 of them before/);
    expect(readdirSync(join(root, "kept"))).toHaveLength(3);
    const afresh: unknown[] = [];
    const targets = ["a.json", "b.jsonl", "c.json"].map((name): AuditTarget => ({ name, path: join(root, name), isNamed: true }));
    await auditMany(targets, sameRules(generalRuleSet()), {}, (_target, { audited }) => afresh.push(JSON.parse(JSON.stringify(audited))));
    expect(resumed.report.transcripts).toEqual(afresh);
  });

  test("audits anew what changed, what other rules look at, and what was stored half", async () => {
    const [root, results] = [temporaryFolder(), temporaryFolder()];
    const known = async (rules = generalRuleSet()): Promise<number> => {
      const outcomes: boolean[] = [];
      await auditMany(["a.json", "b.json"].map((name) => ({ name, path: join(root, name), isNamed: true })), sameRules(rules), { results }, (_target, { isKnown }) => outcomes.push(isKnown));
      return outcomes.filter((isKnown) => isKnown).length;
    };
    writeFileSync(join(root, "a.json"), cheating());
    writeFileSync(join(root, "b.json"), cheating("ls"));
    expect([await known(), await known()]).toEqual([0, 2]);
    const others = { ...generalRuleSet(), rules: [] };
    expect([await known(others), await known(others)]).toEqual([0, 2]);
    writeFileSync(join(root, "b.json"), cheating("ls -l"));
    expect(await known()).toBe(1);
    for (const name of readdirSync(results)) {
      writeFileSync(join(results, name), readFileSync(join(results, name), "utf8").slice(0, 100));
    }
    expect([await known(), await known()]).toEqual([0, 2]);
  });
});

test("a worker that dies takes only the transcript with it that it died of", async () => {
  const folder = temporaryFolder();
  const program = join(folder, "worker.cjs");
  writeFileSync(program, `require("node:worker_threads").parentPort.on("message", ({ name }) => {
    if (name === "exits") process.exit(3);
    if (name === "throws") setTimeout(() => { throw new Error("too large"); });
    else if (name === "fills") { const all = []; for (;;) all.push(new Array(1e6).fill(1.5)); }
    else require("node:worker_threads").parentPort.postMessage({ audited: { file: name, format: "f", events: 1, findings: [] }, isKnown: false });
  });`);
  const targets = ["a", "exits", "b", "throws", "c"].map((name): AuditTarget => ({ name, path: name, isNamed: true }));
  const problems: [string, string | undefined][] = [];
  await auditMany(targets, sameRules(generalRuleSet()), { worker: program, jobs: 2 }, ({ name }, { audited }) => problems.push([name, audited?.problem]));
  expect(problems).toEqual([["a", undefined], ["exits", "The audit of this file failed: its process ended."], ["b", undefined], ["throws", "The audit of this file failed: too large."], ["c", undefined]]);
});

test("two reviewers decide on the command line, blind until their own verdict, and their reviews are merged and compared", () => {
  const root = temporaryFolder();
  const elsewhere = temporaryFolder();
  for (const folder of [root, elsewhere]) {
    writeFileSync(join(folder, "t.json"), cheating());
  }
  const review = (folder: string, reviewer: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, [commandLine, "review", ...args], { cwd: folder, encoding: "utf8", env: { ...process.env, BASELINER_REVIEWER: reviewer } });
  const fingerprint = "0123456789abcdef".repeat(2);

  expect(review(root, "ann", "confirm", "t.json", fingerprint, "--reason", "it is the reference").stdout).toMatch(/^ann: no verdict yet\n {2}confirmed {2}[0-9a-f]{32} {2}it is the reference\n$/);
  expect(review(elsewhere, "bob", "dismiss", "t.json", fingerprint, "--reason", "a \u001b[31mdrill").status).toBe(0);
  expect(review(root, "x", "merge", "t.json", join(elsewhere, "t.json.bob.review.json")).stdout).toBe("bob: 1 entries\n");
  expect(review(root, "ann", "show", "t.json", "--blind").stdout).not.toContain("drill");
  expect(review(root, "ann", "verdict", "t.json", "violation", "--score", "zero", "--reason", "copied", "--signature", "Ann A.").status).toBe(0);
  const shown = review(root, "ann", "show", "t.json", "--blind").stdout;
  expect(shown).toMatch(/^ann: violation, score set to 0 \(Ann A\., .*\): copied\n/);
  expect(shown).toContain("bob: no verdict yet\n  dismissed");
  expect(shown).not.toContain("\u001b");
  const { pairs } = JSON.parse(review(root, "x", "agreement", "t.json", "--json").stdout) as { pairs: unknown[] };
  expect(pairs).toMatchObject([{ reviewers: ["ann", "bob"], both: 1, kappa: 0, disagreements: [{ fingerprint }], verdicts: { both: 0, same: 0 } }]);
});
