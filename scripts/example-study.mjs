// npm run example: sessions of scripted solvers of different diligence, scored for real, and what comes of comparing them.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "./build.mjs";
import { run } from "./command.mjs";
import { demoFolder, root } from "./repository.mjs";
import { ensureDependencies, runMain } from "./setup.mjs";

const place = join(demoFolder, "example");
const cli = join(root, "dist", "cli.js");

/** By how much the reference solution's score, the logarithm of its time, lies below the starting solution's (tasks/optimize-kernel/task.json). */
const ratio = 6.86 - 4.88;

/** Solutions of optimize-kernel from slow to fast, and one that is wrong. */
const solutions = {
  twoPasses: `from array import array


def prefix_sum(x):
    values = x.tolist()
    selected = []
    positives = 0
    for value in values:
        selected.append(value if positives % 2 == 1 else 0)
        if value > 0:
            positives += 1
    result = array("i")
    total = 0
    for value in selected:
        total += value
        result.append(total)
    return result
`,
  onePass: `from array import array


def prefix_sum(x):
    odd = False
    total = 0
    sums = []
    append = sums.append
    for value in x.tolist():
        if odd:
            total += value
        append(total)
        if value > 0:
            odd = not odd
    return array("i", sums)
`,
  wrong: `from array import array
from itertools import accumulate


def prefix_sum(x):
    return array("i", accumulate(value if value > 0 else 0 for value in x.tolist()))
`,
  iterators: `from array import array
from itertools import accumulate
from operator import mul, xor


def prefix_sum(x):
    values = x.tolist()
    odd = accumulate(map((0).__lt__, values), xor, initial=False)
    return array("i", accumulate(map(mul, values, odd)))
`,
};

/** Who solves, and what each of them scores one after the other. */
const solvers = [
  { name: "expert-1", folder: "expert", steps: ["twoPasses", "onePass", "iterators"] },
  { name: "hasty", folder: "scripted", steps: ["wrong"] },
  { name: "content", folder: "scripted", steps: ["twoPasses", "wrong"] },
  { name: "steady", folder: "scripted", steps: ["wrong", "onePass"] },
  { name: "thorough", folder: "scripted", steps: ["twoPasses", "wrong", "onePass", "iterators"] },
];

await runMain(async () => {
  await ensureDependencies();
  await build();
  rmSync(place, { recursive: true, force: true });
  for (const { name, folder, steps } of solvers) {
    const sessions = join(place, folder);
    mkdirSync(sessions, { recursive: true });
    const assignment = join(place, `${name}.assignment.json`);
    writeFileSync(assignment, JSON.stringify({ task: join(root, "tasks", "optimize-kernel"), profile: "cpu", participant: name, timeLimitMinutes: 10 }));
    const before = readdirSync(sessions);
    await baseliner("session", "start", assignment, "--sessions", sessions);
    const session = join(sessions, readdirSync(sessions).find((one) => !before.includes(one)) ?? "");
    await baseliner("session", "clock", "start", session);
    for (const step of steps) {
      writeFileSync(join(session, "workspace", "prefix_sum.py"), solutions[/** @type {keyof typeof solutions} */ (step)]);
      await baseliner("session", "score", session).catch(() => undefined);
    }
    await baseliner("session", "submit", session);
  }
  const start = startingScore();
  const study = {
    format: 1,
    title: "Optimize a Kernel on this computer",
    sources: [
      { path: "expert", group: "Expert", kind: "expert" },
      { path: "scripted", group: "Scripted solvers", kind: "agent" },
    ],
    // As quick as this computer is now; the task's own constants are those of the one that it was made on, with the same ratio.
    tasks: { "optimize-kernel (cpu)": { title: "Optimize a Kernel", start, reference: Number((start - ratio).toFixed(4)), direction: "min" } },
    budgetsHours: [1 / 6, 2 / 6, 4 / 6],
  };
  writeFileSync(join(place, "study.json"), `${JSON.stringify(study, undefined, 2)}\n`);
  await baseliner("scores", "--study", join(place, "study.json"), "--chart", join(place, "scores.svg"));
  console.log(`\nStudy    ${join(place, "study.json")}\nPicture  ${join(place, "scores.svg")}`);
});

/** The median of what the starting solution scored in these sessions. */
function startingScore() {
  const scores = ["expert", "scripted"]
    .flatMap((folder) => readdirSync(join(place, folder)).map((name) => join(place, folder, name, "session.jsonl")))
    .map((journal) => readFileSync(journal, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line)))
    .map((entries) => entries.find(({ type, data }) => type === "attempt.finished" && data.attempt === 0)?.data.score)
    .filter((score) => typeof score === "number")
    .sort((one, other) => one - other);
  return scores[Math.floor(scores.length / 2)] ?? 0;
}

/** @param {string[]} args */
async function baseliner(...args) {
  await run(process.execPath, [cli, ...args], { cwd: root });
}
