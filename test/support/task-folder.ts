import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A valid `task.json` as a plain value, to be changed by a test. */
export function taskJson(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: "sample",
    version: "1.0.0",
    title: "A sample task",
    instructions: "instructions.md",
    workspace: "workspace",
    scoring: { command: ["python3", "-S", "${task}/scoring/score.py"], timeoutSeconds: 100, direction: "min" },
    profiles: { cpu: { resources: { cpus: 1, memoryGB: 1 }, start: 10, reference: 2 } },
    ...changes,
  };
}

/**
 * Writes a task whose scoring function is the given Python program. `result(value)` in it
 * writes the result file; the workspace holds `solution.py` with `value = 10`.
 */
export function writeTask(folder: string, scorer: string, scoring: Record<string, unknown> = {}, changes: Record<string, unknown> = {}): string {
  const base = taskJson(changes);
  const task = { ...base, scoring: { ...(base["scoring"] as object), ...scoring } };
  mkdirSync(join(folder, "scoring"), { recursive: true });
  mkdirSync(join(folder, "workspace"), { recursive: true });
  writeFileSync(join(folder, "task.json"), JSON.stringify(task));
  writeFileSync(join(folder, "instructions.md"), "# A sample task\n\nMake the value small.\n");
  writeFileSync(join(folder, "workspace", "solution.py"), "value = 10\n");
  writeFileSync(join(folder, "scoring", "score.py"), `${preamble}\n${scorer}\n`);
  return folder;
}

const preamble = `import json, os, sys, time
def result(score, **message):
    with open(os.environ["BASELINER_RESULT"], "w") as file:
        json.dump({"score": score, "message": message}, file)
def solution():
    scope = {}
    exec(open("solution.py").read(), scope)
    return scope["value"]`;
