import { describe, expect, test } from "vitest";
import { type BoxResources, type Gpu, nothingKnown } from "../../../src/boxes";
import { compareResources, type Resources } from "../../../src/tasks";

const gpu = (changes: Partial<Gpu> = {}): Gpu => ({
  index: 0,
  uuid: "GPU-0",
  model: "NVIDIA H100 80GB HBM3",
  driver: undefined,
  memoryBytes: 81_559 * 1024 ** 2,
  memoryUsedBytes: undefined,
  load: undefined,
  instances: [],
  problem: undefined,
  ...changes,
});
const wanted = (changes: Partial<Resources> = {}): Resources => ({ gpus: 1, cpus: 8, memoryGB: 64, tools: [], ...changes });
const box = (gpus: Gpu[], changes: Partial<BoxResources> = {}): BoxResources => ({ ...nothingKnown, gpus: { kind: "present", gpus }, processors: 8, memoryBytes: 67.4e9, ...changes });
const outcome = (resources: Resources, found: BoxResources): Record<string, boolean | undefined> => Object.fromEntries(compareResources(resources, found).map(({ kind, name, ok }) => [name ?? kind, ok]));

describe("what a task asks for, compared with a box", () => {
  test("is there when each number is reached", () => {
    expect(outcome(wanted({ gpuModel: "h100", gpuMemoryGB: 80, diskGB: 100, tools: ["torch"] }), box([gpu()], { disk: { bytes: 1e12, freeBytes: 1e11 }, tools: { torch: "2.3.0" } }))).toEqual({
      gpus: true,
      "gpu-model": true,
      "gpu-memory": true,
      processors: true,
      memory: true,
      disk: true,
      torch: true,
    });
  });

  test("is not there when a container has less, a model is another, or a tool is missing", () => {
    expect(outcome(wanted({ gpuModel: "A100", tools: ["torch"] }), box([gpu()], { processors: 3.5, tools: { torch: null } }))).toEqual({ gpus: true, "gpu-model": false, processors: false, memory: true, torch: false });
  });

  test("counts as many of the best GPUs as it needs, and none that is broken", () => {
    const gpus = [gpu(), gpu({ memoryBytes: 16e9 }), gpu({ problem: "GPU is lost" })];
    expect(outcome(wanted({ gpuMemoryGB: 40 }), box(gpus))).toMatchObject({ gpus: true, "gpu-memory": true });
    expect(outcome(wanted({ gpus: 2, gpuMemoryGB: 40 }), box(gpus))).toMatchObject({ gpus: true, "gpu-memory": false });
    expect(outcome(wanted({ gpus: 3 }), box(gpus))).toMatchObject({ gpus: false });
  });

  test("takes of a divided GPU its largest instance", () => {
    expect(outcome(wanted({ gpuMemoryGB: 40 }), box([gpu({ instances: ["3g.40gb", "1g.10gb+me"] })]))).toMatchObject({ "gpu-memory": true });
    expect(outcome(wanted({ gpuMemoryGB: 41 }), box([gpu({ instances: ["3g.40gb", "1g.10gb+me"] })]))).toMatchObject({ "gpu-memory": false });
    expect(outcome(wanted({ gpuMemoryGB: 1 }), box([gpu({ instances: ["of another kind"] })]))).toMatchObject({ "gpu-memory": undefined });
  });

  test("is open where the box does not tell, and missing where it has no GPU", () => {
    expect(outcome(wanted({ diskGB: 1, tools: ["git"] }), { ...nothingKnown, gpus: { kind: "silent" } })).toEqual({ gpus: undefined, processors: undefined, memory: undefined, disk: undefined, git: undefined });
    expect(outcome(wanted({ gpuModel: "H100" }), { ...nothingKnown, gpus: { kind: "none" } })).toMatchObject({ gpus: false });
    expect(outcome(wanted({ gpus: 0 }), { ...nothingKnown, gpus: { kind: "failed", said: "" } })).not.toHaveProperty("gpus");
  });
});
