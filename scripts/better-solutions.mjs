// Scores the starting solution, one that is somewhat better and the reference of each task, some times in turn, in profile cpu, and
// keeps the figures as a record: `node scripts/better-solutions.mjs [--rounds 3] [TASK…]`.
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { pathWithTorch, scoreWith } from "./exploits.mjs";
import { root } from "./repository.mjs";

const record = join(root, "test", "records", "better-solutions.json");

/**
 * What makes a better solution of the starting one.
 * @param {string} task
 * @returns {(workspace: string) => void}
 */
export function betterSolution(task) {
  const folder = join(root, "test", "tasks", task);
  return task === "optimize-kernel"
    ? (workspace) => cpSync(join(folder, "improved_prefix_sum.py"), join(workspace, "prefix_sum.py"))
    : (workspace) => cpSync(join(folder, "better"), workspace, { recursive: true });
}

const { values, positionals } = parseArgs({ options: { rounds: { type: "string", default: "3" } }, allowPositionals: true });
const path = pathWithTorch() ?? process.env["PATH"];
const known = existsSync(record) ? JSON.parse(readFileSync(record, "utf8")) : { tasks: {} };
for (const task of positionals.length > 0 ? positionals : readdirSync(join(root, "tasks"))) {
  const description = JSON.parse(readFileSync(join(root, "tasks", task, "task.json"), "utf8"));
  const solutions = { start: () => undefined, better: betterSolution(task), reference: (/** @type {string} */ workspace) => cpSync(join(root, "tasks", task, description.reference), workspace, { recursive: true }) };
  /** @type {Record<string, object[]>} */
  const scorings = { start: [], better: [], reference: [] };
  for (let round = 1; round <= Number(values.rounds); round += 1) {
    for (const [name, change] of Object.entries(solutions)) {
      const began = Date.now();
      const { score, error, details } = scoreWith(task, path, change, description.profiles.cpu.env);
      const scoring = { score, ...(error === undefined ? {} : { error }), wallSeconds: (Date.now() - began) / 1000, load: Number((loadavg()[0] ?? 0).toFixed(1)), ...(details?.["processorSeconds"] === undefined ? {} : { processorSeconds: details["processorSeconds"] }) };
      scorings[name]?.push(scoring);
      console.log(`${task.padEnd(22)} ${name.padEnd(10)} ${JSON.stringify(scoring)}`);
    }
  }
  known.tasks[task] = { version: description.version, ...scorings };
  known.machine = { processors: cpus().length, model: cpus()[0]?.model, system: `${process.platform} ${process.arch}` };
  known.how = "node scripts/better-solutions.mjs: start, better and reference in turn, profile cpu; load is that of the whole machine when a scoring ended";
  writeFileSync(record, `${JSON.stringify(known, undefined, 1)}\n`);
}
