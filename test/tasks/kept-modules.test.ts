// A scorer that loads its modules late loads them as they were before the solution ran.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../support/build";
import { temporaryFolder } from "../support/temporary-folder";

test("modules of a scorer that change while the solution runs, and new ones beside them, do not count", () => {
  const folder = join(temporaryFolder(), "scoring");
  mkdirSync(folder);
  writeFileSync(join(folder, "weights.py"), "import model\nsaid = f'own {model.said}'\n");
  writeFileSync(join(folder, "model.py"), "said = 'own'\n");
  const program = `
import sys
folder = sys.argv[2]
sys.path[:0] = [folder, sys.argv[1]]
from solver import keep_modules
keep_modules(folder, "weights", "model")
for name in ("weights", "model", "planted"):
    open(f"{folder}/{name}.py", "w").write("said = 'forged'\\n")
import weights
print(weights.said)
try:
    import planted
except ImportError as error:
    print(error)
`;
  const { stdout, stderr } = spawnSync("python3", ["-I", "-S", "-B", "-c", program, join(repository, "tasks", "scaling-law", "scoring"), folder], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(stdout).toBe("own own\nNo module named 'planted'\n");
});

test.each(readdirSync(join(repository, "tasks")))("the scorer of %s imports nothing from its folder by name once something of the solution runs", (task) => {
  // Python itself imports modules late, with the first address that is looked up, say: one of that name must not be found there.
  const program = `
import os, runpy, subprocess, sys
class Started(subprocess.Popen):
    def __init__(self, words, *rest, **options):
        # Python starts programs as well, to find out what system this is.
        if "cwd" in options:
            print("started with", [path for path in sys.path if os.path.basename(path) == "scoring"], flush=True)
            os._exit(0)
        super().__init__(words, *rest, **options)
subprocess.Popen = Started
sys.argv[:] = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
`;
  const folder = join(repository, "tasks", task);
  const { profiles } = JSON.parse(readFileSync(join(folder, "task.json"), "utf8")) as { profiles: { cpu: { env: Record<string, string> } } };
  const workspace = join(folder, "workspace");
  const { stdout, stderr } = spawnSync("python3", ["-I", "-B", "-c", program, join(folder, "scoring", "score.py")], { cwd: workspace, encoding: "utf8", env: { ...process.env, ...profiles.cpu.env } });
  expect({ stdout, stderr }).toEqual({ stdout: "started with []\n", stderr: "" });
});
