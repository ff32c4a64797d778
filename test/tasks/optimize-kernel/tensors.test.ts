// The profile for a GPU, on processors: the same code with the device cpu. What Triton makes of the reference needs a GPU.
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { pathWithTorch, scoreWith } from "../../../scripts/exploits.mjs";
import { repository } from "../../support/build";

const path = pathWithTorch();
const folder = join(repository, "tasks", "optimize-kernel");
const sizes = { KERNEL_ELEMENTS: "100001", KERNEL_DEVICE: "cpu" };

function score(change: (workspace: string) => void, environment: Record<string, string> = {}) {
  return scoreWith("optimize-kernel", path, change, { ...sizes, ...environment });
}

const solution = (code: string) => (workspace: string): void => writeFileSync(join(workspace, "prefix_sum.py"), code);
/** The definition, on a tensor. */
const right = "def right(x):\n    positive = (x > 0).int()\n    return (x * ((positive.cumsum(0) - positive) & 1)).cumsum(0).int()\n";

describe.skipIf(path === undefined)("a solution on tensors", () => {
  test("is timed where every element is right: start and reference", () => {
    for (const change of [() => undefined, (workspace: string) => cpSync(join(folder, "reference"), workspace, { recursive: true })]) {
      const { score: value, message } = score(change);
      expect(value).not.toBeNull();
      expect(Object.keys(message)).toEqual(["milliseconds", "elements"]);
    }
  });

  test("has no score where its result is wrong, of another type, or filled in later", () => {
    expect(score(solution(`${right}def prefix_sum(x):\n    y = right(x)\n    y[7] += 1\n    return y\n`)).error).toMatch(/^The result of warm-up call 1 differs at 1 of 100001 places, first at index 7 /);
    expect(score(solution("def prefix_sum(x):\n    return x.long()\n")).error).toMatch(/^prefix_sum returned a tensor of torch\.int64/);
    const lazy = `import torch\n${right}class Lazy(torch.Tensor):\n    def __getitem__(self, places):\n        return right(self.as_subclass(torch.Tensor))[places]\ndef prefix_sum(x):\n    return x.as_subclass(Lazy)\n`;
    expect(score(solution(lazy)).error).toMatch(/^prefix_sum returned Lazy, which is not a plain tensor/);
    const later = `import threading, time, torch\n${right}def prefix_sum(x):\n    y = torch.zeros_like(x)\n    threading.Timer(0.5, lambda: y.copy_(right(x))).start()\n    return y\n`;
    expect(score(solution(later)).error).toMatch(/^The result of warm-up call 1 (was not there|differs at)/);
  });

  test("has no score on a computer without the GPU of its profile", () => {
    const env = (JSON.parse(readFileSync(join(folder, "task.json"), "utf8")) as { profiles: { h100: { env: Record<string, string> } } }).profiles.h100.env;
    const { score: value, error } = score(() => undefined, env);
    if (value === null) {
      expect(error).toMatch(/^Not scored, and not the solution's fault: this profile needs 1 H100 GPU, and PyTorch finds /);
    }
  });
});

test("too few GPUs, and GPUs of another kind, are told in one sentence each", () => {
  const program = `
import sys, types
sys.path.insert(0, sys.argv[1])
import gpu
def found(*names, built="12.1"):
    cuda = types.SimpleNamespace(is_available=lambda: bool(names), device_count=lambda: len(names), get_device_name=lambda number: names[number])
    return types.SimpleNamespace(cuda=cuda, version=types.SimpleNamespace(cuda=built))
for torch, gpus, model in ((found(), 1, "H100"), (found(built=None), 2, ""), (found("NVIDIA A10G"), 1, "H100"), (found("NVIDIA H100 80GB HBM3"), 4, "H100"), (found("NVIDIA H100 80GB HBM3"), 1, "H100"), (found("Tesla T4"), 1, ""), (found(), 0, "")):
    try:
        print(gpu.expect(torch, gpus, model))
    except gpu.Unable as reason:
        print(reason)
`;
  const { stdout, stderr } = spawnSync("python3", ["-c", program, join(repository, "tasks", "fix-embedding", "scoring")], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(stdout.trim().split("\n")).toEqual([
    "this profile needs 1 H100 GPU, and PyTorch finds none; use a box that has them, or the profile cpu.",
    "this profile needs 2 NVIDIA GPUs, and PyTorch finds none (it is built for processors alone); use a box that has them, or the profile cpu.",
    "this profile needs 1 H100 GPU, and PyTorch finds NVIDIA A10G; scores of other GPUs do not compare: use a box that has them, or the profile cpu.",
    "this profile needs 4 H100 GPUs, and PyTorch finds NVIDIA H100 80GB HBM3; scores of other GPUs do not compare: use a box that has them, or the profile cpu.",
    "None",
    "None",
    "None",
  ]);
});

test("what is taken off grows by nothing that a solution leaves to the GPU", () => {
  const program = "import sys; sys.path.insert(0, sys.argv[1]); from tensors import lesser; print(lesser((0.5, 0.25), (0.9, 0.6)), lesser((0.8, 0.4), (0.5, 0.25)))";
  const { stdout, stderr } = spawnSync("python3", ["-c", program, join(folder, "scoring")], { encoding: "utf8" });
  expect({ stdout, stderr }).toEqual({ stdout: "(0.5, 0.25) (0.5, 0.25)\n", stderr: "" });
});

test("what is taken off leaves no less than copying the vector takes", () => {
  // One that works the making of the vector into its own computation needs hardly longer than what is taken off.
  const program = "import sys; sys.path.insert(0, sys.argv[1]); from tensors import time_of_solution as time; print(time(5.0, 0.5, 0.25), time(0.6, 0.5, 0.25), time(0.4, 0.5, 0.25))";
  const { stdout, stderr } = spawnSync("python3", ["-c", program, join(folder, "scoring")], { encoding: "utf8" });
  expect({ stdout, stderr }).toEqual({ stdout: "4.5 0.25 0.25\n", stderr: "" });
});
