import { type BoxResources, type Gpu, instanceBytes } from "../boxes";
import type { Resources } from "./task";

/** One thing that a task asks for, beside what the box has of it. */
export interface Need {
  readonly kind: "gpus" | "gpu-model" | "gpu-memory" | "processors" | "memory" | "disk" | "tool";
  /** Of a tool: its name. */
  readonly name?: string;
  /** Number, or bytes of memory and disk, or a text. */
  readonly wanted: number | string;
  /** The same of the box; undefined where the box does not tell, or lacks it. */
  readonly found: number | string | undefined;
  /** Undefined where it cannot be told. */
  readonly ok: boolean | undefined;
}

const gigabyte = 1e9;

/** Compares what a task asks for with what a box has. What the task does not ask for is not in the list. */
export function compareResources(wanted: Resources, box: BoxResources): Need[] {
  return [
    ...gpuNeeds(wanted, box),
    atLeast("processors", wanted.cpus, box.processors),
    atLeast("memory", wanted.memoryGB * gigabyte, box.memoryBytes),
    ...(wanted.diskGB === undefined ? [] : [atLeast("disk", wanted.diskGB * gigabyte, box.disk?.freeBytes)]),
    ...wanted.tools.map((name): Need => {
      const version = box.tools?.[name];
      return { kind: "tool", name, wanted: name, found: version ?? undefined, ok: version === undefined ? undefined : version !== null };
    }),
  ];
}

function gpuNeeds({ gpus: number, gpuModel, gpuMemoryGB }: Resources, { gpus: told }: BoxResources): Need[] {
  if (number === 0) {
    return [];
  }
  const isTold = told.kind === "present" || told.kind === "none";
  const usable = told.kind === "present" ? told.gpus.filter(({ problem }) => problem === undefined) : [];
  const needs: Need[] = [atLeast("gpus", number, isTold ? usable.length : undefined)];
  if (gpuModel !== undefined && (usable.length > 0 || !isTold)) {
    const fitting = usable.filter(({ model }) => model.toLowerCase().includes(gpuModel.toLowerCase()));
    const found = usable.length === 0 ? undefined : [...new Set(usable.map(({ model }) => model))].join(", ");
    needs.push({ kind: "gpu-model", wanted: gpuModel, found, ok: isTold ? fitting.length >= number : undefined });
  }
  if (gpuMemoryGB !== undefined && (usable.length > 0 || !isTold)) {
    // The one that decides is the smallest of the largest.
    const memory = usable.map(memoryOf).sort((one, other) => (other ?? 0) - (one ?? 0));
    needs.push(atLeast("gpu-memory", gpuMemoryGB * gigabyte, memory[Math.min(number, memory.length) - 1]));
  }
  return needs;
}

/** What one process can have of a GPU: where it is divided, its largest instance. */
function memoryOf({ memoryBytes, instances }: Gpu): number | undefined {
  const sizes = instances.flatMap((profile) => instanceBytes(profile) ?? []);
  return sizes.length > 0 ? Math.max(...sizes) : instances.length > 0 ? undefined : memoryBytes;
}

function atLeast(kind: Need["kind"], wanted: number, found: number | undefined): Need {
  return { kind, wanted, found, ok: found === undefined ? undefined : found >= wanted };
}
