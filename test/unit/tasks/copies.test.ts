// Each task's folder is copied whole to a box, so what several of them need lies in each.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../../support/build";

/** What every task has its own of, by these names. */
const own = new Set(["score.py", "train.py", "model.py", "try_it.py", "solver_process.py", "prepare_h100.py"]);

test("Python files of one name are the same file in all tasks, in their scoring, workspace and template", () => {
  const copies = new Map<string, Map<string, string[]>>();
  for (const folder of [...readdirSync(join(repository, "tasks")).map((name) => join("tasks", name)), join("templates", "task")]) {
    for (const path of readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" })) {
      const name = basename(path);
      // A reference solution is there to differ from the start, and so are names that tell of one task's own.
      if (!name.endsWith(".py") || path.includes("reference") || path.includes("exploits") || own.has(name)) {
        continue;
      }
      const contents = copies.get(name) ?? new Map<string, string[]>();
      copies.set(name, contents);
      const content = readFileSync(join(repository, folder, path), "utf8");
      contents.set(content, [...(contents.get(content) ?? []), join(folder, path)]);
    }
  }
  const differing = [...copies].flatMap(([name, contents]) => (contents.size > 1 ? [[name, [...contents.values()]]] : []));
  expect(differing).toEqual([]);
  const numbers = [...copies].flatMap(([name, contents]): [string, number][] => [...contents.values()].filter((places) => places.length > 1).map((places) => [name, places.length]));
  expect(Object.fromEntries(numbers)).toEqual({
    "endpoint.py": 2,
    "gpu.py": 5,
    "inputs.py": 2,
    "language.py": 2,
    "policy.py": 2,
    "solver.py": 7,
    "weak_judge.py": 2,
    "weak_model.py": 2,
    "weights.py": 8,
  });
});

test("a file that a task's workspace has as well as its scoring is what scoring uses", () => {
  const both = readdirSync(join(repository, "tasks")).flatMap((task) => {
    const [scoring, workspace] = ["scoring", "workspace"].map((folder) => join(repository, "tasks", task, folder)) as [string, string];
    return readdirSync(scoring).flatMap((name) => (existsSync(join(workspace, name)) ? [{ path: `${task}/${name}`, isSame: readFileSync(join(scoring, name)).equals(readFileSync(join(workspace, name))) }] : []));
  });
  expect(both.filter(({ isSame }) => !isSame)).toEqual([]);
  expect(both.map(({ path }) => path)).toEqual(expect.arrayContaining(["fix-embedding/model.py", "optimize-llm-foundry/model.py"]));
});
