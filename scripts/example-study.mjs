// npm run example: sessions of scripted solvers of different diligence, scored for real, and what comes of comparing them.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "./build.mjs";
import { onPath, run } from "./command.mjs";
import { exampleTasks } from "./example-solutions.mjs";
import { demoFolder, root } from "./repository.mjs";
import { ensureDependencies, runMain } from "./setup.mjs";

const place = join(demoFolder, "example");
const cli = join(root, "dist", "cli.js");

/** Debian's own Python has Debian's PyTorch, and need not be the first on the PATH. */
const pythonWithTorch = [onPath("python3"), "/usr/bin/python3"].find((python) => python !== undefined && spawnSync(python, ["-c", "import torch"]).status === 0);

/** By how much the reference solution's score, the logarithm of its time, lies below the starting solution's (tasks/optimize-kernel/task.json). */
const ratio = 6.86 - 4.88;

/**
 * Who solves, and what each of them scores one after the other.
 * @type {readonly { name: string, folder: string, steps: readonly ("wrong" | "little" | "more" | "much")[] }[]}
 */
const solvers = [
  { name: "expert-1", folder: "expert", steps: ["little", "more", "much"] },
  { name: "hasty", folder: "scripted", steps: ["wrong"] },
  { name: "content", folder: "scripted", steps: ["wrong", "little"] },
  { name: "steady", folder: "scripted", steps: ["little", "more"] },
  { name: "thorough", folder: "scripted", steps: ["wrong", "more", "much"] },
];

/** Time limit of each session, in minutes. */
const limit = 20;

await runMain(async () => {
  await ensureDependencies();
  await build();
  rmSync(place, { recursive: true, force: true });
  const tasks = Object.keys(exampleTasks).filter((task) => canBeScored(task));
  for (const task of tasks) {
    for (const solver of solvers) {
      console.log(`${task}: ${solver.name}`);
      await solve(task, solver);
    }
  }
  const start = startingScore("optimize-kernel");
  const study = {
    format: 1,
    title: "Three tasks on this computer",
    sources: [
      { path: "expert", group: "Expert", kind: "expert" },
      { path: "scripted", group: "Scripted solvers", kind: "agent" },
    ],
    // As quick as this computer is now; the task's own constants are those of the one that it was made on, with the same ratio.
    tasks: { "optimize-kernel (cpu)": { start, reference: Number((start - ratio).toFixed(4)), direction: "min" } },
    budgetsHours: [1, 2, 4].map((runs) => (runs * limit) / 60),
  };
  writeFileSync(join(place, "study.json"), `${JSON.stringify(study, undefined, 2)}\n`);
  const charts = ["svg", "png"].map((kind) => join(place, `scores.${kind}`));
  for (const [index, chart] of charts.entries()) {
    await baseliner(index > 0, "scores", "--study", join(place, "study.json"), "--chart", chart);
  }
  console.log(`\nStudy     ${join(place, "study.json")}\nPictures  ${charts.join("\n          ")}`);
});

/**
 * Whether this computer has what a task's profile cpu needs; says so where it has not.
 * @param {string} task
 */
function canBeScored(task) {
  const { profiles } = JSON.parse(readFileSync(join(root, "tasks", task, "task.json"), "utf8"));
  const missing = (profiles.cpu.resources.tools ?? []).filter((/** @type {string} */ tool) => (tool === "torch" ? pythonWithTorch === undefined : !onPath(tool)));
  if (missing.length > 0) {
    console.log(`${task} is passed over: this computer has no ${missing.join(", ")}.`);
  }
  return missing.length === 0;
}

/**
 * One session from its start to its submission.
 * @param {string} task
 * @param {typeof solvers[number]} solver
 */
async function solve(task, { name, folder, steps }) {
  const { file, solutions } = /** @type {typeof exampleTasks[string]} */ (exampleTasks[task]);
  const sessions = join(place, folder);
  mkdirSync(sessions, { recursive: true });
  const assignment = join(place, `${task}-${name}.assignment.json`);
  writeFileSync(assignment, JSON.stringify({ task: join(root, "tasks", task), profile: "cpu", participant: name, timeLimitMinutes: limit }));
  const before = readdirSync(sessions);
  await baseliner(true, "session", "start", assignment, "--sessions", sessions);
  const session = join(sessions, readdirSync(sessions).find((one) => !before.includes(one)) ?? "");
  await baseliner(true, "session", "clock", "start", session);
  for (const step of steps) {
    writeFileSync(join(session, "workspace", file), solutions[step]);
    await baseliner(true, "session", "score", session).catch(() => undefined);
  }
  await baseliner(true, "session", "submit", session);
}

/**
 * The median of what the starting solution scored in a task's sessions.
 * @param {string} task
 */
function startingScore(task) {
  const scores = ["expert", "scripted"]
    .flatMap((folder) => readdirSync(join(place, folder)).filter((name) => name.includes(task)).map((name) => join(place, folder, name, "session.jsonl")))
    .map((journal) => readFileSync(journal, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line)))
    .map((entries) => entries.find(({ type, data }) => type === "attempt.finished" && data.attempt === 0)?.data.score)
    .filter((score) => typeof score === "number")
    .sort((one, other) => one - other);
  return scores[Math.floor(scores.length / 2)] ?? 0;
}

/**
 * @param {boolean} quiet
 * @param {string[]} args
 */
async function baseliner(quiet, ...args) {
  const path = pythonWithTorch === undefined ? process.env["PATH"] : `${dirname(pythonWithTorch)}:${process.env["PATH"] ?? ""}`;
  await run(process.execPath, [cli, ...args], { cwd: root, quiet, env: { ...process.env, PATH: path } });
}
